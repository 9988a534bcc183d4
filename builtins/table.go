package builtins

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
)

const (
	mostRows  = 200 // of a table: some screens
	widestCol = 40  // columns of the screen that one field may take
	narrowest = 12  // what a field may be cut to
	gap       = 2   // blanks between two fields
	most      = 64  // bytes of a value that are looked at
)

// table is text in columns, the first of which is the number of the row.
type table struct {
	heads   []string
	telling int // how many of them the spec chose, and the number
	rows    [][]slot
}

// messageTable makes a table of messages of one kind, or of events with such, nil if they are not.
func messageTable(elems []starlark.Value) *table {
	var msgs []*schema.Msg
	var events []slot
	for _, elem := range elems {
		m, ok := elem.(*message)
		if e, isEvent := elem.(*event); isEvent && e.msg != nil {
			m, ok = e.msg, true
			name, _ := starlark.AsString(e.name)
			events = append(events, slot{text: name})
		}
		if !ok || msgs != nil && !sameKind(msgs[0], &m.m) {
			return nil
		}
		msgs = append(msgs, &m.m)
	}
	if events != nil && len(events) != len(msgs) {
		return nil
	}
	return tableOf(msgs, events)
}

// sameKind reports whether two messages have the same fields.
func sameKind(a, b *schema.Msg) bool {
	return a.Spec == b.Spec && a.Header == b.Header && a.Set == b.Set
}

// environOf is that of a message or an event, nil for anything else.
func environOf(v starlark.Value) *environ {
	switch v := v.(type) {
	case *message:
		return v.shape.env
	case *event:
		if v.msg != nil {
			return v.msg.shape.env
		}
	}
	return nil
}

// tableOf makes a table of messages of one kind, with what happened to each, if that is known.
func tableOf(msgs []*schema.Msg, events []slot) *table {
	columns, chosen := columnsOf(msgs[0])
	t := &table{heads: []string{"#"}, telling: 1}
	for i := range msgs {
		t.rows = append(t.rows, []slot{{strconv.Itoa(i), true}})
	}
	if events != nil {
		t.heads = append(t.heads, "event")
		t.telling++
		for i := range msgs {
			t.rows[i] = append(t.rows[i], events[i])
		}
	}
	column := make([]slot, len(msgs))
	for i := range columns {
		said := false
		for j, m := range msgs {
			column[j] = columns[i].of(m)
			said = said || columns[i].says(m, column[j])
		}
		if !said {
			continue
		}
		if i < chosen {
			t.telling++
		}
		t.heads = append(t.heads, columns[i].head)
		for j := range msgs {
			t.rows[j] = append(t.rows[j], column[j])
		}
	}
	return t
}

// recordTable makes a table of dicts, or structs, that have the same names; nil if they have not, or there is but one.
func recordTable(elems []starlark.Value) *table {
	if len(elems) < 2 {
		return nil
	}
	var t table
	for i, elem := range elems {
		names, values := record(elem)
		if len(names) == 0 || i > 0 && !slices.Equal(names, t.heads[1:]) {
			return nil
		}
		if i == 0 {
			t.heads = append([]string{"#"}, names...)
			t.telling = len(t.heads)
		}
		row := []slot{{strconv.Itoa(i), true}}
		for _, v := range values {
			_, number := v.(starlark.Int)
			text, isText := starlark.AsString(v)
			switch {
			case isText:
				text = printable(text)
			case v != starlark.None:
				text = v.String()
			}
			row = append(row, slot{text, number})
		}
		t.rows = append(t.rows, row)
	}
	return &t
}

// record is the names of a dict whose keys are all names, or of a struct, and what they are.
func record(v starlark.Value) (names []string, values []starlark.Value) {
	switch v := v.(type) {
	case *starlark.Dict:
		for _, item := range v.Items() {
			name, ok := starlark.AsString(item[0])
			if !ok || !plainName(name) {
				return nil, nil
			}
			names, values = append(names, name), append(values, item[1])
		}
	case starlark.HasAttrs:
		if v.Type() != "struct" {
			return nil, nil
		}
		for _, name := range v.AttrNames() {
			value, err := v.Attr(name)
			if err != nil {
				return nil, nil
			}
			names, values = append(names, name), append(values, value)
		}
	}
	return names, values
}

// plainName reports whether a text may be at the head of a column.
func plainName(s string) bool {
	return s != "" && len(s) <= widestCol && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// text lays the table out in so many columns. Fields that have no room are left out, but the first is always there, and one that the spec chose is
// rather cut than left out.
func (t *table) text(width int, head func(string) string) string {
	widths := make([]int, len(t.heads))
	var shown []int
	used := 0
	for i, name := range t.heads {
		widths[i] = textColumns(name)
		for _, row := range t.rows {
			widths[i] = max(widths[i], min(textColumns(row[i].text), widestCol))
		}
		if left := width - used; widths[i] > left && left >= narrowest && i < t.telling && !t.numbers(i) {
			widths[i] = left
		}
		if used+widths[i] <= width || i < 2 {
			shown = append(shown, i)
			used += widths[i] + gap
		}
	}
	var b strings.Builder
	right := make([]bool, len(t.heads))
	for _, i := range shown {
		right[i] = t.numbers(i)
	}
	line := t.line(shown, widths, func(i int) slot { return slot{t.heads[i], right[i]} })
	b.WriteString(head(cut(line, width)) + "\n")
	for _, row := range t.rows {
		b.WriteString(cut(t.line(shown, widths, func(i int) slot { return slot{row[i].text, right[i]} }), width) + "\n")
	}
	return b.String()
}

// numbers reports whether a column has numbers only, which stand on the right.
func (t *table) numbers(i int) bool {
	for _, row := range t.rows {
		if !row[i].number && row[i].text != "" {
			return false
		}
	}
	return true
}

func (t *table) line(shown, widths []int, at func(i int) slot) string {
	var b strings.Builder
	for n, i := range shown {
		if n > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		c := at(i)
		text := cut(c.text, widths[i])
		pad := strings.Repeat(" ", max(0, widths[i]-textColumns(text)))
		if c.number {
			b.WriteString(pad + text)
		} else {
			b.WriteString(text + pad)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// measure knows how wide characters are. What the locale says of ambiguous ones is left out: output is the same everywhere.
func measure() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }

// textColumns is how many columns a text takes.
func textColumns(s string) int {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return measure().StringWidth(s)
		}
	}
	return len(s)
}

// cut shortens a text to so many columns.
func cut(s string, width int) string {
	if textColumns(s) <= width {
		return s
	}
	return measure().Truncate(s, max(width, 1), "…")
}

// printable is a text that can be on a screen as it is; any other is quoted.
func printable(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u200d' }) || !validText(s) {
		return strconv.Quote(s)
	}
	return s
}

func validText(s string) bool { return strings.ToValidUTF8(s, "") == s }

// hexText is the beginning of bytes.
func hexText(b []byte) string {
	if len(b) > most {
		return hex.EncodeToString(b[:most]) + "…"
	}
	return hex.EncodeToString(b)
}

// more says how much of a result is not shown, and how to see it.
func more(n, of int) string {
	if n == of {
		return ""
	}
	return fmt.Sprintf("... %d of %d; _[%d:] are the next, pp(_) is all\n", n, of, n)
}
