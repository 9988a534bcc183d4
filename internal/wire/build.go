package wire

import (
	"encoding/binary"
	"strconv"
)

// Builder appends messages to one flat buffer. Errors are sticky: build all
// of it, then ask Err. The zero value is ready.
//
//	var b wire.Builder
//	b.Begin(wire.Header{Type: 16, Flags: wire.FlagRequest})
//	b.Raw(fixedHeader)
//	b.Mark("linkinfo")
//	b.Nest(18)
//	b.Attr(1, []byte("veth\x00"))
//	b.EndNest()
//	msg, err := b.End()
//
// Mark names what comes next; PathAt then turns an offset, such as one that
// the kernel complains about, back into a path. Names are stored as given: pass constants, and
// nothing is allocated but the table.
type Builder struct {
	buf   []byte
	base  int // where the current message starts
	nests []nest
	marks []mark
	begun bool
	cur   int32 // 1 + index of the mark that the next Nest belongs to
	err   *FormatError
}

type nest struct {
	off  int
	mark int32 // 1 + index into marks, 0 for none
}

type mark struct {
	off    int32 // from the start of the message
	parent int32 // 1 + index into marks, 0 for none
	index  int32 // element of a list, -1 for none
	name   string
}

// Reset drops the content, keeps the memory, and clears the error.
func (b *Builder) Reset() {
	*b = Builder{buf: b.buf[:0], nests: b.nests[:0], marks: b.marks[:0]}
}

// Begin starts a message. Marks of an earlier message are forgotten.
func (b *Builder) Begin(h Header) {
	if len(b.nests) > 0 {
		b.fail(len(b.buf), "nest left open") // and a message without a length
	}
	b.Pad()
	b.base, b.begun = len(b.buf), true
	b.marks, b.nests, b.cur = b.marks[:0], b.nests[:0], 0
	b.buf = append(b.buf, make([]byte, HeaderLen)...)
	h.Put(b.buf[b.base:])
}

// End patches the length of the message and returns it, aliasing the buffer.
func (b *Builder) End() ([]byte, error) {
	switch {
	case !b.begun:
		b.fail(b.base, "no message was begun")
	case len(b.nests) > 0:
		b.fail(len(b.buf), "nest left open")
	}
	if b.err != nil {
		return nil, b.err
	}
	binary.NativeEndian.PutUint32(b.buf[b.base:], uint32(len(b.buf)-b.base))
	return b.buf[b.base:len(b.buf):len(b.buf)], nil
}

// Bytes is all that was appended so far.
func (b *Builder) Bytes() []byte { return b.buf }

// Len is the length of what was appended so far.
func (b *Builder) Len() int { return len(b.buf) }

// Err is the first error, nil if there was none.
func (b *Builder) Err() error {
	if b.err == nil {
		return nil
	}
	return b.err
}

func (b *Builder) fail(off int, format string, args ...any) {
	if b.err == nil {
		b.err = formatErrorf(off-b.base, format, args...)
	}
}

// Raw appends p as it is.
func (b *Builder) Raw(p []byte) { b.buf = append(b.buf, p...) }

// Pad appends zero bytes up to the alignment.
func (b *Builder) Pad() {
	for len(b.buf)&(alignTo-1) != 0 {
		b.buf = append(b.buf, 0)
	}
}

// Mark names the attribute that is appended next.
func (b *Builder) Mark(name string) { b.markIndex(name, -1) }

// MarkIndex names the attribute that is appended next, an element of a list.
func (b *Builder) MarkIndex(name string, index int) { b.markIndex(name, int32(index)) }

func (b *Builder) markIndex(name string, index int32) {
	var parent int32
	if n := len(b.nests); n > 0 {
		parent = b.nests[n-1].mark
	}
	b.marks = append(b.marks, mark{off: int32(Align(len(b.buf)) - b.base), parent: parent, index: index, name: name})
	b.cur = int32(len(b.marks))
}

// PathAt is the path of the attribute whose header is at off, counted from
// the start of the current message.
func (b *Builder) PathAt(off int) (string, bool) { return pathAt(b.marks, off) }

// Marks is a copy of the offset table of the current message that outlives
// the builder.
func (b *Builder) Marks() Marks { return Marks{append([]mark(nil), b.marks...)} }

// Marks is the table from offsets to paths of one message.
type Marks struct{ marks []mark }

// PathAt is the path of the attribute whose header is at off.
func (m Marks) PathAt(off int) (string, bool) { return pathAt(m.marks, off) }

// pathAt takes the last mark of an offset: those before it named attributes
// that were left out in the end.
func pathAt(marks []mark, off int) (string, bool) {
	for i := len(marks) - 1; i >= 0; i-- {
		if int(marks[i].off) == off {
			return pathOf(marks, int32(i+1)), true
		}
	}
	return "", false
}

func pathOf(marks []mark, i int32) string {
	if i == 0 {
		return ""
	}
	m := marks[i-1]
	path := pathOf(marks, m.parent)
	if m.name != "" {
		if path != "" {
			path += "."
		}
		path += m.name
	}
	if m.index >= 0 {
		path += "[" + strconv.Itoa(int(m.index)) + "]"
	}
	return path
}

// open appends an attribute header with the length still to come.
func (b *Builder) open(typ uint16) (off int) {
	b.Pad()
	off = len(b.buf)
	b.buf = append(b.buf, 0, 0, byte(typ), byte(typ>>8))
	binary.NativeEndian.PutUint16(b.buf[off+2:], typ)
	return off
}

func (b *Builder) close(off int) {
	n := len(b.buf) - off
	if n > 0xffff {
		b.fail(off, "attribute payload of %d bytes, want at most %d", n-AttrHeaderLen, MaxAttrPayload)
		n = 0xffff
	}
	binary.NativeEndian.PutUint16(b.buf[off:], uint16(n))
	b.Pad()
}

// Attr appends an attribute. typ may carry the flag bits.
func (b *Builder) Attr(typ uint16, payload []byte) {
	off := b.open(typ)
	if len(payload) > MaxAttrPayload {
		b.fail(off, "attribute payload of %d bytes, want at most %d", len(payload), MaxAttrPayload)
		return
	}
	b.buf = append(b.buf, payload...)
	b.close(off)
}

// Nest opens an attribute whose payload is whatever is appended until EndNest.
// The caller chooses whether typ carries the Nested flag.
func (b *Builder) Nest(typ uint16) {
	if len(b.nests) >= MaxDepth {
		b.fail(len(b.buf), "nests %d deep, want at most %d", len(b.nests)+1, MaxDepth)
	}
	var m int32
	if b.cur > 0 && int(b.marks[b.cur-1].off) == Align(len(b.buf))-b.base {
		m = b.cur
	} else if n := len(b.nests); n > 0 {
		m = b.nests[n-1].mark // an unnamed level belongs to the one around it
	}
	b.nests = append(b.nests, nest{off: b.open(typ), mark: m})
}

// EndNest closes the innermost nest.
func (b *Builder) EndNest() {
	n := len(b.nests)
	if n == 0 {
		b.fail(len(b.buf), "no nest to close")
		return
	}
	b.close(b.nests[n-1].off)
	b.nests = b.nests[:n-1]
}
