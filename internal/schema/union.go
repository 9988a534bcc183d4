package schema

import (
	"bytes"
	"strconv"
	"strings"
)

// union decodes a member whose selector says what kind of address it holds. It
// stays bytes where none fits, or where something is behind the address.
func (m *Msg) union(mem *Member, p []byte) Value {
	selector := m.Header.Find(mem.Selector)
	v, ok := m.Member(selector)
	if !ok {
		return BytesValue(p)
	}
	for _, h := range mem.Hints {
		n := h.Hint.size()
		if selectorText(v) != h.Value || len(p) < n || len(bytes.Trim(p[n:], "\x00")) > 0 {
			continue
		}
		if s := hintBytes(h.Hint, p[:n]); s != "" {
			return TextValue(s)
		}
	}
	return BytesValue(p)
}

// Effective is the row by which a member of m is shown: its own, with the hint
// that the selector of a union chooses.
func (m *Msg) Effective(mem *Member) *Row {
	if len(mem.Hints) == 0 {
		return &mem.Row
	}
	row := mem.Row
	if v, ok := m.Member(m.Header.Find(mem.Selector)); ok {
		for _, h := range mem.Hints {
			if selectorText(v) == h.Value {
				row.Hint = h.Hint
			}
		}
	}
	return &row
}

// size is how many bytes such an address has, 0 if that varies.
func (h Hint) size() int {
	switch h {
	case HintIPv4:
		return 4
	case HintIPv6:
		return 16
	case HintMAC:
		return 6
	}
	return 0
}

// unionMember reads text as the first kind of address it can be, and tells the
// value that the selector has for it.
func unionMember(mem *Member, v Value) (p []byte, value string, err error) {
	var wants []string
	for _, h := range mem.Hints {
		p, want := parseHint(h.Hint, v.Text())
		if want == "" && len(p) == h.Hint.size() {
			return p, h.Value, nil
		}
		if want == "" {
			_, want = parseHint(h.Hint, "\x00")
		}
		wants = append(wants, want)
	}
	return nil, "", &Error{Got: describe(v), Want: strings.Join(wants, ", or ")}
}

// unionBytes encodes a member of st, and its selector with it where the input
// does not give that.
func (e *Encoder) unionBytes(st *Struct, mem *Member, v Value, fields []Field, out []byte) ([]byte, error) {
	p, value, err := unionMember(mem, v)
	if err != nil {
		return nil, err
	}
	selector := st.Find(mem.Selector)
	for _, f := range fields {
		if st.Find(f.Name) == selector && !f.Val.IsNone() {
			return p, nil
		}
	}
	n, err := strconv.ParseInt(value, 0, 64)
	if enum := e.Spec.Enum(selector.Enum); enum != nil && err != nil {
		n, _ = enum.ValueOf(value)
	}
	putNumber(out[selector.Off:selector.Off+selector.Size], &selector.Row, uint64(n))
	return p, nil
}
