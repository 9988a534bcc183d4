package builtins_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

// spec declares a small protocol in scripts, of which the protocol is PROTOCOL.
const itemSpec = `
nl.load_spec(text = """
name: item
protocol: PROTOCOL
protonum: 2
attribute-sets:
  - name: inner
    attributes:
      - {name: a, type: u16}
      - {name: b, type: string}
  - name: item
    attributes:
      - {name: id, type: u32, checks: {min: 1, max: 1000}}
      - {name: label, type: string, checks: {max-len: 15}}
      - {name: nest, type: nest, nested-attributes: inner}
      - {name: many, type: u8, multi-attr: true}
      - {name: gone, type: unused}
operations:
  list:
    - {name: get, value: 16, attribute-set: item, do: {request: {attributes: [id]}, reply: {attributes: [id]}}, dump: {reply: {attributes: [id]}}}
    - {name: put, value: 17, attribute-set: item, do: {request: {attributes: [id]}}}
    - {name: list, value: 18, attribute-set: item, dump: {request: {attributes: [id]}, reply: {attributes: [id]}}}
    - {name: added, value: 19, notify: get, mcgrp: changes}
    - {name: quit, value: 20, attribute-set: item, do: {request: {attributes: []}}}
    - {name: other, value: 21, attribute-set: item, do: {request: {attributes: []}}}
mcast-groups: {list: [{name: changes, value: 1}]}
""")
`

const itemServer = `
def get(m, call):
    if call.dump:
        return [{"id": i + 1, "label": "x" * (i % 15)} for i in range(m.id or 1)]
    if m.id == 1: return {"id": 1, "label": "one", "nest": {"a": 7}, "many": [1, 2]}
    if m.id == 2: return m
    if m.id == 3: return nl.error("ERANGE", "too much", attr = "nest.a")
    if m.id == 4: return nl.error(22, missing = "nest.b")
    if m.id == 5: return [{"id": 5}, {"id": 6}]
    if m.id == 6: return None
    if m.id == 7: return nl.error("EPERM", "x" * 100000)
    if m.id == 8: return nl.error("ENOENT", "nul\x00inside", attr = "no.such.path")
def put(m): pass
def quit(m): srv.stop()
srv = nl.serve("item", {"get": get, "put": put, "list": lambda m: [], "quit": quit}, port = 4711)
ready()
print(srv.run())
print(srv.unread)
`

// serving runs a server script until it says ready, and returns what waits for its end.
func serving(t *testing.T, ns *netns.Handle, src string) (end func() (*program, error)) {
	t.Helper()
	ready, ended := make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	p := &program{t: t, reg: registry(), ns: ns, ctx: ctx, globals: starlark.StringDict{
		"ready": starlark.NewBuiltin("ready", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
			close(ready)
			return starlark.None, nil
		}),
	}}
	go func() { ended <- p.run("server.star", src) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(host.Format(err, false))
	}
	return func() (*program, error) { return p, <-ended }
}

// asking runs a client script to its end and returns what it printed.
func asking(t *testing.T, ns *netns.Handle, src string) string {
	t.Helper()
	p := &program{t: t, reg: registry(), ns: ns}
	if err := p.run("client.star", src); err != nil {
		t.Fatal(host.Format(err, false))
	}
	return p.out.String()
}

