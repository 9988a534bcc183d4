package repl

import (
	"bytes"
	"strings"
	"testing"
)

// The way back to the cursor, over characters of any width and lines of any number of rows.
func TestScreenBack(t *testing.T) {
	for _, c := range []struct {
		name, line string
		at, width  int
		want       string
	}{
		{"at the end", "abc", 3, 80, ""},
		{"narrow", "abc", 1, 80, "\r\x1b[3C"},
		{"wide", "日本語", 1, 80, "\r\x1b[4C"},
		{"combining", "e\u0301x", 2, 80, "\r\x1b[3C"},
		{"emoji", "a😀b", 2, 80, "\r\x1b[5C"},
		{"second row", "abcdefghij", 1, 8, "\x1b[1A\r\x1b[3C"},
		{"both in the second row", "abcdefghij", 9, 8, "\r\x1b[3C"},
		{"full row", "abcdef", 6, 8, " \b"},
		{"full row, back", "abcdef", 5, 8, " \b\x1b[1A\r\x1b[7C"},
		{"a wide one does not fit", "abcde日x", 6, 8, "\r\x1b[2C"},
		{"full row, combining", "abcde\u0301f\u0301", 8, 8, " \b"},
		{"beginning of a row", "abcdefghij", 6, 8, "\r"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &screen{width: func() int { return c.width }}
			s.begin("> ")
			s.Paint([]rune(c.line), c.at)
			if got := s.back(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestScreenWrite(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, width: func() int { return 8 }, paint: func(line []rune, _ int) []rune { return []rune("<" + string(line) + ">") }}
	s.begin("> ")
	write := func(text string) string {
		out.Reset()
		if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		return out.String()
	}
	if got := write("\x1b[J\x1b[2K\r"); got != "\x1b[J\x1b[2K\r" {
		t.Errorf("before anything was shown: got %q", got)
	}
	painted := "> " + string(s.Paint([]rune("abc日日日"), 5)) + "\b\b\b\b"
	if got, want := write(painted), "> <abc日日日>\r\x1b[2C"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	row, col, _ := s.layout(5)
	if row != 1 || col != 2 {
		t.Errorf("the cursor is in row %d, column %d", row, col)
	}
	if got, want := write("\x1b[J\x1b[2K\rnext"), "\x1b[J\x1b[2K\r\x1b[A\x1b[2K\rnext"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, text := range []string{"", "plain", "\x1b[J", "\x1b[Jx", "\x1b[J\x1b[2K\r\x1b[Ax"} {
		if got := write(text); got != text {
			t.Errorf("got %q, want %q as it is", got, text)
		}
	}
}

// Whatever is typed and however narrow it is, there is a way.
func FuzzScreen(f *testing.F) {
	f.Add("> ", "日本", 1, 3)
	f.Fuzz(func(t *testing.T, prompt, line string, at, width int) {
		runes := []rune(line)
		if at < 0 || at > len(runes) || width > 1<<16 {
			return
		}
		s := &screen{out: &bytes.Buffer{}, width: func() int { return width }}
		s.begin(prompt)
		painted := s.Paint(runes, at)
		if _, err := s.Write([]byte(string(painted) + strings.Repeat("\b", len(runes)))); err != nil {
			t.Error(err)
		}
		row, col, _ := s.layout(at)
		end, _, _ := s.layout(len(runes))
		if row > end || col < 0 || col >= max(2, width) && col != 0 {
			t.Errorf("the cursor is in row %d of %d, column %d of %d", row, end, col, width)
		}
	})
}
