package sock

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// sendSlice is how long one blocking send lasts before the context is looked
// at again.
const sendSlice = 50 * time.Millisecond

// SendWait is SendTo a port for who may wait until the receiver has room. A netlink socket
// cannot be polled for that, because the queue that is full is the other one's; so
// it blocks in send(2), which the kernel wakes as soon as the receiver reads.
// timeout 0 is the Conn's, negative waits for ever.
func (c *Conn) SendWait(ctx context.Context, port uint32, p []byte, timeout time.Duration) error {
	if err := c.usable("send"); err != nil {
		return err
	}
	l := c.limit("room to send", timeout)
	if c.stand {
		return c.send(ctx, p, &l)
	}
	for {
		errno := c.sendto(p, port, 0)
		switch {
		case errno == 0:
			return nil
		case errno == unix.EMSGSIZE && c.growSend(len(p)):
		case errno == unix.EAGAIN:
			return c.sendBlocking(ctx, port, p, &l)
		default:
			return c.opError("send", errno)
		}
	}
}

// sendBlocking makes the descriptor a blocking one meanwhile. Receiving is not
// affected: it says MSG_DONTWAIT.
func (c *Conn) sendBlocking(ctx context.Context, port uint32, p []byte, l *limit) error {
	slice := unix.NsecToTimeval(int64(sendSlice))
	err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &slice)
	if err == nil {
		err = unix.SetNonblock(c.fd, false)
	}
	if err != nil {
		return c.opError("send", err)
	}
	defer unix.SetNonblock(c.fd, true)
	for {
		if err := l.check(ctx); err != nil {
			return err
		}
		begin := c.tapTime()
		switch err := unix.Sendto(c.fd, p, unix.MSG_NOSIGNAL, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port}); err {
		case nil:
			if c.tap != nil {
				c.tap(Tapped{Time: begin, Sent: true, Proto: c.proto, Port: c.port, Peer: port, Data: p})
			}
			return nil
		case unix.EAGAIN, unix.EINTR:
		default:
			return c.opError("send", err)
		}
	}
}
