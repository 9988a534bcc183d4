package session

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/nlsh/nlsh/internal/sock"
)

// Barrier returns when every event that was sent before the call is there, so
// that TryEvent hands all of them out. timeout 0 is that of the family.
func (f *Family) Barrier(ctx context.Context, timeout time.Duration) error {
	switch {
	case f.Closed():
		return ErrClosed
	case f.events == nil:
		return ErrNoGroups
	}
	return f.events.Barrier(ctx, timeout)
}

// Settle is Barrier, and then waits until nothing has come for the time quiet:
// work that the kernel puts off (the end of address checks, linkwatch) sends its
// events when it gets to it. What came is kept for TryEvent. It is a *sock.TimeoutError
// if it is not quiet within timeout, of which 0 is that of the family and negative is for ever.
func (f *Family) Settle(ctx context.Context, quiet, timeout time.Duration) error {
	if timeout == 0 {
		timeout = f.o.Timeout
	}
	if timeout == 0 {
		timeout = sock.DefaultTimeout
	}
	end := time.Now().Add(timeout)
	if err := f.Barrier(ctx, timeout); err != nil {
		return err
	}
	for {
		d, err := f.events.Recv(ctx, quiet)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err := f.arrive(d, err); err != nil {
			return err
		}
		if timeout > 0 && !time.Now().Before(end) {
			return &sock.TimeoutError{Op: "silence of " + quiet.String(), After: timeout}
		}
	}
}
