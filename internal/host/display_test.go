package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
)

func TestFormat(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string // main.star is run
		want  string
	}{
		{"builtin, details, caller", map[string]string{"main.star": "def make(n):\n    newlink(ifname = n)\n\nmake(\"v0\")\n"}, `
nlsh: main.star:2:12: in make
  rt.newlink: linkinfo.data.id: kernel says ERANGE "too big" (sent 16777216)
    policy: u32, at most 16777215
    0000  10 00
    0004  01
     2 |     newlink(ifname = n)
       |            ^
  called from main.star:4:5: at top level
`},
		{"fail is its message only", map[string]string{"main.star": "fail(\"no\\nlink\", 3)"}, `
nlsh: main.star:1:5: at top level
  no
  link 3
     1 | fail("no\nlink", 3)
       |     ^
`},
		{"through a builtin that adds words", map[string]string{"main.star": "def f(x):\n\tfail(\"bad\", x)\neach(f, 1)"}, `
nlsh: main.star:2:6: in f
  each: item 0: bad 1
     2 | 	fail("bad", x)
       | 	    ^
  called by each from main.star:3:5: at top level
`},
		{"through a universal builtin", map[string]string{"main.star": "sorted([1], key = lambda x: x.y)"}, `
nlsh: main.star:1:30: in lambda
  int has no .y field or method
     1 | sorted([1], key = lambda x: x.y)
       |                              ^
  called by sorted from main.star:1:7: at top level
`},
		{"load chain", map[string]string{
			"main.star":  "load(\"lib/a.star\", \"x\")",
			"lib/a.star": "load(\"b.star\", y = \"x\")\nx = y",
			"lib/b.star": "def f():\n  return [][1]\nx = f()",
		}, `
nlsh: lib/b.star:2:12: in f
  index 1 out of range: empty list
     2 |   return [][1]
       |            ^
  called from lib/b.star:3:6: at top level
  loaded by lib/a.star:1:1: at top level
  loaded by main.star:1:1: at top level
`},
		{"syntax error in a module", map[string]string{
			"main.star": "x = 1\nload(\"a.star\", \"x\")",
			"a.star":    "x = = 1\n",
		}, `
nlsh: a.star:1:5: got '=', want primary expression
     1 | x = = 1
       |     ^
  loaded by main.star:2:1: at top level
`},
		{"all undefined names, and the missing load", map[string]string{
			"main.star":     "a = nope\nip.link()\nb = arg\n",
			"@std//ip.star": "",
		}, `
nlsh: main.star:1:5: undefined: nope
     1 | a = nope
       |     ^
nlsh: main.star:2:1: undefined: ip (perhaps load("@std//ip.star", "ip"))
     2 | ip.link()
       | ^
nlsh: main.star:3:5: undefined: arg (did you mean args?)
     3 | b = arg
       |     ^
`},
		{"error in the library", map[string]string{
			"main.star":    "load(\"@std//x.star\", \"f\")\nf()",
			"@std//x.star": "def f():\n  fail(\"no\")",
		}, `
nlsh: @std//x.star:2:7: in f
  no
     2 |   fail("no")
       |       ^
  called from main.star:2:2: at top level
`},
		{"loop over a stream that fails", map[string]string{"main.star": "def f():\n  for x in stream(1, \"lost\"):\n    pass\n  print(1)\nf()"}, `
nlsh: main.star:2:3: in f
  lost
     2 |   for x in stream(1, "lost"):
       |   ^
  called from main.star:5:2: at top level
`},
		{"endless recursion", map[string]string{"main.star": "def f(): f()\nf()"}, `
nlsh: main.star:1:10: in f
  stack overflow: calls are nested more than 100000 deep
     1 | def f(): f()
       |          ^
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  ... 99988 more calls ...
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:1:11: in f
  called from main.star:2:2: at top level
`},
		{"panic", map[string]string{"main.star": "boom()"}, `
nlsh: internal error: a nil table (this is a defect of nlsh)
`},
		{"wrong argument", map[string]string{"main.star": "exit(code = \"a\")"}, `
nlsh: main.star:1:5: at top level
  exit: for parameter "code": got string, want int
     1 | exit(code = "a")
       |     ^
`},
		{"not a status", map[string]string{"main.star": "exit(256)"}, `
nlsh: main.star:1:5: at top level
  exit: for parameter code: got 256, want a number from 0 to 255
     1 | exit(256)
       |     ^
`},
		{"exit shows nothing", map[string]string{"main.star": "exit(3)"}, "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.files, nil)
			err := r.file(context.Background(), "main.star")
			if got := "\n" + host.Format(err, false); got != tt.want {
				t.Errorf("got:%s\nwant:%s", got, tt.want)
			}
		})
	}
}

func TestFormatSeveral(t *testing.T) {
	r := newRig(t, nil, nil)
	err := errors.Join(r.text(`fail("first")`), nil, errors.New("second"), host.Exit(1))
	want := `nlsh: <test>:1:5: at top level
  first
     1 | fail("first")
       |     ^
nlsh: second
`
	if got := host.Format(err, false); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestFormatColor(t *testing.T) {
	if got, want := host.Format(errors.New("x"), true), "\x1b[1mnlsh: \x1b[0m\x1b[1;31mx\x1b[0m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if host.Format(nil, true) != "" {
		t.Error("nil is something")
	}
}

// A line of 100 kB is shown around the column, and what would move the cursor is not shown.
func TestFormatLongLine(t *testing.T) {
	r := newRig(t, nil, nil)
	err := r.text("x = [" + strings.Repeat("1, ", 40000) + "] + \"\x1b[31m\" + 1")
	lines := strings.Split(host.Format(err, false), "\n")
	if len(lines) < 4 || len(lines[2]) > 130 || !strings.Contains(lines[2], "| ...") || strings.Contains(lines[2], "\x1b") {
		t.Errorf("got %q", lines)
	}
	if lines[2][strings.Index(lines[3], "^")] != '+' {
		t.Errorf("the mark is not under the +:\n%s\n%s", lines[2], lines[3])
	}
}

// The interpreter's own words and Go's never reach the user.
func TestStack(t *testing.T) {
	r := newRig(t, nil, nil)
	stack := host.Stack(r.text("def f():\n  newlink()\neach(lambda x: f(), 1)"))
	var names []string
	for _, fr := range stack {
		names = append(names, fr.Name)
	}
	if got, want := strings.Join(names, " "), "<toplevel> each lambda f newlink"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if host.Stack(errors.New("x")) != nil {
		t.Error("an error without a stack has one")
	}
}
