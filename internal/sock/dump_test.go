package sock_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

func item(req []byte, body string) []byte { return socktest.Multi(req, typeItem, []byte(body)...) }

func intr(msg []byte) []byte { return socktest.Flag(msg, wire.FlagDumpIntr) }

// dumps are the ways in which a dump may be answered. Dump and Stream see each.
var dumps = []struct {
	name   string
	answer socktest.Answer
	want   []string
	is     error // nil for complete
	off    int   // of a FormatError, 0 for none
	closed bool  // whether the Conn is, afterwards
}{
	{name: "empty", answer: func(req []byte) [][]byte { return [][]byte{socktest.Done(req, 0)} }},
	{name: "one datagram", want: []string{"a", "b"}, answer: func(req []byte) [][]byte {
		return [][]byte{socktest.Datagram(item(req, "a"), item(req, "b"), socktest.Done(req, 0))}
	}},
	{name: "a datagram each", want: []string{"a", "bcdef", ""}, answer: func(req []byte) [][]byte {
		return [][]byte{item(req, "a"), item(req, "bcdef"), item(req, ""), socktest.Done(req, 0)}
	}},
	{name: "end without code", want: []string{"a"}, answer: func(req []byte) [][]byte {
		return [][]byte{item(req, "a"), socktest.Multi(req, wire.TypeDone)}
	}},
	{name: "noop in between", want: []string{"a", "b"}, answer: func(req []byte) [][]byte {
		return [][]byte{item(req, "a"), socktest.Multi(req, wire.TypeNoop), item(req, "b"), socktest.Done(req, 0)}
	}},
	{name: "single message", want: []string{"a"}, answer: func(req []byte) [][]byte {
		return [][]byte{socktest.Reply(req, typeItem, 'a')}
	}},
	{name: "parts not marked as such", want: []string{"a", "b"}, answer: func(req []byte) [][]byte {
		return [][]byte{socktest.Datagram(
			socktest.Reply(req, typeItem, 'a'), socktest.Reply(req, typeItem, 'b'), socktest.Done(req, 0))}
	}},
	{name: "acknowledgement only", answer: func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} }},
	{name: "refused", is: unix.EOPNOTSUPP, answer: func(req []byte) [][]byte {
		return [][]byte{socktest.Error(req, unix.EOPNOTSUPP, socktest.Text("no"))}
	}},
	{name: "refused at the end", want: []string{"a"}, is: unix.EINVAL, answer: func(req []byte) [][]byte {
		return [][]byte{item(req, "a"), socktest.Done(req, unix.EINVAL, socktest.Text("invalid values in header"))}
	}},
	{name: "other messages in between", want: []string{"a", "b"}, answer: func(req []byte) [][]byte {
		other := socktest.Message(typeItem, wire.FlagMulti, 'x')
		return [][]byte{other, item(req, "a"), socktest.Datagram(other, item(req, "b"), other), socktest.Done(req, 0)}
	}},
	{name: "kernel overrun", want: []string{"a"}, is: unix.ENOBUFS, closed: true, answer: func(req []byte) [][]byte {
		return [][]byte{item(req, "a"), socktest.Multi(req, wire.TypeOverrun)}
	}},
	{name: "message cut off", want: []string{"a"}, off: 20, closed: true, answer: func(req []byte) [][]byte {
		return [][]byte{socktest.Cut(socktest.Datagram(item(req, "a"), item(req, "bbbb")), 1)}
	}},
	{name: "header cut off", want: []string{"aaaa"}, off: 20, closed: true, answer: func(req []byte) [][]byte {
		return [][]byte{append(item(req, "aaaa"), 1, 2, 3)}
	}},
	{name: "end cut off", off: 20, closed: true, answer: func(req []byte) [][]byte {
		return [][]byte{socktest.Multi(req, wire.TypeError, 0, 0, 0, 0)}
	}},
}

func TestDump(t *testing.T) {
	for _, tt := range dumps {
		t.Run(tt.name, func(t *testing.T) {
			c := socktest.New(t, tt.answer)
			d, err := c.Dump(guarded(t), get(), sock.DumpOptions{})
			checkDumpError(t, err, tt.is, tt.off)
			var got [][]byte
			for i, m := range d.All() {
				got = append(got, m)
				if !bytes.Equal(m, d.At(i)) {
					t.Errorf("All and At differ at %d", i)
				}
			}
			wantReplies(t, got, tt.want)
			if d.Messages != d.Len() || c.Closed() != tt.closed {
				t.Errorf("%d messages of %d, closed %v", d.Messages, d.Len(), c.Closed())
			}
		})
	}
}

func TestStream(t *testing.T) {
	for _, tt := range dumps {
		for _, keep := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				c := socktest.New(t, tt.answer)
				var got [][]byte
				info, err := c.Stream(guarded(t), get(), sock.StreamOptions{Keep: keep}, func(m []byte) error {
					if !keep {
						m = bytes.Clone(m)
					}
					got = append(got, m)
					return nil
				})
				checkDumpError(t, err, tt.is, tt.off)
				wantReplies(t, got, tt.want)
				if info.Messages != len(got) || c.Closed() != tt.closed {
					t.Errorf("%d messages of %d, closed %v", info.Messages, len(got), c.Closed())
				}
			})
		}
	}
}

