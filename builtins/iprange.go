package builtins

import (
	"fmt"
	"math"
	"net/netip"

	"go.starlark.net/starlark"
)

// ipRange is addresses or prefixes at a fixed distance, whose texts are made
// as they are asked for.
type ipRange struct {
	first, step u128
	n           uint64
	bits        int // of each prefix, -1 for addresses
	v4          bool
}

// sizedRange is a range with a length that a program may rely on: list() and
// its like make room for as many elements as a sequence says it has.
type sizedRange struct{ ipRange }

// maxSized is the largest range that is a sequence. Longer ones can be
// iterated over, and that is all.
const maxSized = 1 << 24

var (
	_ starlark.Iterable  = (*ipRange)(nil)
	_ starlark.Sliceable = (*sizedRange)(nil)
	_ starlark.Sequence  = (*sizedRange)(nil)
)

func (r ipRange) value() starlark.Value {
	if r.n <= maxSized {
		return &sizedRange{r}
	}
	return &r
}

func (r *ipRange) Type() string          { return "ip_range" }
func (r *ipRange) Freeze()               {}
func (r *ipRange) Truth() starlark.Bool  { return r.n > 0 }
func (r *ipRange) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: ip_range") }

func (r *ipRange) String() string {
	switch {
	case r.n == 0:
		return "<ip_range, empty>"
	case r.n > maxSized:
		return fmt.Sprintf("<ip_range from %s>", r.text(0))
	}
	return fmt.Sprintf("<ip_range of %d from %s to %s>", r.n, r.text(0), r.text(r.n-1))
}

func (r *ipRange) text(i uint64) string {
	return string(r.append(nil, r.first.add(r.step.times(i))))
}

func (r *ipRange) append(buf []byte, x u128) []byte {
	if r.bits < 0 {
		return x.addr(r.v4).AppendTo(buf)
	}
	return netip.PrefixFrom(x.addr(r.v4), r.bits).AppendTo(buf)
}

// whole is the range as one span, if it has no gaps.
func (r *ipRange) whole() (span, bool) {
	s := span{first: r.first, v4: r.v4}
	size := 0
	if r.bits >= 0 {
		size = s.width() - r.bits
	}
	if r.n == 0 || r.n == math.MaxUint64 || r.step != (u128{0, 1}).shl(size) {
		return s, false
	}
	s.last = r.first.add(r.step.times(r.n - 1)).add(ones(size))
	return s, true
}

// Elements is how many there are, for what would make all of them; the greatest number stands for more.
func (r *ipRange) Elements() uint64 { return r.n }

// Iterate walks the range.
func (r *ipRange) Iterate() starlark.Iterator { return &ipIterator{r: r, at: r.first, left: r.n} }

type ipIterator struct {
	r    *ipRange
	at   u128
	left uint64
	buf  [64]byte
}

// Next makes the next text.
func (it *ipIterator) Next(p *starlark.Value) bool {
	if it.left == 0 {
		return false
	}
	*p = starlark.String(it.r.append(it.buf[:0], it.at))
	it.at = it.at.add(it.r.step)
	it.left--
	return true
}

// Done ends the walk.
func (it *ipIterator) Done() {}

// Len is the number of elements.
func (r *sizedRange) Len() int { return int(r.n) }

// Index makes element i.
func (r *sizedRange) Index(i int) starlark.Value { return starlark.String(r.text(uint64(i))) }

// Slice makes a list.
func (r *sizedRange) Slice(start, end, step int) starlark.Value {
	var elems []starlark.Value
	for i := start; step > 0 && i < end || step < 0 && i > end; i += step {
		elems = append(elems, r.Index(i))
	}
	return starlark.NewList(elems)
}
