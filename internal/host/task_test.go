package host_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// place counts how often tasks came, and how many places are given up again.
type place struct{ entered, open atomic.Int32 }

func (p *place) Enter() error { p.entered.Add(1); return nil }
func (p *place) Close() error { p.open.Add(-1); return nil }

// taskBuiltins are spawn, join and on_exit, as plain as they can be.
func taskBuiltins(home *place) starlark.StringDict {
	tasks := map[string]*host.Task{}
	type body = func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)
	spawn := func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		home.open.Add(1)
		t, err := host.Spawn(th, home, args[1].(starlark.Callable), args[2:], nil)
		tasks[string(args[0].(starlark.String))] = t
		return starlark.None, err
	}
	join := func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return tasks[string(args[0].(starlark.String))].Join(th, 0)
	}
	onExit := func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		host.OnExit(th, time.Minute, args[0].(starlark.Callable))
		return starlark.None, nil
	}
	yield := func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, host.Yield(th)
	}
	all := starlark.StringDict{"wait": starlark.NewBuiltin("wait", wait)}
	for name, fn := range map[string]body{"spawn": spawn, "join": join, "on_exit": onExit, "yield_": yield} {
		all[name] = starlark.NewBuiltin(name, fn)
	}
	return all
}

// tasks runs a script with those builtins to its end, and closes what is open.
func tasks(t *testing.T, ctx context.Context, src string, files map[string]string) (*rig, *place, error) {
	t.Helper()
	home := &place{}
	r := newRig(t, files, taskBuiltins(home))
	err := r.source(ctx, host.Source{Name: "<test>", Text: []byte(strings.TrimLeft(src, "\n"))})
	err = errors.Join(err, r.owner.Close(), r.Flush())
	if n := home.open.Load(); n != 0 {
		t.Errorf("%d tasks have not given up their place", n)
	}
	return r, home, err
}

// At the end tasks are told to stop first: so a busy one cannot keep a callback from running.
func TestBusyTaskAtTheEnd(t *testing.T) {
	r, _, err := tasks(t, context.Background(), `
def busy():
    print("busy")
    while True: pass
spawn("a", busy)
on_exit(lambda: print("bye"))
`, nil)
	if out := r.out.String(); err != nil || strings.ReplaceAll(out, "busy\n", "") != "bye\n" {
		t.Errorf("got %v, %q", err, out)
	}
}

// What a task opens is closed when it ends.
func TestOwnersOfTasks(t *testing.T) {
	r, home, err := tasks(t, context.Background(), `
def work():
    open("of the task")
    print("working")
    return 3
spawn("a", work)
print(join("a"))
`, nil)
	if want := "working\nclose of the task\n3\n"; err != nil || r.out.String() != want || home.entered.Load() != 1 {
		t.Errorf("got %v, %q, want %q", err, r.out.String(), want)
	}
}

// A panic in a task is a defect of nlsh, and no error that a script may catch.
func TestPanicInATask(t *testing.T) {
	r, _, err := tasks(t, context.Background(), `
spawn("a", boom)
try_(join, "a")
print("went on")
`, nil)
	var defect *host.Defect
	if !errors.As(err, &defect) || r.out.Len() > 0 {
		t.Errorf("got %v, %q", err, r.out.String())
	}
}

// A task whose turn has not come when all is over never begins.
func TestTaskThatNeverBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, home, err := tasks(t, ctx, `spawn("a", print, "began")`, nil)
	var stopped *host.Interrupted
	if err != nil && !errors.As(err, &stopped) || r.out.Len() > 0 || home.entered.Load() != 0 {
		t.Errorf("got %v, %q", err, r.out.String())
	}
}

// Nothing is started for an owner that is closed: nobody would stop it.
func TestSpawnForAClosedOwner(t *testing.T) {
	home := &place{}
	r := newRig(t, nil, taskBuiltins(home))
	if err := r.owner.Close(); err != nil {
		t.Fatal(err)
	}
	err := r.text(`spawn("a", print)`)
	if err == nil || !strings.Contains(err.Error(), "its owner (script) is closed already") || home.open.Load() != 0 {
		t.Errorf("got %v", err)
	}
}

// What is left open by a script is a leak; callbacks, and tasks that are over, are none.
func TestLeaks(t *testing.T) {
	home := &place{}
	r := newRig(t, nil, taskBuiltins(home))
	if err := r.text(`
open("left")
on_exit(lambda: None)
spawn("a", fail, "x")
spawn("b", wait)
try_(join, "a")
`); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range r.owner.Leaks() {
		names = append(names, l.Name)
	}
	if got := strings.Join(names, ", "); got != "left, task wait" {
		t.Errorf("got %s", got)
	}
	if err := r.owner.Close(); err != nil {
		t.Error(err)
	}
}

func TestProgram(t *testing.T) {
	for src, want := range map[string]string{
		`"""Lists."""`: "Lists.", `x = "no"`: "", "": "", `b"no"`: "", "# c\n'yes'\nprint(1)": "yes",
	} {
		r := newRig(t, nil, nil)
		if err := r.text(src); err != nil {
			t.Fatal(err)
		}
		if got := r.Program(); got != (host.Program{Name: "<test>", Doc: want}) {
			t.Errorf("%q: got %+v", src, got)
		}
	}
}
