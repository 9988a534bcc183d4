package wire_test

import (
	"bytes"
	"testing"

	"github.com/nlsh/nlsh/internal/wire"
)

func TestBuild(t *testing.T) {
	littleEndian(t)
	for _, tt := range []struct {
		name  string
		build func(*wire.Builder)
		want  []byte
	}{
		{"header", func(b *wire.Builder) {}, []byte{
			0x10, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x05, 0x06,
			0x09, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
		}},
		{"unpadded end", func(b *wire.Builder) { b.Raw([]byte("abcde")) }, []byte{
			0x15, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x05, 0x06,
			0x09, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x61, 0x62, 0x63, 0x64,
			0x65,
		}},
		{"attributes behind an odd header", func(b *wire.Builder) {
			b.Raw([]byte("a"))
			b.Attr(3, []byte("lo\x00"))
			b.Attr(wire.NetOrder|4, nil)
		}, []byte{
			0x20, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x05, 0x06,
			0x09, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x61, 0x00, 0x00, 0x00,
			0x07, 0x00, 0x03, 0x00,
			0x6c, 0x6f, 0x00, 0x00,
			0x04, 0x00, 0x04, 0x40,
		}},
		{"nests", func(b *wire.Builder) {
			b.Nest(wire.Nested | 18)
			b.Attr(1, []byte("x"))
			b.Nest(2)
			b.EndNest()
			b.EndNest()
			b.Attr(9, []byte{1, 2})
		}, []byte{
			0x28, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x05, 0x06,
			0x09, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x12, 0x80, // padding inside counts
			0x05, 0x00, 0x01, 0x00,
			0x78, 0x00, 0x00, 0x00,
			0x04, 0x00, 0x02, 0x00,
			0x06, 0x00, 0x09, 0x00, // its own does not
			0x01, 0x02, 0x00, 0x00,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b wire.Builder
			b.Begin(wire.Header{Len: 99, Type: 16, Flags: 0x605, Seq: 9})
			tt.build(&b)
			got, err := b.End()
			wantFormat(t, err, -1)
			if !bytes.Equal(got, tt.want) {
				t.Errorf("got  %x\nwant %x", got, tt.want)
			}
			if cap(got) != len(got) || b.Err() != nil || b.Len() != len(tt.want) {
				t.Errorf("cap %d, err %v, len %d", cap(got), b.Err(), b.Len())
			}
		})
	}
}

func TestBuildErrors(t *testing.T) {
	const base = wire.HeaderLen
	deep := func(n int) func(*wire.Builder) {
		return func(b *wire.Builder) {
			for range n {
				b.Nest(1)
			}
			for range n {
				b.EndNest()
			}
		}
	}
	for _, tt := range []struct {
		name  string
		build func(*wire.Builder)
		off   int
	}{
		{"largest payload", func(b *wire.Builder) { b.Attr(1, make([]byte, wire.MaxAttrPayload)) }, -1},
		{"payload too large", func(b *wire.Builder) { b.Attr(1, make([]byte, wire.MaxAttrPayload+1)) }, base},
		{"second one too large", func(b *wire.Builder) {
			b.Attr(1, []byte("abc"))
			b.Attr(1, make([]byte, 70000))
		}, base + 8},
		{"largest nest", func(b *wire.Builder) {
			b.Nest(1)
			b.Raw(make([]byte, wire.MaxAttrPayload))
			b.EndNest()
		}, -1},
		{"nest too large", func(b *wire.Builder) {
			b.Attr(7, nil)
			b.Nest(1)
			b.Attr(2, make([]byte, 40000))
			b.Attr(2, make([]byte, 40000))
			b.EndNest()
		}, base + 4},
		{"deepest", deep(wire.MaxDepth), -1},
		{"too deep", deep(wire.MaxDepth + 1), base + 4*wire.MaxDepth},
		{"1,000 deep", deep(1000), base + 4*wire.MaxDepth},
		{"nest left open", func(b *wire.Builder) { b.Nest(1) }, base + 4},
		{"nest not open", func(b *wire.Builder) { b.EndNest() }, base},
		{"first error stays", func(b *wire.Builder) {
			b.EndNest()
			b.Attr(1, make([]byte, 70000))
			b.Nest(1)
		}, base},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, before := range []int{0, 5} { // alone, and behind another message
				var b wire.Builder
				if before > 0 {
					b.Begin(wire.Header{Type: 16})
					b.Raw(make([]byte, before))
					if _, err := b.End(); err != nil {
						t.Fatal(err)
					}
				}
				b.Begin(wire.Header{Type: 16})
				tt.build(&b)
				msg, err := b.End()
				wantFormat(t, err, tt.off)
				wantFormat(t, b.Err(), tt.off)
				if (msg == nil) != (err != nil) {
					t.Errorf("%d bytes with error %v", len(msg), err)
				}
				b.Reset()
				b.Begin(wire.Header{Type: 16})
				if _, err := b.End(); err != nil {
					t.Errorf("after a reset: %v", err)
				}
			}
		})
	}
}

