package session

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// RawOptions say how to open a raw socket.
type RawOptions struct {
	NetNS   *netns.Handle // nil is where the caller is
	Port    uint32        // to bind, 0 leaves the choice to the kernel
	Groups  []uint32
	Timeout time.Duration

	ExtAck, CapAck, Strict, AllNSID bool
}

// RawSocket is a socket of any protocol that sends and receives bytes as they
// are: nothing is numbered, checked or awaited but by Exchange.
type RawSocket struct {
	Proto int
	Name  string // of the protocol, its number if it has none

	reg   *Registry
	conn  *sock.Conn
	seq   uint32
	queue []RawMessage
}

// RawMessage is a message as it was received. What is no message of netlink,
// such as a device event of the kernel, comes whole.
type RawMessage struct {
	Bytes []byte
	Port  uint32 // of the sender, 0 is the kernel
	Group uint32 // it was sent to, 0 for unicast
}

// Protocol finds a protocol by name or number.
func (r *Registry) Protocol(name string) (int, error) {
	if num, ok := r.protocol(name); ok {
		return num, nil
	}
	if num, err := strconv.ParseUint(name, 0, 8); err == nil {
		return int(num), nil
	}
	names := r.ProtocolNames()
	return 0, &schema.Error{
		Got: fmt.Sprintf("unknown protocol %q", name), Want: "a number up to 255, or one of " + strings.Join(names, ", "), Hint: schema.Suggest(name, names),
	}
}

// OpenRaw opens a raw socket.
func (r *Registry) OpenRaw(proto int, o RawOptions) (*RawSocket, error) {
	s := &RawSocket{Proto: proto, Name: strconv.Itoa(proto), reg: r}
	if e := r.core.FindEnum("protocol"); e != nil && e.NameOf(int64(proto)) != "" {
		s.Name = e.NameOf(int64(proto))
	}
	open := func() (err error) {
		s.conn, err = r.dial(s.Name, sock.Options{
			Proto: proto, Port: o.Port, Groups: o.Groups, Timeout: o.Timeout, AnyPeer: true,
			NoExtAck: !o.ExtAck, NoCapAck: !o.CapAck, NoStrict: !o.Strict, AllNSID: o.AllNSID,
		})
		return err
	}
	err := error(nil)
	if o.NetNS == nil {
		err = open()
	} else {
		err = netns.Do(o.NetNS, open)
	}
	if err != nil {
		return nil, (&Family{Name: s.Name, Proto: proto, reg: r}).openError(err)
	}
	return s, nil
}

// Conn is the socket.
func (s *RawSocket) Conn() *sock.Conn { return s.conn }

// Close closes the socket. Closing again does nothing.
func (s *RawSocket) Close() error {
	s.queue = nil
	return s.conn.Close()
}

// Closed reports whether the socket was closed.
func (s *RawSocket) Closed() bool { return s.conn.Closed() }

// Send sends bytes as they are.
func (s *RawSocket) Send(p []byte, port, group uint32) error {
	if len(p) == 0 {
		return &schema.Error{Got: "nothing", Want: "at least one byte to send"}
	}
	return s.conn.SendTo(port, group, p)
}

// Recv returns the next message, waiting for it.
func (s *RawSocket) Recv(ctx context.Context, timeout time.Duration) (RawMessage, error) {
	for len(s.queue) == 0 {
		d, err := s.conn.Recv(ctx, timeout)
		if err != nil {
			return RawMessage{}, err
		}
		s.queue = split(d)
	}
	m := s.queue[0]
	s.queue = s.queue[1:]
	return m, nil
}

// split takes a datagram apart. What does not parse stays together.
func split(d sock.Datagram) []RawMessage {
	var list []RawMessage
	it, end := d.Messages(), 0
	for it.Next() {
		list = append(list, RawMessage{it.Message(), d.Port, d.Group})
		end = min(it.Offset()+wire.Align(len(it.Message())), len(d.Data))
	}
	if end < len(d.Data) || len(list) == 0 {
		list = append(list, RawMessage{d.Data[end:], d.Port, d.Group})
	}
	return list
}

