package sock_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"golang.org/x/sys/unix"
)

// newPool counts the sockets that were opened.
func newPool(t *testing.T, answer socktest.Answer) (*sock.Pool, *atomic.Int32) {
	var opened atomic.Int32
	p := sock.NewPool(func() (*sock.Conn, error) {
		opened.Add(1)
		return socktest.New(t, answer), nil
	})
	t.Cleanup(func() { p.Close() })
	return p, &opened
}

func twoItems(req []byte) [][]byte {
	return [][]byte{item(req, "a"), item(req, "b"), socktest.Done(req, 0)}
}

func TestPool(t *testing.T) {
	ctx := guarded(t)
	p, opened := newPool(t, twoItems)
	for range 3 {
		d, err := p.Dump(ctx, get(), sock.DumpOptions{})
		wantNil(t, err)
		if d.Len() != 2 {
			t.Errorf("got %d", d.Len())
		}
		_, err = p.Stream(ctx, get(), sock.StreamOptions{}, func([]byte) error { return nil })
		wantNil(t, err)
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d sockets for one dump after the other", n)
	}
	// Two at a time need two, and both come back.
	a, err := p.Cursor(ctx, get(), sock.StreamOptions{})
	wantNil(t, err)
	b, err := p.Cursor(ctx, get(), sock.StreamOptions{})
	wantNil(t, err)
	for a.Next(ctx) && b.Next(ctx) {
	}
	for b.Next(ctx) {
	}
	for range 2 {
		c, err := p.Get()
		wantNil(t, err)
		t.Cleanup(func() { c.Close() })
	}
	if n := opened.Load(); n != 2 {
		t.Errorf("%d sockets, want 2", n)
	}
}

// A socket on which a dump was abandoned is not used again.
func TestPoolAbandoned(t *testing.T) {
	ctx := guarded(t)
	p, opened := newPool(t, twoItems)
	k, err := p.Cursor(ctx, get(), sock.StreamOptions{})
	wantNil(t, err)
	k.Next(ctx)
	k.Close()
	boom := errors.New("boom")
	_, err = p.Stream(ctx, get(), sock.StreamOptions{}, func([]byte) error { return boom })
	wantIs(t, err, boom)
	d, err := p.Dump(ctx, get(), sock.DumpOptions{})
	wantNil(t, err)
	if d.Len() != 2 || opened.Load() != 3 {
		t.Errorf("%d messages, %d sockets", d.Len(), opened.Load())
	}
}

// A dump that the kernel refuses as one too many is tried on another socket.
func TestPoolBusy(t *testing.T) {
	var asked atomic.Int32
	p, opened := newPool(t, func(req []byte) [][]byte {
		if asked.Add(1)%2 == 1 {
			return [][]byte{socktest.Error(req, unix.EBUSY)}
		}
		return twoItems(req)
	})
	d, err := p.Dump(guarded(t), get(), sock.DumpOptions{})
	wantNil(t, err)
	if d.Len() != 2 || opened.Load() != 2 {
		t.Errorf("%d messages, %d sockets", d.Len(), opened.Load())
	}
	_, err = p.Stream(guarded(t), get(), sock.StreamOptions{}, func([]byte) error { return nil })
	wantNil(t, err)
	always, opened := newPool(t, func(req []byte) [][]byte { return [][]byte{socktest.Error(req, unix.EBUSY)} })
	_, err = always.Dump(guarded(t), get(), sock.DumpOptions{})
	wantIs(t, err, unix.EBUSY)
	_, err = always.Stream(guarded(t), get(), sock.StreamOptions{}, func([]byte) error { return nil })
	wantIs(t, err, unix.EBUSY)
	if opened.Load() != 6 {
		t.Errorf("%d sockets, want 3 for each", opened.Load())
	}
}

func TestPoolClosed(t *testing.T) {
	p, _ := newPool(t, twoItems)
	c, err := p.Get()
	wantNil(t, err)
	wantNil(t, p.Close())
	p.Put(c)
	if !c.Closed() {
		t.Error("a socket given back to a closed pool is open")
	}
	_, err = p.Dump(bg, get(), sock.DumpOptions{})
	wantIs(t, err, sock.ErrClosed)
	refuses := sock.NewPool(func() (*sock.Conn, error) { return nil, unix.EMFILE })
	_, err = refuses.Dump(bg, get(), sock.DumpOptions{})
	wantIs(t, err, unix.EMFILE)
	_, err = refuses.Stream(bg, get(), sock.StreamOptions{}, nil)
	wantIs(t, err, unix.EMFILE)
	_, err = refuses.Cursor(bg, get(), sock.StreamOptions{})
	wantIs(t, err, unix.EMFILE)
}

func TestPoolConcurrently(t *testing.T) {
	ctx := guarded(t)
	p, _ := newPool(t, twoItems)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if d, err := p.Dump(ctx, get(), sock.DumpOptions{}); err != nil || d.Len() != 2 {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	wg.Wait()
}
