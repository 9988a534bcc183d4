package schema

import (
	"bytes"

	"github.com/nlsh/nlsh/internal/wire"
)

// With is the bytes of m with the value at p changed, checked as an encoder
// checks it. Everything else keeps its bytes and its order. None takes an
// attribute away and zeroes a member. The bytes of m are left alone, so
// whatever else refers to them may keep them.
func (m *Msg) With(p Place, v Value, resolve func(Role, string) (uint64, error)) ([]byte, error) {
	switch {
	case p.Member != nil:
		return m.setMember(p.Member, v, resolve)
	case p.Attr != nil:
		return m.setAttr(p.Attr, v, resolve)
	case p.Rest:
		var out wire.Builder
		out.Raw(m.HeaderBytes())
		err := (&Encoder{Spec: m.Spec, Out: &out, Resolve: resolve}).rest(m.Payload, v)
		return out.Bytes(), under("payload", err)
	}
	return nil, (&scope{header: m.Header, set: m.Set}).unknown("", m.Payload)
}

func (m *Msg) setMember(mem *Member, v Value, resolve func(Role, string) (uint64, error)) ([]byte, error) {
	e := &Encoder{Spec: m.Spec, Resolve: resolve}
	var b []byte
	if !v.IsNone() {
		var err error
		if b, err = e.memberBytes(mem, v); err != nil {
			return nil, under(mem.Key, err)
		}
	}
	if mem.Size == 0 { // takes the rest of a struct alone
		off := min(int(mem.Off), len(m.Data))
		data := append(bytes.Clone(m.Data[:off:off]), b...)
		return data, e.putCount(m.Header, mem, data, len(b))
	}
	end := int(mem.Off + mem.Size)
	if end > m.headerLen() {
		return nil, &Error{Path: mem.Key, Got: "a header cut off before it", Want: m.Header.Name + " whole"}
	}
	data := bytes.Clone(m.Data)
	clear(data[mem.Off:end])
	copy(data[mem.Off:end], b)
	return data, nil
}

// putCount fills in the member that counts the elements of a trailing array.
func (e *Encoder) putCount(st *Struct, mem *Member, data []byte, n int) error {
	if mem.Count == "" {
		return nil
	}
	c := st.Find(mem.Count)
	count := UintValue(uint64(n / max(1, (&Msg{Spec: e.Spec}).elemSize(&mem.Row))))
	if err := checkRange(&c.Row, count); err != nil {
		return under(c.Key, err)
	}
	if end := int(c.Off + c.Size); end <= len(data) {
		putNumber(data[c.Off:end], &c.Row, count.num)
	}
	return nil
}

func (m *Msg) setAttr(a *Attr, v Value, resolve func(Role, string) (uint64, error)) ([]byte, error) {
	if m.Header != nil && len(m.Data) < int(m.Header.Size) {
		return nil, &Error{Path: a.Key, Got: "a header cut off", Want: m.Header.Name + " whole"}
	}
	old, had := wire.Find(m.AttrBytes(), a.Num)
	var out wire.Builder
	e := &Encoder{Spec: m.Spec, Out: &out, Resolve: resolve}
	f := Field{Name: a.Name, Val: v, Type: old.Type, HasNum: had} // one that was there keeps the flags of its type
	if err := e.attr(m.scope(a), a, f); err != nil {
		return nil, under(a.Key, err)
	}
	return m.splice(a.Num, out.Bytes()), nil
}

// scope is where the encoder looks selectors up: the content of m and of what
// is around it. Attributes that hold none get by without.
func (m *Msg) scope(a *Attr) *scope {
	if a != nil {
		switch a.Kind {
		case KindNest, KindIndexedArray, KindNestTypeValue, KindSubMessage, KindRecords:
		default:
			return &scope{header: m.Header, set: m.Set}
		}
	}
	sc := &scope{header: m.Header, set: m.Set, fields: m.Fields()}
	if m.Outer != nil {
		sc.outer = m.Outer.scope(nil)
	}
	return sc
}

