package session_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// ear is a watcher that writes down what it is told.
type ear struct {
	heard   []string
	cookies []uint64
	name    func(uint32) string
}

func (e *ear) Origin(cookie uint64, name func(uint32) string) uint32 {
	e.cookies, e.name = append(e.cookies, cookie), name
	return uint32(len(e.cookies))
}

func (e *ear) Foreign(origin uint32, nsid int32) uint32 { return 1000*origin + uint32(nsid) }

func (e *ear) Sent(m *schema.Msg) { e.note("sent", m) }
func (e *ear) Seen(m *schema.Msg) { e.note("seen", m) }

func (e *ear) note(what string, m *schema.Msg) {
	v, _, _ := m.Get("ifname")
	e.heard = append(e.heard, fmt.Sprintf("%s %d %s", what, m.Origin, v.Text()))
}

func (e *ear) Named(origin, index uint32, name string) {
	e.heard = append(e.heard, fmt.Sprintf("named %d %d %s", origin, index, name))
}

// A watcher is told of every request and every answer, as they come, and where they are from.
func TestWatcher(t *testing.T) {
	ns := netnstest.New(t)
	reg := registry()
	watcher := &ear{}
	reg.Watcher = watcher
	f, err := reg.Open(context.Background(), "route", session.Options{NetNS: ns, Groups: []string{"link"}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx := context.Background()
	do := func(op string, mode session.Mode, fields map[string]any, flags ...string) *session.Request {
		t.Helper()
		o, err := f.Op(op)
		if err != nil {
			t.Fatal(err)
		}
		mask, err := reg.Flags(flags...)
		if err != nil {
			t.Fatal(err)
		}
		req, err := o.Build(mode, schema.Of(fields).Fields(), mask)
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	call := func(req *session.Request) {
		t.Helper()
		if _, err := f.Do(ctx, req, session.CallOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	call(do("newlink", session.Do, map[string]any{"ifname": "v0", "linkinfo": map[string]any{"kind": "veth"}}, "create"))
	if _, err := f.Event(ctx, 0); err != nil {
		t.Fatal(err)
	}
	call(do("getlink", session.Do, map[string]any{"ifi-index": "lo"}))
	if _, err := f.Batch(ctx, []*session.Request{do("getlink", session.Do, map[string]any{"ifname": "v0"})}, session.CallOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Dump(ctx, do("getlink", session.Dump, nil), session.CallOptions{}); err != nil {
		t.Fatal(err)
	}
	s, err := f.Stream(ctx, do("getlink", session.Dump, nil), true, session.CallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for s.Next(ctx) {
	}
	_ = s.Close()

	got := strings.Join(watcher.heard, "\n")
	for _, want := range []string{
		"sent 1 v0\nseen 1 v", // the event, of either end
		"named 1 1 lo\nsent 1 \nseen 1 lo\nsent 1 v0\nseen 1 v0\n",
		"sent 1 \nseen 1 lo\nseen 1 v",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if n := strings.Count(got, "seen 1 lo"); n != 3 { // do, dump, stream
		t.Errorf("lo was seen %d times in\n%s", n, got)
	}
	if watcher.name(1) != "lo" || watcher.name(999) != "" {
		t.Errorf("index 1 is called %q, 999 %q", watcher.name(1), watcher.name(999))
	}
	f.Close()
	if watcher.name(1) != "" {
		t.Error("a closed family knows names")
	}
}

// Each namespace has a cookie of its own, also where the number of its file comes again.
func TestCookies(t *testing.T) {
	reg := registry()
	watcher := &ear{}
	reg.Watcher = watcher
	for range 2 {
		var ns *netns.Handle = netnstest.New(t)
		for range 2 {
			f, err := reg.Open(context.Background(), "route", session.Options{NetNS: ns})
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	c := watcher.cookies
	if len(c) != 4 || c[0] == 0 || c[0] != c[1] || c[2] != c[3] || c[0] == c[2] {
		t.Errorf("got %v", c)
	}
}
