package sock

import (
	"context"
	"errors"
	"time"

	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// noop is a message that asks for nothing. With NLM_F_ACK whoever reads it
// acknowledges it and does nothing else (net/netlink/af_netlink.c
// netlink_rcv_skb); what refuses it, as nfnetlink does for who has no
// privilege, answers it too, and that is as good.
var noop = wire.Header{Len: wire.HeaderLen, Type: wire.TypeNoop}

// barrierTries is how often an answer may be missing that no overrun explains.
// The kernel answers inside sendmsg, so a protocol that did not, does not.
const barrierTries = 3

// ErrNoBarrier is a protocol that acknowledges nothing: NETLINK_CONNECTOR, or
// one that the kernel only sends on.
var ErrNoBarrier = errors.New("nothing acknowledges a message on this protocol")

// Barrier returns when every event that was sent to the socket before the call
// has arrived: it sends a NLMSG_NOOP and reads up to its acknowledgement,
// because the receive queue keeps the order. Recv and TryRecv then hand out
// what came, a gap included, without waiting. timeout 0 is the Conn's.
func (c *Conn) Barrier(ctx context.Context, timeout time.Duration) error {
	if err := c.ready(ctx, "barrier"); err != nil {
		return err
	}
	l := c.limit("acknowledgement of the barrier", timeout)
	if !c.stand && c.peer == 0 {
		return c.kernelBarrier(ctx, &l)
	}
	seq, err := c.sendNoop(ctx, &l)
	if err != nil {
		return err
	}
	_, err = c.upTo(ctx, seq, &l, &l)
	return err
}

// kernelBarrier knows that the kernel has answered when send returns. Its
// acknowledgement is dropped without a word where the queue is full, so the
// queue is emptied first; and who floods it meanwhile makes for another try.
func (c *Conn) kernelBarrier(ctx context.Context, l *limit) error {
	dry := limit{op: l.op, drain: true}
	for missing := 0; missing < barrierTries; {
		if _, err := c.upTo(ctx, 0, &dry, l); !errors.Is(err, errDrained) {
			return err
		}
		c.events.stuck = false
		seq, err := c.sendNoop(ctx, l)
		if err != nil {
			return err
		}
		overrun, err := c.upTo(ctx, seq, &dry, l)
		if !errors.Is(err, errDrained) {
			return err
		}
		c.events.stuck = false
		if !overrun {
			missing++
		}
	}
	return c.opError("barrier", ErrNoBarrier)
}

func (c *Conn) sendNoop(ctx context.Context, l *limit) (seq uint32, err error) {
	var msg [wire.HeaderLen]byte
	noop.Put(msg[:])
	c.out = c.out[:0]
	if seq, err = c.stage(msg[:], wire.FlagRequest|wire.FlagAck); err != nil {
		return 0, err
	}
	err = c.send(ctx, c.out, l)
	if errors.Is(err, unix.ECONNREFUSED) { // nobody in the kernel reads there
		err = c.opError("barrier", ErrNoBarrier)
	}
	return seq, err
}

// upTo keeps what arrives before the answer to seq, which is 0 for none. each
// is how long it waits for the next datagram, all what bounds a flood of them.
func (c *Conn) upTo(ctx context.Context, seq uint32, each, all *limit) (overrun bool, err error) {
	for {
		data, err := c.next(ctx, c.receiveBuf(), each)
		switch {
		case errors.Is(err, errOverrun):
			overrun = true
			c.noteOverrun()
		case err != nil:
			return overrun, err
		case c.acknowledges(data, seq):
			c.events.stuck = false // the kernel had room again
			return overrun, nil
		default:
			c.events.push(c.datagram(data))
		}
		if err := all.check(ctx); err != nil {
			return overrun, err
		}
	}
}

// acknowledges reports whether a datagram is the answer to request seq: an
// acknowledgement comes alone.
func (c *Conn) acknowledges(data []byte, seq uint32) bool {
	it := wire.WalkMessages(data)
	return seq != 0 && it.Next() && it.Header().Type == wire.TypeError && c.answers(it.Message(), seq, 1)
}
