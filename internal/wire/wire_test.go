package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/wire"
)

var ne = binary.NativeEndian

// littleEndian skips where the bytes of a table are not the host's.
func littleEndian(tb testing.TB) {
	if ne.Uint16([]byte{1, 0}) != 1 {
		tb.Skip("the bytes of this test are little endian")
	}
}

// wantFormat checks that err is a FormatError at off, or nil where off is -1.
func wantFormat(t *testing.T, err error, off int) {
	t.Helper()
	if off < 0 {
		if err != nil {
			t.Fatalf("got error %v, want none", err)
		}
		return
	}
	var f *wire.FormatError
	if !errors.As(err, &f) || f.Off != off {
		t.Fatalf("got error %v, want one at offset %d", err, off)
	}
}

func TestMessages(t *testing.T) {
	littleEndian(t)
	for _, tt := range []struct {
		name string
		in   []byte
		want []int // lengths of the messages
		off  int   // of the error, -1 for none
	}{
		{"empty", nil, nil, -1},
		{"one", []byte{
			0x14, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x01, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x61, 0x62, 0x63, 0x64,
		}, []int{20}, -1},
		{"header only", []byte{
			0x10, 0x00, 0x00, 0x00,
			0x03, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
		}, []int{16}, -1},
		{"padded and last unpadded", []byte{
			0x11, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x61, 0x00, 0x00, 0x00, // three of padding
			0x12, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x61, 0x62,
		}, []int{17, 18}, -1},
		{"padding cut short", []byte{
			0x11, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x61, 0x00,
		}, []int{17}, -1},
		{"short header", []byte{
			0x10, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x02, 0x00,
		}, nil, 0},
		{"one byte", []byte{0x10}, nil, 0},
		{"short second header", []byte{
			0x10, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x00,
		}, []int{16}, 16},
		{"length 0", make([]byte, 16), nil, 0},
		{"length 15", []byte{
			0x0f, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
		}, nil, 0},
		{"length past the end", []byte{
			0x15, 0x00, 0x00, 0x00,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
			0x61, 0x62, 0x63, 0x64,
		}, nil, 0},
		{"length 2^32-1", []byte{
			0xff, 0xff, 0xff, 0xff,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
		}, nil, 0},
		{"length 2^31", []byte{
			0x00, 0x00, 0x00, 0x80,
			0x10, 0x00, 0x02, 0x00,
			0x07, 0x00, 0x00, 0x00,
			0x00, 0x00, 0x00, 0x00,
		}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			it := wire.WalkMessages(tt.in)
			var got []int
			for it.Next() {
				got = append(got, len(it.Message()))
				if n := len(it.Message()); len(it.Body()) != n-wire.HeaderLen || cap(it.Message()) != n || cap(it.Body()) != n-wire.HeaderLen {
					t.Errorf("body of %d in a message of %d", len(it.Body()), n)
				}
				if !bytes.Equal(tt.in[it.Offset():][:len(it.Message())], it.Message()) {
					t.Errorf("offset %d", it.Offset())
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got lengths %d, want %d", got, tt.want)
			}
			wantFormat(t, it.Err(), tt.off)
			for range 2 {
				if it.Next() {
					t.Error("goes on after its end")
				}
			}
		})
	}
}

func TestHeader(t *testing.T) {
	littleEndian(t)
	want := []byte{
		0x04, 0x03, 0x02, 0x01,
		0x06, 0x05, 0x08, 0x07,
		0x0c, 0x0b, 0x0a, 0x09,
		0x10, 0x0f, 0x0e, 0x0d,
	}
	h := wire.Header{Len: 0x01020304, Type: 0x0506, Flags: 0x0708, Seq: 0x090a0b0c, Port: 0x0d0e0f10}
	got := make([]byte, wire.HeaderLen)
	h.Put(got)
	if !bytes.Equal(got, want) || wire.ParseHeader(got) != h {
		t.Errorf("got %x, %+v", got, wire.ParseHeader(got))
	}
}

func TestAlign(t *testing.T) {
	for in, want := range map[int]int{0: 0, 1: 4, 3: 4, 4: 4, 5: 8, 65535: 65536} {
		if got := wire.Align(in); got != want {
			t.Errorf("%d: got %d, want %d", in, got, want)
		}
	}
}

