package repl

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// stoppingSession types lines in a session with breakpoint() and tasks.
func stoppingSession(t *testing.T, lines ...string) (screen string, status int) {
	t.Helper()
	s := &script{lines: lines}
	show := func(_ *starlark.Thread, v starlark.Value) (string, error) { return v.String(), nil }
	stops := &Breakpoints{Open: func() (Editor, error) { return s, nil }, Show: show, Settings: &Settings{}}
	var ended Ended
	failed := make(chan bool, 9)
	h := host.New(host.Options{Ended: func(task *host.Task) { ended.Add(task); failed <- true }, Globals: starlark.StringDict{
		"netns": starlark.None, "spawn": spawner(),
		"kill": killer(),
		"w": starlark.NewBuiltin("w", func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			return starlark.None, host.Blocking(th, func() error { <-failed; return nil })
		}),
		"breakpoint": starlark.NewBuiltin("breakpoint", func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			return starlark.None, stops.Stop(th)
		}),
	}, Stdout: s, Eager: true})
	status = Run(context.Background(), Options{Host: h, Editor: s, History: OpenHistory(""), Show: show, Ended: &ended})
	return s.out.String(), status
}

var nested = []string{"def inner(a, b = 2):", "    c = a + b", "    return c // 0", "", "def outer(n):", "    l = [n] * 100", "    return inner(n)", ""}

func TestDebug(t *testing.T) {
	after := func(lines ...string) []string {
		return append(append(append([]string{}, nested...), "outer(5)"), lines...)
	}
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"calls":             {after(":debug"), "nlsh> :debug\nnlsh: <1>:3:14: in inner\n  floored division by zero\n     3 |     return c // 0\n       |              ^\n  called from <2>:3:17: in outer\n  called from <3>:1:6: at top level\n> 0  <1>:3:14: in inner\n       a = 5\n       b = 2\n       c = 7\n  1  <2>:3:17: in outer\n  2  <3>:1:6: at top level\ndebug> ^D\nnlsh> ^D"},
		"names":             {after(":debug", "a + c", "x = a", "x + 1", ":continue", "_", "1 + 1"), "debug> a + c\n12\ndebug> x = a\ndebug> x + 1\n6\ndebug> :continue\nnlsh> _\nnlsh: <4>:1:1: undefined: _"},
		"up and down":       {after(":debug", ":up", "len(l) + n", ":locals", ":up", ":up", ":down", ":frame 0", ":frame x", ":where"), "debug> :up\n> 1  <2>:3:17: in outer\n       n = 5\n       l = <list of 100>\ndebug> len(l) + n\n105\ndebug> :locals\n       n = 5\n       l = <list of 100>\ndebug> :up\n> 2  <3>:1:6: at top level\ndebug> :up\nnlsh: got no call there, want one from 0 to 2\ndebug> :down\n> 1  "},
		"where":             {after(":debug", ":up", ":where"), "debug> :where\n  0  <1>:3:14: in inner\n> 1  <2>:3:17: in outer\n  2  <3>:1:6: at top level\n"},
		"errors in it":      {after(":debug", "1 // 0", "nosuch", "a", ":quit", ":debug"), "debug> 1 // 0\nnlsh: <debug>:1:3: at top level\n  floored division by zero\n     1 | 1 // 0\n       |   ^\ndebug> nosuch\nnlsh: <debug>:1:1: undefined: nosuch\n     1 | nosuch\n       | ^\ndebug> a\n5\ndebug> :quit\nnlsh> :debug\nnlsh: <1>:3:14: in inner\n"},
		"several lines":     {after(":debug", "def f(x):", "    return x + a", "", "f(1)", "", "^C", "f(", "^C", "f(2)"), "debug> f(1)\n6\ndebug> \ndebug> ^C\ndebug> f(\n  ... ^C\ndebug> f(2)\n7\n"},
		"other lines":       {after(":debug", ":nosuch", ":help"), "nlsh: got :nosuch, want one of :where, :locals, :up, :down, :frame, :continue, :quit, :help\ndebug> :help\n  CODE  "},
		"without steps":     {append([]string{":set debug off"}, after(":debug", ":up")...), "> 0  <1>:3:14: in inner\n       its variables are lost (:set debug on keeps them)\n  1  <2>:3:17: in outer\n"},
		"no error":          {[]string{":debug"}, "nlsh: :debug: got no error to look at, want one before\n"},
		"no call":           {[]string{"1 +", ")", ":debug"}, "nlsh: :debug: got an error that began in no call, want one of a program that ran\n"},
		"own command":       {[]string{"def command_x(arg): fail('y' * 3)", "", ":x 7", ":debug"}, "> 0  <1>:1:25: in command_x\n       arg = \"7\"\n"},
		"interrupted":       {[]string{"def f(n):", "    kill()", "    while True: n += 1", "", "f(0)", ":debug", "n >= 0"}, "debug> n >= 0\nTrue\n"},
		"of a task, joined": {[]string{"def bad(n = 3): return n // 0", "", "spawn(bad)()", ":debug"}, "> 0  <1>:1:26: in bad\n       n = 3\n"},
		"of a task":         {[]string{"def bad(n = 3): return n // 0", "", "j = spawn(bad)", "w()", ":debug", "n + 1"}, "> 0  <1>:1:26: in bad\n       n = 3\ndebug> n + 1\n4\n"},
		"exit":              {after(":debug", "exit(3)", "7"), "debug> exit(3)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := stoppingSession(t, c.lines...); !strings.Contains(got, c.want) {
				t.Errorf("got %s\nwant in it\n%s", got, c.want)
			}
		})
	}
}

