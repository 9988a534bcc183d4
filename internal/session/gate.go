package session

import (
	"context"
	"sync"
)

// gate lets one in at a time: a socket belongs to one request until its answers have come, and
// tasks may share a family. The zero gate is open.
type gate struct {
	once sync.Once
	in   chan struct{}
}

// enter waits for the gate, or for the end of ctx.
func (g *gate) enter(ctx context.Context) error {
	g.once.Do(func() { g.in = make(chan struct{}, 1) })
	select {
	case g.in <- struct{}{}:
		return nil
	default:
	}
	select {
	case g.in <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *gate) leave() { <-g.in }
