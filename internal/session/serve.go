package session

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// Server answers requests of a family as the kernel would, on a port of
// NETLINK_USERSOCK. A client opens the family with Options.Peer.
//
//	for {
//		call, err := srv.Next(ctx, -1)
//		...
//		if call != nil { // nil was answered already: it was not a sound request
//			err = srv.Answer(ctx, call, replies)
//		}
//	}
//
// What a client sends is never an error of the server.
type Server struct {
	Family *Family // its specs, numbers and groups; not for requests

	timeout time.Duration
	arrived []incoming
	unread  uint64
	out     wire.Builder
}

// ServeOptions say how to serve a family.
type ServeOptions struct {
	NetNS   *netns.Handle
	Port    uint32        // 0 leaves the choice to the kernel
	Timeout time.Duration // how long a client may keep an answer waiting; 0 is 5 s
}

type incoming struct {
	msg  []byte
	port uint32
	bad  string // what is wrong with its length
}

// Call is a request that is to be answered.
type Call struct {
	Message
	Mode Mode
	Port uint32 // of the client
}

// Flags are those of the message header.
func (c *Call) Flags() uint16 { return wire.ParseHeader(c.Raw).Flags }

// Refusal is the answer no: an errno, and what an extended acknowledgement
// says beside it. Attr and Missing are paths of attributes ("data.id").
type Refusal struct {
	Errno         syscall.Errno
	Msg           string
	Attr, Missing string

	off int // of the offending bytes in the request, where it is known better than by Attr; 0 is unknown
}

func (r *Refusal) Error() string {
	name := ErrnoName(r.Errno)
	if name == "" {
		name = fmt.Sprintf("errno %d", int(r.Errno))
	}
	s := name
	if r.Msg != "" {
		s += " " + strconv.Quote(r.Msg)
	}
	if r.Attr != "" {
		s = r.Attr + ": " + s
	}
	if r.Missing != "" {
		s += " (missing " + r.Missing + ")"
	}
	return s
}

// Unwrap lets errors.Is see the errno.
func (r *Refusal) Unwrap() error { return r.Errno }

// servedID is the message type of a generic netlink family that is served. One
// server serves one family, so nothing else is there to confuse it with.
const servedID = wire.MinType + 16

// maxServedGroup is the highest group that a process can send to: the address
// has a mask of 32.
const maxServedGroup = 32

// Serve starts to serve a family by name. Requests wait in the receive buffer until
// Next takes them.
func (r *Registry) Serve(name string, o ServeOptions) (*Server, error) {
	f := &Family{Name: name, reg: r, serve: true, o: Options{NetNS: o.NetNS, Peer: o.Port}}
	if err := f.identify(name); err != nil {
		return nil, err
	}
	for _, s := range f.Specs {
		f.Groups = append(f.Groups, s.Groups...)
	}
	if f.Specs[0].Generic() {
		f.ID, f.Version = servedID, uint8(f.Specs[0].Version)
		for i := range f.Groups {
			f.Groups[i].Value = int32(i + 1)
		}
	}
	var err error
	if f.conn, err = f.dial(); err != nil {
		if errors.Is(err, unix.EADDRINUSE) {
			return nil, &schema.Error{Path: "port", Got: fmt.Sprintf("%d, which is in use", o.Port), Want: "a free port", Hint: "without one the kernel chooses"}
		}
		return nil, f.openError(err)
	}
	return &Server{Family: f, timeout: o.Timeout}, nil
}

// Port is where clients reach the server.
func (s *Server) Port() uint32 { return s.Family.conn.Port() }

// Conn is the server's socket.
func (s *Server) Conn() *sock.Conn { return s.Family.conn }

// Unread counts the datagrams that no client took: it had gone, or did not
// read in time.
func (s *Server) Unread() uint64 { return s.unread }

// Close closes the socket. Closing again does nothing.
func (s *Server) Close() error { return s.Family.Close() }

// Ready reports whether Next would return, or has something to look at, at
// once. It takes what has come out of the socket.
func (s *Server) Ready() bool {
	if len(s.arrived) == 0 && !s.Family.Closed() {
		if d, ok, err := s.Family.conn.TryRecv(); ok && err == nil {
			s.split(d)
		}
	}
	return len(s.arrived) > 0
}

// Next waits for the next message, timeout 0 for 5 s and negative for ever. One that is
// unsound, or that no operation of the family has, it answers itself, as the kernel
// does before a family sees it, and returns nil.
func (s *Server) Next(ctx context.Context, timeout time.Duration) (*Call, error) {
	if s.Family.Closed() {
		return nil, ErrServerClosed
	}
	for len(s.arrived) == 0 {
		d, err := s.Family.conn.Recv(ctx, timeout)
		var gap *sock.OverrunError
		var cut *sock.TruncatedError
		if errors.As(err, &gap) || errors.As(err, &cut) {
			continue // the client will notice that it gets no answer
		}
		if err != nil {
			return nil, err
		}
		s.split(d)
	}
	in := s.arrived[0]
	s.arrived = s.arrived[1:]
	call, answer := s.receive(in)
	if answer == nil {
		return call, nil
	}
	return nil, s.send(ctx, in.port, answer)
}

