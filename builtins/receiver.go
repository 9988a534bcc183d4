package builtins

import (
	"context"
	"errors"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// receiver is the right to wait on a socket: one task at a time has it, and
// who closes the socket meanwhile takes it away first. Its fields are touched
// by whoever runs the interpreter.
type receiver struct {
	cancel context.CancelCauseFunc // nil if nobody waits
	left   chan struct{}           // closed when the one who waited does not any more
}

// errElsewhere is for the second task that wants to wait.
var errElsewhere = errors.New("another task is waiting here, and one message cannot go to two")

// wait calls fn, which waits until its context ends.
func (r *receiver) wait(th *starlark.Thread, fn func(ctx context.Context) error) error {
	return waitAll(th, []*receiver{r}, fn)
}

// waitAll is wait with the right to several sockets: closing one ends it.
func waitAll(th *starlark.Thread, list []*receiver, fn func(ctx context.Context) error) error {
	for _, r := range list {
		if r.cancel != nil {
			return errElsewhere
		}
	}
	ctx, cancel := context.WithCancelCause(host.Context(th))
	left := make(chan struct{})
	for _, r := range list {
		r.cancel, r.left = cancel, left
	}
	err := host.Blocking(th, func() error {
		defer close(left)
		return fn(ctx)
	})
	cancel(nil)
	for _, r := range list {
		r.cancel = nil
	}
	return err
}

// end makes who waits stop with an error, and returns when the socket is not
// in use any more.
func (r *receiver) end(cause error) {
	if r.cancel != nil {
		r.cancel(cause)
		<-r.left
	}
}
