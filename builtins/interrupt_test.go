package builtins_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

const newlink = 16

// link is the body of a message about a link.
func link(name string) []byte {
	return append(make([]byte, 16), socktest.TLV(3, append([]byte(name), 0)...)...)
}

// fake runs a script against a kernel in a closure.
func fake(t *testing.T, answer socktest.Answer, src string) (*program, error) {
	t.Helper()
	p := &program{t: t, reg: kernel(t, answer)}
	return p, p.run("test.star", strings.TrimLeft(src, "\n"))
}

// A probe ends too: what it is sent to swallows it.
func TestInterruptProbe(t *testing.T) {
	for _, call := range []string{`ping(dst, timeout = "1h")`, `tcp(dst, 80, timeout = "1h")`, `udp(dst, 80, timeout = "1h")`} {
		ctx, cancel := context.WithTimeout(context.Background(), socktest.Deadline)
		p := &program{t: t, ctx: ctx, reg: registry(), ns: newNetns(t)}
		interrupted := false
		p.globals = starlark.StringDict{"stop": starlark.NewBuiltin("stop", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
			interrupted = true
			cancel() // the script waits by now: a task runs when it does
			return starlark.None, nil
		})}
		err := p.run("test.star", `
rt = nl.open("route")
rt.newlink(ifname = "br0", ifi_flags = "up", change = "up", linkinfo = {"kind": "bridge"}, flags = "create")
dst = "192.0.2.2"
rt.newaddr(family = "inet", index = "br0", local = "192.0.2.1", prefixlen = 24, flags = "create")
rt.newneigh(family = "inet", dst = dst, ndm_ifindex = "br0", lladdr = "02:00:00:00:00:01", ndm_state = "permanent", flags = "create")
spawn(stop)
try_(probe.`+call+`)
print("went on")`)
		if err == nil || !interrupted || p.out.Len() > 0 {
			t.Errorf("%s: got %v, printed %q", call, err, p.out.String())
		}
		cancel()
	}
}

// Whatever waits ends at once when the script is interrupted, and neither try_
// nor ok keeps it alive. The kernel here does not answer, and is asked for ever.
func TestInterrupt(t *testing.T) {
	for name, call := range map[string]string{
		"do":             "rt.getlink()",
		"dump":           "rt.getlink.dump()",
		"stream":         "list(rt.getlink.stream())",
		"loop":           "[l for l in rt.getlink.stream()]",
		"batch":          "rt.batch([rt.getlink.msg()])",
		"request":        "rt.request(rt.getlink.msg())",
		"tried":          "try_(rt.getlink)",
		"tried dump":     "try_(rt.getlink.dump)",
		"tried stream":   "try_(list, rt.getlink.stream())",
		"tried twice":    "try_(try_, rt.getlink)",
		"expected":       `rt.getlink(ok = "EINTR")`,
		"second timeout": `try_(rt.getlink, timeout = "1h")`,
		"open":           `nl.open("nlctrl", timeout = "1h")`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			p := &program{t: t, ctx: ctx, reg: kernel(t, func([]byte) [][]byte {
				cancel() // the script waits by now, or is about to
				return nil
			})}
			err := p.run("test.star", `rt = nl.open("route", timeout = "1h")
`+call+`
print("went on")`)
			var interrupted *host.Interrupted
			if !errors.As(err, &interrupted) || p.out.Len() > 0 {
				t.Errorf("got %v, printed %q", err, p.out.String())
			}
			if text := host.Format(err, false); !strings.HasPrefix(text, "nlsh: test.star:2:") || !strings.Contains(text, "\n  interrupted\n") {
				t.Errorf("got %s", text)
			}
		})
	}
}

// exit passes through try_ too.
func TestExitPassesTry(t *testing.T) {
	p, err := fake(t, nil, `
try_(exit, 7)
print("went on")`)
	var exit *host.ExitError
	if !errors.As(err, &exit) || exit.Code != 7 || p.out.Len() > 0 {
		t.Errorf("got %v, printed %q", err, p.out.String())
	}
}

// interruptedDump is one link, and then word that the dump is not complete.
func interruptedDump(req []byte) [][]byte {
	return [][]byte{
		socktest.Flag(socktest.Multi(req, newlink, link("a")...), wire.FlagDumpIntr), socktest.Done(req, 0),
	}
}