func checkDumpError(t *testing.T, err, is error, off int) {
	t.Helper()
	switch {
	case off > 0:
		wantFormat(t, err, off)
	case is != nil:
		wantIs(t, err, is)
	default:
		wantNil(t, err)
	}
}

func TestDumpFacts(t *testing.T) {
	c := socktest.New(t, func(req []byte) [][]byte {
		return [][]byte{
			socktest.Flag(item(req, "a"), wire.FlagDumpFiltered),
			socktest.Done(req, 0, socktest.Text("a warning")),
		}
	})
	d, err := c.Dump(guarded(t), get(), sock.DumpOptions{})
	wantNil(t, err)
	if !d.Filtered || d.Interrupted || d.Attempts != 1 || d.Ack.TLVs == nil {
		t.Errorf("got %+v", d.DumpInfo)
	}
	c = socktest.New(t, func(req []byte) [][]byte {
		return [][]byte{socktest.Done(req, unix.EINVAL, socktest.Text("no"))}
	})
	_, err = c.Dump(guarded(t), get(), sock.DumpOptions{})
	var kernel *sock.KernelError
	if !errors.As(err, &kernel) || kernel.Ack.TLVs == nil || kernel.Ack.Echo != nil {
		t.Errorf("got %+v", kernel)
	}
}

// interrupted answers n dumps as inconsistent, and then one as it should be.
func interrupted(n int, done bool) socktest.Answer {
	return func(req []byte) [][]byte {
		end := socktest.Done(req, 0)
		if n--; n < 0 {
			return [][]byte{item(req, "good"), end}
		}
		if done {
			return [][]byte{item(req, "bad"), intr(end)}
		}
		return [][]byte{intr(item(req, "bad")), item(req, "bad"), end}
	}
}

func TestDumpInterrupted(t *testing.T) {
	for _, atEnd := range []bool{false, true} {
		k := socktest.Start(t, sock.Options{}, interrupted(4, atEnd))
		d, err := k.Conn.Dump(guarded(t), get(), sock.DumpOptions{})
		wantNil(t, err)
		if d.Attempts != 5 || d.Interrupted || d.Len() != 1 || len(k.Requests()) != 5 {
			t.Errorf("got %+v of %d requests", d.DumpInfo, len(k.Requests()))
		}
		k = socktest.Start(t, sock.Options{}, interrupted(100, atEnd))
		d, err = k.Conn.Dump(guarded(t), get(), sock.DumpOptions{Attempts: 3})
		var intr *sock.InterruptedError
		if !errors.As(err, &intr) || intr.Attempts != 3 || intr.Partial != d || d.Len() == 0 || !d.Interrupted {
			t.Fatalf("got %v of %+v", err, d.DumpInfo)
		}
		if n := len(k.Requests()); n != 3 {
			t.Errorf("asked %d times", n)
		}
		if k.Conn.Closed() {
			t.Error("a dump that ended does not close its Conn")
		}
	}
}

// A stream cannot take back what it handed out; only one that handed out nothing tries again.
func TestStreamInterrupted(t *testing.T) {
	k := socktest.Start(t, sock.Options{}, interrupted(1, false))
	n := 0
	info, err := k.Conn.Stream(guarded(t), get(), sock.StreamOptions{}, func([]byte) error { n++; return nil })
	wantIs(t, err, unix.EINTR)
	if n != 2 || !info.Interrupted || len(k.Requests()) != 1 || k.Conn.Closed() {
		t.Errorf("%d messages, %+v, %d requests", n, info, len(k.Requests()))
	}
	empty := 2
	k = socktest.Start(t, sock.Options{}, func(req []byte) [][]byte {
		if empty--; empty >= 0 {
			return [][]byte{intr(socktest.Done(req, 0))}
		}
		return [][]byte{item(req, "a"), socktest.Done(req, 0)}
	})
	n = 0
	info, err = k.Conn.Stream(guarded(t), get(), sock.StreamOptions{}, func([]byte) error { n++; return nil })
	wantNil(t, err)
	if n != 1 || info.Attempts != 3 {
		t.Errorf("%d messages, %+v", n, info)
	}
}

