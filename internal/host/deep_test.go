package host

import (
	"strings"
	"testing"

	"go.starlark.net/starlark"
)

// What comes after the parser recurses along such chains, and a stack that is full ends the process: it
// must not get there, however long they are.
func TestChains(t *testing.T) {
	const n = 1_000_000
	for name, text := range map[string]string{
		"operators": "x = 1" + strings.Repeat("+1", n),
		"dots":      "x = 1\ny = x" + strings.Repeat(".b", n),
		"calls":     "x = 1\ny = x" + strings.Repeat("()", n),
		"indices":   "x = 1\ny = x" + strings.Repeat("[0]", n),
		"slices":    "x = 1\ny = x" + strings.Repeat("[:]", n),
		"elifs":     "if 0: pass\n" + strings.Repeat("elif 0: pass\n", n),
		"brackets":  "x = " + strings.Repeat("[", n) + strings.Repeat("]", n),
		"parens":    "x = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"minus":     "x = " + strings.Repeat("-", n) + "1",
		"lambdas":   "x = " + strings.Repeat("lambda:", n) + "1",
		"ternary":   "x = " + strings.Repeat("1 if 0 else ", n) + "1",
		"blocks":    blocks(2000),
	} {
		_, err := Parse(Source{Name: "x.star", Text: []byte(text)})
		if err == nil || !strings.Contains(err.Error(), "excessive nesting") || !strings.HasPrefix(err.Error(), "x.star:") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func blocks(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "if 1:\n")
	}
	return b.String() + strings.Repeat(" ", n) + "pass\n"
}

// What is long and not deep, or just as deep as may be, runs.
func TestLongPrograms(t *testing.T) {
	h := New(Options{})
	for name, text := range map[string]string{
		"literal":    `x = len("` + strings.Repeat("a", 5_000_000) + `")`,
		"newlines":   strings.Repeat("\n", 5_000_000) + "x = 5000000",
		"statements": "x = 4999990\n" + strings.Repeat("x += 1\n", 10) + strings.Repeat("y = 1\n", 100_000),
		"operators":  "x = 4901000" + strings.Repeat("+1", 99_000),
		"carriage":   "x = 5000000\r\n\r\nif x:\r\n  x = x\r\n",
		"mark":       "\uFEFFx = 5000000",
	} {
		src, err := NewSource(name, "", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = h.Run(Job{}, func(th *starlark.Thread) error {
			globals, err := h.Exec(th, src)
			if got := globals["x"]; err == nil && got.String() != "5000000" {
				t.Errorf("%s: got %v", name, got)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %.300s", name, Format(err, false))
		}
	}
}

func TestTooLong(t *testing.T) {
	for _, text := range []string{strings.Repeat("\n", mostText+1), "x = '" + strings.Repeat("a", mostText) + "'"} {
		_, err := Parse(Source{Name: "x.star", Text: []byte(text)})
		if err == nil || !strings.HasPrefix(err.Error(), "x.star:1:1: got a program of more than 16777216 bytes, want at most that many") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := Parse(Source{Name: "x.star", Text: []byte(strings.Repeat("\n", mostText))}); err != nil {
		t.Error(err)
	}
}

// NUL and what else is no text is refused where it stands.
func TestBinary(t *testing.T) {
	for text, want := range map[string]string{
		"x = 1\n\x00\n":      "x.star:2:1: ",
		"\x7fELF\x02\x01":    "x.star:1:1: ",
		"x = 1\ny = \xff":    "x.star:2:5: not UTF-8: byte 0xff at offset 10",
		"x = '\xed\xa0\x80'": "x.star:1:6: not UTF-8: byte 0xed at offset 5",
	} {
		src, err := NewSource("x.star", "", []byte(text))
		if err == nil {
			_, err = Parse(src)
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
