package xz

import (
	"encoding/binary"
	"fmt"
)

// Numbers of LZMA, named as in the specification of its author (https://7-zip.org/sdk.html, lzma-specification.txt).
const (
	states       = 12
	posBits      = 4
	probInit     = 1 << 10
	probBits     = 11
	moveBits     = 5
	lenToPos     = 4
	slotBits     = 6
	endPosModel  = 14
	alignBits    = 4
	matchMin     = 2
	literalCoder = 0x300
	top          = 1 << 24
)

// decoder unpacks LZMA2. What it has written is the dictionary.
type decoder struct {
	in    []byte
	at    int
	out   []byte
	limit int

	dict       int // where the dictionary begins
	lc, lp, pb uint
	ready      bool // there were properties
	state      int
	rep        [4]uint32

	// The range coder, within a chunk, which ends at end.
	end       int
	rng, code uint32

	literals                      []uint16
	isMatch, isRep0Long           [states << posBits]uint16
	isRep, isRep0, isRep1, isRep2 [states]uint16
	slots                         [lenToPos][1 << slotBits]uint16
	special                       [128]uint16
	aligned                       [1 << alignBits]uint16
	matchLen, repLen              lengths
}

// lengths is the model of lengths of matches.
type lengths struct {
	choice, choice2 uint16
	low, mid        [1 << posBits][8]uint16
	high            [256]uint16
}

// chunks unpacks all chunks of a block.
func (d *decoder) chunks() error {
	for first := true; ; first = false {
		if d.at >= len(d.in) {
			return errShort
		}
		control := d.in[d.at]
		d.at++
		switch {
		case control == 0:
			return nil
		case first && control != 1 && control < 0xe0:
			return fmt.Errorf("%w: its first chunk goes on with something", ErrFormat)
		case control < 0x80:
			if err := d.plain(control); err != nil {
				return err
			}
		default:
			if err := d.packed(control); err != nil {
				return err
			}
		}
	}
}

// plain copies a chunk that is not packed.
func (d *decoder) plain(control byte) error {
	if control > 2 {
		return fmt.Errorf("%w: there are no chunks of kind %d", ErrFormat, control)
	}
	if d.at+2 > len(d.in) {
		return errShort
	}
	n := int(binary.BigEndian.Uint16(d.in[d.at:])) + 1
	d.at += 2
	if d.at+n > len(d.in) {
		return errShort
	}
	if n > d.limit-len(d.out) {
		return d.tooMuch()
	}
	if control == 1 {
		d.dict = len(d.out)
	}
	d.out = append(d.out, d.in[d.at:d.at+n]...)
	d.at += n
	return nil
}

func (d *decoder) tooMuch() error { return fmt.Errorf("unpacked it has more than %d bytes", d.limit) }

// packed unpacks a chunk of LZMA.
func (d *decoder) packed(control byte) error {
	if d.at+5 > len(d.in) {
		return errShort
	}
	size := int(control&0x1f)<<16 + int(binary.BigEndian.Uint16(d.in[d.at:])) + 1
	packed := int(binary.BigEndian.Uint16(d.in[d.at+2:])) + 1
	d.at += 4
	if size > d.limit-len(d.out) {
		return d.tooMuch()
	}
	reset := control >> 5 & 3 // 1 the state, 2 with new properties, 3 with a new dictionary too
	if reset == 3 {
		d.dict = len(d.out)
	}
	if reset >= 2 {
		if err := d.properties(d.in[d.at]); err != nil {
			return err
		}
		d.at++
	}
	if !d.ready {
		return fmt.Errorf("%w: a chunk without properties", ErrFormat)
	}
	if reset >= 1 {
		d.reset()
	}
	d.end = d.at + packed
	if d.end > len(d.in) {
		return errShort
	}
	if err := d.lzma(len(d.out) + size); err != nil {
		return err
	}
	d.at = d.end
	return nil
}

func (d *decoder) properties(b byte) error {
	if b >= 9*5*5 {
		return fmt.Errorf("%w: there are no properties %d", ErrFormat, b)
	}
	d.lc, d.lp, d.pb = uint(b%9), uint(b/9%5), uint(b/45)
	if d.lc+d.lp > 4 {
		return fmt.Errorf("%w: LZMA2 has no properties %d", ErrFormat, b)
	}
	d.ready = true
	return nil
}

// reset begins anew, but for the dictionary.
func (d *decoder) reset() {
	d.state, d.rep = 0, [4]uint32{}
	d.literals = make([]uint16, literalCoder<<(d.lc+d.lp))
	for _, probs := range [][]uint16{
		d.literals, d.isMatch[:], d.isRep0Long[:], d.isRep[:], d.isRep0[:], d.isRep1[:], d.isRep2[:], d.special[:], d.aligned[:],
		d.slots[0][:], d.slots[1][:], d.slots[2][:], d.slots[3][:],
	} {
		fill(probs)
	}
	for _, l := range []*lengths{&d.matchLen, &d.repLen} {
		l.choice, l.choice2 = probInit, probInit
		fill(l.high[:])
		for i := range l.low {
			fill(l.low[i][:])
			fill(l.mid[i][:])
		}
	}
}

func fill(probs []uint16) {
	for i := range probs {
		probs[i] = probInit
	}
}

// lzma unpacks until the output is so long.
func (d *decoder) lzma(size int) error {
	if d.end-d.at < 5 || d.in[d.at] != 0 {
		return fmt.Errorf("%w: a chunk begins as none does", ErrFormat)
	}
	d.rng, d.code = 0xffffffff, binary.BigEndian.Uint32(d.in[d.at+1:])
	d.at += 5
	for len(d.out) < size {
		pos := (len(d.out) - d.dict) & (1<<d.pb - 1)
		if d.bit(&d.isMatch[d.state<<posBits+pos]) == 0 {
			d.literal()
			continue
		}
		n, err := d.match(pos)
		if err != nil {
			return err
		}
		if err := d.copy(n, size); err != nil {
			return err
		}
	}
	if d.at > d.end {
		return errShort
	}
	return nil
}

