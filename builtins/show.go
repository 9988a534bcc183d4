package builtins

import (
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
)

// Shown is the text of a result for people, in so many columns: a message as the call that builds it, on one line if that fits; messages of one kind
// as a table, if tables are wanted.
func Shown(th *starlark.Thread, v starlark.Value, width int, tables bool) (string, error) {
	switch v := v.(type) {
	case *message:
		return shownMessage(v, width), nil
	case *event:
		return shownEvent(v, width), nil
	case *dump:
		return shownList(th, v, width, tables)
	case *starlark.List, starlark.Tuple, *starlark.Set:
		return shownList(th, v.(starlark.Sequence), width, tables)
	}
	text := v.String() // may iterate, and that may fail
	return text, host.Pending(th)
}

func shownMessage(m *message, width int) string {
	if line := printMessage(m, 0); textColumns(line) <= width {
		return line
	}
	return printMessage(m, 4)
}

func shownEvent(e *event, width int) string {
	if line := e.String(); textColumns(line) <= width || e.msg == nil {
		return line
	}
	return e.print(4)
}

// shownList writes a sequence: messages of one kind as a table, others, and events, one below the other. What has neither is as it prints, over
// several lines if it is long.
func shownList(th *starlark.Thread, list starlark.Sequence, width int, tables bool) (string, error) {
	elems, err := someOf(th, list, mostRows)
	if err != nil {
		return "", err
	}
	var msgs []*schema.Msg
	lines := make([]string, 0, len(elems))
	alike := true
	for _, elem := range elems {
		switch e := elem.(type) {
		case *message:
			msgs = append(msgs, &e.m)
			alike = alike && sameKind(msgs[0], &e.m)
		case *event:
			alike = false
		default:
			return shownPlain(list, elems, width), host.Pending(th)
		}
	}
	if len(elems) == 0 {
		return list.String(), nil
	}
	if alike && tables {
		head := func(line string) string { return line }
		if elems[0].(*message).shape.env.colored() {
			head = func(line string) string { return painted(bold, line) }
		}
		return tableOf(msgs).text(width, head) + more(len(elems), list.Len()), nil
	}
	for _, elem := range elems {
		if m, ok := elem.(*message); ok {
			lines = append(lines, shownMessage(m, width))
		} else {
			lines = append(lines, shownEvent(elem.(*event), width))
		}
	}
	return strings.Join(lines, "\n") + "\n" + more(len(elems), list.Len()), nil
}

// sameKind reports whether two messages have the same fields.
func sameKind(a, b *schema.Msg) bool {
	return a.Spec == b.Spec && a.Header == b.Header && a.Set == b.Set
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