const itemClient = `
f = nl.open("item", peer = 4711, groups = ["changes"])
print(f.get(id = 1))
print(f.get({"id": 2, "label": "echo", "nest": {"a": 1, "b": "c"}}))
print(f.get(id = 5))
print(f.get(id = 6))
print(f.put(id = 6))
def no(fn, *args, **kwargs):
    e = try_(fn, *args, **kwargs).error
    print(str(e)[:150], e.attr, e.missing)
no(f.get, id = 3, nest = {"a": 9})
no(f.get, id = 3)
no(f.get, id = 4, nest = {"a": 9})
no(f.get, id = 4)
e = try_(f.get, id = 7).error
print(e.name, len(e.extack))
no(f.get, id = 8)
no(f.get, id = 0)
no(f.get, id = 1001)
no(f.get, {"id": 1, 99: b"what"})
no(f.get, {"id": 1, 5: b"gone"})
no(f.get, {"id": 1, "nest": {77: b""}})
no(f.get, {"nest": b"\x01\x02\x03\x04\x05"})
no(f.get, {1: b"\x01"})
no(f.get, {"nest": {1: b"\x01"}})
no(f.get, label = "0123456789abcdef")
no(f.other)
d = f.get.dump(id = 900)
print(len(d), d[899].id, d[14].label)
print(len(f.list.dump()))
print([m.id for m in f.get.stream(id = 3)])
print([o.ok for o in f.batch([f.put.msg(id = 1), f.get.msg(id = 7), f.get.msg(id = 1)])])
f.quit()
`

// Both kinds of protocol, all kinds of answers.
func TestServe(t *testing.T) {
	const want = `item.get.msg(id = 1, label = "one", nest = {"a": 7}, many = [1, 2])
item.get.msg(id = 2, label = "echo", nest = {"a": 1, "b": "c"})
[item.get.msg(id = 5), item.get.msg(id = 6)]
None
None
item.get: nest.a: server says ERANGE "too much" (sent 9) nest.a None
item.get: server says ERANGE "too much" None None
item.get: server says EINVAL (invalid argument) (missing nest.b) None nest.b
item.get: server says EINVAL (invalid argument) None None
EPERM 4096
item.get: server says ENOENT "nul inside" None None
item.get: id: server says ERANGE "integer out of range: at least 1" (sent 0) id None
item.get: id: server says ERANGE "integer out of range: at most 1000" (sent 1001) id None
item.get: [99]: server says EINVAL "Unknown attribute type" (sent b"what") [99] None
item.get: [5]: server says EINVAL "Unknown attribute type" (sent b"gone") [5] None
item.get: nest[77]: server says EINVAL "Unknown attribute type" (sent b"") nest[77] None
item.get: nest: server says ERANGE "Attribute failed policy validation" (sent b"\x01\x02\x03\x04\x05") nest None
item.get: [1]: server says ERANGE "Attribute failed policy validation" (sent b"\x01") [1] None
item.get: nest[1]: server says ERANGE "Attribute failed policy validation" (sent b"\x01") nest[1] None
item.get: label: server says ERANGE "16 bytes are too long: at most 15" (sent "0123456789abcdef") label None
item.other: server says EOPNOTSUPP "no handler for other" None None
900 900 xxxxxxxxxxxxxx
0
[1, 2, 3]
[True, False, True]
`
	for protocol, requests := range map[string]string{"netlink-raw": "28", "genetlink": "29"} { // one for the number of the family
		t.Run(protocol, func(t *testing.T) {
			ns := netnstest.New(t)
			spec := strings.ReplaceAll(itemSpec, "PROTOCOL", protocol)
			end := serving(t, ns, spec+itemServer)
			got := asking(t, ns, spec+itemClient)
			if got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			p, err := end()
			if err != nil || p.out.String() != requests+"\n0\n" { // requests answered, answers that nobody took
				t.Errorf("%sprinted %q", host.Format(err, false), p.out.String())
			}
		})
	}
}

