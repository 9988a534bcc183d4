package stdlib

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
)

// The script prints what happens beside it, and ends after as many events as it was told.
func TestWatchScript(t *testing.T) {
	netnstest.Require(t)
	// The change comes between joining and reading.
	src := strings.Replace(scriptText(t, "watch"), "left = o.count", `nl.open("route").newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
left = o.count`, 1)
	printed, err := program(t.Context(), netnstest.New(t), src, "--count", "1", "link")
	if err != nil || !strings.HasPrefix(printed, "link newlink(") || !strings.Contains(printed, `ifname = "br0"`) || strings.Count(printed, "\n") != 1 {
		t.Errorf("printed %s, %v", printed, err)
	}
	printed, err = program(t.Context(), netnstest.New(t), src, "--count", "1", "--json", "link")
	var event struct {
		Group, Op string
		Message   map[string]any
	}
	if err == nil {
		err = json.Unmarshal([]byte(printed), &event)
	}
	if err != nil || event.Group != "link" || event.Op != "newlink" || event.Message["ifname"] != "br0" {
		t.Errorf("printed %s, %v", printed, err)
	}
}

// Scripts that list something, where there is something to list.
func TestScripts(t *testing.T) {
	needTools(t)
	ns := netnstest.New(t)
	prepare(t, ns, routed+`
ip route add 10.2.0.0/16 via 192.0.2.2
ip route add blackhole 10.3.0.0/16 proto static
ip route add 10.4.0.0/16 nexthop via 192.0.2.2 nexthop dev v1
ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0
ip neigh add 2001:db8::9 lladdr 02:00:00:00:00:0a dev v0 nud stale router
ip neigh add 198.51.100.9 lladdr 02:00:00:00:00:0b dev v1
`)
	for _, c := range []struct {
		script string
		args   []string
		want   []string // lines, among others
	}{
		{"routes", nil, []string{
			"boot via 192.0.2.2 dev v0 2 10.0.0.0/8 10.2.0.0/16",
			"boot via 192.0.2.3 dev v0 1 10.1.0.0/16",
			"boot via 192.0.2.2 dev v0, dev v1 1 10.4.0.0/16",
			"static blackhole 1 10.3.0.0/16",
			"boot via 2001:db8::2 dev v0 1 2001:db8:1::/48",
		}},
		{"routes", []string{"100"}, []string{"protocol next hop routes prefixes", "boot via 192.0.2.4 dev v0 1 10.1.0.0/16"}},
		{"neighbours", nil, []string{
			"192.0.2.9 v0 02:00:00:00:00:09 permanent",
			"2001:db8::9 v0 02:00:00:00:00:0a stale router",
			"198.51.100.9 v1 02:00:00:00:00:0b permanent",
		}},
		{"neighbours", []string{"v1"}, []string{"dst dev lladdr state flags", "198.51.100.9 v1 02:00:00:00:00:0b permanent"}},
	} {
		t.Run(strings.Join(append([]string{c.script}, c.args...), "-"), func(t *testing.T) {
			printed, err := program(t.Context(), ns, scriptText(t, c.script), c.args...)
			if err != nil {
				t.Fatal(host.Format(err, false))
			}
			lines := map[string]bool{}
			for line := range strings.Lines(printed) {
				lines[strings.Join(strings.Fields(line), " ")] = true
			}
			for _, want := range c.want {
				if !lines[want] {
					t.Errorf("no line %q in\n%s", want, printed)
				}
			}
			if c.args != nil && len(lines) != len(c.want) {
				t.Errorf("got %d lines, want %d:\n%s", len(lines), len(c.want), printed)
			}
		})
	}
}
