package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/wire"
)

// readHex reads a recording: a datagram a line.
func readHex(tb testing.TB, file string) (datagrams [][]byte) {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		datagrams = append(datagrams, b)
	}
	return datagrams
}

// seeds are the recordings of testdata and, where they are, those of other
// families that were made for the specs: NLSH_WIRE names their folder.
func seeds(tb testing.TB) (datagrams [][]byte) {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.hex")
	if err != nil || len(files) == 0 {
		tb.Fatal("no testdata", err)
	}
	for _, file := range files {
		datagrams = append(datagrams, readHex(tb, file)...)
	}
	dir := os.Getenv("NLSH_WIRE")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "ynl", "wire")
	}
	more, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	if len(more) == 0 {
		tb.Logf("no seeds but those of testdata: no recordings in %s (NLSH_WIRE)", dir)
	}
	for _, file := range more {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		if !bytes.HasPrefix(text, []byte("{")) {
			continue // a list of what was not recorded
		}
		var rec struct{ Request, Replies []string }
		if err := json.Unmarshal(text, &rec); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		for _, s := range append(rec.Request, rec.Replies...) {
			b, err := hex.DecodeString(s)
			if err != nil {
				tb.Fatalf("%s: %v", file, err)
			}
			datagrams = append(datagrams, b)
		}
	}
	return datagrams
}

// All that was recorded is well formed.
func TestRecorded(t *testing.T) {
	littleEndian(t)
	n := 0
	for _, d := range seeds(t) {
		it := wire.WalkMessages(d)
		for it.Next() {
			n++
			if h := it.Header(); h.Type == wire.TypeError || h.Type == wire.TypeDone {
				if _, err := wire.ParseAck(it.Message()); err != nil {
					t.Errorf("%v in %x", err, it.Message())
				}
			}
		}
		if it.Err() != nil {
			t.Errorf("%v in %x", it.Err(), d)
		}
	}
	if n < 50 {
		t.Errorf("only %d messages", n)
	}
}

func FuzzMessages(f *testing.F) {
	for _, d := range seeds(f) {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var again wire.Builder // what was read can be written, and is the same
		it, end := wire.WalkMessages(in), 0
		for it.Next() {
			msg := it.Message()
			if it.Offset() != wire.Align(end) || len(msg) < wire.HeaderLen || int(it.Header().Len) != len(msg) {
				t.Fatalf("message of %d at %d, behind %d", len(msg), it.Offset(), end)
			}
			end = it.Offset() + len(msg)
			again.Begin(it.Header())
			again.Raw(it.Body())
			if got, err := again.End(); err != nil || !bytes.Equal(got, msg) {
				t.Fatalf("got %x, %v, want %x", got, err, msg)
			}
		}
		checkEnd(t, it.Err(), end, len(in))
	})
}

