package builtins

import "strings"

// Colours that any theme has, as the numbers of the sequences that begin them.
const (
	bold  = "1"
	faint = "2"
	red   = "31"
	cyan  = "36"
)

// painted is a text in a colour; the end of a line is outside.
func painted(color, text string) string {
	if text == "" {
		return ""
	}
	line, ended := strings.CutSuffix(text, "\n")
	line = "\x1b[" + color + "m" + line + "\x1b[0m"
	if ended {
		line += "\n"
	}
	return line
}

// colored says whether what is for people may have colours now.
func (env *environ) colored() bool { return env.color != nil && env.color() }
