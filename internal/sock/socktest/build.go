package socktest

import (
	"encoding/binary"
	"slices"
	"syscall"

	"github.com/nlsh/nlsh/internal/wire"
)

// Attributes of an extended acknowledgement (linux/netlink.h).
const (
	attrMsg  = 1
	attrOffs = 2
)

// Message builds a message. Sequence and port are filled in by who sends it.
func Message(typ, flags uint16, body ...byte) []byte {
	return build(wire.Header{Type: typ, Flags: flags}, body)
}

// Reply builds a message that answers req: the whole answer, or with Multi
// one of several.
func Reply(req []byte, typ uint16, body ...byte) []byte {
	h := wire.ParseHeader(req)
	return build(wire.Header{Type: typ, Seq: h.Seq, Port: h.Port}, body)
}

// Multi is Reply with NLM_F_MULTI.
func Multi(req []byte, typ uint16, body ...byte) []byte {
	return Flag(Reply(req, typ, body...), wire.FlagMulti)
}

// Flag sets flags in a message, such as wire.FlagDumpIntr.
func Flag(msg []byte, flags uint16) []byte {
	h := wire.ParseHeader(msg)
	h.Flags |= flags
	h.Put(msg)
	return msg
}

// Ack builds the acknowledgement of req, with attributes if there are any.
func Ack(req []byte, tlvs ...[]byte) []byte { return Error(req, 0, tlvs...) }

// Error builds the refusal of req as the kernel does with NETLINK_CAP_ACK: the
// header of the request, then the attributes.
func Error(req []byte, errno syscall.Errno, tlvs ...[]byte) []byte {
	h := wire.ParseHeader(req)
	body := append(code(errno), req[:wire.HeaderLen]...)
	return build(wire.Header{
		Type: wire.TypeError, Flags: wire.FlagCapped | tlvFlag(tlvs), Seq: h.Seq, Port: h.Port,
	}, append(body, slices.Concat(tlvs...)...))
}

// Done builds the end of the dump that req asked for.
func Done(req []byte, errno syscall.Errno, tlvs ...[]byte) []byte {
	h := wire.ParseHeader(req)
	return build(wire.Header{
		Type: wire.TypeDone, Flags: wire.FlagMulti | tlvFlag(tlvs), Seq: h.Seq, Port: h.Port,
	}, append(code(errno), slices.Concat(tlvs...)...))
}

func code(errno syscall.Errno) []byte {
	return binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno)))
}

func tlvFlag(tlvs [][]byte) uint16 {
	if len(tlvs) > 0 {
		return wire.FlagAckTLVs
	}
	return 0
}

// TLV builds an attribute with its padding.
func TLV(typ uint16, payload ...byte) []byte {
	var b wire.Builder
	b.Attr(typ, payload)
	return b.Bytes()
}

// Text is the attribute in which the kernel says why.
func Text(s string) []byte { return TLV(attrMsg, append([]byte(s), 0)...) }

// Offset is the attribute that says which byte of the request is to blame.
func Offset(off uint32) []byte {
	return TLV(attrOffs, binary.NativeEndian.AppendUint32(nil, off)...)
}

// Datagram puts messages into one datagram.
func Datagram(msgs ...[]byte) []byte {
	var b wire.Builder
	for _, m := range msgs {
		b.Pad()
		b.Raw(m)
	}
	return b.Bytes()
}

// Cut is a message whose end is missing, though its header says that it is there.
func Cut(msg []byte, n int) []byte { return msg[:len(msg)-n] }

func build(h wire.Header, body []byte) []byte {
	var b wire.Builder
	b.Begin(h)
	b.Raw(body)
	msg, err := b.End()
	if err != nil {
		panic(err) // a Builder without nests and attributes has no errors
	}
	return msg
}
