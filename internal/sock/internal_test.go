package sock

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"unsafe"

	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// pipe is a Conn and the other end of it.
func pipe(t testing.TB) (*Conn, int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := FromFD(fds[0], Options{Timeout: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); unix.Close(fds[1]) })
	return c, fds[1]
}

// A datagram that is larger than everything is an error with its length, and
// the next of that length has room. The real spill takes 1 MiB, more than
// some machines let a test send, so this one is smaller.
func TestTruncated(t *testing.T) {
	c, peer := pipe(t)
	const size = scratchLen + 3*4096
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * 7)
	}
	small, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	c.io.spill = small
	for range 2 {
		if _, err := unix.Write(peer, data); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.Recv(context.Background(), 0)
	var truncated *TruncatedError
	if !errors.As(err, &truncated) || truncated.Len != size || truncated.Room != scratchLen+4096 {
		t.Fatalf("got %v, want a TruncatedError", err)
	}
	d, err := c.Recv(context.Background(), 0)
	if err != nil || !bytes.Equal(d.Data, data) {
		t.Fatalf("got %d bytes, %v", len(d.Data), err)
	}
}

// A datagram that reaches into the spill comes whole.
func TestSpill(t *testing.T) {
	c, peer := pipe(t)
	for _, size := range []int{1, scratchLen - 1, scratchLen, scratchLen + 1, 2 * scratchLen} {
		data := bytes.Repeat([]byte{byte(size), 2, 3}, size/3+1)[:size]
		if _, err := unix.Write(peer, data); err != nil {
			t.Fatal(err)
		}
		if d, err := c.Recv(context.Background(), 0); err != nil || !bytes.Equal(d.Data, data) {
			t.Fatalf("size %d: got %d bytes, %v", size, len(d.Data), err)
		}
	}
}

func TestReadControl(t *testing.T) {
	cmsg := func(level, typ int32, payload ...byte) []byte {
		b := make([]byte, unix.CmsgSpace(len(payload)))
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		h.Level, h.Type = level, typ
		h.SetLen(unix.CmsgLen(len(payload)))
		copy(b[unix.SizeofCmsghdr:], payload)
		return b
	}
	num := func(v uint32) []byte { return ne.AppendUint32(nil, v) }
	group := cmsg(unix.SOL_NETLINK, unix.NETLINK_PKTINFO, num(36)...)
	nsid := cmsg(unix.SOL_NETLINK, unix.NETLINK_LISTEN_ALL_NSID, num(4)...)
	long := bytes.Clone(group)
	(*unix.Cmsghdr)(unsafe.Pointer(&long[0])).SetLen(1000)
	for _, tt := range []struct {
		name  string
		oob   []byte
		group uint32
		nsid  int32
	}{
		{"none", nil, 0, -1},
		{"group", group, 36, -1},
		{"both", append(bytes.Clone(group), nsid...), 36, 4},
		{"another level", cmsg(unix.SOL_SOCKET, unix.NETLINK_PKTINFO, num(36)...), 0, -1},
		{"unknown first", append(cmsg(unix.SOL_NETLINK, 77, 1, 2, 3), nsid...), 0, 4},
		{"too short for its type", cmsg(unix.SOL_NETLINK, unix.NETLINK_PKTINFO, 1), 0, -1},
		{"length 0", make([]byte, 32), 0, -1},
		{"length beyond the end", long, 0, -1},
		{"half a header", group[:8], 0, -1},
	} {
		var r recvState
		r.msg.Control = &r.oob[0]
		r.msg.SetControllen(copy(r.oob[:], tt.oob))
		if r.readControl(); r.group != tt.group || r.nsid != tt.nsid {
			t.Errorf("%s: got group %d, nsid %d", tt.name, r.group, r.nsid)
		}
	}
}

// Places lead back to what was put there, across chunks of every size.
func TestArena(t *testing.T) {
	var a arena
	var x index
	var want [][]byte
	if err := a.use(make([]byte, scratchLen)); err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		size := wire.HeaderLen + i*31%4000
		if i%500 == 499 {
			size = 3*chunkLen + i // larger than any chunk
		}
		msg := bytes.Repeat([]byte{byte(i)}, size)
		wire.Header{Len: uint32(size), Seq: uint32(i)}.Put(msg)
		tail, err := a.tail()
		if err != nil || len(tail) < minTail {
			t.Fatalf("tail of %d, %v", len(tail), err)
		}
		data := msg
		if size <= len(tail) {
			data = tail[:copy(tail, msg)]
		}
		off, err := a.keep(data)
		if err != nil {
			t.Fatal(err)
		}
		x.add(a.place(off))
		want = append(want, msg)
	}
	for i, msg := range want {
		if !bytes.Equal(a.at(x.at(i)), msg) {
			t.Fatalf("message %d is not what was kept", i)
		}
	}
}

// Messages that start beyond the first slot of a chunk that has several.
func TestArenaLargeDatagram(t *testing.T) {
	var a arena
	const size = 60000
	data := make([]byte, 50*size)
	var places []uint32
	off, err := a.keep(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		wire.Header{Len: size, Seq: uint32(i)}.Put(data[i*size:])
		places = append(places, a.place(off+i*size))
	}
	for i, p := range places {
		if m := a.at(p); len(m) != size || wire.ParseHeader(m).Seq != uint32(i) {
			t.Fatalf("message %d is wrong", i)
		}
	}
}

func TestArenaFull(t *testing.T) {
	a := arena{slots: make([][]byte, maxSlots)}
	if _, err := a.tail(); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestSlab(t *testing.T) {
	var s slab
	var got, want [][]byte
	for i := range 2000 {
		b := bytes.Repeat([]byte{byte(i)}, i%1500)
		got, want = append(got, s.clone(b)), append(want, bytes.Clone(b))
		clear(b)
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) || cap(got[i]) != len(got[i]) {
			t.Fatalf("piece %d was written to, or may be appended to", i)
		}
	}
}

func TestEventQueueBound(t *testing.T) {
	c, _ := pipe(t)
	big := make([]byte, maxQueued/2)
	for range 5 {
		c.events.push(Datagram{Data: big})
	}
	for range 2 {
		if _, err := c.Recv(context.Background(), 0); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Recv(context.Background(), 0)
	var overrun *OverrunError
	if !errors.As(err, &overrun) || overrun.Lost != 3 {
		t.Errorf("got %v, want 3 lost", err)
	}
}

// The time that a dump may take counts from its last datagram.
func TestLimit(t *testing.T) {
	c, _ := pipe(t)
	l := c.limit("dump", 0)
	if l.after != -1 {
		t.Errorf("got %v, want that of the Conn", l.after)
	}
	l.start()
	if !l.end.IsZero() {
		t.Error("a wait for ever has an end")
	}
	c.SetTimeout(0)
	if l = c.limit("dump", 0); l.after != DefaultTimeout {
		t.Errorf("got %v", l.after)
	}
	l.start()
	end := l.end
	if l.start(); l.end != end {
		t.Error("started twice")
	}
	if l.restart(); !l.end.IsZero() {
		t.Error("a datagram does not start the time anew")
	}
}