// An error of a stream is raised where it is read, whoever reads it, and what
// follows does not run.
func TestStreamErrors(t *testing.T) {
	const inconsistent = "route.getlink.stream: dump is inconsistent: the data changed while it was read, tried once"
	for name, src := range map[string]string{
		"loop":          "for l in rt.getlink.stream(): print(l.ifname)",
		"list":          "print(list(rt.getlink.stream()))",
		"comprehension": "print([l.ifname for l in rt.getlink.stream()])",
		"sorted":        "print(sorted(rt.getlink.stream(), key = lambda l: l.ifname))",
		"pp":            "pp(rt.getlink.stream())",
		"batch":         "print(rt.batch(rt.getlink.stream()))",
		"argument":      "print(rt.newlink.msg(ifname = rt.getlink.stream()))",
		"function":      "def f():\n    for l in rt.getlink.stream(): pass\n    print('after')\nf()",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := fake(t, interruptedDump, "rt = nl.open(\"route\")\n"+src+"\nprint('went on')")
			if err == nil || strings.Contains(p.out.String(), "went on") || strings.Contains(p.out.String(), "after") {
				t.Fatalf("got %v, printed %q", err, p.out.String())
			}
			if name == "batch" { // its first element is wrong already
				return
			}
			if !strings.Contains(host.Format(err, false), inconsistent) {
				t.Errorf("got %s", host.Format(err, false))
			}
		})
	}
}

func TestStreamErrorsAreTried(t *testing.T) {
	p, err := fake(t, interruptedDump, `
rt = nl.open("route")
def each():
    for l in rt.getlink.stream():
        print(l.ifname)
    print("after")
for fn in [each, lambda: list(rt.getlink.stream()), lambda: [l for l in rt.getlink.stream()]]:
    o = try_(fn)
    print(o.ok, o.error.kind, o.error.message)
o = try_(list, rt.getlink.stream())
print(o.ok, o.error.kind)
print(try_(rt.getlink.dump).error.message)
`)
	const one = "False interrupted route.getlink.stream: dump is inconsistent: the data changed while it was read, tried once\n"
	want := "a\n" + one + one + one + "False interrupted\n" +
		"route.getlink.dump: dump is inconsistent: the data changed while it was read, tried 5 times\n"
	if err != nil || p.out.String() != want {
		t.Errorf("got %v, printed\n%swant\n%s", err, p.out.String(), want)
	}
}

// A refusal in the middle of a stream names the kernel's reason.
func TestStreamRefused(t *testing.T) {
	_, err := fake(t, func(req []byte) [][]byte {
		return [][]byte{socktest.Multi(req, newlink, link("a")...), socktest.Done(req, unix.EINVAL, socktest.Text("enough"))}
	}, `for l in nl.open("route").getlink.stream(): print(l.ifname)`)
	want := `nlsh: test.star:1:1: at top level
  route.getlink.stream: kernel says EINVAL "enough"
`
	if text := host.Format(err, false); !strings.HasPrefix(text, want) {
		t.Errorf("got %s", text)
	}
}

func TestTimeouts(t *testing.T) {
	p, err := fake(t, nil, `
rt = nl.open("route", timeout = 0.001)
print(try_(rt.getlink).error.kind, try_(rt.getlink).error.message)
print(try_(rt.getlink.dump, timeout = "2ms").error.message)
print(try_(rt.batch, [rt.getlink.msg()], timeout = "2ms").error.message)
print(try_(list, rt.getlink.stream(timeout = "2ms")).error.message)
print(try_(rt.getlink, timeout = 1e-30).error.message)
`)
	want := `timeout route.getlink: no reply within 1ms
route.getlink.dump: no dump within 2ms
route.batch: no reply within 2ms
route.getlink.stream: no dump within 2ms
route.getlink: no reply within 1ns
`
	if err != nil || p.out.String() != want {
		t.Errorf("got %v, printed\n%swant\n%s", err, p.out.String(), want)
	}
}

// What the kernel says though it obeys is shown, and no error.
func TestNotes(t *testing.T) {
	p, err := fake(t, func(req []byte) [][]byte {
		h := wire.ParseHeader(req)
		if h.Flags&wire.FlagDump == wire.FlagDump && h.Type == 18 {
			return [][]byte{socktest.Multi(req, newlink, link("a")...), socktest.Done(req, 0, socktest.Text("that is all"))}
		}
		return [][]byte{socktest.Ack(req, socktest.Text("quantum is small"))}
	}, `
rt = nl.open("route")
print(rt.newlink(mtu = 3))
print(rt.request(rt.newlink.msg(mtu = 3)))
print([o.ok for o in rt.batch([rt.newlink.msg(mtu = 3)])])
d = rt.getlink.dump()
print(len(d), d.notes)
`)
	const out = "None\nNone\n[True]\n1 [\"that is all\"]\n"
	const notes = `nlsh: note: newlink: kernel warns: quantum is small
nlsh: note: newlink: kernel warns: quantum is small
nlsh: note: messages[0]: newlink: kernel warns: quantum is small
nlsh: note: route.getlink.dump: that is all
`
	if err != nil || p.out.String() != out || p.errOut.String() != notes {
		t.Errorf("got %v, printed\n%s%s", err, p.out.String(), p.errOut.String())
	}
}

