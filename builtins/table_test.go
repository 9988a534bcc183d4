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
		text, err = builtins.Shown(th, args[0], width, true)
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
		"none":      {80, "[]", "\n[]"},
		"plain":     {80, "[1, \"a\"]", "\n[1, \"a\"]"},
		"long":      {24, "[\"aaaaaaaa\", \"bbbbbbbb\", 3]", "\n[\n    \"aaaaaaaa\",\n    \"bbbbbbbb\", 3,\n]\n"},
		"tuple":     {12, "(\"aaaaaaaa\", 2)", "\n(\n    \"aaaaaaaa\",\n    2,\n)\n"},
		"set":       {12, "set([\"aaaaaaaa\", 2])", "\nset([\n    \"aaaaaaaa\",\n    2,\n])\n"},
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
