package builtins

import (
	"io/fs"
	"path"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/host"
)

// libraryPrefix is what the modules of the library are loaded by.
const libraryPrefix = "@std//"

// libraryModule is a module of the library, as its text has it.
type libraryModule struct {
	name  string // "@std//ip.star"
	doc   string
	funcs []libraryFunc
}

// libraryFunc is a function that a module has for others.
type libraryFunc struct{ name, params, doc string }

// Library makes the reference know the modules of a library.
func (r *Reference) Library(files fs.FS) *Reference {
	r.std = files
	return r
}

// library are the modules that are for scripts; those in folders are parts of them.
func (r *Reference) library() (list []libraryModule) {
	if r.std == nil {
		return nil
	}
	names, err := fs.Glob(r.std, "*.star")
	if err != nil {
		return nil
	}
	for _, name := range names {
		text, err := fs.ReadFile(r.std, name)
		if err != nil {
			continue
		}
		file, err := host.Parse(host.Source{Name: name, Text: text})
		if err != nil {
			continue
		}
		list = append(list, readModule(libraryPrefix+path.Base(name), file))
	}
	return list
}

func readModule(name string, file *syntax.File) libraryModule {
	m := libraryModule{name: name, doc: docstring(file.Stmts)}
	for _, stmt := range file.Stmts {
		def, ok := stmt.(*syntax.DefStmt)
		if !ok || strings.HasPrefix(def.Name.Name, "_") {
			continue
		}
		var params []string
		for _, p := range def.Params {
			params = append(params, paramText(p))
		}
		m.funcs = append(m.funcs, libraryFunc{def.Name.Name, strings.Join(params, ", "), docstring(def.Body)})
	}
	return m
}

// docstring is the text that statements begin with.
func docstring(stmts []syntax.Stmt) string {
	if len(stmts) == 0 {
		return ""
	}
	expr, ok := stmts[0].(*syntax.ExprStmt)
	if !ok {
		return ""
	}
	lit, ok := expr.X.(*syntax.Literal)
	if !ok {
		return ""
	}
	text, _ := lit.Value.(string)
	return strings.TrimSpace(text)
}

// paramText is a parameter as it is written; what it is by default only where that is short.
func paramText(p syntax.Expr) string {
	switch p := p.(type) {
	case *syntax.Ident:
		return p.Name
	case *syntax.UnaryExpr:
		if id, ok := p.X.(*syntax.Ident); ok {
			return p.Op.String() + id.Name
		}
		return p.Op.String()
	case *syntax.BinaryExpr:
		def := "..."
		switch v := p.Y.(type) {
		case *syntax.Literal:
			def = v.Raw
		case *syntax.Ident:
			def = v.Name
		}
		return paramText(p.X) + " = " + def
	}
	return "?"
}

// inLibrary finds a module, or a function of one: "@std//wait.star:wait_for".
func (r *Reference) inLibrary(name string) *page {
	module, fn, _ := strings.Cut(name, ".star:")
	for _, m := range r.library() {
		switch {
		case m.name == name:
			return m.page()
		case m.name != module+".star":
			continue
		}
		for _, f := range m.funcs {
			if f.name == fn {
				p := docstringPage("def "+f.name+"("+f.params+")", f.doc)
				p.sections = append(p.sections, section{text: "To load: load(" + starlark.String(m.name).String() + ", " + starlark.String(f.name).String() + ")"})
				return p
			}
		}
	}
	return nil
}

func (m *libraryModule) page() *page {
	p := docstringPage(m.name+": a module to load", m.doc)
	sec := section{heading: "functions"}
	for _, f := range m.funcs {
		sec.rows = append(sec.rows, row{f.name, "", firstLine(f.doc)})
	}
	if sec.rows != nil {
		p.sections = append(p.sections, sec)
	}
	return p
}
