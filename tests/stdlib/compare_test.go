package stdlib

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
)

// row is one command both ways. What setup does ip does in both namespaces.
type row struct {
	name, setup string
	ip, star    string
	needs       string // a command that fails where the kernel was built without: the row is skipped
	refused     bool   // both must be refused, for the same reason
}

// settleTime bounds the wait for what the kernel does by itself after a
// command: carrier and operational states follow within a second.
const settleTime = 10 * time.Second

// peerName is a namespace that commands may name.
const peerName = "stdlib-peer"

// allRows are the tables.
var allRows = [...][]row{linkRows, addrRows, routeRows, ruleRows, neighRows, bridgeRows, nexthopRows, otherRows, kindRows}

// TestSameState runs each row. What this kernel lacks is in the skips;
// TestOtherKernels has other kernels run those.
func TestSameState(t *testing.T) {
	needTools(t)
	peer(t)
	lacks := lacking()
	for _, list := range allRows {
		for _, r := range list {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				if said := lacks[r.needs](t); said != "" {
					t.Skipf("this kernel was built without: %s: %s", r.needs, said)
				}
				r.run(t)
			})
		}
	}
}

// peer makes the namespace that commands may name.
func peer(t *testing.T) {
	ns := netnstest.New(t)
	if said, err := shell(ns, "ip netns add "+peerName); err != nil {
		t.Fatal(said, err)
	}
	t.Cleanup(func() { _, _ = shell(nil, "ip netns del "+peerName) })
}

// lacking has for the needs of each row what is said where this kernel does
// not have it, "" where it does. It is found out once. The kernels of guests
// have everything.
func lacking() map[string]func(*testing.T) string {
	lacks := map[string]func(*testing.T) string{}
	for _, list := range allRows {
		for _, r := range list {
			if lacks[r.needs] == nil {
				lacks[r.needs] = missing(r.needs)
			}
		}
	}
	return lacks
}

func missing(needs string) func(*testing.T) string {
	if needs == "" || inGuest() {
		return func(*testing.T) string { return "" }
	}
	var once sync.Once
	var said string
	return func(t *testing.T) string {
		once.Do(func() {
			if out, err := shell(netnstest.New(t), needs); err != nil {
				said = strings.TrimSpace(out)
			}
		})
		return said
	}
}

func (r *row) run(t *testing.T) {
	a, b := netnstest.New(t), netnstest.New(t)
	prepare(t, a, r.setup)
	prepare(t, b, r.setup)
	byIP, byStar := watch(t, a), watch(t, b)
	before := byIP.state()
	said, ipErr := shell(a, r.ip)
	_, starErr := script(t.Context(), b, r.star)
	switch {
	case r.refused:
		if ipErr == nil || starErr == nil {
			t.Fatalf("ip: %v %s\nstdlib: %s\nwant both refused", ipErr, said, host.Format(starErr, false))
		}
		if why := sameReason(said, starErr); why != "" {
			t.Error(why)
		}
	case ipErr != nil:
		t.Fatalf("ip: %v: %s", ipErr, said)
	case starErr != nil:
		t.Fatalf("stdlib: %s", host.Format(starErr, false))
	}
	after := settle(t, byIP, byStar)
	if !r.refused && differences(before, after) == "" {
		t.Error("the command changed nothing that the dumps show: it compares nothing")
	}
}

// settle waits until both namespaces are the same.
func settle(t *testing.T, byIP, byStar *watched) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settleTime)
	defer cancel()
	for {
		one, other := byIP.state(), byStar.state()
		diff := differences(one, other)
		if diff == "" {
			return one
		}
		if ctx.Err() != nil {
			t.Fatalf("the states differ:\n%s", diff)
		}
		byIP.await(ctx)
		byStar.await(ctx)
	}
}

// sameReason compares what ip says with the error of the kernel: its extack
// where there is one, else the errno.
func sameReason(said string, err error) string {
	var ke *session.Error
	if !errors.As(err, &ke) {
		return "stdlib: not the kernel's refusal: " + host.Format(err, false) + "ip: " + said
	}
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "RTNETLINK answers: "); ok {
			if strings.EqualFold(text, ke.Errno.Error()) {
				return ""
			}
			return "ip: " + text + "\nstdlib: " + ke.Error()
		}
		if text, ok := strings.CutPrefix(line, "Error: "); ok {
			if strings.TrimSuffix(text, ".") == strings.TrimSuffix(ke.Ext.Msg, ".") {
				return ""
			}
			return "ip: " + text + "\nstdlib: " + ke.Error()
		}
	}
	return "ip does not say why: " + said + "\nstdlib: " + ke.Error()
}

// The test of the test: it must be able to say no.
func TestComparisonSaysNo(t *testing.T) {
	needTools(t)
	a, b := netnstest.New(t), netnstest.New(t)
	for _, c := range []struct{ one, other, want string }{
		{"", "", ""},
		{"ip link add br0 address 02:00:00:00:00:01 type bridge", "", "ifname \"br0\""},
		{"", "ip link add br0 address 02:00:00:00:00:02 type bridge", "address \"02:00:00:00:00:02\""},
		{"ip rule add table 5 pref 3", "ip rule add table 6 pref 3", "table 6"},
	} {
		if said, err := shell(a, c.one); err != nil {
			t.Fatal(said, err)
		}
		if said, err := shell(b, c.other); err != nil {
			t.Fatal(said, err)
		}
		diff := differences(watch(t, a).state(), watch(t, b).state())
		if (c.want == "") != (diff == "") || !strings.Contains(diff, c.want) {
			t.Errorf("%s, %s: got %q, want %q", c.one, c.other, diff, c.want)
		}
	}
}
