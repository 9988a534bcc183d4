package runner

import (
	"bytes"
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// deaf is a run of a program that is interrupted inside hog(), a builtin that does not notice.
type deaf struct {
	entered, released chan struct{}
	exits             chan int // what Exit was called with
	closed            chan string
	ended             chan int // what Run returned
	errOut            bytes.Buffer
}

func interruptDeaf(t *testing.T, code string) *deaf {
	t.Helper()
	d := &deaf{make(chan struct{}), make(chan struct{}), make(chan int, 1), make(chan string, 4), make(chan int, 1), bytes.Buffer{}}
	ctx, cancel := context.WithCancelCause(t.Context())
	globals := starlark.StringDict{
		"hog": fn(func(*starlark.Thread) error {
			close(d.entered)
			<-d.released
			return nil
		}),
		"own": fn(func(th *starlark.Thread) error {
			host.OwnerOf(th).Add("netns", syntax.Position{}, func() error { d.closed <- "netns"; return nil })
			return nil
		}),
		"on_exit": fn(func(th *starlark.Thread) error {
			host.OnExit(th, time.Minute, fn(func(*starlark.Thread) error { d.closed <- "on_exit"; return nil }))
			return nil
		}),
	}
	o := Options{
		Expr: &code,
		Host: host.New(host.Options{Globals: globals, Stderr: &d.errOut}),
		Exit: func(status int) { d.exits <- status },
	}
	go func() { d.ended <- Run(ctx, o) }()
	<-d.entered
	cancel(Signal(syscall.SIGINT))
	return d
}

// wait is the next value, within a time that no machine needs.
func wait[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestAbandoned(t *testing.T) {
	d := interruptDeaf(t, "own()\nhog()")
	if got := wait(t, d.exits); got != 130 {
		t.Errorf("the process ends with %d, want 130", got)
	}
	if got := wait(t, d.closed); got != "netns" {
		t.Errorf("closed %s, want netns", got)
	}
	if !strings.Contains(d.errOut.String(), "interrupted") {
		t.Errorf("it said %q", d.errOut.String())
	}
	close(d.released)
}

// A callback of on_exit comes first, and for that the builtin has to end.
func TestNotAbandonedWithOnExit(t *testing.T) {
	d := interruptDeaf(t, "own()\non_exit()\nhog()")
	watched := time.NewTimer(5 * patience)
	defer watched.Stop()
	select {
	case got := <-d.exits:
		t.Fatalf("the process ends with %d before on_exit", got)
	case <-watched.C:
	}
	close(d.released)
	for _, want := range []string{"on_exit", "netns"} {
		if got := wait(t, d.closed); got != want {
			t.Errorf("closed %s, want %s", got, want)
		}
	}
	if got := wait(t, d.ended); got != 130 {
		t.Errorf("Run returned %d, want 130", got)
	}
}