// splice puts attr where the first attribute with its number is, and takes the
// others with that number out. A new one comes last, but before malformed
// bytes, after which nobody would see it.
func (m *Msg) splice(num uint16, attr []byte) []byte {
	attrs := m.AttrBytes()
	data := make([]byte, 0, len(m.Data)+len(attr)+wire.AttrHeaderLen)
	data = append(data, m.HeaderBytes()...)
	if n := wire.Align(len(data)); m.Set != nil && len(attrs) == 0 && n != len(data) {
		data = append(data, make([]byte, n-len(data))...)
	}
	it := wire.WalkAttrs(attrs)
	end, put := 0, false
	for it.Next() {
		end = min(it.Attr.Off+wire.Align(wire.AttrHeaderLen+len(it.Attr.Data)), len(attrs))
		if it.Attr.Num() != num {
			data = append(data, attrs[it.Attr.Off:end]...)
			continue
		}
		if !put {
			data, put = append(data, attr...), true
		}
	}
	if !put && len(attr) > 0 {
		base := m.headerLen()
		for (len(data)-base)%4 != 0 { // the last attribute was not padded
			data = append(data, 0)
		}
		data = append(data, attr...)
	}
	return append(data, attrs[end:]...)
}

// Equal reports whether a and b say the same: one header and one set, the same
// members, and the same attributes with the same values. Attributes of
// different numbers may come in any order, here and in nests, and padding and
// the flags of their types do not count; those of one number are a list, and
// its order does.
func Equal(a, b *Msg) bool {
	if a.Header != b.Header || a.Set != b.Set || a.Payload != b.Payload {
		return false
	}
	if bytes.Equal(a.Data, b.Data) {
		return true
	}
	if a.Set == nil || !bytes.Equal(a.HeaderBytes(), b.HeaderBytes()) {
		return false
	}
	la, okA := a.sorted()
	lb, okB := b.sorted()
	if !okA || !okB || len(la) != len(lb) {
		return false
	}
	for i := range la {
		if la[i].Num() != lb[i].Num() || !a.sameAttr(b, la[i], lb[i]) {
			return false
		}
	}
	return true
}

// sorted is the attributes of m by number, those of one number in their order.
// It is false for malformed ones.
func (m *Msg) sorted() ([]wire.Attr, bool) {
	var list []wire.Attr
	it := wire.WalkAttrs(m.AttrBytes())
	for it.Next() {
		if a := m.Set.ByNum(it.Attr.Num()); a != nil && a.Kind == KindPad {
			continue
		}
		i := len(list)
		list = append(list, it.Attr)
		for ; i > 0 && list[i-1].Num() > it.Attr.Num(); i-- { // nearly sorted, as the kernel writes them
			list[i] = list[i-1]
		}
		list[i] = it.Attr
	}
	return list, it.Err() == nil
}

func (m *Msg) sameAttr(o *Msg, x, y wire.Attr) bool {
	if bytes.Equal(x.Data, y.Data) {
		return true
	}
	a := m.Set.ByNum(x.Num())
	if a == nil {
		return false
	}
	switch a.Kind {
	case KindNest, KindIndexedArray, KindNestTypeValue, KindSubMessage, KindRecords:
		return sameValue(m.decode(a, x.Data), o.decode(a, y.Data))
	}
	return false
}

// sameValue compares what nests decode to.
func sameValue(x, y Value) bool {
	if x.kind != y.kind || x.odd != y.odd {
		return false
	}
	switch x.kind {
	case Message:
		return Equal(x.Msg(), y.Msg())
	case List:
		return sameList(x.List(), y.List())
	case Fields:
		fx, fy := x.Fields(), y.Fields()
		if len(fx) != len(fy) {
			return false
		}
		for i := range fx {
			if fx[i].Name != fy[i].Name || fx[i].Type&^typeFlags != fy[i].Type&^typeFlags || !sameValue(fx[i].Val, fy[i].Val) {
				return false
			}
		}
		return true
	}
	return x.num == y.num && x.text == y.text && bytes.Equal(x.data, y.data) && sameList(x.List(), y.List())
}

func sameList(x, y []Value) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if !sameValue(x[i], y[i]) {
			return false
		}
	}
	return true
}
