package wire_test

import (
	"testing"

	"github.com/nlsh/nlsh/internal/wire"
)

func BenchmarkMessages(b *testing.B) {
	datagram := readHex(b, "testdata/routes6.hex")[0]
	b.SetBytes(int64(len(datagram)))
	b.ReportAllocs()
	for b.Loop() {
		for it := wire.WalkMessages(datagram); it.Next(); {
			_ = it.Body()
		}
	}
}

func linkAttrs(b *testing.B) []byte {
	it := wire.WalkMessages(readHex(b, "testdata/links.hex")[0])
	if !it.Next() {
		b.Fatal(it.Err())
	}
	return it.Body()[16:]
}

func BenchmarkAttrs(b *testing.B) {
	attrs := linkAttrs(b)
	b.SetBytes(int64(len(attrs)))
	b.ReportAllocs()
	for b.Loop() {
		for at := wire.WalkAttrs(attrs); at.Next(); {
			_ = at.Attr.Data
		}
	}
}

func BenchmarkFind(b *testing.B) {
	attrs := linkAttrs(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := wire.Find(attrs, 3); !ok {
			b.Fatal("no name")
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	var w wire.Builder
	payload := []byte("veth\x00")
	b.ReportAllocs()
	for b.Loop() {
		w.Reset()
		w.Begin(wire.Header{Type: 16, Flags: wire.FlagRequest})
		w.Mark("linkinfo")
		w.Nest(18)
		w.Mark("kind")
		w.Attr(1, payload)
		w.EndNest()
		if _, err := w.End(); err != nil {
			b.Fatal(err)
		}
	}
}
