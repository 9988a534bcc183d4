package session

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// Mode is how an operation is called.
type Mode uint8

// The modes.
const (
	Do Mode = iota
	Dump
)

func (m Mode) String() string {
	if m == Dump {
		return "dump"
	}
	return "do"
}

// Op is an operation of an open family.
type Op struct {
	*schema.Op
	Family *Family
	Spec   *schema.Spec
}

// Header is the fixed header of the operation's messages, nil for none.
func (o *Op) Header() *schema.Struct { return o.Spec.Struct(o.Op.Header) }

// Set is the attribute set of the operation's messages, nil for none.
func (o *Op) Set() *schema.Set { return o.Spec.Set(o.Op.Set) }

// Request is a built message.
type Request struct {
	Op    *Op
	Mode  Mode
	Bytes []byte // a whole message; sequence and port are filled in when it is sent

	marks wire.Marks
}

// Build encodes a request. fields are as schema.Encoder takes them, flags are
// those of nlmsghdr beyond what the mode needs.
func (o *Op) Build(mode Mode, fields []schema.Field, flags uint16) (*Request, error) {
	m, err := o.mode(mode)
	if err != nil {
		return nil, err
	}
	h := wire.Header{Type: uint16(m.Request), Flags: flags | wire.FlagRequest}
	if mode == Dump {
		h.Flags |= wire.FlagDump
	}
	b := o.Family.builder()
	defer o.Family.builders.Put(b)
	if o.Spec.Generic() {
		h.Type = o.Family.ID
		b.Begin(h)
		b.Raw([]byte{byte(m.Request), o.Family.Version, 0, 0})
	} else {
		b.Begin(h)
	}
	enc := schema.Encoder{Spec: o.Spec, Out: b, Resolve: o.Family.lookup}
	if err := enc.Body(o.Header(), o.Spec.RequestSet(o.Op, m), o.Payload, fields); err != nil {
		return nil, err
	}
	msg, err := b.End()
	if err != nil {
		return nil, err
	}
	return &Request{Op: o, Mode: mode, Bytes: append(make([]byte, 0, len(msg)), msg...), marks: b.Marks()}, nil
}

// builder is one that was used before, as its buffer has grown by then.
func (f *Family) builder() *wire.Builder {
	if b, ok := f.builders.Get().(*wire.Builder); ok {
		b.Reset()
		return b
	}
	return new(wire.Builder)
}

func (o *Op) mode(mode Mode) (*schema.Mode, error) {
	m := &o.Do
	if mode == Dump {
		m = &o.Dump
	}
	if m.Has && m.Request >= 0 {
		return m, nil
	}
	can := ""
	switch {
	case o.Do.Has:
		can = "it can only be called once: " + o.Key + "(...)"
	case o.Dump.Has:
		can = "it can only be dumped: " + o.Key + ".dump(...)"
	case o.Ntf >= 0:
		can = "it is a notification of the kernel"
	}
	return nil, &schema.Error{Got: mode.String(), Want: "a mode that " + o.Key + " has", Hint: can}
}

// bodyOffset is where the fixed header starts in a message.
func (o *Op) bodyOffset() int {
	if o.Spec.Generic() {
		return wire.HeaderLen + wire.GenlHeaderLen
	}
	return wire.HeaderLen
}

// WithBytes is the request with other bytes after the same header.
func (r *Request) WithBytes(b []byte) *Request { return &Request{Op: r.Op, Mode: r.Mode, Bytes: b} }

// Resolve turns the name of something that a row of the role counts into its
// number, in the namespace of the family: "lo" into 1.
func (o *Op) Resolve(role schema.Role, name string) (uint64, error) {
	return o.Family.lookup(role, name)
}

// set is the attribute set of the request.
func (r *Request) set() *schema.Set {
	m := &r.Op.Do
	if r.Mode == Dump {
		m = &r.Op.Dump
	}
	return r.Op.Spec.RequestSet(r.Op.Op, m)
}

// Msg is the request as a message: what it says, by its own schema.
func (r *Request) Msg() *schema.Msg {
	return &schema.Msg{
		Spec: r.Op.Spec, Header: r.Op.Header(), Set: r.set(), Payload: r.Op.Payload, Data: r.Bytes[r.Op.bodyOffset():],
		Origin: r.Op.Family.origin,
	}
}

// lookup turns names into numbers for the encoder.
func (f *Family) lookup(role schema.Role, name string) (uint64, error) {
	if role != schema.RoleIfindex {
		return 0, fmt.Errorf(`a %s is given as a number or a netns: netns.open(%q)`, role, name)
	}
	n, err := f.ifindex(name)
	if w := f.reg.Watcher; w != nil && err == nil {
		w.Named(f.origin, uint32(n), f.ifname(uint32(n))) // name may be an alternative one
	}
	return n, err
}

// ifindex asks for the index of an interface in the namespace of the socket,
// whichever the calling thread is in: the ioctl goes through the socket. It
// takes alternative names too, but none that is longer than the name of an interface.
func (f *Family) ifindex(name string) (uint64, error) {
	if len(name) >= altNameSize {
		return 0, fmt.Errorf("no interface can have this name: it has %d bytes, want at most %d", len(name), altNameSize-1)
	}
	req, err := unix.NewIfreq(name)
	if err != nil {
		return f.ifindexOfAlt(name)
	}
	switch err := unix.IoctlIfreq(f.conn.FD(), unix.SIOCGIFINDEX, req); err {
	case nil:
		return uint64(req.Uint32()), nil
	case unix.ENODEV:
		return 0, fmt.Errorf("no such interface%s", f.suggestLink(name))
	default:
		return 0, err
	}
}

// altNameSize is ALTIFNAMSIZ (linux/if.h), since v5.5.
const altNameSize = 128

// ifindexOfAlt is ifindex by rtnetlink, on a socket of its own that is opened where that of
// the family was.
func (f *Family) ifindexOfAlt(name string) (uint64, error) {
	o := Options{NetNS: f.o.NetNS, Timeout: f.o.Timeout}
	if o.NetNS == nil {
		ns, err := f.namespace()
		if err != nil {
			return 0, err
		}
		defer ns.Close()
		o.NetNS = ns
	}
	ctx := context.Background() // the kernel answers while it is asked; the family's timeout is for all else
	links, err := f.reg.Open(ctx, linkSpec, o)
	if err != nil {
		return 0, err
	}
	defer links.Close()
	op, err := links.Op("getlink")
	if err != nil {
		return 0, err
	}
	req, err := op.Build(Do, []schema.Field{{Name: "alt-ifname", Val: schema.TextValue(name)}}, 0)
	if err != nil {
		return 0, err
	}
	reply, err := links.Do(ctx, req, CallOptions{})
	switch {
	case errors.Is(err, unix.ENODEV) || err == nil && len(reply.Msgs) == 0:
		return 0, errors.New("no such interface")
	case err != nil:
		return 0, err
	}
	index, _, err := reply.Msgs[0].Get("ifi-index")
	return index.Uint64(), err
}

// linkSpec is the spec in which interfaces are looked up.
const linkSpec = "rt-link"

// suggestLink is best effort: it knows the interfaces of the calling thread only.
func (f *Family) suggestLink(name string) string {
	if f.o.NetNS != nil {
		return ""
	}
	links, err := net.Interfaces()
	if err != nil {
		return ""
	}
	var names []string
	for _, l := range links {
		names = append(names, l.Name)
	}
	if hint := schema.Suggest(name, names); hint != "" {
		return ", " + hint
	}
	return ""
}
