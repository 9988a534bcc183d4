package specs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
	"github.com/nlsh/nlsh/specs"
)

// meant is what one row of the errata says of the meaning of numbers.
type meant struct {
	Spec      string
	Set       string `yaml:"attribute-set"`
	Struct    string
	Operation string
	Unordered bool
	Roles     map[string]any
}

// TestRolesFindTheirPlace loads the kernel's specs with the errata: every role and every order that the errata give
// them is where it belongs. A name that is misspelled would be skipped in silence.
func TestRolesFindTheirPlace(t *testing.T) {
	dir := shared(t)
	var doc struct{ Errata []meant }
	if err := yaml.Unmarshal(specs.Errata(), &doc); err != nil {
		t.Fatal(err)
	}
	errata, err := ynl.LoadErrata(specs.Errata(), "errata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	loaded := map[string]*schema.Spec{}
	roles := 0
	for _, row := range doc.Errata {
		if row.Roles == nil && !row.Unordered {
			continue
		}
		s := loaded[row.Spec]
		if s == nil {
			file := filepath.Join(dir, "specs", strings.ReplaceAll(row.Spec, "-", "_")+".yaml")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if s, err = ynl.Load(data, file, errata); err != nil {
				t.Fatal(err)
			}
			loaded[row.Spec] = s
		}
		if row.Unordered {
			if op := s.FindOp(row.Operation); op == nil || !op.Dump.Unordered {
				t.Errorf("%s.%s is not unordered", row.Spec, row.Operation)
			}
		}
		for name, want := range row.Roles {
			roles++
			if r := place(s, row, name); r == nil || !slices.Contains([]string{r.Role.String(), r.Class}, word(want)) {
				t.Errorf("%s %s%s.%s: got %v, want %v", row.Spec, row.Set, row.Struct, name, r, want)
			}
		}
	}
	if t.Logf("%d roles of %d specs", roles, len(loaded)); roles < 100 {
		t.Error("too few")
	}
}

func place(s *schema.Spec, row meant, name string) *schema.Row {
	if set := s.FindSet(row.Set); set != nil {
		if a := set.Find(name); a != nil {
			return &a.Row
		}
	}
	if st := s.FindStruct(row.Struct); st != nil {
		if m := st.Find(name); m != nil {
			return &m.Row
		}
	}
	return nil
}

func word(want any) string {
	if m, ok := want.(map[string]any); ok {
		return m["class"].(string)
	}
	return want.(string)
}
