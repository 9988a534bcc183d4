package host

import (
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Interact runs a text as if each of its statements had been typed: the names that one binds are predeclared names of all that comes
// later, and functions see what a name is bound to when they are called. If the last statement is an expression, Interact
// returns its value, otherwise None. What was bound before an error stays.
func (h *Host) Interact(thread *starlark.Thread, src Source) (value starlark.Value, err error) {
	return h.interact(thread, h.globals, src)
}

// interact runs a text in names, which it binds.
func (h *Host) interact(thread *starlark.Thread, names starlark.StringDict, src Source) (value starlark.Value, err error) {
	h.remember(src)
	file, err := Parse(src)
	if err != nil {
		return nil, err
	}
	value = starlark.None
	for _, stmt := range file.Stmts {
		if value, err = h.statement(thread, names, src, stmt); err != nil {
			return nil, err
		}
	}
	return value, nil
}

// statement runs one statement as a program of its own: so a function is never in the program of the variables that it uses, in which it
// would see them as they were.
func (h *Host) statement(thread *starlark.Thread, names starlark.StringDict, src Source, stmt syntax.Stmt) (starlark.Value, error) {
	opts := Dialect()
	opts.LoadBindsGlobally = true // a name that is loaded is one to go on with
	file := &syntax.File{Path: src.Name, Options: opts}
	// What the statement binds anew is a variable of its program, empty at first, though x += 1 reads it.
	for _, name := range rebound(names, stmt) {
		start := syntax.Start(stmt)
		before := "<" + name + ">"
		names[before] = names[name]
		defer delete(names, before)
		file.Stmts = append(file.Stmts, &syntax.AssignStmt{
			OpPos: start, Op: syntax.EQ,
			LHS: &syntax.Ident{NamePos: start, Name: name},
			RHS: &syntax.Ident{NamePos: start, Name: before},
		})
	}
	if x, ok := stmt.(*syntax.ExprStmt); ok {
		stmt = keepResult(x)
	}
	file.Stmts = append(file.Stmts, stmt)
	prog, err := h.compileFor(file, names)
	if err != nil {
		return nil, err
	}
	bound, err := h.execIn(thread, prog, &module{src: src}, names)
	var value starlark.Value = starlark.None
	for name, v := range bound {
		if name == resultName {
			value = v
		} else {
			names[name] = v
		}
	}
	return value, err
}

// rebound are the names that a statement binds outside of functions, and that are bound already.
func rebound(known starlark.StringDict, stmt syntax.Stmt) (names []string) {
	seen := map[string]bool{}
	note := func(e syntax.Expr) {
		for _, name := range targets(e) {
			if known.Has(name) && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	syntax.Walk(stmt, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt:
			if n != stmt { // it is not called before it is bound
				note(n.Name)
			}
			return false
		case *syntax.LambdaExpr, *syntax.Comprehension:
			return false
		case *syntax.AssignStmt:
			note(n.LHS)
		case *syntax.ForStmt:
			note(n.Vars)
		}
		return true
	})
	return names
}

// targets are the names in the target of an assignment; a[i] and a.b bind none.
func targets(e syntax.Expr) []string {
	switch e := e.(type) {
	case *syntax.Ident:
		return []string{e.Name}
	case *syntax.ParenExpr:
		return targets(e.X)
	case *syntax.TupleExpr:
		return targetsOf(e.List)
	case *syntax.ListExpr:
		return targetsOf(e.List)
	}
	return nil
}

func targetsOf(list []syntax.Expr) (names []string) {
	for _, e := range list {
		names = append(names, targets(e)...)
	}
	return names
}
