package builtins

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"net/netip"
	"slices"
)

// u128 is an address as a number, of either version: an IPv4 address is in the
// low 32 bits. Arithmetic on it allocates nothing, unlike that of math/big.
type u128 struct{ hi, lo uint64 }

func number(a netip.Addr) u128 {
	if a.Is4() {
		b := a.As4()
		return u128{0, uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := a.As16()
	return u128{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (x u128) addr(v4 bool) netip.Addr {
	if v4 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(x.lo))
		return netip.AddrFrom4(b)
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], x.hi)
	binary.BigEndian.PutUint64(b[8:], x.lo)
	return netip.AddrFrom16(b)
}

func (x u128) big() *big.Int {
	n := new(big.Int).SetUint64(x.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(x.lo))
}

// fromBig is the inverse of big, for numbers of at most 128 bits.
func fromBig(n *big.Int) u128 {
	var b [16]byte
	n.FillBytes(b[:])
	return u128{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (x u128) add(y u128) u128 {
	lo, carry := bits.Add64(x.lo, y.lo, 0)
	hi, _ := bits.Add64(x.hi, y.hi, carry)
	return u128{hi, lo}
}

func (x u128) sub(y u128) u128 {
	lo, borrow := bits.Sub64(x.lo, y.lo, 0)
	hi, _ := bits.Sub64(x.hi, y.hi, borrow)
	return u128{hi, lo}
}

// times is x * n, of which the caller knows that it fits.
func (x u128) times(n uint64) u128 {
	hi, lo := bits.Mul64(x.lo, n)
	return u128{hi + x.hi*n, lo}
}

func (x u128) shl(n int) u128 {
	if n >= 64 {
		return u128{x.lo << (n - 64), 0}
	}
	return u128{x.hi<<n | x.lo>>(64-n), x.lo << n}
}

func (x u128) cmp(y u128) int {
	switch {
	case x.hi < y.hi || x.hi == y.hi && x.lo < y.lo:
		return -1
	case x == y:
		return 0
	}
	return 1
}

func (x u128) bitLen() int {
	if x.hi != 0 {
		return 64 + bits.Len64(x.hi)
	}
	return bits.Len64(x.lo)
}

// trailing counts the zeros at the low end.
func (x u128) trailing() int {
	if x.lo == 0 {
		return 64 + bits.TrailingZeros64(x.hi)
	}
	return bits.TrailingZeros64(x.lo)
}

// ones is the number of n low bits that are one.
func ones(n int) u128 { return u128{0, 1}.shl(n).sub(u128{0, 1}) }

// last is the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr()
	return number(a).add(ones(a.BitLen() - p.Bits())).addr(a.Is4())
}

// span is the addresses from first to last.
type span struct {
	first, last u128
	v4          bool
}

func spanOf(p netip.Prefix) span {
	a := p.Masked().Addr()
	return span{number(a), number(last(p)), a.Is4()}
}

func (s span) width() int {
	if s.v4 {
		return 32
	}
	return 128
}

// prefixes are the fewest prefixes that hold all of a span and nothing else.
func (s span) prefixes(list []netip.Prefix) []netip.Prefix {
	for {
		// The largest block is limited by where it starts and by what is left. All of IPv6 is
		// 2^128 addresses, one more than fits.
		size := s.last.sub(s.first)
		n := s.width()
		if size != ones(n) {
			n = min(n, s.first.trailing(), size.add(u128{0, 1}).bitLen()-1)
		}
		list = append(list, netip.PrefixFrom(s.first.addr(s.v4), s.width()-n))
		end := s.first.add(ones(n))
		if end == s.last {
			return list
		}
		s.first = end.add(u128{0, 1})
	}
}

// merged sorts spans, IPv4 first, and joins those that touch.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		if a.v4 != b.v4 {
			if a.v4 {
				return -1
			}
			return 1
		}
		return a.first.cmp(b.first)
	})
	var out []span
	for _, s := range spans {
		if len(out) > 0 {
			top := &out[len(out)-1]
			if top.v4 == s.v4 && (top.last == ones(s.width()) || s.first.cmp(top.last.add(u128{0, 1})) <= 0) {
				if s.last.cmp(top.last) > 0 {
					top.last = s.last
				}
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// without is what is left of s when holes are taken out.
func (s span) without(holes []span) []netip.Prefix {
	var list []netip.Prefix
	for _, h := range merged(holes) {
		if h.v4 != s.v4 || h.last.cmp(s.first) < 0 || h.first.cmp(s.last) > 0 {
			continue
		}
		if h.first.cmp(s.first) > 0 {
			list = span{s.first, h.first.sub(u128{0, 1}), s.v4}.prefixes(list)
		}
		if h.last.cmp(s.last) >= 0 {
			return list
		}
		s.first = h.last.add(u128{0, 1})
	}
	return s.prefixes(list)
}

// addrSortKey orders addresses and prefixes: IPv4 before IPv6, by address, the
// shorter prefix first.
func addrSortKey(x ipArg) string {
	b := make([]byte, 0, 18)
	b = append(b, byte(x.addr.BitLen()/32))
	a := x.addr.As16()
	b = append(b, a[:]...)
	return string(append(b, byte(x.length())))
}

// moved is a, n addresses further. It reports whether there is such an address.
func moved(a netip.Addr, n *big.Int) (netip.Addr, bool) {
	sum := new(big.Int).Add(number(a).big(), n)
	if sum.Sign() < 0 || sum.BitLen() > a.BitLen() {
		return a, false
	}
	return fromBig(sum).addr(a.Is4()), true
}

// steps counts the numbers below 2^n at a distance of step from each other, 0
// being the first. Beyond 64 bits it stays at the largest number: nobody gets there.
func steps(n int, step uint64) uint64 {
	end := ones(n)
	hi, rem := end.hi/step, end.hi%step
	lo, _ := bits.Div64(rem, end.lo, step)
	if hi > 0 || lo == math.MaxUint64 {
		return math.MaxUint64
	}
	return lo + 1
}

// eui64 puts the modified EUI-64 of a MAC into the low half of an address.
func eui64(prefix netip.Addr, mac [6]byte) netip.Addr {
	b := prefix.As16()
	copy(b[8:], []byte{mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]})
	return netip.AddrFrom16(b)
}
