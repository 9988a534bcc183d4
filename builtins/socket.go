package builtins

import (
	"fmt"
	"math"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
)

// socket is a netlink socket for raw messages.
type socket struct {
	env    *environ
	s      *session.RawSocket
	close  func() error
	closed string // where it was closed
}

var _ starlark.HasAttrs = (*socket)(nil)

func (s *socket) Type() string          { return "socket" }
func (s *socket) Freeze()               {}
func (s *socket) Truth() starlark.Bool  { return starlark.Bool(!s.s.Closed()) }
func (s *socket) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: socket") }
func (s *socket) String() string        { return "<socket " + s.s.Name + ">" }

const socketDoc = `opens a netlink socket of any protocol, for messages as they are on the wire

Nothing is numbered, checked or answered but by exchange. The socket stays in the namespace in which it was opened, and is closed when the script ends.

    s = nl.socket("route")
    flags = nl.NLM_F_REQUEST | nl.NLM_F_DUMP
    for m in s.exchange(nl.raw(type = nl.RTM_GETLINK, flags = flags, body = b"\0" * 16)):
        nl.decode("route", m)
    u = nl.socket("usersock")
    u.send(nl.raw(type = 100, body = b"to myself"), port = u.port)
    u.recv(timeout = "1s").body`

var socketParams = []param{
	{"proto", "string or int", `protocol by name or number: "route", "usersock", 15`},
	{"port", "int = None", "port to bind; the kernel chooses by default"},
	{"groups", "int, string or list of them = None", "multicast groups to join, by number or by their name in C"},
	{"netns", "netns = None", "the namespace to open it in; the current one by default"},
	{"timeout", "duration = None", `of each recv and exchange, "10s" or seconds; 5 s by default`},
	{"ext_ack", "bool = None", "ask for reasons with errors (NETLINK_EXT_ACK); True by default"},
	{"cap_ack", "bool = None", "spare the echo of the request in acknowledgements (NETLINK_CAP_ACK); False by default"},
	{"strict", "bool = None", "let the kernel check dump requests strictly (NETLINK_GET_STRICT_CHK); False by default"},
	{"all_nsid", "bool = None", "receive events of other namespaces (NETLINK_LISTEN_ALL_NSID); False by default"},
}

func (env *environ) nlSocket(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var proto, groups, timeout starlark.Value
	var ns *netnsValue
	port := starlark.MakeInt(0)
	o := session.RawOptions{ExtAck: true}
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "proto", &proto, "port?", &port, "groups??", &groups, "netns??", &ns, "timeout??", &timeout,
		"ext_ack?", &o.ExtAck, "cap_ack?", &o.CapAck, "strict?", &o.Strict, "all_nsid?", &o.AllNSID); err != nil {
		return nil, err
	}
	s, err := env.openSocket(th, proto, port, groups, timeout, ns, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return s, nil
}

func (env *environ) openSocket(th *starlark.Thread, proto starlark.Value, port starlark.Int, groups, timeout starlark.Value, ns *netnsValue, o session.RawOptions) (*socket, error) {
	num, err := env.protocol(proto)
	if err != nil {
		return nil, err
	}
	n, err := env.number("port", port, math.MaxUint32)
	if err != nil {
		return nil, err
	}
	o.Port = uint32(n)
	if o.Timeout, err = duration(timeout); err != nil {
		return nil, err
	}
	if o.Groups, err = env.groupNumbers(th, groups); err != nil {
		return nil, err
	}
	if ns != nil {
		if o.NetNS, err = ns.h, ns.usable(); err != nil {
			return nil, err
		}
	}
	s := &socket{env: env}
	err = host.Blocking(th, func() (err error) {
		s.s, err = env.reg.OpenRaw(num, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	remove := host.OwnerOf(th).Add("socket "+s.s.Name, th.CallFrame(1).Pos, s.s.Close)
	s.close = func() error {
		remove()
		return s.s.Close()
	}
	return s, nil
}

func (env *environ) protocol(v starlark.Value) (int, error) {
	switch v := v.(type) {
	case starlark.String:
		num, err := env.reg.Protocol(string(v))
		if err != nil {
			if n, ok := env.reg.Constants().Lookup(string(v)); ok && n >= 0 && n <= math.MaxUint8 {
				return int(n), nil
			}
		}
		return num, err
	case starlark.Int:
		n, err := env.number("proto", v, math.MaxUint8)
		return int(n), err
	}
	return 0, fmt.Errorf("for parameter proto: got %s, want string or int", v.Type())
}

// groupNumbers reads a group, or a list of them.
func (env *environ) groupNumbers(th *starlark.Thread, v starlark.Value) ([]uint32, error) {
	var list []uint32
	add := func(param string, v starlark.Value) error {
		n, err := env.number(param, v, math.MaxInt32)
		if err == nil && n == 0 {
			err = fmt.Errorf("for parameter %s: got %s, want a group from 1 up", param, v)
		}
		list = append(list, uint32(n))
		return err
	}
	switch v := v.(type) {
	case nil, starlark.NoneType:
		return nil, nil
	case starlark.Iterable:
		it := v.Iterate()
		defer it.Done()
		var elem starlark.Value
		for i := 0; it.Next(&elem); i++ {
			if err := add(fmt.Sprintf("groups[%d]", i), elem); err != nil {
				return nil, err
			}
		}
		return list, host.Pending(th)
	}
	return list, add("groups", v)
}

// Attr finds a method, or what is known of the socket.
func (s *socket) Attr(name string) (starlark.Value, error) {
	for _, m := range s.methods() {
		if m.name == name {
			return newFunc("socket."+name, m.doc, m.params, m.body), nil
		}
	}
	switch name {
	case "port":
		return starlark.MakeUint64(uint64(s.s.Conn().Port())), nil
	case "proto":
		return starlark.MakeInt(s.s.Proto), nil
	case "groups":
		return s.groups()
	}
	return nil, noAttr("socket", name, s.AttrNames())
}

// AttrNames lists what Attr finds.
func (s *socket) AttrNames() []string {
	return []string{"close", "exchange", "groups", "join", "leave", "option", "port", "proto", "recv", "send", "set_option"}
}

// usable is an error where the socket was closed, and says where.
func (s *socket) usable() error {
	switch {
	case !s.s.Closed():
		return nil
	case s.closed != "":
		return fmt.Errorf("the socket was closed at %s", s.closed)
	}
	return fmt.Errorf("the socket is closed")
}

func (s *socket) groups() (starlark.Value, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	nums, err := s.s.Conn().Groups()
	if err != nil {
		return nil, err
	}
	var elems []starlark.Value
	for _, n := range nums {
		elems = append(elems, starlark.MakeUint64(uint64(n)))
	}
	return starlark.NewList(elems), nil
}
