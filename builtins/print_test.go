package builtins_test

import (
	"os"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// What every operation's msg builds is printed as a call that builds it again,
// with its flags, where the family is called by its name.
func TestEveryOperationPastesBack(t *testing.T) {
	var printed []string
	take := starlark.NewBuiltin("take", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		printed = append(printed, args[0].String())
		return starlark.None, nil
	})
	p := &program{t: t, reg: registry(), globals: starlark.StringDict{"take": take}}
	if err := p.run("print.star", `
route = nl.open("route")
for name in route.ops:
    o = try_(getattr(route, name).msg)
    if o.ok:
        flags = {"new": ["create", "echo"], "del": ["nonrec"]}.get(name[:3])
        take(getattr(route, name).msg(flags = flags))
`); err != nil {
		t.Fatal(host.Format(err, false))
	}
	if len(printed) < 15 {
		t.Fatalf("%d operations", len(printed))
	}
	for _, call := range printed {
		p := &program{t: t, reg: registry()}
		err := p.run("print.star", "route = nl.open(\"route\")\nm = "+call+"\nprint(m)\nprint(m.bytes == "+call+".bytes)\n")
		if want := call + "\nTrue\n"; err != nil || p.out.String() != want {
			t.Errorf("%s: %v, printed %s", call, err, p.out.String())
		}
		if strings.Contains(call, ".new") && !strings.Contains(call, `flags = ["echo", "create"]`) {
			t.Errorf("%s: want its flags", call)
		}
	}
}

// What the kernel sent is printed as the request that makes it.
func TestDumpsPasteBack(t *testing.T) {
	var printed []string
	msgs := starlark.NewList(nil)
	take := starlark.NewBuiltin("take", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		printed = append(printed, args[0].String())
		return starlark.None, msgs.Append(args[0])
	})
	src := `
route = nl.open("route")
route.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, ifi_flags = "up", change = "up", flags = "create")
route.newaddr(family = "inet", index = "br0", prefixlen = 24, local = "192.0.2.1")
for op in [route.getlink, route.getaddr, route.getroute, route.getrule, route.getneigh]:
    for m in op.dump():
        take(m)
`
	ns := newNetns(t)
	reg := registry()
	p := &program{t: t, reg: reg, ns: ns, globals: starlark.StringDict{"take": take}}
	if err := p.run("print.star", src); err != nil {
		t.Fatal(host.Format(err, false))
	}
	again := &program{t: t, reg: reg, ns: ns, globals: starlark.StringDict{"msgs": msgs}}
	var b strings.Builder
	for i, call := range printed {
		if !strings.HasPrefix(call, "route.new") {
			t.Errorf("%s: want a request that makes it", call)
		}
		b.WriteString("if msgs[" + starlark.MakeInt(i).String() + "] != " + call + ": print(msgs[" + starlark.MakeInt(i).String() + "])\n")
	}
	if err := again.run("print.star", "route = nl.open(\"route\")\n"+b.String()); err != nil || again.out.Len() > 0 || len(printed) < 8 {
		t.Errorf("%d messages, %s, other than they are printed: %s", len(printed), host.Format(err, false), again.out.String())
	}
}

// The code of docs/values.md runs, block after block.
func TestValuesPage(t *testing.T) {
	page, err := os.ReadFile("../docs/values.md")
	if err != nil {
		t.Fatal(err)
	}
	code := `
rt = nl.open("route")
route = rt
rt.newlink(index = 1, ifi_flags = "up", change = "up")
rt.newroute(family = "inet", oif = 1, scope = "link", type = "unicast", table = "main", flags = "create")
m = None
a = rt.getaddr.dump().first(family = "inet")
` + strings.ReplaceAll(example(string(page)), "rt.request(m)", "")
	p := &program{t: t, reg: registry(), ns: newNetns(t)}
	if err := p.run("values.star", code); err != nil {
		t.Error(host.Format(err, false))
	}
	for line := range strings.Lines(p.out.String()) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "route.") && !strings.Contains(string(page), line) {
			t.Errorf("printed %s, which is not in the page", line)
		}
	}
}

// So does that of docs/events.md.
func TestEventsPage(t *testing.T) {
	page, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, reg: registry(), ns: newNetns(t)}
	if err := p.run("events.md", "rt = nl.open(\"route\")\n"+example(string(page))); err != nil {
		t.Error(host.Format(err, false))
	}
	if want := "newlink br0\n"; !strings.HasPrefix(p.out.String(), want) {
		t.Errorf("printed %q, want %q", p.out.String(), want)
	}
}
