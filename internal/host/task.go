package host

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// maxTasks is how many tasks may run at once. Each has a thread, and Go ends a process that has
// 10,000 of them.
const maxTasks = 1000

// errTaskOver is the cause with which Cancel, and the owner of a task, end its context.
const errTaskOver constError = "the task was cancelled"

// Home is where a task runs: Enter is called on its thread before anything else, Close when it is
// over, whether or not it began.
type Home interface {
	Enter() error
	Close() error
}

// A Task is a call that runs beside the thread that has spawned it. The turn is what keeps both
// from running at once: it changes hands in Blocking only.
type Task struct {
	name   string
	stack  starlark.CallStack // where it was spawned
	cancel context.CancelCauseFunc
	owner  *Owner
	forget func() // takes it from the owner of its parent
	looked atomic.Bool
	debug  *Debug // nil unless the job that started it has one
	joins  *Task  // which it waits for right now; belongs to whoever holds the turn

	done  chan struct{} // closed when the rest is final
	value starlark.Value
	err   error
}

// Spawn starts a task that calls fn. It belongs to the owner of the thread, which cancels it and waits
// for it when it closes, and takes its place in the queue now, so that tasks start in
// order. An error that nobody has asked for by Join is an error of the owner's Close.
func Spawn(thread *starlark.Thread, home Home, fn starlark.Callable, args starlark.Tuple, kwargs []starlark.Tuple) (*Task, error) {
	s := stateOf(thread)
	if n := s.host.tasks.Add(1); n > maxTasks {
		s.host.tasks.Add(-1)
		return nil, errors.Join(fmt.Errorf("got %d tasks that run already, want at most that many", maxTasks), home.Close())
	}
	if s.owner.isClosed() {
		s.host.tasks.Add(-1)
		return nil, errors.Join(fmt.Errorf("its owner (%s) is closed already", s.owner.name), home.Close())
	}
	ctx, cancel := context.WithCancelCause(s.tasks)
	t := &Task{
		name: fn.Name(), stack: thread.CallStack(), cancel: cancel, done: make(chan struct{}),
		owner: NewOwner("task "+fn.Name(), nil),
	}
	if s.debug != nil {
		t.debug = &Debug{Steps: s.debug.Steps}
	}
	place := s.host.Queue()
	t.forget = s.owner.add(&Resource{
		Name: "task " + t.name, Pos: callerPos(thread), close: t.end, stop: t.Cancel, idle: t.Done, inner: t.owner, task: t,
	})
	go t.run(s.host, Job{Name: t.name, Context: ctx, Owner: t.owner, Place: place, Debug: t.debug, task: t}, home,
		func(th *starlark.Thread) (starlark.Value, error) { return callAs(th, "spawn", fn, args, kwargs) })
	return t, nil
}

// run is the goroutine of a task. It stays locked to its thread, which therefore ends with it: the
// task may have left it in any namespace.
func (t *Task) run(h *Host, job Job, home Home, call func(*starlark.Thread) (starlark.Value, error)) {
	runtime.LockOSThread()
	defer h.tasks.Add(-1)
	defer func() {
		close(t.done)
		if h.ended != nil && t.unheard() {
			h.ended(t)
		}
	}()
	err := h.Run(job, func(th *starlark.Thread) (err error) {
		if err = context.Cause(job.Context); err != nil {
			return err // cancelled before its turn came
		}
		if err = home.Enter(); err == nil {
			t.value, err = call(th)
		}
		return err
	})
	var stopped *Interrupted
	switch {
	case errors.As(err, &stopped):
		t.err = &CancelledError{Task: t.name}
	case err != nil:
		t.err = &taskError{err: err, stack: t.stack, host: h, debug: t.debug}
	}
	for _, e := range []error{t.owner.Close(), home.Close()} {
		if e != nil {
			t.err = errors.Join(t.err, &taskError{err: e, stack: t.stack, host: h})
		}
	}
	if !t.unheard() {
		t.forget()
	}
	t.cancel(nil)
}

// end is how the owner closes a task.
func (t *Task) end() error {
	t.Cancel()
	<-t.done
	return t.Hear()
}

// Hear returns the error of a task that is over, unless somebody has asked for it; nobody else will be told then.
func (t *Task) Hear() error {
	if !t.Done() || !t.unheard() || !t.looked.CompareAndSwap(false, true) {
		return nil
	}
	t.forget()
	return t.err
}

// Frames are the calls in which the error of a task that is over began, if the job that started it keeps those; see Debug.
func (t *Task) Frames() []Frame {
	return t.debug.Frames(t.err)
}

// unheard says whether the error of a task that is over must be told: being cancelled is none, unless
// something went wrong besides.
func (t *Task) unheard() bool {
	_, justCancelled := t.err.(*CancelledError)
	return t.err != nil && !justCancelled && !t.looked.Load()
}

// Name is the name of the function.
func (t *Task) Name() string { return t.name }

// Done reports whether the task is over.
func (t *Task) Done() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// Cancel interrupts the task, as Ctrl-C would. It does not wait for its end.
func (t *Task) Cancel() { t.cancel(errTaskOver) }

// Join waits until the task is over, at most for the given time unless that is 0, and returns its
// result.
func (t *Task) Join(thread *starlark.Thread, limit time.Duration) (starlark.Value, error) {
	s := stateOf(thread)
	if s.task != nil {
		for w := t; w != nil; w = w.joins {
			if w == s.task {
				return nil, fmt.Errorf("task %s would wait for itself", s.task.name)
			}
		}
		s.task.joins = t
		defer func() { s.task.joins = nil }()
	}
	if !t.Done() {
		if err := Blocking(thread, func() error { return t.wait(s.ctx, limit) }); err != nil {
			return nil, err
		}
	}
	t.looked.Store(true)
	t.forget()
	if t.err != nil {
		return nil, t.err
	}
	return t.value, nil
}

func (t *Task) wait(ctx context.Context, limit time.Duration) error {
	var late <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-t.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-late:
		return &LateError{What: "task " + t.name, Limit: limit}
	}
}

// Yield lets the tasks run that wait for their turn.
func Yield(thread *starlark.Thread) error { return Blocking(thread, func() error { return nil }) }

// callAs calls fn from a builtin of the given name: so a builtin that runs as a task has a caller,
// as it has everywhere else, and a trace says where the task came from.
func callAs(thread *starlark.Thread, name string, fn starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	b := starlark.NewBuiltin(name, func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.Call(th, fn, args, kwargs)
	})
	return starlark.Call(thread, b, nil, nil)
}

// callerPos is where the builtin that runs was called.
func callerPos(thread *starlark.Thread) syntax.Position {
	if thread.CallStackDepth() < 2 {
		return syntax.Position{}
	}
	return thread.CallFrame(1).Pos
}

// CancelledError is the error of a task that was cancelled.
type CancelledError struct{ Task string }

func (e *CancelledError) Error() string { return fmt.Sprintf("task %s was cancelled", e.Task) }

// LateError says that something took longer than its caller wanted to wait.
type LateError struct {
	What  string
	Limit time.Duration
}

func (e *LateError) Error() string { return fmt.Sprintf("%s is not done within %s", e.What, e.Limit) }

// Timeout says that this is a timeout, as errors of the net package do.
func (e *LateError) Timeout() bool { return true }

// taskError is the error of a task, with the place where it was spawned.
type taskError struct {
	err   error
	stack starlark.CallStack
	host  *Host
	debug *Debug // of the task, may be nil
}

func (e *taskError) Error() string { return e.err.Error() }
func (e *taskError) Unwrap() error { return e.err }
