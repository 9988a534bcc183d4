package builtins_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"
)

// datagram is a message in the byte order of this machine: header and body.
func datagram(typ, flags uint16, body ...byte) []byte {
	raw := append(make([]byte, wire.HeaderLen), body...)
	wire.Header{Len: uint32(len(raw)), Type: typ, Flags: flags, Seq: 7}.Put(raw)
	return raw
}

func TestTraces(t *testing.T) {
	reg := registry()
	traces := builtins.NewTraces(reg)
	link := append(make([]byte, 16), 8, 0, 3, 0, 'b', 'r', '0', 0)
	refusal := append([]byte{0xde, 0xff, 0xff, 0xff}, datagram(16, 0x605)...) // -ERANGE, and the header of the request
	refusal = datagram(2, 0x300, append(refusal, 8, 0, 2, 0, 32, 0, 0, 0)...) // NLMSGERR_ATTR_OFFS
	for _, c := range []struct {
		name    string
		d       session.Tapped
		explain bool
		want    string
	}{
		{"request", session.Tapped{Tapped: sock.Tapped{Sent: true, Data: datagram(16, 0x605, link...)}, Family: "route"}, false, "-> route newlink(ifname = \"br0\") ack excl create\n"},
		{"refusal, with the place in that request", session.Tapped{Tapped: sock.Tapped{Data: refusal}, Family: "route"}, false, "<- route ERANGE at ifname\n"},
		{"refusal", session.Tapped{Tapped: sock.Tapped{Data: datagram(2, 0x100, append([]byte{0xef, 0xff, 0xff, 0xff}, datagram(16, 0)...)...)}, Family: "route"}, false, "<- route EEXIST\n"},
		{"acknowledgement", session.Tapped{Tapped: sock.Tapped{Data: datagram(2, 0x100, append([]byte{0, 0, 0, 0}, datagram(16, 0)...)...)}, Family: "route"}, false, "<- route ack\n"},
		{"dump", session.Tapped{Tapped: sock.Tapped{Sent: true, Data: datagram(18, 0x301, make([]byte, 16)...)}, Family: "route"}, false, "-> route getlink() dump\n"},
		{"end", session.Tapped{Tapped: sock.Tapped{Data: datagram(3, 2, 0, 0, 0, 0)}, Family: "route"}, false, "<- route done\n"},
		{"event", session.Tapped{Tapped: sock.Tapped{Group: 1, Data: datagram(17, 0, link...)}, Family: "route"}, false, "<- route event dellink(ifname = \"br0\")\n"},
		{"several", session.Tapped{Tapped: sock.Tapped{Data: append(datagram(17, 0, link...), datagram(16, 0, link...)...)}, Family: "route"}, false, "<- route dellink(ifname = \"br0\")\n<- route newlink(ifname = \"br0\")\n"},
		{"other namespace", session.Tapped{Tapped: sock.Tapped{Data: datagram(3, 2)}, Family: "route", NetNS: 5}, false, "<- route [netns 5] done\n"},
		{"unknown type", session.Tapped{Tapped: sock.Tapped{Data: datagram(999, 0)}, Family: "route"}, false, "<- route type 999, 16 bytes\n"},
		{"unknown family", session.Tapped{Tapped: sock.Tapped{Data: datagram(999, 0)}, Family: "nosuch"}, false, "<- nosuch type 999, 16 bytes\n"},
		{"cut off", session.Tapped{Tapped: sock.Tapped{Data: datagram(2, 0, 1)}, Family: "route"}, false, "<- route an answer that makes no sense: "},
		{"no message", session.Tapped{Tapped: sock.Tapped{Data: []byte{1, 2, 3}}, Family: "route"}, false, "<- route 3 bytes that are no message: "},
		{"controller", session.Tapped{Tapped: sock.Tapped{Sent: true, Proto: unix.NETLINK_GENERIC, Data: datagram(16, 1, 3, 1, 0, 0, 6, 0, 2, 0, 'x', 0, 0, 0)}, Family: "devlink"}, false, "-> devlink getfamily(family_name = \"x\")\n"},
		{"bytes", session.Tapped{Tapped: sock.Tapped{Sent: true, Data: datagram(16, 0x5, link...)}, Family: "route"}, true, "-> route newlink(ifname = \"br0\") ack\n   0000  28 00 00 00 "},
		{"bytes of what is unknown", session.Tapped{Tapped: sock.Tapped{Data: datagram(999, 0, 1)}, Family: "route"}, true, "no spec explains this\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := traces.Datagram(c.d, c.explain, 0); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want in it %q", got, c.want)
			}
		})
	}
	traces.Brief = func() bool { return true }
	answer := session.Tapped{Tapped: sock.Tapped{Data: datagram(17, 0, append(link, 8, 0, 4, 0, 0xdc, 5, 0, 0, 8, 0, 27, 0, 1, 0, 0, 0)...)}, Family: "route"}
	if got, want := traces.Datagram(answer, false, 0), "<- route dellink ifname=br0 mtu=1500\n"; got != want {
		t.Errorf("brief: got %q, want %q", got, want)
	}
	for want, e := range map[string]session.Event{
		"overrun: 3 events were lost: they came faster than they were read\n": {Gap: true, Lost: 3},
		"overrun: events were lost: they came faster than they were read\n":   {Gap: true},
	} {
		if got := traces.Event(&e); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// said is what was put, and a way to wait for it.
type said struct {
	mu   sync.Mutex
	cond *sync.Cond
	text string
}

func newSaid() *said {
	s := &said{}
	s.cond = sync.NewCond(&s.mu)
	return s
}

func (s *said) put(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += text
	s.cond.Broadcast()
}

// wait is until a text was put, or the test is over.
func (s *said) wait(t *testing.T, text string) {
	t.Helper()
	stop := context.AfterFunc(t.Context(), s.cond.Broadcast)
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !strings.Contains(s.text, text) {
		if t.Context().Err() != nil {
			t.Fatalf("got %q, want %q", s.text, text)
		}
		s.cond.Wait()
	}
}

// Messages are seen from the moment on that somebody looks, of the family that is looked at; events until that ends; both beside one another.
func TestWatching(t *testing.T) {
	ns := netnstest.New(t)
	reg := registry()
	w := builtins.NewWatching(reg, nil)
	reg.Tap = w.Tap
	ask := func() {
		p := &program{t: t, reg: reg, ns: ns}
		if err := p.run("ask.star", `nl.open("route").getlink(ifname = "lo")`); err != nil {
			t.Fatal(err)
		}
	}
	var traced said
	h := host.New(host.Options{})
	run := func(fn func(th *starlark.Thread) error) error {
		return h.Run(host.Job{Name: "test", Context: t.Context()}, fn)
	}
	for _, c := range []struct {
		family string
		want   bool
	}{{"", true}, {"route", true}, {"rt-link", true}, {"nlctrl", false}} {
		traced.text = ""
		if err := run(func(th *starlark.Thread) error {
			return w.Trace(th, c.family, false, func(text string) { traced.text += text })
		}); err != nil {
			t.Fatal(err)
		}
		ask()
		if got := strings.Contains(traced.text, "-> route [netns "); got != c.want {
			t.Errorf("%q: got %s", c.family, traced.text)
		}
	}
	if err := run(func(th *starlark.Thread) error { return w.Trace(th, "nosuch", false, func(string) {}) }); err == nil {
		t.Error("nosuch is a family")
	}
	traced.text = ""
	if err := run(func(th *starlark.Thread) error { return w.Trace(th, "", false, nil) }); err != nil {
		t.Fatal(err)
	}
	if ask(); traced.text != "" {
		t.Errorf("got %s after the end", traced.text)
	}

	events := newSaid()
	var stop func()
	err := netns.Do(ns, func() error {
		return run(func(th *starlark.Thread) (err error) {
			if _, err := w.Monitor(th, []string{"link", "nosuch"}, events.put); err == nil {
				t.Error("nosuch is a group")
			}
			if _, err := w.Monitor(th, []string{"nosuch:x"}, events.put); err == nil {
				t.Error("nosuch is a family")
			}
			stop, err = w.Monitor(th, []string{"link", "ifaddr", "nlctrl:"}, events.put)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, reg: reg, ns: ns}
	if err := p.run("events.star", `rt = nl.open("route")
rt.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
rt.newaddr(family = "inet", prefixlen = 8, index = 1, local = "10.0.0.1")`); err != nil {
		t.Fatal(err)
	}
	events.wait(t, "route:link newlink(")
	events.wait(t, "route:ipv4-ifaddr newaddr(")
	stop()
}
