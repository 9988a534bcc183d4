package builtins

import (
	"context"
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/sock"
)

// selectable is what nl.select can wait for.
type selectable interface {
	starlark.Value

	// pollable is the socket to wait for, or why there is none.
	pollable() (*sock.Conn, error)

	// waiters is where it is noted that somebody waits for the socket.
	waiters() *receiver

	// arrived is what is there; ok is false if it was nothing for the script.
	arrived() (v starlark.Value, ok bool, err error)
}

var (
	_ selectable = (*family)(nil)
	_ selectable = (*server)(nil)
)

func (f *family) pollable() (*sock.Conn, error) { return f.f.EventConn(), f.subscribed() }
func (f *family) waiters() *receiver            { return &f.waits }

func (f *family) arrived() (starlark.Value, bool, error) {
	e, ok, err := f.f.TryEvent()
	if !ok || err != nil {
		return nil, false, err
	}
	return f.event(&e), true, nil
}

const selectDoc = `waits until one of several sources has something and returns (source, event)

A source is a family that has joined groups, or a server: with that comes None in place of an event, and step() handles
the request. None of them is kept waiting by one that always has something. It raises at timeout.

    links = nl.open("route", groups = ["link"])
    addrs = nl.open("route", groups = ["ipv4-ifaddr"])
    rt.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
    source, event = nl.select([links, addrs], timeout = "1s")
    print(source == links, event.op)`

var selectParams = []param{
	{"sources", "list", "families with groups, servers"},
	{"timeout", "duration = None", "how long to wait before it raises; for ever by default"},
}

func (env *environ) nlSelect(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var list starlark.Iterable
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "sources", &list, "timeout??", &timeout); err != nil {
		return nil, err
	}
	limit, err := duration(timeout)
	var v starlark.Value
	if err == nil {
		var sources []selectable
		if sources, err = selectables(th, list); err == nil {
			v, err = env.selectFrom(th, sources, env.scaled(limit))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return v, nil
}

func selectables(th *starlark.Thread, list starlark.Iterable) ([]selectable, error) {
	var sources []selectable
	it := list.Iterate()
	defer it.Done()
	var v starlark.Value
	for it.Next(&v) {
		s, ok := v.(selectable)
		if !ok {
			return nil, fmt.Errorf("sources[%d]: got %s, want a family that has joined groups, or a server", len(sources), v.Type())
		}
		sources = append(sources, s)
	}
	if err := host.Pending(th); err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("sources: got none, want at least one")
	}
	return sources, nil
}

// selectFrom returns the first that has something, beginning with another one
// at each call.
func (env *environ) selectFrom(th *starlark.Thread, sources []selectable, limit time.Duration) (starlark.Value, error) {
	env.turn++
	first := int(env.turn % uint(len(sources)))
	var end time.Time
	if limit > 0 {
		end = time.Now().Add(limit)
	}
	for {
		conns, err := conns(sources)
		if err != nil {
			return nil, err
		}
		for i := range sources { // what one datagram brought is not in the socket any more
			s := sources[(first+i)%len(sources)]
			if v, ok, err := s.arrived(); ok || err != nil {
				return starlark.Tuple{s, v}, err
			}
		}
		left := time.Duration(-1)
		if !end.IsZero() {
			left = max(1, time.Until(end))
		}
		err = waitAll(th, waitersOf(sources), func(ctx context.Context) error {
			_, err := sock.Select(ctx, conns, first, left)
			return err
		})
		if _, isTimeout := err.(*sock.TimeoutError); isTimeout {
			err = &sock.TimeoutError{Op: "message", After: limit}
		}
		if err != nil {
			return nil, err
		}
	}
}

func conns(sources []selectable) ([]*sock.Conn, error) {
	list := make([]*sock.Conn, len(sources))
	for i, s := range sources {
		var err error
		if list[i], err = s.pollable(); err != nil {
			return nil, fmt.Errorf("sources[%d]: %w", i, err)
		}
		if s.waiters().cancel != nil {
			return nil, fmt.Errorf("sources[%d]: %w", i, errElsewhere)
		}
	}
	return list, nil
}

func waitersOf(sources []selectable) []*receiver {
	list := make([]*receiver, len(sources))
	for i, s := range sources {
		list[i] = s.waiters()
	}
	return list
}
