package builtins_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
)

func newNetns(t *testing.T) *netns.Handle {
	t.Helper()
	return netnstest.New(t)
}

// descriptors counts what this process has open of namespaces and sockets.
func descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range fds {
		link, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		if strings.Contains(link, ":[") || strings.HasPrefix(link, "/run/netns") {
			n++
		}
	}
	return n
}

const opensMuch = `
a = netns.new("life-a")
rt = nl.open("route")
b = netns.new()
ra = nl.open("route", netns = a, groups = ["link"])
rt.getlink.dump(netns = b)
c = netns.open("life-a")
for l in rt.getlink.stream():
    break
s = rt.getlink.stream()
`

// What a script opened is open while it runs, and closed last in, first out
// when it ends.
func TestOwnership(t *testing.T) {
	ns := newNetns(t)
	var names []string
	p := &program{t: t, reg: registry(), ns: ns, done: func(_ *starlark.Thread, o *host.Owner) {
		for _, r := range o.Open() {
			if name := r.Name; strings.HasPrefix(name, "netns ") && !strings.Contains(name, `"`) {
				names = append(names, "netns")
			} else {
				names = append(names, name)
			}
			if r.Pos.Filename() != "test.star" || r.Pos.Line < 2 {
				t.Errorf("%s was opened at %s", r.Name, r.Pos)
			}
		}
	}}
	if err := p.run("test.star", opensMuch); err != nil {
		t.Fatal(err)
	}
	want := []string{`netns "life-a"`, "family route", "netns", "family route", "family route", `netns "life-a"`, "stream of route.getlink"}
	if !slices.Equal(names, want) {
		t.Errorf("open: %q, want %q", names, want)
	}
}

// After success, error and exit alike nothing is left.
func TestNothingIsLeft(t *testing.T) {
	ns := newNetns(t)
	before := descriptors(t)
	for name, end := range map[string]string{
		"end": "", "fail": "fail('no')", "exit": "exit(3)", "kernel": "rt.newlink(ifname = 'x')", "inside": "a.run(lambda: fail('no'))",
		"entered": "netns.enter(a)", "closed by hand": "ra.close(); rt.close(); a.close(); b.close()",
		"closed in the wrong order": "a.close(); ra.close(); list(s)",
		"home":                      "netns.host",
	} {
		p := &program{t: t, reg: registry(), ns: ns}
		err := p.run("test.star", opensMuch+end)
		if (err != nil) != slices.Contains([]string{"fail", "exit", "kernel", "inside"}, name) {
			t.Errorf("%s: got %v", name, err)
		}
		if names, err := netns.List(); err != nil || len(names) > 0 {
			t.Errorf("%s: left %q, %v", name, names, err)
		}
	}
	// One handle each of the namespace of the start, which belongs to the interpreter.
	if after := descriptors(t); after > before+9 {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func TestClosedWhere(t *testing.T) {
	wantFailure(t, `
rt = nl.open("route")
def shut():
    rt.close()
shut()
rt.close()
rt.getlink(ifname = "lo")
`, "nlsh: test.star:6:11: at top level\n  route.getlink: the family was closed at test.star:3:13\n")
}

// A family that was opened for netns = ... of a call goes with its parent.
func TestClosedWithItsParent(t *testing.T) {
	ns := newNetns(t)
	var open int
	p := &program{t: t, reg: registry(), ns: ns, done: func(_ *starlark.Thread, o *host.Owner) { open = len(o.Open()) }}
	if err := p.run("test.star", `
a = netns.new()
rt = nl.open("route")
rt.getlink.dump(netns = a)
rt.close()
`); err != nil || open != 1 {
		t.Errorf("%d open, %v, want the namespace only", open, err)
	}
}

func TestLoadSpec(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good, bad := write("old.yaml", oldSpec), write("bad.yaml", "name: bad\nprotocol: genetlink\nattribute-sets: 5\n")
	p := &program{t: t, reg: registry(), ns: newNetns(t), globals: starlark.StringDict{"good": starlark.String(good), "bad": starlark.String(bad)}}
	if err := p.run("test.star", `
print(nl.load_spec(good), "rt-old" in nl.families())
print(nl.open("rt-old").ops)
print(try_(nl.load_spec, bad).error.message)
print(try_(nl.load_spec, bad + "x").error.message)
`); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(p.out.String(), dir, "DIR")
	want := `rt-old True
["getlink"]
nl.load_spec: DIR/bad.yaml:3: `
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\nnl.load_spec: open DIR/bad.yamlx: no such file or directory\n") {
		t.Errorf("got %s", got)
	}
}

// Printing shows the call that builds the message: evaluated, it builds it.
func TestPrintedMessagesBuildThemselves(t *testing.T) {
	for _, call := range []string{
		`newlink(ifname = "br0", linkinfo = {"kind": "bridge"})`,
		`newlink(ifi_flags = "up", change = "up", index = 3)`,
		`newlink(ifname = "v0", linkinfo = {"kind": "vxlan", "data": {"id": 5, "group": "239.1.1.1", "port": 4789, "learning": 1}})`,
		`newlink(ifname = "lo", mtu = b"\x01", address = "02:00:00:00:00:01")`,
		`newlink({"mtu": 7, 999: b"abc", "linkinfo": {"kind": "x", 77: b"\x00\xff"}})`,
		`newlink(linkinfo = {"kind": "veth", "data": {"peer": {"ifname": "v1", "index": 9}}})`,
		`newaddr(family = "inet", index = 1, prefixlen = 24, local = "192.0.2.1", scope = "link", flags_ = "permanent")`,
		`newroute(family = "inet", dst = "10.0.0.0", dst_len = 8, multipath = [{"ifindex": 3, "gateway": "192.0.2.1"}, {"ifindex": 4}])`,
		`newroute(family = "inet6", dst = "2001:db8::", dst_len = 32, header = {"table": 7}, table = 1000)`,
		`newrule(family = "inet", table = "main", suppress_prefixlen = -1, tun_id = 5)`,
		`newneigh(family = "inet", ifindex = 3, dst = "192.0.2.1", lladdr = "02:00:00:00:00:01", state = "permanent|reachable")`,
		`newlinkprop(index = 1, prop_list = {"alt_ifname": ["a", "b"]})`,
		`newlink(ifname = b"abc", flags = ["create", "excl"])`,
		`newlink({999: b"abc"}, flags = "create")`,
	} {
		p, err := fake(t, nil, `
rt = nl.open("route")
m = rt.`+strings.Replace(call, "(", ".msg(", 1)+`
print(m)
pp(m)
`)
		if err != nil {
			t.Errorf("%s: %s", call, host.Format(err, false))
			continue
		}
		line, pretty, _ := strings.Cut(p.out.String(), "\n")
		for _, printed := range []string{line, pretty} {
			p, err := fake(t, nil, `
rt = nl.open("route")
m = rt.`+strings.Replace(call, "(", ".msg(", 1)+`
route = rt
again = `+printed+`
print(m == again)
`)
			if err != nil || p.out.String() != "True\n" {
				t.Errorf("%s\nprinted %s\nis not the same: %v", call, printed, err)
			}
		}
	}
}
