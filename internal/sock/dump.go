package sock

import (
	"context"
	"errors"
	"iter"
	"time"
)

// defaultAttempts is how often an interrupted dump is asked for in all.
const defaultAttempts = 5

// DumpOptions refine a dump. The zero value is good.
type DumpOptions struct {
	Timeout  time.Duration // between datagrams; 0 is the Conn's, negative waits for ever
	Attempts int           // how often to ask in all if it is interrupted; 0 is 5

	// Each is called for message i when it comes, 0 again with each attempt. A look at all of them later costs more:
	// by then a large dump has left the processor's caches.
	Each func(i int, msg []byte)
}

// Dump is the messages of a dump, in the order in which they came, where they
// were received. It does not change; a message of it may be kept, and keeps
// about 1 MiB of its neighbours alive, less in a small dump.
type Dump struct {
	DumpInfo
	arena arena
	index index
}

// Len is the number of messages.
func (d *Dump) Len() int { return d.index.n }

// At is the message i, header included.
func (d *Dump) At(i int) []byte { return d.arena.at(d.index.at(i)) }

// All iterates over the messages.
func (d *Dump) All() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range d.index.n {
			if !yield(i, d.At(i)) {
				return
			}
		}
	}
}

// Dump sends a dump request, with NLM_F_REQUEST and NLM_F_DUMP added, and
// collects the answer. If the kernel says that it was interrupted, it is
// asked for again, and after o.Attempts ends in an *InterruptedError that
// has the last one. The Dump is what was received even with another error,
// and nil if nothing was sent.
//
// Answers that are not a dump end it too: a single message, or a mere
// acknowledgement. If it ends early for want of time, by its context or at
// malformed bytes, the Conn is closed.
func (c *Conn) Dump(ctx context.Context, req []byte, o DumpOptions) (*Dump, error) {
	attempts := o.Attempts
	if attempts <= 0 {
		attempts = defaultAttempts
	}
	k := &Cursor{c: c, req: req, lim: c.limit("dump", o.Timeout)}
	for {
		k.keep = new(arena)
		if err := k.start(ctx); err != nil {
			return nil, err
		}
		d := k.collect(ctx, o.Each)
		var intr *InterruptedError
		if !errors.As(k.err, &intr) {
			return d, k.err
		}
		if k.info.Attempts >= attempts {
			intr.Partial = d
			return d, intr
		}
	}
}

// collect reads a dump to its end.
func (k *Cursor) collect(ctx context.Context, each func(int, []byte)) *Dump {
	d := new(Dump)
	for k.Next(ctx) {
		if each != nil {
			each(d.index.n, k.msg)
		}
		d.index.add(k.keep.place(k.base + k.at))
	}
	d.arena, d.DumpInfo = *k.keep, k.Info()
	d.trim(k.c)
	return d
}

// trim shrinks a dump that used little of its first chunk, and gives the
// chunk back to the Conn that lent it.
func (d *Dump) trim(c *Conn) {
	a := &d.arena
	if len(a.slots) == 1 && a.used <= scratchLen/2 {
		lent := a.chunk
		a.slots[0] = append(make([]byte, 0, a.used), lent[:a.used]...)
		if !c.Closed() {
			c.scratch = lent
		}
	}
	a.chunk = nil
}

// Stream sends a dump request and hands each message to fn as it comes,
// without keeping anything: the message is valid until fn returns, or for
// good with o.Keep. An error of fn ends the stream, which returns it, and
// closes the Conn.
//
// What was handed out cannot be taken back, so an interrupted dump ends in an
// *InterruptedError at the end; only one that had no message at all is asked for
// again.
func (c *Conn) Stream(ctx context.Context, req []byte, o StreamOptions, fn func(msg []byte) error) (DumpInfo, error) {
	k, err := c.Cursor(ctx, req, o)
	if err != nil {
		return DumpInfo{}, err
	}
	return k.each(ctx, fn)
}

// each runs a cursor to its end.
func (k *Cursor) each(ctx context.Context, fn func(msg []byte) error) (DumpInfo, error) {
	defer k.Close()
	for {
		for k.Next(ctx) {
			if err := fn(k.msg); err != nil {
				return k.Info(), err
			}
		}
		var intr *InterruptedError
		again := errors.As(k.err, &intr) && k.info.Messages == 0 && k.info.Attempts < defaultAttempts
		if !again {
			return k.Info(), k.err
		}
		if err := k.start(ctx); err != nil {
			return k.Info(), err
		}
	}
}
