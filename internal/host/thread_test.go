package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// deadline is far longer than anything here takes; only a hang reaches it.
const deadline = 30 * time.Second

// within fails the test when nothing comes.
func within[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(deadline):
		t.Fatal("nothing happened")
		panic("unreachable")
	}
}

// signal returns a builtin that closes the channel when it is first called.
func signalBuiltin(name string) (starlark.Value, <-chan struct{}) {
	ch := make(chan struct{})
	called := false
	return starlark.NewBuiltin(name, func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		if !called {
			called = true
			close(ch)
		}
		return starlark.None, nil
	}), ch
}

// wait blocks until the context ends.
func wait(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	ctx := host.Context(th)
	err := host.Blocking(th, func() error {
		<-ctx.Done()
		return errors.New("recv: some other words")
	})
	return nil, err
}

func TestInterrupt(t *testing.T) {
	cause := errors.New("interrupted by the test")
	scripts := map[string]string{
		"endless loop":         "ready()\nwhile True: pass",
		"in a function":        "def f():\n  ready()\n  while True: pass\nf()",
		"try does not swallow": "def f():\n  ready()\n  while True: pass\ntry_(f)\nprint(\"after\")",
		"blocked":              "ready()\nwait()\nprint(\"after\")",
		"blocked in try":       "ready()\ntry_(wait)\nprint(\"after\")",
		"raised by a stream":   "ready()\ntry_(wait)\nfor x in stream(1, \"lost\"): pass",
		"in a module":          "load(\"m.star\", \"x\")",
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			ready, isReady := signalBuiltin("ready")
			r := newRig(t, map[string]string{"m.star": "ready()\nwhile True: pass\nx = 1"}, starlark.StringDict{
				"ready": ready, "wait": starlark.NewBuiltin("wait", wait),
			})
			ctx, cancel := context.WithCancelCause(context.Background())
			done := make(chan error, 1)
			go func() { done <- r.source(ctx, host.Source{Name: "<test>", Text: []byte(script)}) }()
			within(t, isReady)
			cancel(cause)
			err := within(t, done)
			var interrupted *host.Interrupted
			if !errors.As(err, &interrupted) || !errors.Is(err, cause) {
				t.Fatalf("got %v", err)
			}
			if text := host.Format(err, false); !strings.Contains(text, "interrupted by the test") || !strings.Contains(text, ".star:2:") && !strings.Contains(text, "<test>:") {
				t.Errorf("got:\n%s", text)
			}
			if strings.Contains(r.out.String(), "after") {
				t.Error("the script went on")
			}
		})
	}
}