// The code of docs/custom-protocol.md runs as it stands, and prints what the page says.
func TestCustomProtocolPage(t *testing.T) {
	text, err := os.ReadFile("../docs/custom-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, files, want := t.TempDir(), map[string]string{}, ""
	for _, m := range regexp.MustCompile("(?s)```(python|text)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if m[1] == "text" {
			want = m[2]
			continue
		}
		name := strings.TrimPrefix(strings.SplitN(m[2], "\n", 2)[0], "# ")
		files[name] = m[2]
		if err := os.WriteFile(filepath.Join(dir, name), []byte(m[2]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if files["server.star"] == "" || files["client.star"] == "" || files["shelf.star"] == "" || want == "" {
		t.Fatalf("the page has %d files", len(files))
	}
	inline := func(name string) string {
		return strings.ReplaceAll(files[name], `load("./shelf.star", "SPEC")`, files["shelf.star"])
	}
	ns := netnstest.New(t)
	server := strings.Replace(inline("server.star"), "print(\"served\"", "ready()\nprint(\"served\"", 1)
	end := serving(t, ns, server)
	if got := asking(t, ns, inline("client.star")); got != want {
		t.Errorf("the client prints\n%sand the page says\n%s", got, want)
	}
	p, err := end()
	if err != nil || !strings.HasPrefix(p.out.String(), "served ") {
		t.Errorf("the server: %v, printed %q", err, p.out.String())
	}
}

// Whatever comes in a datagram, the server goes on, and answers what can be answered.
func TestServeGarbage(t *testing.T) {
	for _, protocol := range []string{"netlink-raw", "genetlink"} {
		t.Run(protocol, func(t *testing.T) {
			ns := netnstest.New(t)
			spec := strings.ReplaceAll(itemSpec, "PROTOCOL", protocol)
			end := serving(t, ns, spec+itemServer)
			var c *sock.Conn
			if err := netns.Do(ns, func() (err error) {
				c, err = sock.Open(sock.Options{Proto: unix.NETLINK_USERSOCK, Peer: 4711})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for _, d := range garbage() {
				if err := c.Send(d); err != nil {
					t.Fatal(err)
				}
			}
			// The answer to a length that cannot be true.
			lie := socktest.Message(16, wire.FlagRequest)
			lie[0] = 200
			if err := c.Send(lie); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for {
				d, err := c.Recv(ctx, 0)
				if err != nil {
					t.Fatal(err)
				}
				ack, err := wire.ParseAck(d.Data)
				if err == nil && ack.Errno == int(unix.EINVAL) && wire.ParseHeader(ack.Echo).Len == 200 {
					break
				}
			}
			asking(t, ns, spec+`
f = nl.open("item", peer = 4711)
print(f.get(id = 1))
f.quit()`)
			if _, err := end(); err != nil {
				t.Error(host.Format(err, false))
			}
		})
	}
}

// garbage is datagrams that are no sound requests.
func garbage() [][]byte {
	req := func(typ, flags uint16, body ...byte) []byte { return socktest.Message(typ, flags, body...) }
	list := [][]byte{
		{1}, {0, 0, 0, 0}, make([]byte, 15), make([]byte, 16), make([]byte, 1000),
		req(16, 0), req(2, wire.FlagRequest|wire.FlagAck), req(3, wire.FlagRequest), req(2, 0, make([]byte, 20)...),
		req(0xffff, wire.FlagRequest), req(16, wire.FlagRequest|wire.FlagAck, 1), req(16, 0xffff, 1, 2, 3, 4, 5, 6, 7, 8, 9),
		req(32, wire.FlagRequest), req(32, wire.FlagRequest, 16), req(32, wire.FlagRequest, 99, 0, 0, 0),
		req(wire.MinType, wire.FlagRequest, 3, 1, 0, 0), req(wire.MinType, wire.FlagRequest, 10, 1, 0, 0), req(wire.MinType, wire.FlagRequest|wire.FlagDump, 3, 1, 0, 0),
	}
	for typ := byte(0); typ < 8; typ++ {
		for n := byte(0); n < 12; n++ {
			attr := append([]byte{n, 0, typ, 0}, 0xff, 0xff, 0xff, 0xff)
			list = append(list, req(16, wire.FlagRequest, attr...), req(32, wire.FlagRequest, append([]byte{16, 1, 0, 0}, attr...)...))
		}
	}
	return list
}

// A handler that fails is told to its client and raised where the server runs.
func TestServeHandlerFails(t *testing.T) {
	for name, tt := range map[string]struct{ body, client, server string }{
		"fails":       {`fail("oh no")`, `server says EIO "the handler of get failed: fail: oh no"`, "oh no"},
		"wrong type":  {`return 7`, `server says EIO "the handler of get failed: item.step: get: the handler returned int, want a dict, a message, a list of them, an nl.error or None"`, "item.step: get: the handler returned int, want a dict, a message, a list of them, an nl.error or None"},
		"wrong field": {`return {"idd": 1}`, `server says EIO "the handler of get failed: item.step: get: got unknown name \"idd\", want an attribute of item (did you mean \"id\"?)"`, `item.step: get: got unknown name "idd", want an attribute of item (did you mean "id"?)`},
		"wrong list":  {`return [{"id": 1}, 3]`, "reply 1: got int", "item.step: get: reply 1: got int, want a dict or a message (everything else has a name)"},
		"asks":        {`nl.open("route").getlink(ifname = "none")`, `server says ENODEV`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ns := netnstest.New(t)
			spec := strings.ReplaceAll(itemSpec, "PROTOCOL", "netlink-raw")
			end := serving(t, ns, spec+`
def get(m):
    `+tt.body+`
srv = nl.serve("item", {"get": get}, port = 4711)
ready()
srv.step()
`)
			if got := asking(t, ns, spec+`print(try_(nl.open("item", peer = 4711).get, id = 1).error)`); !strings.Contains(got, tt.client) {
				t.Errorf("the client got %swant %s", got, tt.client)
			}
			_, err := end()
			if tt.server == "" {
				if err != nil {
					t.Error(host.Format(err, false))
				}
			} else if !strings.Contains(host.Format(err, false), tt.server) {
				t.Errorf("the server got %swant %s", host.Format(err, false), tt.server)
			}
		})
	}
}

// A network without a network: the kernel's own spec, served.
func TestServeRoute(t *testing.T) {
	ns := netnstest.New(t)
	end := serving(t, ns, `
links = [{"index": 1, "ifname": "lo", "flags": ["up"]}, {"index": 2, "ifname": "wan0", "mtu": 9000}]
srv = nl.serve("route", {"getlink": lambda m: links})
srv.close()
srv = nl.serve("route", {"getlink": lambda m: links}, port = 7)
ready()
srv.step(); srv.step()
srv.close()
srv.close()
`)
	got := asking(t, ns, `
rt = nl.open("route", peer = 7)
print([(l.index, l.ifname, l.mtu) for l in rt.getlink.dump()])
print(try_(rt.newlink, ifname = "x", flags = ["create", "excl", "replace"]).error)
`)
	want := `[(1, "lo", None), (2, "wan0", 9000)]
route.newlink: server says EOPNOTSUPP "no handler for newlink"
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if _, err := end(); err != nil {
		t.Error(host.Format(err, false))
	}
}

// Waiting for events and requests ends at once when the script is interrupted.
func TestEventsInterrupted(t *testing.T) {
	for name, call := range map[string]string{
		"recv":   `ready(); ev.recv(timeout = "1h")`,
		"loop":   "ready()\nfor e in ev.events(): pass",
		"list":   `ready(); list(ev.events(timeout = "1h"))`,
		"tried":  `ready(); try_(ev.recv, timeout = "1h")`,
		"select": `ready(); nl.select([ev, srv])`,
		"step":   `ready(); srv.step()`,
		"run":    `ready(); try_(srv.run)`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			p := &program{t: t, reg: registry(), ns: netnstest.New(t), ctx: ctx, globals: starlark.StringDict{
				"ready": starlark.NewBuiltin("ready", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
					go cancel() // it waits by then, or is about to
					return starlark.None, nil
				}),
			}}
			err := p.run("test.star", `
ev = nl.open("route", groups = ["link"])
srv = nl.serve("route", {})
`+call+"\nprint('went on')")
			var interrupted *host.Interrupted
			if !errors.As(err, &interrupted) || p.out.Len() > 0 {
				t.Errorf("got %v, printed %q", err, p.out.String())
			}
		})
	}
}
