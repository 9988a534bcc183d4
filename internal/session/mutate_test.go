package session_test

import (
	"testing"

	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

func TestParseMutation(t *testing.T) {
	for text, want := range map[string]session.Mutation{
		"mtu": {Path: "mtu"}, "linkinfo.kind:9": {Path: "linkinfo.kind", Bit: 9}, "mtu#2": {Path: "mtu", Nth: 2}, "mtu:3#1": {Path: "mtu", Bit: 3, Nth: 1},
	} {
		if got, err := session.ParseMutation(text); got != want || err != nil {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ":1", "#1", "mtu:x", "mtu:-1", "mtu#0", "mtu#x", "mtu:1#"} {
		if got, err := session.ParseMutation(text); err == nil {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

// Each answer has the mtu of lo but the one that was to be changed; nothing else is touched.
func TestMutate(t *testing.T) {
	ns := netnstest.New(t)
	reg := registry()
	reg.Tap = reg.Mutate(session.Mutation{Path: "mtu", Bit: 8, Nth: 2})
	f := mustOpen(t, reg, "route", session.Options{NetNS: ns, Timeout: socktest.Deadline})
	for i, want := range []string{"65536", "65792", "65536"} {
		msg := &mustDo(t, f, "getlink", m{"ifname": "lo"}).Msgs[0].Msg
		if got := text(t, msg, "mtu"); got != want {
			t.Errorf("answer %d: got mtu %s, want %s", i, got, want)
		}
		if got := text(t, msg, "ifname"); got != `"lo"` && got != "lo" {
			t.Errorf("got ifname %s", got)
		}
	}
	reg.Tap = reg.Mutate(session.Mutation{Path: "ifname", Bit: 1})
	every := mustOpen(t, reg, "route", session.Options{NetNS: ns, Timeout: socktest.Deadline})
	d, err := dump(t, every, "getlink", m{})
	if err != nil || d.Len() != 1 {
		t.Fatalf("got %v", err)
	}
	first := d.Msg(0)
	if got := text(t, &first, "ifname"); got != `"no"` && got != "no" {
		t.Errorf("got ifname %s of a dump, want no", got)
	}
}
