package sock_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// What came before the acknowledgement is there without waiting, in order.
func TestBarrier(t *testing.T) {
	k := socktest.Start(t, sock.Options{Groups: []uint32{1}}, func(req []byte) [][]byte {
		if h := wire.ParseHeader(req); h.Type != wire.TypeNoop || h.Flags != wire.FlagRequest|wire.FlagAck {
			t.Errorf("got type %d flags %#x, want a NOOP to acknowledge", h.Type, h.Flags)
		}
		return [][]byte{event("b"), socktest.Datagram(event("c"), event("d")), socktest.Ack(req), event("e")}
	})
	k.Push(event("a"))
	wantNil(t, k.Conn.Barrier(guarded(t), 0))
	got := ""
	for len(got) < 4 {
		d, ok, err := k.Conn.TryRecv()
		if !ok || err != nil {
			t.Fatalf("got %v, %v after %q", ok, err, got)
		}
		for it := d.Messages(); it.Next(); {
			got += string(it.Body())
		}
	}
	if got != "abcd" {
		t.Errorf("got %q, want abcd", got)
	}
	wantEvent(t, k.Conn, "e")
}

// A refusal is an answer too.
func TestBarrierRefused(t *testing.T) {
	k := socktest.Start(t, sock.Options{Groups: []uint32{1}}, func(req []byte) [][]byte {
		return [][]byte{socktest.Error(req, unix.EPERM)}
	})
	wantNil(t, k.Conn.Barrier(guarded(t), 0))
}

func TestBarrierUnanswered(t *testing.T) {
	k := socktest.Start(t, sock.Options{Groups: []uint32{1}}, nil)
	err := k.Conn.Barrier(guarded(t), 1)
	wantIs(t, err, os.ErrDeadlineExceeded)
	if want := "no acknowledgement of the barrier within 1ns"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	ctx, cancel := context.WithCancelCause(guarded(t))
	enough := errors.New("enough")
	cancel(enough)
	wantIs(t, k.Conn.Barrier(ctx, 0), enough)
	k.Conn.Close()
	wantIs(t, k.Conn.Barrier(guarded(t), 0), sock.ErrClosed)
}

// Each protocol that the kernel listens on acknowledges, to whom it lets do
// nothing else too; one that it does not listen on says so instead of hanging.
func TestLiveBarrierProtocols(t *testing.T) {
	ns := netnstest.New(t)
	for _, p := range []struct {
		name     string
		proto    int
		optional bool
	}{
		{"route", unix.NETLINK_ROUTE, false},
		{"generic", unix.NETLINK_GENERIC, false},
		{"netfilter", unix.NETLINK_NETFILTER, true},
		{"xfrm", unix.NETLINK_XFRM, true},
		{"sock_diag", unix.NETLINK_SOCK_DIAG, true},
		{"kobject_uevent", unix.NETLINK_KOBJECT_UEVENT, true},
		{"audit", unix.NETLINK_AUDIT, true},
	} {
		t.Run(p.name, func(t *testing.T) {
			var c *sock.Conn
			err := netns.Do(ns, func() (err error) {
				c, err = sock.Open(sock.Options{Proto: p.proto, Timeout: socktest.Deadline})
				return err
			})
			if p.optional && errors.Is(err, unix.EPROTONOSUPPORT) {
				t.Skipf("the kernel lacks the protocol %s", p.name)
			}
			wantNil(t, err)
			defer c.Close()
			wantNil(t, c.Barrier(guarded(t), 0))
		})
	}
	c := open(t, ns, sock.Options{Proto: unix.NETLINK_USERSOCK})
	wantIs(t, c.Barrier(guarded(t), 0), sock.ErrNoBarrier)
}

// The events of somebody else's requests, which have returned, are there.
func TestLiveBarrierEvents(t *testing.T) {
	ns := netnstest.New(t)
	ev := open(t, ns, sock.Options{Groups: []uint32{unix.RTNLGRP_IPV4_ROUTE}})
	c := open(t, ns, sock.Options{})
	upLo(t, c)
	for round := range 20 {
		_, err := c.Do(bg, newRoute(round))
		wantNil(t, err)
		wantNil(t, ev.Barrier(guarded(t), 0))
		found := false
		for _, d := range drain(t, ev) {
			for it := d.Messages(); it.Next(); {
				found = found || it.Header().Type == unix.RTM_NEWROUTE
			}
		}
		if !found {
			t.Fatalf("round %d: the event was not there", round)
		}
	}
}

// A full queue has no room for an acknowledgement: the gap is noted, what came
// before it is kept, and the barrier comes through.
func TestLiveBarrierOverrun(t *testing.T) {
	ns := netnstest.New(t)
	ev := open(t, ns, sock.Options{Groups: []uint32{unix.RTNLGRP_IPV4_ROUTE}, RecvBuf: 1})
	c := open(t, ns, sock.Options{})
	upLo(t, c)
	for i := range 100 {
		_, err := c.Do(bg, newRoute(i))
		wantNil(t, err)
	}
	wantNil(t, ev.Barrier(guarded(t), 0))
	var gap *sock.OverrunError
	for {
		_, ok, err := ev.TryRecv()
		if errors.As(err, &gap) {
			continue
		}
		wantNil(t, err)
		if !ok {
			break
		}
	}
	if gap == nil || gap.Lost == 0 {
		t.Fatalf("got gap %v, want one with a number", gap)
	}
	_, err := c.Do(bg, newRoute(100))
	wantNil(t, err)
	wantNil(t, ev.Barrier(guarded(t), 0))
	if got := drain(t, ev); len(got) != 1 {
		t.Errorf("got %d events after the gap, want 1", len(got))
	}
}
