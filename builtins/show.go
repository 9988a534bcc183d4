package builtins

import (
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// Shown is the text of a result for people, in so many columns: messages as the call that builds them, on one line if that fits; a list of
// them has one below the other.
func Shown(th *starlark.Thread, v starlark.Value, width int) (string, error) {
	switch v := v.(type) {
	case *message:
		return shownMessage(v, width), nil
	case *dump, *starlark.List:
		return shownList(th, v.(starlark.Iterable), width)
	}
	text := v.String() // may iterate, and that may fail
	return text, host.Pending(th)
}

func shownMessage(m *message, width int) string {
	if line := printMessage(m, 0); utf8.RuneCountInString(line) <= width {
		return line
	}
	return printMessage(m, 4)
}

// shownList writes a list that has messages in it; any other is as it prints.
func shownList(th *starlark.Thread, list starlark.Iterable, width int) (string, error) {
	var lines []string
	it := list.Iterate()
	defer it.Done()
	var elem starlark.Value
	for i := 0; it.Next(&elem); i++ {
		if err := checkpoint(th, i); err != nil {
			return "", err
		}
		m, ok := elem.(*message)
		if !ok {
			return list.String(), host.Pending(th)
		}
		lines = append(lines, shownMessage(m, width))
	}
	if err := host.Pending(th); err != nil {
		return "", err
	}
	if len(lines) == 0 {
		return list.String(), nil
	}
	return strings.Join(lines, "\n"), nil
}

// HelpOn writes what is known of a value, or of a name where there is no value.
func HelpOn(th *starlark.Thread, name string, v starlark.Value) error {
	if v == nil {
		v = starlark.String(name)
	}
	_, err := host.Call(th, host.Of(th).Globals()["help"], starlark.Tuple{v}, nil)
	return err
}
