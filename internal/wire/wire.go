package wire

import (
	"encoding/binary"
	"fmt"
)

// Sizes and limits of the format (linux/netlink.h, linux/genetlink.h).
const (
	HeaderLen     = 16 // struct nlmsghdr
	GenlHeaderLen = 4  // struct genlmsghdr
	AttrHeaderLen = 4  // struct nlattr
	alignTo       = 4

	// MaxAttrPayload is what fits into nla_len beside the header.
	MaxAttrPayload = 0xffff - AttrHeaderLen

	// MaxDepth bounds nests in both directions. The kernel itself stops at
	// ten or so; the limit is here so that hostile input cannot exhaust the
	// stack of whoever recurses over it.
	MaxDepth = 64
)

// Bits of an attribute's type field.
const (
	Nested    = 1 << 15 // NLA_F_NESTED
	NetOrder  = 1 << 14 // NLA_F_NET_BYTEORDER
	flagsMask = Nested | NetOrder
	typeMask  = ^uint16(flagsMask)
)

// Message types below 0x10 belong to netlink itself.
const (
	TypeNoop    = 1
	TypeError   = 2
	TypeDone    = 3
	TypeOverrun = 4
	MinType     = 0x10
)

// Flags of a message header. Some bits mean different things in requests of
// different kinds and in replies.
const (
	FlagRequest      = 0x1
	FlagMulti        = 0x2
	FlagAck          = 0x4
	FlagEcho         = 0x8
	FlagDumpIntr     = 0x10
	FlagDumpFiltered = 0x20
	FlagDump         = 0x300 // in GET requests: ROOT | MATCH
	FlagReplace      = 0x100 // in NEW requests
	FlagExcl         = 0x200
	FlagCreate       = 0x400
	FlagAppend       = 0x800
	FlagCapped       = 0x100 // in acknowledgements: the request is not echoed whole
	FlagAckTLVs      = 0x200 // in acknowledgements: extended attributes follow
)

// Align rounds n up to the alignment of messages and attributes.
func Align(n int) int { return (n + alignTo - 1) &^ (alignTo - 1) }

// FormatError says where bytes stop being netlink. Off counts from the start
// of the buffer that was walked, or of the message that was built.
type FormatError struct {
	Off  int
	What string // "attribute length 2, want at least 4"
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("offset %d: %s", e.Off, e.What)
}

func formatErrorf(off int, format string, args ...any) *FormatError {
	return &FormatError{Off: off, What: fmt.Sprintf(format, args...)}
}

// Header is struct nlmsghdr in host byte order.
type Header struct {
	Len   uint32
	Type  uint16
	Flags uint16
	Seq   uint32
	Port  uint32
}

// ParseHeader reads a header; b must hold at least HeaderLen bytes, as every
// message that a walk returns does.
func ParseHeader(b []byte) Header {
	_ = b[HeaderLen-1]
	n := binary.NativeEndian
	return Header{n.Uint32(b), n.Uint16(b[4:]), n.Uint16(b[6:]), n.Uint32(b[8:]), n.Uint32(b[12:])}
}

// Put writes h over the first HeaderLen bytes of b.
func (h Header) Put(b []byte) {
	_ = b[HeaderLen-1]
	n := binary.NativeEndian
	n.PutUint32(b, h.Len)
	n.PutUint16(b[4:], h.Type)
	n.PutUint16(b[6:], h.Flags)
	n.PutUint32(b[8:], h.Seq)
	n.PutUint32(b[12:], h.Port)
}

// Messages walks the messages of a datagram.
type Messages struct {
	buf  []byte
	next int // where the next header starts
	off  int // where the current message starts
	end  int
	err  *FormatError
}

// WalkMessages starts a walk over buf.
func WalkMessages(buf []byte) Messages { return Messages{buf: buf} }

// Next moves to the next message, and is false at the end or at an error.
func (m *Messages) Next() bool {
	rest := len(m.buf) - m.next
	if rest <= 0 || m.err != nil {
		return false
	}
	if rest < HeaderLen {
		m.err = formatErrorf(m.next, "message header cut off: got %d bytes, want %d", rest, HeaderLen)
		return false
	}
	n := int(binary.NativeEndian.Uint32(m.buf[m.next:]))
	if n < HeaderLen || n > rest {
		m.err = formatErrorf(m.next, "message length %d, want %d to %d", n, HeaderLen, rest)
		return false
	}
	m.off, m.end = m.next, m.next+n
	m.next += Align(n)
	return true
}

// Message is the current message, header included.
func (m *Messages) Message() []byte { return m.buf[m.off:m.end:m.end] }

// Body is what follows the header of the current message.
func (m *Messages) Body() []byte { return m.buf[m.off+HeaderLen : m.end : m.end] }

// Header is the header of the current message.
func (m *Messages) Header() Header { return ParseHeader(m.buf[m.off:]) }

// Offset is where the current message starts.
func (m *Messages) Offset() int { return m.off }

// Err is what ended the walk, nil for the end of the buffer.
func (m *Messages) Err() error {
	if m.err == nil {
		return nil // not a nil *FormatError in an interface
	}
	return m.err
}

// Attr is one attribute. Data aliases the buffer.
type Attr struct {
	Type uint16 // as on the wire, flags included
	Off  int    // of the attribute's header in the buffer walked
	Data []byte
}

