package sock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nlsh/nlsh/internal/wire"
)

// AckMode says which messages of a transaction carry NLM_F_ACK.
type AckMode uint8

// The modes. What the kernel refuses is reported for the right message in
// each; warnings and cookies of a success come in its acknowledgement only.
// Acknowledging all costs about a third more CPU (2.0 to 2.2 us a route
// instead of 1.5).
const (
	AckAuto   AckMode = iota // AckEach for up to 64 messages, otherwise AckLast; AckCaller with Single
	AckEach                  // every message
	AckLast                  // the last of every chunk; before it, no error means success
	AckCaller                // as the messages say; those without are taken to succeed unless an error comes

	// AckInside is for a transaction between two brackets, the first message
	// and the last: every message inside for up to 64, otherwise the last one
	// inside. Older kernels acknowledge no bracket, whatever it asks for.
	AckInside
)

const ackEachMax = 64

// TransactOptions refine a transaction. The zero value is good.
type TransactOptions struct {
	Timeout time.Duration // for each chunk; 0 is the Conn's, negative waits for ever
	Ack     AckMode

	// Window is how many messages are sent before their answers are read. 0
	// is what SO_RCVBUF has room for, at most 256.
	Window int

	// Single sends all in one datagram, for protocols that need it: an
	// nftables batch from its begin to its end, which is not acknowledged. If
	// the first message is refused, those that nothing came for were not
	// carried out: NotSent.
	Single bool
}

// The room of one answer in SO_RCVBUF: an acknowledgement takes 832 bytes
// whatever its size; the echo of an object is larger.
const (
	ackRoom   = 1024
	echoRoom  = 8 * 1024
	maxWindow = 256
)

// Transact sends many requests and returns an outcome for each, in order. It
// sends a chunk, reads its answers, and goes on: an error does not stop it,
// because the kernel does not stop there either.
//
// The error is one of the exchange, never a refusal: those are in the
// outcomes, which are complete even with an error. If the kernel dropped
// answers there is no error, and the outcomes concerned are Lost.
func (c *Conn) Transact(ctx context.Context, msgs [][]byte, o TransactOptions) ([]Outcome, error) {
	outs := make([]Outcome, len(msgs))
	if err := c.ready(ctx, "transaction"); err != nil {
		return outs, err
	}
	o.Ack = o.ackMode(len(msgs))
	if o.Single && len(msgs)*ackRoom > c.rcvbuf {
		c.SetRecvBuf(len(msgs) * ackRoom) // as far as allowed: what does not fit is Lost
	}
	for i, msg := range msgs { // before anything is sent
		if _, err := messageLen(msg); err != nil {
			return outs, fmt.Errorf("message %d: %w", i, err)
		}
	}
	for first := 0; first < len(msgs); {
		if ctx.Err() != nil {
			return outs, context.Cause(ctx)
		}
		k := chunk{c: c, o: o, lim: c.limit("reply", o.Timeout)}
		n, err := k.fill(msgs[first:])
		if err != nil {
			return outs, err
		}
		k.outs = outs[first : first+n]
		if err := c.send(ctx, c.out, &k.lim); err != nil {
			return outs, err
		}
		for i := range k.outs {
			k.outs[i] = Outcome{State: Lost, Seq: k.seq + uint32(i)}
		}
		err = k.collect(ctx)
		k.settle(err == nil)
		if err != nil {
			return outs, err
		}
		first += n
	}
	return outs, nil
}

func (o TransactOptions) ackMode(n int) AckMode {
	switch {
	case o.Ack != AckAuto:
		return o.Ack
	case o.Single:
		return AckCaller
	case n <= ackEachMax:
		return AckEach
	}
	return AckLast
}

// asks reports whether message i of n is to be acknowledged, whatever it says itself.
func (a AckMode) asks(i, n int) bool {
	inside := i > 0 && i < n-1
	return a == AckEach || a == AckInside && inside && (n <= ackEachMax || i == n-2)
}

// TransactBuffer is Transact of the messages that lie one after the other in
// buf, as a wire.Builder leaves them.
func (c *Conn) TransactBuffer(ctx context.Context, buf []byte, o TransactOptions) ([]Outcome, error) {
	var msgs [][]byte
	it := wire.WalkMessages(buf)
	for it.Next() {
		msgs = append(msgs, it.Message())
	}
	if it.Err() != nil {
		return nil, fmt.Errorf("request: %w", it.Err())
	}
	return c.Transact(ctx, msgs, o)
}

