package sock

import (
	"context"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultTimeout is how long a call waits for the peer unless told otherwise.
const DefaultTimeout = 5 * time.Second

// eventBuf is asked for where groups are joined and no size was given. It is
// a limit and not memory. The kernel doubles it, and 64 MiB held 80,000
// events that nobody read.
const eventBuf = 32 << 20

// Options say how to open a socket. The zero value is a socket of protocol 0,
// NETLINK_ROUTE, for requests.
type Options struct {
	Proto  int
	Groups []uint32 // to join, any number
	Port   uint32   // to bind, 0 leaves the choice to the kernel
	Peer   uint32   // whom to talk to, 0 is the kernel

	// AnyPeer accepts datagrams from every port. Otherwise those that do not
	// come from Peer are ignored and counted: any process may send to any
	// NETLINK_USERSOCK socket, and to others with privilege.
	AnyPeer bool

	RecvBuf int           // bytes, 0 is the system's default (a large one with Groups)
	SendBuf int           // bytes, 0 is the system's default
	Timeout time.Duration // 0 is DefaultTimeout, negative waits for ever

	// What is on unless switched off.
	NoExtAck bool // NETLINK_EXT_ACK: why a request was refused
	NoCapAck bool // NETLINK_CAP_ACK: acknowledgements without the request
	NoStrict bool // NETLINK_GET_STRICT_CHK: dumps that filter or refuse

	// What is off unless switched on.
	AllNSID bool         // NETLINK_LISTEN_ALL_NSID: events of other namespaces
	Tap     func(Tapped) // sees what is sent and what is received, on the goroutine that does it
}

// Tapped is a datagram on its way. Its bytes are valid until Tap returns; what it changes in one that came is
// what came.
type Tapped struct {
	Time  time.Time // before it was sent, or after it was received
	Sent  bool
	Proto int    // -1 for a stand-in
	Port  uint32 // the socket's own
	Peer  uint32 // who gets it or sent it, 0 is the kernel
	Group uint32 // it was sent to, 0 for unicast or unknown
	Data  []byte
}

// Conn is one netlink socket. It is not safe for concurrent use.
type Conn struct {
	fd    int
	proto int
	port  uint32
	peer  uint32
	seq   uint32
	tap   func(Tapped)
	why   string // how it came to be closed, if not by Close

	stand   bool // a stand-in for the kernel: not a netlink socket
	anyPeer bool
	member  bool // groups were joined: what is not an answer is an event
	control bool // ask for control data
	busy    bool // a cursor is open

	timeout        time.Duration
	rcvbuf, sndbuf int
	ignored        uint64

	scratch []byte // receive buffer of whatever is not kept in place
	out     []byte // staging area for sending
	kept    slab   // where replies and events are copied to
	io      recvState
	poll    pollState
	events  eventQueue
}

// Open opens a socket in the namespace of the calling thread.
func Open(o Options) (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, o.Proto)
	if err != nil {
		return nil, &OpError{"open", o.Proto, err}
	}
	c := newConn(fd, o)
	if err := c.setUp(o); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// FromFD makes a Conn of a connected datagram socket that stands in for the
// kernel, such as one end of a socketpair: nothing is set on it, and there is no sender to
// check. Options.Port is the port that replies are to carry. The Conn owns fd.
func FromFD(fd int, o Options) (*Conn, error) {
	c := newConn(fd, o)
	c.proto, c.stand, c.anyPeer, c.port = -1, true, true, o.Port
	c.member = len(o.Groups) > 0
	if err := unix.SetNonblock(fd, true); err != nil {
		c.Close()
		return nil, &OpError{"open", -1, err}
	}
	c.readBufs()
	return c, nil
}

func newConn(fd int, o Options) *Conn {
	c := &Conn{fd: fd, proto: o.Proto, peer: o.Peer, anyPeer: o.AnyPeer, timeout: o.Timeout, tap: o.Tap}
	c.poll.efd = -1
	return c
}

// setUp does what follows socket(2). Whoever calls closes c on an error.
func (c *Conn) setUp(o Options) error {
	if err := unix.Bind(c.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: o.Port}); err != nil {
		return c.opError("bind", err)
	}
	sa, err := unix.Getsockname(c.fd)
	if err != nil {
		return c.opError("getsockname", err)
	}
	if nl, ok := sa.(*unix.SockaddrNetlink); ok {
		c.port = nl.Pid
	}
	// Kernels that lack one of these are still worth talking to.
	for _, d := range []struct {
		opt int
		off bool
	}{
		{unix.NETLINK_EXT_ACK, o.NoExtAck}, {unix.NETLINK_CAP_ACK, o.NoCapAck}, {unix.NETLINK_GET_STRICT_CHK, o.NoStrict},
	} {
		if d.off {
			continue
		}
		if err := c.SetOption(d.opt, true); err != nil && !isNoOption(err) {
			return err
		}
	}
	return c.setUpBuffers(o)
}

