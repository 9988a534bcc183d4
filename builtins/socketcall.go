package builtins

import (
	"fmt"
	"math"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
)

// socketMethod is one method of a socket.
type socketMethod struct {
	name, doc string
	params    []param
	body      funcBody
}

func (s *socket) methods() []socketMethod {
	timeout := param{"timeout", "duration = None", `"10s" or seconds; that of the socket by default`}
	group := []param{{"group", "int or string", "multicast group by number or by its name in C"}}
	return []socketMethod{
		{"send", sendDoc, []param{
			{"msg", "message or bytes", "what to send: a message, a raw message, bytes, or a list of them in one datagram"},
			{"port", "int", "whom to send it to; 0 is the kernel"}, {"group", "int", "multicast group to send it to as well, 1 to 32"},
		}, s.send},
		{"recv", recvDoc, []param{timeout}, s.recv},
		{"exchange", exchangeDoc, []param{
			{"req", "message or bytes", "what to ask; if its seq is 0 it gets a number"},
			{"check", "bool", "raise what the kernel refuses, and leave acknowledgements out; True by default"}, timeout,
		}, s.exchange},
		{"join", "joins a multicast group\n\n    s = nl.socket(\"route\")\n    s.join(1)", group, s.join},
		{"leave", "leaves a multicast group\n\n    s = nl.socket(\"route\", groups = [1])\n    s.leave(1)", group, s.leave},
		{"option", "reads a socket option by its name in C\n\n    print(nl.socket(\"route\").option(\"NETLINK_EXT_ACK\"))", []param{{"name", "string", "name in C"}}, s.option},
		{"set_option", "sets a socket option by its name in C\n\n    nl.socket(\"route\").set_option(\"NETLINK_EXT_ACK\", False)", []param{
			{"name", "string", "name in C"}, {"value", "int or bool", "what to set it to"},
		}, s.setOption},
		{"close", "closes the socket; closing again does nothing\n\n    nl.socket(\"route\").close()", nil, s.closeCall},
	}
}

const sendDoc = `sends bytes as they are: nothing is numbered, nothing is awaited

    a, b = nl.socket("usersock"), nl.socket("usersock")
    a.send(nl.raw(type = 16), port = b.port)`

func (s *socket) send(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var msg starlark.Value
	var port, group = starlark.MakeInt(0), starlark.MakeInt(0)
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "msg", &msg, "port?", &port, "group?", &group); err != nil {
		return nil, err
	}
	b, err := s.bytesOf(th, "msg", msg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	to, err := s.env.number("port", port, math.MaxUint32)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	in, err := s.env.number("group", group, 32)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	err = host.Blocking(th, func() error { return s.s.Send(b, uint32(to), uint32(in)) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}

// bytesOf is what is to be sent, if the socket is open.
func (s *socket) bytesOf(th *starlark.Thread, param string, v starlark.Value) ([]byte, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	if v == starlark.None {
		return nil, fmt.Errorf("for parameter %s: got NoneType, want bytes, a message or a list of them", param)
	}
	return rawBytes(th, param, v)
}

const recvDoc = `waits for a message and returns it raw

A datagram of several messages is handed out one by one. What is no message of netlink comes whole.

    a, b = nl.socket("usersock"), nl.socket("usersock")
    a.send(nl.raw(type = 16), port = b.port)
    print(b.recv().type)`

func (s *socket) recv(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "timeout??", &timeout); err != nil {
		return nil, err
	}
	d, err := duration(timeout)
	if err == nil {
		err = s.usable()
	}
	var m session.RawMessage
	if err == nil {
		err = host.Blocking(th, func() (err error) {
			m, err = s.s.Recv(host.Context(th), d)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return s.received(m), nil
}

func (s *socket) received(m session.RawMessage) *rawMessage {
	return &rawMessage{data: m.Bytes, proto: s.s.Proto, sender: m.Port, group: m.Group}
}

const exchangeDoc = `sends a request to the kernel and returns its answers, a list of raw messages

The answer ends with an acknowledgement, a refusal or the end of a dump; without NLM_F_ACK and NLM_F_DUMP also with the first message that is
not one of several. Ask for something that is answered, or it waits for its timeout.

    s = nl.socket("route")
    ask = nl.raw(type = nl.RTM_GETLINK, flags = nl.NLM_F_REQUEST | nl.NLM_F_DUMP, body = b"\0" * 16)
    print(len(s.exchange(ask)))`

func (s *socket) exchange(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var req, timeout starlark.Value
	check := true
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "req", &req, "check?", &check, "timeout??", &timeout); err != nil {
		return nil, err
	}
	d, err := duration(timeout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	b, err := s.bytesOf(th, "req", req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	var replies []session.RawMessage
	err = host.Blocking(th, func() (err error) {
		replies, err = s.s.Exchange(host.Context(th), b, d)
		return err
	})
	if err == nil && check {
		replies, err = s.s.Check(b, replies)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	var elems []starlark.Value
	for _, m := range replies {
		elems = append(elems, s.received(m))
	}
	return starlark.NewList(elems), nil
}

func (s *socket) join(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return s.member(fn, args, kwargs, func(n uint32) error { return s.s.Conn().Join(n) })
}

func (s *socket) leave(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return s.member(fn, args, kwargs, func(n uint32) error { return s.s.Conn().Leave(n) })
}

func (s *socket) member(fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, do func(uint32) error) (starlark.Value, error) {
	var group starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "group", &group); err != nil {
		return nil, err
	}
	n, err := s.env.number("group", group, math.MaxInt32)
	if err == nil && n == 0 {
		err = fmt.Errorf("for parameter group: got %s, want a group from 1 up", group)
	}
	if err == nil {
		err = s.usable()
	}
	if err == nil {
		err = do(uint32(n))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}

func (s *socket) option(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name); err != nil {
		return nil, err
	}
	err := s.usable()
	var v int
	if err == nil {
		v, err = s.s.Option(name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.MakeInt(v), nil
}

func (s *socket) setOption(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var value starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name, "value", &value); err != nil {
		return nil, err
	}
	if b, ok := value.(starlark.Bool); ok {
		value = starlark.MakeInt(map[starlark.Bool]int{true: 1}[b])
	}
	n, err := starlark.AsInt32(value)
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter value: got %s, want a 32-bit int or a bool", fn.Name(), value)
	}
	if err = s.usable(); err == nil {
		err = s.s.SetOption(name, n)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}

func (s *socket) closeCall(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	if s.closed == "" && !s.s.Closed() {
		s.closed = th.CallFrame(1).Pos.String()
	}
	return starlark.None, s.close()
}
