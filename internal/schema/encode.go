package schema

import (
	"encoding/binary"
	"fmt"

	"github.com/nlsh/nlsh/internal/wire"
)

// Encoder writes values by their rows into a message that Out is building.
type Encoder struct {
	Spec *Spec
	Out  *wire.Builder

	// Resolve turns a name into a number where the row's role says that the
	// number stands for something with a name ("br0" for an ifindex). Nil, or
	// an error: the name is refused.
	Resolve func(role Role, name string) (uint64, error)
}

// scope is the input of one level, where selectors are looked up.
type scope struct {
	outer  *scope
	header *Struct
	set    *Set
	fields []Field
}

// Body writes a fixed header and attributes, as they follow the message
// header. Members that are not given are zero.
func (e *Encoder) Body(header *Struct, set *Set, payload Kind, fields []Field) error {
	return e.body(&scope{header: header, set: set}, payload, fields)
}

// body sorts the fields of one level into header, attributes and payload.
func (e *Encoder) body(sc *scope, payload Kind, fields []Field) error {
	sc.fields = fields
	var members []Field
	for _, f := range fields {
		p, err := sc.place(f, payload)
		if err != nil {
			return err
		}
		switch {
		case p.Member != nil:
			members = append(members, f)
		case f.Name == "header" && p.Attr == nil && !p.Rest:
			members = append(members, headerOf(f.Val)...)
		}
	}
	if sc.header != nil {
		b, err := e.structBytes(sc.header, members)
		if err != nil {
			return err
		}
		e.Out.Raw(b)
		if sc.set != nil || payload != KindNone {
			e.Out.Pad()
		}
	}
	for _, f := range fields {
		p, _ := sc.place(f, payload)
		if p.Rest {
			if err := e.rest(payload, f.Val); err != nil {
				return under("payload", err)
			}
		}
		if err := e.field(sc, p, f); err != nil {
			return err
		}
	}
	return nil
}

// headerOf is the members in header = {...}, marked as such.
func headerOf(v Value) []Field {
	var fields []Field
	if m := v.Msg(); m != nil {
		fields = m.Fields()
	} else {
		fields = v.Fields()
	}
	marked := make([]Field, len(fields))
	for i, f := range fields {
		f.Header = true
		marked[i] = f
	}
	return marked
}

// place finds where a field of the input belongs.
func (sc *scope) place(f Field, payload Kind) (Place, error) {
	if f.Name == "" {
		return Place{}, nil // a number, or raw bytes
	}
	if f.Header {
		if sc.header != nil {
			if mem := sc.header.Find(f.Name); mem != nil {
				return Place{Member: mem}, nil
			}
		}
		return Place{}, sc.unknown(f.Name, payload)
	}
	p := Resolve(sc.header, sc.set, payload, f.Name)
	if !p.Found() && len(f.Name) > 1 && f.Name[len(f.Name)-1] == '_' {
		// A word that the caller's side reserves, spelled with an underscore.
		p = Resolve(sc.header, sc.set, payload, f.Name[:len(f.Name)-1])
	}
	if !p.Found() && !(f.Name == "header" && sc.header != nil && (f.Val.Kind() == Fields || f.Val.Kind() == Message)) {
		return p, sc.unknown(f.Name, payload)
	}
	return p, nil
}

func (sc *scope) unknown(name string, payload Kind) error {
	names := Names(sc.header, sc.set, payload)
	where := "no attributes"
	switch {
	case sc.set != nil:
		where = "an attribute of " + sc.set.Name
		if sc.header != nil {
			where += " or a member of " + sc.header.Name
		}
	case sc.header != nil:
		where = "a member of " + sc.header.Name
	}
	return &Error{Got: fmt.Sprintf("unknown name %q", name), Want: where, Hint: Suggest(name, names)}
}

