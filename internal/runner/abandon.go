package runner

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/nlsh/nlsh/internal/host"
)

// patience is how long an interrupted program may take to notice. The interpreter looks before each instruction, and what waits ends at once, so
// what takes longer is one computation of a builtin that never looks (sorted, re, json.decode of something large).
const patience = 70 * time.Millisecond

// watchdog ends the process of a program that was interrupted and does not notice.
type watchdog struct {
	o        Options
	owner    *host.Owner
	returned atomic.Bool // the program has; what it opened is being closed
	over     atomic.Bool // everything is closed, or the process is about to end
	stop     func() bool
}

func newWatchdog(ctx context.Context, o Options, owner *host.Owner) *watchdog {
	w := &watchdog{o: o, owner: owner, stop: func() bool { return true }}
	if o.Exit != nil {
		w.stop = context.AfterFunc(ctx, func() { w.watch(context.Cause(ctx)) })
	}
	return w
}

// watch looks now and then whether things get on, and abandons the program if twice they did not. A callback of on_exit has to be waited for.
func (w *watchdog) watch(cause error) {
	for idle := 0; idle < 2; {
		time.Sleep(patience / 2)
		switch {
		case w.over.Load():
			return
		case w.owner.Closing(), w.returned.Load() && !w.owner.Waits(), w.owner.Calls():
			idle = 0
		default:
			idle++
		}
	}
	if !w.over.CompareAndSwap(false, true) {
		return
	}
	err := w.owner.Abandon()
	code := report(w.o, errors.Join(&host.Interrupted{Cause: cause}, w.flush(), err))
	w.o.Exit(code)
}

// flush writes out what was printed, unless what the program hangs in is that very thing: nobody reads it.
func (w *watchdog) flush() error {
	done := make(chan error, 1)
	go func() { done <- w.o.Host.Flush() }()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return nil
	}
}

// closed tells that everything is closed. If the process is about to end instead, it does not return.
func (w *watchdog) closed() {
	w.stop()
	if !w.over.CompareAndSwap(false, true) {
		select {}
	}
}
