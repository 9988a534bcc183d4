package main

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/repl"
	"github.com/nlsh/nlsh/stdlib"
)

// complete makes names what the line editor completes by.
func complete(names *repl.Names, h *host.Host, ref *builtins.Reference) {
	names.Globals, names.Modules, names.Exports = h.Globals, modules, exports
	names.Attr, names.Called, names.Keywords = builtins.Peek, ref.Called, builtins.Keywords
	names.Texts = func(of, fn starlark.Value, arg repl.Argument) ([]string, bool) {
		return ref.Texts(of, fn, builtins.Argument(arg))
	}
}

// modules are the paths that load takes, of the library.
func modules() (list []string) {
	entries, err := fs.ReadDir(stdlib.FS(), ".")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".star" {
			list = append(list, "@std//"+e.Name())
		}
	}
	return list
}

// exports are the names that a module has, as far as its text says.
func exports(module string) (names []string) {
	name, std := strings.CutPrefix(module, "@std//")
	var text []byte
	var err error
	if std {
		text, err = fs.ReadFile(stdlib.FS(), name)
	} else if strings.HasSuffix(module, ".star") {
		var src host.Source
		src, err = host.ReadFile(module)
		text = src.Text
	}
	if err != nil || text == nil {
		return nil
	}
	file, err := host.Parse(host.Source{Name: module, Text: text})
	if err != nil {
		return nil
	}
	for _, stmt := range file.Stmts {
		switch stmt := stmt.(type) {
		case *syntax.DefStmt:
			names = append(names, stmt.Name.Name)
		case *syntax.AssignStmt:
			if id, ok := stmt.LHS.(*syntax.Ident); ok {
				names = append(names, id.Name)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "_") })
}
