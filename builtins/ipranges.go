package builtins

import (
	"fmt"
	"math"
	"math/big"
	"net/netip"

	"go.starlark.net/starlark"
)

func ipRanges() []*Func {
	return []*Func{
		newFunc("ipaddr.prefix_range", prefixRangeDoc, []param{
			{"prefix", "string", "what to divide"},
			{"new_len", "int", "the length of the parts"},
			{"count", "int = None", "how many; all of them by default"},
			{"step", "int = None", "take every step-th; 1 by default"},
		}, prefixRange),
		newFunc("ipaddr.range", ipRangeDoc, []param{{"first", "string", "the first address"}, {"last", "string", "the last one, which is included"}}, ipRangeOf),
		prefixFunc("hosts", `returns the addresses of a prefix that hosts can have

Of IPv4 these are all but the first and the last, of IPv6 all but the first; of a prefix of two addresses or one, all.
The result is a range like that of ipaddr.range.

    list(ipaddr.hosts("192.0.2.0/30"))      # ["192.0.2.1", "192.0.2.2"]`, ipHosts),
	}
}

const prefixRangeDoc = `divides a prefix into longer ones

The result makes its elements when they are asked for, far faster than a script can format them. It has a length,
indices and slices if it is of at most 2^24 elements; a longer one can only be iterated over.

    list(ipaddr.prefix_range("10.0.0.0/23", 24))        # ["10.0.0.0/24", "10.0.1.0/24"]
    ipaddr.prefix_range("10.0.0.0/8", 32, count = 1000, step = 2)[999]      # "10.0.7.206/32"`

func prefixRange(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var p prefixArg
	var newLen int
	var count starlark.Value
	step := int64(1)
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "prefix", &p, "new_len", &newLen, "count??", &count, "step?", &step); err != nil {
		return nil, err
	}
	a := p.Masked().Addr()
	if newLen < p.Bits() || newLen > a.BitLen() {
		return nil, fmt.Errorf("%s: for parameter new_len: got %d, want %d to %d (%s is to be divided)", b.Name(), newLen, p.Bits(), a.BitLen(), p)
	}
	if step < 1 {
		return nil, fmt.Errorf("%s: for parameter step: got %d, want at least 1", b.Name(), step)
	}
	r := ipRange{
		first: number(a), v4: a.Is4(), bits: newLen,
		step: u128{0, uint64(step)}.shl(a.BitLen() - newLen),
		n:    steps(newLen-p.Bits(), uint64(step)),
	}
	if count != nil {
		n, ok := count.(starlark.Int)
		if !ok {
			return nil, fmt.Errorf("%s: for parameter count: got %s, want int", b.Name(), count.Type())
		}
		if u, ok := n.Uint64(); !ok || u > r.n {
			return nil, fmt.Errorf("%s: for parameter count: got %s, want 0 to %d (that is how many there are)", b.Name(), n, r.n)
		} else {
			r.n = u
		}
	}
	return r.value(), nil
}

const ipRangeDoc = `returns the addresses from first to last, both included

Like ipaddr.prefix_range it makes them when they are asked for.

    list(ipaddr.range("10.0.0.254", "10.0.1.0"))    # ["10.0.0.254", "10.0.0.255", "10.0.1.0"]`

func ipRangeOf(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var from, to addrArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "first", &from, "last", &to); err != nil {
		return nil, err
	}
	if err := sameVersion(b, "last", to.Addr, from.Addr); err != nil {
		return nil, err
	}
	if number(to.Addr).cmp(number(from.Addr)) < 0 {
		return nil, fmt.Errorf("%s: for parameter last: got %s, want one that is not before %s", b.Name(), to, from)
	}
	return addrRange(number(from.Addr), number(to.Addr), from.Is4()), nil
}

func addrRange(from, to u128, v4 bool) starlark.Value {
	size := to.sub(from)
	n := size.lo
	if size.hi != 0 || n == math.MaxUint64 {
		n = math.MaxUint64 - 1 // nobody gets to the end
	}
	return ipRange{first: from, step: u128{0, 1}, n: n + 1, bits: -1, v4: v4}.value()
}

func ipHosts(p netip.Prefix) (starlark.Value, error) {
	s := spanOf(p)
	if s.width()-p.Bits() > 1 {
		s.first = s.first.add(u128{0, 1})
		if s.v4 {
			s.last = s.last.sub(u128{0, 1})
		}
	}
	return addrRange(s.first, s.last, s.v4), nil
}

func macFuncs() []*Func {
	one := func(name, doc string, fn func(m macArg) (starlark.Value, error)) *Func {
		return newFunc("ipaddr."+name, doc, []param{{"mac", "string", "a MAC address"}}, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var m macArg
			if err := starlark.UnpackArgs(b.Name(), args, kwargs, "mac", &m); err != nil {
				return nil, err
			}
			return fn(m)
		})
	}
	return []*Func{
		one("mac", `checks a MAC address and returns it in the kernel's spelling

    ipaddr.mac("0200.0000.000A")            # "02:00:00:00:00:0a"`,
			func(m macArg) (starlark.Value, error) { return stringOf(m) }),
		one("link_local", `returns the link-local address that an interface gives itself, from its MAC

    ipaddr.link_local("02:00:00:00:00:01")  # "fe80::ff:fe00:1"`,
			func(m macArg) (starlark.Value, error) {
				return stringOf(eui64(netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80}), m))
			}),
		newFunc("ipaddr.mac_next", macNextDoc, []param{{"mac", "string", "a MAC address"}, {"n", "int = None", "how many further; 1 by default; may be negative"}}, macNext),
	}
}

const macNextDoc = `returns the next MAC address, or the one n further

    ipaddr.mac_next("02:00:00:00:00:ff")    # "02:00:00:00:01:00"`

func macNext(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var m macArg
	n := starlark.MakeInt(1)
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "mac", &m, "n?", &n); err != nil {
		return nil, err
	}
	sum := new(big.Int).SetBytes(m[:])
	sum.Add(sum, n.BigInt())
	if sum.Sign() < 0 || sum.BitLen() > 8*len(m) {
		return nil, fmt.Errorf("%s: for parameter n: got %s, want a number that stays within 48 bits (from %s)", b.Name(), n, m)
	}
	sum.FillBytes(m[:])
	return stringOf(m)
}
