package builtins_test

import (
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

// call runs a function of a script under the benchmark or test, over and over.
func call(tb testing.TB, src string, loop func(again func())) {
	tb.Helper()
	callIn(tb, kernel(tb, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} }), src, loop)
}

// callIn is call with a kernel of the caller's.
func callIn(tb testing.TB, reg *session.Registry, src string, loop func(again func())) {
	tb.Helper()
	h := host.New(host.Options{Globals: builtins.Globals(builtins.Config{Registry: reg})})
	source, err := host.NewSource("bench.star", "", []byte(src))
	if err != nil {
		tb.Fatal(err)
	}
	owner := host.NewOwner("bench", nil)
	defer owner.Close()
	err = h.Run(host.Job{Owner: owner}, func(th *starlark.Thread) error {
		members, err := h.Exec(th, source)
		if err != nil {
			return err
		}
		loop(func() {
			if _, err := starlark.Call(th, members["f"], nil, nil); err != nil {
				tb.Fatal(host.Format(err, false))
			}
		})
		return nil
	})
	if err != nil {
		tb.Fatal(host.Format(err, false))
	}
}

func benchmark(b *testing.B, src string) {
	b.ReportAllocs()
	call(b, src, func(again func()) {
		for b.Loop() {
			again()
		}
	})
}

const routeMsg = `
rt = nl.open("route")
msg = rt.newroute.msg
def f():
    msg(family = "inet", dst = "10.1.2.16", dst_len = 28, gateway = "192.0.2.2", oif = 3, table = 100, type = "unicast",
        protocol = "boot", scope = "universe", flags = ["create", "append"])
`

func BenchmarkBuildRoute(b *testing.B) { benchmark(b, routeMsg) }

func BenchmarkBuiltinWithKeywords(b *testing.B) {
	benchmark(b, `
rt = nl.open("route")
m = rt.newlink.msg(mtu = 1500, ifname = "v0")
match = m.match
def f():
    match(mtu = 1500, ifname = "v0")
`)
}

func BenchmarkCopyAndAssign(b *testing.B) {
	benchmark(b, `
rt = nl.open("route")
m = rt.newlink.msg(ifname = "v0", mtu = 1400, linkinfo = {"kind": "vxlan", "data": {"id": 5}})
def f():
    m.mtu = 1500
`)
}

// What hot loops may allocate. The numbers are of the calls whole, the
// interpreter's part included.
func TestAllocs(t *testing.T) {
	for _, c := range []struct {
		name string
		want float64
		src  string
	}{
		{"building a message of ten fields", 30, routeMsg},
		{"asking for a form of an operation", 2, "rt = nl.open(\"route\")\ndef f(): rt.newroute.msg"},
		{"assigning a number", 12, "m = nl.open(\"route\").newlink.msg(ifname = \"v0\", mtu = 5)\ndef f(): m.mtu = 1500"},
		{"reading a number", 1, "m = nl.open(\"route\").newlink.msg(ifname = \"v0\", mtu = 5)\ndef f(): m.mtu"},
	} {
		call(t, c.src, func(again func()) {
			again()
			if got := testing.AllocsPerRun(200, again); got > c.want {
				t.Errorf("%s: got %v allocations, want at most %v", c.name, got, c.want)
			}
		})
	}
}

// Bulk methods allocate for the call, and not for each message.
func TestBulkAllocs(t *testing.T) {
	for _, c := range []string{
		`d.count(table = 254, dst = "10.0.0.0/8", protocol = ["static", "boot"], oif = [3, 4], gateway = None)`,
		`d.count(flags = "onlink", dst_len = 24)`,
		`d.sum("dst_len")`,
		`d.sum("oif")`,
		`d.first(table = 4711)`,
		`d.where(table = 4711)`,
	} {
		allocs := func(messages int) (n float64) {
			reg := kernel(t, routes(messages))
			callIn(t, reg, "d = nl.open(\"route\").getroute.dump(family = \"inet\")\ndef f(): "+c, func(again func()) {
				n = testing.AllocsPerRun(20, again)
			})
			return n
		}
		if few, many := allocs(10), allocs(1000); many > few+2 {
			t.Errorf("%s: got %v allocations for 10 messages and %v for 1000", c, few, many)
		}
	}
}

// routes answers a dump with n routes.
func routes(n int) socktest.Answer {
	return func(req []byte) [][]byte {
		var answer [][]byte
		var part []byte
		for i := range n {
			body := append([]byte{2, 24, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0}, socktest.TLV(15, 254, 0, 0, 0)...)
			body = append(body, socktest.TLV(1, 10, byte(i>>8), byte(i), 0)...)
			part = append(part, socktest.Multi(req, 24, append(body, socktest.TLV(4, 3, 0, 0, 0)...)...)...)
			if len(part) > 7000 {
				answer, part = append(answer, part), nil
			}
		}
		return append(answer, append(part, socktest.Done(req, 0)...))
	}
}
