package schema

import (
	"sort"
	"strings"

	"github.com/nlsh/nlsh/internal/wire"
)

// Msg is a schema over raw bytes: a fixed header, attributes, or both. It is
// cheap to make and decodes nothing by itself.
type Msg struct {
	Spec    *Spec
	Header  *Struct // nil: no fixed header
	Set     *Set    // nil: no attributes
	Payload Kind    // what follows the header where it is not attributes
	Data    []byte
	Outer   *Msg // the message around this one, where selectors are looked up too

	// Origin is where the message is from, for whoever counts places; 0 is
	// unknown. Messages inside have it too: see From.
	Origin uint32

	level int32 // how many attributes are around it on the wire
}

// headerLen is how much of Data belongs to the fixed header. A message that is
// shorter than its header consists of it alone.
func (m *Msg) headerLen() int {
	if m.Header == nil {
		return 0
	}
	if m.Set == nil && m.Payload == KindNone {
		return len(m.Data)
	}
	n := wire.Align(int(m.Header.Size))
	if n > len(m.Data) {
		n = len(m.Data)
	}
	return n
}

// From is the Origin of the outermost message around m.
func (m *Msg) From() uint32 {
	for m.Origin == 0 && m.Outer != nil {
		m = m.Outer
	}
	return m.Origin
}

// HeaderBytes is the fixed header.
func (m *Msg) HeaderBytes() []byte { return m.Data[:m.headerLen()] }

// AttrBytes is what follows the fixed header.
func (m *Msg) AttrBytes() []byte { return m.Data[m.headerLen():] }

// Place is where a name of a message leads: an attribute or a member of the
// fixed header. The zero Place is nowhere.
type Place struct {
	Attr   *Attr
	Member *Member
	Rest   bool // the payload that is no attributes
}

// Found reports whether the place exists.
func (p Place) Found() bool { return p.Attr != nil || p.Member != nil || p.Rest }

// Resolve finds what name stands for in messages of this set and header. An
// attribute wins over a member, a member's whole name over a shortened one. A
// word that the caller's side reserves may end in an underscore.
func Resolve(header *Struct, set *Set, payload Kind, name string) Place {
	p := resolve(header, set, payload, name)
	if bare, under := strings.CutSuffix(name, "_"); under && !p.Found() {
		p = resolve(header, set, payload, bare)
	}
	return p
}

func resolve(header *Struct, set *Set, payload Kind, name string) Place {
	if set != nil {
		if a := set.Find(name); a != nil {
			return Place{Attr: a}
		}
	}
	if payload != KindNone && name == "payload" {
		return Place{Rest: true}
	}
	if header != nil {
		if mem := header.Find(name); mem != nil {
			return Place{Member: mem}
		}
	}
	return Place{}
}

// Resolve finds what name stands for in m.
func (m *Msg) Resolve(name string) Place { return Resolve(m.Header, m.Set, m.Payload, name) }

// Get decodes the value of a name; ok is false where the name is unknown or
// the attribute is absent. An attribute that was reached before malformed
// bytes is returned without an error.
func (m *Msg) Get(name string) (v Value, ok bool, err error) { return m.At(m.Resolve(name)) }

// At decodes the value at a place.
func (m *Msg) At(p Place) (v Value, ok bool, err error) {
	switch {
	case p.Attr != nil:
		return m.attr(p.Attr)
	case p.Member != nil:
		v, ok = m.Member(p.Member)
		return v, ok, nil
	case p.Rest:
		return m.rest(), true, nil
	}
	return Value{}, false, nil
}

func (m *Msg) attr(a *Attr) (v Value, ok bool, err error) {
	if a.Kind == KindPad || a.Kind == KindUnused {
		return Value{}, false, nil
	}
	var found wire.Attr
	var list []Value
	it := wire.WalkAttrs(m.AttrBytes())
	for it.Next() {
		if it.Attr.Num() != a.Num {
			continue
		}
		found, ok = it.Attr, true
		if a.Multi {
			list = append(list, m.decode(a, it.Attr.Data))
		}
	}
	switch {
	case !ok:
		return Value{}, false, it.Err()
	case a.Multi:
		return ListValue(list), true, nil
	}
	return m.decode(a, found.Data), true, nil
}

