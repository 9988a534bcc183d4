package repl

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// script is an editor whose user types these lines. All that is printed is in out.
type script struct {
	lines   []string
	mu      sync.Mutex
	out     strings.Builder
	recalls []string
	closed  int
}

func (s *script) Line(prompt string) (string, error) {
	s.Print(prompt)
	if len(s.lines) == 0 {
		s.Print("^D\n")
		return "", io.EOF
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	if line == "^C" {
		s.Print("^C\n")
		return "", ErrInterrupt
	}
	s.Print(line + "\n")
	return line, nil
}
func (s *script) Recall(text string) { s.recalls = append(s.recalls, text) }
func (s *script) Print(text string)  { _, _ = s.Write([]byte(text)) }
func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock() // tasks print too
	defer s.mu.Unlock()
	return s.out.Write(p)
}
func (s *script) Close() { s.closed++ }

// killer is kill(), which is Ctrl-C while it runs.
func killer() *starlark.Builtin {
	return starlark.NewBuiltin("kill", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, syscall.Kill(os.Getpid(), syscall.SIGINT)
	})
}

// session runs a session in which these lines are typed, and returns what was on the screen.
func typedSession(t *testing.T, init string, lines ...string) (screen string, status int, s *script) {
	t.Helper()
	s = &script{lines: lines}
	h := host.New(host.Options{Globals: starlark.StringDict{"kill": killer(), "netns": starlark.None}, Stdout: s, Eager: true})
	status = Run(context.Background(), Options{
		Host: h, Editor: s, History: OpenHistory(filepath.Join(t.TempDir(), "history")), Banner: "hello", Init: init,
		Show: func(_ *starlark.Thread, v starlark.Value) (string, error) { return v.String(), nil },
		Help: func(th *starlark.Thread, name string, v starlark.Value) error {
			_, err := fmt.Fprintln(host.Stdout(th), "help:", name, v)
			return err
		},
		Source: func(th *starlark.Thread, name string, v starlark.Value) error {
			_, err := fmt.Fprintln(host.Stdout(th), "source:", name, v)
			return err
		},
		Exit: func(int) { t.Error("exit") },
	})
	return s.out.String(), status, s
}

