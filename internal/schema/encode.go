package schema

import (
	"fmt"
	"strings"

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

	scratch []byte // the payload that is being encoded
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
	var room [16]Place
	places := room[:0] // of each field
	var members []Field
	for i := range fields {
		f := fields[i]
		p, err := sc.place(f, payload)
		if err != nil {
			return e.elsewhere(err, sc.set, f.Name)
		}
		places = append(places, p)
		switch {
		case p.Member != nil:
			f.Name = p.Member.Name
			if members == nil {
				members = make([]Field, 0, min(len(fields), len(sc.header.Members)))
			}
			members = append(members, f)
		case f.isHeader(p):
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
	for i, p := range places {
		f := &fields[i]
		if p.Rest {
			if err := e.rest(payload, f.Val); err != nil {
				return under("payload", err)
			}
		}
		if err := e.field(sc, p, *f); err != nil {
			return err
		}
	}
	return nil
}

// isHeader reports whether f is header = {...}, given that its name leads to p.
func (f *Field) isHeader(p Place) bool { return f.Name == "header" && !p.Found() }

// headerOf is the members in header = {...}, marked as such. Of a message, only
// its header counts.
func headerOf(v Value) []Field {
	m := v.Msg()
	fields := v.Fields()
	if m != nil && m.Header != nil {
		fields = m.headerFields(0)
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
	if p.Found() {
		return p, nil
	}
	if f.Name != "header" || sc.header == nil {
		return p, sc.unknown(f.Name, payload)
	}
	switch f.Val.Kind() {
	case None, Fields, Message:
		return p, nil
	}
	return p, &Error{Path: "header", Got: describe(f.Val), Want: "a dict of " + sc.header.Name}
}

func (sc *scope) unknown(name string, payload Kind) error {
	names := Names(sc.header, sc.set, payload)
	want := "nothing: there are no attributes"
	switch {
	case sc.set != nil:
		want = "an attribute of " + sc.set.Name
		if sc.header != nil {
			want += " or a member of " + sc.header.Name
		}
	case payload != KindNone:
		want = "payload"
		if sc.header != nil {
			want += " or a member of " + sc.header.Name
		}
	case sc.header != nil:
		want = "a member of " + sc.header.Name
	}
	hint := Suggest(name, names)
	if hint == "" && len(names) > 0 && len(names) <= fewNames {
		hint = "it has " + strings.Join(names, ", ")
	}
	return &Error{Got: fmt.Sprintf("unknown name %q", name), Want: want, Hint: hint}
}

// fewNames is how many names are all listed where none is near.
const fewNames = 10

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

// indexName is how an attribute without a name goes by in a path.
func indexName(typ uint16) string { return fmt.Sprintf("[%d]", typ&^typeFlags) }

// typeFlags are the bits of an attribute's type that are not its number.
const typeFlags = wire.Nested | wire.NetOrder

// field writes one attribute.
func (e *Encoder) field(sc *scope, p Place, f Field) error {
	switch {
	case p.Attr != nil:
		if err := e.attr(sc, p.Attr, f); err != nil {
			return under(p.Attr.Key, err)
		}
	case f.Name == "":
		b, ok := rawBytes(f.Val)
		if !ok {
			return under(indexName(f.Type), &Error{Got: describe(f.Val), Want: "bytes for an attribute that goes by its number"})
		}
		if !f.HasNum {
			e.Out.Raw(b) // what followed a malformed attribute
			break
		}
		e.Out.MarkIndex("", int(f.Type&^typeFlags))
		return under(indexName(f.Type), e.put(f.Type, b))
	}
	return e.Out.Err()
}

// put writes an attribute that fits.
func (e *Encoder) put(typ uint16, b []byte) error {
	if len(b) > wire.MaxAttrPayload {
		return &Error{Got: fmt.Sprintf("%d bytes", len(b)), Want: fmt.Sprintf("at most %d", wire.MaxAttrPayload)}
	}
	e.Out.Attr(typ, b)
	return e.Out.Err()
}

// nest writes an attribute whose payload is what content writes.
func (e *Encoder) nest(typ uint16, content func() error) error {
	if e.Out.Nest(typ); e.Out.Err() != nil {
		return &Error{Got: fmt.Sprintf("a nest %d levels deep", wire.MaxDepth+1), Want: fmt.Sprintf("at most %d", wire.MaxDepth)}
	}
	start := e.Out.Len()
	if err := content(); err != nil {
		return err
	}
	n := e.Out.Len() - start
	if e.Out.EndNest(); e.Out.Err() != nil {
		return &Error{Got: fmt.Sprintf("%d bytes", n), Want: fmt.Sprintf("at most %d", wire.MaxAttrPayload)}
	}
	return nil
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
		typ |= f.Type & typeFlags // decoded from the wire: keep its flags
	}
	if v.Kind() == Bytes {
		// Bytes are a payload as it is, for every row: that is how lengths
		// and values that the row does not know survive.
		return e.put(typ, v.Bytes())
	}
	switch a.Kind {
	case KindNest, KindIndexedArray, KindNestTypeValue:
		if !f.HasNum {
			typ |= wire.Nested
		}
		return e.nest(typ, func() error { return e.nested(sc, a, v) })
	case KindSubMessage:
		return e.subMessage(sc, a, v, typ, f.HasNum)
	case KindRecords:
		b, err := e.recordsBytes(sc, a, v)
		if err != nil {
			return err
		}
		return e.put(typ, b)
	}
	b, err := e.rowBytes(&a.Row, v, false)
	if err != nil {
		return err
	}
	return e.put(typ, b)
}

// rest writes the payload of a message that has no attributes.
func (e *Encoder) rest(payload Kind, v Value) error {
	switch {
	case v.IsNone():
	case v.Kind() == Bytes:
		e.Out.Raw(v.Bytes())
	case v.Kind() == Text && payload != KindStrings:
		b := []byte(v.Text())
		if v.odd {
			b = v.data
		}
		e.Out.Raw(b)
	case v.Kind() == List && payload == KindStrings:
		for i, s := range v.List() {
			b, err := e.stringBytes(s, false)
			if err != nil {
				return under(fmt.Sprintf("[%d]", i), err)
			}
			e.Out.Raw(b)
		}
	default:
		want := "a string, or bytes"
		if payload == KindStrings {
			want = "a list of strings, or bytes"
		}
		return &Error{Got: describe(v), Want: want}
	}
	return nil
}
