package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// eventBuf is the receive buffer of a socket for events. It is a limit and not
// memory: with the usual net.core.rmem_max an ordinary user gets less.
const eventBuf = 32 << 20

// Event is a notification, or a gap: notifications that the kernel dropped
// because nobody read them in time.
type Event struct {
	Message
	Group uint32 // it was sent to, 0 for none
	NSID  int32  // of the namespace it is from, with Options.AllNSID; -1 is unknown or the socket's own
	Port  uint32 // of the sender, 0 is the kernel
	Gap   bool   // there is no message, some are lost instead
	Lost  uint64 // how many, 0 is unknown
	Heard uint32 // Origin of the socket; that of the message is where it is from
}

// Name is what the event goes by: the operation without the suffix that tells
// a notification from the request of the same name; "" where no spec has its type.
func (e *Event) Name() string {
	switch {
	case e.Gap:
		return "overrun"
	case e.Op == nil:
		return ""
	}
	return EventName(e.Op)
}

// EventName is what an operation goes by where it is a notification.
func EventName(op *schema.Op) string { return strings.TrimSuffix(op.Key, "_ntf") }

// ErrNoGroups is waiting for events without having joined a group.
var ErrNoGroups = errors.New(`no group was joined, so no event can come (groups = [...] when opening, or join)`)

// Join joins multicast groups by name. Events have a socket of their own, with
// a large buffer: a flood of them takes no room from the answers to requests.
func (f *Family) Join(names ...string) error {
	if f.Closed() {
		return ErrClosed
	}
	for _, name := range names {
		num, err := f.group(name)
		if err != nil {
			return err
		}
		if err := f.subscribe(); err != nil {
			return err
		}
		if err := f.events.Join(num); err != nil {
			return f.joinError(name, err)
		}
	}
	return nil
}

// joinError explains the one errno that users meet.
func (f *Family) joinError(name string, err error) error {
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("groups: %q: %w (it takes CAP_NET_ADMIN; --rootless gives it in a namespace of your own)", name, err)
	}
	return fmt.Errorf("groups: %q: %w", name, err)
}

// Leave leaves groups. What has arrived from them already is still handed out.
func (f *Family) Leave(names ...string) error {
	if f.Closed() {
		return ErrClosed
	}
	for _, name := range names {
		num, err := f.group(name)
		if err != nil {
			return err
		}
		if f.events == nil {
			continue
		}
		if err := f.events.Leave(num); err != nil {
			return f.joinError(name, err)
		}
	}
	return nil
}

// subscribe opens the socket for events when it is first needed.
func (f *Family) subscribe() error {
	if f.events != nil {
		return nil
	}
	conn, err := f.redial()
	if err != nil {
		return err
	}
	size := f.o.RecvBuf
	if size == 0 {
		size = eventBuf
	}
	if err = conn.SetRecvBuf(size); err == nil && f.o.AllNSID {
		err = conn.SetOption(unix.NETLINK_LISTEN_ALL_NSID, true)
	}
	if err != nil {
		conn.Close()
		return err
	}
	f.events = conn
	return nil
}

// EventConn is the socket for events, nil if no group was joined.
func (f *Family) EventConn() *sock.Conn { return f.events }

// Event returns the next event, waiting for it; timeout 0 is that of the
// family, negative waits for ever. A gap is an event, in its place in the order.
func (f *Family) Event(ctx context.Context, timeout time.Duration) (Event, error) {
	for {
		e, ok, err := f.queued()
		if ok || err != nil {
			return e, err
		}
		d, err := f.events.Recv(ctx, timeout)
		if err := f.arrive(d, err); err != nil {
			return Event{}, err
		}
	}
}

// TryEvent is Event without waiting: ok is false if there is none.
func (f *Family) TryEvent() (e Event, ok bool, err error) {
	for {
		if e, ok, err = f.queued(); ok || err != nil {
			return e, ok, err
		}
		d, ok, err := f.events.TryRecv()
		if !ok && err == nil {
			return Event{}, false, nil
		}
		if err := f.arrive(d, err); err != nil {
			return Event{}, false, err
		}
	}
}

