package sock

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/nlsh/nlsh/internal/wire"
)

// Offsets in struct nlmsghdr.
const (
	offLen   = 0
	offType  = 4
	offFlags = 6
	offSeq   = 8
	offPort  = 12
)

var ne = binary.NativeEndian

// Do sends one request, with NLM_F_REQUEST and NLM_F_ACK added, and returns
// its outcome once it is acknowledged, refused, or answered by several
// messages and their end. The error is that of the exchange, or out.Err():
// with a nil error the kernel did it.
//
// msg is a whole message; sequence and port are the socket's to fill in, in a
// copy. A malformed reply is a *wire.FormatError and leaves the Conn usable.
func (c *Conn) Do(ctx context.Context, msg []byte) (Outcome, error) {
	return c.DoWith(ctx, msg, CallOptions{})
}

// DoWith is Do with options.
func (c *Conn) DoWith(ctx context.Context, msg []byte, o CallOptions) (Outcome, error) {
	if err := c.ready(ctx, "request"); err != nil {
		return Outcome{}, err
	}
	flags := uint16(wire.FlagRequest | wire.FlagAck)
	if o.NoAck {
		flags = wire.FlagRequest
	}
	c.out = c.out[:0]
	seq, err := c.stage(msg, flags)
	if err != nil {
		return Outcome{}, err
	}
	l := c.limit("reply", o.Timeout)
	if err := c.send(ctx, c.out, &l); err != nil {
		return Outcome{}, err
	}
	out := Outcome{State: Lost, Seq: seq}
	if err := c.await(ctx, &out, o, &l); err != nil {
		return out, err
	}
	return out, out.Err()
}

// await collects the answers of one request.
func (c *Conn) await(ctx context.Context, out *Outcome, o CallOptions, l *limit) error {
	done := false // but for ReplyAfterAck
	for {
		data, err := c.next(ctx, c.receiveBuf(), l)
		if errors.Is(err, errOverrun) {
			// The answer may be among what was dropped or behind it.
			if c.member {
				c.noteOverrun()
			}
			l.drain = c.synchronous()
			continue
		}
		if errors.Is(err, errDrained) {
			return nil // out is lost
		}
		if err != nil {
			return err
		}
		mine := false
		it := wire.WalkMessages(data)
		for it.Next() {
			if !c.answers(it.Message(), out.Seq, 1) {
				c.stray(it.Message())
				continue
			}
			mine = true
			end, err := c.answer(out, it.Message(), o.NoAck)
			if err != nil {
				return err
			}
			done = done || end
		}
		if it.Err() != nil {
			return fmt.Errorf("malformed reply: %w", it.Err())
		}
		if done && (!o.ReplyAfterAck || len(out.Replies) > 0 || out.Errno != 0) {
			return nil
		}
		if !mine {
			if err := l.check(ctx); err != nil {
				return err
			}
		}
	}
}

// synchronous reports whether all answers are queued when sendmsg returns, so
// that finding nothing means that nothing will come. It is measured for
// rtnetlink; other protocols are waited for.
func (c *Conn) synchronous() bool { return !c.stand && c.peer == 0 && c.proto == 0 }

// answers reports whether msg answers one of the n requests from seq on. Some
// protocols leave the port of their replies 0 (audit).
func (c *Conn) answers(msg []byte, seq uint32, n int) bool {
	if c.io.group != 0 {
		return false // an event, even if our own request caused it
	}
	if port := ne.Uint32(msg[offPort:]); port != c.port && port != 0 {
		return false
	}
	return ne.Uint32(msg[offSeq:])-seq < uint32(n)
}

// answer takes one message into the outcome of the request that it answers.
// end is set by the message that is its last.
func (c *Conn) answer(out *Outcome, msg []byte, noAck bool) (end bool, err error) {
	h := wire.ParseHeader(msg)
	switch {
	case h.Type == wire.TypeError || h.Type == wire.TypeDone:
		ack, err := wire.ParseAck(msg)
		if err != nil {
			return false, fmt.Errorf("malformed acknowledgement: %w", err)
		}
		out.set(c, ack)
		return true, nil
	case h.Type == wire.TypeOverrun:
		return false, &OverrunError{}
	case h.Type < wire.MinType:
		return false, nil
	}
	out.Replies = append(out.Replies, c.kept.clone(msg))
	if noAck && h.Flags&wire.FlagMulti == 0 {
		out.State = Answered
		return true, nil
	}
	return false, nil
}

// stage appends a message to the staging area, numbered, from port 0 and with
// flags added.
func (c *Conn) stage(msg []byte, flags uint16) (seq uint32, err error) {
	n, err := messageLen(msg)
	if err != nil {
		return 0, err
	}
	at := len(c.out)
	c.out = append(c.out, msg[:n]...)
	for len(c.out) != wire.Align(len(c.out)) {
		c.out = append(c.out, 0)
	}
	m := c.out[at:]
	c.seq++
	if c.seq == 0 {
		c.seq = 1 // events carry 0
	}
	ne.PutUint16(m[offFlags:], ne.Uint16(m[offFlags:])|flags)
	ne.PutUint32(m[offSeq:], c.seq)
	ne.PutUint32(m[offPort:], 0)
	return c.seq, nil
}

// messageLen checks that msg holds the one message that its header says.
func messageLen(msg []byte) (int, error) {
	it := wire.WalkMessages(msg)
	if !it.Next() {
		err := it.Err()
		if err == nil {
			err = &wire.FormatError{What: "no message"}
		}
		return 0, fmt.Errorf("request: %w", err)
	}
	n := len(it.Message())
	if wire.Align(n) < len(msg) {
		return 0, fmt.Errorf("request: %w", &wire.FormatError{Off: n, What: fmt.Sprintf("%d bytes beyond the message", len(msg)-n)})
	}
	return n, nil
}