func TestSession(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("f.star", "loaded = 7\ndef twice(x):\n    return 2 * x\n")
	write("bad.star", "1 +\n")
	for name, c := range map[string]struct {
		lines  []string
		want   string // what is on the screen, or a part of it that begins with ...
		status int
	}{
		"results":     {[]string{"1 + 1", "_ * 3", "_1", "None", "x = 5", "[_1, _2, _3]"}, "nlsh> 1 + 1\n2\nnlsh> _ * 3\n6\nnlsh> _1\n2\nnlsh> None\nnlsh> x = 5\nnlsh> [_1, _2, _3]\n[2, 6, 2]\nnlsh> ^D\n", 0},
		"blocks":      {[]string{"def f(x):", "    return x", "", "f(3)"}, "nlsh> def f(x):\n  ...     return x\n  ... \nnlsh> f(3)\n3\n", 0},
		"brackets":    {[]string{"(1 +", "2)"}, "nlsh> (1 +\n  ... 2)\n3\n", 0},
		"paste":       {[]string{"def f():\n\n    return 4\nf()"}, "\n4\n", 0},
		"error":       {[]string{"a = 1", "1 // 0", "a"}, "nlsh> 1 // 0\nnlsh: <2>:1:3: at top level\n  floored division by zero\n     1 | 1 // 0\n       |   ^\nnlsh> a\n1\n", 0},
		"function":    {[]string{"def f(): return 1 // 0", "", "f()"}, "     1 | def f(): return 1 // 0\n       |                   ^\n  called from <2>:1:2: at top level\n", 0},
		"syntax":      {[]string{")", "f(1", "^C", "2"}, "nlsh: <1>:1:1: unexpected ')'\n", 0},
		"unfinished":  {[]string{"f(1"}, "got end of file", 0},
		"interrupt":   {[]string{"x = (", "^C", "3"}, "nlsh> x = (\n  ... ^C\nnlsh> 3\n3\n", 0},
		"interrupted": {[]string{"kill()\nwhile True: pass", "", "1"}, "  interrupted\n", 0},
		"exit":        {[]string{"exit(3)", "1"}, "nlsh> exit(3)\n", 3},
		"quit":        {[]string{":quit", "1"}, "nlsh> :quit\n", 0},
		"print":       {[]string{"print('a')"}, "nlsh> print('a')\na\nnlsh> ", 0},
		"who":         {[]string{"b = 1", "def a(): pass", "", "_c = 1", ":who"}, "nlsh> :who\n  a                function\n  b                int\nnlsh> ", 0},
		"time":        {[]string{":time 1 + 1"}, "nlsh> :time 1 + 1\n2\n  ", 0},
		"load":        {[]string{":load f.star", "twice(loaded)"}, "nlsh> twice(loaded)\n14\n", 0},
		"load bad":    {[]string{":load bad.star", ":load nosuch", ":load"}, ":load: stat nosuch: no such file or directory\nnlsh> :load\nnlsh: :load: want FILE\n", 0},
		"own command": {[]string{"def command_say(arg): print('said', arg)", "", ":say a b"}, "nlsh> :say a b\nsaid a b\n", 0},
		"no command":  {[]string{":nosuch"}, "nlsh: got :nosuch, want one of :help, :quit, ", 0},
		"near":        {[]string{":hlep", "def command_mine(arg): pass", "", ":mnie"}, " (did you mean :mine?)\n", 0},
		"nearer":      {[]string{":hlep"}, ", :transcript (did you mean :help?)\n", 0},
		"question":    {[]string{"x = 1", "x?", "nosuch??", ":help x"}, "nlsh> x?\nhelp: x 1\nnlsh> nosuch??\nsource: nosuch <nil>\nnlsh> :help x\nhelp: x 1\n", 0},
		"comment":     {[]string{"x = 1 # really?", "x # it?"}, "nlsh> x = 1 # really?\nnlsh> x # it?\n1\n", 0},
		"help":        {[]string{":help"}, "  :save FILE                    writes the statements", 0},
		"redefined":   {[]string{"x = 1", "def f(): return x", "", "x += 1", "f()"}, "nlsh> f()\n2\n", 0},
		"empty":       {[]string{"", "   ", "# nothing"}, "hello\nnlsh> \nnlsh>    \nnlsh> # nothing\nnlsh> ^D\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			screen, status, s := typedSession(t, "", c.lines...)
			if !strings.Contains(screen, c.want) || status != c.status {
				t.Errorf("got %s\nstatus %d, want in it\n%s", screen, status, c.want)
			}
			if s.closed != 1 {
				t.Errorf("closed %d times", s.closed)
			}
		})
	}
}

// What succeeded is a script that does the same.
func TestSave(t *testing.T) {
	t.Chdir(t.TempDir())
	screen, _, _ := typedSession(t, "", "x = 1", "1 // 0", "def f():", "    return x", "", "f()", ":save s.star", ":save s.star", ":save")
	text, err := os.ReadFile("s.star")
	if want := "x = 1\ndef f():\n    return x\nf()\n"; err != nil || string(text) != want {
		t.Errorf("got %q, %v, want %q", text, err, want)
	}
	if !strings.Contains(screen, "nlsh: :save: open s.star: file exists\n") {
		t.Errorf("got %s", screen)
	}
	screen, _, _ = typedSession(t, "", ":load s.star", "f()")
	if !strings.Contains(screen, "nlsh> f()\n1\n") {
		t.Errorf("got %s", screen)
	}
}

func TestInit(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("init.star", []byte("mine = 9"), 0o644); err != nil {
		t.Fatal(err)
	}
	if screen, _, _ := typedSession(t, "init.star", "mine"); !strings.HasPrefix(screen, "hello\nnlsh> mine\n9\n") {
		t.Errorf("got %s", screen)
	}
}
