package sock

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// Select waits until one of conns has something to receive and returns its
// index. It looks at conns[first] first, so that who calls it in a loop with
// a changing first is fair to all. A Conn that fails has something to receive: the error.
//
// What is there may turn out to be for somebody else (see Options.AnyPeer), so
// follow with TryRecv. timeout 0 is DefaultTimeout, negative waits for ever.
func Select(ctx context.Context, conns []*Conn, first int, timeout time.Duration) (int, error) {
	if len(conns) == 0 {
		return 0, &OpError{"select", -1, unix.EINVAL}
	}
	order := make([]*Conn, 0, len(conns))
	for i := range conns {
		c := conns[(first+i)%len(conns)]
		if err := c.ready(ctx, "select"); err != nil {
			return 0, err
		}
		order = append(order, c)
	}
	l := limit{op: "message", after: timeout}
	if timeout == 0 {
		l.after = DefaultTimeout
	}
	i, err := waitAny(ctx, order, &l)
	return (first + i) % len(conns), err
}

// waitAny is wait for several: the first of conns that has something.
func waitAny(ctx context.Context, conns []*Conn, l *limit) (int, error) {
	fds := make([]unix.PollFd, len(conns), len(conns)+1)
	for i, c := range conns {
		if c.events.gap || len(c.events.list) > 0 {
			return i, nil
		}
		fds[i] = unix.PollFd{Fd: int32(c.fd), Events: unix.POLLIN}
	}
	efd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return 0, conns[0].opError("eventfd", err)
	}
	written := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		one := [8]byte{1, 1}
		unix.Write(efd, one[:])
		close(written)
	})
	defer func() {
		if !stop() {
			<-written // before the number of the eventfd is another file's
		}
		unix.Close(efd)
	}()
	l.start()
	fds = append(fds, unix.PollFd{Fd: int32(efd), Events: unix.POLLIN})
	if err := conns[0].ppoll(ctx, fds, l); err != nil {
		return 0, err
	}
	if fds[len(conns)].Revents != 0 {
		return 0, context.Cause(ctx)
	}
	for i := range conns {
		if fds[i].Revents != 0 {
			return i, nil
		}
	}
	return 0, l.timeout()
}
