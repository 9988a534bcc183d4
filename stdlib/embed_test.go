package stdlib

import (
	"io/fs"
	"strings"
	"testing"

	"go.starlark.net/syntax"
)

// Every module parses, and it and every function that can be loaded from it say what they do.
func TestModulesAreDocumented(t *testing.T) {
	names, err := fs.Glob(FS(), "*.star")
	if err != nil || len(names) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	opts := syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
	for _, name := range names {
		text, err := fs.ReadFile(FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := opts.Parse(name, text, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		if !startsWithText(file.Stmts) {
			t.Errorf("%s has no doc string", name)
		}
		for _, stmt := range file.Stmts {
			def, ok := stmt.(*syntax.DefStmt)
			if ok && !strings.HasPrefix(def.Name.Name, "_") && !startsWithText(def.Body) {
				t.Errorf("%s: %s has no doc string", def.Def, def.Name.Name)
			}
		}
	}
}

func startsWithText(stmts []syntax.Stmt) bool {
	if len(stmts) == 0 {
		return false
	}
	expr, ok := stmts[0].(*syntax.ExprStmt)
	if !ok {
		return false
	}
	lit, ok := expr.X.(*syntax.Literal)
	return ok && lit.Token == syntax.STRING
}
