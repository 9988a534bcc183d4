package host

import (
	"context"
	"errors"
	"io"

	"go.starlark.net/starlark"
)

const (
	localKey        = "nlsh"
	interruptReason = "interrupted"
	pendingReason   = "an iterator failed"
)

// state is what a thread of a Host carries, in one thread local. It belongs to the goroutine
// that holds the interpreter, so it needs no lock.
type state struct {
	host    *Host
	ctx     context.Context
	tasks   context.Context // of the tasks that it starts, which may go on when ctx has ended
	owner   *Owner
	unit    *module // the file whose top level runs: relative loads start from it; nil in the REPL
	task    *Task   // that runs on the thread; nil for the main one
	debug   *Debug  // of the job, nil for none
	pending error   // of an iterator, until settle or Pending takes it
}

func stateOf(thread *starlark.Thread) *state {
	s, ok := thread.Local(localKey).(*state)
	if !ok {
		panic("host: this Starlark thread was not made by Host.Run")
	}
	return s
}

// Of returns the host of a thread.
func Of(thread *starlark.Thread) *Host { return stateOf(thread).host }

// Context returns the context of the thread: whatever waits must end when it ends.
func Context(thread *starlark.Thread) context.Context { return stateOf(thread).ctx }

// OwnerOf returns the owner of what the thread opens now.
func OwnerOf(thread *starlark.Thread) *Owner { return stateOf(thread).owner }

// InTask says whether the thread is that of a task.
func InTask(thread *starlark.Thread) bool { return stateOf(thread).task != nil }

// Stdout is where the thread prints. It is buffered: Blocking and Flush write it out.
func Stdout(thread *starlark.Thread) io.Writer { return stateOf(thread).host.out }

// Flush writes out what was printed. Needed before anything else writes to the same file, as a
// child process does.
func Flush(thread *starlark.Thread) error { return stateOf(thread).host.out.Flush() }

// Current returns the thread that runs now in the host of the given one. A value that makes
// iterators keeps the thread it was made on, and its iterators raise on Current of that:
// the value may since have moved to a task, whose thread is another.
func Current(made *starlark.Thread) *starlark.Thread {
	if now := stateOf(made).host.turn.current(); now != nil {
		return now
	}
	return made
}

// Raise lets Next of an Iterator fail: it stores the error, stops the interpreter at its next
// instruction, which is the loop, and returns false for Next to return. The first error wins.
//
//	func (it *iter) Next(p *starlark.Value) bool {
//		v, err := it.recv()
//		if err != nil {
//			return host.Raise(host.Current(it.made), err)
//		}
//		...
//
// Starlark's Iterator has no way to report an error (starlark-go issue 366), so this cancels the
// thread, and whoever sees the cancellation come out (Run, Call) swaps the stored error in.
func Raise(thread *starlark.Thread, err error) bool {
	s := stateOf(thread)
	if s.pending == nil {
		s.pending = err
	}
	thread.Cancel(pendingReason)
	return false
}

// Pending returns the error that an iterator raised, and takes it: the caller must return it.
// Every builtin that iterates over a Starlark value checks it after its loop:
//
//	for iter.Next(&v) { ... }
//	if err := host.Pending(thread); err != nil {
//		return nil, err
//	}
func Pending(thread *starlark.Thread) error {
	s := stateOf(thread)
	err := s.pending
	if err == nil {
		return nil
	}
	s.pending = nil
	thread.Uncancel()
	// The context ends before its AfterFunc cancels, so an interrupt that Uncancel has wiped
	// out is seen here, and a later one cancels again by itself.
	if s.ctx.Err() != nil {
		thread.Cancel(interruptReason)
	}
	return err
}

// Call is starlark.Call for builtins that look at the error: what an iterator raised
// inside the call comes out as its error, even where no instruction was left to notice it.
func Call(thread *starlark.Thread, fn starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	v, err := starlark.Call(thread, fn, args, kwargs)
	if err = settle(thread, err); err != nil {
		return nil, err
	}
	return v, nil
}

// settle replaces the synthetic cancellation by the error that was raised, keeping the call stack.
func settle(thread *starlark.Thread, err error) error {
	raisedErr := Pending(thread)
	if raisedErr == nil || errors.Is(err, raisedErr) {
		return err
	}
	stack := Stack(err)
	if stack == nil {
		stack = thread.CallStack()
	}
	return &raised{cause: raisedErr, stack: stack}
}

// Uncatchable says whether a failed call must not be caught by the script: the script is being
// interrupted, it has called exit, its output is gone, or nlsh itself is at fault (in a task).
func Uncatchable(thread *starlark.Thread, err error) bool {
	var out *OutputError
	var defect *Defect
	return Context(thread).Err() != nil || leaves(err) || errors.As(err, &out) || errors.As(err, &defect)
}

// Blocking calls fn, which waits for something and touches no Starlark value, and lets other
// tasks run meanwhile. What was printed so far is written out first, so that output never
// hangs behind a wait.
func Blocking(thread *starlark.Thread, fn func() error) error {
	h := stateOf(thread).host
	if err := h.out.Flush(); err != nil {
		return err
	}
	h.turn.release()
	defer func() { h.turn.wait(h.Queue(), thread) }()
	return fn()
}

// Scope calls fn with a new owner in place, and closes what fn opened when it returns.
func Scope(thread *starlark.Thread, name string, fn func() (starlark.Value, error)) (v starlark.Value, err error) {
	s := stateOf(thread)
	outer := s.owner
	s.owner = NewOwner(name, outer)
	defer func() {
		if closeErr := s.closeOwner(thread); closeErr != nil {
			v, err = nil, errors.Join(err, closeErr)
		}
		s.owner = outer
	}()
	return fn()
}

// closeOwner closes the owner without the turn: its tasks need that to end, and its callbacks to
// run.
func (s *state) closeOwner(thread *starlark.Thread) error {
	_ = s.host.out.Flush() // what comes next fails with the same error
	s.host.turn.release()
	defer func() { s.host.turn.wait(s.host.Queue(), thread) }()
	return s.owner.Close()
}
