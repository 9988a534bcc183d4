package specs_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// recorded is the first message of a recorded dump.
func recorded(b *testing.B, file, spec, op string) *schema.Msg {
	text, err := os.ReadFile("../internal/wire/testdata/" + file)
	if err != nil {
		b.Skip(err)
	}
	data, err := hex.DecodeString(strings.Fields(string(text))[0])
	if err != nil {
		b.Fatal(err)
	}
	it := wire.WalkMessages(data)
	if !it.Next() {
		b.Fatal("no message")
	}
	s := specs.Find(spec)
	o := s.FindOp(op)
	return &schema.Msg{Spec: s, Header: s.Struct(o.Header), Set: s.Set(o.Set), Data: it.Body()}
}

func BenchmarkRouteDst(b *testing.B) {
	m := recorded(b, "routes4.hex", "rt-route", "getroute")
	b.ReportAllocs()
	for b.Loop() {
		m.Get("dst")
	}
}

func BenchmarkRouteTable(b *testing.B) {
	m := recorded(b, "routes4.hex", "rt-route", "getroute")
	p := m.Resolve("table")
	b.ReportAllocs()
	for b.Loop() {
		m.Number(p)
	}
}

// One level deep: what is nested stays bytes.
func BenchmarkLinkFields(b *testing.B) {
	m := recorded(b, "links.hex", "rt-link", "getlink")
	b.ReportAllocs()
	for b.Loop() {
		m.Fields()
	}
}

// To the last leaf, as text.
func BenchmarkLinkString(b *testing.B) {
	m := recorded(b, "links.hex", "rt-link", "getlink")
	b.ReportAllocs()
	for b.Loop() {
		_ = schema.MsgValue(m).String()
	}
}
