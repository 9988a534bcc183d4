package sock

import (
	"context"
	"encoding/binary"
	"io"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	quickEnough = 8
	quickTime   = 2 * time.Millisecond

	scratchLen = 64 << 10

	// minTail is how much room a receive wants in place: the kernel never
	// makes a dump datagram larger than 32 KiB less overhead, and makes them
	// that large only for who offers the room.
	minTail = 32 << 10

	// spillLen is how much more a datagram may have. It is address space and
	// not memory until one does.
	spillLen = 1 << 20
)

// recvState is what recvmsg(2) points to. It lives in the Conn, so that
// receiving allocates nothing.
type recvState struct {
	msg   unix.Msghdr
	iov   [2]unix.Iovec
	from  unix.RawSockaddrNetlink
	oob   [64]byte
	spill []byte // mapped and never handed out: what lands here is copied

	// quick counts how many receives of a dump in a row were quick. After
	// quickEnough the Go scheduler is not told of them any more: it would take
	// the processor away and give it back around each, which costs a large dump a tenth
	// of its time. A slow one, which waited for a lock in the kernel,
	// resets it: not telling holds up the garbage collector.
	quick int

	group uint32 // of the datagram received last; 0 for unicast
	nsid  int32  // -1 for unknown
}

func (r *recvState) release() {
	if r.spill != nil {
		unix.Munmap(r.spill)
		r.spill = nil
	}
}

// growSpill makes room for n bytes beyond the first buffer.
func (r *recvState) growSpill(n int) error {
	size := spillLen
	for size < n {
		size *= 2
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	r.release()
	r.spill = mem
	return nil
}

// recvmsg receives a datagram into dst and, beyond it, the spill. n is the
// length of the datagram even if it did not fit.
func (c *Conn) recvmsg(dst []byte) (n int, errno syscall.Errno) {
	r := &c.io
	r.iov[0].Base = &dst[0]
	r.iov[0].SetLen(len(dst))
	r.iov[1].Base = &r.spill[0]
	r.iov[1].SetLen(len(r.spill))
	r.msg.Iov = &r.iov[0]
	r.msg.SetIovlen(2)
	r.from.Pid = 0
	if !c.stand {
		r.msg.Name = (*byte)(unsafe.Pointer(&r.from))
		r.msg.Namelen = unix.SizeofSockaddrNetlink
	}
	r.msg.Control = nil
	r.msg.SetControllen(0)
	if c.control {
		r.msg.Control = &r.oob[0]
		r.msg.SetControllen(len(r.oob))
	}
	// MSG_TRUNC makes the kernel tell the whole length.
	const flags = unix.MSG_DONTWAIT | unix.MSG_TRUNC
	var v uintptr
	if r.quick >= quickEnough {
		v, _, errno = unix.RawSyscall(unix.SYS_RECVMSG, uintptr(c.fd), uintptr(unsafe.Pointer(&r.msg)), flags)
	} else {
		v, _, errno = unix.Syscall(unix.SYS_RECVMSG, uintptr(c.fd), uintptr(unsafe.Pointer(&r.msg)), flags)
	}
	r.iov[0].Base = nil // the buffer is the caller's: do not keep it alive
	if errno != 0 {
		return 0, errno
	}
	return int(v), 0
}

// nextPart is next for the datagrams of a dump.
func (c *Conn) nextPart(ctx context.Context, dst []byte, l *limit) ([]byte, error) {
	begin := time.Now()
	data, err := c.next(ctx, dst, l)
	if c.io.quick++; err != nil || time.Since(begin) > quickTime {
		c.io.quick = 0
	}
	return data, err
}

// readControl reads which group a datagram was sent to and which namespace
// it is from.
func (r *recvState) readControl() {
	r.group, r.nsid = 0, -1
	if r.msg.Control == nil {
		return
	}
	const hdr = unix.SizeofCmsghdr
	b := r.oob[:min(int(r.msg.Controllen), len(r.oob))]
	for len(b) >= hdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		n := int(h.Len)
		if n < hdr || n > len(b) {
			return
		}
		if h.Level == unix.SOL_NETLINK && n >= hdr+4 {
			v := binary.NativeEndian.Uint32(b[hdr:])
			switch h.Type {
			case unix.NETLINK_PKTINFO:
				r.group = v
			case unix.NETLINK_LISTEN_ALL_NSID:
				r.nsid = int32(v)
			}
		}
		b = b[min(unix.CmsgSpace(n-hdr), len(b)):]
	}
}