// Names lists what can be said in messages of a set and a header, in the
// scripts' spelling: attributes, then members.
func Names(header *Struct, set *Set, payload Kind) []string {
	var names []string
	if set != nil {
		for i := range set.Attrs {
			if k := set.Attrs[i].Kind; k != KindPad && k != KindUnused {
				names = append(names, set.Attrs[i].Key)
			}
		}
	}
	if payload != KindNone {
		names = append(names, "payload")
	}
	if header != nil {
		for i := range header.Members {
			m := &header.Members[i]
			if m.Kind == KindPad {
				continue
			}
			if short := m.Short(header); set == nil || set.Find(short) == nil {
				names = append(names, short)
			} else {
				names = append(names, m.Key)
			}
		}
	}
	return names
}

// field writes one attribute.
func (e *Encoder) field(sc *scope, p Place, f Field) error {
	switch {
	case p.Attr != nil:
		if err := e.attr(sc, p.Attr, f); err != nil {
			return under(p.Attr.Key, err)
		}
	case f.Name == "" && f.HasNum:
		e.Out.Mark(fmt.Sprintf("[%d]", f.Type&^(wire.Nested|wire.NetOrder)))
		b, ok := rawBytes(f.Val)
		if !ok {
			return under(fmt.Sprintf("[%d]", f.Type), &Error{Got: describe(f.Val), Want: "bytes for an attribute that the spec does not know"})
		}
		e.Out.Attr(f.Type, b)
	case f.Name == "":
		e.Out.Raw(f.Val.Bytes()) // what followed a malformed attribute
	}
	return e.Out.Err()
}

// rawBytes is a payload given as it is.
func rawBytes(v Value) ([]byte, bool) {
	switch v.Kind() {
	case Bytes:
		return v.Bytes(), true
	case Message:
		return v.Msg().Data, true
	}
	return nil, false
}

// attr writes an attribute, once for each element where it may be repeated.
func (e *Encoder) attr(sc *scope, a *Attr, f Field) error {
	if a.Multi && (f.Val.Kind() == List || f.Val.Kind() == FlagSet) {
		for i, v := range f.Val.List() {
			if err := e.one(sc, a, v, f, i); err != nil {
				return under(fmt.Sprintf("[%d]", i), err)
			}
		}
		return nil
	}
	return e.one(sc, a, f.Val, f, -1)
}

// one writes one attribute. None, and False for a flag, write nothing.
func (e *Encoder) one(sc *scope, a *Attr, v Value, f Field, index int) error {
	if v.IsNone() || a.Kind == KindFlag && v.Kind() == Bool && v.Uint64() == 0 && !v.odd {
		return nil
	}
	if index < 0 {
		e.Out.Mark(a.Key)
	} else {
		e.Out.MarkIndex(a.Key, index)
	}
	typ := a.Num
	if f.HasNum {
		typ = f.Type // decoded from the wire: keep its flags
	}
	if v.Kind() == Bytes {
		// Bytes are a payload as it is, for every row: that is how lengths
		// and values that the row does not know survive.
		e.Out.Attr(typ, v.Bytes())
		return nil
	}
	switch a.Kind {
	case KindNest, KindIndexedArray, KindNestTypeValue, KindSubMessage:
		if !f.HasNum {
			typ |= wire.Nested
		}
		return e.nested(sc, a, typ, v)
	case KindRecords:
		b, err := e.recordsBytes(sc, a, v)
		if err != nil {
			return err
		}
		e.Out.Attr(typ, b)
		return nil
	case KindPad, KindUnused:
		return &Error{Got: describe(v), Want: "nothing: the kernel does not use this attribute", Hint: "bytes are sent as they are"}
	}
	b, err := e.rowBytes(&a.Row, v, false)
	if err != nil {
		return err
	}
	e.Out.Attr(typ, b)
	return nil
}

// nested writes the kinds whose payload is attributes.
func (e *Encoder) nested(sc *scope, a *Attr, typ uint16, v Value) error {
	if a.Kind == KindSubMessage {
		return e.subMessage(sc, a, typ, v)
	}
	if e.Out.Nest(typ); e.Out.Err() != nil {
		return e.Out.Err()
	}
	var err error
	switch a.Kind {
	case KindNest:
		err = e.level(&scope{outer: sc, set: e.Spec.Set(a.Set)}, v)
	case KindIndexedArray:
		err = e.indexed(sc, a, v, 1)
	case KindNestTypeValue:
		err = e.indexed(sc, a, v, len(a.Levels))
	}
	e.Out.EndNest()
	return err
}

