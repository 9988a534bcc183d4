package builtins

import (
	"fmt"
	"math/big"
	"net/netip"

	"go.starlark.net/starlark"
)

// ipaddrModule is arithmetic on addresses, prefixes and MACs, all of them
// plain strings in the kernel's spelling. It is not called ip: that is what
// scripts load from @std//ip.star.
func ipaddrModule() *module {
	m := &module{name: "ipaddr", doc: "arithmetic on addresses and prefixes, which are strings", members: starlark.StringDict{}}
	for _, f := range [][]*Func{ipFacts(), ipPrefixes(), ipNumbers(), ipRanges(), macFuncs()} {
		for _, fn := range f {
			m.members[member(fn)] = fn
		}
	}
	return m
}

var (
	ipParam     = param{"ip", "string", "an address or a prefix"}
	addrParam   = param{"addr", "string", "an address"}
	prefixParam = param{"prefix", "string", "a prefix; bits of the host do not matter"}
)

// ipFunc is a builtin of one address or prefix.
func ipFunc(name, doc string, fn func(x ipArg) (starlark.Value, error)) *Func {
	return newFunc("ipaddr."+name, doc, []param{ipParam}, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var x ipArg
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, "ip", &x); err != nil {
			return nil, err
		}
		return fn(x)
	})
}

// addrFunc is a builtin of one address.
func addrFunc(name, doc string, fn func(a netip.Addr) (starlark.Value, error)) *Func {
	return newFunc("ipaddr."+name, doc, []param{addrParam}, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var a addrArg
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, "addr", &a); err != nil {
			return nil, err
		}
		return fn(a.Addr)
	})
}

// prefixFunc is a builtin of one prefix.
func prefixFunc(name, doc string, fn func(p netip.Prefix) (starlark.Value, error)) *Func {
	return newFunc("ipaddr."+name, doc, []param{prefixParam}, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var p prefixArg
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, "prefix", &p); err != nil {
			return nil, err
		}
		return fn(p.Prefix)
	})
}

func stringOf(s fmt.Stringer) (starlark.Value, error) { return starlark.String(s.String()), nil }

func ipFacts() []*Func {
	return []*Func{
		ipFunc("parse", `checks an address or a prefix and returns it in the kernel's spelling

    ipaddr.parse("2001:DB8:0::01/64")       # "2001:db8::1/64"`,
			func(x ipArg) (starlark.Value, error) { return stringOf(x) }),
		newFunc("ipaddr.valid", ipValidDoc, []param{
			{"text", "any", "what may be an address or a prefix"}, {"version", "int = None", "4 or 6; either by default"},
		}, ipValid),
		ipFunc("version", `returns 4 or 6

    ipaddr.version("2001:db8::/32")         # 6`,
			func(x ipArg) (starlark.Value, error) { return starlark.MakeInt(x.version()), nil }),
		ipFunc("addr", `returns the address of a prefix as it is written; an address is itself

    ipaddr.addr("192.0.2.7/24")             # "192.0.2.7"`,
			func(x ipArg) (starlark.Value, error) { return stringOf(x.addr) }),
		ipFunc("length", `returns the length of a prefix; for an address it is 32 or 128

    ipaddr.length("192.0.2.0/24")           # 24`,
			func(x ipArg) (starlark.Value, error) { return starlark.MakeInt(x.length()), nil }),
		newFunc("ipaddr.compare", ipCompareDoc, []param{{"a", "string", "an address or a prefix"}, {"b", "string", "another"}}, ipCompare),
		ipFunc("key", `returns what to sort by: IPv4 first, then by address, the shorter prefix first

    sorted(["10.0.0.10", "::1", "10.0.0.9"], key = ipaddr.key) # ["10.0.0.9", "10.0.0.10", "::1"]`,
			func(x ipArg) (starlark.Value, error) { return starlark.Bytes(addrSortKey(x)), nil }),
		addrFunc("reverse_pointer", `returns the name under which DNS keeps the name of an address

    ipaddr.reverse_pointer("192.0.2.1")     # "1.2.0.192.in-addr.arpa"`,
			func(a netip.Addr) (starlark.Value, error) { return starlark.String(reversePointer(a)), nil }),
	}
}

const ipValidDoc = `tells whether something is an address or a prefix, without raising

    ipaddr.valid("192.0.2.256")             # False
    ipaddr.valid("192.0.2.1", version = 6)  # False`

func ipValid(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text starlark.Value
	var version versionArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text, "version??", &version); err != nil {
		return nil, err
	}
	var x ipArg
	ok := x.Unpack(text) == nil && (version.n == 0 || version.n == x.version())
	return starlark.Bool(ok), nil
}

const ipCompareDoc = `returns -1, 0 or 1 as a sorts before, with or after b (in the order of ipaddr.key)

    ipaddr.compare("10.0.0.9", "10.0.0.10") # -1`

func ipCompare(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a, b ipArg
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "a", &a, "b", &b); err != nil {
		return nil, err
	}
	x, y := addrSortKey(a), addrSortKey(b)
	switch {
	case x < y:
		return starlark.MakeInt(-1), nil
	case x > y:
		return starlark.MakeInt(1), nil
	}
	return starlark.MakeInt(0), nil
}

func reversePointer(a netip.Addr) string {
	if a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
	}
	b := a.As16()
	var text []byte
	for i := len(b) - 1; i >= 0; i-- {
		text = fmt.Appendf(text, "%x.%x.", b[i]&15, b[i]>>4)
	}
	return string(text) + "ip6.arpa"
}

