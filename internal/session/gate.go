package session

import (
	"context"
	"sync"
)

// gate guards the socket of a family, which belongs to one request until its answers have come: tasks
// may share a family, and one may close it while another waits. The zero gate is open.
type gate struct {
	once sync.Once
	in   chan struct{} // holds one

	mu     sync.Mutex
	shut   bool
	cancel context.CancelCauseFunc // ends the call of who is inside

	life sync.RWMutex // held for reading by who only asks the socket something
}

func (g *gate) turns() chan struct{} {
	g.once.Do(func() { g.in = make(chan struct{}, 1) })
	return g.in
}

// enter waits for the gate, or for the end of ctx. The context it returns also ends when the gate
// is closed.
func (g *gate) enter(ctx context.Context) (context.Context, error) {
	in := g.turns()
	select {
	case in <- struct{}{}:
	default:
		select {
		case in <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		<-in
		return nil, ErrClosed
	}
	ctx, g.cancel = context.WithCancelCause(ctx)
	return ctx, nil
}

// leave lets the next one in. If the call has broken the socket, there is nothing behind the gate.
func (g *gate) leave(broken bool) {
	g.mu.Lock()
	g.cancel(nil)
	g.cancel = nil
	g.shut = g.shut || broken
	g.mu.Unlock()
	<-g.in
}

// close sends away whoever is inside, and calls fn when nobody is.
func (g *gate) close(fn func() error) error {
	g.mu.Lock()
	g.shut = true
	if g.cancel != nil {
		g.cancel(ErrClosed)
	}
	g.mu.Unlock()
	in := g.turns()
	in <- struct{}{}
	defer func() { <-in }()
	g.life.Lock()
	defer g.life.Unlock()
	return fn()
}

// look calls fn, which asks the socket something that involves no request, unless that is closed.
func (g *gate) look(fn func() error) error {
	g.life.RLock()
	defer g.life.RUnlock()
	if g.closed() {
		return ErrClosed
	}
	return fn()
}

func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut
}
