package sock

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// StreamOptions refine a dump that is read as it comes.
type StreamOptions struct {
	Timeout time.Duration // between datagrams; 0 is the Conn's, negative waits for ever

	// Keep makes the messages the callee's for good. Otherwise they are valid
	// until the next one.
	Keep bool
}

// DumpInfo is what is known of a dump beside its messages. It is complete
// when the dump is.
type DumpInfo struct {
	Messages    int
	Interrupted bool     // NLM_F_DUMP_INTR: the data changed meanwhile
	Filtered    bool     // NLM_F_DUMP_FILTERED: the kernel applied the request's filter
	Attempts    int      // how often it was asked for
	Ack         wire.Ack // what ended it; there may be a warning
}

// Cursor reads a dump message by message. The Conn does nothing else
// meanwhile.
//
//	k, err := c.Cursor(ctx, req, sock.StreamOptions{})
//	defer k.Close()
//	for k.Next(ctx) {
//		use(k.Message())
//	}
//	return k.Err()
type Cursor struct {
	c    *Conn
	pool *Pool // gets the Conn at the end
	keep *arena
	req  []byte
	lim  limit

	seq  uint32
	buf  []byte // the datagram
	base int    // where it is in the current chunk of keep
	off  int    // of the next message in buf
	msg  []byte
	at   int // offset of msg in buf

	flags uint16 // of all messages, or-ed
	mine  bool   // the datagram had a message of the dump
	lone  bool   // the last message was not marked as one of several
	done  bool
	err   error
	info  DumpInfo
}

