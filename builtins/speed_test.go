package builtins_test

import (
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

// call runs a function of a script under the benchmark or test, over and over.
func call(tb testing.TB, src string, loop func(again func())) {
	tb.Helper()
	reg := kernel(tb, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} })
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