func TestBreakpoint(t *testing.T) {
	program := []string{"def f(n):", "    m = n + 1", "    breakpoint()", "    return m", ""}
	at := func(lines ...string) []string { return append(append([]string{}, program...), lines...) }
	for name, c := range map[string]struct {
		lines  []string
		want   string
		status int
	}{
		"goes on":       {at("f(4)", "m * 2", ":continue", "_"), "nlsh> f(4)\n> 0  <1>:3:15: in f\n       n = 4\n       m = 5\n  1  <2>:1:2: at top level\ndebug> m * 2\n10\ndebug> :continue\n5\nnlsh> _\n5\n", 0},
		"end of input":  {at("f(4)"), "debug> ^D\n5\nnlsh> ^D", 0},
		"ends it":       {at("f(4)", ":quit", "1 + 1"), "debug> :quit\nnlsh: <1>:3:15: in f\n  stopped by :quit\n", 0},
		"errors":        {at("f(4)", "m // 0", "(", ")", "^C", "m"), "debug> m // 0\nnlsh: <debug>:1:3: at top level\n  floored division by zero\n     1 | m // 0\n       |   ^\n  called by breakpoint from <1>:3:15: in f\n  called from <2>:1:2: at top level\ndebug> (\n  ... )\n()\ndebug> ^C\ndebug> m\n5\ndebug> ^D\n5\n", 0},
		"no change":     {at("f(4)", "m = 100", "m", ":continue"), "debug> m\n100\ndebug> :continue\n5\n", 0},
		"inside itself": {at("f(4)", "f(1)", ":continue", ":continue"), "debug> f(1)\n> 0  <1>:3:15: in f\n       n = 1\n       m = 2\n  1  <debug>:1:2: at top level\n  2  <1>:3:15: in f\n", 0},
		"exit":          {at("f(4)", "exit(3)", "7"), "debug> exit(3)\n", 3},
		"interrupted":   {at("f(4)", "kill() or [x for x in range(1 << 60) if x < 0]", "7"), "  interrupted\n", 0},
		"in a task":     {at("j = spawn(lambda: f(1))", "j()"), "got a task, want the program itself", 0},
		"a value":       {at("[f(x) for x in [1]]", "x", ":up", "x"), "debug> :up\n> 1  <2>:1:3: at top level\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, status := stoppingSession(t, c.lines...)
			if !strings.Contains(got, c.want) || status != c.status {
				t.Errorf("got %s\nstatus %d, want in it\n%s", got, status, c.want)
			}
		})
	}
}

func TestNoEditorForABreakpoint(t *testing.T) {
	none := errors.New("no terminal")
	stops := &Breakpoints{Open: func() (Editor, error) { return nil, none }}
	h := host.New(host.Options{})
	_ = h.Run(host.Job{Name: "test"}, func(th *starlark.Thread) error {
		if err := stops.Stop(th); err != nil {
			t.Errorf("without a program: got %v", err)
		}
		return nil
	})
	h = host.New(host.Options{Globals: starlark.StringDict{"b": starlark.NewBuiltin("b", func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, stops.Stop(th)
	})}})
	err := h.Run(host.Job{Name: "test"}, func(th *starlark.Thread) error {
		src, err := host.NewSource("x", "", []byte("b()"))
		if err == nil {
			_, err = h.Interact(th, src)
		}
		return err
	})
	if !errors.Is(err, none) {
		t.Errorf("got %v", err)
	}
}

// At the prompt inside a program the variables of the call that is looked at are in reach, until it ends.
func TestScope(t *testing.T) {
	scope := &Scope{}
	global := starlark.StringDict{"a": starlark.None}
	in := &inspection{
		scope: scope, print: func(string) {}, width: 80,
		frames: []host.Frame{{Vals: starlark.StringDict{"x": starlark.True}}, {Vals: starlark.StringDict{"y": starlark.True}}},
	}
	var seen []string
	lines := []string{":up", ":down", ":continue"}
	in.line = func(string, string) (string, error) {
		seen = append(seen, strings.Join(scope.Names(global).Keys(), " "))
		line := lines[0]
		lines = lines[1:]
		return line, nil
	}
	if err := in.run(); err != nil {
		t.Fatal(err)
	}
	seen = append(seen, strings.Join(scope.Names(global).Keys(), " "))
	if got := strings.Join(seen, ", "); got != "a x, a y, a x, a" || len(global) != 1 {
		t.Errorf("got %s, %v", got, global)
	}
}

func TestBrief(t *testing.T) {
	long := strings.Repeat("x", 60)
	deep := starlark.NewList([]starlark.Value{starlark.NewList(slices.Repeat([]starlark.Value{starlark.None}, mostInside))})
	for _, c := range []struct {
		v    starlark.Value
		want string
	}{
		{deep, "<list of 1>"}, {starlark.String("x" + strings.Repeat("ä", 50)), `"x` + strings.Repeat("ä", 24) + `" ...`},
		{starlark.MakeInt(3), "3"}, {starlark.String("a\nb"), `"a\nb"`}, {starlark.String(long), `"` + long[:50] + `" ...`},
		{starlark.NewList(make([]starlark.Value, 51)), "<list of 51>"}, {starlark.Tuple{starlark.None}, "(None,)"},
	} {
		if got := brief(c.v); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
