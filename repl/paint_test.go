package repl

import (
	"strings"
	"testing"

	"github.com/chzyer/readline"
)

func TestPaint(t *testing.T) {
	names := strings.NewReplacer("\x1b[35m", "<k>", "\x1b[32m", "<s>", "\x1b[36m", "<n>", "\x1b[2m", "<f>", "\x1b[1m", "<c>", "\x1b[1;4m", "<m>", "\x1b[0m", "<>")
	for in, want := range map[string]string{
		"x = 1":                 "x = <n>1<>",
		"for x in y: pass":      "<k>for<> x <k>in<> y: <k>pass<>",
		"format = x.in_ + a.in": "format = x.in_ + a.in",
		`s = "a # b" # c`:       `s = <s>"a # b"<> <f># c<>`,
		`s = 'it\'s' + b"\x00"`: `s = <s>'it\'s'<> + <s>b"\x00"<>`,
		`r"\" x`:                `<s>r"\" x<>`,
		`"open`:                 `<s>"open<>`,
		`"""a "b" c""" + 0x1f`:  `<s>"""a "b" c"""<> + <n>0x1f<>`,
		`"a⏎x = """b⏎"c"""`:     `<s>"a<><f>⏎<>x = <s>"""b⏎"c"""<>`,
		"# a⏎None":              "<f># a⏎<><n>None<>",
		":time f(1)":            "<c>:time<> f(<n>1<>)",
		": x":                   ": x",
		"rt.newlink?":           "rt.newlink<c>?<>",
		"rt?? ":                 "rt<c>?? <>",
		"a ? b":                 "a ? b",
		"1.5e3 + x1":            "<n>1.5e3<> + x1",
		"ifname":                "ifname",
		"":                      "",
		`'`:                     `<s>'<>`,
		`"""`:                   `<s>"""<>`,
		"東京 = \"é\"":            "東京 = <s>\"é\"<>",
	} {
		if got := names.Replace(string(painter{}.Paint([]rune(in), -1))); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// The bracket at the cursor and its other half are marked, if there is one.
func TestPaintBrackets(t *testing.T) {
	for _, c := range []struct {
		line string
		pos  int
		want string
	}{
		{"f(x[a])", 7, "f{(}x[a]{)}"},
		{"f(x[a])", 1, "f{(}x[a]{)}"},
		{"f(x[a])", 6, "f(x{[}a{]})"},
		{"f(x[a])", 0, "f(x[a])"},
		{"f(x]", 4, "f(x]"},
		{"f(x", 2, "f(x"},
		{")", 1, ")"},
		{`f(")")`, 6, `f{(}")"{)}`},
		{`f(")")`, 4, `f(")")`},
		{"", 0, ""},
		{"a", 9, "a"},
	} {
		got := string(painter{}.Paint([]rune(c.line), c.pos))
		got = strings.NewReplacer("\x1b[1;4m", "{", "\x1b[0m", "}", "\x1b[32m", "").Replace(got)
		got = strings.ReplaceAll(got, `")"}`, `")"`)
		if got != c.want {
			t.Errorf("%s at %d: got %s, want %s", c.line, c.pos, got, c.want)
		}
	}
}

// Whatever is typed, only colours are added.
func FuzzPaint(f *testing.F) {
	for _, s := range []string{`s = 'it\'s' + b"\x00"`, "f(x[a])", ":time 1", `"""a⏎b"""`, `r"\`, "x??"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, line string, pos int) {
		if strings.Contains(line, "\x1b") {
			return // the editor lets none through
		}
		in := []rune(line)
		got := readline.Runes{}.ColorFilter(painter{}.Paint(in, pos))
		if string(got) != string(in) {
			t.Errorf("%q at %d: got %q", line, pos, string(got))
		}
	})
}

// A text that has begun in a line before goes on.
func TestPaintLaterLines(t *testing.T) {
	for _, c := range []struct{ earlier, line, want string }{
		{"def f():\n  \"\"\"a\n", `for b`, "<s>for b<>"},
		{"def f():\n  \"\"\"a\n", `b""" + 1`, `<s>b"""<> + <n>1<>`},
		{"x = '''\n", "", ""},
		{"x = '''\n", `"`, `<s>"<>`},
		{"x = (\n", "1", "<n>1<>"},
		{"x = 'a\n", "1", "<n>1<>"},
	} {
		p := painter{func() string { return c.earlier }}
		got := strings.NewReplacer("\x1b[32m", "<s>", "\x1b[36m", "<n>", "\x1b[0m", "<>").Replace(string(p.Paint([]rune(c.line), -1)))
		if got != c.want {
			t.Errorf("%q, %q: got %s, want %s", c.earlier, c.line, got, c.want)
		}
	}
}
