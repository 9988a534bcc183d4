package builtins_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// Whatever waits without the kernel ends at once too; tasks end with the script, and what on_exit has
// registered is called all the same. The deadline is what a hang would run into.
func TestInterruptOfWaits(t *testing.T) {
	fifo := t.TempDir() + "/pipe"
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]string{
		"sleep":             `stop(); sleep("1h")`,
		"tried sleep":       `stop(); try_(sleep, "1h")`,
		"exec":              `stop(); exec(["sleep", "3600"])`,
		"exec of a shell":   `stop(); exec(["sh", "-c", "sleep 3600 & sleep 3600"])`,
		"tried exec":        `stop(); try_(exec, ["sleep", "3600"], timeout = "1h")`,
		"read of a pipe":    `stop(); read_file(fifo)`,
		"write to a pipe":   `stop(); write_file(fifo, "x")`,
		"join":              `t = spawn(sleep, "1h"); stop(); t.join()`,
		"tried join":        `t = spawn(sleep, "1h"); stop(); try_(t.join, timeout = "1h")`,
		"scope":             `stop(); scope(sleep, "1h")`,
		"task that waits":   `spawn(sleep, "1h"); spawn(stop); sleep("1h")`,
		"task in a loop":    "def forever():\n    while True: yield_()\nspawn(forever)\nspawn(stop)\nsleep('1h')",
		"task that is busy": "def forever():\n    stop()\n    while True: pass\nspawn(forever)\nsleep('1h')",
		"loop":              "stop()\nwhile True: pass",
		"loop that yields":  "stop()\nwhile True: yield_()",
		"progress":          "stop()\nfor n in progress(range(1 << 60)): pass",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			interrupt, stop := context.WithCancel(ctx)
			p := &program{t: t, ctx: interrupt, reg: registry(), globals: starlark.StringDict{
				"fifo": starlark.String(fifo),
				"stop": starlark.NewBuiltin("stop", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
					stop()
					return starlark.None, nil
				}),
			}}
			err := p.run("test.star", "on_exit(lambda: print('bye'))\n"+call+"\nprint('went on')")
			var interrupted *host.Interrupted
			if !errors.As(err, &interrupted) || p.out.String() != "bye\n" {
				t.Errorf("got %v, printed %q", err, p.out.String())
			}
			if ctx.Err() != nil {
				t.Error("it ended by the deadline of the test only")
			}
		})
	}
}

// exit leaves a scope, a task that is joined, and on_exit callbacks run.
func TestExitFromInside(t *testing.T) {
	for _, src := range []string{"scope(exit, 7)", "spawn(exit, 7).join()", "try_(spawn(exit, 7).join)", "scope(lambda: try_(scope, exit, 7))"} {
		p := &program{t: t, reg: registry()}
		err := p.run("test.star", "on_exit(lambda: print('bye'))\n"+src+"\nprint('went on')")
		var exit *host.ExitError
		if !errors.As(err, &exit) || exit.Code != 7 || p.out.String() != "bye\n" || host.Format(err, false) != "" {
			t.Errorf("%s: got %v, printed %q", src, err, p.out.String())
		}
	}
}

// The error of a task that nobody joins is told at the end, once.
func TestUnheardErrors(t *testing.T) {
	p := &program{t: t, reg: registry()}
	err := p.run("test.star", `def bad(text):
    fail(text)
spawn(bad, "one")
t = spawn(bad, "two")
spawn(bad, "three")
spawn(sleep, "1h")
yield_()
try_(t.join)
print("done")
`)
	const want = `nlsh: test.star:2:9: in bad
  three
     2 |     fail(text)
       |         ^
  spawned from test.star:5:6: at top level
nlsh: test.star:2:9: in bad
  one
     2 |     fail(text)
       |         ^
  spawned from test.star:3:6: at top level
`
	if got := host.Format(err, false); got != want || p.out.String() != "done\n" {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// flagRun runs a script whose arguments are wrong, or ask for help.
func flagRun(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	var b, e strings.Builder
	h := host.New(host.Options{Globals: builtins.Globals(builtins.Config{Registry: registry()}), Args: args, Stdout: &b, Stderr: &e})
	err := h.Run(host.Job{}, func(th *starlark.Thread) error {
		_, err := h.Exec(th, host.Source{Name: "dir/show.star", Text: []byte(`"""Shows links.

    show.star eth0
"""
o = flag.parse([
    flag.arg("link", "which one"),
    flag.args("more", "and these"),
    flag.bool("json", "print JSON", short = "j"),
    flag.string("color", "when", default = "auto", choices = ["auto", "never"]),
    flag.int("count", "how many", short = "c"),
    flag.duration("wait"),
])
print(o)
`)})
		return err
	})
	var exit *host.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		code = exit.Code
	}
	if err := h.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String(), e.String(), code
}

func TestFlagMistakes(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "LINK: got nothing, want one (which one)"},
		{"a --jsn", "got unknown flag --jsn, want one of --help, --json, --color, --count, --wait (did you mean \"json\"?)"},
		{"a -x", "got unknown flag -x, want one of --help, --json, --color, --count, --wait"},
		{"a -jx", "got unknown flag -x, want one of --help, --json, --color, --count, --wait"},
		{"a --json=yes", `--json: got "yes", want true or false`},
		{"a --count", "--count: got nothing, want INT"},
		{"a -c", "-c: got nothing, want INT"},
		{"a --count many", `--count: got "many", want a whole number`},
		{"a --count=", `--count: got "", want a whole number`},
		{"a -c1.5", `--count: got "1.5", want a whole number`},
		{"a -c99999999999999999999", `--count: got "99999999999999999999", want a whole number`},
		{"a -c1 --count 2", "--count: got it twice, want it once"},
		{"a --color nevr", `--color: got "nevr", want one of auto, never (did you mean "never"?)`},
		{"a --wait soon", `--wait: got "soon", want a duration like "10s" or a number of seconds`},
		{"a --wait -1s", `--wait: got "-1s", want a duration like "10s" or a number of seconds`},
	} {
		out, errOut, code := flagRun(t, strings.Fields(tt.args)...)
		want := "show.star: " + tt.want + "\ntry 'nlsh dir/show.star --help'\n"
		if out != "" || errOut != want || code != 2 {
			t.Errorf("%q: got %d, %q, %s\nwant %s", tt.args, code, out, errOut, want)
		}
	}
	if out, errOut, code := flagRun(t, "a"); code != 0 || errOut != "" || !strings.HasPrefix(out, `options(link = "a"`) {
		t.Errorf("got %d, %q, %q", code, out, errOut)
	}
}

