package builtins_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/builtins"
)

var update = flag.Bool("update", false, "write the defaults of parameters into the source (TestParamsAreThoseOfTheCall)")

// code is the source of this package without its tests.
type code struct {
	fset   *token.FileSet
	files  map[string]*ast.File
	values map[string]ast.Expr      // package-level constants and variables
	funcs  map[string]*ast.FuncDecl // "name", "type.name", nil where two methods are called so
}

func parseCode(t *testing.T) *code {
	t.Helper()
	c := &code{fset: token.NewFileSet(), files: map[string]*ast.File{}, values: map[string]ast.Expr{}, funcs: map[string]*ast.FuncDecl{}}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(c.fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.files[name] = f
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				c.addFunc(d)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
						for i, name := range v.Names {
							c.values[name.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
	return c
}

func (c *code) addFunc(d *ast.FuncDecl) {
	_, twice := c.funcs[d.Name.Name]
	c.funcs[d.Name.Name] = d
	if twice {
		c.funcs[d.Name.Name] = nil
	}
	if d.Recv != nil {
		c.funcs[receiverType(d)+"."+d.Name.Name] = d
	}
}

// receiverType is the type of which d is a method.
func receiverType(d *ast.FuncDecl) string {
	typ := d.Recv.List[0].Type
	if p, ok := typ.(*ast.StarExpr); ok {
		typ = p.X
	}
	return name(typ)
}

// body finds the function that e is, in the function in: one, or a method of
// the receiver of in, or of env.
func (c *code) body(in *ast.FuncDecl, e ast.Expr) *ast.FuncDecl {
	if sel, ok := e.(*ast.SelectorExpr); ok {
		typ := ""
		switch of := name(sel.X); {
		case in != nil && in.Recv != nil && len(in.Recv.List[0].Names) == 1 && in.Recv.List[0].Names[0].Name == of:
			typ = receiverType(in)
		case of == "env":
			typ = "environ"
		}
		if d := c.funcs[typ+"."+sel.Sel.Name]; d != nil {
			return d
		}
	}
	return c.funcs[name(e)]
}

func (c *code) at(n ast.Node) string {
	p := c.fset.Position(n.Pos())
	return fmt.Sprintf("builtins/%s:%d", p.Filename, p.Line)
}

// text is the value of a string expression, "" if it is not constant.
func (c *code) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.Ident:
		if v := c.values[e.Name]; v != nil {
			return c.text(v)
		}
	case *ast.BinaryExpr:
		return c.text(e.X) + c.text(e.Y)
	}
	return ""
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return "?"
}

// eachCall calls fn with the calls of a function of that name, and the function
// that they are in.
func (c *code) eachCall(callee string, fn func(in *ast.FuncDecl, call *ast.CallExpr)) {
	for _, f := range c.files {
		for _, d := range f.Decls {
			in, _ := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && name(call.Fun) == callee {
					fn(in, call)
				}
				return true
			})
		}
	}
}

func summary(doc string) string {
	first, _, _ := strings.Cut(doc, "\n")
	return first
}

// What newFunc makes is in the registry: a predeclared name or a member of a
// module is found by itself, a method needs its line in typeDocs.
func TestEveryBuiltinIsRegistered(t *testing.T) {
	known := map[string]bool{}
	for _, d := range registered() {
		known[d.Summary] = true
	}
	c := parseCode(t)
	found := 0
	c.eachCall("newFunc", func(_ *ast.FuncDecl, call *ast.CallExpr) {
		found++
		doc := c.text(call.Args[1])
		// One that is made when the program runs is found through a value that has it, or not at all.
		if s := summary(doc); s != "" && !known[s] {
			last := c.text(call.Args[0])
			t.Errorf("%s: not in the registry; a method of a type needs {name: %q, typ: method, doc: %s, params: %s} at its type in typeDocs, builtins/types.go",
				c.at(call), last[strings.LastIndex(last, ".")+1:], name(call.Args[1]), name(call.Args[2]))
		}
	})
	if found < 15 {
		t.Errorf("found %d calls of newFunc", found)
	}
	c.eachCall("NewBuiltin", func(in *ast.FuncDecl, call *ast.CallExpr) {
		if in == nil || in.Name.Name != "newFunc" {
			t.Errorf("%s: a builtin without doc and parameters: make it with newFunc", c.at(call))
		}
	})
}

// Every type that has attributes is in typeDocs.
func TestEveryTypeIsRegistered(t *testing.T) {
	types := map[string]bool{"module": true} // each has a page of its own
	for _, d := range registered() {
		types[d.Name] = types[d.Name] || d.Type == "type"
	}
	c := parseCode(t)
	hasAttr := map[string]bool{}
	names := map[string]string{}
	for _, f := range c.files {
		for _, d := range f.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || fd.Recv == nil || fd.Body == nil {
				continue
			}
			recv := receiverType(fd)
			switch fd.Name.Name {
			case "Attr":
				hasAttr[recv] = true
			case "Type":
				if ret, ok := fd.Body.List[len(fd.Body.List)-1].(*ast.ReturnStmt); ok && len(ret.Results) == 1 {
					names[recv] = c.text(ret.Results[0])
				}
			}
		}
	}
	for recv := range hasAttr {
		if typ := names[recv]; typ != "" && !types[typ] {
			t.Errorf("%s, the type %q of scripts, has attributes and is not in typeDocs: add {name: %q, doc: ..., attrs: ...} to builtins/types.go, and an expression to samples in builtins/registry_test.go",
				recv, typ, typ)
		}
	}
	if len(hasAttr) < 8 {
		t.Errorf("found %d types with attributes", len(hasAttr))
	}
}

