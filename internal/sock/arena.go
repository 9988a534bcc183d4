package sock

import (
	"encoding/binary"
	"errors"

	"github.com/nlsh/nlsh/internal/wire"
)

// Chunks of an arena grow up to chunkLen. A small dump must stay cheap, and a
// large one must not copy: growing one slice costs more than parsing. The
// step to 1 MiB is also what the bytes of one message keep alive at most.
const chunkLen = 1 << 20

// arena holds datagrams where they were received. Its memory is never written
// again, so slices of it may be kept for ever.
//
// A place in it is a uint32: the number of a slot of chunkLen bytes, and the
// offset in it in units of four bytes, the alignment of messages. So it
// addresses 16 GiB. A chunk may be smaller than its slot, or take several.
type arena struct {
	slots [][]byte // each from the start of its slot to the end of its chunk
	chunk []byte   // the current chunk
	slot  int      // the slot in which it starts
	used  int      // of chunk
}

const (
	unitShift = 2
	slotShift = 20 - unitShift
	unitMask  = 1<<slotShift - 1
	maxSlots  = 1 << (32 - slotShift)
)

var errTooLarge = errors.New("dump is larger than 16 GiB")

// use makes chunk the current one.
func (a *arena) use(chunk []byte) error {
	a.slot = len(a.slots)
	if a.slot+(len(chunk)+chunkLen-1)/chunkLen > maxSlots {
		return errTooLarge
	}
	a.chunk, a.used = chunk, 0
	for off := 0; off < len(chunk); off += chunkLen {
		a.slots = append(a.slots, chunk[off:])
	}
	return nil
}

// tail is where the next datagram goes.
func (a *arena) tail() ([]byte, error) {
	if len(a.chunk)-a.used < minTail {
		size := chunkLen
		if len(a.slots) < 2 {
			size = 256 << 10
		}
		if err := a.use(make([]byte, size)); err != nil {
			return nil, err
		}
	}
	return a.chunk[a.used:], nil
}

// keep takes over data, which was received into the tail or did not fit
// there, and returns its offset from the start of the current chunk.
func (a *arena) keep(data []byte) (off int, err error) {
	if len(data) > len(a.chunk)-a.used {
		if err := a.use(data); err != nil {
			return 0, err
		}
		a.used = len(data)
		return 0, nil
	}
	off = a.used
	a.used += wire.Align(len(data))
	if a.used > len(a.chunk) {
		a.used = len(a.chunk)
	}
	return off, nil
}

// place is the place of the byte at off in the current chunk.
func (a *arena) place(off int) uint32 {
	return uint32(a.slot)<<slotShift + uint32(off>>unitShift)
}

// at is the message at place p.
func (a *arena) at(p uint32) []byte {
	b := a.slots[p>>slotShift][(p&unitMask)<<unitShift:]
	n := binary.NativeEndian.Uint32(b)
	return b[:n:n]
}

// index is a list of places in slabs, so that it grows without copying.
type index struct {
	slabs [][]uint32
	n     int
}

const (
	slabShift = 12
	slabLen   = 1 << slabShift
)

func (x *index) add(p uint32) {
	if x.n&(slabLen-1) == 0 {
		var first []uint32 // a small dump has a small index
		if x.n > 0 {
			first = make([]uint32, 0, slabLen)
		}
		x.slabs = append(x.slabs, first)
	}
	last := &x.slabs[len(x.slabs)-1]
	*last = append(*last, p)
	x.n++
}

func (x *index) at(i int) uint32 { return x.slabs[i>>slabShift][i&(slabLen-1)] }

// slab hands out copies of small pieces, many to an allocation.
type slab struct{ free []byte }

// A small slab wastes little when one short reply is kept, and 4 KiB hold
// some fifty events already.
const slabBytes = 4 << 10

// clone copies b for good. A piece keeps at most slabBytes alive.
func (s *slab) clone(b []byte) []byte {
	n := wire.Align(len(b))
	if n > len(s.free) {
		if n > slabBytes/4 {
			// On its own, and what is free stays for smaller ones.
			return append(make([]byte, 0, len(b)), b...)
		}
		s.free = make([]byte, slabBytes)
	}
	p := s.free[:len(b):len(b)]
	s.free = s.free[n:]
	copy(p, b)
	return p
}
