package builtins

import (
	"fmt"
	"net/netip"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
)

const matchDoc = `reports whether the message has all of these values

A name may have dots: "linkinfo.kind" in a dict. A value is what the field must be:

* a number, a name, an address: it is that. Of flags: those named are set, others may be; none at all for 0.
* a prefix, "10.0.0.0/8", for an address: it lies inside, and with a length of its own (dst and dst_len) wholly.
* a list or a set: it is one of them, but for flags all of them are set.
* a dict for a nest: the nest matches it.
* None: it is absent.
* a function: it returns True for the value.

    lo = rt.getlink(ifname = "lo")
    print(lo.match(type = "loopback", mtu = lambda n: n > 1500))
    print(lo.match({"linkinfo.kind": None}))`

var matchParams = []param{{"fields", "dict = None", "values by name; or give each as a keyword"}}

func (m *message) match(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var resolve resolver
	if m.req != nil {
		resolve = m.req.Op.Resolve
	}
	t, err := m.shape.env.matcher(m.m, resolve, args, kwargs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	ok, err := t.match(th, &m.m)
	return starlark.Bool(ok), err
}

type resolver = func(schema.Role, string) (uint64, error)

// matcher is a compiled match: all its conditions must hold.
type matcher struct {
	env   *environ
	conds []cond
	plain *test // the only condition, when it is a number in an attribute of the message: what large dumps are searched for
	calls bool  // there is a function among them
	lists int   // inside one another, that are being compiled
}

// cond is what must hold of one field.
type cond struct {
	path  fieldPath
	tests []test // one for each place to which the name may lead
}

// test compares what is at one place.
type test struct {
	place schema.Place
	row   *schema.Row
	kind  testKind
	num   uint64
	mask  uint64 // of an IPv4 prefix
	bytes []byte
	ip    netip.Prefix
	len   schema.Place // where the length of an address is, nowhere if it has none
	nums  map[uint64]bool
	any   []test
	sub   *matcher
	msg   *schema.Msg
	val   starlark.Value // a function, or what a decoded value must equal
}

type testKind uint8

const (
	isAbsent testKind = iota
	isNumber
	isOneOf // numbers
	hasBits
	isText
	isBytes
	isSet // a flag
	isClear
	inPrefix
	isAny
	isLike // a nest that matches
	isSame // a nest
	isValue
	isTrue // of a function
)

// matcher compiles the arguments of a call for messages like frame.
func (env *environ) matcher(frame schema.Msg, resolve resolver, args starlark.Tuple, kwargs []starlark.Tuple) (*matcher, error) {
	t := &matcher{env: env}
	switch {
	case len(args) > 1:
		return nil, fmt.Errorf("got %d positional arguments, want at most 1 (a dict; everything else has a name)", len(args))
	case len(args) == 1:
		d, ok := args[0].(starlark.IterableMapping)
		if !ok {
			return nil, fmt.Errorf("got %s, want a dict (everything else has a name)", args[0].Type())
		}
		kwargs = append(d.Items(), kwargs...)
	}
	for _, kv := range kwargs {
		name, ok := starlark.AsString(kv[0])
		if !ok {
			return nil, fmt.Errorf("got key of type %s, want a name", kv[0].Type())
		}
		c, err := t.cond(frame, resolve, name, kv[1])
		if err != nil {
			return nil, err
		}
		t.conds = append(t.conds, c)
	}
	if len(t.conds) == 1 && len(t.conds[0].path.rest) == 0 {
		if one := &t.conds[0].tests[0]; one.kind == isNumber && one.place.Attr != nil && !one.place.Attr.Multi {
			t.plain = one
		}
	}
	return t, nil
}

func (t *matcher) cond(frame schema.Msg, resolve resolver, name string, v starlark.Value) (cond, error) {
	path, places, err := findPath(&frame, name)
	if err != nil {
		return cond{}, err
	}
	c := cond{path: path}
	var first error
	for _, p := range places {
		one, err := t.test(&frame, resolve, p, v)
		if err == nil {
			c.tests = append(c.tests, one)
		} else if first == nil {
			first = err
		}
	}
	if len(c.tests) == 0 { // no format of the nest could have it
		return c, under(name, first)
	}
	return c, nil
}

// test compiles the value for one place.
func (t *matcher) test(frame *schema.Msg, resolve resolver, p schema.Place, v starlark.Value) (test, error) {
	one := test{place: p, row: p.Row()}
	switch x := v.(type) {
	case starlark.NoneType:
		return one, nil
	case starlark.Callable:
		one.kind, one.val, t.calls = isTrue, x, true
		return one, nil
	}
	if one.row == nil {
		one.kind, one.val = isValue, v
		return one, nil
	}
	switch x := v.(type) {
	case *message:
		if frame.Spec.Inside(p) != nil {
			one.kind, one.msg = isSame, &x.m
			return one, nil
		}
	case starlark.IterableMapping:
		return t.nest(frame, resolve, one, x)
	case starlark.Sequence:
		if !frame.Spec.IsFlags(one.row) && one.row.Kind != schema.KindScalarArray && one.row.Kind != schema.KindArray {
			return t.oneOf(frame, resolve, one, x)
		}
	}
	if s, ok := v.(starlark.String); ok && one.row.Addressed() && strings.Contains(string(s), "/") {
		return prefixTest(frame, one, string(s))
	}
	return scalarTest(frame, resolve, one, v)
}

// nest is a dict: the nest at the place must match it.
func (t *matcher) nest(frame *schema.Msg, resolve resolver, one test, d starlark.IterableMapping) (test, error) {
	var first error
	for _, l := range frame.Spec.Inside(one.place) {
		sub, err := t.env.matcher(schema.Msg{Spec: frame.Spec, Header: l.Header, Set: l.Set}, resolve, starlark.Tuple{d}, nil)
		if err == nil {
			t.calls = t.calls || sub.calls
			// Formats differ, and so do the tests: each has its own.
			one.any = append(one.any, test{kind: isLike, sub: sub, msg: &schema.Msg{Header: l.Header, Set: l.Set}})
		} else if first == nil {
			first = err
		}
	}
	if len(one.any) > 0 {
		one.kind = isLike
		return one, nil
	}
	if first == nil && (one.place.Attr != nil && one.place.Attr.Multi || one.row.Kind != schema.KindIndexedArray && one.row.Kind != schema.KindBitfield32) {
		first = fmt.Errorf("got dict, want a value of %s (a list of nests is matched by a function)", one.row.Kind)
	}
	one.kind, one.val = isValue, d
	return one, first
}

// oneOf is a list or a set of alternatives.
func (t *matcher) oneOf(frame *schema.Msg, resolve resolver, one test, list starlark.Sequence) (test, error) {
	if t.lists++; t.lists > mostLevels {
		return one, &schema.Error{Got: fmt.Sprintf("more than %d lists inside one another", mostLevels), Want: "fewer (does it contain itself?)"}
	}
	defer func() { t.lists-- }()
	one.kind = isAny
	numbers := true
	it := list.Iterate()
	defer it.Done()
	var v starlark.Value
	for it.Next(&v) {
		alt, err := t.test(frame, resolve, one.place, v)
		if err != nil {
			return one, err
		}
		numbers = numbers && alt.kind == isNumber
		one.any = append(one.any, alt)
	}
	if numbers {
		one.kind, one.nums = isOneOf, map[uint64]bool{}
		for _, alt := range one.any {
			one.nums[alt.num] = true
		}
	}
	return one, nil
}

// prefixTest is an address within a prefix. A member or attribute of the same
// name with _len holds the length of the address, where there is one.
func prefixTest(frame *schema.Msg, one test, s string) (test, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return one, &schema.Error{Got: fmt.Sprintf("string %q", s), Want: `an address, or a prefix like "10.0.0.0/8"`}
	}
	one.kind, one.ip, one.len = inPrefix, prefix.Masked(), frame.Resolve(one.row.Key+"_len")
	if prefix.Addr().Is4() {
		a := one.ip.Addr().As4()
		one.num = uint64(be32(a[:]))
		one.mask = uint64(^uint32(0)) << (32 - prefix.Bits()) & 0xffffffff
	}
	return one, nil
}

