package schema

// Peeking is for bulk work: it looks at one place of many messages, and makes
// no values.

// Bytes is the payload at a place: that of the last attribute, or the bytes of
// a member. ok is false where it is absent.
func (m *Msg) Bytes(p Place) (b []byte, ok bool) {
	switch {
	case p.Attr != nil:
		return m.Raw(p.Attr)
	case p.Member != nil:
		return m.memberBytes(p.Member)
	case p.Rest:
		return m.AttrBytes(), true
	}
	return nil, false
}

// Decode is the value of one attribute of m with such a payload; Get is that of
// all attributes with its number.
func (m *Msg) Decode(a *Attr, payload []byte) Value { return m.decode(a, payload) }

// Elements is the row of one element of an array.
func (r *Row) Elements() Row { return elemRow(r) }

// Row is the row of an attribute or a member, nil for the payload of messages
// without attributes.
func (p Place) Row() *Row {
	switch {
	case p.Attr != nil:
		return &p.Attr.Row
	case p.Member != nil:
		return &p.Member.Row
	}
	return nil
}

// Number reads a payload of the row as a number, sign-extended where the row
// is signed; ok is false where it is none.
func (r *Row) Number(payload []byte) (n uint64, ok bool) { return number(r, payload) }

// Text reads a payload of a string as far as its NUL.
func (r *Row) Text(payload []byte) []byte {
	for i, c := range payload {
		if c == 0 {
			return payload[:i]
		}
	}
	return payload
}

// IsFlags reports whether the row's numbers are sets of named bits.
func (s *Spec) IsFlags(r *Row) bool {
	e := s.Enum(r.Enum)
	return e != nil && (e.Flags || r.AsFlags)
}

// Addressed reports whether the row's payload is an IP address.
func (r *Row) Addressed() bool {
	return r.Hint == HintIPv4 || r.Hint == HintIPv6 || r.Hint == HintIPv4Or6
}

// Payload encodes a value for the row at p as an attribute's payload, where
// its kind is no nest.
func (s *Spec) Payload(p Place, v Value, resolve func(Role, string) (uint64, error)) ([]byte, error) {
	e := &Encoder{Spec: s, Resolve: resolve}
	if p.Member != nil {
		return e.memberBytes(p.Member, v)
	}
	return e.rowBytes(&p.Attr.Row, v, false)
}

// Inside lists what a single nest at p may hold: one format, or as many as its
// selector has; none where p is not one nest.
func (s *Spec) Inside(p Place) []Layout {
	if p.Row() == nil {
		return nil
	}
	if p.Row().Kind == KindStruct {
		return []Layout{{Header: s.Struct(p.Row().Struct)}}
	}
	if p.Attr == nil || p.Attr.Multi {
		return nil
	}
	switch p.Attr.Kind {
	case KindNest:
		return []Layout{{Set: s.Set(p.Attr.Set)}}
	case KindSubMessage:
		var list []Layout
		sub := s.SubMsg(p.Attr.SubMsg)
		for i := range sub.Formats {
			f := Layout{s.Struct(sub.Formats[i].Header), s.Set(sub.Formats[i].Set)}
			if f.Header != nil || f.Set != nil {
				list = append(list, f)
			}
		}
		return list
	}
	return nil
}

// Layout is a fixed header and a set, either nil for none: what the names of a
// message depend on.
type Layout struct {
	Header *Struct
	Set    *Set
}
