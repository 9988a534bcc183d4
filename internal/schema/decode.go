package schema

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf8"

	"github.com/nlsh/nlsh/internal/wire"
)

// decode turns the payload of an attribute of m into a value. It cannot fail:
// a payload that the row does not explain stays bytes.
func (m *Msg) decode(a *Attr, p []byte) Value {
	switch a.Kind {
	case KindNest:
		return m.nest(m.Spec.Set(a.Set), p, 1)
	case KindIndexedArray:
		return m.indexedArray(a, p)
	case KindNestTypeValue:
		return m.levels(a, p, len(a.Levels))
	case KindSubMessage:
		return m.subMessage(a, p)
	case KindRecords:
		return m.records(a, p)
	}
	return m.row(&a.Row, p, false)
}

// row decodes what attributes and members of structs have in common.
func (m *Msg) row(r *Row, p []byte, fixed bool) Value {
	switch r.Kind {
	case KindFlag:
		if len(p) == 0 {
			return BoolValue(true)
		}
		if len(p) == 1 {
			// Some flags are reported as a byte that may be 0
			// (IFLA_VXLAN_TTL_INHERIT) and yet set by presence alone.
			v := BoolValue(p[0] != 0)
			v.odd, v.data = true, p
			return v
		}
	case KindString:
		return text(p, fixed)
	case KindBinary:
		return binaryValue(r, p)
	case KindStruct:
		return MsgValue(&Msg{Spec: m.Spec, Header: m.Spec.Struct(r.Struct), Data: p, Outer: m})
	case KindScalarArray:
		return m.scalars(r, p)
	case KindBitfield32:
		if len(p) == 8 {
			return FieldsValue([]Field{
				{Name: "value", Val: m.scalar(r, uint64(binary.NativeEndian.Uint32(p)))},
				{Name: "selector", Val: m.scalar(r, uint64(binary.NativeEndian.Uint32(p[4:])))},
			})
		}
	default:
		if n, ok := number(r, p); ok {
			return m.scalar(r, n)
		}
	}
	return oddBytes(p)
}

// number reads an integer; negative ones are sign-extended.
func number(r *Row, p []byte) (uint64, bool) {
	width := r.Kind.Width()
	if width == 0 && (r.Kind == KindUint || r.Kind == KindSint) && (len(p) == 4 || len(p) == 8) {
		width = len(p)
	}
	if width == 0 || len(p) != width {
		return 0, false
	}
	var n uint64
	switch {
	case width == 1:
		n = uint64(p[0])
	case r.BigEndian && width == 2:
		n = uint64(binary.BigEndian.Uint16(p))
	case r.BigEndian && width == 4:
		n = uint64(binary.BigEndian.Uint32(p))
	case r.BigEndian:
		n = binary.BigEndian.Uint64(p)
	case width == 2:
		n = uint64(binary.NativeEndian.Uint16(p))
	case width == 4:
		n = uint64(binary.NativeEndian.Uint32(p))
	default:
		n = binary.NativeEndian.Uint64(p)
	}
	if r.Kind.Signed() {
		shift := 64 - 8*width
		n = uint64(int64(n<<shift) >> shift)
	}
	return n, true
}

// scalar turns a number into what its row shows: a name, a set of names, an
// address, or the number.
func (m *Msg) scalar(r *Row, n uint64) Value {
	if r.Enum != 0 {
		e := m.Spec.Enum(r.Enum)
		if e.Flags || r.AsFlags {
			if w := r.Kind.Width(); w != 0 {
				n &= ^uint64(0) >> (64 - 8*w) // a sign is no flags
			}
			return flagSet(e, n)
		}
		if name := e.NameOf(int64(n)); name != "" {
			return TextValue(name)
		}
	} else if r.Hint != HintNone && r.Hint != HintHex {
		if s := hintNumber(r, n); s != "" {
			return TextValue(s)
		}
	}
	if r.Kind.Signed() {
		return IntValue(int64(n))
	}
	return UintValue(n)
}

