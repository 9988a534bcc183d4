package builtins

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
)

// server is a family that the script serves.
type server struct {
	env      *environ
	s        *session.Server
	handlers map[string]starlark.Callable // by "op" and "op.dump"
	close    func() error
	closed   string // where it was closed
	stopped  bool   // run is to end
	idle     bool   // waiting for a request
	waits    receiver
}

var _ starlark.HasAttrs = (*server)(nil)

func (s *server) Type() string          { return "server" }
func (s *server) Freeze()               {}
func (s *server) Truth() starlark.Bool  { return starlark.Bool(!s.s.Family.Closed()) }
func (s *server) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: server") }
func (s *server) String() string        { return fmt.Sprintf("<server of %s>", s.name()) }
func (s *server) name() string          { return s.s.Family.Name }

const serveDoc = `answers the requests of a family in place of the kernel, on a port of NETLINK_USERSOCK

Clients open the family with peer = the port. A handler is called with the request, a message, and if it
takes two parameters with a call too (op, dump, port, flags). It returns a dict or a message, the reply; a list of
them, for a dump; None, a mere acknowledgement; or nl.error(...). "op.dump" names a handler for dumps alone.
Requests that the spec does not allow are refused before a handler sees them. Clients must be in the same network namespace.

    nl.load_spec(text = """
    name: greeting
    protocol: netlink-raw
    protonum: 2
    attribute-sets: [{name: words, attributes: [{name: text, type: string}]}]
    operations:
      list: [{name: greet, attribute-set: words, do: {request: {value: 16}, reply: {value: 17}}}]
    """)
    srv = nl.serve("greeting", {"greet": lambda m: {"text": "hello " + m.text}})
    print(srv.port)`

var serveParams = []param{
	{"spec", "string", "name of the family; nl.load_spec returns it"},
	{"handlers", "dict", "functions by the name of the operation"},
	{"port", "int = None", "port to be reached at; the kernel chooses by default"},
	{"netns", "netns = None", "the namespace to serve in; the current one by default"},
	{"timeout", "duration = None", "how long a client may be slow to read an answer; 5 s by default"},
}