func ipNumbers() []*Func {
	return []*Func{
		newFunc("ipaddr.add", ipAddDoc, []param{ipParam, {"n", "int", "how many; may be negative"}}, ipAdd),
		newFunc("ipaddr.next", ipNextDoc, []param{ipParam, {"n", "int = None", "how many further; 1 by default"}}, ipNext),
		newFunc("ipaddr.distance", ipDistanceDoc, []param{{"a", "string", "an address"}, {"b", "string", "another of the same version"}}, ipDistance),
		addrFunc("to_int", `returns an address as a number

    ipaddr.to_int("192.0.2.1")              # 3221225985`,
			func(a netip.Addr) (starlark.Value, error) { return starlark.MakeBigInt(number(a).big()), nil }),
		newFunc("ipaddr.from_int", ipFromIntDoc, []param{{"n", "int", "the number"}, {"version", "int", "4 or 6"}}, ipFromInt),
		addrFunc("to_bytes", `returns the 4 or 16 bytes of an address, as they are in a packet

    ipaddr.to_bytes("192.0.2.1")            # b"\xc0\x00\x02\x01"`,
			func(a netip.Addr) (starlark.Value, error) { return starlark.Bytes(a.AsSlice()), nil }),
		newFunc("ipaddr.from_bytes", ipFromBytesDoc, []param{{"data", "bytes", "4 or 16 bytes"}}, ipFromBytes),
	}
}

const ipAddDoc = `returns the address n further; for a prefix, the prefix of the same length n further

    ipaddr.add("10.0.0.255", 1)             # "10.0.1.0"
    ipaddr.add("10.0.1.0/24", -1)           # "10.0.0.0/24"`

const ipNextDoc = `returns the next address, or the next prefix of the same length

    ipaddr.next("2001:db8::ffff")           # "2001:db8::1:0"
    ipaddr.next("10.0.0.0/24")              # "10.0.1.0/24"`

func ipAdd(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x ipArg
	var n starlark.Int
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "ip", &x, "n", &n); err != nil {
		return nil, err
	}
	return ipMoved(b, x, n)
}

func ipNext(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x ipArg
	n := starlark.MakeInt(1)
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "ip", &x, "n?", &n); err != nil {
		return nil, err
	}
	return ipMoved(b, x, n)
}

// ipMoved is x, n addresses or prefixes further.
func ipMoved(b *starlark.Builtin, x ipArg, n starlark.Int) (starlark.Value, error) {
	from, by := x.addr, n.BigInt()
	if x.bits >= 0 {
		from = x.prefix().Masked().Addr()
		by = new(big.Int).Lsh(by, uint(x.addr.BitLen()-x.bits))
	}
	to, ok := moved(from, by)
	if !ok {
		return nil, fmt.Errorf("%s: for parameter n: got %s, want a number that stays within IPv%d (from %s)", b.Name(), n, x.version(), x)
	}
	return stringOf(ipArg{to, x.bits})
}

const ipDistanceDoc = `returns how many addresses b is after a, which is negative if it is before

    ipaddr.distance("10.0.0.0", "10.0.1.0") # 256`

func ipDistance(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a, b addrArg
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "a", &a, "b", &b); err != nil {
		return nil, err
	}
	if err := sameVersion(fn, "b", b.Addr, a.Addr); err != nil {
		return nil, err
	}
	return starlark.MakeBigInt(new(big.Int).Sub(number(b.Addr).big(), number(a.Addr).big())), nil
}

// sameVersion checks that a parameter has the version of the other one.
func sameVersion(fn *starlark.Builtin, param string, got, other netip.Addr) error {
	if got.BitLen() == other.BitLen() {
		return nil
	}
	return fmt.Errorf("%s: for parameter %s: got %s, want IPv%d as %s is", fn.Name(), param, got, ipArg{addr: other}.version(), other)
}

const ipFromIntDoc = `returns the address that a number stands for

    ipaddr.from_int(3221225985, version = 4)       # "192.0.2.1"`

func ipFromInt(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var n starlark.Int
	var version versionArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "n", &n, "version", &version); err != nil {
		return nil, err
	}
	zero := netip.IPv6Unspecified()
	if version.n == 4 {
		zero = netip.IPv4Unspecified()
	}
	a, ok := moved(zero, n.BigInt())
	if !ok {
		return nil, fmt.Errorf("%s: for parameter n: got %s, want 0 to 2^%d - 1", b.Name(), n, zero.BitLen())
	}
	return stringOf(a)
}

// versionArg is 4 or 6.
type versionArg struct{ n int }

// Unpack reads it.
func (a *versionArg) Unpack(v starlark.Value) error {
	if n, ok := v.(starlark.Int); ok {
		if i, _ := n.Int64(); i == 4 || i == 6 {
			a.n = int(i)
			return nil
		}
	}
	return fmt.Errorf("got %s, want 4 or 6", v)
}

const ipFromBytesDoc = `returns the address of 4 or 16 bytes

    ipaddr.from_bytes(b"\xc0\x00\x02\x01")  # "192.0.2.1"`

func ipFromBytes(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var data starlark.Bytes
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "data", &data); err != nil {
		return nil, err
	}
	a, ok := netip.AddrFromSlice([]byte(data))
	if !ok {
		return nil, fmt.Errorf("%s: for parameter data: got %d bytes, want 4 or 16", b.Name(), len(data))
	}
	return stringOf(a)
}

// member is the name of a function within its module.
func member(f *Func) string {
	name := f.Name()
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}