// Number reads an integer attribute or member without making a Value, for
// bulk work. ok is false where it is absent, malformed or no plain integer.
func (m *Msg) Number(p Place) (n uint64, ok bool) {
	switch {
	case p.Member != nil:
		return m.memberNumber(p.Member)
	case p.Attr != nil:
		if found, ok := wire.Find(m.AttrBytes(), p.Attr.Num); ok {
			return number(&p.Attr.Row, found.Data)
		}
	}
	return 0, false
}

// Raw is the payload of the last attribute with the number of a.
func (m *Msg) Raw(a *Attr) ([]byte, bool) {
	return wire.FindData(m.AttrBytes(), a.Num)
}

// Err walks the attributes and says where they are malformed.
func (m *Msg) Err() error {
	if m.Set == nil {
		return nil
	}
	it := wire.WalkAttrs(m.AttrBytes())
	for it.Next() {
	}
	return it.Err()
}

// Unknown lists the attributes that no row of the set explains.
func (m *Msg) Unknown() []wire.Attr {
	var unknown []wire.Attr
	if m.Set == nil {
		return nil
	}
	it := wire.WalkAttrs(m.AttrBytes())
	for it.Next() {
		if a := m.Set.ByNum(it.Attr.Num()); a == nil || a.Kind == KindUnused {
			unknown = append(unknown, it.Attr)
		}
	}
	return unknown
}

// Fields decodes the message one level deep: the members of the fixed header,
// then the attributes in the order of the wire, repeated ones each by itself.
// Padding is left out; bytes after a malformed attribute are the last field,
// without a name or a number.
func (m *Msg) Fields() []Field {
	attrs := m.AttrBytes()
	count := 1
	if m.Set != nil {
		for it := wire.WalkAttrs(attrs); it.Next(); {
			count++
		}
	}
	fields := m.headerFields(count)
	switch {
	case m.Payload != KindNone:
		return append(fields, Field{Name: "payload", Val: m.rest()})
	case m.Set == nil:
		return fields
	}
	it := wire.WalkAttrs(attrs)
	end := 0
	for it.Next() {
		end = it.Attr.Off + wire.Align(wire.AttrHeaderLen+len(it.Attr.Data))
		f := Field{Type: it.Attr.Type, HasNum: true}
		a := m.Set.ByNum(it.Attr.Num())
		switch {
		case a == nil || a.Kind == KindUnused:
			f.Val = BytesValue(it.Attr.Data)
		case a.Kind == KindPad:
			continue
		default:
			f.Name, f.Val = a.Name, m.decode(a, it.Attr.Data)
		}
		fields = append(fields, f)
	}
	if it.Err() != nil && end < len(attrs) {
		fields = append(fields, Field{Val: oddBytes(attrs[end:])})
	}
	return fields
}

// headerFields leaves room for more fields.
func (m *Msg) headerFields(more int) []Field {
	if m.Header == nil {
		return make([]Field, 0, more)
	}
	fields := make([]Field, 0, len(m.Header.Members)+more)
	for i := range m.Header.Members {
		mem := &m.Header.Members[i]
		if mem.Kind == KindPad {
			continue
		}
		if v, ok := m.Member(mem); ok {
			fields = append(fields, Field{Name: mem.Name, Header: true, Val: v})
		}
	}
	return fields
}

func sortedFields(m map[string]any) []Field {
	fields := make([]Field, 0, len(m))
	for name, v := range m {
		fields = append(fields, Field{Name: name, Val: Of(v)})
	}
	sort.Slice(fields, func(i, j int) bool { return fields[i].Name < fields[j].Name })
	return fields
}
