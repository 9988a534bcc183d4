package sock

import (
	"context"
	"errors"
	"time"

	"github.com/nlsh/nlsh/internal/wire"
)

// Datagram is what Recv returns: usually one event.
type Datagram struct {
	Data  []byte // one message or several; as received, not checked
	Port  uint32 // of the sender, 0 is the kernel
	Group uint32 // it was sent to, 0 for unicast
	NSID  int32  // of the namespace it is from, with Options.AllNSID; -1 is unknown or the socket's own
}

// Messages walks the messages of the datagram.
func (d Datagram) Messages() wire.Messages { return wire.WalkMessages(d.Data) }

// eventQueue holds what arrived while something else was waited for.
type eventQueue struct {
	list  []Datagram
	bytes int
	gap   bool   // events were dropped after those in list
	stuck bool   // and the kernel's queue was not emptied since
	lost  uint64 // by this package rather than the kernel
	drops uint32 // of the kernel, as reported so far
}

// maxQueued bounds what waits in an eventQueue. Beyond it events are lost,
// and reported so.
const maxQueued = 64 << 20

// Recv returns the next datagram, waiting for it: an event, or whatever a
// peer sent. Its bytes may be kept. timeout 0 is the Conn's, negative waits
// for ever. What a Do or Transact on the same Conn came across is first.
//
// If the kernel dropped events, Recv returns what arrived before, then one
// *OverrunError, and then goes on. The error does not close the Conn.
func (c *Conn) Recv(ctx context.Context, timeout time.Duration) (Datagram, error) {
	l := c.limit("event", timeout)
	return c.recv(ctx, &l)
}

// TryRecv is Recv without waiting: ok is false if there is nothing.
func (c *Conn) TryRecv() (d Datagram, ok bool, err error) {
	l := limit{op: "event", drain: true}
	d, err = c.recv(context.Background(), &l)
	if errors.Is(err, errDrained) {
		return Datagram{}, false, nil
	}
	return d, err == nil, err
}

func (c *Conn) recv(ctx context.Context, l *limit) (Datagram, error) {
	if err := c.ready(ctx, "receive"); err != nil {
		return Datagram{}, err
	}
	if !c.events.gap && len(c.events.list) == 0 {
		data, err := c.next(ctx, c.receiveBuf(), l)
		if err == nil {
			return c.datagram(data), nil
		}
		if !errors.Is(err, errOverrun) {
			return Datagram{}, err
		}
		c.noteOverrun()
	}
	if c.events.stuck {
		if err := c.drainEvents(ctx); err != nil {
			return Datagram{}, err
		}
	}
	if d, ok := c.events.pop(); ok {
		return d, nil
	}
	return Datagram{}, c.overrun()
}

// noteOverrun is for whoever sees errOverrun: on a socket with groups, it may
// be events that were dropped.
func (c *Conn) noteOverrun() { c.events.gap, c.events.stuck = true, true }

// drainEvents empties the receive queue, because until it is empty the kernel
// drops every event and says nothing.
func (c *Conn) drainEvents(ctx context.Context) error {
	l := limit{op: "event", drain: true}
	for {
		data, err := c.next(ctx, c.receiveBuf(), &l)
		switch {
		case errors.Is(err, errDrained):
			c.events.stuck = false
			return nil
		case errors.Is(err, errOverrun):
			continue
		case err != nil:
			return err
		}
		c.events.push(c.datagram(data))
	}
}

// overrun reports the gap, once.
func (c *Conn) overrun() error {
	e := &OverrunError{Lost: c.events.lost}
	if drops, err := c.Drops(); err == nil {
		e.Lost += uint64(drops - c.events.drops)
		c.events.drops = drops
	}
	c.events.gap, c.events.lost = false, 0
	return e
}

// datagram copies what was received last.
func (c *Conn) datagram(data []byte) Datagram {
	return Datagram{Data: c.kept.clone(data), Port: c.io.from.Pid, Group: c.io.group, NSID: c.io.nsid}
}

// stray deals with a message that answers nothing that is being waited for:
// an event if groups were joined, else the late answer to something given up.
func (c *Conn) stray(msg []byte) {
	if !c.member {
		c.ignored++
		return
	}
	c.events.push(c.datagram(msg))
}

func (q *eventQueue) push(d Datagram) {
	if q.bytes+len(d.Data) > maxQueued {
		q.gap = true
		q.lost++
		return
	}
	q.bytes += len(d.Data)
	q.list = append(q.list, d)
}

func (q *eventQueue) pop() (Datagram, bool) {
	if len(q.list) == 0 {
		return Datagram{}, false
	}
	d := q.list[0]
	q.list[0] = Datagram{}
	q.list = q.list[1:]
	q.bytes -= len(d.Data)
	return d, true
}