func TestFlagHelp(t *testing.T) {
	const want = `Shows links.

    show.star eth0

usage: nlsh dir/show.star [flags] LINK [MORE...]

  LINK                    which one
  MORE...                 and these
  -j, --json              print JSON
      --color auto|never  when (default auto)
  -c, --count INT         how many
      --wait DURATION
  -h, --help              print this help
`
	for _, args := range []string{"--help", "-h", "a -jh", "--bogus --help"} {
		if out, errOut, code := flagRun(t, strings.Fields(args)...); out != want || errOut != "" || code != 0 {
			t.Errorf("%s: got %d, %q\n%s", args, code, errOut, out)
		}
	}
	if out, _, _ := flagRun(t, "--", "--help"); !strings.HasPrefix(out, `options(link = "--help"`) {
		t.Errorf("got %s", out)
	}
}

// onTerminal runs a script as if standard error were a terminal.
func onTerminal(t *testing.T, level slog.Level, src string) (out, errOut string) {
	t.Helper()
	var b, e strings.Builder
	globals := builtins.Globals(builtins.Config{Registry: registry(), Log: level, Terminal: true})
	h := host.New(host.Options{Globals: globals, Stdout: &b, Stderr: &e})
	err := h.Run(host.Job{}, func(th *starlark.Thread) error {
		_, err := h.Exec(th, host.Source{Name: "test.star", Text: []byte(src)})
		return err
	})
	if err = errors.Join(err, h.Flush()); err != nil {
		t.Error(host.Format(err, false))
	}
	return b.String(), e.String()
}

func TestLog(t *testing.T) {
	const src = `for f in [log.debug, log.info, log.warn, log.error]:
    f("up", 3, name = "eth0", list = [1])
log.error("two\nlines")
log.error()
`
	const tail = "error: two\n  lines\nerror:\n"
	line := func(level string) string { return level + ": up 3 name=\"eth0\" list=[1]\n" }
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: line("debug") + line("info") + line("warn") + line("error") + tail,
		slog.LevelInfo:  line("info") + line("warn") + line("error") + tail,
		slog.LevelWarn:  line("warn") + line("error") + tail,
		slog.LevelError: line("error") + tail,
	} {
		if out, errOut := onTerminal(t, level, src); out != "" || errOut != want {
			t.Errorf("%v: got %q, %q, want %q", level, out, errOut, want)
		}
	}
}

func TestProgress(t *testing.T) {
	const clear = "\r\x1b[K"
	for src, want := range map[string]string{
		"for n in progress(range(4), label = 'x'): pass":                 "\rx 0/4 0%\x1b[K" + clear,
		"[n for n in progress([], total = 3)]":                           "\r0/3 0%\x1b[K" + clear,
		"try_(list, progress([1], total = 0))":                           "\r0\x1b[K" + clear,
		"for n in progress([1, 2]):\n    break":                          "\r0/2 0%\x1b[K" + clear,
		"def f():\n    for n in progress([1]):\n        fail()\ntry_(f)": "\r0/1 0%\x1b[K" + clear,
		"for n in progress([7]): log.info(n)":                            "\r0/1 0%\x1b[K" + clear + "info: 7\n" + clear,
		"print(progress([1]), type(progress([1])))":                      "",
	} {
		out, errOut := onTerminal(t, slog.LevelInfo, src)
		// A slow machine may draw in between.
		first, rest, _ := strings.Cut(want, clear)
		if !strings.HasPrefix(errOut, first) || !strings.HasSuffix(errOut, rest) || (want == "") != (errOut == "") {
			t.Errorf("%s: got %q, want %q", src, errOut, want)
		}
		if out != "" && out != "<progress of list> progress\n" {
			t.Errorf("%s: printed %q", src, out)
		}
	}
}

// A family that is closed while a task waits for its answer ends the wait.
func TestClosedUnderATask(t *testing.T) {
	for _, call := range []string{"rt.getlink", "rt.getlink.dump", "lambda: list(rt.getlink.stream())"} {
		p, err := fake(t, nil, `
rt = nl.open("route", timeout = "1h")
t = spawn(`+call+`)
u = spawn(`+call+`)
yield_()
rt.close()
t.cancel()
u.cancel()
print(try_(t.join).error.kind, try_(u.join).error.kind)
`)
		if err != nil || p.out.String() != "cancelled cancelled\n" {
			t.Errorf("%s: got %v, %q", call, err, p.out.String())
		}
	}
}
