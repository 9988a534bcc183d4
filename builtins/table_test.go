package builtins_test

import (
	"fmt"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

// shown is what a session shows of the value of an expression.
func shown(t *testing.T, width int, setup, expr string) string {
	t.Helper()
	var text string
	show := starlark.NewBuiltin("show", func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (v starlark.Value, err error) {
		text, err = builtins.Shown(th, args[0], builtins.Look{Width: width, Tables: true, Long: true})
		return starlark.None, err
	})
	p := &program{t: t, globals: starlark.StringDict{"show": show}}
	p.reg = kernel(t, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} })
	if err := p.run("show.star", "rt = nl.open(\"route\")\n"+setup+"\nshow("+expr+")\n"); err != nil {
		t.Fatal(host.Format(err, false))
	}
	return text
}

const someLinks = `
def link(i, name, **more):
    return rt.newlink.msg(index = i, ifname = name, **more)
links = [link(1, "lo", mtu = 65536, operstate = "unknown"), link(20, "br0", mtu = 1500, operstate = "up", linkinfo = {"kind": "bridge"}),
    link(3, "東京😀x", address = "02:00:00:00:00:01", ifi_flags = ["up", "broadcast", "running", "multicast"])]
routes = [rt.newroute.msg(type = "unicast", dst = "10.0.0.0", dst_len = 8, oif = 2), rt.newroute.msg(type = "unicast", gateway = "10.0.0.1")]
`

