package schema

import (
	"fmt"

	"github.com/nlsh/nlsh/internal/wire"
)

// nested writes the payload of the kinds that are attributes inside.
func (e *Encoder) nested(sc *scope, a *Attr, v Value) error {
	switch a.Kind {
	case KindIndexedArray:
		return e.indexed(sc, a, v, 1)
	case KindNestTypeValue:
		return e.indexed(sc, a, v, len(a.Levels))
	}
	return e.level(&scope{outer: sc, set: e.Spec.Set(a.Set)}, v)
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
	switch {
	case sc.set != nil:
		want = "a dict of " + sc.set.Name
	case sc.header != nil:
		want = "a dict of " + sc.header.Name
	}
	return &Error{Got: describe(v), Want: want}
}

// indexed writes nests whose attribute types are indexes, n levels of them. A
// list counts from 1, as the kernel does where it reads indexes, and is all zeros where nobody does.
func (e *Encoder) indexed(sc *scope, a *Attr, v Value, n int) error {
	entries := v.Fields()
	if v.Kind() == List {
		for i, elem := range v.List() {
			f := Field{Type: uint16(i + 1), Val: elem}
			if a.Unnumbered {
				f.Type, f.HasNum = a.noIndex(), true
			}
			entries = append(entries, f)
		}
	} else if v.Kind() != Fields {
		return &Error{Got: describe(v), Want: "a dict from index to value, or a list"}
	}
	for i, f := range entries {
		if f.Name != "" {
			return &Error{Got: fmt.Sprintf("key %q", f.Name), Want: "a number as index"}
		}
		if !f.HasNum && f.Type > maxNum {
			return &Error{Got: fmt.Sprintf("index %d", f.Type), Want: fmt.Sprintf("at most %d", maxNum)}
		}
		at := f.Type &^ typeFlags
		if a.Unnumbered && v.Kind() == List {
			at = uint16(i)
		}
		e.Out.MarkIndex("", int(at))
		if err := e.entry(sc, a, f, n); err != nil {
			return under(indexName(at), err)
		}
	}
	return nil
}

// maxNum is the highest number that an attribute can have beside the flags.
const maxNum = 1<<14 - 1

// entry writes one element of an indexed array, or one level of nest-type-value.
func (e *Encoder) entry(sc *scope, a *Attr, f Field, n int) error {
	if f.Val.Kind() == Bytes {
		return e.put(f.Type, f.Val.Bytes())
	}
	if a.Kind == KindIndexedArray && a.Elem != KindNest {
		elem := elemRow(&a.Row)
		b, err := e.rowBytes(&elem, f.Val, false)
		if err != nil {
			return err
		}
		return e.put(f.Type, b)
	}
	typ := f.Type
	if !f.HasNum {
		typ |= wire.Nested
	}
	return e.nest(typ, func() error {
		if n > 1 {
			return e.indexed(sc, a, f.Val, n-1)
		}
		return e.level(&scope{outer: sc, set: e.Spec.Set(a.Set)}, f.Val)
	})
}

// subMessage writes a payload whose format is selected. A type that was
// decoded has the flags that it had on the wire.
func (e *Encoder) subMessage(sc *scope, a *Attr, v Value, typ uint16, decoded bool) error {
	value := e.selector(sc, a.Selector)
	f := pickFormat(e.Spec.SubMsg(a.SubMsg), value)
	if f == nil || f.Header == 0 && f.Set == 0 {
		if m := v.Msg(); m != nil {
			return e.put(typ, m.Data)
		}
		if f != nil && v.Kind() == Fields && len(v.Fields()) == 0 {
			return e.put(typ, nil)
		}
		return e.noFormat(a, f, value, v)
	}
	if f.Set != 0 && !decoded { // a struct alone is no nest
		typ |= wire.Nested
	}
	return e.nest(typ, func() error {
		return e.level(&scope{outer: sc, header: e.Spec.Struct(f.Header), set: e.Spec.Set(f.Set)}, v)
	})
}

// noFormat says why a sub-message cannot be encoded from v.
func (e *Encoder) noFormat(a *Attr, f *Format, value string, v Value) error {
	key := Key(a.Selector)
	switch {
	case f != nil:
		return &Error{Got: describe(v), Want: "bytes", Hint: fmt.Sprintf("nothing is known of what %s %q has here", key, value)}
	case value == "":
		return &Error{Got: fmt.Sprintf("%s without %s", describe(v), key), Want: "bytes, or " + key + " to say what it holds"}
	}
	return &Error{Got: fmt.Sprintf("%s for %s %q", describe(v), key, value), Want: "bytes, or a " + key + " with a known format",
		Hint: Suggest(value, e.Spec.SubMsg(a.SubMsg).values())}
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
		v := sc.given(p)
		if v.IsNone() && p.Member != nil {
			v = UintValue(0) // members not given are zero
		}
		if v.IsNone() || !selects(p) {
			return ""
		}
		return e.canonical(rowOf(p), v)
	}
	return ""
}

// given is the value of a place in the input; the last one counts, as it does
// on the wire.
func (sc *scope) given(at Place) (v Value) {
	for _, f := range sc.fields {
		p, err := sc.place(f, KindNone)
		switch {
		case err != nil || f.Val.IsNone():
		case p == at:
			v = f.Val
		case f.isHeader(p) && at.Member != nil:
			for _, in := range headerOf(f.Val) {
				if sc.header.Find(in.Name) == at.Member && !in.Val.IsNone() {
					v = in.Val
				}
			}
		}
	}
	return v
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

// recordsBytes writes an array of (struct + attributes). Each record is built
// by itself: its length is a member of its own head.
func (e *Encoder) recordsBytes(sc *scope, a *Attr, v Value) ([]byte, error) {
	if v.Kind() != List {
		return nil, &Error{Got: describe(v), Want: "a list of dicts"}
	}
	var all []byte
	for i, rec := range v.List() {
		all = append(all, make([]byte, wire.Align(len(all))-len(all))...)
		b, err := e.record(&scope{outer: sc, header: e.Spec.Struct(a.Struct), set: e.Spec.Set(a.Set)}, a, rec)
		if err != nil {
			return nil, under(fmt.Sprintf("[%d]", i), err)
		}
		all = append(all, b...)
	}
	return all, nil
}

func (e *Encoder) record(sc *scope, a *Attr, v Value) ([]byte, error) {
	var one wire.Builder
	inner := &Encoder{Spec: e.Spec, Out: &one, Resolve: e.Resolve}
	if err := inner.level(sc, v); err != nil {
		return nil, err
	}
	b := one.Bytes()
	m := v.Msg()
	if v.Kind() == Bytes || m != nil && m.Header == sc.header && m.Set == sc.set {
		return b, nil // as it was, with its own, maybe odd, length
	}
	length := sc.header.Find(a.LengthMember)
	n := UintValue(uint64(len(b)))
	if err := checkRange(&length.Row, n); err != nil {
		return nil, under(length.Key, err)
	}
	putNumber(b[length.Off:length.Off+length.Size], &length.Row, n.num)
	return b, nil
}
