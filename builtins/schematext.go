package builtins

import (
	"fmt"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// schemaText is all that the spec has of an operation: numbers, offsets, the C names.
func schemaText(s *schema.Spec, op *schema.Op) string {
	return schemaHead(s, op) + layoutText(s, s.Struct(op.Header), opSet(s, op))
}

func schemaHead(s *schema.Spec, op *schema.Op) string {
	var parts []string
	number := func(what string, n int32) {
		if n >= 0 {
			parts = append(parts, fmt.Sprintf("%s %d", what, n))
		}
	}
	for _, mode := range []struct {
		name string
		*schema.Mode
	}{{"do", &op.Do}, {"dump", &op.Dump}} {
		if mode.Has {
			number(mode.name+" request", mode.Request)
			number(mode.name+" reply", mode.Reply)
		}
	}
	number("notification", op.Ntf)
	if op.Group != "" {
		parts = append(parts, "group "+op.Group)
	}
	return fmt.Sprintf("%s.%s: %s    # %s\n", s.Name, op.Name, strings.Join(parts, ", "), s.Source)
}

// layoutText is a header and a set, and what is in their nests.
func layoutText(s *schema.Spec, header *schema.Struct, set *schema.Set) string {
	t := schemaTree{spec: s, open: map[*schema.Set]bool{}}
	t.header(header, 1)
	t.set(set, 1)
	return t.b.String()
}

// schemaTree writes sets inside of sets, each once on a way down.
type schemaTree struct {
	spec *schema.Spec
	b    strings.Builder
	open map[*schema.Set]bool
}

func (t *schemaTree) line(depth int, format string, args ...any) {
	t.b.WriteString(strings.TrimRight(strings.Repeat("  ", depth)+fmt.Sprintf(format, args...), " ") + "\n")
}

func (t *schemaTree) header(st *schema.Struct, depth int) {
	if st == nil {
		return
	}
	t.line(depth, "struct %s, %d bytes", st.Name, st.Size)
	for i := range st.Members {
		m := &st.Members[i]
		t.line(depth+1, "@%-3d %s: %s", m.Off, m.Name, rowType(t.spec, &m.Row))
	}
}

func (t *schemaTree) set(set *schema.Set, depth int) {
	if set == nil {
		return
	}
	if t.open[set] {
		t.line(depth, "set %s, as above", set.Name)
		return
	}
	t.open[set] = true
	t.line(depth, "set %s", set.Name)
	for i := range set.Attrs {
		a := &set.Attrs[i]
		if a.Kind == schema.KindUnused {
			continue
		}
		t.line(depth+1, "%3d %s: %s", a.Num, a.Name, attrType(t.spec, a))
		if depth < deepestSchema {
			t.header(t.spec.Struct(a.Struct), depth+4)
			t.set(t.spec.Set(a.Set), depth+4)
			t.formats(t.spec.SubMsg(a.SubMsg), depth+4)
		}
	}
}

// deepestSchema bounds how deep sets are followed.
const deepestSchema = 9

func (t *schemaTree) formats(sub *schema.SubMsg, depth int) {
	if sub == nil {
		return
	}
	for i := range sub.Formats {
		f := &sub.Formats[i]
		value := f.Value
		if f.Default {
			value = "(any other)"
		}
		what := "bytes"
		if set := t.spec.Set(f.Set); set != nil {
			what = "set " + set.Name
		} else if st := t.spec.Struct(f.Header); st != nil {
			what = "struct " + st.Name
		}
		t.line(depth, "%s: %s", value, what)
	}
}
