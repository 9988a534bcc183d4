package wire_test

import (
	"bytes"
	"testing"

	"github.com/nlsh/nlsh/internal/wire"
)

// The acknowledged request, 24 bytes, and its header.
var (
	ackedHeader = []byte{
		0x18, 0x00, 0x00, 0x00,
		0x10, 0x00, 0x05, 0x00,
		0x07, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00,
	}
	acked = append(bytes.Clone(ackedHeader),
		0x61, 0x62, 0x63, 0x64,
		0x65, 0x66, 0x67, 0x68,
	)
	ackTLVs = []byte{
		0x07, 0x00, 0x01, 0x00, // MSG
		0x6e, 0x6f, 0x00, 0x00,
		0x08, 0x00, 0x02, 0x00, // OFFS
		0x10, 0x00, 0x00, 0x00,
	}
	success = []byte{0x00, 0x00, 0x00, 0x00}
	erange  = []byte{0xde, 0xff, 0xff, 0xff} // -34
	echo17  = append([]byte{17}, append(bytes.Clone(ackedHeader[1:]), 'x')...)
)

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// ackMessage puts a header before a body.
func ackMessage(typ, flags uint16, body []byte) []byte {
	msg := append(make([]byte, wire.HeaderLen), body...)
	wire.Header{Len: uint32(len(msg)), Type: typ, Flags: flags, Seq: 7}.Put(msg)
	return msg
}

func TestParseAck(t *testing.T) {
	littleEndian(t)
	const (
		capped = wire.FlagCapped
		tlvs   = wire.FlagAckTLVs
	)
	for _, tt := range []struct {
		name  string
		typ   uint16
		flags uint16
		body  []byte
		want  wire.Ack
		off   int
	}{
		{"success", wire.TypeError, capped, join(success, ackedHeader), wire.Ack{Echo: ackedHeader}, -1},
		{"success with warning", wire.TypeError, capped | tlvs, join(success, ackedHeader, ackTLVs),
			wire.Ack{Echo: ackedHeader, TLVs: ackTLVs}, -1},
		{"error capped", wire.TypeError, capped, join(erange, ackedHeader), wire.Ack{Errno: 34, Echo: ackedHeader}, -1},
		{"error capped with attributes", wire.TypeError, capped | tlvs, join(erange, ackedHeader, ackTLVs),
			wire.Ack{Errno: 34, Echo: ackedHeader, TLVs: ackTLVs}, -1},
		{"error whole", wire.TypeError, 0, join(erange, acked), wire.Ack{Errno: 34, Echo: acked}, -1},
		{"error whole with attributes", wire.TypeError, tlvs, join(erange, acked, ackTLVs),
			wire.Ack{Errno: 34, Echo: acked, TLVs: ackTLVs}, -1},
		{"echo is padded before the attributes", wire.TypeError, tlvs, join(erange, echo17, []byte{0, 0, 0}, ackTLVs),
			wire.Ack{Errno: 34, Echo: echo17, TLVs: ackTLVs}, -1},
		{"bytes that no flag announces", wire.TypeError, capped, join(erange, ackedHeader, ackTLVs),
			wire.Ack{Errno: 34, Echo: ackedHeader}, -1},
		{"attributes announced, none there", wire.TypeError, capped | tlvs, join(erange, ackedHeader),
			wire.Ack{Errno: 34, Echo: ackedHeader}, -1},
		{"positive code is no error", wire.TypeError, capped, join([]byte{5, 0, 0, 0}, ackedHeader), wire.Ack{Echo: ackedHeader}, -1},
		{"smallest code", wire.TypeError, capped, join([]byte{0, 0, 0, 0x80}, ackedHeader),
			wire.Ack{Errno: 1 << 31, Echo: ackedHeader}, -1},
		{"error without code", wire.TypeError, 0, nil, wire.Ack{}, 16},
		{"error with half a code", wire.TypeError, 0, erange[:3], wire.Ack{}, 16},
		{"error without echo", wire.TypeError, 0, erange, wire.Ack{Errno: 34}, 20},
		{"error with half an echo", wire.TypeError, capped, join(erange, ackedHeader[:15]), wire.Ack{Errno: 34}, 20},
		{"echo shorter than it says", wire.TypeError, 0, join(erange, acked[:20]), wire.Ack{Errno: 34}, 20},
		{"echo of length 0", wire.TypeError, 0, join(erange, make([]byte, 16)), wire.Ack{Errno: 34}, 20},

		{"done", wire.TypeDone, wire.FlagMulti, success, wire.Ack{}, -1},
		{"done without code", wire.TypeDone, wire.FlagMulti, nil, wire.Ack{}, -1},
		{"done with half a code", wire.TypeDone, wire.FlagMulti, erange[:2], wire.Ack{}, -1},
		{"done with an error", wire.TypeDone, wire.FlagMulti, erange, wire.Ack{Errno: 34}, -1},
		{"done with a reason", wire.TypeDone, wire.FlagMulti | tlvs, join(erange, ackTLVs), wire.Ack{Errno: 34, TLVs: ackTLVs}, -1},
		{"done with a warning", wire.TypeDone, wire.FlagMulti | tlvs, join(success, ackTLVs), wire.Ack{TLVs: ackTLVs}, -1},
		{"done with bytes that no flag announces", wire.TypeDone, wire.FlagMulti, join(success, ackTLVs), wire.Ack{}, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.ParseAck(ackMessage(tt.typ, tt.flags, tt.body))
			wantFormat(t, err, tt.off)
			if got.Errno != tt.want.Errno || !bytes.Equal(got.Echo, tt.want.Echo) || !bytes.Equal(got.TLVs, tt.want.TLVs) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if (got.TLVs == nil) != (tt.want.TLVs == nil) || (got.Echo == nil) != (tt.want.Echo == nil) {
				t.Errorf("got %v, %v: absent is nil", got.TLVs, got.Echo)
			}
		})
	}
}

// Less than a header is an error like any other.
func TestParseAckShort(t *testing.T) {
	for n := range wire.HeaderLen {
		_, err := wire.ParseAck(make([]byte, n))
		wantFormat(t, err, 0)
	}
}

// What the kernel really sent (see testdata/README.md).
func TestParseAckRecorded(t *testing.T) {
	littleEndian(t)
	for _, tt := range []struct {
		file  string
		errno int
		echo  int
		text  string
	}{
		{"ack", 0, 16, ""},
		{"extack", 34, 16, "Attribute failed policy validation"},
		{"extack-uncapped", 34, 40, "Attribute failed policy validation"},
		{"extack-dump", 22, 0, "Invalid values in header for FIB dump request"},
	} {
		ack, err := wire.ParseAck(readHex(t, "testdata/"+tt.file+".hex")[0])
		wantFormat(t, err, -1)
		if ack.Errno != tt.errno || len(ack.Echo) != tt.echo {
			t.Errorf("%s: errno %d, echo of %d", tt.file, ack.Errno, len(ack.Echo))
		}
		text, ok := wire.Find(ack.TLVs, 1)
		if ok != (tt.text != "") || ok && string(text.Data) != tt.text+"\x00" {
			t.Errorf("%s: got %q", tt.file, text.Data)
		}
	}
}
