package review

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/host"
)

// Omit changes a script so that a call of t.record in one of its tests leaves a field out, and returns the line. The call is the one with that
// label, or the only one without. It is an error if there is no such call, or several, or if its omit is no list that is written there.
func Omit(file, test, label, field string) (line int, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	parsed, err := host.Dialect().Parse(filepath.Base(file), text, 0)
	if err != nil {
		return 0, err
	}
	calls := records(parsed, test, label)
	if len(calls) != 1 {
		return 0, fmt.Errorf("%s: got %d calls of record in %s with that label, want one: write omit = [%q] there by hand", file, len(calls), test, field)
	}
	at, what, err := insertion(calls[0], field)
	if err != nil {
		return 0, fmt.Errorf("%s:%w", file, err)
	}
	offset, err := offsetOf(text, at)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	return int(at.Line), rewrite(file, string(text[:offset])+what+string(text[offset:]))
}

// rewrite replaces the text of a script, which stays what it is: executable, or somewhere else with a link to it here.
func rewrite(file, text string) error {
	file, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if err := golden.Write(file, text); err != nil {
		return err
	}
	return os.Chmod(file, info.Mode().Perm())
}

// records lists the calls of t.record in a function that have a label; "" is none.
func records(file *syntax.File, test, label string) (calls []*syntax.CallExpr) {
	for _, stmt := range file.Stmts {
		def, ok := stmt.(*syntax.DefStmt)
		if !ok || def.Name.Name != test {
			continue
		}
		syntax.Walk(def, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			if !ok {
				return true
			}
			if fn, ok := call.Fn.(*syntax.DotExpr); ok && fn.Name.Name == "record" && len(call.Args) > 0 && labelOf(call) == label {
				calls = append(calls, call)
			}
			return true
		})
	}
	return calls
}

// labelOf is the label of a call as it is written, "" without one. One that is computed is none that anybody asks for.
func labelOf(call *syntax.CallExpr) string {
	value := keyword(call, "label")
	if lit, ok := value.(*syntax.Literal); ok {
		if s, ok := lit.Value.(string); ok {
			return s
		}
	}
	if value != nil {
		return "\x00"
	}
	return ""
}

// keyword is the value of an argument that is given by name, nil if it is not.
func keyword(call *syntax.CallExpr, name string) syntax.Expr {
	for _, arg := range call.Args {
		if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			if id, ok := b.X.(*syntax.Ident); ok && id.Name == name {
				return b.Y
			}
		}
	}
	return nil
}

// insertion says what to write where.
func insertion(call *syntax.CallExpr, field string) (at syntax.Position, what string, err error) {
	quoted := strconv.Quote(field)
	switch omit := keyword(call, "omit").(type) {
	case nil:
		last := call.Args[len(call.Args)-1]
		start, at := last.Span()
		if u, ok := last.(*syntax.UnaryExpr); ok && (u.Op == syntax.STAR || u.Op == syntax.STARSTAR) {
			return at, "", fmt.Errorf("%d: the call ends in * or **, so it must be changed by hand", start.Line)
		}
		return at, ", omit = [" + quoted + "]", nil
	case *syntax.ListExpr:
		if len(omit.List) == 0 {
			return omit.Rbrack, quoted, nil
		}
		for _, e := range omit.List {
			if lit, ok := e.(*syntax.Literal); ok && lit.Value == field {
				return lit.TokenPos, "", fmt.Errorf("%d: omit has %s already: what is still different is in the golden file (accept to change that)", lit.TokenPos.Line, quoted)
			}
		}
		_, at = omit.List[len(omit.List)-1].Span()
		return at, ", " + quoted, nil
	default:
		start, _ := omit.Span()
		return at, "", fmt.Errorf("%d: omit is no list that is written here, so it must be changed by hand", start.Line)
	}
}

// offsetOf is where a position is in the text: lines and columns count from 1, columns in characters.
func offsetOf(text []byte, at syntax.Position) (int, error) {
	line, col := int32(1), int32(1)
	for i, r := range string(text) {
		if line == at.Line && col == at.Col {
			return i, nil
		}
		if col++; r == '\n' {
			line, col = line+1, 1
		}
	}
	if line == at.Line && col == at.Col {
		return len(text), nil
	}
	return 0, fmt.Errorf("line %d, column %d is not there", at.Line, at.Col)
}
