package host

import (
	"context"
	"errors"
	"time"

	"go.starlark.net/starlark"
)

// OnExit has fn called when the owner of the thread closes: after success, error and interrupt
// alike. The thread may be cancelled by then, so the call has one of its own, with a context that
// ends after limit.
func OnExit(thread *starlark.Thread, limit time.Duration, fn starlark.Callable) {
	s := stateOf(thread)
	s.owner.add(&Resource{
		Name: "on_exit", Pos: callerPos(thread), idle: func() bool { return true }, calls: true,
		close: func() error { return s.host.atExit(limit, fn) },
	})
}

// atExit runs a callback of OnExit. It must not be called by whoever holds the turn.
func (h *Host) atExit(limit time.Duration, fn starlark.Callable) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	owner := NewOwner("on_exit", nil)
	err := h.Run(Job{Name: "on_exit", Context: ctx, Owner: owner}, func(th *starlark.Thread) error {
		_, err := callAs(th, "on_exit", fn, nil, nil)
		return err
	})
	var stopped *Interrupted
	if errors.As(err, &stopped) {
		late := &LateError{What: "on_exit: " + fn.Name(), Limit: limit}
		err = &located{err: &raised{cause: late, stack: Stack(err)}, host: h}
	}
	if closeErr := owner.Close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	return err
}
