package lint

import (
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/schema"
)

// statements finds what is wrong with statements: outcomes that are dropped,
// and what is never reached.
func (k *checker) statements(list []syntax.Stmt) {
	for i, stmt := range list {
		switch s := stmt.(type) {
		case *syntax.ExprStmt:
			if call, ok := unparen(s.X).(*syntax.CallExpr); ok && predeclared(call.Fn, "try_") {
				start, _ := s.Span()
				k.report(start, RuleOutcome, "nobody looks at the outcome of try_, so an error goes unseen (_ = try_(...) says that this is meant)")
			}
		case *syntax.IfStmt:
			k.statements(s.True)
			k.statements(s.False)
		case *syntax.ForStmt:
			k.statements(s.Body)
		case *syntax.WhileStmt:
			k.statements(s.Body)
		case *syntax.DefStmt:
			k.statements(s.Body)
		}
		if word := leaves(stmt); word != "" && i+1 < len(list) {
			start, _ := list[i+1].Span()
			k.report(start, RuleUnreachable, "never reached: it follows %s", word)
			return
		}
	}
}

// leaves is the word by which a statement leaves its block for good, "" if it
// does not.
func leaves(stmt syntax.Stmt) string {
	switch s := stmt.(type) {
	case *syntax.ReturnStmt:
		return "return"
	case *syntax.BranchStmt:
		if s.Token != syntax.PASS {
			return s.Token.String()
		}
	case *syntax.ExprStmt:
		if call, ok := unparen(s.X).(*syntax.CallExpr); ok {
			for _, name := range []string{"fail", "exit", "raise_"} {
				if predeclared(call.Fn, name) {
					return name
				}
			}
		}
	}
	return ""
}

// expressions looks at calls and comparisons.
func (k *checker) expressions() {
	flags := k.flagNames()
	syntax.Walk(k.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			k.call(n)
		case *syntax.DotExpr:
			k.member(n)
		case *syntax.BinaryExpr:
			if n.Op == syntax.EQL || n.Op == syntax.NEQ {
				k.compare(n, flags)
			}
		}
		return true
	})
}

// flagNames are the names that are sets of flags in some spec, and in none
// anything that may be equal to a string.
func (k *checker) flagNames() map[string]bool {
	flags, text := map[string]bool{}, map[string]bool{}
	note := func(s *schema.Spec, r *schema.Row, names ...string) {
		e := s.Enum(r.Enum)
		for _, name := range names {
			switch {
			case e != nil && (e.Flags || r.AsFlags):
				flags[name] = true
			case e != nil || r.Kind == schema.KindString || r.Kind == schema.KindStrings,
				r.Hint != schema.HintNone && r.Hint != schema.HintHex: // hexadecimal is for people: the value is a number
				text[name] = true
			}
		}
	}
	for _, s := range k.All {
		for i := range s.Sets {
			for j := range s.Sets[i].Attrs {
				a := &s.Sets[i].Attrs[j]
				note(s, &a.Row, a.Key)
			}
		}
		for i := range s.Structs {
			for j := range s.Structs[i].Members {
				m := &s.Structs[i].Members[j]
				note(s, &m.Row, m.Key, m.Short(&s.Structs[i]))
			}
		}
	}
	for name := range text {
		delete(flags, name)
	}
	return flags
}

// compare finds l.flags == "up".
func (k *checker) compare(n *syntax.BinaryExpr, flags map[string]bool) {
	for _, side := range [][2]syntax.Expr{{n.X, n.Y}, {n.Y, n.X}} {
		name := ""
		switch e := unparen(side[0]).(type) {
		case *syntax.DotExpr:
			name = e.Name.Name
		case *syntax.IndexExpr:
			name, _ = stringOf(e.Y)
		}
		if text, ok := stringOf(side[1]); ok && flags[name] {
			k.report(n.OpPos, RuleFlags, "%s is a set of flags, which no string is equal to (%q in ....%s?)", name, text, name)
		}
	}
}

// stringOf is the text of a string that is written there.
func stringOf(e syntax.Expr) (string, bool) {
	if lit, ok := unparen(e).(*syntax.Literal); ok {
		s, ok := lit.Value.(string)
		return s, ok && lit.Token == syntax.STRING
	}
	return "", false
}
