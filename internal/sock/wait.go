package sock

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// limit is how long one wait may take. The clock is read when a call first
// has to wait, so that a call which never does costs nothing.
type limit struct {
	op    string
	after time.Duration
	end   time.Time
	drain bool // do not wait at all: errDrained instead

	through func(ctx context.Context, events int16) error // waits, see Cursor.WaitThrough; may be nil
}

func (c *Conn) limit(op string, after time.Duration) limit {
	if after == 0 {
		after = c.timeout
	}
	if after == 0 {
		after = DefaultTimeout
	}
	return limit{op: op, after: after}
}

// start makes the limit count from now, unless it does already.
func (l *limit) start() {
	if l.after > 0 && l.end.IsZero() {
		l.end = time.Now().Add(l.after)
	}
}

// restart forgets what was waited so far: something arrived.
func (l *limit) restart() { l.end = time.Time{} }

func (l *limit) timeout() error { return &TimeoutError{Op: l.op, After: l.after} }

// check is for datagrams that are not ours, so that a flood of them does not
// keep a call from ending.
func (l *limit) check(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.start()
	if !l.end.IsZero() && !time.Now().Before(l.end) {
		return l.timeout()
	}
	return nil
}

// pollState is what waiting needs: an eventfd, made when it first matters.
type pollState struct {
	efd int // -1 until needed
	fds [2]unix.PollFd
	ts  unix.Timespec
}

func (p *pollState) close() {
	if p.efd >= 0 {
		unix.Close(p.efd)
		p.efd = -1
	}
}

// wait returns nil when the socket has one of events or an error to tell,
// the cause when ctx ends, and a TimeoutError at the limit.
func (c *Conn) wait(ctx context.Context, events int16, l *limit) error {
	if l.through != nil {
		return l.through(ctx, events)
	}
	return c.waitHere(ctx, events, l)
}

// waitHere is wait on the thread that calls it.
func (c *Conn) waitHere(ctx context.Context, events int16, l *limit) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l.start()
	p := &c.poll
	p.fds[0] = unix.PollFd{Fd: int32(c.fd), Events: events}
	if ctx.Done() == nil {
		return c.ppoll(ctx, p.fds[:1], l)
	}
	if p.efd < 0 {
		efd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			return c.opError("eventfd", err)
		}
		p.efd = efd
	}
	p.fds[1] = unix.PollFd{Fd: int32(p.efd), Events: unix.POLLIN}
	efd, written := p.efd, make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		one := [8]byte{1, 1} // not zero in either byte order
		unix.Write(efd, one[:])
		close(written)
	})
	err := c.ppoll(ctx, p.fds[:2], l)
	if !stop() {
		// The write is on its way. It must be over before the eventfd may be
		// closed, whose number another file would get, and must not wake the
		// next wait.
		<-written
		var b [8]byte
		unix.Read(efd, b[:])
	}
	return err
}

func (c *Conn) ppoll(ctx context.Context, fds []unix.PollFd, l *limit) error {
	for {
		var ts *unix.Timespec
		if !l.end.IsZero() {
			left := time.Until(l.end)
			if left < 0 {
				left = 0
			}
			c.poll.ts = unix.NsecToTimespec(int64(left))
			ts = &c.poll.ts
		}
		n, err := unix.Ppoll(fds, ts, nil)
		switch {
		case err == unix.EINTR: // the Go runtime preempts by signal
			continue
		case err != nil:
			return c.opError("poll", err)
		case n == 0:
			return l.timeout()
		case len(fds) == 2 && fds[1].Revents != 0:
			return context.Cause(ctx)
		case fds[0].Revents&unix.POLLNVAL != 0:
			return c.opError("poll", unix.EBADF)
		}
		return nil
	}
}
