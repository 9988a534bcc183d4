// Package sock is the socket layer of netlink: open, send, receive, dump,
// acknowledge, multicast, batches and deadlines. It moves messages whose
// bytes others built, and knows the header of a message, the
// acknowledgement and the end of a dump; it knows no schema and no
// attribute. Which namespace a socket belongs to is the caller's business: a
// socket stays where it was opened.
//
//	c, err := sock.Open(sock.Options{Proto: unix.NETLINK_ROUTE})
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	out, err := c.Do(ctx, msg)                          // one request, its replies
//	outs, err := c.Transact(ctx, msgs, sock.TransactOptions{}) // many, an outcome for each
//	d, err := c.Dump(ctx, req, sock.DumpOptions{})      // complete, or an error
//	for i := range d.Len() {
//		use(d.At(i))
//	}
//
// # Waiting
//
// Sockets do not block. Receiving is tried first, because the kernel answers
// most requests inside sendmsg; only when nothing is there does a call wait,
// by ppoll over the socket and an eventfd that the context writes to. So a
// context costs nothing until a call really waits, and cancelling one ends
// the wait at once, with [context.Cause]. Without a reply for
// [DefaultTimeout] (Options.Timeout, or each call's own) a call ends with a
// [TimeoutError]. In a dump the time counts from the last datagram.
//
// # Ownership
//
// A [Conn] is one kernel socket. It is not safe for use by several goroutines
// at once; to interrupt one that waits, cancel its context. A [Pool] is safe.
// Bytes that a call returns are the caller's for good, and are never written
// again; only a [Cursor] or Stream without Keep reuses its buffer.
//
// # Traps
//
//   - A socket runs one dump at a time. While a cursor is open, everything
//     else on its Conn is refused with [ErrBusy]. Take dumps from a [Pool].
//   - A dump that is abandoned half way closes its Conn: the kernel would go
//     on with it at every receive.
//   - NLM_F_DUMP_INTR not being set does not prove that a dump is consistent:
//     the IPv4 FIB did not set it for routes that were added meanwhile.
//   - Replies wait in SO_RCVBUF, each at 832 bytes or more whatever its size:
//     256 of them at the usual 208 KiB. What does not fit is dropped with one
//     ENOBUFS, which is read before what did fit. Transact keeps within the
//     window, and if the kernel drops an answer all the same, the outcome is
//     [ErrLost], never success.
//   - After an overrun the kernel drops every event until the queue is empty,
//     without another ENOBUFS. Recv empties it at once, and reports the gap
//     where it was, with the number that SO_MEMINFO counted.
//   - A warning on success comes in the acknowledgement, so a message without
//     one has none: see [AckMode].
package sock
