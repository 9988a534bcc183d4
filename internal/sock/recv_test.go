package sock_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"golang.org/x/sys/unix"
)

func event(s string) []byte { return socktest.Message(typeItem, 0, []byte(s)...) }

func wantEvent(t *testing.T, c *sock.Conn, want string) {
	t.Helper()
	d, err := c.Recv(guarded(t), 0)
	wantNil(t, err)
	it := d.Messages()
	if !it.Next() || string(it.Body()) != want {
		t.Fatalf("got %q, want %q", d.Data, want)
	}
}

func TestRecv(t *testing.T) {
	k := socktest.Start(t, sock.Options{Groups: []uint32{1}}, nil)
	k.Push(event("a"))
	k.Push(event("b"))
	wantEvent(t, k.Conn, "a")
	wantEvent(t, k.Conn, "b")
	if _, ok, err := k.Conn.TryRecv(); ok || err != nil {
		t.Errorf("got %v, %v of nothing", ok, err)
	}
	k.Push(event("c"))
	d, ok, err := k.Conn.TryRecv()
	if !ok || err != nil || d.Group != 0 || d.NSID != -1 {
		t.Errorf("got %+v, %v, %v", d, ok, err)
	}
	_, err = k.Conn.Recv(guarded(t), 1)
	wantIs(t, err, os.ErrDeadlineExceeded)
	if want := "no event within 1ns"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

// Events that come while an answer is awaited wait for Recv.
func TestRecvAfterDo(t *testing.T) {
	k := socktest.Start(t, sock.Options{Groups: []uint32{1}}, func(req []byte) [][]byte {
		return [][]byte{event("a"), socktest.Datagram(event("b"), socktest.Ack(req), event("c"))}
	})
	_, err := k.Conn.Do(guarded(t), get())
	wantNil(t, err)
	_, err = k.Conn.Transact(guarded(t), [][]byte{get()}, sock.TransactOptions{})
	wantNil(t, err)
	k.Push(event("d"))
	for _, want := range []string{"a", "b", "c", "a", "b", "c", "d"} {
		wantEvent(t, k.Conn, want)
	}
	if k.Conn.Ignored() != 0 {
		t.Errorf("ignored %d", k.Conn.Ignored())
	}
}

func TestRecvKept(t *testing.T) {
	k := socktest.Start(t, sock.Options{Groups: []uint32{1}}, nil)
	var all []sock.Datagram
	for i := range 300 {
		k.Push(event(string(rune('a' + i%26))))
		d, err := k.Conn.Recv(guarded(t), 0)
		wantNil(t, err)
		all = append(all, d)
	}
	for i, d := range all {
		if d.Data[16] != byte('a'+i%26) {
			t.Fatalf("event %d was overwritten", i)
		}
	}
}

// Bytes that make no sense are handed out as they are: the walk says so.
func TestRecvMalformed(t *testing.T) {
	k := socktest.Start(t, sock.Options{Groups: []uint32{1}}, nil)
	k.Push([]byte{1, 2, 3})
	d, err := k.Conn.Recv(guarded(t), 0)
	wantNil(t, err)
	it := d.Messages()
	if it.Next() {
		t.Error("got a message")
	}
	wantFormat(t, it.Err(), 0)
}

// Whether the wait has begun when the context ends or not, it ends at once,
// and nothing of it is left for the next wait.
func TestCancelWhileWaiting(t *testing.T) {
	k := socktest.Start(t, sock.Options{}, nil)
	for i := range 200 {
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(guarded(t))
		started := make(chan struct{})
		go func() {
			<-started
			if i%2 == 0 {
				for range i * 10 { // early, late, in between
					_ = ctx.Err()
				}
			}
			cancel(why)
		}()
		close(started)
		_, err := k.Conn.Recv(ctx, -1)
		wantIs(t, err, why)
		if i%10 == 0 {
			k.Push(event("x"))
			wantEvent(t, k.Conn, "x")
		}
	}
}

func TestClosed(t *testing.T) {
	before := openFDs(t)
	k := socktest.Start(t, sock.Options{}, nil)
	c := k.Conn
	ctx, cancel := context.WithCancel(bg)
	_, err := c.DoWith(ctx, get(), sock.CallOptions{Timeout: 1}) // makes the eventfd
	wantIs(t, err, os.ErrDeadlineExceeded)
	cancel()
	for range 3 {
		wantNil(t, c.Close())
	}
	_, doErr := c.Do(bg, get())
	_, transactErr := c.Transact(bg, [][]byte{get()}, sock.TransactOptions{})
	_, dumpErr := c.Dump(bg, get(), sock.DumpOptions{})
	_, cursorErr := c.Cursor(bg, get(), sock.StreamOptions{})
	_, recvErr := c.Recv(bg, 0)
	_, _, tryErr := c.TryRecv()
	_, groupsErr := c.Groups()
	_, dropsErr := c.Drops()
	_, cookieErr := c.NetnsCookie()
	_, optErr := c.Option(unix.NETLINK_EXT_ACK)
	for i, err := range []error{
		doErr, transactErr, dumpErr, cursorErr, recvErr, tryErr, groupsErr, dropsErr, cookieErr, optErr,
		c.Send(get()), c.SendTo(1, 1, get()), c.SetExtAck(true), c.SetRecvBuf(1),
	} {
		if !errors.Is(err, sock.ErrClosed) {
			t.Errorf("call %d: got %v, want ErrClosed", i, err)
		}
	}
	if c.FD() != -1 || !c.Closed() {
		t.Error("not closed")
	}
	if n := openFDs(t); n != before+1 { // the kernel's side
		t.Errorf("%d files open, %d before", n, before)
	}
}
