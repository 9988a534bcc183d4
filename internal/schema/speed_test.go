package schema_test

import (
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
)

// TestAllocs pins what the hot paths may allocate: nothing, but the text of an
// address.
func TestAllocs(t *testing.T) {
	_, m := linkyMsg(t)
	mtu, index, family, dst, class := m.Resolve("mtu"), m.Resolve("index"), m.Resolve("family"), m.Resolve("dst"), m.Resolve("class")
	for _, c := range []struct {
		name string
		want float64
		f    func()
	}{
		{"Number of an attribute", 0, func() { m.Number(mtu) }},
		{"Number of a member", 0, func() { m.Number(index) }},
		{"At of a u8 member with an enum", 0, func() { m.At(family) }},
		{"At of a u32 member", 0, func() { m.At(index) }},
		{"At of a u8 attribute with an enum", 0, func() { m.At(class) }},
		{"At of an IPv4 attribute", 1, func() { m.At(dst) }},
		{"Get by key", 0, func() { m.Get("mtu") }},
		{"Get of a member by its short name", 0, func() { m.Get("index") }},
		{"Get of an absent attribute", 0, func() { m.Get("info") }},
	} {
		if got := testing.AllocsPerRun(100, c.f); got > c.want {
			t.Errorf("%s: got %v allocations, want %v", c.name, got, c.want)
		}
	}
}

func BenchmarkNumber(b *testing.B) {
	_, m := linkyMsg(b)
	p := m.Resolve("mtu")
	b.ReportAllocs()
	for b.Loop() {
		m.Number(p)
	}
}

func BenchmarkGetMember(b *testing.B) {
	_, m := linkyMsg(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Get("family")
	}
}

func BenchmarkGetAddress(b *testing.B) {
	_, m := linkyMsg(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Get("dst")
	}
}

func BenchmarkFields(b *testing.B) {
	_, m := linkyMsg(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Fields()
	}
}

func BenchmarkEncode(b *testing.B) {
	spec, m := linkyMsg(b)
	in := fields("index", 7, "mtu", 1500, "name", "lo", "dst", "10.0.0.1", "info", dict("num", 5))
	out := newBuilder()
	enc := schema.Encoder{Spec: spec, Out: out}
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := enc.Body(m.Header, m.Set, schema.KindNone, in); err != nil {
			b.Fatal(err)
		}
	}
}