func (env *environ) nlServe(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var handlers *starlark.Dict
	var port, timeout starlark.Value
	var ns *netnsValue
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "spec", &name, "handlers", &handlers, "port??", &port,
		"netns??", &ns, "timeout??", &timeout); err != nil {
		return nil, err
	}
	v := &server{env: env}
	var o session.ServeOptions
	var err error
	if o.Port, err = portOf("port", port); err == nil {
		o.Timeout, err = duration(timeout)
	}
	if err == nil && ns != nil {
		o.NetNS, err = ns.h, ns.usable()
	}
	if err == nil {
		v.handlers, err = handlerMap(handlers)
	}
	if err == nil {
		err = host.Blocking(th, func() (err error) {
			v.s, err = env.reg.Serve(name, o)
			return err
		})
	}
	if err == nil {
		if err = v.know(); err != nil {
			_ = v.s.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	end := func() error {
		v.waits.end(session.ErrServerClosed)
		return v.s.Close()
	}
	remove := host.OwnerOf(th).Add("server of "+name, th.CallFrame(1).Pos, end)
	v.close = func() error {
		remove()
		return end()
	}
	return v, nil
}

// portOf reads a port; 0 is none.
func portOf(param string, v starlark.Value) (uint32, error) {
	switch v := v.(type) {
	case nil, starlark.NoneType:
		return 0, nil
	case *server:
		if v.s.Family.Closed() {
			return 0, fmt.Errorf("for parameter %s: %w", param, v.usable())
		}
		return v.s.Port(), nil
	case starlark.Int:
		if n, ok := v.Uint64(); ok && n > 0 && n <= math.MaxUint32 {
			return uint32(n), nil
		}
		return 0, fmt.Errorf("for parameter %s: got %s, want 1 to 4294967295", param, v)
	}
	return 0, fmt.Errorf("for parameter %s: got %s, want a port", param, v.Type())
}

func handlerMap(d *starlark.Dict) (map[string]starlark.Callable, error) {
	m := map[string]starlark.Callable{}
	for _, kv := range d.Items() {
		name, ok := starlark.AsString(kv[0])
		if !ok {
			return nil, fmt.Errorf("for parameter handlers: got key of type %s, want names of operations", kv[0].Type())
		}
		fn, ok := kv[1].(starlark.Callable)
		if !ok {
			return nil, fmt.Errorf("for parameter handlers: %s: got %s, want a function", name, kv[1].Type())
		}
		m[name] = fn
	}
	return m, nil
}

// know refuses handlers of operations that the family does not have, where a
// typo would go unseen until a client asks.
func (s *server) know() error {
	known := map[string]starlark.Callable{}
	for _, name := range slices.Sorted(maps.Keys(s.handlers)) {
		base, isDump := strings.CutSuffix(name, ".dump")
		op, err := s.s.Family.Op(base)
		if err != nil {
			return fmt.Errorf("for parameter handlers: %w", err)
		}
		if isDump && !op.Dump.Has {
			return fmt.Errorf("for parameter handlers: %s has no dump", base)
		}
		if !op.Do.Has && !op.Dump.Has {
			return fmt.Errorf("for parameter handlers: %s is a notification, which nobody requests", base)
		}
		key := op.Key
		if isDump {
			key += ".dump"
		}
		known[key] = s.handlers[name]
	}
	s.handlers = known
	return nil
}

// Attr finds a method or a fact.
func (s *server) Attr(name string) (starlark.Value, error) {
	switch name {
	case "step":
		return newFunc(s.name()+".step", stepDoc, stepParams, s.step), nil
	case "run":
		return newFunc(s.name()+".run", runDoc, runParams, s.run), nil
	case "stop":
		return newFunc(s.name()+".stop", stopDoc, nil, s.stop), nil
	case "notify":
		return newFunc(s.name()+".notify", notifyDoc, notifyParams, s.notify), nil
	case "close":
		return newFunc(s.name()+".close", closeServerDoc, nil, s.closeCall), nil
	case "name":
		return starlark.String(s.name()), nil
	case "port":
		return starlark.MakeUint64(uint64(s.s.Port())), nil
	case "unread":
		return starlark.MakeUint64(s.s.Unread()), nil
	}
	return nil, noAttr("server", name, s.AttrNames())
}

// AttrNames lists methods and facts.
func (s *server) AttrNames() []string {
	return []string{"close", "name", "notify", "port", "run", "step", "stop", "unread"}
}

// usable is an error where the server was closed, and says where.
func (s *server) usable() error {
	switch {
	case !s.s.Family.Closed():
		return nil
	case s.closed != "":
		return fmt.Errorf("the server was closed at %s", s.closed)
	}
	return session.ErrServerClosed
}

func (s *server) pollable() (*sock.Conn, error)          { return s.s.Conn(), s.usable() }
func (s *server) waiters() *receiver                     { return &s.waits }
func (s *server) arrived() (starlark.Value, bool, error) { return starlark.None, s.s.Ready(), nil }

const closeServerDoc = `closes the port; closing again does nothing

    srv = nl.serve("route", {})
    srv.close()`

func (s *server) closeCall(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	if s.closed == "" {
		s.closed = th.CallFrame(1).Pos.String()
	}
	return starlark.None, s.close()
}

const stepDoc = `waits for one request and answers it; returns the name of its operation, None if it was refused for what it is

An error of the handler is answered with EIO, and raised.

    srv = nl.serve("route", {})
    print(try_(srv.step, timeout = 0.001).error.kind)      # timeout`

var stepParams = []param{{"timeout", "duration = None", "how long to wait before it raises; for ever by default"}}

func (s *server) step(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "timeout??", &timeout); err != nil {
		return nil, err
	}
	limit, err := duration(timeout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	if limit == 0 {
		limit = -1
	}
	return s.serveOne(th, fn.Name(), limit, limit)
}

const runDoc = `answers requests until stop() is called, or until() is true after one; returns how many there were

While it waits, other tasks run. It raises when timeout is over.

    srv = nl.serve("route", {})
    print(try_(srv.run, timeout = 0.001).error.kind)       # timeout`

var runParams = []param{
	{"until", "callable = None", "called after each request"},
	{"timeout", "duration = None", "how long it may take as a whole before it raises; for ever by default"},
}

func (s *server) run(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var until starlark.Callable
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "until??", &until, "timeout??", &timeout); err != nil {
		return nil, err
	}
	limit, err := duration(timeout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	end := time.Now().Add(limit)
	defer func() { s.stopped = false }()
	for n := 0; ; n++ {
		if s.stopped { // by the last handler, or before it began
			return starlark.MakeInt(n), nil
		}
		left := time.Duration(-1)
		if limit > 0 {
			left = max(1, time.Until(end))
		}
		if _, err := s.serveOne(th, fn.Name(), left, limit); errors.Is(err, errStopped) {
			return starlark.MakeInt(n), nil
		} else if err != nil {
			return nil, err
		}
		if until == nil {
			continue
		}
		if v, err := host.Call(th, until, nil, nil); err != nil {
			return nil, err
		} else if v.Truth() {
			return starlark.MakeInt(n + 1), nil
		}
	}
}

// errStopped ends a wait of run.
var errStopped = errors.New("the server was stopped")

const stopDoc = `ends run(): after the request that is being answered, at once if none is

    srv = nl.serve("route", {})
    srv.stop()
    print(srv.run())                                       # 0`

func (s *server) stop(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	s.stopped = true
	if s.idle && s.waits.cancel != nil {
		s.waits.cancel(errStopped)
	}
	return starlark.None, nil
}

const notifyDoc = `sends an event to the members of a multicast group

    srv = nl.serve("route", {})
    srv.notify("dellink-ntf", {"ifname": "br0"}, group = "link")`

var notifyParams = []param{
	{"op", "string", "the notification or event of the spec"},
	{"fields", "dict or message = None", "what it says"},
	{"group", "string = None", "the group; by default that of the spec (mcgrp)"},
}

func (s *server) notify(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var op, group string
	var v starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "op", &op, "fields??", &v, "group??", &group); err != nil {
		return nil, err
	}
	var fields []schema.Field
	err := s.usable()
	if v != nil && err == nil {
		if fields, err = positional(th, v); err != nil {
			err = fmt.Errorf("for parameter fields: %w", err)
		}
	}
	if err == nil {
		err = s.s.Notify(op, group, fields)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}

// receive waits for the next request; nil is one that was refused. said is the
// limit that the user knows.
func (s *server) receive(th *starlark.Thread, limit, said time.Duration) (call *session.Call, err error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	s.idle = true
	defer func() { s.idle = false }()
	err = s.waits.wait(th, func(ctx context.Context) (err error) {
		call, err = s.s.Next(ctx, limit)
		return err
	})
	var timeout *sock.TimeoutError
	if errors.As(err, &timeout) {
		err = &sock.TimeoutError{Op: "request", After: said}
	}
	return call, err
}
