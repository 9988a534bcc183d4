package builtins_test

import (
	"fmt"
	"io"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// benchScript measures a call of the function f of a script.
func benchScript(b *testing.B, src string) {
	b.Helper()
	h := host.New(host.Options{Globals: builtins.Globals(builtins.Config{Registry: registry()}), Stdout: io.Discard, Stderr: io.Discard})
	source, err := host.NewSource("bench.star", "", []byte(src))
	if err != nil {
		b.Fatal(err)
	}
	err = h.Run(host.Job{}, func(th *starlark.Thread) error {
		members, err := h.Exec(th, source)
		if err != nil {
			return err
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := starlark.Call(th, members["f"], nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(host.Format(err, false))
	}
}

// The same 100,000 prefixes, made here and formatted by the script.
func BenchmarkPrefixRange(b *testing.B) {
	b.Run("native", func(b *testing.B) {
		benchScript(b, "def f():\n    for p in ipaddr.prefix_range(\"10.0.0.0/8\", 28, count = 100000):\n        pass\n")
	})
	b.Run("v6", func(b *testing.B) {
		benchScript(b, "def f():\n    for p in ipaddr.prefix_range(\"2001:db8::/32\", 64, count = 100000):\n        pass\n")
	})
	b.Run("script", func(b *testing.B) {
		benchScript(b, "def f():\n    for i in range(100000):\n        p = \"10.%d.%d.%d/28\" % (i >> 12, i >> 4 & 255, i << 4 & 255)\n")
	})
}

func BenchmarkJSONEncode(b *testing.B) {
	const messages = `
rt = nl.open("route")
def message(i):
    return rt.newlink.msg(ifname = "veth%d" % i, mtu = 1500, ifi_flags = "up|running", address = "02:00:00:00:00:01", txqlen = 1000,
        linkinfo = {"kind": "vxlan", "data": {"id": i, "ttl": 64, "learning": True}})
list = [message(i) for i in range(10000)]
`
	for _, c := range [][2]string{{"messages", "json.encode(list)"}, {"dicts", "json.encode(dicts)"}, {"to_dict", "[m.to_dict() for m in list]"}} {
		b.Run(c[0], func(b *testing.B) {
			benchScript(b, messages+"dicts = [m.to_dict() for m in list]\n"+fmt.Sprintf("def f(): return %s\n", c[1]))
		})
	}
}
