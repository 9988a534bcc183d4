package host

import (
	"fmt"
	"io"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// lineName is the predeclared name of what writes the line that is about to run. No program can spell it.
const lineName = "<line>"

// mostPlus is how many calls are counted in front of a line.
const mostPlus = 20

// lineWriter is the builtin of that name. Positions of steps would not do: an assignment of a constant has none.
func (h *Host) lineWriter(w io.Writer) *starlark.Builtin {
	return starlark.NewBuiltin(lineName, func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		calls := 0
		for i := range min(th.CallStackDepth(), mostFrames) {
			if _, ok := th.DebugFrame(i).Callable().(*starlark.Function); ok {
				calls++
			}
		}
		pos := th.CallFrame(1).Pos
		text, _ := h.lineOf(pos.Filename(), int(pos.Line))
		if err := h.out.Flush(); err != nil { // what was printed before comes before
			return nil, err
		}
		fmt.Fprintf(w, "%s %s:%d: %s\n", strings.Repeat("+", min(calls, mostPlus)), pos.Filename(), pos.Line, strings.TrimSpace(text))
		return starlark.None, nil
	})
}

// traceLines puts a call before each statement of a program that is in no module of the library.
func (h *Host) traceLines(file *syntax.File) {
	if h.globals.Has(lineName) && !strings.HasPrefix(file.Path, stdPrefix) {
		file.Stmts = traced(file.Stmts, 0)
	}
}

// traced is a block with a call before each statement, but for a second one on a line, and the first one on the line
// from, which was written already.
func traced(block []syntax.Stmt, from int32) (out []syntax.Stmt) {
	for i, stmt := range block {
		start := syntax.Start(stmt)
		switch stmt := stmt.(type) {
		case *syntax.DefStmt:
			stmt.Body = traced(stmt.Body, 0)
		case *syntax.ForStmt:
			stmt.Body = traced(stmt.Body, 0)
		case *syntax.WhileStmt:
			stmt.Body = traced(stmt.Body, 0)
		case *syntax.IfStmt:
			stmt.True, stmt.False = traced(stmt.True, start.Line), traced(stmt.False, start.Line)
		}
		if start.Line != from && !(i == 0 && isText(stmt)) {
			out = append(out, &syntax.ExprStmt{X: &syntax.CallExpr{
				Fn: &syntax.Ident{NamePos: start, Name: lineName}, Lparen: start, Rparen: start,
			}})
			from = start.Line
		}
		out = append(out, stmt)
	}
	return out
}

// isText says whether a statement is but a string: at the beginning it is the doc, and has to stay there.
func isText(stmt syntax.Stmt) bool {
	x, ok := stmt.(*syntax.ExprStmt)
	if !ok {
		return false
	}
	lit, ok := x.X.(*syntax.Literal)
	return ok && lit.Token == syntax.STRING
}