func TestAttrs(t *testing.T) {
	littleEndian(t)
	type attr struct {
		typ  uint16
		off  int
		data string
	}
	for _, tt := range []struct {
		name string
		in   []byte
		want []attr
		off  int
	}{
		{"empty", nil, nil, -1},
		{"one", []byte{
			0x08, 0x00, 0x03, 0x00,
			0x6c, 0x6f, 0x00, 0x00,
		}, []attr{{3, 0, "lo\x00\x00"}}, -1},
		{"no payload", []byte{
			0x04, 0x00, 0x03, 0x00,
		}, []attr{{3, 0, ""}}, -1},
		{"padding between, last unpadded", []byte{
			0x07, 0x00, 0x03, 0x00,
			0x6c, 0x6f, 0x00, 0x00,
			0x05, 0x00, 0x04, 0x80,
			0x01,
		}, []attr{{3, 0, "lo\x00"}, {0x8004, 8, "\x01"}}, -1},
		{"padding cut short", []byte{
			0x05, 0x00, 0x03, 0x00,
			0x61, 0x00,
		}, []attr{{3, 0, "a"}}, -1},
		{"short header", []byte{0x08, 0x00, 0x03}, nil, 0},
		{"short header behind another", []byte{
			0x04, 0x00, 0x03, 0x00,
			0x04,
		}, []attr{{3, 0, ""}}, 4},
		{"past the end", []byte{
			0x04, 0x00, 0x01, 0x00,
			0x09, 0x00, 0x02, 0x00,
			0x61, 0x62, 0x63, 0x64,
		}, []attr{{1, 0, ""}}, 4},
		{"length 0xffff", []byte{0xff, 0xff, 0x01, 0x00}, nil, 0},
		{"length 0", []byte{0, 0, 1, 0, 0, 0, 1, 0}, nil, 0},
		{"length 1", []byte{1, 0, 1, 0, 0, 0, 1, 0}, nil, 0},
		{"length 2", []byte{2, 0, 1, 0, 0, 0, 1, 0}, nil, 0},
		{"length 3", []byte{3, 0, 1, 0, 0, 0, 1, 0}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []attr
			at := wire.WalkAttrs(tt.in)
			for at.Next() {
				a := at.Attr
				got = append(got, attr{a.Type, a.Off, string(a.Data)})
				if cap(a.Data) != len(a.Data) {
					t.Error("an append to the payload would overwrite what follows")
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			wantFormat(t, at.Err(), tt.off)
			for range 2 {
				if at.Next() {
					t.Error("goes on after its end")
				}
			}
			for _, a := range tt.want { // Find sees what the walk sees
				if f, ok := wire.Find(tt.in, a.typ&0x3fff); !ok || f.Off != a.off || string(f.Data) != a.data {
					t.Errorf("found %v, %v", f, ok)
				}
			}
		})
	}
}

func TestAttrType(t *testing.T) {
	for _, tt := range []struct {
		typ    uint16
		num    uint16
		nested bool
	}{{1, 1, false}, {0x8001, 1, true}, {0x4001, 1, false}, {0xc001, 1, true}, {0x3fff, 0x3fff, false}} {
		a := wire.Attr{Type: tt.typ}
		if a.Num() != tt.num || a.Nested() != tt.nested {
			t.Errorf("%#x: got %d, %v", tt.typ, a.Num(), a.Nested())
		}
	}
}

func TestFind(t *testing.T) {
	littleEndian(t)
	in := []byte{
		0x05, 0x00, 0x03, 0x00,
		0x61, 0x00, 0x00, 0x00,
		0x04, 0x00, 0x05, 0x80,
		0x05, 0x00, 0x03, 0x40,
		0x62, 0x00, 0x00, 0x00,
		0x02, 0x00, 0x07, 0x00, // malformed
		0x04, 0x00, 0x09, 0x00,
	}
	for num, want := range map[uint16]int{3: 12, 5: 8, 7: -1, 9: -1, 0: -1} {
		a, ok := wire.Find(in, num)
		if ok != (want >= 0) || ok && a.Off != want {
			t.Errorf("%d: found at %d, %v, want %d", num, a.Off, ok, want)
		}
	}
	if a, _ := wire.Find(in, 3); string(a.Data) != "b" || a.Type != 0x4003 {
		t.Errorf("got %v, want the last one", a)
	}
}

// Walks go down as far as the bytes do. 1,000 levels are fine for who does not recurse.
func TestDeepNests(t *testing.T) {
	buf := make([]byte, 4*1000)
	for i := range 1000 {
		ne.PutUint16(buf[4*i:], uint16(len(buf)-4*i))
		ne.PutUint16(buf[4*i+2:], wire.Nested|1)
	}
	depth := 0
	for rest := buf; ; depth++ {
		at := wire.WalkAttrs(rest)
		if !at.Next() {
			wantFormat(t, at.Err(), -1)
			break
		}
		rest = at.Attr.Data
	}
	if depth != 1000 {
		t.Errorf("got %d levels", depth)
	}
}

func TestHotPathsDoNotAllocate(t *testing.T) {
	datagram := readHex(t, "testdata/links.hex")[0]
	var attrs []byte
	if it := wire.WalkMessages(datagram); it.Next() {
		attrs = it.Body()[16:]
	}
	sum := 0
	for name, fn := range map[string]func(){
		"Messages": func() {
			for it := wire.WalkMessages(datagram); it.Next(); {
				sum += len(it.Body()) + int(it.Header().Type)
			}
		},
		"Attrs": func() {
			for at := wire.WalkAttrs(attrs); at.Next(); {
				sum += len(at.Attr.Data) + int(at.Attr.Num())
			}
		},
		"Find": func() {
			a, _ := wire.Find(attrs, 3)
			sum += len(a.Data)
		},
	} {
		if n := testing.AllocsPerRun(100, fn); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if sum == 0 {
		t.Error("nothing was walked")
	}
}

// The package is bytes and nothing else.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") || path == "syscall" || path == "unsafe" {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

func TestFormatErrorText(t *testing.T) {
	err := &wire.FormatError{Off: 12, What: "attribute length 2, want 4 to 8"}
	if want := "offset 12: attribute length 2, want 4 to 8"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}
