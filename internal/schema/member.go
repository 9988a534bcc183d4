package schema

import "bytes"

// rest is the payload of a message that has no attributes.
func (m *Msg) rest() Value {
	p := m.AttrBytes()
	switch m.Payload {
	case KindString:
		v := TextValue(string(bytes.TrimRight(p, "\x00")))
		if len(v.text) != len(p) {
			v.odd, v.data = true, p
		}
		return v
	case KindStrings:
		list := []Value{}
		for len(p) > 0 {
			s, after, ended := bytes.Cut(p, []byte{0})
			v := TextValue(string(s))
			if !ended {
				v.odd, v.data = true, s
			}
			list, p = append(list, v), after
		}
		return ListValue(list)
	}
	return BytesValue(p)
}

// Member decodes a member of the fixed header; ok is false where the header is
// too short to have it.
func (m *Msg) Member(mem *Member) (Value, bool) {
	p, ok := m.memberBytes(mem)
	if !ok {
		return Value{}, false
	}
	if len(mem.Hints) > 0 {
		return m.union(mem, p), true
	}
	if mem.Kind != KindArray {
		return m.row(&mem.Row, p, true), true
	}
	return m.scalars(&mem.Row, p), true
}

func (m *Msg) memberBytes(mem *Member) ([]byte, bool) {
	h := m.HeaderBytes()
	if mem.Size == 0 { // takes the rest
		if int(mem.Off) > len(h) {
			return nil, false
		}
		return h[mem.Off:], true
	}
	end := int(mem.Off + mem.Size)
	if end > len(h) {
		return nil, false
	}
	return h[mem.Off:end:end], true
}

func (m *Msg) memberNumber(mem *Member) (uint64, bool) {
	p, ok := m.memberBytes(mem)
	if !ok {
		return 0, false
	}
	return number(&mem.Row, p)
}