func FuzzAttrs(f *testing.F) {
	for _, d := range seeds(f) {
		for it := wire.WalkMessages(d); it.Next(); {
			for _, header := range []int{0, 4, 8, 12, 16} {
				if len(it.Body()) >= header {
					f.Add(it.Body()[header:])
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var again wire.Builder
		at, end := wire.WalkAttrs(in), 0
		last := map[uint16]wire.Attr{}
		for at.Next() {
			a := at.Attr
			if a.Off != wire.Align(end) || a.Num()&(wire.Nested|wire.NetOrder) != 0 {
				t.Fatalf("attribute %#x at %d, behind %d", a.Type, a.Off, end)
			}
			end = a.Off + wire.AttrHeaderLen + len(a.Data)
			last[a.Num()] = a
			again.Attr(a.Type, a.Data)
		}
		checkEnd(t, at.Err(), end, len(in))
		for num, want := range last {
			if got, ok := wire.Find(in, num); !ok || got.Off != want.Off || !bytes.Equal(got.Data, want.Data) {
				t.Fatalf("found %v, want %v", got, want)
			}
		}
		wantFormat(t, again.Err(), -1)
		if !bytes.Equal(unpadded(again.Bytes()), unpadded(in[:end])) {
			t.Fatalf("got %x, want %x", again.Bytes(), in[:end])
		}
	})
}

// unpadded is buf with its padding zeroed, which senders may fill as they like.
func unpadded(buf []byte) []byte {
	out := make([]byte, wire.Align(len(buf)))
	for at := wire.WalkAttrs(buf); at.Next(); {
		copy(out[at.Attr.Off:], buf[at.Attr.Off:at.Attr.Off+wire.AttrHeaderLen+len(at.Attr.Data)])
	}
	return out
}

// checkEnd checks that a walk that got to end, of n bytes, ended as it should.
func checkEnd(t *testing.T, err error, end, n int) {
	t.Helper()
	if next := wire.Align(end); next < n {
		wantFormat(t, err, next)
	} else {
		wantFormat(t, err, -1)
	}
}

func FuzzParseAck(f *testing.F) {
	for _, d := range seeds(f) {
		for it := wire.WalkMessages(d); it.Next(); {
			if h := it.Header(); h.Type == wire.TypeError || h.Type == wire.TypeDone {
				f.Add(it.Message())
			}
		}
	}
	f.Add(ackMessage(wire.TypeError, wire.FlagAckTLVs, join(erange, acked, ackTLVs)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		ack, err := wire.ParseAck(in)
		if err != nil {
			if ack.TLVs != nil {
				t.Error("attributes of a malformed acknowledgement")
			}
			return
		}
		if ack.Errno < 0 || len(ack.Echo)+len(ack.TLVs) > len(in) {
			t.Errorf("got %+v of %d bytes", ack, len(in))
		}
		if ack.Echo != nil && len(ack.Echo) < wire.HeaderLen {
			t.Errorf("echo of %d bytes", len(ack.Echo))
		}
	})
}

// FuzzBuild takes its input for instructions, builds, and reads back.
func FuzzBuild(f *testing.F) {
	for _, d := range seeds(f) {
		f.Add(d)
	}
	f.Add([]byte{0, 1, 2, 0, 3, 1, 1, 5, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		var b wire.Builder
		b.Begin(wire.Header{Type: 16})
		root := new(node)
		open := []*node{root}
		for i := 0; i+1 < len(in); i += 2 {
			top := open[len(open)-1]
			switch op, arg := in[i], in[i+1]; {
			case op%4 == 0 && len(open) <= wire.MaxDepth:
				child := &node{typ: uint16(arg) | wire.Nested}
				top.children = append(top.children, child)
				open = append(open, child)
				b.Nest(child.typ)
			case op%4 == 1 && len(open) > 1:
				open = open[:len(open)-1]
				b.EndNest()
			default:
				data := in[i:min(len(in), i+int(arg))]
				top.children = append(top.children, &node{typ: uint16(arg), data: data})
				b.Attr(uint16(arg), data)
			}
		}
		for range open[1:] {
			b.EndNest()
		}
		msg, err := b.End()
		if err != nil {
			if b.Len() < wire.MaxAttrPayload {
				t.Fatalf("%v in a small message", err)
			}
			return
		}
		it := wire.WalkMessages(msg)
		if !it.Next() || len(it.Message()) != len(msg) {
			t.Fatal(it.Err())
		}
		root.check(t, it.Body())
	})
}

// node is an attribute that was built.
type node struct {
	typ      uint16
	data     []byte
	children []*node
}

func (n *node) check(t *testing.T, buf []byte) {
	at := wire.WalkAttrs(buf)
	for _, c := range n.children {
		if !at.Next() || at.Attr.Type != c.typ {
			t.Fatalf("got %+v, %v, want type %#x", at.Attr, at.Err(), c.typ)
		}
		if at.Attr.Nested() {
			c.check(t, at.Attr.Data)
		} else if !bytes.Equal(at.Attr.Data, c.data) {
			t.Fatalf("got %x, want %x", at.Attr.Data, c.data)
		}
	}
	if at.Next() || at.Err() != nil {
		t.Fatalf("more than was built: %+v, %v", at.Attr, at.Err())
	}
}