// Exchange sends a request to the kernel and collects its answer, to the
// acknowledgement, the refusal or the end of a dump. A request numbered 0 gets
// the next number; nothing else is changed. What else arrives waits for Recv.
func (s *RawSocket) Exchange(ctx context.Context, msg []byte, timeout time.Duration) (replies []RawMessage, err error) {
	if len(msg) < wire.HeaderLen {
		return nil, &schema.Error{Got: fmt.Sprintf("%d bytes", len(msg)), Want: fmt.Sprintf("a message of at least %d (send sends anything)", wire.HeaderLen)}
	}
	h := wire.ParseHeader(msg)
	if h.Seq == 0 {
		s.seq++
		h.Seq = s.seq
		msg = bytes.Clone(msg)
		h.Put(msg)
	}
	if err := s.Send(msg, 0, 0); err != nil {
		return nil, err
	}
	var other []RawMessage
	defer func() { s.queue = append(s.queue, other...) }()
	for {
		d, err := s.conn.Recv(ctx, timeout)
		if err != nil {
			return replies, err
		}
		for _, m := range split(d) {
			if d.Port != 0 || len(m.Bytes) < wire.HeaderLen || wire.ParseHeader(m.Bytes).Seq != h.Seq {
				other = append(other, m)
				continue
			}
			replies = append(replies, m)
			if ends(h, wire.ParseHeader(m.Bytes)) {
				return replies, nil
			}
		}
	}
}

// ends reports whether nothing follows the answer a to the request q.
func ends(q, a wire.Header) bool {
	switch {
	case a.Type == wire.TypeError || a.Type == wire.TypeDone:
		return true
	case a.Flags&wire.FlagMulti != 0:
		return false
	}
	return q.Flags&wire.FlagAck == 0
}

// Check turns a refusal among the answers into an *Error, and leaves what the
// request asked for: acknowledgements and ends are taken out.
func (s *RawSocket) Check(req []byte, replies []RawMessage) ([]RawMessage, error) {
	var kept []RawMessage
	for _, m := range replies {
		h := wire.ParseHeader(m.Bytes)
		if h.Type != wire.TypeError && h.Type != wire.TypeDone {
			kept = append(kept, m)
			continue
		}
		ack, err := wire.ParseAck(m.Bytes)
		if err != nil {
			return nil, err
		}
		if ack.Errno != 0 {
			f, r := s.request(req)
			return nil, f.wrap(r, &sock.KernelError{Errno: unix.Errno(ack.Errno), Ack: ack})
		}
	}
	return kept, nil
}

// request gives bytes that were sent the schema of an operation if there is
// one, so that an error can name what it is about.
func (s *RawSocket) request(raw []byte) (*Family, *Request) {
	f := &Family{Name: s.Name, Proto: s.Proto, reg: s.reg}
	op := &Op{Family: f, Spec: &schema.Spec{Name: s.Name, Protocol: "netlink-raw"}, Op: &schema.Op{Name: "exchange", Key: "exchange", Ntf: -1}}
	r := &Request{Op: op, Bytes: raw}
	specs, err := s.reg.ofProtocol(s.Proto)
	if err != nil || len(specs) == 0 {
		return f, r
	}
	if m, err := s.reg.Describe(specs, "", raw); err == nil && m.Spec != s.reg.core {
		op.Spec, op.Op = m.Spec, m.Op
		if wire.ParseHeader(raw).Flags&wire.FlagDump == wire.FlagDump && m.Op.Dump.Has {
			r.Mode = Dump
		}
	}
	return f, r
}

// rawOption finds a socket option by its name in C.
func (s *RawSocket) rawOption(name string) (level, opt int, err error) {
	var names []string
	for _, enum := range []string{"socket-option", "sock-option"} {
		e := s.reg.core.FindEnum(enum)
		if e == nil {
			continue
		}
		level = unix.SOL_SOCKET
		if enum == "socket-option" {
			level = unix.SOL_NETLINK
		}
		for i := range e.Entries {
			cname := e.Prefix + strings.ToUpper(strings.ReplaceAll(e.Entries[i].Name, "-", "_"))
			if cname == name {
				return level, int(e.Entries[i].Value), nil
			}
			names = append(names, cname)
		}
	}
	return 0, 0, &schema.Error{Got: fmt.Sprintf("unknown socket option %q", name), Want: "one of " + strings.Join(names, ", "), Hint: schema.Suggest(name, names)}
}

// Option reads a socket option by its name in C: NETLINK_EXT_ACK, SO_RCVBUF.
func (s *RawSocket) Option(name string) (int, error) {
	level, opt, err := s.rawOption(name)
	if err != nil {
		return 0, err
	}
	v, err := unix.GetsockoptInt(s.conn.FD(), level, opt)
	if err != nil {
		return 0, &sock.OpError{Op: "get " + name, Proto: s.Proto, Err: err}
	}
	return v, nil
}

// SetOption changes a socket option.
func (s *RawSocket) SetOption(name string, value int) error {
	level, opt, err := s.rawOption(name)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(s.conn.FD(), level, opt, value); err != nil {
		return &sock.OpError{Op: "set " + name, Proto: s.Proto, Err: err}
	}
	return nil
}
