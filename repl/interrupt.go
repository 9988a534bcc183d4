package repl

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// twice is the time within which a second Ctrl-C ends nlsh.
const twice = 2 * time.Second

// interruption is the cause of what Ctrl-C has ended.
type interruption struct{}

func (interruption) Error() string { return "interrupted" }

// interrupts takes SIGINT for as long as a session lasts. It ends what runs; one that comes before that has begun ends it too.
type interrupts struct {
	over chan struct{}
	ch   chan os.Signal

	mu      sync.Mutex
	cancel  context.CancelCauseFunc // of what runs, nil for nothing
	pending bool
	last    time.Time
}

// catch begins; again is called for the second of two that come soon one after the other.
func catch(again func()) *interrupts {
	in := &interrupts{over: make(chan struct{}), ch: make(chan os.Signal, 4)}
	signal.Notify(in.ch, syscall.SIGINT)
	go func() {
		for {
			select {
			case <-in.over:
				return
			case <-in.ch:
			}
			if in.take(time.Now()) {
				again()
			}
		}
	}()
	return in
}

// take is a signal. It says whether what runs has had its chance.
func (in *interrupts) take(now time.Time) (again bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	again = in.cancel != nil && !in.last.IsZero() && now.Sub(in.last) < twice
	in.last = now
	if in.cancel != nil {
		in.cancel(interruption{})
	} else {
		in.pending = true
	}
	return again
}

// begin is before something runs, end after it.
func (in *interrupts) begin(cancel context.CancelCauseFunc) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cancel, in.last = cancel, time.Time{}
	if in.pending {
		in.pending = false
		in.last = time.Now()
		cancel(interruption{})
	}
}

func (in *interrupts) end() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cancel = nil
}

// forget is before a line is read: an earlier signal is not meant for it.
func (in *interrupts) forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.pending = false
}

func (in *interrupts) stop() {
	signal.Stop(in.ch)
	close(in.over)
}