// bit reads a bit of which the probability is known. Behind the end there are zeros: lzma looks how far it came.
func (d *decoder) bit(prob *uint16) uint32 {
	d.normalize()
	p := uint32(*prob)
	bound := d.rng >> probBits * p
	if d.code < bound {
		d.rng = bound
		*prob = uint16(p + (1<<probBits-p)>>moveBits)
		return 0
	}
	d.rng -= bound
	d.code -= bound
	*prob = uint16(p - p>>moveBits)
	return 1
}

func (d *decoder) normalize() {
	if d.rng >= top {
		return
	}
	d.rng <<= 8
	d.code <<= 8
	if d.at < d.end {
		d.code |= uint32(d.in[d.at])
	}
	d.at++
}

// direct reads so many bits of which nothing is known.
func (d *decoder) direct(n uint32) (v uint32) {
	for range n {
		d.normalize()
		d.rng >>= 1
		v <<= 1
		if d.code >= d.rng {
			d.code -= d.rng
			v |= 1
		}
	}
	return v
}

// tree reads so many bits, the high ones first.
func (d *decoder) tree(probs []uint16, bits uint) uint32 {
	m := uint32(1)
	for range bits {
		m = m<<1 | d.bit(&probs[m])
	}
	return m - 1<<bits
}

// reverse reads so many bits, the low ones first. The first is at probs[1].
func (d *decoder) reverse(probs []uint16, bits uint) (v uint32) {
	m := uint32(1)
	for i := range bits {
		b := d.bit(&probs[m])
		m = m<<1 | b
		v |= b << i
	}
	return v
}

// literal reads a byte.
func (d *decoder) literal() {
	at := len(d.out) - d.dict
	var before byte
	if at > 0 {
		before = d.out[len(d.out)-1]
	}
	coder := literalCoder * ((at&(1<<d.lp-1))<<d.lc + int(before)>>(8-d.lc))
	probs := d.literals[coder : coder+literalCoder]
	m := uint32(1)
	if d.state >= 7 && int(d.rep[0]) < at { // after a match the byte at that distance is a hint
		hint := uint32(d.out[len(d.out)-1-int(d.rep[0])])
		for m < 0x100 {
			want := hint >> 7 & 1
			hint <<= 1
			got := d.bit(&probs[(1+want)<<8+m])
			m = m<<1 | got
			if got != want {
				break
			}
		}
	}
	for m < 0x100 {
		m = m<<1 | d.bit(&probs[m])
	}
	d.out = append(d.out, byte(m))
	switch {
	case d.state < 4:
		d.state = 0
	case d.state < 10:
		d.state -= 3
	default:
		d.state -= 6
	}
}

// match reads how much is to be copied, and sets from where.
func (d *decoder) match(pos int) (n int, err error) {
	early := d.state < 7
	next := func(after, late int) {
		if d.state = late; early {
			d.state = after
		}
	}
	if d.bit(&d.isRep[d.state]) == 0 {
		d.rep[3], d.rep[2], d.rep[1] = d.rep[2], d.rep[1], d.rep[0]
		n = d.length(&d.matchLen, pos)
		next(7, 10)
		d.rep[0] = d.distance(n)
		if d.rep[0] == 0xffffffff {
			return 0, fmt.Errorf("%w: LZMA2 has no marks of the end", ErrFormat)
		}
		return n, nil
	}
	if d.bit(&d.isRep0[d.state]) == 0 {
		if d.bit(&d.isRep0Long[d.state<<posBits+pos]) == 0 {
			next(9, 11)
			return 1, nil
		}
	} else {
		from := 1
		if d.bit(&d.isRep1[d.state]) != 0 {
			from = 2 + int(d.bit(&d.isRep2[d.state]))
		}
		distance := d.rep[from]
		copy(d.rep[1:from+1], d.rep[:from])
		d.rep[0] = distance
	}
	n = d.length(&d.repLen, pos)
	next(8, 11)
	return n, nil
}

func (d *decoder) length(l *lengths, pos int) int {
	switch {
	case d.bit(&l.choice) == 0:
		return matchMin + int(d.tree(l.low[pos][:], 3))
	case d.bit(&l.choice2) == 0:
		return matchMin + 8 + int(d.tree(l.mid[pos][:], 3))
	}
	return matchMin + 16 + int(d.tree(l.high[:], 8))
}

// distance reads how far back a match of a length is, less one.
func (d *decoder) distance(n int) uint32 {
	slot := d.tree(d.slots[min(n-matchMin, lenToPos-1)][:], slotBits)
	if slot < 4 {
		return slot
	}
	bits := slot>>1 - 1
	v := (2 | slot&1) << bits
	if slot < endPosModel {
		return v + d.reverse(d.special[v-slot:], uint(bits))
	}
	v += d.direct(bits-alignBits) << alignBits
	return v + d.reverse(d.aligned[:], alignBits)
}

// copy repeats n bytes that came before.
func (d *decoder) copy(n, size int) error {
	from := len(d.out) - 1 - int(d.rep[0])
	if from < d.dict {
		return fmt.Errorf("%w: something is repeated that did not come", ErrFormat)
	}
	if n > size-len(d.out) {
		return fmt.Errorf("%w: a chunk is longer than it says", ErrFormat)
	}
	for i := range n { // what is copied may be part of what it is copied to
		d.out = append(d.out, d.out[from+i])
	}
	return nil
}
