package repl

import (
	"io"
	"strings"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/syntax"
)

// more says whether a text goes on: a bracket or a string is open, or a block, which an empty line ends. text ends in a newline.
func more(text string) bool {
	if !wanting(text) {
		return false
	}
	file, err := host.Dialect().Parse("", text, 0)
	if err != nil && len(scanned(text).quote) == 3 { // it is told of where the string begins
		return true
	}
	if err != nil { // a mistake before the end is one that no further line mends
		wrong, ok := err.(syntax.Error)
		return ok && int(wrong.Pos.Line) > strings.Count(strings.TrimRight(text, "\n"), "\n")
	}
	if len(file.Stmts) == 0 || strings.HasSuffix(text, "\n\n") {
		return false
	}
	switch file.Stmts[len(file.Stmts)-1].(type) {
	case *syntax.DefStmt, *syntax.IfStmt, *syntax.ForStmt, *syntax.WhileStmt:
		return true
	}
	return false
}

// wanting says whether the parser, reading line by line, asks for one more.
func wanting(text string) bool {
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	asked := false
	for len(lines) > 0 && !asked {
		_, err := host.Dialect().ParseCompoundStmt("", func() ([]byte, error) {
			if len(lines) == 0 {
				asked = true
				return nil, io.EOF
			}
			line := lines[0]
			lines = lines[1:]
			return []byte(line), nil
		})
		if err != nil {
			break
		}
	}
	return asked
}
