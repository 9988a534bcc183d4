package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// A job may say that its tasks last longer than itself. They are listed while they run; an error is told at once, and then to nobody else.
func TestLastingTasks(t *testing.T) {
	home := &place{}
	ended := make(chan *host.Task, 4)
	var out strings.Builder
	gate := make(chan struct{})
	globals := taskBuiltins(home)
	globals["through"] = starlark.NewBuiltin("through", func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, host.Blocking(th, func() error {
			select {
			case <-gate:
				return nil
			case <-host.Context(th).Done():
				return context.Cause(host.Context(th))
			}
		})
	})
	h := host.New(host.Options{Globals: globals, Stdout: &out, Ended: func(task *host.Task) { ended <- task }})
	owner := host.NewOwner("session", nil)
	run := func(text string) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel() // the job is over
		src, err := host.NewSource("<1>", "", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return h.Run(host.Job{Name: "statement", Context: ctx, Tasks: t.Context(), Owner: owner}, func(th *starlark.Thread) error {
			_, err := h.Interact(th, src)
			return err
		})
	}
	listed := func() string {
		var names []string
		for _, r := range owner.Tasks() {
			names = append(names, fmt.Sprintf("%s %s", r.Name(), r.Pos))
		}
		return strings.Join(names, ", ")
	}
	if err := run("def child(): through()\ndef work():\n    spawn('child', child)\n    through()\n    fail('broken')\nspawn('work', work)\nyield_()"); err != nil {
		t.Fatal(err)
	}
	if got := listed(); got != "work <1>:6:6, child <1>:3:10" {
		t.Errorf("listed: %s", got)
	}
	close(gate)
	task := <-ended
	if err := task.Hear(); err == nil || !strings.Contains(host.Format(err, false), "broken") {
		t.Errorf("heard %v", err)
	}
	if err := task.Hear(); err != nil {
		t.Errorf("heard %v again", err)
	}
	if err := run("join('work')"); err == nil {
		t.Error("join does not raise it")
	}
	if got := listed(); got != "" {
		t.Errorf("listed: %s", got)
	}
	if err := errors.Join(owner.Close(), h.Flush()); err != nil {
		t.Error(err)
	}
}

// What was forgotten is read again; the library is not.
func TestForget(t *testing.T) {
	r := newRig(t, map[string]string{"a.star": "x = 1"}, nil)
	const script = "load(\"a.star\", \"x\")\nprint(x)"
	for _, text := range []string{"x = 1", "x = 2"} {
		if err := os.WriteFile("a.star", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := r.text(script); err != nil {
			t.Fatal(err)
		}
	}
	r.Forget()
	if err := r.text(script); err != nil || r.Flush() != nil || r.out.String() != "1\n1\n2\n" {
		t.Errorf("got %v, printed %q", err, r.out.String())
	}
}