// A message that was never begun has no length to patch.
func TestEndWithoutBegin(t *testing.T) {
	var b wire.Builder
	_, err := b.End()
	wantFormat(t, err, 0)
	b.Reset()
	b.Attr(1, nil)
	_, err = b.End()
	wantFormat(t, err, 0)
}

// A message that was given up inside a nest would be left without a length.
func TestBeginInsideNest(t *testing.T) {
	var b wire.Builder
	b.Begin(wire.Header{Type: 16})
	b.Nest(1)
	b.Begin(wire.Header{Type: 17})
	if _, err := b.End(); err == nil {
		t.Errorf("got %x, want an error", b.Bytes())
	}
}

// Several messages lie in one buffer as the kernel wants them.
func TestBuildSeveral(t *testing.T) {
	var b wire.Builder
	for i := range 3 {
		b.Begin(wire.Header{Type: uint16(16 + i)})
		b.Raw(make([]byte, i))
		if _, err := b.End(); err != nil {
			t.Fatal(err)
		}
	}
	it := wire.WalkMessages(b.Bytes())
	for i := range 3 {
		if !it.Next() || it.Header().Type != uint16(16+i) || len(it.Body()) != i {
			t.Fatalf("message %d: %+v", i, it.Header())
		}
	}
	if it.Next() || it.Err() != nil {
		t.Error(it.Err())
	}
}

func TestPathAt(t *testing.T) {
	var b wire.Builder
	b.Begin(wire.Header{Type: 16})
	b.Raw(make([]byte, 16))
	b.Mark("ifname")
	b.Attr(3, []byte("lo\x00")) // 32
	b.Mark("linkinfo")
	b.Nest(18) // 40
	b.Mark("kind")
	b.Attr(1, []byte("vxlan\x00")) // 44
	b.Mark("data")
	b.Nest(2) // 56
	b.Mark("id")
	b.Attr(1, make([]byte, 4)) // 60
	b.EndNest()
	b.EndNest()
	for i := range 2 {
		b.MarkIndex("prop", i)
		b.Nest(52) // 68, 84
		b.Nest(7)  // unnamed, 72
		b.Mark("name")
		b.Attr(53, []byte("a")) // 76
		b.EndNest()
		b.EndNest()
	}
	b.Nest(60) // unnamed
	b.Mark("inner")
	b.Attr(1, nil)
	b.EndNest()
	if _, err := b.End(); err != nil {
		t.Fatal(err)
	}
	marks := b.Marks()
	check := func(name string, at func(int) (string, bool)) {
		for off, want := range map[int]string{
			32: "ifname", 40: "linkinfo", 44: "linkinfo.kind", 56: "linkinfo.data", 60: "linkinfo.data.id",
			68: "prop[0]", 76: "prop[0].name", 84: "prop[1]", 92: "prop[1].name", 104: "inner",
			0: "", 16: "", 33: "", 72: "", 100: "", 1000: "", -1: "",
		} {
			if got, ok := at(off); got != want || ok != (want != "") {
				t.Errorf("%s: offset %d: got %q, %v, want %q", name, off, got, ok, want)
			}
		}
	}
	check("builder", b.PathAt)
	check("marks", marks.PathAt)
	b.Begin(wire.Header{Type: 17})
	b.Mark("other")
	b.Attr(1, nil)
	if got, ok := b.PathAt(16); !ok || got != "other" {
		t.Errorf("got %q for the second message", got)
	}
	check("marks after the builder went on", marks.PathAt)
}

// A mark that no attribute followed does not name the next one.
func TestPathAtSkippedMark(t *testing.T) {
	var b wire.Builder
	b.Begin(wire.Header{Type: 16})
	b.Mark("absent")
	b.Mark("present")
	b.Attr(1, nil) // 16
	b.Mark("outer")
	b.Nest(2) // 20
	b.Mark("absent")
	b.EndNest()
	b.Mark("next")
	b.Attr(3, nil) // 24
	for off, want := range map[int]string{16: "present", 20: "outer", 24: "next"} {
		if got, _ := b.PathAt(off); got != want {
			t.Errorf("offset %d: got %q, want %q", off, got, want)
		}
		if got, _ := b.Marks().PathAt(off); got != want {
			t.Errorf("offset %d: got %q of the copy, want %q", off, got, want)
		}
	}
}

func TestBuilderReuseDoesNotAllocate(t *testing.T) {
	var b wire.Builder
	payload := []byte("x")
	if n := testing.AllocsPerRun(100, func() {
		b.Reset()
		b.Begin(wire.Header{Type: 16})
		b.Mark("a")
		b.Nest(1)
		b.Attr(2, payload)
		b.EndNest()
		b.End()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