// queued hands out what came in the same datagram as the last event.
func (f *Family) queued() (Event, bool, error) {
	switch {
	case f.Closed():
		return Event{}, false, ErrClosed
	case f.events == nil:
		return Event{}, false, ErrNoGroups
	case len(f.arrived) == 0:
		return Event{}, false, nil
	}
	e := f.arrived[0]
	f.arrived = f.arrived[1:]
	return e, true, nil
}

// arrive takes in what one receive returned.
func (f *Family) arrive(d sock.Datagram, err error) error {
	var gap *sock.OverrunError
	if errors.As(err, &gap) {
		f.arrived = append(f.arrived, Event{Gap: true, Lost: gap.Lost, NSID: -1})
		return nil
	}
	if err != nil {
		return err
	}
	it := d.Messages()
	for it.Next() {
		switch h := it.Header(); {
		case h.Type == wire.TypeOverrun:
			f.arrived = append(f.arrived, Event{Gap: true, NSID: -1})
		case h.Type >= wire.MinType:
			e := Event{Message: f.notification(it.Message()), Group: d.Group, NSID: d.NSID, Port: d.Port, Heard: f.origin}
			e.Origin = f.foreign(d.NSID)
			f.seen(&e.Msg)
			f.arrived = append(f.arrived, e)
		}
	}
	if it.Err() != nil {
		return fmt.Errorf("malformed event: %w", it.Err())
	}
	return nil
}

// notification gives an event its schema. Of a type that no spec has, it is bytes.
func (f *Family) notification(raw []byte) Message {
	body, num := wire.HeaderLen, int(wire.ParseHeader(raw).Type)
	if f.Specs[0].Generic() {
		body += wire.GenlHeaderLen
		num = -1
		if len(raw) >= body && wire.ParseHeader(raw).Type == f.ID {
			num = int(raw[wire.HeaderLen])
		}
	}
	m := Message{Raw: raw, Msg: schema.Msg{Spec: f.Specs[0], Payload: schema.KindBinary, Data: bodyOf(raw, body)}}
	spec, op := f.opOfReply(num)
	if s, asked := f.opOfRequest(num); asked != nil && !f.Specs[0].Generic() && (op == nil || sameShape(spec, op, s, asked, num)) {
		spec, op = s, asked // new and delete go by the name of the request, and not by that of the get whose replies look the same
	}
	if op != nil {
		m.Op = op
		m.Msg = schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: spec.Set(op.Set), Payload: op.Payload, Data: m.Data}
	}
	return m
}

// sameShape says that a message of the type num may as well be called by the request as by the reply that has it. What a
// spec calls a notification has its name from there.
func sameShape(spec *schema.Spec, op *schema.Op, s *schema.Spec, asked *schema.Op, num int) bool {
	return op.Ntf != int32(num) && s == spec && asked.Header == op.Header && asked.Set == op.Set && asked.Payload == op.Payload
}

func (f *Family) opOfRequest(num int) (*schema.Spec, *schema.Op) {
	for _, s := range f.Specs {
		if op := s.OpOfRequest(num); op != nil {
			return s, op
		}
	}
	return nil, nil
}

// bodyOf is what follows the headers of a message, nothing if it is shorter.
func bodyOf(raw []byte, body int) []byte {
	if len(raw) < body {
		return nil
	}
	return raw[body:]
}

// GroupNames are the names of the groups that Join takes, without what all of them begin with.
func (f *Family) GroupNames() []string {
	names, prefix := make([]string, len(f.Groups)), f.groupPrefix()
	for i, g := range f.Groups {
		names[i] = strings.TrimPrefix(g.Name, prefix)
	}
	return names
}

// GroupName is the name of a group by its number, as Join takes it; "" where it has none.
func (f *Family) GroupName(num uint32) string {
	for _, g := range f.Groups {
		if uint32(g.Value) == num {
			return strings.TrimPrefix(g.Name, f.groupPrefix())
		}
	}
	return ""
}
