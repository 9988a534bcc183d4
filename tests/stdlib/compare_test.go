package stdlib

import (
	"context"
	"errors"
	"strings"
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

// TestSameState runs each row.
func TestSameState(t *testing.T) {
	needTools(t)
	for _, list := range [][]row{linkRows, addrRows, routeRows, ruleRows, neighRows, bridgeRows} {
		for _, r := range list {
			t.Run(r.name, func(t *testing.T) { r.run(t) })
		}
	}
}

func (r *row) run(t *testing.T) {
	t.Parallel()
	if r.needs != "" {
		if said, err := shell(netnstest.New(t), r.needs); err != nil {
			t.Skipf("this kernel was built without: %s: %s", r.needs, strings.TrimSpace(said))
		}
	}
	a, b := netnstest.New(t), netnstest.New(t)
	if said, err := shell(a, quiet+r.setup); err != nil {
		t.Fatalf("setup: %v: %s", err, said)
	}
	if said, err := shell(b, quiet+r.setup); err != nil {
		t.Fatalf("setup: %v: %s", err, said)
	}
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
		{"true", "true", ""},
		{"ip link add br0 address 02:00:00:00:00:01 type bridge", "true", "ifname \"br0\""},
		{"true", "ip link add br0 address 02:00:00:00:00:02 type bridge", "address \"02:00:00:00:00:02\""},
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
