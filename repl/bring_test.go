package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// writer is a builtin write(file, text).
func writer() *starlark.Builtin {
	return starlark.NewBuiltin("write", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, os.WriteFile(string(args[0].(starlark.String)), []byte(args[1].(starlark.String)), 0o644)
	})
}

// remover is a builtin remove(file).
func remover() *starlark.Builtin {
	return starlark.NewBuiltin("remove", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, os.Remove(string(args[0].(starlark.String)))
	})
}

// filedSession types lines in a session that can write files, and has JSON and a pager.
func filedSession(t *testing.T, lines ...string) string {
	t.Helper()
	s := &script{lines: lines}
	h := host.New(host.Options{Globals: starlark.StringDict{"write": writer(), "remove": remover(), "netns": starlark.None}, Stdout: s, Eager: true})
	Run(context.Background(), Options{
		Host: h, Editor: s, History: OpenHistory(""),
		Show: func(_ *starlark.Thread, v starlark.Value) (string, error) { return v.String(), nil },
		JSON: func(_ *starlark.Thread, w io.Writer, v starlark.Value) error {
			_, err := fmt.Fprintf(w, "{%s}\n", v)
			return err
		},
		Page: func(text string) error {
			if strings.Contains(text, "bad") {
				return errors.New("no pager")
			}
			s.Print("[" + text + "]\n")
			return nil
		},
	})
	return s.out.String()
}

func TestReload(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"module":           {[]string{"write('m.star', 'x = 1')", "load('m.star', 'x')", "write('m.star', 'x = 2')", "load('m.star', 'x')", "x", ":reload", "x"}, "nlsh> x\n1\nnlsh> :reload\nnlsh> x\n2\n"},
		"file":             {[]string{"write('f.star', 'y = 1')", ":load f.star", "write('f.star', 'y = 2')", "y", ":reload", "y"}, "nlsh> y\n1\nnlsh> :reload\nnlsh> y\n2\n"},
		"module of a file": {[]string{"write('m2.star', 'z = 1')", "write('g.star', 'load(\"m2.star\", \"z\")\\nw = z')", ":load g.star", "write('m2.star', 'z = 5')", ":reload", "w"}, "nlsh> w\n5\n"},
		"both":             {[]string{"write('m3.star', 'a = 1\\nb = 2')", "1; load('m3.star',\n  'a', c = 'b'); 2", "write('m3.star', 'a = 3\\nb = 4')", ":reload", "(a, c)"}, "nlsh> (a, c)\n(3, 4)\n"},
		"function":         {[]string{"write('m4.star', 'def f(): return 1')", "load('m4.star', 'f')", "def g(): return f()", "", "write('m4.star', 'def f(): return 2')", ":reload", "g()"}, "nlsh> g()\n2\n"},
		"broken":           {[]string{"write('m5.star', 'x = 1')", "load('m5.star', 'x')", "write('m5.star', 'x = ')", ":reload", "x", "write('m5.star', 'x = 3')", ":reload", "x"}, "loaded by <reload>:1:1: at top level\nnlsh> x\n1\nnlsh> write('m5.star', 'x = 3')\nnlsh> :reload\nnlsh> x\n3\n"},
		"gone":             {[]string{"write('h.star', 'x = 1')", ":load h.star", "remove('h.star')", ":reload"}, "nlsh: :reload: stat h.star: no such file or directory"},
		"mistyped":         {[]string{"write('i.star', 'i = 1')", ":load i.star", ":load nosuch", ":reload", "i"}, "nlsh> :reload\nnlsh> i\n"},
		"saved once":       {[]string{"write('s.star', 'y = 1')", ":load s.star", ":reload", ":save saved.star", ":load saved.star", "y"}, "nlsh> y\n1\n"},
		"nothing":          {[]string{"x = 1", ":reload"}, "nlsh: :reload: got nothing to load again"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := filedSession(t, c.lines...); !strings.Contains(got, c.want) {
				t.Errorf("got %s\nwant in it\n%s", got, c.want)
			}
		})
	}
	if text, err := os.ReadFile("saved.star"); err != nil || string(text) != "write('s.star', 'y = 1')\ny = 1\n" {
		t.Errorf("saved %q, %v", text, err)
	}
}

func TestOtherForms(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"json":       {[]string{":json [1, 2]", "_"}, "nlsh> :json [1, 2]\n{[1, 2]}\nnlsh> _\n[1, 2]\n"},
		"json, none": {[]string{":json None", ":json x = 1", "x"}, "nlsh> :json None\nnlsh> :json x = 1\nnlsh> x\n1\n"},
		"json of?":   {[]string{":json"}, "nlsh: :json: want CODE\n"},
		"json fails": {[]string{":json 1 // 0"}, "floored division by zero"},
		"less":       {[]string{":less [1, 2]", "_1"}, "nlsh> :less [1, 2]\n[[1, 2]\n]\nnlsh> _1\n[1, 2]\n"},
		"less, none": {[]string{":less None"}, "nlsh> :less None\nnlsh> ^D"},
		"less fails": {[]string{":less 'bad'"}, "nlsh: :less: no pager\n"},
		"less of?":   {[]string{":less"}, "nlsh: :less: want CODE\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := filedSession(t, c.lines...); !strings.Contains(got, c.want) {
				t.Errorf("got %s\nwant in it\n%s", got, c.want)
			}
		})
	}
	if screen, _, _ := typedSession(t, "", ":less 1 + 1", ":json 1"); !strings.Contains(screen, "nlsh> :less 1 + 1\n2\nnlsh> :json 1\nnlsh: :json: this session has no JSON\n") {
		t.Errorf("got %s", screen)
	}
}
