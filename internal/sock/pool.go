package sock

import (
	"context"
	"errors"
	"sync"
)

// maxIdle is how many sockets a Pool keeps for the next dump.
const maxIdle = 4

// busyAttempts bounds how many fresh sockets are tried when the kernel says
// that a dump is running on one.
const busyAttempts = 3

// Pool is sockets of one protocol in one namespace, one for each running
// dump. It is safe for concurrent use.
//
//	p := sock.NewPool(func() (*sock.Conn, error) { return sock.Open(o) })
//	defer p.Close()
//	d, err := p.Dump(ctx, req, sock.DumpOptions{})
type Pool struct {
	open func() (*Conn, error)

	mu     sync.Mutex
	idle   []*Conn
	closed bool
}

// NewPool makes a pool. open opens a socket, in the right namespace; it is
// called on the goroutine that needs one.
func NewPool(open func() (*Conn, error)) *Pool { return &Pool{open: open} }

// Get takes a socket, for the caller alone.
func (p *Pool) Get() (*Conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, &OpError{"get from pool", -1, ErrClosed}
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return p.open()
}

// Put gives a socket back. One that is closed or has a dump running is not
// taken.
func (p *Pool) Put(c *Conn) {
	if c.Closed() {
		return
	}
	p.mu.Lock()
	if !c.busy && !p.closed && len(p.idle) < maxIdle {
		p.idle = append(p.idle, c)
		c = nil
	}
	p.mu.Unlock()
	if c != nil {
		c.Close()
	}
}

// Close closes the idle sockets. Those in use close when they are given back.
func (p *Pool) Close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	var errs []error
	for _, c := range idle {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Dump is Conn.Dump on a socket of the pool.
func (p *Pool) Dump(ctx context.Context, req []byte, o DumpOptions) (d *Dump, err error) {
	for range busyAttempts {
		var c *Conn
		if c, err = p.Get(); err != nil {
			return nil, err
		}
		d, err = c.Dump(ctx, req, o)
		if !isBusy(err) {
			p.Put(c)
			return d, err
		}
		c.Close() // somebody else's dump: a fresh one has none
	}
	return d, err
}

// Stream is Conn.Stream on a socket of the pool.
func (p *Pool) Stream(ctx context.Context, req []byte, o StreamOptions, fn func(msg []byte) error) (info DumpInfo, err error) {
	for range busyAttempts {
		var c *Conn
		if c, err = p.Get(); err != nil {
			return DumpInfo{}, err
		}
		info, err = c.Stream(ctx, req, o, fn)
		if !isBusy(err) || info.Messages > 0 {
			p.Put(c)
			return info, err
		}
		c.Close()
	}
	return info, err
}

// Cursor is Conn.Cursor on a socket of the pool, which it gives back at the
// end of the dump. Close it.
func (p *Pool) Cursor(ctx context.Context, req []byte, o StreamOptions) (*Cursor, error) {
	c, err := p.Get()
	if err != nil {
		return nil, err
	}
	k, err := c.Cursor(ctx, req, o)
	if err != nil {
		p.Put(c)
		return nil, err
	}
	k.pool = p
	return k, nil
}