// arg is a parameter as UnpackArgs has it.
type arg struct {
	name     string
	optional bool
	def      string // its default, as written in a call
}

// TestParamsAreThoseOfTheCall holds the parameters that people read of against
// those that UnpackArgs takes. go test -run TestParamsAreThoseOfTheCall -update
// writes missing defaults into the source.
func TestParamsAreThoseOfTheCall(t *testing.T) {
	docs := map[string]*builtins.Doc{}
	for _, d := range registered() {
		docs[d.Summary] = d
	}
	c := parseCode(t)
	edits := map[string][]edit{}
	checked := 0
	c.eachCall("newFunc", func(in *ast.FuncDecl, call *ast.CallExpr) {
		d, body := docs[summary(c.text(call.Args[1]))], c.body(in, call.Args[3])
		if d == nil || body == nil {
			return
		}
		args, found := c.unpacked(body)
		if !found {
			return // it takes its arguments in a way of its own, such as *args
		}
		checked++
		var want, got []string
		for _, a := range args {
			want = append(want, a.name)
		}
		for _, p := range d.Params {
			got = append(got, p.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %s: its params are %q, UnpackArgs takes %q", c.at(call), d.Name, got, want)
			return
		}
		for i, a := range args {
			switch p := d.Params[i]; {
			case a.optional && p.Default == "":
				t.Errorf("%s: %s: parameter %s may be left out: its type is to be %q (go test ./builtins -run TestParamsAreThoseOfTheCall -update writes that)",
					c.at(call), d.Name, p.Name, p.Type+" = "+a.def)
				if e, ok := c.typeOf(call.Args[2], p.Name); ok {
					e.text = " = " + a.def
					edits[e.file] = append(edits[e.file], e)
				}
			case !a.optional && p.Default != "":
				t.Errorf("%s: %s: parameter %s must be given, its type says it has a default", c.at(call), d.Name, p.Name)
			}
		}
	})
	if checked < 8 {
		t.Errorf("%d builtins compared", checked)
	}
	if *update {
		for file, list := range edits {
			apply(t, file, list)
		}
	}
}

// unpacked lists what the first UnpackArgs in a function takes.
func (c *code) unpacked(body *ast.FuncDecl) (list []arg, found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || name(call.Fun) != "UnpackArgs" || call.Ellipsis.IsValid() {
			return true
		}
		found = true
		for i := 3; i+1 < len(call.Args); i += 2 {
			text := c.text(call.Args[i])
			a := arg{name: strings.TrimRight(text, "?"), optional: strings.HasSuffix(text, "?"), def: "None"}
			if ref, ok := call.Args[i+1].(*ast.UnaryExpr); ok && !strings.HasSuffix(text, "??") {
				a.def = c.initial(body, name(ref.X))
			}
			list = append(list, a)
		}
		return false
	})
	return list, found
}

// initial is what a variable of a function starts with, in Starlark.
func (c *code) initial(body *ast.FuncDecl, variable string) string {
	def := "None"
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if n.Tok == token.DEFINE && name(l) == variable && len(n.Rhs) == len(n.Lhs) {
					switch v := n.Rhs[i].(type) {
					case *ast.BasicLit:
						def = v.Value
					case *ast.Ident:
						def = strings.ToUpper(v.Name[:1]) + v.Name[1:] // true
					}
				}
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				if id.Name == variable && len(n.Values) == 0 {
					def = cmp.Or(map[string]string{"string": `""`, "int": "0", "bool": "False"}[name(n.Type)], "None")
				}
			}
		}
		return true
	})
	return def
}

// edit is text to be put into a file.
type edit struct {
	file string
	off  int
	text string
}

// typeOf finds where the type of a parameter ends, in a table of parameters.
func (c *code) typeOf(params ast.Expr, param string) (e edit, found bool) {
	if id, ok := params.(*ast.Ident); ok {
		params = c.values[id.Name]
	}
	lit, ok := params.(*ast.CompositeLit)
	if !ok {
		return e, false
	}
	for _, elt := range lit.Elts {
		row, ok := elt.(*ast.CompositeLit)
		if !ok || len(row.Elts) != 3 || c.text(row.Elts[0]) != param {
			continue
		}
		end := c.fset.Position(row.Elts[1].End())
		return edit{file: end.Filename, off: end.Offset - 1}, true
	}
	return e, false
}

func apply(t *testing.T, file string, list []edit) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b edit) int { return b.off - a.off })
	list = slices.CompactFunc(list, func(a, b edit) bool { return a.off == b.off })
	for _, e := range list {
		text = slices.Concat(text[:e.off], bytes.ReplaceAll([]byte(e.text), []byte(`"`), []byte(`\"`)), text[e.off:])
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