// Num is the attribute's number: its type without the flags.
func (a Attr) Num() uint16 { return a.Type & typeMask }

// Nested reports whether the sender said that the payload is attributes. Old
// kernel code often does not.
func (a Attr) Nested() bool { return a.Type&Nested != 0 }

// Attrs walks a run of attributes.
type Attrs struct {
	Attr Attr // the current one

	buf  []byte
	next int
	err  *FormatError
}

// WalkAttrs starts a walk over buf, which begins at an attribute.
func WalkAttrs(buf []byte) Attrs { return Attrs{buf: buf} }

// Next moves to the next attribute, and is false at the end or at an error.
func (a *Attrs) Next() bool {
	if a.next >= len(a.buf) {
		return false
	}
	b := a.buf[a.next:]
	if len(b) < AttrHeaderLen {
		return a.fail("attribute header cut off: got %d bytes, want %d", len(b), AttrHeaderLen)
	}
	n := int(binary.NativeEndian.Uint16(b))
	if n < AttrHeaderLen || n > len(b) {
		return a.fail("attribute length %d, want %d to %d", n, AttrHeaderLen, len(b))
	}
	a.Attr = Attr{Type: binary.NativeEndian.Uint16(b[2:]), Off: a.next, Data: b[AttrHeaderLen:n:n]}
	a.next += Align(n)
	return true
}

// fail is apart so that Next stays cheap, and stops the walk for good.
func (a *Attrs) fail(format string, args ...any) bool {
	if a.err == nil {
		a.err = formatErrorf(a.next, format, args...)
	}
	a.buf = a.buf[:a.next]
	return false
}

// Err is what ended the walk, nil for the end of the buffer.
func (a *Attrs) Err() error {
	if a.err == nil {
		return nil
	}
	return a.err
}

// Find returns the last attribute of buf with the number num, as the kernel
// does where one comes twice. Attributes after malformed bytes are not seen.
func Find(buf []byte, num uint16) (found Attr, ok bool) {
	off, n := find(buf, num)
	if n == 0 {
		return Attr{}, false
	}
	return Attr{Type: binary.NativeEndian.Uint16(buf[off+2:]), Off: off, Data: buf[off+AttrHeaderLen : off+n : off+n]}, true
}

// FindData is [Find] for who wants the payload only: what returns in registers costs half in a loop over a million messages.
func FindData(buf []byte, num uint16) ([]byte, bool) {
	off, n := find(buf, num)
	if n == 0 {
		return nil, false
	}
	return buf[off+AttrHeaderLen : off+n : off+n], true
}

// find is where in buf the attribute is, header included; n is 0 if there is none.
func find(buf []byte, num uint16) (at, n int) {
	for off := 0; off+AttrHeaderLen <= len(buf); {
		size := int(binary.NativeEndian.Uint16(buf[off:]))
		if size < AttrHeaderLen || size > len(buf)-off {
			break
		}
		if binary.NativeEndian.Uint16(buf[off+2:])&typeMask == num {
			at, n = off, size
		}
		off += Align(size)
	}
	return at, n
}

// Ack is the content of NLMSG_ERROR or NLMSG_DONE.
type Ack struct {
	Errno int    // positive; 0 is success
	Echo  []byte // the request as the kernel echoed it, header included; may be cut (FlagCapped); nil in NLMSG_DONE
	TLVs  []byte // extended acknowledgement attributes, nil if none
}

// ParseAck reads a whole message of type NLMSG_ERROR or NLMSG_DONE. The two
// differ: an error echoes the request's header (and, unless capped, its body)
// between the errno and the attributes, the end of a dump does not. Some
// senders end a dump without an errno: that is success.
func ParseAck(msg []byte) (Ack, error) {
	if len(msg) < HeaderLen {
		return Ack{}, formatErrorf(0, "message header cut off: got %d bytes, want %d", len(msg), HeaderLen)
	}
	h := ParseHeader(msg)
	body := msg[HeaderLen:]
	if h.Type == TypeDone && len(body) < 4 {
		return Ack{}, nil
	}
	if len(body) < 4 {
		return Ack{}, formatErrorf(HeaderLen, "error code cut off: got %d bytes, want 4", len(body))
	}
	code := int32(binary.NativeEndian.Uint32(body))
	ack := Ack{Errno: int(-int64(code))}
	if code > 0 {
		ack.Errno = 0 // only negative numbers are errors
	}
	rest := 4
	if h.Type == TypeError {
		if len(body) < 4+HeaderLen {
			return ack, formatErrorf(HeaderLen+4, "echoed header cut off: got %d bytes, want %d", len(body)-4, HeaderLen)
		}
		n := HeaderLen
		if h.Flags&FlagCapped == 0 {
			if n = int(ParseHeader(body[4:]).Len); n < HeaderLen || n > len(body)-4 {
				return ack, formatErrorf(HeaderLen+4, "echoed request length %d, want %d to %d", n, HeaderLen, len(body)-4)
			}
		}
		ack.Echo = body[4 : 4+n : 4+n]
		rest += Align(n)
	}
	if h.Flags&FlagAckTLVs != 0 && rest < len(body) {
		ack.TLVs = body[rest:]
	}
	return ack, nil
}