func be32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// scalarTest encodes the value as a request would, and compares payloads.
func scalarTest(frame *schema.Msg, resolve resolver, one test, v starlark.Value) (test, error) {
	val, err := fromStarlark(nil, v)
	if err != nil {
		return one, err
	}
	if one.row.Kind == schema.KindFlag && val.Kind() == schema.Bool {
		one.kind = isClear
		if val.Uint64() != 0 {
			one.kind = isSet
		}
		return one, nil
	}
	if frame.Spec.Inside(one.place) != nil || nestRow(one.place) {
		if val.Kind() != schema.Bytes {
			return one, &schema.Error{Got: v.Type(), Want: "a dict, a function, or None"}
		}
	}
	b, err := frame.Spec.Payload(one.place, val, resolve)
	if err != nil {
		return one, unrooted(err)
	}
	n, isNum := one.row.Number(b)
	switch {
	case frame.Spec.IsFlags(one.row) && isNum:
		one.kind, one.num = hasBits, n
	case one.row.Kind.Integer() && isNum:
		one.kind, one.num = isNumber, n
	case one.row.Kind == schema.KindString && val.Kind() == schema.Text:
		one.kind, one.bytes = isText, one.row.Text(b)
	default:
		one.kind, one.bytes = isBytes, b
	}
	return one, nil
}
