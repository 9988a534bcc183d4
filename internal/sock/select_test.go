package sock_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

func TestSelect(t *testing.T) {
	a := socktest.Start(t, sock.Options{Groups: []uint32{1}}, nil)
	b := socktest.Start(t, sock.Options{Groups: []uint32{1}}, func(req []byte) [][]byte {
		return [][]byte{event("met"), socktest.Ack(req)}
	})
	conns := []*sock.Conn{a.Conn, b.Conn}
	want := func(first, index int) {
		t.Helper()
		if got, err := sock.Select(guarded(t), conns, first, -1); err != nil || got != index {
			t.Errorf("from %d: got %d, %v, want %d", first, got, err, index)
		}
	}
	_, err := sock.Select(guarded(t), conns, 0, 1)
	wantIs(t, err, os.ErrDeadlineExceeded)
	b.Push(event("b"))
	want(0, 1)
	want(1, 1)
	a.Push(event("a"))
	want(0, 0)
	want(1, 1)
	wantEvent(t, b.Conn, "b")
	wantEvent(t, a.Conn, "a")

	// What a request came across is not in the socket any more.
	_, err = b.Conn.Do(guarded(t), get())
	wantNil(t, err)
	want(0, 1)
	wantEvent(t, b.Conn, "met")

	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	go cancel(cause)
	_, err = sock.Select(ctx, conns, 0, -1)
	wantIs(t, err, cause)
	_, err = sock.Select(guarded(t), nil, 0, -1)
	wantIs(t, err, unix.EINVAL)
	a.Conn.Close()
	_, err = sock.Select(guarded(t), conns, 0, -1)
	wantIs(t, err, sock.ErrClosed)
}

// A receiver that is full is waited for, and no longer than was said.
func TestSendWait(t *testing.T) {
	a, b := socktest.Pair(t)
	p := make([]byte, 1<<10)
	fill := func() {
		for {
			if err := a.SendTo(b.Port(), 0, p); err != nil {
				wantIs(t, err, unix.EAGAIN)
				return
			}
		}
	}
	fill()
	wantIs(t, a.SendWait(guarded(t), b.Port(), p, 1), os.ErrDeadlineExceeded)
	sent := make(chan error)
	go func() { sent <- a.SendWait(guarded(t), b.Port(), p, -1) }()
	for done := false; !done; {
		_, _, err := b.TryRecv()
		if err != nil {
			var gap *sock.OverrunError
			if !errors.As(err, &gap) {
				t.Fatal(err)
			}
		}
		select {
		case err := <-sent:
			wantNil(t, err)
			done = true
		default:
		}
	}
	fill()
	ctx, cancel := context.WithCancel(context.Background())
	go cancel()
	wantIs(t, a.SendWait(ctx, b.Port(), p, -1), context.Canceled)
	b.Close()
	wantIs(t, a.SendWait(guarded(t), b.Port(), p, -1), unix.ECONNREFUSED)
	a.Close()
	wantIs(t, a.SendWait(guarded(t), 1, p, -1), sock.ErrClosed)
}