func TestStreamCalleeFails(t *testing.T) {
	boom := errors.New("boom")
	c := socktest.New(t, func(req []byte) [][]byte { return [][]byte{item(req, "a")} })
	_, err := c.Stream(guarded(t), get(), sock.StreamOptions{}, func([]byte) error { return boom })
	wantIs(t, err, boom)
	_, err = c.Do(bg, get())
	wantIs(t, err, sock.ErrClosed)
	if want := "request: socket is closed after a dump on it was abandoned"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestDumpSilence(t *testing.T) {
	// In the middle, too: one part and then nothing.
	for _, parts := range [][]string{nil, {"a"}} {
		c := socktest.New(t, func(req []byte) (out [][]byte) {
			for _, p := range parts {
				out = append(out, item(req, p))
			}
			return out
		})
		d, err := c.Dump(guarded(t), get(), sock.DumpOptions{Timeout: 1})
		wantIs(t, err, os.ErrDeadlineExceeded)
		if d == nil || !c.Closed() {
			t.Error("want what there was, and the Conn closed")
		}
	}
}

func TestDumpCancelled(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(guarded(t))
	c := socktest.New(t, func(req []byte) [][]byte {
		cancel(why)
		return [][]byte{item(req, "a")}
	})
	_, err := c.Dump(ctx, get(), sock.DumpOptions{Timeout: -1})
	wantIs(t, err, why)
	if !c.Closed() {
		t.Error("the Conn of an abandoned dump is still open")
	}
	c = socktest.New(t, nil)
	_, err = c.Dump(ctx, get(), sock.DumpOptions{})
	wantIs(t, err, why)
	if c.Closed() {
		t.Error("closed though nothing was sent")
	}
}

// Messages of all sizes, in datagrams small and larger than every buffer, and
// in the order in which they came.
func TestDumpLarge(t *testing.T) {
	const total = 60000
	size := func(i int) int { return 4 + i*i%197 }
	c := socktest.New(t, func(req []byte) [][]byte {
		var out [][]byte
		var b wire.Builder
		limits := []int{4 << 10, 32 << 10, 31<<10 + 1, 100 << 10}
		for i := range total {
			body := make([]byte, size(i))
			binary.NativeEndian.PutUint32(body, uint32(i))
			b.Pad()
			b.Raw(socktest.Multi(req, typeItem, body...))
			if b.Len() > limits[len(out)%len(limits)]-300 {
				out = append(out, bytes.Clone(b.Bytes()))
				b.Reset()
			}
		}
		return append(out, socktest.Datagram(b.Bytes(), socktest.Done(req, 0)))
	})
	d, err := c.Dump(guarded(t), get(), sock.DumpOptions{})
	wantNil(t, err)
	if d.Len() != total {
		t.Fatalf("got %d, want %d", d.Len(), total)
	}
	for i, m := range d.All() {
		if len(m) != wire.HeaderLen+size(i) || binary.NativeEndian.Uint32(m[wire.HeaderLen:]) != uint32(i) {
			t.Fatalf("message %d is wrong", i)
		}
	}
}

// Small dumps do not keep a large buffer alive, nor share memory.
func TestDumpSmall(t *testing.T) {
	n := 0
	c := socktest.New(t, func(req []byte) [][]byte {
		n++
		return [][]byte{item(req, string(rune('a'+n-1))), socktest.Done(req, 0)}
	})
	var all []*sock.Dump
	for range 20 {
		d, err := c.Dump(guarded(t), get(), sock.DumpOptions{})
		wantNil(t, err)
		all = append(all, d)
	}
	for i, d := range all {
		wantReplies(t, [][]byte{d.At(0)}, []string{string(rune('a' + i))})
	}
}

func TestCursor(t *testing.T) {
	ctx := guarded(t)
	answer := func(req []byte) [][]byte {
		return [][]byte{item(req, "a"), item(req, "b"), socktest.Done(req, 0)}
	}
	c := socktest.New(t, answer)
	k, err := c.Cursor(ctx, get(), sock.StreamOptions{})
	wantNil(t, err)
	for _, want := range []string{"a", "b"} {
		if !k.Next(ctx) || string(k.Message()[wire.HeaderLen:]) != want {
			t.Fatalf("got %q, want %q", k.Message(), want)
		}
		// The socket is taken.
		_, err = c.Do(ctx, get())
		wantIs(t, err, unix.EBUSY)
		_, err = c.Transact(ctx, nil, sock.TransactOptions{})
		wantIs(t, err, sock.ErrBusy)
		_, err = c.Dump(ctx, get(), sock.DumpOptions{})
		wantIs(t, err, sock.ErrBusy)
		_, err = c.Recv(ctx, 0)
		wantIs(t, err, sock.ErrBusy)
	}
	again := k.Next(ctx)
	if again = again || k.Next(ctx); again || k.Err() != nil || k.Message() != nil {
		t.Errorf("not at the end: %v", k.Err())
	}
	k.Close()
	k.Close()
	if c.Closed() {
		t.Error("a dump that was read to its end closed the Conn")
	}
	k, err = c.Cursor(ctx, get(), sock.StreamOptions{})
	wantNil(t, err)
	k.Close()
	if !c.Closed() || k.Next(ctx) || k.Err() != nil {
		t.Errorf("closed %v, error %v", c.Closed(), k.Err())
	}
}

// A Conn that is closed under its cursor is an error, not a crash.
func TestCursorClosedUnderneath(t *testing.T) {
	ctx := guarded(t)
	c := socktest.New(t, func(req []byte) [][]byte { return [][]byte{item(req, "a")} })
	k, err := c.Cursor(ctx, get(), sock.StreamOptions{})
	wantNil(t, err)
	c.Close()
	if k.Next(ctx) {
		t.Error("a message of a closed socket")
	}
	wantIs(t, k.Err(), sock.ErrClosed)
}
