package builtins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
)

// event is a notification: a message, and how it came here. The names of the
// message come first: what an event has of its own has names that no spec uses.
type event struct {
	msg    *message // nil for a gap
	name   starlark.Value
	group  starlark.Value
	source session.Event
	quiet  bool // of a scenario: see overrun
}

var _ starlark.HasAttrs = (*event)(nil)

func (f *family) event(e *session.Event) *event {
	v := &event{source: *e, quiet: f.env.red != nil, group: starlark.None, name: starlark.String(e.Name())}
	if e.Gap {
		return v
	}
	v.msg = f.env.fromKernel(&e.Message)
	if e.Op == nil {
		v.name = starlark.MakeInt(int(e.Type())) // as an enum value without a name
	}
	if e.Group != 0 {
		v.group = starlark.MakeInt(int(e.Group))
		if name := f.f.GroupName(e.Group); name != "" {
			v.group = starlark.String(name)
		}
	}
	return v
}

func (e *event) Type() string          { return "event" }
func (e *event) Freeze()               {}
func (e *event) Truth() starlark.Bool  { return true }
func (e *event) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: event") }

func (e *event) String() string {
	if e.msg == nil {
		return e.overrun()
	}
	return e.print(0)
}

// print writes the message under the name of the event.
func (e *event) print(indent int) string {
	name, _ := starlark.AsString(e.name)
	return printAs(e.msg, name, indent)
}

// Attr finds a part of the event, or a field of its message.
func (e *event) Attr(name string) (starlark.Value, error) {
	switch name {
	case "op":
		return e.name, nil
	case "msg":
		if e.msg == nil {
			return starlark.None, nil
		}
		return e.msg, nil
	case "from_group":
		return e.group, nil
	case "from_nsid":
		return numberOrNone(int(e.source.NSID)), nil
	case "from_port":
		return starlark.MakeUint64(uint64(e.source.Port)), nil
	}
	if e.msg != nil {
		if v, err := e.msg.Attr(name); err == nil || name != "kind" && name != "lost" {
			return v, err
		}
	}
	switch name {
	case "kind":
		if e.msg == nil {
			return starlark.String("overrun"), nil
		}
		return starlark.String("event"), nil
	case "lost":
		return starlark.MakeUint64(e.source.Lost), nil
	}
	return nil, noAttr("event overrun", name, e.AttrNames())
}

// AttrNames lists the parts and the fields of the message.
func (e *event) AttrNames() []string {
	names := []string{"from_group", "from_nsid", "from_port", "kind", "lost", "msg", "op"}
	if e.msg == nil {
		return names
	}
	for _, name := range e.msg.AttrNames() {
		if name != "kind" && name != "lost" {
			names = append(names, name)
		}
	}
	return names
}

const eventsDoc = `iterates over the events of the groups that were joined, as they come

An event is the message with op ("newlink", "dellink", ...), msg, from_group, from_nsid and from_port beside its
fields. Events that were lost, because they were not read in time, are one event in their place:
its kind and op are "overrun", and lost is their number (0: unknown).
timeout bounds the loop as a whole and raises; quiet ends it once nothing has come for so long. Without either it
goes on until break. The groups stay joined when it ends, and requests may be made inside the loop.

    ev = nl.open("route", groups = ["link"])
    rt.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
    for e in ev.events(timeout = "10s"):
        if e.op == "newlink" and e.ifname == "br0":
            break`

var eventsParams = []param{
	{"timeout", "duration = None", "raise when the loop has lasted so long; for ever by default"},
	{"quiet", "duration = None", "end when no event has come for so long"},
}

func (f *family) eventsCall(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var timeout, quiet starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "timeout??", &timeout, "quiet??", &quiet); err != nil {
		return nil, err
	}
	s := &eventSeq{f: f, made: th, name: fn.Name()}
	var err error
	if s.timeout, err = duration(timeout); err == nil {
		s.quiet, err = durationOf("quiet", quiet)
	}
	s.timeout, s.quiet = f.env.scaled(s.timeout), f.env.scaled(s.quiet)
	if err == nil {
		err = f.subscribed()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return s, nil
}

// durationOf is duration for a parameter of another name.
func durationOf(param string, v starlark.Value) (time.Duration, error) {
	d, err := duration(v)
	if err != nil {
		err = fmt.Errorf(`for parameter %s: got %s, want a duration like "10s" or a number of seconds`, param, v)
	}
	return d, err
}

// subscribed is an error where no event can come.
func (f *family) subscribed() error {
	if err := f.usable(); err != nil {
		return err
	}
	if f.f.EventConn() == nil {
		return session.ErrNoGroups
	}
	return nil
}

// eventSeq is what a loop over events iterates over.
type eventSeq struct {
	f              *family
	made           *starlark.Thread
	name           string
	timeout, quiet time.Duration
}

