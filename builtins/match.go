package builtins

import (
	"bytes"
	"net/netip"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// match reports whether all conditions hold of m.
func (t *matcher) match(th *starlark.Thread, m *schema.Msg) (bool, error) {
	if o := t.plain; o != nil {
		b, _ := m.Raw(o.place.Attr)
		n, ok := o.row.Number(b)
		return ok && n == o.num, nil
	}
	for i := range t.conds {
		ok, err := t.conds[i].holds(t, th, m)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (c *cond) holds(t *matcher, th *starlark.Thread, m *schema.Msg) (bool, error) {
	if len(c.path.rest) == 0 {
		return c.tests[0].holds(t, th, m)
	}
	in, p := c.path.find(m)
	if !p.Found() { // the nest is absent, or of a format without the name
		for i := range c.tests {
			if ok, err := c.tests[i].absent(th, m, false); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
	for i := range c.tests {
		if c.tests[i].place == p {
			return c.tests[i].holds(t, th, in)
		}
	}
	return false, nil
}

// holds tests the value at the test's place in m.
func (o *test) holds(t *matcher, th *starlark.Thread, m *schema.Msg) (bool, error) {
	switch o.kind {
	case isTrue, isValue, isLike, isSame:
		return o.decoded(t, th, m)
	case isAny:
		for i := range o.any {
			if ok, err := o.any[i].holds(t, th, m); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
	if o.place.Attr != nil && o.place.Attr.Multi {
		return o.repeated(th, m)
	}
	b, ok := m.Bytes(o.place)
	if !ok {
		return o.absent(th, m, true)
	}
	return o.payload(m, b), nil
}

// absent tests a field that is not there. own says that m is the message it
// would be in, and not one around that.
func (o *test) absent(th *starlark.Thread, m *schema.Msg, own bool) (bool, error) {
	switch o.kind {
	case isAbsent, isClear:
		return true, nil
	case isTrue:
		return o.call(th, starlark.None)
	case inPrefix: // a default route has no destination
		n, ok := m.Number(o.len)
		return own && ok && n == 0 && o.ip.Bits() == 0 && familyIs(m, o.ip.Addr().Is4()), nil
	case isAny:
		for i := range o.any {
			if ok, err := o.any[i].absent(th, m, own); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// familyIs reports whether the address family of the message, by convention
// the first byte of a header that has one, is that of the prefix.
func familyIs(m *schema.Msg, v4 bool) bool {
	const inet, inet6 = 2, 10
	if m.Header == nil || len(m.Header.Members) == 0 || !strings.HasSuffix(m.Header.Members[0].Name, "family") {
		return true
	}
	n, _ := m.Number(schema.Place{Member: &m.Header.Members[0]})
	return v4 && n == inet || !v4 && n == inet6
}

// repeated tests an attribute that may come more than once: one will do.
func (o *test) repeated(th *starlark.Thread, m *schema.Msg) (bool, error) {
	found := false
	for it := wire.WalkAttrs(m.AttrBytes()); it.Next(); {
		if it.Attr.Num() != o.place.Attr.Num {
			continue
		}
		if found = true; o.payload(m, it.Attr.Data) {
			return true, nil
		}
	}
	if found {
		return false, nil
	}
	return o.absent(th, m, true)
}

// payload tests bytes that are there.
func (o *test) payload(m *schema.Msg, b []byte) bool {
	switch o.kind {
	case isNumber:
		n, ok := o.row.Number(b)
		return ok && n == o.num
	case isOneOf:
		n, ok := o.row.Number(b)
		return ok && o.nums[n]
	case hasBits:
		n, ok := o.row.Number(b)
		return ok && n&o.num == o.num && (o.num != 0 || n == 0)
	case isText:
		return bytes.Equal(o.row.Text(b), o.bytes)
	case isBytes:
		return bytes.Equal(b, o.bytes)
	case isSet, isClear:
		return (len(b) == 0 || b[0] != 0) == (o.kind == isSet)
	case inPrefix:
		return o.within(m, b)
	}
	return false
}

func (o *test) within(m *schema.Msg, b []byte) bool {
	switch {
	case len(b) == 4 && o.ip.Addr().Is4():
		if uint64(be32(b))&o.mask != o.num {
			return false
		}
	case len(b) == 16 && !o.ip.Addr().Is4():
		if !o.ip.Contains(netip.AddrFrom16([16]byte(b))) {
			return false
		}
	default:
		return false
	}
	n, ok := m.Number(o.len)
	return !ok || n >= uint64(o.ip.Bits())
}

// decoded tests what needs a value.
func (o *test) decoded(t *matcher, th *starlark.Thread, m *schema.Msg) (bool, error) {
	kept := *m // a function may keep the nest it is given
	v, ok, err := kept.At(o.place)
	if err != nil || !ok {
		if o.kind == isTrue && err == nil {
			return o.call(th, starlark.None)
		}
		return false, nil
	}
	switch o.kind {
	case isTrue:
		return o.call(th, t.env.toStarlark(v))
	case isSame:
		return v.Msg() != nil && schema.Equal(v.Msg(), o.msg), nil
	case isLike:
		in := v.Msg()
		for i := range o.any {
			if f := o.any[i].msg; in != nil && in.Set == f.Set && in.Header == f.Header {
				return o.any[i].sub.match(th, in)
			}
		}
		return false, nil
	}
	return starlark.Equal(t.env.plain(v), o.val)
}

func (o *test) call(th *starlark.Thread, v starlark.Value) (bool, error) {
	got, err := host.Call(th, o.val, starlark.Tuple{v}, nil)
	if err != nil {
		return false, err
	}
	return bool(got.Truth()), nil
}