// A column is as wide as what is in it, wide characters count twice, and there are as many as fit, those that the spec calls telling first.
func TestTable(t *testing.T) {
	for name, c := range map[string]struct {
		width      int
		expr, want string
	}{
		"wide": {120, "links", `
#  index  ifname   linkinfo.kind  operstate    mtu  address            flags
0      1  lo                      unknown    65536
1     20  br0      bridge         up          1500
2      3  東京😀x                                   02:00:00:00:00:01  up,broadcast,running,multicast
`},
		"cut": {86, "links", `
#  index  ifname   linkinfo.kind  operstate    mtu  address            flags
0      1  lo                      unknown    65536
1     20  br0      bridge         up          1500
2      3  東京😀x                                   02:00:00:00:00:01  up,broadcast,r…
`},
		"narrow": {30, "links", `
#  index  ifname   operstate
0      1  lo       unknown
1     20  br0      up
2      3  東京😀x
`},
		"narrower than a row": {9, "links", `
#  index
0      1
1     20
2      3
`},
		"one": {80, "links[:1]", `
#  index  ifname  operstate    mtu
0      1  lo      unknown    65536
`},
		"prefixes": {60, "routes", `
#  type     dst         gateway   oif
0  unicast  10.0.0.0/8              2
1  unicast              10.0.0.1
`},
		"kinds": {80, "[links[0], routes[1]]", `
route.newlink.msg(index = 1, ifname = "lo", mtu = 65536, operstate = "unknown")
route.newroute.msg(type = "unicast", gateway = "10.0.0.1")
`},
		"none":  {80, "[]", "\n[]"},
		"plain": {80, "[1, \"a\"]", "\n[1, \"a\"]"},
		"long":  {24, "[\"aaaaaaaa\", \"bbbbbbbb\", 3]", "\n[\n    \"aaaaaaaa\",\n    \"bbbbbbbb\", 3,\n]\n"},
		"tuple": {12, "(\"aaaaaaaa\", 2)", "\n(\n    \"aaaaaaaa\",\n    2,\n)\n"},
		"set":   {12, "set([\"aaaaaaaa\", 2])", "\nset([\n    \"aaaaaaaa\",\n    2,\n])\n"},
		"a long list": {50, "rt.newlink.msg(af_spec = {\"inet\": {\"conf\": [1000 + i for i in range(12)]}})", `
route.newlink.msg(
    af_spec = {
        "inet": {
            "conf": [1000, 1001, 1002, 1003, 1004,
                1005, 1006, 1007, 1008, 1009,
                1010, 1011],
        },
    },
)`},
		"a long text": {30, "rt.newlink.msg(ifname = \"a, b, c, \\\"d, e, f, g, h\", mtu = 5)", `
route.newlink.msg(
    ifname = "a, b, c, \"d, e, f, g, h",
    mtu = 5,
)`},
		"dicts": {60, `[{"name": "a b", "n": 1, "x": None}, {"name": "c", "n": 100, "x": [1]}]`, `
#  name    n  x
0  a b     1
1  c     100  [1]
`},
		"structs":     {60, `[struct(a = 1), struct(a = "\x1b")]`, "\n#  a\n0  1\n1  \"\\x1b\"\n"},
		"other names": {60, `[{"a": 1}, {"b": 1}]`, "\n[{\"a\": 1}, {\"b\": 1}]"},
		"no names":    {60, `[{1: 1}, {1: 1}]`, "\n[{1: 1}, {1: 1}]"},
		"one dict":    {60, `[{"a": 1}]`, "\n[{\"a\": 1}]"},
		"a long dict": {30, `{"aaaaaaaa": "b, c", "dddddddd": [1, 2, 3], "e": 5}`, `
{"aaaaaaaa": "b, c",
    "dddddddd": [1, 2, 3],
    "e": 5}`},
		"half":      {80, "[links[0], 5]", "\n[\n    route.newlink.msg(index = 1, ifname = \"lo\", mtu = 65536, operstate = \"unknown\"),\n    5,\n]\n"},
		"a message": {60, "links[0]", "\nroute.newlink.msg(\n    index = 1,\n    ifname = \"lo\",\n    mtu = 65536,\n    operstate = \"unknown\",\n)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := "\n" + shown(t, c.width, someLinks, c.expr); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// What is long is cut, and says so.
func TestLongTable(t *testing.T) {
	got := shown(t, 80, someLinks, "links * 100")
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if want := "... 200 of 300; _[200:] are the next, pp(_) is all"; len(lines) != 202 || lines[201] != want {
		t.Errorf("got %d lines, the last %s, want %s", len(lines), lines[len(lines)-1], want)
	}
	if got := shown(t, 80, "", "list(range(300))"); !strings.HasSuffix(got, "199,\n]\n... 200 of 300; _[200:] are the next, pp(_) is all\n") {
		t.Errorf("got %s", got)
	}
}

// What the kernel sends cannot move the cursor.
func TestTableOfOddNames(t *testing.T) {
	got := shown(t, 80, "", `[rt.newlink.msg(index = 1, ifname = "a\x1b[2J"), rt.newlink.msg(index = 1, ifname = "")]`)
	if strings.Contains(got, "\x1b") || !strings.Contains(got, `"a\x1b[2J"`) || !strings.Contains(got, `""`) {
		t.Errorf("got %q", got)
	}
}

// Where no spec says what is telling, names and indexes come before the rest, also those in a nest.
func TestTableOfAForeignSpec(t *testing.T) {
	got := shown(t, 100, fmt.Sprintf("s = nl.load_spec(text = %q)\n", foreignSpec)+`
data = nl.bytes(nl.raw(type = 77, body = nl.pack("BBH", 1, 1, 0) + nl.attr(1, nl.pack("I", 9)) + nl.attr(2, nl.attr(1, nl.pack("I", 3)) + nl.attr(2, b"eth3\0"))))
`, `[nl.decode("foreign", data, op = "get")]`)
	want := "#  header.index  header.name  count\n0             3  eth3             9\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

const foreignSpec = `
name: foreign
protocol: genetlink
attribute-sets:
  - name: header
    attributes:
      - {name: index, type: u32, role: ifindex}
      - {name: name, type: string}
  - name: main
    attributes:
      - {name: count, type: u32}
      - {name: header, type: nest, nested-attributes: header}
      - {name: age, type: u32, role: time}
operations:
  list:
    - {name: get, value: 1, attribute-set: main, do: {request: {attributes: [header]}, reply: {attributes: [count, header]}}}
`

// Events with messages of one kind are a table, with what happened; others are a line each.
func TestTableOfEvents(t *testing.T) {
	var shown []string
	show := starlark.NewBuiltin("show", func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		text, err := builtins.Shown(th, args[0], builtins.Look{Width: 60, Tables: true, Long: true})
		shown = append(shown, text)
		return starlark.None, err
	})
	p := &program{t: t, reg: registry(), ns: newNetns(t), globals: starlark.StringDict{"show": show}}
	if err := p.run("events.star", `
rt = nl.open("route", groups = ["link", "ipv4-ifaddr"])
rt.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
rt.newaddr(family = "inet", index = "br0", prefixlen = 24, local = "192.0.2.1")
rt.dellink(ifname = "br0")
rt.settle()
events = rt.drain()
show([e for e in events if e.op in ["newlink", "dellink"]])
show(events)
`); err != nil {
		t.Fatal(host.Format(err, false))
	}
	lines := strings.Split(shown[0], "\n")
	if !strings.HasPrefix(lines[0], "#  event    index  ifname  linkinfo.kind") || !strings.HasPrefix(lines[1], "0  newlink ") || !strings.Contains(shown[0], "  dellink ") {
		t.Errorf("got %s", shown[0])
	}
	lines = strings.Split(strings.TrimSpace(shown[1]), "\n")
	for _, line := range lines {
		if len([]rune(line)) > 60 || !strings.Contains(line, "(") {
			t.Errorf("got %s", line)
		}
	}
	if len(lines) < 3 {
		t.Errorf("got %s", shown[1])
	}
}
