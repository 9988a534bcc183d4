package stdlib

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/syntax"
)

// modules are all modules, those in folders too.
func modules(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".star" {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	return names
}

// Every module parses; it and every public function in it, those inside
// others too, say what they do in one line and describe each parameter.
func TestModulesAreDocumented(t *testing.T) {
	opts := syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
	for _, name := range modules(t) {
		text, err := fs.ReadFile(FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := opts.Parse(name, text, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		if docOf(file.Stmts) == "" {
			t.Errorf("%s has no doc string", name)
		}
		for _, def := range public(file.Stmts) {
			for _, complaint := range undocumented(def) {
				t.Errorf("%s: %s: %s", def.Def, def.Name.Name, complaint)
			}
		}
	}
}

// public are the functions that a caller can get at: those at the top, and
// those that the struct which such a function returns has.
func public(stmts []syntax.Stmt) []*syntax.DefStmt {
	var defs []*syntax.DefStmt
	for _, stmt := range stmts {
		def, ok := stmt.(*syntax.DefStmt)
		if !ok || strings.HasPrefix(def.Name.Name, "_") {
			continue
		}
		defs = append(defs, def)
		members := returned(def.Body)
		for _, inner := range public(def.Body) {
			if slices.Contains(members, inner.Name.Name) {
				defs = append(defs, inner)
			}
		}
	}
	return defs
}

// returned are the names in the struct that a function returns.
func returned(body []syntax.Stmt) []string {
	var names []string
	for _, stmt := range body {
		ret, ok := stmt.(*syntax.ReturnStmt)
		if !ok {
			continue
		}
		if call, ok := ret.Result.(*syntax.CallExpr); ok && isIdent(call.Fn, "struct") {
			syntax.Walk(call, func(n syntax.Node) bool {
				if bin, ok := n.(*syntax.BinaryExpr); ok && bin.Op == syntax.EQ {
					if id, ok := bin.Y.(*syntax.Ident); ok {
						names = append(names, id.Name)
					}
				}
				return true
			})
		}
	}
	return names
}

func isIdent(e syntax.Expr, name string) bool {
	id, ok := e.(*syntax.Ident)
	return ok && id.Name == name
}

// undocumented is what the doc string of a function leaves out.
func undocumented(def *syntax.DefStmt) []string {
	doc := docOf(def.Body)
	if doc == "" {
		return []string{"no doc string"}
	}
	if _, as, ok := strings.Cut(doc, "Args: as for "); ok {
		as, _, _ = strings.Cut(as, "\n")
		if strings.TrimSpace(as) == "" {
			return []string{"Args: as for what?"}
		}
		return nil
	}
	_, args, _ := strings.Cut(doc, "Args:\n")
	var list []string
	for _, p := range def.Params {
		if name := paramName(p); name != "" && !strings.Contains(args, name+": ") {
			list = append(list, fmt.Sprintf("the doc string says nothing of the parameter %s", name))
		}
	}
	return list
}

// paramName is the name of a parameter, "" for a bare star.
func paramName(p syntax.Expr) string {
	switch p := p.(type) {
	case *syntax.Ident:
		return p.Name
	case *syntax.BinaryExpr:
		return p.X.(*syntax.Ident).Name
	case *syntax.UnaryExpr:
		if id, ok := p.X.(*syntax.Ident); ok {
			return p.Op.String() + id.Name
		}
	}
	return ""
}

// docOf is the doc string that statements begin with.
func docOf(stmts []syntax.Stmt) string {
	if len(stmts) == 0 {
		return ""
	}
	expr, ok := stmts[0].(*syntax.ExprStmt)
	if !ok {
		return ""
	}
	lit, ok := expr.X.(*syntax.Literal)
	if !ok || lit.Token != syntax.STRING {
		return ""
	}
	return lit.Value.(string)
}

// The test of the test: it must be able to say no.
func TestUndocumentedIsFound(t *testing.T) {
	const src = `
def good(a, *rest, b = 1, **more):
    """Does it.

    Args:
      a: this
      *rest: that
      b: other
      **more: the rest
    """

def bad(a, b = 1):
    """Does it.

    Args:
      a: this
    """
    def inner(c):
        """Undescribed c."""
    def hidden(d):
        pass
    return struct(inner = inner)

def none():
    pass
`
	file, err := (&syntax.FileOptions{}).Parse("x.star", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, def := range public(file.Stmts) {
		for _, complaint := range undocumented(def) {
			got = append(got, def.Name.Name+": "+complaint)
		}
	}
	want := []string{"bad: the doc string says nothing of the parameter b", "inner: the doc string says nothing of the parameter c", "none: no doc string"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
