package redact_test

import (
	"testing"

	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/schema"
)

// A link as the kernel tells it, some 1.4 KiB.
func bigLink(b *testing.B) *schema.Msg {
	return build(b, "rt-link", "getlink", 1, map[string]any{
		"ifi-type": "ether", "ifi-index": 5, "ifi-flags": []any{"up", "running"}, "ifname": "v0", "mtu": 1500, "address": "02:11:22:33:44:55",
		"broadcast": "ff:ff:ff:ff:ff:ff", "linkinfo": map[string]any{"kind": "veth"}, "stats": make([]byte, 96), "stats64": make([]byte, 200),
		"af-spec": map[string]any{"inet6": map[string]any{"addr-gen-mode": "none", "stats": make([]any, 0)}}, "map": make([]byte, 32),
		"num-tx-queues": 1, "num-rx-queues": 1, "gso-max-size": 65536, "qdisc": "noqueue", "link": 6, "perm-address": "02:11:22:33:44:55",
	})
}

func BenchmarkSeen(b *testing.B) {
	m := bigLink(b)
	table := redact.NewTable()
	b.ReportAllocs()
	for b.Loop() {
		table.Seen(m)
	}
}

func BenchmarkRender(b *testing.B) {
	m := bigLink(b)
	table := redact.NewTable()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Render(redact.Message(m, "newlink"), redact.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
