// Package probe asks other hosts of a network whether and how they answer:
// ICMP echo, TCP, UDP, without a program beside this one.
//
//	s, err := probe.Open(probe.TCP, addr, probe.Options{}) // in the namespace of the calling thread
//	answer, err := s.TCP(ctx, nil)
//
// Opening is what depends on the namespace, and all that does: from then on a
// probe is a descriptor, and may be used on any thread. That nobody answers, or that somebody
// refuses, is what was asked and so an [Answer]; an error is a probe that could
// not be made. [Listen] is the other side.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Proto is a kind of probe.
type Proto string

// The kinds.
const (
	ICMP Proto = "icmp"
	TCP  Proto = "tcp"
	UDP  Proto = "udp"
)

// Options refine a probe. What is zero is left to the kernel.
type Options struct {
	Device string         // to leave by (SO_BINDTODEVICE)
	Source netip.AddrPort // to come from; a port 0 is any
	Mark   uint32         // for the routing rules (SO_MARK)
	TOS    int            // type of service, traffic class
	TTL    int            // time to live, hop limit
	DF     bool           // do not fragment, nor believe what is known of the path
}

// Answer is what became of a probe.
type Answer struct {
	RTT    time.Duration // of the whole exchange
	Source netip.AddrPort
	From   netip.Addr // who answered or refused, the zero Addr where nobody is known to
	TTL    int        // of the answer, 0 where it is not known
	ICMP   *[2]uint8  // type and code of a refusal that came from another host
	MTU    int        // of the hop that could not forward, with EMSGSIZE
	Data   []byte     // that came back
	Err    error      // an errno, or os.ErrDeadlineExceeded
}

// Socket is a probe that was not made yet. It is used once.
type Socket struct {
	dst   netip.AddrPort
	proto Proto
	raw   bool // ICMP without the kernel's help: see echo
	scope uint32
	file  *os.File
}

// Open opens a probe to dst in the namespace of the calling thread.
func Open(proto Proto, dst netip.AddrPort, o Options) (*Socket, error) {
	s := &Socket{dst: dst, proto: proto}
	fd, err := s.socket()
	if err != nil {
		return nil, err
	}
	err = o.apply(fd, dst.Addr().Is4(), true)
	if err == nil {
		s.scope, err = zoneIndex(fd, dst.Addr())
	}
	if err == nil && o.Source.IsValid() {
		if err = bind(fd, o.Source); err != nil {
			err = fmt.Errorf("source %s: %w", o.Source.Addr(), err)
		}
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	s.file = os.NewFile(uintptr(fd), string(proto))
	return s, nil
}

// Close closes the socket. Closing it again is an error of no consequence.
func (s *Socket) Close() error { return s.file.Close() }

func (s *Socket) family() int {
	if s.dst.Addr().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

const sockFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK

func (s *Socket) socket() (fd int, err error) {
	switch s.proto {
	case TCP:
		return system("socket")(unix.Socket(s.family(), unix.SOCK_STREAM|sockFlags, 0))
	case UDP:
		return system("socket")(unix.Socket(s.family(), unix.SOCK_DGRAM|sockFlags, 0))
	}
	proto := unix.IPPROTO_ICMP
	if s.family() == unix.AF_INET6 {
		proto = unix.IPPROTO_ICMPV6
	}
	fd, err = unix.Socket(s.family(), unix.SOCK_DGRAM|sockFlags, proto)
	if err == nil {
		return fd, nil
	}
	// net.ipv4.ping_group_range lets nobody in a new namespace: then as root of that.
	s.raw = true
	fd, err = unix.Socket(s.family(), unix.SOCK_RAW|sockFlags, proto)
	if errors.Is(err, unix.EPERM) {
		return fd, fmt.Errorf("socket: %w (it takes CAP_NET_RAW, or a group in net.ipv4.ping_group_range; --rootless gives it in a namespace of your own)", err)
	}
	return system("socket")(fd, err)
}

// system names the call that failed.
func system(call string) func(int, error) (int, error) {
	return func(v int, err error) (int, error) {
		if err != nil {
			err = fmt.Errorf("%s: %w", call, err)
		}
		return v, err
	}
}

// apply sets the options of a socket. asks is a probe's; a listener hears from
// its connections by themselves.
func (o *Options) apply(fd int, v4, asks bool) error {
	if o.Device != "" {
		if err := unix.BindToDevice(fd, o.Device); err != nil {
			return fmt.Errorf("device %q: %w", o.Device, err)
		}
	}
	pick := func(four, six int) int {
		if v4 {
			return four
		}
		return six
	}
	level := pick(unix.IPPROTO_IP, unix.IPPROTO_IPV6)
	type option struct {
		what              string
		level, opt, value int
		set               bool
	}
	for _, x := range []option{
		{"mark", unix.SOL_SOCKET, unix.SO_MARK, int(o.Mark), o.Mark != 0},
		{"tos", level, pick(unix.IP_TOS, unix.IPV6_TCLASS), o.TOS, o.TOS != 0},
		{"ttl", level, pick(unix.IP_TTL, unix.IPV6_UNICAST_HOPS), o.TTL, o.TTL != 0},
		{"df", level, pick(unix.IP_MTU_DISCOVER, unix.IPV6_MTU_DISCOVER), pick(unix.IP_PMTUDISC_PROBE, unix.IPV6_PMTUDISC_PROBE), o.DF},
		// Every refusal is told at once, with who refused; without this a
		// connection goes on trying, and UDP hears of closed ports only.
		{"errors", level, pick(unix.IP_RECVERR, unix.IPV6_RECVERR), 1, asks},
		{"ttl of answers", level, pick(unix.IP_RECVTTL, unix.IPV6_RECVHOPLIMIT), 1, asks},
	} {
		if !x.set {
			continue
		}
		if err := unix.SetsockoptInt(fd, x.level, x.opt, x.value); err != nil {
			return fmt.Errorf("%s: %w", x.what, err)
		}
	}
	return nil
}

func bind(fd int, at netip.AddrPort) error {
	scope, err := zoneIndex(fd, at.Addr())
	if err != nil {
		return err
	}
	return unix.Bind(fd, sockaddr(at, scope))
}

// zoneIndex is the interface of a link-local address: fe80::1%eth0.
func zoneIndex(fd int, a netip.Addr) (uint32, error) {
	if a.Zone() == "" {
		return 0, nil
	}
	req, err := unix.NewIfreq(a.Zone())
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req)
	}
	if err != nil {
		return 0, fmt.Errorf("device %q: %w", a.Zone(), err)
	}
	return req.Uint32(), nil
}

