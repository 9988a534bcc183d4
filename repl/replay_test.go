package repl

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// replayed is a page with what is shown this time.
func replayed(page string) (string, error) {
	return Replay(context.Background(), page, func(editor Editor, out io.Writer) (Options, error) {
		h := host.New(host.Options{Globals: starlark.StringDict{"netns": starlark.None}, Stdout: out, Eager: true})
		return Options{
			Host: h, Editor: editor, Banner: "not in a page",
			Show: func(_ *starlark.Thread, v starlark.Value) (string, error) { return v.String(), nil },
		}, nil
	})
}

func TestReplay(t *testing.T) {
	for name, c := range map[string]struct{ page, want string }{
		"as it says":     {"# A\n```nlsh\nnlsh> 1 + 1\n2\n```\nand\n````nlsh\nnlsh> _ + 1\n3\n````\nend", ""},
		"no end of line": {"```nlsh\nnlsh> 1\n1\n```", ""},
		"other blocks":   {"```\nnlsh> 1 + 1\n5\n```\n```go\nx\n```\n", ""},
		"nothing":        {"", ""},
		"empty":          {"```nlsh\n```\n", ""},
		"wrong":          {"```nlsh\nnlsh> 1 + 1\n3\n4\nnlsh> 2\n2\n```\n", "```nlsh\nnlsh> 1 + 1\n2\nnlsh> 2\n2\n```\n"},
		"block":          {"```nlsh\nnlsh> def f():\n  ...     return 4\n  ...\nnlsh> f()\n4\n```\n", ""},
		"block, no end":  {"```nlsh\nnlsh> def f():\n  ...     return 4\nnlsh> f()\n4\n```\n", ""},
		"printed":        {"```nlsh\nnlsh> print('a\\n\\nb  ')\na\n\nb\n```\n", ""},
		"dots in output": {"```nlsh\nnlsh> print('x\\n  ... y')\nx\n  ... y\n```\n", ""},
		"error":          {"```nlsh\nnlsh> 1 // 0\n```\n", "```nlsh\nnlsh> 1 // 0\nnlsh: <1>:1:3: at top level\n  floored division by zero\n     1 | 1 // 0\n       |   ^\n```\n"},
		"brackets":       {"```nlsh\nnlsh> (1 +\n  ... 2)\n3\n```\n", ""},
		"a fence inside": {"````nlsh\nnlsh> print('```')\n```\n````\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == "" {
				c.want = c.page
			}
			if got, err := replayed(c.page); got != c.want || err != nil {
				t.Errorf("got\n%s, %v, want\n%s", got, err, c.want)
			}
		})
	}
	for page, want := range map[string]string{
		"```nlsh\nnlsh> 1\n":                      "a transcript has no end: want a line ```",
		"```nlsh\n1\n```\n":                       `got "1", want a transcript to begin with a prompt`,
		"```nlsh\nnlsh> exit(3)\nnlsh> 1\n```\n":  "the session ended with status 3",
		"```nlsh\nnlsh> :quit\nnlsh> 1\n1\n```\n": "the session ended 1 inputs early",
	} {
		if _, err := replayed(page); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", page, err, want)
		}
	}
	bad := errors.New("no host")
	if _, err := Replay(context.Background(), "", func(Editor, io.Writer) (Options, error) { return Options{}, bad }); err != bad {
		t.Errorf("got %v", err)
	}
}

// A transcript is what was on the screen, and does the same when it is replayed.
func TestTranscript(t *testing.T) {
	t.Chdir(t.TempDir())
	s := &script{lines: []string{
		"", ":set color on", "x = (", "^C", "def f(n):", "    return n + 1", "", "f(1)", "def g():\n\n    return 3\ng()", "1 // 0", "print('``` fence')", ":transcript",
		":transcript t.md", ":transcript t.md", "7",
	}}
	rec := NewRecorder(s, s)
	h := host.New(host.Options{Globals: starlark.StringDict{"netns": starlark.None}, Stdout: rec, Eager: true})
	Run(context.Background(), Options{
		Host: h, Editor: rec, History: OpenHistory(""), Banner: "hello",
		Show: func(_ *starlark.Thread, v starlark.Value) (string, error) { return v.String(), nil },
	})
	text, err := os.ReadFile("t.md")
	if err != nil {
		t.Fatal(err)
	}
	want := "````nlsh\nnlsh> :set color on\nnlsh> def f(n):\n  ...     return n + 1\n  ...\nnlsh> f(1)\n2\nnlsh> def g():\n  ...\n  ...     return 3\n  ... g()\n3\n" +
		"nlsh> 1 // 0\nnlsh: <4>:1:3: at top level\n  floored division by zero\n     1 | 1 // 0\n       |   ^\nnlsh> print('``` fence')\n``` fence\n````\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if got, err := replayed(want); got != want || err != nil {
		t.Errorf("replayed: got\n%s, %v", got, err)
	}
	for _, part := range []string{":transcript: want FILE", ":transcript: open t.md: file exists"} {
		if !strings.Contains(s.out.String(), part) {
			t.Errorf("got %s, want in it %s", s.out.String(), part)
		}
	}
	if screen, _, _ := typedSession(t, "", ":transcript x.md"); !strings.Contains(screen, "this session is not recorded") {
		t.Errorf("got %s", screen)
	}
}