// flagSet names the bits of n; a bit without a name stays a number, its mask.
func flagSet(e *Enum, n uint64) Value {
	list := make([]Value, 0, 8)
	for bit := uint64(1); bit != 0 && bit <= n; bit <<= 1 {
		if n&bit == 0 {
			continue
		}
		if name := bitName(e, bit); name != "" {
			list = append(list, TextValue(name))
		} else {
			list = append(list, UintValue(bit))
		}
	}
	return FlagsValue(list)
}

func bitName(e *Enum, mask uint64) string {
	for i := range e.Entries {
		if v := e.Entries[i].Value; v >= 0 && v < 64 && uint64(1)<<v == mask {
			return e.Entries[i].Name
		}
	}
	return ""
}

// text is a string up to its NUL. A payload that is not text plus one NUL (or,
// in a struct, text and zeros up to its end) is marked so that it survives. So
// is text that is not UTF-8, which no literal of a script can spell.
func text(p []byte, fixed bool) Value {
	end := bytes.IndexByte(p, 0)
	if end < 0 {
		v := TextValue(string(p))
		if !fixed || !utf8.ValidString(v.text) {
			v.odd, v.data = true, p
		}
		return v
	}
	v := TextValue(string(p[:end]))
	if fixed && !allZero(p[end:]) || !fixed && end != len(p)-1 || !utf8.ValidString(v.text) {
		v.odd, v.data = true, p
	}
	return v
}

func allZero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}

func binaryValue(r *Row, p []byte) Value {
	if r.Hint != HintNone && r.Hint != HintHex {
		s := hintBytes(r.Hint, p)
		if s != "" || len(p) == 0 && r.Hint == HintMAC { // devices without hardware addresses have empty ones
			return TextValue(s)
		}
	}
	if r.Len > 0 && len(p) != int(r.Len) {
		return oddBytes(p)
	}
	return BytesValue(p)
}

// elemRow is the row of one element of an array.
func elemRow(r *Row) Row {
	e := *r
	e.Kind, e.Elem = r.Elem, KindNone
	return e
}

func (m *Msg) elemSize(r *Row) int {
	switch {
	case r.Elem == KindStruct:
		return int(m.Spec.Struct(r.Struct).Size)
	case r.Elem == KindBinary || r.Elem == KindString:
		return int(r.Len)
	}
	return r.Elem.Width()
}

func (m *Msg) scalars(r *Row, p []byte) Value {
	size := m.elemSize(r)
	if size == 0 || len(p)%size != 0 {
		return oddBytes(p)
	}
	elem := elemRow(r)
	list := make([]Value, 0, len(p)/size)
	for ; len(p) > 0; p = p[size:] {
		list = append(list, m.row(&elem, p[:size:size], true))
	}
	return ListValue(list)
}

// wellFormed reports whether p is attributes from start to end.
func wellFormed(p []byte) bool {
	it := wire.WalkAttrs(p)
	for it.Next() {
	}
	return it.Err() == nil
}

// nest is a message inside m, levels attributes deeper on the wire. What is
// deeper than any kernel nests stays bytes: the encoder would refuse it.
func (m *Msg) nest(set *Set, p []byte, levels int) Value {
	in, ok := m.inner(nil, set, p, levels)
	if !ok || !wellFormed(p) {
		return oddBytes(p)
	}
	return MsgValue(in)
}

func (m *Msg) inner(header *Struct, set *Set, p []byte, levels int) (*Msg, bool) {
	in := &Msg{Spec: m.Spec, Header: header, Set: set, Data: p, Outer: m, level: m.level + int32(levels)}
	return in, in.level <= wire.MaxDepth
}

func (m *Msg) indexedArray(a *Attr, p []byte) Value {
	if !wellFormed(p) || m.level >= wire.MaxDepth {
		return oddBytes(p)
	}
	elem := elemRow(&a.Row)
	entries := make([]Field, 0, 8)
	it := wire.WalkAttrs(p)
	for it.Next() {
		f := Field{Type: it.Attr.Type, HasNum: true}
		if a.Elem == KindNest {
			f.Val = m.nest(m.Spec.Set(a.Set), it.Attr.Data, 2)
		} else {
			f.Val = m.row(&elem, it.Attr.Data, false)
		}
		entries = append(entries, f)
	}
	if a.Unnumbered {
		return unnumbered(a, entries)
	}
	return FieldsValue(entries)
}

