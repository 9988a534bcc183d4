package builtins

import (
	"fmt"
	"math/big"
	"net/netip"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

func ipPrefixes() []*Func {
	return []*Func{
		newFunc("ipaddr.prefix", ipPrefixDoc, []param{
			addrParam, {"length", "int or string", `number of bits, or a netmask like "255.255.255.0"`},
		}, ipPrefix),
		prefixFunc("network", `returns a prefix with the bits of the host cleared

    ipaddr.network("192.0.2.7/24")          # "192.0.2.0/24"`,
			func(p netip.Prefix) (starlark.Value, error) { return stringOf(p.Masked()) }),
		prefixFunc("mask", `returns the netmask of a prefix

    ipaddr.mask("192.0.2.0/24")             # "255.255.255.0"`,
			func(p netip.Prefix) (starlark.Value, error) {
				n := p.Addr().BitLen()
				return stringOf(ones(n).sub(ones(n - p.Bits())).addr(p.Addr().Is4()))
			}),
		prefixFunc("first", `returns the first address of a prefix

    ipaddr.first("192.0.2.7/24")            # "192.0.2.0"`,
			func(p netip.Prefix) (starlark.Value, error) { return stringOf(p.Masked().Addr()) }),
		prefixFunc("last", `returns the last address of a prefix

    ipaddr.last("2001:db8::/112")           # "2001:db8::ffff"`,
			func(p netip.Prefix) (starlark.Value, error) { return stringOf(last(p)) }),
		prefixFunc("broadcast", `returns the broadcast address of an IPv4 prefix of at most 30 bits

    ipaddr.broadcast("192.0.2.7/24")        # "192.0.2.255"`, ipBroadcast),
		prefixFunc("count", `returns how many addresses a prefix has

    ipaddr.count("192.0.2.0/24")            # 256`,
			func(p netip.Prefix) (starlark.Value, error) {
				return starlark.MakeBigInt(new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))), nil
			}),
		newFunc("ipaddr.contains", ipContainsDoc, []param{
			prefixParam, {"ip", "string", "an address or a prefix that may be inside"},
		}, ipContains),
		newFunc("ipaddr.overlaps", ipOverlapsDoc, []param{
			{"a", "string", "an address or a prefix"}, {"b", "string", "another"},
		}, ipOverlaps),
		newFunc("ipaddr.exclude", ipExcludeDoc, []param{
			prefixParam, {"others", "string or list of strings", "addresses and prefixes to leave out"},
		}, ipExclude),
		newFunc("ipaddr.summarize", ipSummarizeDoc, []param{
			{"ips", "list of strings", "addresses and prefixes, of both versions; or a range"},
		}, ipSummarize),
		newFunc("ipaddr.eui64", eui64Doc, []param{
			{"prefix", "string", "an IPv6 prefix of at most 64 bits"}, {"mac", "string", "the MAC of the interface"},
		}, ipEUI64),
	}
}

const ipPrefixDoc = `makes a prefix of an address and a length, with the bits of the host cleared

    ipaddr.prefix("192.0.2.7", 24)              # "192.0.2.0/24"
    ipaddr.prefix("192.0.2.7", "255.255.0.0")   # "192.0.0.0/16"`

func ipPrefix(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a addrArg
	var m maskArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "addr", &a, "length", &m); err != nil {
		return nil, err
	}
	n, err := m.length(a.BitLen())
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter length: %w", b.Name(), err)
	}
	return stringOf(netip.PrefixFrom(a.Addr, n).Masked())
}

func ipBroadcast(p netip.Prefix) (starlark.Value, error) {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return nil, fmt.Errorf("ipaddr.broadcast: for parameter prefix: got %s, want an IPv4 prefix of at most 30 bits (others have no broadcast; ipaddr.last?)", p)
	}
	return stringOf(last(p))
}

const ipContainsDoc = `tells whether all of an address or prefix is inside a prefix

    ipaddr.contains("10.0.0.0/8", "10.1.2.3")       # True
    ipaddr.contains("10.0.0.0/8", "0.0.0.0/0")      # False`

func ipContains(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var p prefixArg
	var x ipArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "prefix", &p, "ip", &x); err != nil {
		return nil, err
	}
	return starlark.Bool(p.Bits() <= x.length() && prefixHas(p.Prefix, x.addr)), nil
}

