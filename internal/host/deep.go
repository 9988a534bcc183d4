package host

import (
	"fmt"

	"go.starlark.net/syntax"
)

const (
	// mostText is how long a program may be. Its tree takes up to sixty times as much memory; what
	// is longer is data, for which there is read_file.
	mostText = 16 << 20

	// mostDeep is how deep its tree may be. The parser bounds brackets and blocks, but not 1 + 1 + 1 ...,
	// a.b.c ... and f()() ..., and what comes after it recurses until the process has no stack left.
	mostDeep = 100_000
)

// Parse is how all programs are parsed. What it returns can be walked: it is not too deep for that.
func Parse(src Source) (*syntax.File, error) {
	if len(src.Text) > mostText {
		return nil, syntax.Error{
			Pos: syntax.MakePosition(&src.Name, 1, 1),
			Msg: fmt.Sprintf("got a program of more than %d bytes, want at most that many (read_file reads data)", mostText),
		}
	}
	file, err := Dialect().Parse(src.Name, src.Text, 0)
	if err == nil && len(src.Text) > mostDeep { // a shorter one cannot be as deep
		err = shallow(file)
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

// shallow refuses a tree that is too deep. It does not recurse itself.
func shallow(file *syntax.File) error {
	type place struct {
		node  syntax.Node
		depth int
	}
	todo := []place{{file, 0}}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at.depth > mostDeep {
			return syntax.Error{Pos: where(at.node), Msg: fmt.Sprintf("excessive nesting: more than %d operators in a row", mostDeep)}
		}
		syntax.Walk(at.node, func(child syntax.Node) bool {
			switch child {
			case at.node:
				return true
			case nil:
				return false
			}
			todo = append(todo, place{child, at.depth + 1})
			return false
		})
	}
	return nil
}

// where is the place of a link of a chain. Span would follow the chain to its end.
func where(n syntax.Node) syntax.Position {
	switch n := n.(type) {
	case *syntax.BinaryExpr:
		return n.OpPos
	case *syntax.CallExpr:
		return n.Lparen
	case *syntax.DotExpr:
		return n.Dot
	case *syntax.IndexExpr:
		return n.Lbrack
	case *syntax.SliceExpr:
		return n.Lbrack
	case *syntax.IfStmt:
		return n.If
	case *syntax.Ident:
		return n.NamePos
	case *syntax.Literal:
		return n.TokenPos
	}
	start, _ := n.Span()
	return start
}