// chunk is what is sent at once.
type chunk struct {
	c       *Conn
	o       TransactOptions
	lim     limit
	seq     uint32 // of the first message
	outs    []Outcome
	last    int  // whose acknowledgement ends the chunk, -1 for none
	overrun bool // answers were dropped
}

// fill stages as many messages as the window and one datagram have room for,
// and at least one.
func (k *chunk) fill(msgs [][]byte) (n int, err error) {
	c := k.c
	c.out, k.last = c.out[:0], -1
	if c.seq+uint32(len(msgs)) < c.seq {
		c.seq = 0 // the numbers of a chunk are consecutive, and never 0
	}
	room, most := c.rcvbuf, maxWindow
	if k.o.Window > 0 {
		room, most = int(^uint(0)>>1), k.o.Window
	}
	if k.o.Single {
		most = len(msgs)
	}
	lastAt := 0
	for n < len(msgs) && n < most {
		msg := msgs[n]
		flags := ne.Uint16(msg[offFlags:])
		need := ackRoom
		if flags&wire.FlagEcho != 0 {
			need += echoRoom
		}
		room -= need
		if n > 0 && !k.o.Single && (room < 0 || len(c.out)+len(msg) > c.sndbuf-sendOverhead) {
			break
		}
		add := uint16(wire.FlagRequest)
		if k.o.Ack.asks(n, len(msgs)) {
			add |= wire.FlagAck
		}
		if (flags|add)&wire.FlagAck != 0 {
			k.last = n
		}
		lastAt = len(c.out)
		seq, err := c.stage(msg, add)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			k.seq = seq
		}
		n++
	}
	if k.o.Ack == AckEach || k.o.Ack == AckLast {
		m := c.out[lastAt:]
		ne.PutUint16(m[offFlags:], ne.Uint16(m[offFlags:])|wire.FlagAck)
		k.last = n - 1
	}
	return n, nil
}

// collect reads answers until the chunk is complete.
func (k *chunk) collect(ctx context.Context) error {
	c := k.c
	for {
		// Nothing to wait for: read what there is.
		k.lim.drain = k.complete() || (k.overrun && c.synchronous())
		if k.lim.drain && !k.overrun && k.last >= 0 && k.last == len(k.outs)-1 && k.outs[k.last].State == Answered {
			return nil // answers come in order, so this was the last one
		}
		data, err := c.next(ctx, c.receiveBuf(), &k.lim)
		switch {
		case errors.Is(err, errOverrun):
			k.overrun = true
			if c.member {
				c.noteOverrun()
			}
			continue
		case errors.Is(err, errDrained):
			return nil
		case k.overrun && errors.Is(err, os.ErrDeadlineExceeded):
			return nil // what was waited for was dropped: lost
		case err != nil:
			return err
		}
		if err := k.take(ctx, data); err != nil {
			return err
		}
	}
}

// complete reports whether no further answer needs to be waited for.
func (k *chunk) complete() bool {
	if k.last < 0 || k.outs[k.last].State == Answered {
		return true
	}
	// A batch that is refused as a whole is answered for its first message.
	return k.o.Single && k.outs[0].Errno != 0
}

// take distributes the messages of one datagram.
func (k *chunk) take(ctx context.Context, data []byte) error {
	c, mine := k.c, false
	it := wire.WalkMessages(data)
	for it.Next() {
		msg := it.Message()
		if !c.answers(msg, k.seq, len(k.outs)) {
			c.stray(msg)
			continue
		}
		mine = true
		if _, err := c.answer(&k.outs[ne.Uint32(msg[offSeq:])-k.seq], msg, false); err != nil {
			return err
		}
	}
	if it.Err() != nil {
		return fmt.Errorf("malformed reply: %w", it.Err())
	}
	if !mine {
		return k.lim.check(ctx)
	}
	return nil
}

// settle decides on the messages that no acknowledgement came for.
func (k *chunk) settle(ok bool) {
	if !ok || k.overrun {
		return // they stay lost
	}
	refused := k.o.Single && k.outs[0].Errno != 0
	for i := range k.outs {
		out := &k.outs[i]
		switch {
		case out.State != Lost:
		case refused:
			out.State = NotSent
		case k.o.Ack == AckEach: // its own acknowledgement is missing
		case k.last < 0 || k.outs[k.last].State == Answered:
			out.State = Implied
		}
	}
}
