package host

import (
	"context"
	"slices"
	"sync"

	"go.starlark.net/starlark"
)

// turn is the one lock of the interpreter: Starlark values are not safe for use by two
// goroutines, and freezing a function does not freeze the globals it refers to (starlark-go
// issue 623). Places are served in the order in which they were taken, so tasks start in the order
// in which they were spawned.
type turn struct {
	mu      sync.Mutex
	held    bool
	waiting []*Place
	thread  *starlark.Thread // that holds it
}

// A Place in the queue for the interpreter.
type Place struct{ ready chan struct{} }

// Queue takes a place in the queue for the interpreter. A parent takes it for its task, before
// it starts the goroutine, and hands it over in Job.Place. A place must be used.
func (h *Host) Queue() *Place {
	t := &h.turn
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &Place{ready: make(chan struct{})}
	if t.held {
		t.waiting = append(t.waiting, p)
	} else {
		t.held = true
		close(p.ready)
	}
	return p
}

func (t *turn) wait(p *Place, thread *starlark.Thread) {
	<-p.ready
	t.mu.Lock()
	t.thread = thread
	t.mu.Unlock()
}

// waitFor is wait, which gives the place up when ctx ends before it is free.
func (t *turn) waitFor(ctx context.Context, p *Place, thread *starlark.Thread) error {
	select {
	case <-p.ready:
	default:
		select {
		case <-p.ready:
		case <-ctx.Done():
			if t.leave(p) {
				return context.Cause(ctx)
			}
		}
	}
	t.wait(p, thread)
	return nil
}

// leave takes a place out of the queue; it is false if its turn has come.
func (t *turn) leave(p *Place) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting, p)
	if i < 0 {
		return false
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	return true
}

func (t *turn) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.thread = nil
	if len(t.waiting) == 0 {
		t.held = false
		return
	}
	close(t.waiting[0].ready)
	t.waiting = t.waiting[1:]
}

func (t *turn) current() *starlark.Thread {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.thread
}