// next returns the next datagram that the peer sent, waiting for it within l.
// It is received into dst, which it aliases unless it was larger. Besides
// what ends a wait it may return errOverrun, and errDrained if l says so.
func (c *Conn) next(ctx context.Context, dst []byte, l *limit) ([]byte, error) {
	if c.io.spill == nil {
		if err := c.io.growSpill(spillLen); err != nil {
			return nil, c.opError("map receive buffer", err)
		}
	}
	for {
		n, errno := c.recvmsg(dst)
		switch errno {
		case 0:
		case unix.EAGAIN:
			if l.drain {
				return nil, errDrained
			}
			if err := c.wait(ctx, unix.POLLIN, l); err != nil {
				return nil, err
			}
			continue
		case unix.EINTR:
			continue
		case unix.ENOBUFS:
			return nil, errOverrun
		default:
			return nil, c.opError("receive", errno)
		}
		if c.stand && n == 0 {
			return nil, c.opError("receive", io.ErrUnexpectedEOF)
		}
		if !c.anyPeer && c.io.from.Pid != c.peer {
			c.ignored++
			if err := l.check(ctx); err != nil {
				return nil, err
			}
			continue
		}
		c.io.readControl()
		data, err := c.joinSpill(dst, n)
		if c.tap != nil && err == nil {
			c.tap(Tapped{Time: time.Now(), Proto: c.proto, Port: c.port, Peer: c.io.from.Pid, Group: c.io.group, Data: data})
		}
		return data, err
	}
}

// joinSpill returns the n bytes that were received into dst and the spill.
func (c *Conn) joinSpill(dst []byte, n int) ([]byte, error) {
	if n <= len(dst) {
		return dst[:n:n], nil
	}
	room := len(dst) + len(c.io.spill)
	if n > room {
		if err := c.io.growSpill(n); err != nil {
			return nil, c.opError("map receive buffer", err)
		}
		return nil, &TruncatedError{Len: n, Room: room}
	}
	whole := make([]byte, n)
	copy(whole[copy(whole, dst):], c.io.spill)
	return whole, nil
}

// receiveBuf is the buffer for whatever is not kept in place.
func (c *Conn) receiveBuf() []byte {
	if c.scratch == nil {
		c.scratch = make([]byte, scratchLen)
	}
	return c.scratch
}

// sendto sends p as one datagram. The kernel handles requests to itself
// inside this call.
func (c *Conn) sendto(p []byte, port, group uint32) syscall.Errno {
	if len(p) == 0 {
		return unix.EINVAL // the kernel would warn in its log
	}
	var to unix.RawSockaddrNetlink
	var name unsafe.Pointer
	var size uintptr
	if !c.stand {
		to.Family, to.Pid = unix.AF_NETLINK, port
		if group > 0 {
			to.Groups = 1 << (group - 1)
		}
		name, size = unsafe.Pointer(&to), unix.SizeofSockaddrNetlink
	}
	begin := c.tapTime()
	for {
		_, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(c.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(name), size)
		if errno != unix.EINTR {
			if c.tap != nil && errno == 0 {
				c.tap(Tapped{Time: begin, Sent: true, Proto: c.proto, Port: c.port, Peer: port, Group: group, Data: p})
			}
			return errno
		}
	}
}

// tapTime is the time, for who wants to know. The kernel may answer, and tell
// others, before sendto returns.
func (c *Conn) tapTime() (now time.Time) {
	if c.tap != nil {
		now = time.Now()
	}
	return now
}

// send sends p to the peer, waiting for room within l.
func (c *Conn) send(ctx context.Context, p []byte, l *limit) error {
	for {
		errno := c.sendto(p, c.peer, 0)
		switch {
		case errno == 0:
			return nil
		case errno == unix.EAGAIN && c.stand:
			wl := *l
			wl.op = "room to send"
			if err := c.wait(ctx, unix.POLLOUT, &wl); err != nil {
				return err
			}
		case errno == unix.EMSGSIZE && c.growSend(len(p)):
		default:
			return c.opError("send", errno)
		}
	}
}

// growSend makes the send buffer large enough for n bytes, if it may.
// One datagram takes at most SO_SNDBUF less 32 bytes.
func (c *Conn) growSend(n int) bool {
	before := c.sndbuf
	return !c.stand && c.SetSendBuf(n+sendOverhead) == nil && c.sndbuf > before && c.sndbuf-sendOverhead >= n
}

const sendOverhead = 32

// Send sends p to the peer as it is: nothing is numbered, nothing awaited.
func (c *Conn) Send(p []byte) error { return c.SendTo(c.peer, 0, p) }

// SendTo sends p as it is to a port, or with a group (1 to 32: the address has
// a mask) to its members too. A receiver whose buffer is full is EAGAIN.
func (c *Conn) SendTo(port, group uint32, p []byte) error {
	if err := c.usable("send"); err != nil {
		return err
	}
	if group > 32 {
		return c.opError("send", unix.EINVAL)
	}
	if errno := c.sendto(p, port, group); errno != 0 {
		return c.opError("send", errno)
	}
	return nil
}
