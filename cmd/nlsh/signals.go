package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/runner"
)

// armAfter is how long a script runs before signals are caught. Catching them starts two threads
// and takes as long as a short script does altogether; until then a signal simply ends the process, which loses nothing that the
// kernel would not clean up. What outlives the process arms first (host.Arm).
const armAfter = 5 * time.Millisecond

// catcher ends a context at the first SIGINT, SIGTERM or SIGHUP, so that the script stops and what
// it opened is closed. Another one soon after means that this takes too long: it ends the process.
type catcher struct {
	cancel context.CancelCauseFunc
	once   sync.Once
	timer  *time.Timer
}

// untilSignal returns the context, and the catcher that will end it.
func untilSignal(parent context.Context) (context.Context, *catcher) {
	if parent == nil { // cobra has none unless it is given one
		parent = context.Background()
	}
	ctx, cancel := context.WithCancelCause(parent)
	c := &catcher{cancel: cancel}
	c.timer = time.AfterFunc(armAfter, c.arm)
	return ctx, c
}

// arm starts catching. A signal that whoever started nlsh ignores (nohup, a job in the background)
// stays ignored.
func (c *catcher) arm() {
	c.once.Do(func() {
		ch := make(chan os.Signal, 4)
		for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			if !signal.Ignored(sig) {
				signal.Notify(ch, sig)
			}
		}
		// Caught, so that a write to a closed pipe is an error, and resources are closed, where it
		// would kill the process. Not ignored, because child processes would inherit that.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
		go c.watch(ch)
	})
}

func (c *catcher) watch(ch <-chan os.Signal) {
	var p host.Presses
	for sig := range ch {
		got := runner.Signal(sig.(syscall.Signal))
		if p.Again(time.Now()) {
			os.Exit(got.Status())
		}
		c.cancel(got)
	}
}

// stop releases the context. Signals stay caught: the process is about to end.
func (c *catcher) stop() {
	c.timer.Stop()
	c.cancel(nil)
}
