package session_test

import (
	"context"
	"slices"
	"testing"

	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// A request, its answer and its event, each with its way and its namespace.
func TestTap(t *testing.T) {
	ns := netnstest.New(t)
	reg := registry()
	var trace session.Trace
	reg.Tap = trace.Add
	f := mustOpen(t, reg, "route", session.Options{NetNS: ns, Groups: []string{"link"}, Timeout: socktest.Deadline})
	mustDo(t, f, "newlink", m{"ifname": "br0", "linkinfo": m{"kind": "bridge"}}, "create")
	if err := f.Barrier(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := dump(t, f, "getaddr", m{}); err != nil {
		t.Fatal(err)
	}
	list, dropped := trace.Take()
	sent, received, events := map[uint16]int{}, map[uint16]int{}, 0
	for i, d := range list {
		if d.NetNS != ns.Inode() || d.Proto != unix.NETLINK_ROUTE || d.Family != "route" || d.Port == 0 || d.Peer != 0 {
			t.Fatalf("got %+v, want it to be of route in netns %d", d, ns.Inode())
		}
		if i > 0 && d.Time.Before(list[i-1].Time) {
			t.Errorf("datagram %d is older than the one before", i)
		}
		for it := wire.WalkMessages(d.Data); it.Next(); {
			switch {
			case d.Sent:
				sent[it.Header().Type]++
			case d.Group == unix.RTNLGRP_LINK:
				events++
			default:
				received[it.Header().Type]++
			}
		}
	}
	if sent[unix.RTM_NEWLINK] != 1 || sent[wire.TypeNoop] != 1 || sent[unix.RTM_GETADDR] != 1 {
		t.Errorf("sent %v", sent)
	}
	if received[wire.TypeError] != 2 || received[wire.TypeDone] != 1 || events == 0 || dropped != 0 {
		t.Errorf("received %v, %d events, dropped %d", received, events, dropped)
	}
	if list, _ := trace.Take(); len(list) != 0 {
		t.Errorf("%d datagrams twice", len(list))
	}
}

// Raw sockets have it too, and who opened before it was set has not.
func TestTapRaw(t *testing.T) {
	reg := registry()
	ns := netnstest.New(t)
	before := mustOpen(t, reg, "route", session.Options{NetNS: ns})
	var trace session.Trace
	reg.Tap = trace.Add
	mustDo(t, before, "getlink", m{"ifname": "lo"})
	if list, _ := trace.Take(); len(list) != 0 {
		t.Errorf("%d datagrams of a family that was open before", len(list))
	}
	s, err := reg.OpenRaw(unix.NETLINK_ROUTE, session.RawOptions{NetNS: ns, Timeout: socktest.Deadline})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Exchange(context.Background(), socktest.Message(unix.RTM_GETLINK, wire.FlagRequest|wire.FlagDump, make([]byte, 16)...), 0); err != nil {
		t.Fatal(err)
	}
	list, _ := trace.Take()
	if len(list) < 2 || !list[0].Sent || list[1].Sent {
		t.Errorf("got %d datagrams", len(list))
	}
}

// What is kept is a copy, within the limit.
func TestTraceLimit(t *testing.T) {
	trace := session.Trace{Limit: 5}
	data := []byte("abc")
	trace.Add(session.Tapped{Tapped: sock.Tapped{Data: data}})
	data[0] = 'x'
	trace.Add(session.Tapped{Tapped: sock.Tapped{Data: data}})
	trace.Add(session.Tapped{Tapped: sock.Tapped{Data: data[:2]}})
	list, dropped := trace.Take()
	if len(list) != 2 || string(list[0].Data) != "abc" || string(list[1].Data) != "xb" || dropped != 1 {
		t.Errorf("got %+v, dropped %d", list, dropped)
	}
}

// What messages are called in a few words, those of a refusal and of a dump included.
func TestSummary(t *testing.T) {
	ns := netnstest.New(t)
	reg := registry()
	var got []string
	reg.Tap = func(m session.Tapped) { got = append(got, reg.Summary(m)) }
	f := mustOpen(t, reg, "route", session.Options{NetNS: ns, Timeout: socktest.Deadline})
	mustDo(t, f, "getlink", m{"ifname": "lo"})
	if _, err := do(t, f, "dellink", m{"ifname": "nosuch"}); err == nil {
		t.Error("dellink: want a refusal")
	}
	if _, err := dump(t, f, "getlink", m{}); err != nil {
		t.Error(err)
	}
	want := []string{"getlink", "newlink", "ack", "dellink", "refused: ENODEV", "getlink dump", "newlink", "done"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever comes has a summary.
func FuzzSummary(f *testing.F) {
	reg := registry()
	f.Add("route", []byte{20, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4})
	f.Add("nlctrl", []byte{20, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0})
	f.Add("nosuch", []byte{1})
	f.Fuzz(func(_ *testing.T, family string, data []byte) {
		reg.Summary(session.Tapped{Tapped: sock.Tapped{Data: data}, Family: family})
		reg.Summary(session.Tapped{Tapped: sock.Tapped{Data: data, Sent: true}, Family: family})
	})
}

// What shows people what goes on is not part of what goes on.
func TestUntapped(t *testing.T) {
	ns := netnstest.New(t)
	reg := registry()
	var trace session.Trace
	reg.Tap = trace.Add
	f := mustOpen(t, reg, "route", session.Options{NetNS: ns, Groups: []string{"link"}, Timeout: socktest.Deadline, Untap: true})
	mustDo(t, f, "newlink", m{"ifname": "br0", "linkinfo": m{"kind": "bridge"}}, "create")
	if list, _ := trace.Take(); len(list) != 0 {
		t.Errorf("%d datagrams", len(list))
	}
}

// The specs of a datagram are those of its family, and of the controller where that is asked.
func TestTappedSpecs(t *testing.T) {
	reg := registry()
	ask := socktest.Message(16, wire.FlagRequest, 3, 1, 0, 0)
	other := socktest.Message(33, wire.FlagRequest, 3, 1, 0, 0)
	for _, c := range []struct {
		tapped session.Tapped
		msg    []byte
		want   string // one of the specs
	}{
		{session.Tapped{Family: "route"}, ask, "rt-link"},
		{session.Tapped{Family: "devlink", Tapped: sock.Tapped{Proto: unix.NETLINK_GENERIC}}, ask, "nlctrl"},
		{session.Tapped{Family: "nlctrl", Tapped: sock.Tapped{Proto: unix.NETLINK_GENERIC}}, other, "nlctrl"},
		{session.Tapped{Family: "nosuch"}, ask, ""},
		{session.Tapped{Family: "route"}, nil, "rt-link"},
	} {
		found := c.want == ""
		specs := c.tapped.SpecsOf(reg, c.msg)
		for _, s := range specs {
			found = found || s.Name == c.want
		}
		if !found || c.want == "" && len(specs) > 0 {
			t.Errorf("%s: got %d specs, want %q", c.tapped.Family, len(specs), c.want)
		}
	}
	if errno, ext, err := reg.Answer(socktest.Message(wire.TypeDone, 2, 0xf0, 0xff, 0xff, 0xff)); errno != unix.EBUSY || ext.Offset != -1 || err != nil {
		t.Errorf("got %v, %+v, %v", errno, ext, err)
	}
	if _, ext, err := reg.Answer(socktest.Message(wire.TypeError, 0, 1)); err == nil || ext.Offset != -1 {
		t.Errorf("got %+v, %v", ext, err)
	}
}