func (c *Conn) setUpBuffers(o Options) error {
	want := o.RecvBuf
	if want == 0 && len(o.Groups) > 0 {
		want = eventBuf
	}
	if want > 0 {
		if err := c.SetRecvBuf(want); err != nil {
			return err
		}
	}
	if o.SendBuf > 0 {
		if err := c.SetSendBuf(o.SendBuf); err != nil {
			return err
		}
	}
	c.readBufs()
	if o.AllNSID {
		if err := c.SetOption(unix.NETLINK_LISTEN_ALL_NSID, true); err != nil {
			return err
		}
		c.control = true
	}
	for _, g := range o.Groups {
		if err := c.Join(g); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the socket. Closing it again does nothing. Do not close a Conn
// that another goroutine waits on: cancel that one's context first.
func (c *Conn) Close() error {
	if c.fd < 0 {
		return nil
	}
	fd := c.fd
	c.fd, c.busy = -1, false
	c.poll.close()
	c.io.release()
	c.scratch, c.out, c.events = nil, nil, eventQueue{}
	if err := unix.Close(fd); err != nil {
		return c.opError("close", err)
	}
	return nil
}

// closeFor closes the Conn on behalf of a call that could not leave it usable.
func (c *Conn) closeFor(why string) {
	if c.fd >= 0 {
		c.Close()
		c.why = why
	}
}

type closedError struct{ why string }

func (e closedError) Error() string        { return ErrClosed.Error() + " after " + e.why }
func (e closedError) Is(target error) bool { return target == ErrClosed }

// usable is asked first by everything that touches the socket.
func (c *Conn) usable(op string) error {
	switch {
	case c.fd < 0 && c.why != "":
		return c.opError(op, closedError{c.why})
	case c.fd < 0:
		return c.opError(op, ErrClosed)
	}
	return nil
}

// ready is asked by everything that exchanges messages.
func (c *Conn) ready(ctx context.Context, op string) error {
	if err := c.usable(op); err != nil {
		return err
	}
	if c.busy {
		return c.opError(op, ErrBusy)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (c *Conn) opError(op string, err error) error { return &OpError{op, c.proto, err} }

func isNoOption(err error) bool {
	var e *OpError
	if !asOpError(err, &e) {
		return false
	}
	errno, ok := e.Err.(syscall.Errno)
	return ok && errno == unix.ENOPROTOOPT
}

func asOpError(err error, target **OpError) bool {
	e, ok := err.(*OpError)
	*target = e
	return ok
}

// FD is the file descriptor, -1 when closed. The Conn still owns it.
func (c *Conn) FD() int { return c.fd }

// Proto is the netlink protocol, -1 for a stand-in.
func (c *Conn) Proto() int { return c.proto }

// Port is the socket's own port id.
func (c *Conn) Port() uint32 { return c.port }

// Closed reports whether the Conn was closed, by Close or by a dump that was
// abandoned.
func (c *Conn) Closed() bool { return c.fd < 0 }

// SetPeer chooses whom requests go to and answers come from; 0 is the kernel.
func (c *Conn) SetPeer(port uint32) { c.peer = port }

// SetTimeout changes how long calls wait; see Options.Timeout.
func (c *Conn) SetTimeout(d time.Duration) { c.timeout = d }

// Ignored counts the datagrams and messages that were not for this socket:
// from another sender, or answers to requests that had been given up.
func (c *Conn) Ignored() uint64 { return c.ignored }
