package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nlsh/nlsh/internal/runner"
)

// twice is the time within which a second signal ends nlsh at once.
const twice = 2 * time.Second

// untilSignal returns a context that the first SIGINT, SIGTERM or SIGHUP ends, so that the script
// stops and what it opened is closed. Another one soon after means that this takes too long:
// it ends the process. A signal that whoever started nlsh ignores (nohup, a job in the background)
// stays ignored.
func untilSignal(parent context.Context) (context.Context, func()) {
	if parent == nil { // cobra has none unless it is given one
		parent = context.Background()
	}
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 4)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(ch, sig)
		}
	}
	// Caught, so that a write to a closed pipe is an error, and resources are closed, where it would
	// kill the process. Not ignored, because child processes would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		var p presses
		for sig := range ch {
			got := runner.Signal(sig.(syscall.Signal))
			if p.again(time.Now()) {
				os.Exit(got.Status())
			}
			cancel(got)
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		close(ch)
		cancel(nil)
	}
}

// presses remembers when the last signal came.
type presses struct{ last time.Time }

// again says whether a signal at the given time follows soon upon another.
func (p *presses) again(now time.Time) bool {
	soon := !p.last.IsZero() && now.Sub(p.last) < twice
	p.last = now
	return soon
}