// unnumbered is a list of the entries, unless one has a number after all: what is decoded encodes to what it was.
func unnumbered(a *Attr, entries []Field) Value {
	list := make([]Value, len(entries))
	for i, f := range entries {
		if f.Type != a.noIndex() {
			return FieldsValue(entries)
		}
		list[i] = f.Val
	}
	return ListValue(list)
}

// noIndex is the type of an element that has no index.
func (a *Attr) noIndex() uint16 {
	if a.Elem == KindNest {
		return wire.Nested
	}
	return 0
}

// levels decodes nest-type-value: n nests whose attribute types are values,
// around a nest of the set.
func (m *Msg) levels(a *Attr, p []byte, n int) Value {
	if n == 0 {
		return m.nest(m.Spec.Set(a.Set), p, len(a.Levels)+1)
	}
	if !wellFormed(p) || int(m.level)+len(a.Levels) > wire.MaxDepth {
		return oddBytes(p)
	}
	entries := make([]Field, 0, 8)
	it := wire.WalkAttrs(p)
	for it.Next() {
		entries = append(entries, Field{Type: it.Attr.Type, HasNum: true, Val: m.levels(a, it.Attr.Data, n-1)})
	}
	return FieldsValue(entries)
}

func (m *Msg) subMessage(a *Attr, p []byte) Value {
	f := pickFormat(m.Spec.SubMsg(a.SubMsg), m.selectorValue(a.Selector))
	if f == nil || f.Header == 0 && f.Set == 0 {
		return BytesValue(p)
	}
	sub, ok := m.inner(m.Spec.Struct(f.Header), m.Spec.Set(f.Set), p, 1)
	if !ok || sub.Header != nil && len(p) < int(sub.Header.Size) || sub.Err() != nil {
		return oddBytes(p)
	}
	return MsgValue(sub)
}

// pickFormat finds the format of a selector's value; a value of "" is absent.
func pickFormat(sub *SubMsg, value string) *Format {
	var other *Format
	for i := range sub.Formats {
		f := &sub.Formats[i]
		if f.Default {
			other = f
		} else if value != "" && f.Value == value {
			return f
		}
	}
	return other
}

// selectorValue looks the selector up in the nearest message whose set or
// header declares the name. "" is absent.
func (m *Msg) selectorValue(name string) string {
	if name == "" {
		return ""
	}
	for ; m != nil; m = m.Outer {
		p := m.Resolve(name)
		if !p.Found() {
			continue
		}
		if !selects(p) {
			return "" // nor could a cycle of sub-messages end
		}
		v, ok, _ := m.At(p)
		if !ok {
			return ""
		}
		return selectorText(v)
	}
	return ""
}

// selects reports whether the value of a place can select a format.
func selects(p Place) bool {
	if p.Rest {
		return false
	}
	k := rowOf(p).Kind
	return k.Integer() || k == KindString
}

func selectorText(v Value) string {
	switch v.Kind() {
	case Text:
		return v.Text()
	case Uint:
		return strconv.FormatUint(v.Uint64(), 10)
	case Int:
		return strconv.FormatInt(v.Int64(), 10)
	}
	return ""
}

func (m *Msg) records(a *Attr, p []byte) Value {
	head := m.Spec.Struct(a.Struct)
	length := head.Find(a.LengthMember)
	var list []Value
	for rest := p; len(rest) > 0; {
		if len(rest) < int(head.Size) {
			return oddBytes(p)
		}
		n, _ := (&Msg{Spec: m.Spec, Header: head, Data: rest[:head.Size]}).memberNumber(length)
		if n < uint64(head.Size) || n > uint64(len(rest)) {
			return oddBytes(p)
		}
		rec, ok := m.inner(head, m.Spec.Set(a.Set), rest[:n:n], 1)
		if !ok || rec.Err() != nil {
			return oddBytes(p)
		}
		list = append(list, MsgValue(rec))
		rest = rest[min(wire.Align(int(n)), len(rest)):]
	}
	return ListValue(list)
}
