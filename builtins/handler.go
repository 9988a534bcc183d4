package builtins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/wire"
)

// serveOne answers one request: the operation's name, None if it was refused
// for what it is.
func (s *server) serveOne(th *starlark.Thread, name string, limit, said time.Duration) (starlark.Value, error) {
	call, err := s.receive(th, limit, said)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if call == nil {
		return starlark.None, nil
	}
	datagrams, refusal, failed := s.answer(th, name, call)
	if failed != nil && host.Uncatchable(th, failed) {
		return nil, failed
	}
	if failed != nil {
		refusal = &session.Refusal{Errno: unix.EIO, Msg: "the handler of " + call.Op.Key + " failed: " + (&errorValue{err: failed}).text()}
	}
	if s.s.Family.Closed() { // by the handler
		return starlark.String(call.Op.Key), failed
	}
	err = s.waits.wait(th, func(ctx context.Context) error {
		if refusal != nil {
			return s.s.Refuse(ctx, call, refusal)
		}
		return s.s.Send(ctx, call, datagrams)
	})
	switch {
	case failed != nil:
		return nil, failed
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return starlark.String(call.Op.Key), nil
}

// answer asks the handler: replies, a refusal, or an error of the handler itself.
func (s *server) answer(th *starlark.Thread, name string, call *session.Call) ([][]byte, *session.Refusal, error) {
	handler := s.handlers[call.Op.Key]
	if dump := s.handlers[call.Op.Key+".dump"]; dump != nil && call.Mode == session.Dump {
		handler = dump
	}
	if handler == nil {
		return nil, &session.Refusal{Errno: unix.EOPNOTSUPP, Msg: "no handler for " + call.Op.Key}, nil
	}
	args := starlark.Tuple{s.env.fromKernel(&call.Message)}
	if fn, ok := handler.(*starlark.Function); ok && fn.NumParams() > 1 {
		args = append(args, &callInfo{call})
	}
	v, err := host.Call(th, handler, args, nil)
	if err != nil {
		return refused(th, err)
	}
	if e, ok := v.(*errorValue); ok {
		return refused(th, e.err)
	}
	replies, err := replies(th, v)
	if err == nil {
		var datagrams [][]byte
		if datagrams, err = s.s.Encode(call, replies); err == nil {
			return datagrams, nil, nil
		}
	}
	return nil, nil, fmt.Errorf("%s: %s: %w", name, call.Op.Key, err)
}

// refused turns what a handler raised or returned into a refusal: one of
// nl.error, or of a kernel that the handler has asked in its turn.
func refused(th *starlark.Thread, err error) ([][]byte, *session.Refusal, error) {
	var r *session.Refusal
	var kernel *session.Error
	switch {
	case host.Uncatchable(th, err):
		return nil, nil, err
	case errors.As(err, &r):
		return nil, r, nil
	case errors.As(err, &kernel):
		return nil, &session.Refusal{Errno: kernel.Errno, Msg: kernel.Ext.Msg, Attr: kernel.Path, Missing: kernel.Missing}, nil
	}
	return nil, nil, err
}

// replies reads what a handler returned.
func replies(th *starlark.Thread, v starlark.Value) ([][]schema.Field, error) {
	switch v := v.(type) {
	case starlark.NoneType:
		return nil, nil
	case *message, starlark.IterableMapping:
		fields, err := positional(th, v)
		return [][]schema.Field{fields}, err
	case starlark.Iterable:
		var list [][]schema.Field
		it := v.Iterate()
		defer it.Done()
		var elem starlark.Value
		for it.Next(&elem) {
			fields, err := positional(th, elem)
			if err != nil {
				return nil, fmt.Errorf("reply %d: %w", len(list), err)
			}
			list = append(list, fields)
		}
		return list, host.Pending(th)
	}
	return nil, fmt.Errorf("the handler returned %s, want a dict, a message, a list of them, an nl.error or None", v.Type())
}

// callInfo is what a handler may know beside the message.
type callInfo struct{ c *session.Call }

var _ starlark.HasAttrs = (*callInfo)(nil)

func (c *callInfo) Type() string          { return "call" }
func (c *callInfo) Freeze()               {}
func (c *callInfo) Truth() starlark.Bool  { return true }
func (c *callInfo) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: call") }

func (c *callInfo) String() string {
	return fmt.Sprintf("<%s of %s from port %d>", c.c.Mode, c.c.Op.Key, c.c.Port)
}

// Attr finds a fact about the call.
func (c *callInfo) Attr(name string) (starlark.Value, error) {
	switch name {
	case "op":
		return starlark.String(c.c.Op.Key), nil
	case "dump":
		return starlark.Bool(c.c.Mode == session.Dump), nil
	case "port":
		return starlark.MakeUint64(uint64(c.c.Port)), nil
	case "seq":
		return starlark.MakeUint64(uint64(wire.ParseHeader(c.c.Raw).Seq)), nil
	case "flags":
		return starlark.MakeInt(int(c.c.Flags())), nil
	}
	return nil, noAttr("call", name, c.AttrNames())
}

// AttrNames lists the facts.
func (c *callInfo) AttrNames() []string { return []string{"dump", "flags", "op", "port", "seq"} }
