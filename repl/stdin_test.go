package repl

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What is typed and pasted, and what the editor sees of it.
func TestTyped(t *testing.T) {
	for in, want := range map[string]string{
		"x = 1\r":                              "x = 1\r",
		"a\x00b\x1ac":                          "abc",
		"\x1b[A\x1b[2~\x1bb":                   "\x1b[A\x1b[2~\x1bb",
		"\x1b[200~a\nb\x1b[201~\r":             "a⏎b\r",
		"\x1b[200~a\r\nb\r\n\x1b[201~c":        "a⏎bc",
		"\x1b[200~a\n\n\nb\n\n\x1b[201~":       "a⏎⏎⏎b",
		"\x1b[200~if x:\n\ty\x1b[201~":         "if x:⏎        y",
		"\x1b[200~    if x:\n    \ty\x1b[201~": "    if x:⏎        y",
		"\x1b[200~a\tb\x1b[201~\t":             "a    b\t",
		"\x1b[200~a\x1b[Bb\x03\x04\x1b[201~":   "a[Bb",
		"\x1b[200~ä⏎\xff\x1b[201~":             `ä\u23ce?`,
		"\x1b[200~\u009b\ufdd1\u00a0\x1b[201~": "??\u00a0",
		"\x1b[200~\x1b[201~x":                  "x",
	} {
		for name, from := range map[string]io.Reader{"whole": strings.NewReader(in), "bytewise": iotest.OneByteReader(strings.NewReader(in))} {
			if name == "bytewise" && !strings.HasPrefix(in, "\x1b[200~") {
				continue // an escape that comes alone is a key
			}
			if name == "bytewise" {
				from = io.MultiReader(strings.NewReader(pasteBegin), iotest.OneByteReader(strings.NewReader(in[len(pasteBegin):])))
			}
			got, err := io.ReadAll(&typed{from: from})
			if err != nil || string(got) != want {
				t.Errorf("%q (%s): got %q, %v, want %q", in, name, got, err, want)
			}
		}
	}
}

// A long paste is few keys for the editor: it shows the line anew after each.
func TestTypedPieces(t *testing.T) {
	long := strings.Repeat("x", 3*fewKeys)
	keys := &typed{from: strings.NewReader("(" + pasteBegin + long + pasteEnd + ")\r")}
	got, err := io.ReadAll(keys)
	if err != nil || string(got) != "("+string(inserted)+")\r" {
		t.Errorf("got %q, %v", got, err)
	}
	if key, ok := keys.filter(inserted); !ok || key != inserted {
		t.Errorf("got %q, %t", key, ok)
	}
	if line, pos, ok := keys.OnChange([]rune("("+string(inserted)+"b"), 2, inserted); !ok || string(line) != "("+long+"b" || pos != 1+len(long) {
		t.Errorf("got %q, %d, %t", string(line), pos, ok)
	}
	if _, _, ok := keys.OnChange([]rune("found"), 5, inserted); ok {
		t.Error("a search: got a line")
	}
	if _, ok := keys.filter(inserted); ok {
		t.Error("got a piece that was not pasted")
	}
}

// What Ctrl-C drops is not inserted by the next paste.
func TestTypedPiecesDropped(t *testing.T) {
	one, two := strings.Repeat("1", 2*fewKeys), strings.Repeat("2", 2*fewKeys)
	keys := &typed{}
	keys.take([]byte(pasteBegin+one+pasteEnd+"\x03"+pasteBegin+two+pasteEnd), false)
	if !keys.ahead(0) || len(keys.pieces) != 1 || string(keys.pieces[0]) != two || string(keys.out) != string(inserted) {
		t.Errorf("got %q, %q", keys.pieces, keys.out)
	}
}

func FuzzTyped(f *testing.F) {
	f.Add("a\x1b[200~b\n\tc\x1b[201~")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := io.ReadAll(&typed{from: strings.NewReader(in)})
		if err != nil || strings.ContainsAny(string(got), "\x00\x1a") {
			t.Errorf("%q: got %q, %v", in, got, err)
		}
	})
}
