package specs_test

import (
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// maker makes values from rows: always the same, and such that they come back
// as they went in.
type maker struct{ *schema.Spec }

func (c maker) attr(a *schema.Attr) schema.Value {
	switch a.Kind {
	case schema.KindNest:
		return c.set(a.Set)
	case schema.KindIndexedArray:
		elem := c.set(a.Set)
		if a.Elem != schema.KindNest {
			r := a.Row
			r.Kind, r.Elem = a.Elem, schema.KindNone
			elem = c.row(&r, 0)
		}
		return schema.FieldsValue([]schema.Field{{Type: 1, Val: elem}, {Type: 5, Val: elem}})
	case schema.KindNestTypeValue:
		v := c.set(a.Set)
		for range a.Levels {
			v = schema.FieldsValue([]schema.Field{{Type: 3, Val: v}})
		}
		return v
	case schema.KindRecords:
		var members []schema.Field
		for _, f := range c.structure(c.Struct(a.Struct)).Fields() {
			if f.Name != c.Struct(a.Struct).Find(a.LengthMember).Name { // filled in
				members = append(members, f)
			}
		}
		rec := schema.FieldsValue(append(members, c.set(a.Set).Fields()...))
		return schema.ListValue([]schema.Value{rec, rec})
	}
	return c.row(&a.Row, 0)
}

// set is a nest with the first attribute that is no nest itself: all the others
// have a test of their own.
func (c maker) set(ref schema.Ref) schema.Value {
	var fields []schema.Field
	if set := c.Set(ref); set != nil {
		for i := range set.Attrs {
			a := &set.Attrs[i]
			if a.Kind.Integer() || a.Kind == schema.KindString || a.Kind == schema.KindFlag {
				fields = append(fields, schema.Field{Name: a.Name, Val: c.row(&a.Row, 0)})
				break
			}
		}
	}
	return schema.FieldsValue(fields)
}

func (c maker) format(f *schema.Format) schema.Value {
	if f.Header == 0 && f.Set == 0 {
		return schema.BytesValue([]byte{1, 2, 3, 4})
	}
	var fields []schema.Field
	if st := c.Struct(f.Header); st != nil {
		fields = c.structure(st).Fields()
	}
	return schema.FieldsValue(append(fields, c.set(f.Set).Fields()...))
}

func (c maker) structure(st *schema.Struct) schema.Value {
	counts := map[string]bool{}
	for i := range st.Members {
		counts[st.Members[i].Count] = true
	}
	var fields []schema.Field
	for i := range st.Members {
		m := &st.Members[i]
		if m.Kind == schema.KindPad || counts[m.Name] {
			continue
		}
		r := m.Row
		for _, h := range m.Hints { // a union: what the value of its selector says
			if h.Value == c.number(&st.Find(m.Selector).Row).Text() {
				r.Hint = h.Hint
			}
		}
		fields = append(fields, schema.Field{Name: m.Name, Val: c.row(&r, int(m.Size))})
	}
	return schema.FieldsValue(fields)
}

// row is a value for a place of size bytes, 0 for any.
func (c maker) row(r *schema.Row, size int) schema.Value {
	switch r.Kind {
	case schema.KindFlag:
		return schema.Of(true)
	case schema.KindString:
		return schema.Of("text"[:min(4, max(size, 1)+3*b2i(size == 0))])
	case schema.KindBinary:
		return c.binary(r, size)
	case schema.KindStruct:
		return c.structure(c.Struct(r.Struct))
	case schema.KindScalarArray, schema.KindArray:
		elem := *r
		elem.Kind, elem.Elem = r.Elem, schema.KindNone
		n := 2
		if width := r.Elem.Width(); size > 0 && width > 0 {
			n = size / width
		}
		list := make([]schema.Value, n)
		for i := range list {
			list[i] = c.row(&elem, int(r.Len)*b2i(r.Elem.Width() == 0))
		}
		return schema.ListValue(list)
	case schema.KindBitfield32:
		half := *r
		half.Kind = schema.KindU32
		v := c.number(&half)
		return schema.FieldsValue([]schema.Field{{Name: "value", Val: v}, {Name: "selector", Val: v}})
	}
	return c.number(r)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c maker) number(r *schema.Row) schema.Value {
	bits := 8 * r.Kind.Width()
	if bits == 0 {
		bits = 64
	}
	e := c.Enum(r.Enum)
	switch {
	case e != nil && (e.Flags || r.AsFlags):
		var list []schema.Value
		for bit := int64(0); bit < int64(bits); bit++ {
			if name := e.NameOf(bit); name != "" {
				list = append(list, schema.Of(name))
			}
		}
		return schema.FlagsValue(list)
	case e != nil && len(e.Entries) > 0:
		last := e.Entries[len(e.Entries)-1].Value
		return schema.Of(e.NameOf(last))
	case r.BigEndian && r.Kind == schema.KindU32 && (r.Hint == schema.HintIPv4 || r.Hint == schema.HintIPv4Or6):
		return schema.Of("192.0.2.1")
	case r.Kind.Signed():
		return schema.Of(-int64(1)<<(bits-1) + 2)
	}
	return schema.Of(^uint64(0)>>(64-bits) - 2)
}

func (c maker) binary(r *schema.Row, size int) schema.Value {
	if size == 0 {
		size = int(r.Len)
	}
	switch {
	case r.Hint == schema.HintMAC || r.Hint == schema.HintFDDI:
		if size == 0 {
			size = 6
		}
		return schema.Of(strings.Repeat("a2:", size-1) + "b3")
	case r.Hint == schema.HintIPv4, r.Hint == schema.HintIPv4Or6 && size != 16:
		return schema.Of("192.0.2.1")
	case r.Hint == schema.HintIPv6, r.Hint == schema.HintIPv4Or6:
		return schema.Of("2001:db8::1")
	case r.Hint == schema.HintUUID:
		return schema.Of("01234567-89ab-cdef-0123-456789abcdef")
	case size == 0:
		size = 3
	}
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i + 1)
	}
	return schema.BytesValue(b)
}
