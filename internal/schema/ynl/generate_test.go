package ynl_test

import (
	"encoding/binary"

	"github.com/nlsh/nlsh/internal/schema"
)

// generator cooks input from bytes: mostly what the rows want.
type generator struct {
	spec *schema.Spec
	left []byte
}

func (g *generator) byte() byte {
	if len(g.left) == 0 {
		return 0
	}
	b := g.left[0]
	g.left = g.left[1:]
	return b
}

func (g *generator) fields(header *schema.Struct, set *schema.Set, depth int) []schema.Field {
	var fields []schema.Field
	for n := g.byte() % 6; n > 0; n-- {
		pick := int(g.byte())
		switch {
		case set != nil && len(set.Attrs) > 0 && pick < 200:
			a := &set.Attrs[pick%len(set.Attrs)]
			fields = append(fields, schema.Field{Name: a.Name, Val: g.attr(a, depth)})
		case header != nil && len(header.Members) > 0 && pick < 250:
			m := &header.Members[pick%len(header.Members)]
			fields = append(fields, schema.Field{Name: m.Name, Header: pick%2 == 0, Val: g.row(&m.Row, depth)})
		default:
			fields = append(fields, schema.Field{Type: uint16(pick), HasNum: true, Val: g.any(depth)})
		}
	}
	return fields
}

func (g *generator) attr(a *schema.Attr, depth int) schema.Value {
	sub := func() schema.Value { return schema.FieldsValue(g.fields(nil, g.spec.Set(a.Set), depth+1)) }
	if depth > 8 {
		return g.any(depth)
	}
	switch a.Kind {
	case schema.KindNest:
		return sub()
	case schema.KindIndexedArray, schema.KindNestTypeValue:
		v := sub()
		for range max(1, len(a.Levels)) {
			v = schema.FieldsValue([]schema.Field{{Type: uint16(g.byte()), Val: v}})
		}
		return v
	case schema.KindSubMessage:
		formats := g.spec.SubMsg(a.SubMsg).Formats
		f := formats[int(g.byte())%len(formats)]
		return schema.FieldsValue(g.fields(g.spec.Struct(f.Header), g.spec.Set(f.Set), depth+1))
	case schema.KindRecords:
		return schema.ListValue([]schema.Value{schema.FieldsValue(g.fields(g.spec.Struct(a.Struct), g.spec.Set(a.Set), depth+1))})
	}
	return g.row(&a.Row, depth)
}

func (g *generator) row(r *schema.Row, depth int) schema.Value {
	e := g.spec.Enum(r.Enum)
	switch pick := g.byte(); {
	case pick > 200:
		return g.any(depth)
	case e != nil && len(e.Entries) > 0 && pick > 50:
		return schema.Of(e.Entries[int(pick)%len(e.Entries)].Name)
	case r.Kind.Integer():
		return schema.Of(uint64(g.byte()))
	case r.Kind == schema.KindFlag:
		return schema.Of(pick%2 == 0)
	case r.Kind == schema.KindStruct:
		return schema.FieldsValue(g.fields(g.spec.Struct(r.Struct), nil, depth+1))
	case r.Kind == schema.KindArray, r.Kind == schema.KindScalarArray:
		return schema.ListValue([]schema.Value{g.any(depth), g.any(depth)})
	case r.Hint != schema.HintNone:
		return schema.Of([]string{"10.0.0.1", "fe80::1", "02:00:00:00:00:01", "01234567-89ab-cdef-0123-456789abcdef"}[pick%4])
	}
	return schema.Of(string(rune(g.byte())))
}

func (g *generator) any(depth int) schema.Value {
	pick := g.byte()
	if depth > 8 {
		pick %= 6
	}
	switch pick % 9 {
	case 0:
		return schema.Value{}
	case 1:
		return schema.Of(uint64(g.byte()))
	case 2:
		return schema.Of(-int64(g.byte()))
	case 3:
		return schema.Of(string([]byte{g.byte(), g.byte()}))
	case 4:
		return schema.Of(binary.LittleEndian.AppendUint32(nil, uint32(g.byte())))
	case 5:
		return schema.Of(true)
	case 6:
		return schema.ListValue([]schema.Value{g.any(depth + 1), g.any(depth + 1)})
	case 7:
		return schema.FieldsValue([]schema.Field{{Name: "x", Val: g.any(depth + 1)}})
	}
	return schema.FieldsValue([]schema.Field{{Type: uint16(g.byte()) << 8, Val: g.any(depth + 1)}})
}
