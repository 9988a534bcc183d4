package builtins

import (
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
)

// Look is how results are shown.
type Look struct {
	Width  int  // in columns
	Tables bool // messages of one kind, and what has the same names, as tables
	Long   bool // messages of many fields whole, and not by the telling ones
}

// Shown is the text of a result for people: a message as the call that builds it, on one line if that fits, or by the fields that its spec calls
// telling if it has many; messages of one kind as a table.
func Shown(th *starlark.Thread, v starlark.Value, look Look) (string, error) {
	width := look.Width
	switch v := v.(type) {
	case *message:
		return shownMessage(v, look), nil
	case *event:
		return shownEvent(v, width), nil
	case *dump:
		return shownList(th, v, width, look.Tables)
	case *starlark.List, starlark.Tuple, *starlark.Set:
		return shownList(th, v.(starlark.Sequence), width, look.Tables)
	}
	text := v.String() // may iterate, and that may fail
	if _, ok := v.(starlark.IterableMapping); ok {
		text = folded(text, width)
	}
	return text, host.Pending(th)
}

// mostFields is how many lines a message of the kernel may take before it is shown by its telling fields.
const mostFields = 30

func shownMessage(m *message, look Look) string {
	if line := printMessage(m, 0); textColumns(line) <= look.Width {
		return line
	}
	text := folded(printMessage(m, 4), look.Width)
	if look.Long || m.req != nil || m.op == nil || m.m.Set == nil || len(m.m.Set.Columns) == 0 || strings.Count(text, "\n") < mostFields {
		return text
	}
	return briefly(&m.m, session.EventName(m.builder())) + "\n(print(_) shows all fields, _.NAME one)"
}

// folded breaks what is too long behind commas, where a program may be broken.
func folded(text string, width int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if textColumns(line) <= width+1 {
			b.WriteString(line)
			continue
		}
		indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+4)
		col := 0
		for _, part := range afterCommas(line) {
			if n := textColumns(strings.TrimRight(part, " \n")); col > 0 && col+n > width {
				b.WriteString("\n" + indent)
				col = len(indent)
			}
			b.WriteString(part)
			col += textColumns(part)
		}
	}
	return strings.ReplaceAll(b.String(), ", \n", ",\n")
}

// afterCommas cuts a line behind each ", " that is in no string.
func afterCommas(line string) (parts []string) {
	from, quoted := 0, false
	for i := 0; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case !quoted && strings.HasPrefix(line[i:], ", "):
			parts = append(parts, line[from:i+2])
			from = i + 2
		}
	}
	return append(parts, line[from:])
}

func shownEvent(e *event, width int) string {
	if line := e.String(); textColumns(line) <= width || e.msg == nil {
		return line
	}
	return folded(e.print(4), width)
}

// shownList writes a sequence: messages and events of one kind as a table, and so dicts and structs that have the same names; others that are messages one
// below the other. The rest is as it prints, over several lines if it is long.
func shownList(th *starlark.Thread, list starlark.Sequence, width int, tables bool) (string, error) {
	elems, err := someOf(th, list, mostRows)
	if err != nil {
		return "", err
	}
	if len(elems) == 0 {
		return list.String(), nil
	}
	head := func(line string) string { return line }
	if env := environOf(elems[0]); env != nil && env.colored() {
		head = func(line string) string { return painted(bold, line) }
	}
	rest := more(len(elems), list.Len())
	if t := messageTable(elems); t != nil && tables {
		return t.text(width, head) + rest, nil
	}
	if t := recordTable(elems); t != nil && tables {
		return t.text(width, head) + rest, nil
	}
	var lines strings.Builder
	for _, elem := range elems {
		switch e := elem.(type) {
		case *message:
			lines.WriteString(cut(printMessage(e, 0), width) + "\n")
		case *event:
			lines.WriteString(cut(e.String(), width) + "\n")
		default:
			return shownPlain(list, elems, width), host.Pending(th)
		}
	}
	return lines.String() + rest, nil
}

// someOf are the first elements of a sequence.
func someOf(th *starlark.Thread, list starlark.Sequence, n int) (elems []starlark.Value, err error) {
	it := list.Iterate()
	defer it.Done()
	var elem starlark.Value
	for len(elems) < n && it.Next(&elem) {
		elems = append(elems, elem)
	}
	return elems, host.Pending(th)
}

// shownPlain writes a list, tuple or set as a program has it: on one line, or as many as it takes.
func shownPlain(list starlark.Sequence, elems []starlark.Value, width int) string {
	open, shut := "[", "]"
	switch list.(type) {
	case starlark.Tuple:
		open, shut = "(", ")"
	case *starlark.Set:
		open, shut = "set([", "])"
	}
	if len(elems) == list.Len() {
		if line := list.String(); textColumns(line) <= width || len(elems) < 2 {
			return line
		}
	}
	var b strings.Builder
	b.WriteString(open)
	col := width
	for _, e := range elems {
		text := e.String() + ","
		if col += 1 + textColumns(text); col > width {
			b.WriteString("\n   ")
			col = 4 + textColumns(text)
		}
		b.WriteString(" " + text)
	}
	return b.String() + "\n" + shut + "\n" + more(len(elems), list.Len())
}