func sockaddr(a netip.AddrPort, scope uint32) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port()), ZoneId: scope}
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// exchange is one probe under way.
type exchange struct {
	s      *Socket
	answer Answer
}

// run does fn, which waits by way of the exchange, until ctx ends or the
// timeout is over, and finishes the answer.
func (s *Socket) run(ctx context.Context, timeout time.Duration, fn func(x *exchange) error) (Answer, error) {
	x := &exchange{s: s}
	begin := time.Now()
	if err := s.file.SetDeadline(begin.Add(timeout)); err != nil {
		return Answer{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.file.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err := fn(x)
	x.answer.RTT = time.Since(begin)
	if ctx.Err() != nil {
		return Answer{}, context.Cause(ctx)
	}
	x.locate()
	var errno unix.Errno
	switch {
	case errors.As(err, &errno):
		x.answer.Err = errno
		x.explain()
	case errors.Is(err, os.ErrDeadlineExceeded):
		x.answer.Err = os.ErrDeadlineExceeded
	case err != nil:
		return Answer{}, err
	}
	return x.answer, nil
}

// control calls fn with the descriptor.
func (x *exchange) control(fn func(fd int) error) error {
	conn, err := x.s.file.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = fn(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// waiting calls fn whenever the socket is ready to be read, or written, until
// it returns something else than EAGAIN.
func (x *exchange) waiting(write bool, fn func(fd int) error) error {
	conn, err := x.s.file.SyscallConn()
	if err != nil {
		return err
	}
	wait := conn.Read
	if write {
		wait = conn.Write
	}
	var inner error
	err = wait(func(fd uintptr) bool {
		inner = fn(int(fd))
		for inner == unix.EINTR {
			inner = fn(int(fd))
		}
		return inner != unix.EAGAIN
	})
	if err != nil {
		return err
	}
	return inner
}

// connect gives the socket its peer. For TCP it is under way then.
func (x *exchange) connect() error {
	return x.control(func(fd int) error { return unix.Connect(fd, sockaddr(x.s.dst, x.s.scope)) })
}

// locate notes which address the kernel chose.
func (x *exchange) locate() {
	_ = x.control(func(fd int) error {
		if sa, err := unix.Getsockname(fd); err == nil {
			x.answer.Source = addrPort(sa)
		}
		return nil
	})
}