// Several replies are a list, none is None.
func TestResults(t *testing.T) {
	n := 0
	p, err := fake(t, func(req []byte) [][]byte {
		var answer [][]byte
		for i := range n {
			answer = append(answer, socktest.Reply(req, newlink, link(fmt.Sprint("l", i))...))
		}
		n++
		return append(answer, socktest.Ack(req))
	}, `
rt = nl.open("route")
print(rt.getlink())
print(rt.getlink().ifname)
print([l.ifname for l in rt.getlink()])
`)
	if err != nil || p.out.String() != "None\nl0\n[\"l0\", \"l1\"]\n" {
		t.Errorf("got %v, printed %s", err, p.out.String())
	}
}

// Garbage from the kernel is an error or a value that says so, never a panic.
func TestMalformedMessages(t *testing.T) {
	bodies := [][]byte{
		nil, {0}, make([]byte, 15), append(link("a"), 200, 0, 4, 0), append(link("a"), socktest.TLV(18, 9, 0, 1, 0, 1)...),
		append(link("a"), socktest.TLV(4, 1)...), append(link("a"), socktest.TLV(999, 1)...), append(link("a"), 1, 0),
	}
	var i int
	p, err := fake(t, func(req []byte) [][]byte {
		msg := socktest.Reply(req, newlink, bodies[i]...)
		i++
		return [][]byte{msg, socktest.Ack(req)}
	}, `
rt = nl.open("route")
for i in range(8):
    m = rt.getlink()
    for name in dir(m):
        try_(getattr, m, name)
        try_(m.raw, name)
        try_(m.has, name)
    str(m), try_(pp, m), m.to_dict(), m.unknown, m == m
    print(i, m.index, try_(lambda: m.mtu).value or try_(lambda: m.mtu).error)
print(rt.getlink.msg({"linkinfo": b"\x01"}).has("linkinfo"))
print(try_(lambda: rt.getlink.msg({"linkinfo": b"\x01"}).linkinfo).error)
`)
	lines := strings.Split(p.out.String(), "\n")
	want := []string{"0 None None", "1 None None", "2 0 None", "5 0 \x01",
		"3 0 mtu: malformed message: offset 8: attribute length 200, want 4 to 4",
		"True", `linkinfo: malformed attributes in 1 bytes (m.raw("linkinfo") has them)`}
	for _, w := range want {
		if !contains(lines, w) {
			t.Errorf("no line %q", w)
		}
	}
	if err != nil || t.Failed() {
		t.Errorf("got %v, printed\n%s", host.Format(err, false), p.out.String())
	}
}

func contains(lines []string, want string) bool {
	for _, l := range lines {
		if l == want {
			return true
		}
	}
	return false
}

// Strict checking is dropped only where it may be, and the script is told.
func TestOldRequest(t *testing.T) {
	reg := registry()
	if _, err := reg.Load([]byte(oldSpec), "old.yaml"); err != nil {
		t.Fatal(err)
	}
	p := mustRunLive(t, reg, `
old = nl.open("rt-old")
print(len(old.getlink.dump()))
`)
	const note = "nlsh: note: rt-old.getlink.dump: the kernel refused this request under strict checking, so it was repeated without\n"
	if p.out.String() != "1\n" || p.errOut.String() != note {
		t.Errorf("printed %q and %q", p.out.String(), p.errOut.String())
	}
}

const oldSpec = `
name: rt-old
protocol: netlink-raw
protonum: 0
definitions:
  - {name: rtgenmsg, type: struct, members: [{name: rtgen-family, type: u8}]}
attribute-sets: [{name: none, attributes: [{name: ifname, value: 3, type: string}]}]
operations:
  enum-model: directional
  list:
    - name: getlink
      attribute-set: none
      fixed-header: rtgenmsg
      dump: {request: {value: 18}, reply: {value: 16}}
`

func mustRunLive(t *testing.T, reg *session.Registry, src string) *program {
	t.Helper()
	p := &program{t: t, reg: reg, ns: newNetns(t)}
	if err := p.run("test.star", strings.TrimLeft(src, "\n")); err != nil {
		t.Error(host.Format(err, false))
	}
	return p
}