var _ starlark.Iterable = (*eventSeq)(nil)

func (s *eventSeq) Type() string          { return "events" }
func (s *eventSeq) Freeze()               {}
func (s *eventSeq) Truth() starlark.Bool  { return true }
func (s *eventSeq) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: events") }
func (s *eventSeq) String() string        { return fmt.Sprintf("<events of %s>", s.f.f.Name) }

// Iterate starts the clock.
func (s *eventSeq) Iterate() starlark.Iterator {
	it := &eventIterator{s: s}
	if s.timeout > 0 {
		it.end = time.Now().Add(s.timeout)
	}
	return it
}

type eventIterator struct {
	s     *eventSeq
	end   time.Time // zero for never
	ended bool
}

// Next waits for the next event. An error is raised at the loop.
func (it *eventIterator) Next(p *starlark.Value) bool {
	if it.ended {
		return false
	}
	s := it.s
	th := host.Current(s.made)
	limit, quiet := time.Duration(-1), false
	if !it.end.IsZero() {
		limit = max(1, time.Until(it.end))
	}
	if s.quiet > 0 && (limit < 0 || s.quiet < limit) {
		limit, quiet = s.quiet, true
	}
	e, err := s.f.next(th, limit)
	var timeout *sock.TimeoutError
	switch {
	case err == nil && (it.end.IsZero() || time.Now().Before(it.end)):
		*p = e
		return true
	case err == nil: // a flood of events does not outlast the limit
		err = &sock.TimeoutError{Op: "end of the events", After: s.timeout}
	case errors.As(err, &timeout) && quiet:
		it.ended = true
		return false
	case timeout != nil:
		err = &sock.TimeoutError{Op: "event", After: s.timeout}
	}
	it.ended = true
	return host.Raise(th, fmt.Errorf("%s: %w", s.name, err))
}

// Done leaves the groups joined.
func (it *eventIterator) Done() { it.ended = true }

// next returns the next event within limit, which is negative for ever.
func (f *family) next(th *starlark.Thread, limit time.Duration) (*event, error) {
	if err := f.subscribed(); err != nil {
		return nil, err
	}
	if f.waits.cancel != nil {
		return nil, errElsewhere
	}
	e, ok, err := f.f.TryEvent()
	if !ok && err == nil {
		err = f.waits.wait(th, func(ctx context.Context) (err error) {
			e, err = f.f.Event(ctx, limit)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return f.event(&e), nil
}

const eventRecvDoc = `waits for one event of the groups that were joined

    ev = nl.open("route", groups = ["link"])
    rt.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
    print(ev.recv(timeout = "1s").ifname)`

var eventRecvParams = []param{{"timeout", "duration = None", "how long to wait before it raises; that of the family by default"}}

func (f *family) recv(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "timeout??", &timeout); err != nil {
		return nil, err
	}
	limit, err := duration(timeout)
	var e *event
	if err == nil {
		e, err = f.next(th, f.patience(limit))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return e, nil
}

const drainDoc = `returns the events that have come so far, as a list, and does not wait

The kernel delivers the events of a request before it answers it, so what a request caused is there when it returns. For the
certainty that nothing else is on its way call barrier() first.

    ev = nl.open("route", groups = ["link"])
    rt.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
    print([e.op for e in ev.drain()])`

func (f *family) drain(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	err := f.subscribed()
	if err == nil && f.waits.cancel != nil {
		err = errElsewhere
	}
	var elems []starlark.Value
	for more := true; more && err == nil; {
		var e session.Event
		if e, more, err = f.f.TryEvent(); more && err == nil {
			elems = append(elems, f.event(&e))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.NewList(elems), nil
}

const groupJoinDoc = `joins multicast groups; family.groups lists them

    ev = nl.open("route")
    ev.join("link", "ipv4-route")`

const leaveDoc = `leaves multicast groups; what has come from them already is still handed out

    ev = nl.open("route", groups = ["link"])
    ev.leave("link")`

var groupParams = []param{{"*groups", "strings", "names of groups"}}

// membership makes join or leave.
func (f *family) membership(change func(names ...string) error) funcBody {
	return func(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if len(kwargs) > 0 {
			return nil, fmt.Errorf("%s: got keyword %s, want names of groups", fn.Name(), kwargs[0][0])
		}
		var names []string
		for i, arg := range args {
			name, ok := starlark.AsString(arg)
			if !ok {
				return nil, fmt.Errorf("%s: for parameter %d: got %s, want string", fn.Name(), i+1, arg.Type())
			}
			names = append(names, name)
		}
		err := f.usable()
		switch {
		case err != nil:
		case len(names) == 0:
			err = errors.New("got no group, want at least one")
		case f.waits.cancel != nil:
			err = errElsewhere
		default:
			err = change(names...)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fn.Name(), err)
		}
		return starlark.None, nil
	}
}