// level writes the content of a nest: a map, or a message as it is.
func (e *Encoder) level(sc *scope, v Value) error {
	switch v.Kind() {
	case Fields:
		return e.body(sc, KindNone, v.Fields())
	case Message:
		m := v.Msg()
		if m.Set == sc.set && m.Header == sc.header {
			e.Out.Raw(m.Data)
			return nil
		}
		return e.body(sc, KindNone, m.Fields())
	case Bytes:
		e.Out.Raw(v.Bytes())
		return nil
	}
	want := "a dict"
	if sc.set != nil {
		want = "a dict of " + sc.set.Name
	} else if sc.header != nil {
		want = "a dict of " + sc.header.Name
	}
	return &Error{Got: describe(v), Want: want}
}

// indexed writes nests whose attribute types are indexes, n levels of them. A
// list counts from 1, as the kernel does where it reads indexes.
func (e *Encoder) indexed(sc *scope, a *Attr, v Value, n int) error {
	entries := v.Fields()
	if v.Kind() == List {
		for i, elem := range v.List() {
			entries = append(entries, Field{Type: uint16(i + 1), Val: elem})
		}
	} else if v.Kind() != Fields {
		return &Error{Got: describe(v), Want: "a dict from index to value, or a list"}
	}
	for _, f := range entries {
		name := fmt.Sprintf("[%d]", f.Type&^(wire.Nested|wire.NetOrder))
		if f.Name != "" {
			return &Error{Got: fmt.Sprintf("key %q", f.Name), Want: "a number as index"}
		}
		e.Out.Mark(name)
		if err := e.entry(sc, a, f, n); err != nil {
			return under(name, err)
		}
	}
	return nil
}

// entry writes one element of an indexed array, or one level of nest-type-value.
func (e *Encoder) entry(sc *scope, a *Attr, f Field, n int) error {
	if f.Val.Kind() == Bytes {
		e.Out.Attr(f.Type, f.Val.Bytes())
		return nil
	}
	if a.Kind == KindIndexedArray && a.Elem != KindNest {
		elem := elemRow(&a.Row)
		b, err := e.rowBytes(&elem, f.Val, false)
		if err == nil {
			e.Out.Attr(f.Type, b)
		}
		return err
	}
	typ := f.Type
	if !f.HasNum {
		typ |= wire.Nested
	}
	if e.Out.Nest(typ); e.Out.Err() != nil {
		return e.Out.Err()
	}
	defer e.Out.EndNest()
	if n > 1 {
		return e.indexed(sc, a, f.Val, n-1)
	}
	return e.level(&scope{outer: sc, set: e.Spec.Set(a.Set)}, f.Val)
}

func (e *Encoder) subMessage(sc *scope, a *Attr, typ uint16, v Value) error {
	sub := e.Spec.SubMsg(a.SubMsg)
	value := e.selector(sc, a.Selector)
	f := pickFormat(sub, value)
	if f == nil || f.Header == 0 && f.Set == 0 {
		if m := v.Msg(); m != nil {
			e.Out.Attr(typ, m.Data)
			return nil
		}
		if f != nil && v.Kind() == Fields && len(v.Fields()) == 0 {
			e.Out.Attr(typ&^wire.Nested, nil)
			return nil
		}
		got := "no " + Key(a.Selector)
		if f != nil {
			return &Error{Got: describe(v), Want: "bytes", Hint: fmt.Sprintf("%s has no known attributes", value)}
		}
		if value != "" {
			got = fmt.Sprintf("%s for %s %q", v.Kind(), Key(a.Selector), value)
		}
		return &Error{Got: got, Want: "bytes, or a " + Key(a.Selector) + " that selects a known format", Hint: Suggest(value, sub.values())}
	}
	if f.Set == 0 && typ&wire.Nested != 0 {
		typ &^= wire.Nested // a struct alone is no nest
	}
	if e.Out.Nest(typ); e.Out.Err() != nil {
		return e.Out.Err()
	}
	err := e.level(&scope{outer: sc, header: e.Spec.Struct(f.Header), set: e.Spec.Set(f.Set)}, v)
	e.Out.EndNest()
	return err
}