// ErrServerClosed is a call on a server that was closed.
var ErrServerClosed = errors.New("the server is closed")

// split takes a datagram apart. The kernel drops a message with an impossible length
// without a word; a client in the making is better served by being told.
func (s *Server) split(d sock.Datagram) {
	it := d.Messages()
	end := 0
	for it.Next() {
		s.arrived = append(s.arrived, incoming{msg: it.Message(), port: d.Port})
		end = it.Offset() + wire.Align(len(it.Message()))
	}
	if rest := d.Data[min(end, len(d.Data)):]; it.Err() != nil && len(rest) >= wire.HeaderLen {
		s.arrived = append(s.arrived, incoming{msg: rest[:wire.HeaderLen], port: d.Port, bad: it.Err().Error()})
	}
}

// receive looks at a message in the order in which the kernel does
// (netlink_rcv_skb, genl_rcv_msg): a call, or else the datagrams that answer it, if any.
func (s *Server) receive(in incoming) (*Call, [][]byte) {
	h := wire.ParseHeader(in.msg)
	call := &Call{Message: Message{Raw: in.msg}, Port: in.port}
	if h.Flags&wire.FlagRequest == 0 || h.Type < wire.MinType {
		if in.bad == "" && h.Flags&wire.FlagAck != 0 {
			return nil, [][]byte{s.end(call, nil)}
		}
		return nil, nil
	}
	if in.bad != "" {
		return nil, [][]byte{s.end(call, &Refusal{Errno: unix.EINVAL, Msg: in.bad})}
	}
	if s.Family.Specs[0].Generic() && h.Type == genlCtrlID {
		return nil, s.control(call)
	}
	if r := s.understand(call, h); r != nil {
		return nil, [][]byte{s.end(call, r)}
	}
	return call, nil
}

// understand finds the operation of a request and checks what is in it.
func (s *Server) understand(call *Call, h wire.Header) *Refusal {
	f, num, body := s.Family, int(h.Type), wire.HeaderLen
	if f.Specs[0].Generic() {
		switch {
		case h.Type != f.ID:
			return &Refusal{Errno: unix.ENOENT, Msg: fmt.Sprintf("no family has the number %d", h.Type)}
		case len(call.Raw) < wire.HeaderLen+wire.GenlHeaderLen:
			return &Refusal{Errno: unix.EINVAL, Msg: "the message ends before the generic netlink header does"}
		}
		num, body = int(call.Raw[wire.HeaderLen]), wire.HeaderLen+wire.GenlHeaderLen
	}
	wantDump := h.Flags&wire.FlagDump == wire.FlagDump
	spec, op, mode := f.opOfCall(num, wantDump)
	if op == nil {
		return &Refusal{Errno: unix.EOPNOTSUPP, Msg: fmt.Sprintf("%s has no operation %d", f.Name, num)}
	}
	call.Op, call.Mode = op, mode
	m := &op.Do
	if mode == Dump {
		m = &op.Dump
	}
	if !m.Has {
		return &Refusal{Errno: unix.EOPNOTSUPP, Msg: fmt.Sprintf("%s has no %s", op.Key, mode)}
	}
	call.Msg = schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: spec.RequestSet(op, m), Payload: op.Payload, Data: call.Raw[body:]}
	if st := call.Header; st != nil && len(call.Data) < int(st.Size) {
		return &Refusal{Errno: unix.EINVAL, Msg: fmt.Sprintf("%d bytes are too short for the header %s, which has %d", len(call.Data), st.Name, st.Size)}
	}
	return checkAttrs(&call.Msg, body, 0)
}

// opOfCall finds the operation of a request. The flags that ask for a dump mean
// something else in a request that creates, so it depends on what the operation can.
func (f *Family) opOfCall(num int, wantDump bool) (*schema.Spec, *schema.Op, Mode) {
	var spec *schema.Spec
	var op *schema.Op
	for _, s := range f.Specs {
		for i := range s.Ops {
			o := &s.Ops[i]
			switch {
			case wantDump && o.Dump.Has && int(o.Dump.Request) == num:
				return s, o, Dump
			case op == nil && o.Do.Has && int(o.Do.Request) == num:
				spec, op = s, o
			}
		}
	}
	if op != nil {
		return spec, op, Do
	}
	spec, op = f.opOfRequest(num)
	return spec, op, Do
}
