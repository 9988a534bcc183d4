package host

import (
	"bytes"
	"slices"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// SourceOf is the text of a function, and whether it is known. Texts of a session share names, so the latest of the name that has such a function
// at its place is the one.
func (h *Host) SourceOf(fn *starlark.Function) (text string, ok bool) {
	name := fn.Position().Filename()
	h.mu.Lock()
	texts := slices.Clone(h.texts[name])
	h.mu.Unlock()
	slices.Reverse(texts)
	for _, text := range texts {
		if found, ok := functionIn(name, text, fn); ok {
			return found, true
		}
	}
	return "", false
}

// functionIn finds the whole lines of a function.
func functionIn(name string, text []byte, fn *starlark.Function) (found string, ok bool) {
	file, err := Parse(Source{Name: name, Text: text})
	if err != nil {
		return "", false
	}
	at := fn.Position()
	syntax.Walk(file, func(n syntax.Node) bool {
		var start syntax.Position
		called := "lambda"
		switch n := n.(type) {
		case *syntax.DefStmt:
			start, called = n.Def, n.Name.Name
		case *syntax.LambdaExpr:
			start = n.Lambda
		default:
			return !ok
		}
		if _, end := n.Span(); start.Line == at.Line && start.Col == at.Col && called == fn.Name() {
			lines := bytes.SplitAfter(text, []byte("\n"))
			found, ok = string(bytes.Join(lines[start.Line-1:min(int(end.Line), len(lines))], nil)), true
		}
		return !ok
	})
	return found, ok
}
