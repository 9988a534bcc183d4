package session_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

// pending are the names of the events that can be had without waiting.
func pending(t *testing.T, f *session.Family) (names []string) {
	t.Helper()
	for {
		e, ok, err := f.TryEvent()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return names
		}
		names = append(names, e.Name())
	}
}

func TestBarrierWithoutGroups(t *testing.T) {
	f := fakeRoute(t, nil)
	if err := f.Barrier(context.Background(), 0); !errors.Is(err, session.ErrNoGroups) {
		t.Errorf("got %v, want ErrNoGroups", err)
	}
	f.Close()
	if err := f.Settle(context.Background(), 1, 0); !errors.Is(err, session.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// What is there is not lost by waiting for silence, nor is its order.
func TestSettleKeeps(t *testing.T) {
	ns := netnstest.New(t)
	f := mustOpen(t, registry(), "route", session.Options{NetNS: ns, Groups: []string{"link"}, Timeout: socktest.Deadline})
	mustDo(t, f, "newlink", m{"ifname": "br0", "linkinfo": m{"kind": "bridge"}}, "create")
	mustDo(t, f, "dellink", m{"ifname": "br0"})
	if err := f.Settle(context.Background(), time.Millisecond, 0); err != nil {
		t.Fatal(err)
	}
	got := pending(t, f)
	if len(got) < 2 || got[0] != "newlink" || got[len(got)-1] != "dellink" {
		t.Errorf("got %q", got)
	}
}

// It does not wait for the end of a flood for ever.
func TestSettleFlood(t *testing.T) {
	var once sync.Once
	asked := make(chan struct{})
	kernels := make(chan *socktest.Kernel, 2)
	reg := registry()
	reg.Dial = func(o sock.Options) (*sock.Conn, error) {
		k := socktest.Start(t, o, func(req []byte) [][]byte {
			once.Do(func() { close(asked) })
			return [][]byte{socktest.Ack(req)}
		})
		kernels <- k
		return k.Conn, nil
	}
	f := mustOpen(t, reg, "route", session.Options{Groups: []string{"link"}})
	<-kernels
	k := <-kernels
	ctx, stop := context.WithCancel(context.Background())
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		<-asked
		for ctx.Err() == nil {
			k.Push(socktest.Message(16, 0, make([]byte, 16)...))
		}
	}()
	err := f.Settle(ctx, time.Hour, 200*time.Millisecond)
	stop()
	pending(t, f) // the other side may wait for room
	<-flooded
	if !errors.Is(err, os.ErrDeadlineExceeded) { // of the silence, or on a slow machine of the barrier
		t.Errorf("got %v, want the end of the time", err)
	}
	if err := f.Settle(ctx, time.Second, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