func (s *SubMsg) values() []string {
	var values []string
	for i := range s.Formats {
		if s.Formats[i].Value != "" {
			values = append(values, s.Formats[i].Value)
		}
	}
	return values
}

// selector finds the text of a selector in the input, outward.
func (e *Encoder) selector(sc *scope, name string) string {
	if name == "" {
		return ""
	}
	for ; sc != nil; sc = sc.outer {
		p := Resolve(sc.header, sc.set, KindNone, name)
		if !p.Found() {
			continue
		}
		row := rowOf(p)
		for _, f := range sc.fields {
			if fp, err := sc.place(f, KindNone); err == nil && fp == p {
				return e.canonical(row, f.Val)
			}
		}
		if p.Member != nil {
			return e.canonical(row, UintValue(0)) // members not given are zero
		}
		return ""
	}
	return ""
}

func rowOf(p Place) *Row {
	if p.Attr != nil {
		return &p.Attr.Row
	}
	return &p.Member.Row
}

// canonical is the text that v would have after a trip over the wire.
func (e *Encoder) canonical(row *Row, v Value) string {
	b, err := e.rowBytes(row, v, true)
	if err != nil {
		return ""
	}
	return selectorText((&Msg{Spec: e.Spec}).row(row, b, true))
}

// rest writes the payload of a message that has no attributes.
func (e *Encoder) rest(payload Kind, v Value) error {
	switch {
	case v.Kind() == Bytes:
		e.Out.Raw(v.Bytes())
	case v.Kind() == Text && (payload == KindString || payload == KindBinary):
		e.Out.Raw([]byte(v.Text()))
	case v.Kind() == List && payload == KindStrings:
		for _, s := range v.List() {
			e.Out.Raw(append([]byte(s.Text()), 0))
		}
	default:
		return &Error{Got: describe(v), Want: payload.String() + " or bytes"}
	}
	return nil
}

// recordsBytes writes an array of (struct + attributes). Each record is built
// by itself: its length is a member of its own head.
func (e *Encoder) recordsBytes(sc *scope, a *Attr, v Value) ([]byte, error) {
	if v.Kind() != List {
		return nil, &Error{Got: describe(v), Want: "a list of dicts"}
	}
	head, set := e.Spec.Struct(a.Struct), e.Spec.Set(a.Set)
	length := head.Find(a.LengthMember)
	var all []byte
	for i, rec := range v.List() {
		var one wire.Builder
		inner := &Encoder{Spec: e.Spec, Out: &one, Resolve: e.Resolve}
		if err := inner.level(&scope{outer: sc, header: head, set: set}, rec); err != nil {
			return nil, under(fmt.Sprintf("[%d]", i), err)
		}
		if one.Err() != nil {
			return nil, one.Err()
		}
		b := one.Bytes()
		if rec.Kind() == Fields { // a message brings its own, maybe odd, length
			n := len(b)
			if err := putNumber(b[length.Off:length.Off+length.Size], &length.Row, uint64(n)); err != nil {
				return nil, err
			}
		}
		all = append(all, b...)
		for len(all)%4 != 0 && i < len(v.List())-1 {
			all = append(all, 0)
		}
	}
	return all, nil
}

// putNumber writes n in the width of p.
func putNumber(p []byte, r *Row, n uint64) error {
	var order binary.ByteOrder = binary.LittleEndian
	if r.BigEndian || nativeBig {
		order = binary.BigEndian
	}
	switch len(p) {
	case 1:
		p[0] = byte(n)
	case 2:
		order.PutUint16(p, uint16(n))
	case 4:
		order.PutUint32(p, uint32(n))
	case 8:
		order.PutUint64(p, n)
	default:
		return &Error{Got: fmt.Sprintf("%d bytes", len(p)), Want: "1, 2, 4 or 8"}
	}
	return nil
}

var nativeBig = binary.NativeEndian.Uint16([]byte{0, 1}) == 1
