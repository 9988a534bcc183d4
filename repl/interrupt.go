package repl

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/nlsh/nlsh/internal/host"
)

// interruption is the cause of what Ctrl-C has ended.
type interruption struct{}

func (interruption) Error() string { return "interrupted" }

// interrupts takes signals for as long as a session lasts. SIGINT ends what runs; one that comes before that has begun ends it too.
// SIGTERM, and SIGHUP of a terminal that is gone, end the session; so does SIGQUIT, which shows the calls of all goroutines, on a terminal that
// is as it was.
type interrupts struct {
	over chan struct{}
	ch   chan os.Signal
	mark chan struct{} // a SIGCONT has come, before which all others were taken

	mu      sync.Mutex
	cancel  context.CancelCauseFunc // of what runs, nil for nothing
	pending bool
	held    bool         // Ctrl-C is for another program
	presses host.Presses // since what runs has begun
}

// catch begins; leave is called for a signal that ends the session, as the second SIGINT of two that come soon one after the other does: now. It does
// not return, but for SIGQUIT.
func catch(leave func(sig syscall.Signal, now bool)) *interrupts {
	in := &interrupts{over: make(chan struct{}), ch: make(chan os.Signal, 4), mark: make(chan struct{}, 1)}
	signal.Notify(in.ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGCONT, syscall.SIGQUIT)
	go func() {
		for {
			var sig os.Signal
			select {
			case <-in.over:
				return
			case sig = <-in.ch:
			}
			switch {
			case sig == syscall.SIGCONT:
				select {
				case in.mark <- struct{}{}:
				default:
				}
				continue
			case sig == syscall.SIGINT && in.isHeld():
				continue
			case sig == syscall.SIGQUIT:
				leave(syscall.SIGQUIT, true)
				signal.Reset(syscall.SIGQUIT)
				_ = syscall.Kill(os.Getpid(), syscall.SIGQUIT)
				return
			}
			again := in.take(time.Now())
			if again || sig != syscall.SIGINT {
				leave(sig.(syscall.Signal), again)
			}
		}
	}()
	return in
}

// take is a signal. It says whether what runs has had its chance.
func (in *interrupts) take(now time.Time) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.cancel == nil {
		in.pending = true
		return false
	}
	in.cancel(interruption{})
	return in.presses.Again(now)
}

// hold makes Ctrl-C mean nothing, until release is called. What was pressed before that may still be on its way then: a signal that means nothing is
// sent after it, since the runtime hands signals over in the order of their numbers.
func (in *interrupts) hold() (release func()) {
	set := func(held bool) {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.held = held
	}
	set(true)
	return func() {
		select { // one of a job that was continued
		case <-in.mark:
		default:
		}
		late := time.NewTimer(time.Second)
		defer late.Stop()
		if syscall.Kill(os.Getpid(), syscall.SIGCONT) == nil {
			select {
			case <-in.mark:
			case <-late.C:
			}
		}
		set(false)
	}
}

func (in *interrupts) isHeld() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.held
}

// begin is before something runs, end after it.
func (in *interrupts) begin(cancel context.CancelCauseFunc) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cancel, in.presses = cancel, host.Presses{}
	if in.pending {
		in.pending = false
		in.presses.Again(time.Now())
		cancel(interruption{})
	}
}

func (in *interrupts) end() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.cancel = nil
}

// left is when a line is over and Ctrl-C is a signal again: it counts from here on, and if it was pressed right behind the line. At a breakpoint, that
// is meant for the program.
func (in *interrupts) left(pressed bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.pending = pressed && in.cancel == nil
	if pressed && in.cancel != nil {
		in.presses.Again(time.Now())
		in.cancel(interruption{})
	}
}

// forget is before a line is read: an earlier signal is not meant for it. It says whether there was one.
func (in *interrupts) forget() (pressed bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	pressed, in.pending = in.pending, false
	return pressed
}

func (in *interrupts) stop() {
	signal.Stop(in.ch)
	close(in.over)
}
