// Package specs holds the protocol facts that nlsh ships: one YAML file for
// each family, compiled to Go tables by `go generate`. docs/specs.md describes
// the dialect. There is no code here that knows a family.
//
//	spec := specs.Find("rt-link")
//
// The tables are plain static data: they are laid out by the linker and
// touched only when used.
package specs

import (
	_ "embed" // errata.yaml

	"github.com/nlsh/nlsh/internal/schema"
)

//go:generate go run ../internal/specgen .

// errata corrects specs that are loaded at run time; those of this package
// were corrected when they were compiled.
//
//go:embed errata.yaml
var errata []byte

// Errata is the overlay of docs/specs.md section 3, as YAML.
func Errata() []byte { return errata }

// All lists the specs that nlsh ships.
func All() []*schema.Spec { return all[:] }

// Find finds a spec by its family name, nil if there is none.
func Find(name string) *schema.Spec {
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	return nil
}
