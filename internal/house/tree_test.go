package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the path of this module, and root its folder as seen from here.
const (
	module = "github.com/nlsh/nlsh"
	root   = "../.."
)

// source is one Go file.
type source struct {
	path  string // from the root, with slashes
	dir   string
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

// isTest reports whether the file is compiled by go test only.
func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// production reports whether the rules for code that ships apply.
func (s *source) production() bool { return !s.isTest() && !testPackage(s.dir) }

func (s *source) generated() bool { return ast.IsGenerated(s.ast) }

// at is FILE:LINE of a node.
func (s *source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.fset.Position(n.Pos()).Line)
}

// span is the number of lines of a node.
func (s *source) span(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
}

// testPackage reports whether a folder holds a package that only tests import.
func testPackage(dir string) bool {
	return strings.HasSuffix(dir, "test") || dir == "internal/house" || strings.HasPrefix(dir, "tests/")
}

var parseAll = sync.OnceValues(func() ([]*source, error) {
	var all []*source
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			hidden := file != root && (name[0] == '.' || name[0] == '_' || name == "testdata")
			_, noModule := os.Stat(filepath.Join(file, "go.mod"))
			if hidden || file != root && noModule == nil { // a module of its own has rules of its own
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		s, err := parseFile(file)
		all = append(all, s)
		return err
	})
	return all, err
})

func parseFile(file string) (*source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return nil, err
	}
	s := &source{path: filepath.ToSlash(rel), fset: token.NewFileSet(), lines: bytes.Count(text, []byte("\n"))}
	s.dir = path.Dir(s.path)
	s.ast, err = parser.ParseFile(s.fset, s.path, text, parser.ParseComments|parser.SkipObjectResolution)
	return s, err
}

// sources are all Go files of the module.
func sources(t *testing.T) []*source {
	t.Helper()
	all, err := parseAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found %d Go files below %s: this test looks in the wrong place", len(all), root)
	}
	return all
}

// each calls fn with every node of the file, and the top-level function that it is in ("" for none,
// "Type.Method" for a method).
func (s *source) each(fn func(in string, n ast.Node)) {
	for _, d := range s.ast.Decls {
		in := ""
		if f, ok := d.(*ast.FuncDecl); ok {
			in = funcName(f)
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if n != nil {
				fn(in, n)
			}
			return true
		})
	}
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	return baseName(f.Recv.List[0].Type) + "." + f.Name.Name
}

// baseName is the identifier at the bottom of a type or an operand: T of *T, T[K] and (T); v of
// v.f[i].
func baseName(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return ""
		}
	}
}

// callee is "pkg.Func" or "func" of a call, "" if it is something else.
func callee(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}
