package lint

import (
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/schema"
)

// binding is a variable of the script: where it gets its values.
type binding struct {
	targets int           // how often it is bound
	values  []syntax.Expr // what is assigned to it by name
	uses    int           // how often it is read
}

// key tells variables apart: the place where each is bound first. It is nil for
// builtins and for what is undefined.
func key(id *syntax.Ident) *syntax.Ident {
	if b, ok := id.Binding.(*resolve.Binding); ok {
		return b.First
	}
	return nil
}

// predeclared reports whether e is that name of nlsh, not a variable of the script.
func predeclared(e syntax.Expr, name string) bool {
	id, ok := unparen(e).(*syntax.Ident)
	if !ok || id.Name != name {
		return false
	}
	b, ok := id.Binding.(*resolve.Binding)
	return ok && (b.Scope == resolve.Predeclared || b.Scope == resolve.Universal)
}

func unparen(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}

func (k *checker) binding(id *syntax.Ident) *binding {
	at := key(id)
	if at == nil {
		return nil
	}
	b := k.binds[at]
	if b == nil {
		b = &binding{}
		k.binds[at] = b
	}
	return b
}

// collect notes where each variable gets its values, and how often it is read.
func (k *checker) collect() {
	targets := map[*syntax.Ident]bool{}
	bind := func(e syntax.Expr, value syntax.Expr) {
		eachTarget(e, value, func(id *syntax.Ident, value syntax.Expr) {
			targets[id] = true
			if b := k.binding(id); b != nil {
				b.targets++
				if value != nil {
					b.values = append(b.values, value)
				}
			}
		})
	}
	syntax.Walk(k.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			if n.Op == syntax.EQ {
				bind(n.LHS, n.RHS)
			} else {
				bind(n.LHS, nil)
			}
		case *syntax.ForStmt:
			bind(n.Vars, nil)
		case *syntax.ForClause:
			bind(n.Vars, nil)
		case *syntax.DefStmt:
			bind(n.Name, nil)
			k.params(n.Params, bind)
		case *syntax.LambdaExpr:
			k.params(n.Params, bind)
		case *syntax.LoadStmt:
			for _, id := range n.To {
				bind(id, nil)
			}
		}
		return true
	})
	syntax.Walk(k.file, func(n syntax.Node) bool {
		if dot, ok := n.(*syntax.DotExpr); ok && dot.Name.Name == "load_spec" && predeclared(dot.X, "nl") {
			k.loadsSpecs = true
		}
		if id, ok := n.(*syntax.Ident); ok && !targets[id] {
			if b := k.binding(id); b != nil {
				b.uses++
			}
		}
		return true
	})
}

func (k *checker) params(params []syntax.Expr, bind func(e, value syntax.Expr)) {
	for _, p := range params {
		switch p := p.(type) {
		case *syntax.BinaryExpr: // name = default
			bind(p.X, nil)
		case *syntax.UnaryExpr: // *args; * alone has no name
			if p.X != nil {
				bind(p.X, nil)
			}
		default:
			bind(p, nil)
		}
	}
}

// eachTarget calls fn with each name that an assignment binds, and what it
// gets, nil if that is not written there.
func eachTarget(e, value syntax.Expr, fn func(id *syntax.Ident, value syntax.Expr)) {
	switch e := unparen(e).(type) {
	case *syntax.Ident:
		fn(e, value)
	case *syntax.TupleExpr:
		eachOf(e.List, value, fn)
	case *syntax.ListExpr:
		eachOf(e.List, value, fn)
	}
}

func eachOf(list []syntax.Expr, value syntax.Expr, fn func(id *syntax.Ident, value syntax.Expr)) {
	var values []syntax.Expr
	if value != nil {
		switch v := unparen(value).(type) {
		case *syntax.TupleExpr:
			values = v.List
		case *syntax.ListExpr:
			values = v.List
		}
	}
	for i, e := range list {
		if len(values) == len(list) {
			eachTarget(e, values[i], fn)
		} else {
			eachTarget(e, nil, fn)
		}
	}
}

// loads finds names that are loaded and not used, or not there.
func (k *checker) loads() {
	for _, stmt := range k.file.Stmts {
		load, ok := stmt.(*syntax.LoadStmt)
		if !ok {
			continue
		}
		names, known := k.exports(load.ModuleName())
		for i, id := range load.To {
			if b := k.binding(id); b != nil && b.uses == 0 && id.Name != "_" {
				k.report(id.NamePos, RuleUnusedLoad, "%s is loaded and not used", id.Name)
			}
			if from := load.From[i]; known && !slices.Contains(names, from.Name) {
				k.report(from.NamePos, RuleLoad, "%s has no %q%s", load.ModuleName(), from.Name, hint(from.Name, names))
			}
		}
	}
}

// exports are the global names of a module.
func (k *checker) exports(module string) (names []string, known bool) {
	if k.Module == nil {
		return nil, false
	}
	text := k.Module(k.name, module)
	if text == nil {
		return nil, false
	}
	file, err := k.Dialect.Parse(module, text, 0)
	if err != nil {
		return nil, false
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			eachTarget(n.LHS, nil, func(id *syntax.Ident, _ syntax.Expr) { names = append(names, id.Name) })
		case *syntax.ForStmt:
			eachTarget(n.Vars, nil, func(id *syntax.Ident, _ syntax.Expr) { names = append(names, id.Name) })
		case *syntax.DefStmt:
			names = append(names, n.Name.Name)
			return false // what is inside is local
		case syntax.Expr:
			return false
		}
		return true
	})
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "_") }), true
}

func hint(name string, names []string) string {
	if h := schema.Suggest(name, names); h != "" {
		return " (" + h + ")"
	}
	return ""
}

// shadowed finds assignments that hide a builtin. Parameters may: their names
// are those that callers read.
func (k *checker) shadowed() {
	report := func(id *syntax.Ident) {
		if key(id) == id && (slices.Contains(k.Predeclared, id.Name) || slices.Contains(k.Universe, id.Name)) {
			k.report(id.NamePos, RuleShadowed, "%s hides the builtin of that name", id.Name)
		}
	}
	targets := func(e syntax.Expr) {
		eachTarget(e, nil, func(id *syntax.Ident, _ syntax.Expr) { report(id) })
	}
	syntax.Walk(k.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			targets(n.LHS)
		case *syntax.ForStmt:
			targets(n.Vars)
		case *syntax.ForClause:
			targets(n.Vars)
		case *syntax.DefStmt:
			report(n.Name)
		case *syntax.LoadStmt:
			for _, id := range n.To {
				report(id)
			}
		}
		return true
	})
}
