package host

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Exec runs a program and returns its globals, which are not frozen: callbacks may go on changing
// them.
func (h *Host) Exec(thread *starlark.Thread, src Source) (starlark.StringDict, error) {
	h.remember(src)
	c, err := h.compiled(src)
	if err != nil {
		return nil, err
	}
	h.begin(src, c.doc)
	return h.execProgram(thread, c.prog, &module{src: src})
}

// A Program is what a script says of itself.
type Program struct {
	Name string // as it was started; empty for code of the command line
	Doc  string // the string it begins with
}

// Program returns what the script says of itself that was run last.
func (h *Host) Program() Program {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.program
}

func (h *Host) begin(src Source, doc string) {
	h.mu.Lock()
	h.program = Program{Name: src.Name, Doc: doc}
	h.mu.Unlock()
}

// docOf is the string that a program begins with.
func docOf(file *syntax.File) (doc string) {
	if len(file.Stmts) > 0 {
		if first, ok := file.Stmts[0].(*syntax.ExprStmt); ok {
			if lit, ok := first.X.(*syntax.Literal); ok && lit.Token == syntax.STRING {
				doc, _ = lit.Value.(string)
			}
		}
	}
	return doc
}

// resultName is the global that holds the value of a final expression. No program can spell it.
const resultName = "<result>"

// Eval runs a program as Exec does. If its last statement is an expression, it returns the
// value of that, otherwise None.
func (h *Host) Eval(thread *starlark.Thread, src Source) (starlark.Value, error) {
	h.remember(src)
	file, err := Parse(src)
	if err != nil {
		return nil, err
	}
	h.begin(src, docOf(file))
	if n := len(file.Stmts); n > 0 {
		if last, ok := file.Stmts[n-1].(*syntax.ExprStmt); ok {
			file.Stmts[n-1] = keepResult(last)
		}
	}
	prog, err := h.compile(file)
	if err != nil {
		return nil, err
	}
	globals, err := h.execProgram(thread, prog, &module{src: src})
	if err != nil {
		return nil, err
	}
	if v := globals[resultName]; v != nil {
		return v, nil
	}
	return starlark.None, nil
}

// keepResult makes an expression that stands alone an assignment.
func keepResult(stmt *syntax.ExprStmt) syntax.Stmt {
	start := syntax.Start(stmt.X)
	return &syntax.AssignStmt{
		OpPos: start, Op: syntax.EQ, RHS: stmt.X,
		LHS: &syntax.Ident{NamePos: start, Name: resultName},
	}
}

// compile resolves a parsed file.
func (h *Host) compile(file *syntax.File) (*starlark.Program, error) {
	return h.compileFor(file, h.globals)
}

// compileFor resolves a parsed file that is to have other predeclared names.
func (h *Host) compileFor(file *syntax.File, names starlark.StringDict) (*starlark.Program, error) {
	h.traceLines(file)
	prog, err := starlark.FileProgram(file, names.Has)
	if err != nil {
		return nil, h.hinted(err)
	}
	return prog, nil
}

// execProgram runs a program on the given thread. Modules share the thread of
// whoever loads them: so the call stack of an error reaches through the loads.
func (h *Host) execProgram(thread *starlark.Thread, prog *starlark.Program, m *module) (starlark.StringDict, error) {
	return h.execIn(thread, prog, m, h.globals)
}

// execIn is execProgram with other predeclared names.
func (h *Host) execIn(thread *starlark.Thread, prog *starlark.Program, m *module, names starlark.StringDict) (starlark.StringDict, error) {
	s := stateOf(thread)
	outer := s.unit
	s.unit = m
	defer func() { s.unit = outer }()
	return prog.Init(thread, names)
}

// hinted says what may have been meant by undefined names: a module of the library that was not
// loaded, or a predeclared name. The resolver itself knows only the names in the file.
func (h *Host) hinted(err error) error {
	list, ok := err.(resolve.ErrorList)
	if !ok {
		return err
	}
	known := slices.Concat(h.globals.Keys(), starlark.Universe.Keys())
	for i, e := range list {
		name, ok := strings.CutPrefix(e.Msg, "undefined: ")
		if !ok || strings.Contains(name, " ") {
			continue
		}
		if slices.Contains(h.stdNames(), name+".star") {
			list[i].Msg = fmt.Sprintf("undefined: %s (perhaps load(\"@std//%s.star\", %q))", name, name, name)
		} else if n := nearest(name, known); n != "" {
			list[i].Msg = fmt.Sprintf("undefined: %s (did you mean %s?)", name, n)
		}
	}
	return err
}