// prefixHas is netip's Contains, which refuses an IPv4 address written as IPv6.
func prefixHas(p netip.Prefix, a netip.Addr) bool {
	if p.Addr().BitLen() != a.BitLen() {
		return false
	}
	host := a.BitLen() - p.Bits()
	x := number(a)
	return x.cmp(number(p.Addr()).sub(hostPart(p.Addr(), host))) >= 0 && x.cmp(number(last(p))) <= 0
}

// hostPart is the low n bits of an address.
func hostPart(a netip.Addr, n int) u128 {
	x, m := number(a), ones(n)
	return u128{x.hi & m.hi, x.lo & m.lo}
}

const ipOverlapsDoc = `tells whether two addresses or prefixes have an address in common

    ipaddr.overlaps("10.0.0.0/8", "0.0.0.0/0")      # True
    ipaddr.overlaps("10.0.0.0/24", "10.0.1.0/24")   # False`

func ipOverlaps(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a, b ipArg
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "a", &a, "b", &b); err != nil {
		return nil, err
	}
	return starlark.Bool(prefixHas(a.prefix(), b.addr) || prefixHas(b.prefix(), a.addr)), nil
}

const ipExcludeDoc = `returns the prefixes that are left of a prefix without others

    ipaddr.exclude("10.0.0.0/24", "10.0.0.0/26")    # ["10.0.0.64/26", "10.0.0.128/25"]`

func ipExclude(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var p prefixArg
	var others starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "prefix", &p, "others", &others); err != nil {
		return nil, err
	}
	holes, err := spans(th, b, "others", others)
	if err != nil {
		return nil, err
	}
	return prefixList(spanOf(p.Prefix).without(holes)), nil
}

const ipSummarizeDoc = `returns the fewest prefixes that hold the same addresses, sorted, IPv4 first

    ipaddr.summarize(["10.0.0.0/25", "10.0.0.128/25", "10.0.1.0"])  # ["10.0.0.0/24", "10.0.1.0/32"]
    ipaddr.summarize(ipaddr.range("10.0.0.1", "10.0.0.3"))          # ["10.0.0.1/32", "10.0.0.2/31"]`

func ipSummarize(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var ips starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "ips", &ips); err != nil {
		return nil, err
	}
	list, err := spans(th, b, "ips", ips)
	if err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, s := range merged(list) {
		out = s.prefixes(out)
	}
	return prefixList(out), nil
}

// spans reads one address or prefix, or several.
func spans(th *starlark.Thread, b *starlark.Builtin, param string, v starlark.Value) ([]span, error) {
	switch r := v.(type) {
	case *sizedRange:
		if s, ok := r.whole(); ok {
			return []span{s}, nil
		}
	case *ipRange:
		if s, ok := r.whole(); ok {
			return []span{s}, nil
		}
	}
	var x ipArg
	it, ok := v.(starlark.Iterable)
	if !ok {
		if err := x.Unpack(v); err != nil {
			return nil, fmt.Errorf("%s: for parameter %s: %w", b.Name(), param, err)
		}
		return []span{spanOf(x.prefix())}, nil
	}
	var list []span
	iter := it.Iterate()
	defer iter.Done()
	var elem starlark.Value
	for iter.Next(&elem) {
		if err := checkpoint(th, len(list)); err != nil {
			return nil, err
		}
		if err := x.Unpack(elem); err != nil {
			return nil, fmt.Errorf("%s: %s[%d]: %w", b.Name(), param, len(list), err)
		}
		list = append(list, spanOf(x.prefix()))
	}
	return list, host.Pending(th)
}

func prefixList(list []netip.Prefix) starlark.Value {
	elems := make([]starlark.Value, len(list))
	for i, p := range list {
		elems[i] = starlark.String(p.String())
	}
	return starlark.NewList(elems)
}

const eui64Doc = `returns the address that an interface gives itself in a prefix, from its MAC (RFC 4291)

    ipaddr.eui64("2001:db8::/64", "02:00:00:00:00:01")      # "2001:db8::ff:fe00:1"`

func ipEUI64(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var p prefixArg
	var mac macArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "prefix", &p, "mac", &mac); err != nil {
		return nil, err
	}
	if p.Addr().Is4() || p.Bits() > 64 {
		return nil, fmt.Errorf("%s: for parameter prefix: got %s, want an IPv6 prefix of at most 64 bits", b.Name(), p)
	}
	return stringOf(eui64(p.Masked().Addr(), mac))
}
