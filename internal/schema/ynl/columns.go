package ynl

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
)

// columns reads what a table of messages of the set begins with. Each must be the name of something.
func (l *loader) columns(d *yaml.Node, set *schema.Set) {
	if get(d, "columns") == nil {
		return
	}
	set.Columns = l.strings(d, "columns")
	name, columns := set.Name, set.Columns
	l.late = append(l.late, func() {
		for _, column := range columns {
			for _, part := range strings.Split(column, "/") {
				if !l.spec.Has(l.spec.FindSet(name), strings.Split(part, ".")) {
					l.errorf(get(d, "columns"), "%s: columns: there is no %q", name, part)
				}
			}
		}
	})
}