func TestInterruptedBefore(t *testing.T) {
	r := newRig(t, nil, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := r.source(ctx, host.Source{Name: "<test>", Text: []byte("while True: pass")})
	if got := host.Format(err, false); !strings.Contains(got, "interrupted\n") {
		t.Errorf("got %s", got)
	}
}

func TestIteratorErrors(t *testing.T) {
	tests := []struct{ name, script, out, err string }{
		{"loop", "for x in stream(1, \"lost\"): print(x)\nprint(\"after\")", "0\ndone\n", "lost"},
		{"last statement", "for x in stream(0, \"lost\"): pass", "done\n", "lost"},
		{"break", "for x in stream(2, \"lost\"): break\nprint(\"after\")", "done\nafter\n", ""},
		{"no error", "print(list(stream(2)))", "done\n[0, 1]\n", ""},
		{"list", "x = list(stream(2, \"lost\"))\nprint(\"after\")", "done\n", "lost"},
		{"comprehension", "x = [y for y in stream(2, \"lost\")]\nprint(\"after\")", "done\n", "lost"},
		{"sorted in try", "print(try_(lambda: print(sorted(stream(2, \"lost\")))))", "done\nlost\n", ""},
		{"native call in try", "print(try_(list, stream(2, \"lost\")))\nprint(\"after\")", "done\nlost\nafter\n", ""},
		{"native consumer", "print(count(stream(2)))\nprint(count(stream(2, \"lost\")))", "done\n2\ndone\n", "lost"},
		{"native consumer in try", "print(try_(count, stream(2, \"lost\")))", "done\nlost\n", ""},
		{"first error wins", "x = zip(stream(0, \"one\"), stream(0, \"two\"))", "done\ndone\n", "one"},
		{"over the error of a consumer that was cut short", "x = max(stream(0, \"lost\"))", "done\n", "lost"},
		{"unpacking", "a, b = stream(1, \"lost\")", "done\n", "lost"},
		{"nested", "for x in stream(1):\n  for y in stream(0, \"lost\"): pass\n  print(\"after\")", "done\ndone\n", "lost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil, nil)
			err := r.text(tt.script)
			if got := r.out.String(); got != tt.out {
				t.Errorf("printed %q, want %q", got, tt.out)
			}
			if got := errText(err); got != tt.err {
				t.Errorf("error %q, want %q", got, tt.err)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestExit(t *testing.T) {
	for script, want := range map[string]int{
		"exit()": 0, "exit(3)": 3, "try_(exit, 4)\nprint(\"after\")": 4, "each(exit, 5)": 5,
		"load(\"m.star\", \"x\")": 6,
	} {
		r := newRig(t, map[string]string{"m.star": "x = 1\nexit(6)"}, nil)
		err := r.text(script)
		var exit *host.ExitError
		if !errors.As(err, &exit) || exit.Code != want || r.out.String() != "" {
			t.Errorf("%s: got %v, printed %q", script, err, r.out.String())
		}
	}
}

// A stream made on one thread and iterated on another raises on the one that runs.
func TestRaiseOnAnotherThread(t *testing.T) {
	r := newRig(t, nil, nil)
	var s starlark.Value
	mustRun(t, r, func(th *starlark.Thread) (err error) {
		s = &stream{made: th, fail: "lost"}
		return nil
	})
	err := r.Run(host.Job{}, func(th *starlark.Thread) error {
		_, err := starlark.Call(th, starlark.Universe["list"], starlark.Tuple{s}, nil)
		return err
	})
	if errText(err) != "lost" {
		t.Errorf("got %v", err)
	}
}

func mustRun(t *testing.T, r *rig, fn func(*starlark.Thread) error) {
	t.Helper()
	if err := r.Run(host.Job{}, fn); err != nil {
		t.Fatal(err)
	}
}

// Tasks run one at a time, in the order in which their places were taken, and while one blocks.
func TestTurns(t *testing.T) {
	r := newRig(t, nil, nil)
	var order []int
	done := make(chan error, 3)
	mustRun(t, r, func(parent *starlark.Thread) error {
		places := []*host.Place{r.Queue(), r.Queue(), r.Queue()}
		for i := len(places) - 1; i >= 0; i-- {
			go func() {
				done <- r.Run(host.Job{Place: places[i]}, func(th *starlark.Thread) error {
					order = append(order, i)
					if host.Current(parent) != th {
						t.Error("another thread is the current one")
					}
					return nil
				})
			}()
		}
		order = append(order, -1)
		err := host.Blocking(parent, func() error {
			for range places {
				if err := <-done; err != nil {
					return err
				}
			}
			return nil
		})
		if host.Current(parent) != parent {
			t.Error("the turn did not come back")
		}
		order = append(order, 3)
		return err
	})
	if got, want := order, []int{-1, 0, 1, 2, 3}; !equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A panic in a blocking builtin gives the turn back as everything else does.
func TestPanicWhileBlocking(t *testing.T) {
	r := newRig(t, nil, nil)
	err := r.Run(host.Job{}, func(th *starlark.Thread) error {
		return host.Blocking(th, func() error { panic("no") })
	})
	var defect *host.Defect
	if !errors.As(err, &defect) || len(defect.Stack) == 0 {
		t.Errorf("got %v", err)
	}
	mustRun(t, r, func(*starlark.Thread) error { return nil })
}

func TestThreadOfNoHost(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	host.Context(&starlark.Thread{})
}
