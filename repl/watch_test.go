package repl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// watchedSession types lines in a session in which send(text) is traced and event(text) monitored.
func watchedSession(t *testing.T, lines ...string) string {
	t.Helper()
	s := &script{lines: lines}
	var trace, monitor func(string)
	at := 0 // the monitor that goes
	say := func(name string, put *func(string)) *starlark.Builtin {
		return starlark.NewBuiltin(name, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			if *put != nil {
				(*put)(string(args[0].(starlark.String)) + "\n")
			}
			return starlark.None, nil
		})
	}
	var ended Ended
	h := host.New(host.Options{
		Globals: starlark.StringDict{"send": say("send", &trace), "event": say("event", &monitor), "netns": starlark.None, "spawn": spawner()},
		Stdout:  s, Eager: true, Ended: ended.Add,
	})
	Run(context.Background(), Options{
		Host: h, Editor: s, History: OpenHistory(""), Ended: &ended,
		Show: func(_ *starlark.Thread, v starlark.Value) (string, error) { return v.String(), nil },
		Trace: func(_ *starlark.Thread, family string, bytes bool, put func(string)) error {
			if family == "nosuch" {
				return errors.New("no such family")
			}
			trace = nil
			if put != nil {
				trace = func(text string) { put(fmt.Sprintf("[%s %v] %s", family, bytes, text)) }
			}
			return nil
		},
		Monitor: func(_ *starlark.Thread, groups []string, put func(string)) (func(), error) {
			if groups[0] == "nosuch" {
				return nil, errors.New("no such group")
			}
			at++
			mine := at
			monitor = func(text string) { put(strings.Join(groups, "+") + " " + text) }
			return func() {
				if at == mine {
					monitor = nil
				}
				s.Print("stopped " + groups[0] + "\n")
			}, nil
		},
	})
	return s.out.String()
}

// spawner is spawn, of the host.
func spawner() *starlark.Builtin {
	return starlark.NewBuiltin("spawn", func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		task, err := host.Spawn(th, here{}, args[0].(starlark.Callable), nil, nil)
		if err != nil {
			return nil, err
		}
		return starlark.NewBuiltin("join", func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			return task.Join(th, 0)
		}), nil
	})
}

type here struct{}

func (here) Enter() error { return nil }
func (here) Close() error { return nil }

func TestWatch(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"off at first":   {[]string{":trace", ":monitor", "send('a')", "event('a')"}, "nlsh> :trace\n  off\nnlsh> :monitor\n  off\nnlsh> send('a')\nnlsh> event('a')\nnlsh> ^D"},
		"trace":          {[]string{":trace on", ":trace", "send('a')", ":trace off", "send('b')"}, "nlsh> :trace on\nnlsh> :trace\n  on\nnlsh> send('a')\n[ false] a\nnlsh> :trace off\nnlsh> send('b')\nnlsh> ^D"},
		"family":         {[]string{":trace route", ":trace", "send('a')"}, "  route\nnlsh> send('a')\n[route false] a\n"},
		"bytes":          {[]string{":trace bytes", ":trace", "send('a')"}, "  on, with bytes\nnlsh> send('a')\n[ true] a\n"},
		"family, bytes":  {[]string{":trace route bytes", ":trace"}, "  route, with bytes\n"},
		"no family":      {[]string{":trace route", ":trace nosuch", ":trace"}, "nlsh: :trace: no such family\nnlsh> :trace\n  route\n"},
		"two families":   {[]string{":trace a b"}, `nlsh: :trace: got "a b", want on, off or the name of one family`},
		"monitor":        {[]string{":monitor link x:", ":monitor", "event('a')", ":monitor off", ":monitor off", "event('b')"}, "  link x:\nnlsh> event('a')\nlink+x: a\nnlsh> :monitor off\nstopped link\nnlsh> :monitor off\nnlsh> event('b')\nnlsh> ^D"},
		"monitor others": {[]string{":monitor a", ":monitor b", "event('x')"}, "nlsh> :monitor b\nstopped a\nnlsh> event('x')\nb x\nnlsh> ^D\nstopped b\n"},
		"no group":       {[]string{":monitor a", ":monitor nosuch", ":monitor"}, "nlsh: :monitor: no such group\nnlsh> :monitor\n  a\n"},
		"long lines":     {[]string{":set width 20", ":trace on", "send('x' * 100)", ":set long on", "send('y' * 100)", ":set long off", ":trace bytes", "send('z' * 100)"}, "\n[ false] " + strings.Repeat("x", 27) + " ...\nnlsh> :set long on\nnlsh> send('y' * 100)\n[ false] " + strings.Repeat("y", 100) + "\nnlsh> :set long off\nnlsh> :trace bytes\nnlsh> send('z' * 100)\n[ true] " + strings.Repeat("z", 100) + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := watchedSession(t, c.lines...); !strings.Contains(got, c.want) {
				t.Errorf("got %s\nwant in it\n%s", got, c.want)
			}
		})
	}
	if screen, _, _ := typedSession(t, "", ":trace on", ":monitor link"); strings.Count(screen, "this session has nothing to") != 2 {
		t.Errorf("got %s", screen)
	}
}

func TestSettings(t *testing.T) {
	for line, want := range map[string]string{
		":set":              "  width    auto  columns of what is shown",
		":set width 60":     "nlsh> :set width 60\nnlsh> ",
		":set width 3":      `nlsh: :set: width: got "3", want auto, or a number of columns from 20`,
		":set width x":      `got "x", want auto`,
		":set table maybe":  `nlsh: :set: table: got "maybe", want on or off`,
		":set tabel on":     `nlsh: :set: got "tabel", want one of width, color, pager, table, long, debug`,
		":set table on now": `nlsh: :set: got "table on now", want NAME VALUE`,
	} {
		if got := watchedSession(t, line); !strings.Contains(got, want) {
			t.Errorf("%s: got %s\nwant in it\n%s", line, got, want)
		}
	}
	got := watchedSession(t, ":set width 60", ":set table on", ":set color on", "1 // 0", ":set", ":set width auto", ":set")
	for _, want := range []string{"\x1b[1mnlsh:", "  width    60 ", "  table    on ", "  long     off", "  width    auto"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s\nwant in it %q", got, want)
		}
	}
	s := Settings{Columns: func() int { return 33 }}
	if got := s.Width(); got != 33 {
		t.Errorf("got %d", got)
	}
}

// A task outlives the statement that starts it. Its error is told once: to who joins, or on the screen.
func TestTasksOfASession(t *testing.T) {
	got := watchedSession(t, "def bad(): fail('broken')", "", "j = spawn(bad)", "j()")
	if n := strings.Count(got, "\n  broken\n"); n != 1 && n != 2 {
		t.Errorf("told %d times:\n%s", n, got)
	}
	got = watchedSession(t, "def bad(): fail('broken')", "", "spawn(bad)()")
	if n := strings.Count(got, "\n  broken\n"); n != 1 || !strings.Contains(got, "joined from") && !strings.Contains(got, "called") {
		t.Errorf("told %d times:\n%s", n, got)
	}
	got = watchedSession(t, "def good(): return 7", "", "j = spawn(good)", "j()", ":tasks")
	if !strings.Contains(got, "nlsh> j()\n7\nnlsh> :tasks\nnlsh> ^D") {
		t.Errorf("got %s", got)
	}
}

// What is cut has so many columns, whatever its characters take.
func TestCut(t *testing.T) {
	for line, want := range map[string]string{"abcdefgh": "abcdefgh", "abcdefghi": "abcd ...", "日本語日本": "日本 ...", "日本語日": "日本語日"} {
		if got := cut(line, 8); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}
