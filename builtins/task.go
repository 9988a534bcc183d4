package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
)

const spawnDoc = `runs fn as a task beside the script, and returns the task

Tasks take turns: another one runs only where this one waits (for the kernel, in sleep, exec, join, yield_ ...), so
nothing changes under the hands of a script between two such calls. They start in the order in which they were spawned, each in the
network namespace of its parent. When the script, or the scope, that has spawned a task ends, the task is
cancelled. An error of a task that nobody joins is reported then.

    def work(n):
        sleep("1ms")
        return n * n
    tasks = [spawn(work, n) for n in range(3)]
    print([t.join() for t in tasks])`

var spawnParams = []param{{"fn", "callable", "what to call"}, {"*args, **kwargs", "any", "what to call it with"}}

func spawn(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	inner, err := callee(fn, args)
	if err != nil {
		return nil, err
	}
	here, err := netns.Current()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	t, err := host.Spawn(th, home{here}, inner, args[1:], kwargs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return &task{t: t}, nil
}

// home is the namespace in which a task starts.
type home struct{ ns *netns.Handle }

// Enter moves the thread of the task, unless it is there: entering needs privilege.
func (h home) Enter() error {
	here, err := netns.Current()
	if err != nil {
		return err
	}
	defer here.Close()
	if here.Inode() == h.ns.Inode() {
		return nil
	}
	return netns.Enter(h.ns)
}

// Close gives the namespace up.
func (h home) Close() error { return h.ns.Close() }

const yieldDoc = `lets the other tasks run that can, and then goes on

Only a task that computes for long needs it: everything that waits does the same.

    yield_()`

func yield(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	return starlark.None, host.Yield(th)
}

// task is a call that runs beside the script.
type task struct{ t *host.Task }

var _ starlark.HasAttrs = (*task)(nil)

func (t *task) Type() string          { return "task" }
func (t *task) Freeze()               {}
func (t *task) Truth() starlark.Bool  { return true }
func (t *task) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: task") }
func (t *task) String() string        { return "<task " + t.t.Name() + ">" }

// Attr finds what can be asked of a task.
func (t *task) Attr(name string) (starlark.Value, error) {
	switch name {
	case "name":
		return starlark.String(t.t.Name()), nil
	case "done":
		return starlark.Bool(t.t.Done()), nil
	case "join":
		return newFunc("task.join", joinDoc, joinParams, t.join), nil
	case "cancel":
		return newFunc("task.cancel", cancelDoc, nil, t.cancel), nil
	}
	return nil, noAttr("task", name, t.AttrNames())
}

// AttrNames lists the attributes.
func (t *task) AttrNames() []string { return []string{"cancel", "done", "join", "name"} }

const joinDoc = `waits for the end of the task and returns its result, or raises its error

    t = spawn(lambda: 7)
    print(t.join(timeout = "10s"))`

var joinParams = []param{{"timeout", "duration = None", `how long to wait, "10s" or seconds; for ever by default`}}

func (t *task) join(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "timeout??", &timeout); err != nil {
		return nil, err
	}
	limit, err := duration(timeout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	v, err := t.t.Join(th, limit)
	if err != nil && host.Stack(err) == nil { // an error of joining, not of the task
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return v, err
}

const cancelDoc = `interrupts the task, as Ctrl-C would interrupt the script; on_exit is still called

It does not wait until the task has ended. Joining it then raises an error of kind "cancelled".

    t = spawn(sleep, 60)
    t.cancel()
    print(try_(t.join).error.kind)                         # cancelled`

func (t *task) cancel(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	t.t.Cancel()
	return starlark.None, nil
}