// Cursor sends a dump request, with NLM_F_REQUEST and NLM_F_DUMP added, and
// returns a cursor over the answer. Close it.
func (c *Conn) Cursor(ctx context.Context, req []byte, o StreamOptions) (*Cursor, error) {
	k := &Cursor{c: c, req: req, lim: c.limit("dump", o.Timeout)}
	if o.Keep {
		k.keep = new(arena)
	}
	if err := k.start(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

// start sends the request.
func (k *Cursor) start(ctx context.Context) error {
	c := k.c
	if err := c.ready(ctx, "dump"); err != nil {
		return err
	}
	c.out = c.out[:0]
	seq, err := c.stage(k.req, wire.FlagRequest|wire.FlagDump)
	if err != nil {
		return err
	}
	// The first datagram is made inside sendmsg.
	if err := c.send(ctx, c.out, &k.lim); err != nil {
		return err
	}
	k.seq, k.info.Attempts = seq, k.info.Attempts+1
	k.lim.restart()
	k.lim.drain = false
	k.buf, k.off, k.flags, k.lone, k.done = nil, 0, 0, false, false
	k.info = DumpInfo{Attempts: k.info.Attempts}
	c.busy, c.io.quick = true, 0
	return nil
}

// Next moves to the next message. It is false at the end and at an error.
func (k *Cursor) Next(ctx context.Context) bool {
	for !k.done {
		if k.off >= len(k.buf) {
			k.fill(ctx)
			continue
		}
		if k.step() {
			return true
		}
	}
	k.msg = nil
	return false
}

// Message is the current message, header included.
func (k *Cursor) Message() []byte { return k.msg }

// Err is what ended the dump, nil if it is complete: a *KernelError, an
// *InterruptedError, or what kept it from going on.
func (k *Cursor) Err() error { return k.err }

// Info is what is known of the dump so far.
func (k *Cursor) Info() DumpInfo {
	k.info.Interrupted = k.flags&wire.FlagDumpIntr != 0
	k.info.Filtered = k.flags&wire.FlagDumpFiltered != 0
	return k.info
}

// WaitThrough has fn called in place of each wait: it calls wait, which does
// it and touches nothing else. What is there already is received without. nil
// is as before.
func (k *Cursor) WaitThrough(fn func(ctx context.Context, wait func(context.Context) error) error) {
	k.lim.through = nil
	if fn != nil {
		k.lim.through = func(ctx context.Context, events int16) error {
			return fn(ctx, func(ctx context.Context) error { return k.c.waitHere(ctx, events, &k.lim) })
		}
	}
}

// Discard takes Keep back before the first Next.
func (k *Cursor) Discard() {
	if k.buf == nil {
		k.keep = nil
	}
}

// Close ends the dump. If it was not read to its end, its Conn is closed.
func (k *Cursor) Close() error {
	if !k.done {
		k.abandon(ErrClosed)
		k.err = nil
	}
	return nil
}

// fill receives the next datagram.
func (k *Cursor) fill(ctx context.Context) {
	c := k.c
	if ctx.Err() != nil {
		k.abandon(context.Cause(ctx))
		return
	}
	if c.fd < 0 { // closed underneath
		k.abandon(c.usable("dump"))
		return
	}
	if k.buf != nil && !k.mine {
		if err := k.lim.check(ctx); err != nil {
			k.abandon(err)
			return
		}
	}
	k.mine = false
	dst, err := k.room()
	if err == nil {
		// An answer that is not one of several is all there is, unless more
		// is there already: some protocols forget to mark them. The kernel
		// has the next part of a running dump ready at every receive.
		k.lim.drain = k.lone
		k.buf, err = c.nextPart(ctx, dst, &k.lim)
		k.off = 0
	}
	if err == nil && k.keep != nil {
		k.base, err = k.keep.keep(k.buf)
	}
	switch {
	case err == nil:
	case errors.Is(err, errDrained):
		k.finish(nil)
	case errors.Is(err, errOverrun):
		if c.member { // events were dropped; parts of a dump never are
			c.noteOverrun()
			k.buf = nil
			return
		}
		k.abandon(c.overrun())
	default:
		k.abandon(err)
	}
}

func (k *Cursor) room() ([]byte, error) {
	if k.keep == nil {
		return k.c.receiveBuf(), nil
	}
	if len(k.keep.slots) == 0 {
		// The Conn's buffer becomes the first chunk, and trim gives it back
		// if little was used.
		if err := k.keep.use(k.c.receiveBuf()); err != nil {
			return nil, err
		}
		k.c.scratch = nil
	}
	return k.keep.tail()
}

// step looks at the message at off, and is true if it is one of the dump's.
// It runs a million times in a large dump.
func (k *Cursor) step() bool {
	b := k.buf[k.off:]
	if len(b) < wire.HeaderLen {
		return k.malformed(fmt.Sprintf("message header cut off: got %d bytes, want %d", len(b), wire.HeaderLen))
	}
	n := int(ne.Uint32(b))
	if n < wire.HeaderLen || n > len(b) {
		return k.malformed(fmt.Sprintf("message length %d, want %d to %d", n, wire.HeaderLen, len(b)))
	}
	k.at = k.off
	k.off += wire.Align(n)
	if ne.Uint32(b[offSeq:]) != k.seq || !k.c.answers(b, k.seq, 1) {
		k.c.stray(b[:n])
		return false
	}
	flags := ne.Uint16(b[offFlags:])
	k.lone = flags&wire.FlagMulti == 0
	if !k.mine {
		k.mine = true
		k.lim.restart()
	}
	if ne.Uint16(b[offType:]) < wire.MinType {
		k.lone = false
		k.end(b[:n])
		return false
	}
	k.flags |= flags
	k.msg = b[:n:n]
	k.info.Messages++
	return true
}

func (k *Cursor) malformed(what string) bool {
	k.abandon(fmt.Errorf("malformed reply: %w", &wire.FormatError{Off: k.off, What: what}))
	return false
}

// end deals with the messages of netlink itself.
func (k *Cursor) end(msg []byte) {
	h := wire.ParseHeader(msg)
	switch h.Type {
	case wire.TypeError, wire.TypeDone:
	case wire.TypeOverrun:
		k.abandon(&OverrunError{})
		return
	default:
		return
	}
	if h.Type == wire.TypeDone {
		// In an error these bits mean something else, but DUMP_INTR does not.
		k.flags |= h.Flags & (wire.FlagDumpIntr | wire.FlagDumpFiltered)
	}
	ack, err := wire.ParseAck(msg)
	if err != nil {
		k.abandon(fmt.Errorf("malformed end of dump: %w", err))
		return
	}
	k.info.Ack = k.c.keepAck(ack)
	if ack.Errno != 0 {
		k.finish(&KernelError{Errno: syscall.Errno(ack.Errno), Ack: k.info.Ack})
		return
	}
	k.finish(nil)
}

// finish ends a dump that the kernel is through with.
func (k *Cursor) finish(err error) {
	k.c.busy, k.c.io.quick = false, 0
	k.done, k.err = true, err
	if err == nil && k.Info().Interrupted {
		k.err = &InterruptedError{Attempts: k.info.Attempts}
	}
	k.release()
}

// abandon ends a dump that the kernel would go on with.
func (k *Cursor) abandon(err error) {
	k.c.closeFor("a dump on it was abandoned")
	k.done, k.err = true, err
	k.release()
}

func (k *Cursor) release() {
	if k.pool != nil {
		k.pool.Put(k.c)
		k.pool = nil
	}
}

func isBusy(err error) bool {
	var kernel *KernelError
	return errors.As(err, &kernel) && kernel.Errno == unix.EBUSY
}
