package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// Options say how to open a family.
type Options struct {
	NetNS   *netns.Handle // nil is where the caller is
	Groups  []string      // multicast groups to join
	Timeout time.Duration // of each call; 0 is 5 s, negative waits for ever
	RecvBuf int
	AllNSID bool   // events of other namespaces that this one has an id of
	Peer    uint32 // a process that serves the family (see Server), in place of the kernel
	Untap   bool   // the tap does not see it: it is what shows people what goes on

	// What is on unless switched off, see package sock.
	NoExtAck, NoCapAck, NoStrict bool
}

// Family is an open family: its specs, its numbers and its sockets.
type Family struct {
	Name    string
	Proto   int
	Specs   []*schema.Spec
	ID      uint16 // message type of generic netlink
	Version uint8
	Groups  []schema.Group

	reg  *Registry
	o    Options
	conn *sock.Conn // requests
	pool *sock.Pool // dumps
	gate gate       // to conn, which has one request at a time

	builders sync.Pool // of *wire.Builder

	events  *sock.Conn // nil until a group is joined
	arrived []Event
	serve   bool   // o.Peer is the own port
	origin  uint32 // see Watcher
}

// Open opens a family by name: a protocol ("route": all its specs together), a
// spec ("rt-link", "nftables"), or a generic netlink family ("ethtool"). A generic
// family that no spec describes is described by the kernel's own policy.
func (r *Registry) Open(ctx context.Context, name string, o Options) (*Family, error) {
	f := &Family{Name: name, reg: r, o: o}
	err := f.identify(name)
	var unknown *schema.Error
	if errors.As(err, &unknown) {
		if spec := r.improvise(ctx, name, o); spec != nil {
			f.Specs, f.Proto, err = []*schema.Spec{spec}, spec.ProtoNum, nil
		} else if p := r.provider(name); p != "" && o.Peer == 0 && unknown.Got == unknownFamily(name) {
			err = &MissingError{Family: name, What: "generic netlink family", Provider: p}
		}
	}
	if err != nil {
		return nil, err
	}
	if f.conn, err = f.dial(); err != nil {
		return nil, f.openError(err)
	}
	f.pool = sock.NewPool(f.redial)
	f.watched()
	if f.Specs[0].Generic() {
		err = f.resolve(ctx)
	} else {
		for _, s := range f.Specs {
			f.Groups = append(f.Groups, s.Groups...)
		}
	}
	if err == nil {
		err = f.Join(o.Groups...)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// identify finds the specs that a name stands for.
func (f *Family) identify(name string) error {
	spec, err := f.reg.Find(name)
	if err != nil {
		return err
	}
	if spec != nil && spec != f.reg.core {
		f.Specs, f.Proto = []*schema.Spec{spec}, spec.ProtoNum
		return nil
	}
	if num, ok := f.reg.protocol(name); ok {
		f.Proto, f.Name = num, f.reg.protocolName(num) // as the kernel spells it
		if f.Specs, err = f.reg.ofProtocol(num); err != nil || len(f.Specs) > 0 {
			return err
		}
		if num == unix.NETLINK_GENERIC {
			return &schema.Error{Got: fmt.Sprintf("protocol %q", name), Want: "one of its families", Hint: "nl.families(kernel = True) lists those that this kernel has"}
		}
		return &schema.Error{Got: fmt.Sprintf("protocol %q", name), Want: "one that a spec describes", Hint: "load its spec: --specs DIR; nl.socket takes it without"}
	}
	return f.reg.noFamily(name)
}

func unknownFamily(name string) string { return fmt.Sprintf("unknown family %q", name) }

// noFamily says what there is, and what may have been meant: C's name of
// a protocol, or the name by which libraries go.
func (r *Registry) noFamily(name string) error {
	known, protocols := r.Names(), []string(nil)
	for _, p := range r.ProtocolNames() {
		num, _ := r.protocol(p)
		if specs, err := r.ofProtocol(num); err == nil && len(specs) > 0 {
			protocols = append(protocols, p)
		}
	}
	hint, bare := schema.Suggest(name, append(r.ProtocolNames(), known...)), strings.ToLower(name)
	if c := r.core.FindConst("called-" + bare); c != nil { // a name by which libraries know it
		bare = c.Text
	}
	bare = strings.TrimPrefix(strings.ReplaceAll(bare, "_", "-"), "netlink-")
	if slices.Contains(append(r.ProtocolNames(), known...), bare) {
		hint = fmt.Sprintf("did you mean %q?", bare)
	}
	if hint == "" {
		hint = "load its spec: --specs DIR, or nl.load_spec(FILE)"
	}
	return &schema.Error{Got: unknownFamily(name), Want: "one of " + strings.Join(append(protocols, known...), ", "), Hint: hint}
}

// dial opens a socket in the family's namespace.
func (f *Family) dial() (conn *sock.Conn, err error) {
	open := func() error {
		if f.o.Untap {
			conn, err = f.reg.open(f.socket())
		} else {
			conn, err = f.reg.dial(f.Name, f.socket())
		}
		return err
	}
	if f.o.NetNS == nil {
		return conn, open()
	}
	return conn, netns.Do(f.o.NetNS, open)
}

// socket is what the family's sockets are like. A family that a process serves
// is spoken to on NETLINK_USERSOCK, whatever protocol it has in the kernel.
func (f *Family) socket() sock.Options {
	o := sock.Options{
		Proto: f.Proto, Timeout: f.o.Timeout, RecvBuf: f.o.RecvBuf,
		NoExtAck: f.o.NoExtAck, NoCapAck: f.o.NoCapAck, NoStrict: f.o.NoStrict,
	}
	switch {
	case f.serve:
		o.Proto, o.Port, o.AnyPeer = unix.NETLINK_USERSOCK, f.o.Peer, true
	case f.o.Peer != 0:
		o.Proto, o.Peer = unix.NETLINK_USERSOCK, f.o.Peer
	default:
		o.AnyPeer = f.Proto == unix.NETLINK_USERSOCK // only processes send there
	}
	return o
}

// openError names the protocol that the kernel does not have.
func (f *Family) openError(err error) error {
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		name := f.reg.protocolName(f.Proto)
		return &MissingError{Family: name, What: "protocol", Provider: f.reg.provider(name)}
	}
	return err
}

// MissingError is a family or protocol that the running kernel does not have.
type MissingError struct {
	Family   string
	What     string // protocol, family
	Provider string // the module or option that usually brings it
}

func (e *MissingError) Error() string {
	s := fmt.Sprintf("the kernel has no %s %q", e.What, e.Family)
	if e.Provider != "" {
		s += fmt.Sprintf(" (usually provided by %s)", e.Provider)
	}
	return s
}

// resolve asks for the numbers of a generic netlink family.
func (f *Family) resolve(ctx context.Context) error {
	ctrl, err := f.reg.Find(controllerName)
	if err != nil {
		return err
	}
	if ctrl == nil {
		return errors.New("no spec of nlctrl, which finds the families of generic netlink")
	}
	name := f.Specs[0].Name
	ask := &Family{Name: "nlctrl", Proto: f.Proto, Specs: []*schema.Spec{ctrl}, ID: genlCtrlID, Version: 1, reg: f.reg, o: f.o, conn: f.conn}
	op, err := ask.Op("getfamily")
	if err != nil {
		return err
	}
	req, err := op.Build(Do, []schema.Field{{Name: "family-name", Val: schema.TextValue(name)}}, 0)
	if err != nil {
		return err
	}
	reply, err := ask.Do(ctx, req, CallOptions{})
	switch {
	case errors.Is(err, unix.ENOENT):
		return &MissingError{Family: name, What: "generic netlink family", Provider: f.reg.provider(name)}
	case err != nil:
		return err
	case len(reply.Msgs) == 0:
		return fmt.Errorf("the kernel answered nothing about generic netlink family %q", name)
	}
	return f.take(&reply.Msgs[0])
}

// genlCtrlID is GENL_ID_CTRL, the one family whose number is fixed
// (linux/genetlink.h).
const genlCtrlID = 0x10

// take reads id, version and groups from the answer to getfamily.
func (f *Family) take(m *Message) error {
	id, ok, err := m.Get("family-id")
	if err != nil || !ok || id.Kind() != schema.Uint || id.Uint64() < wire.MinType {
		return fmt.Errorf("the kernel's answer about generic netlink family %q has no id", f.Name)
	}
	f.ID = uint16(id.Uint64())
	version, _, _ := m.Get("version")
	f.Version = uint8(version.Uint64())
	groups, _, err := m.Get("mcast-groups")
	for _, g := range groups.Fields() {
		sub := g.Val.Msg()
		if sub == nil {
			continue
		}
		name, _, _ := sub.Get("name")
		num, _, _ := sub.Get("id")
		f.Groups = append(f.Groups, schema.Group{Name: name.Text(), Key: schema.Key(name.Text()), Value: int32(num.Uint64())})
	}
	return err
}

// group finds a group by its name, with or without what stands before the
// first dash in all names of the family ("rtnlgrp-").
func (f *Family) group(name string) (uint32, error) {
	prefix, key := f.groupPrefix(), schema.Key(name)
	var names []string
	for _, g := range f.Groups {
		short := strings.TrimPrefix(g.Name, prefix)
		if g.Key == key || schema.Key(short) == key {
			return uint32(g.Value), nil
		}
		names = append(names, short)
	}
	want := "a multicast group: " + strings.Join(names, ", ")
	if len(names) == 0 {
		want = "no group: the family has none"
	}
	return 0, &schema.Error{Path: "groups", Got: fmt.Sprintf("%q", name), Want: want, Hint: schema.Suggest(name, names)}
}

// groupPrefix is the first part of a name, with its dash, if all groups have it.
func (f *Family) groupPrefix() string {
	if len(f.Groups) == 0 {
		return ""
	}
	first, _, _ := strings.Cut(f.Groups[0].Name, "-")
	for _, g := range f.Groups {
		if !strings.HasPrefix(g.Name, first+"-") {
			return ""
		}
	}
	return first + "-"
}

// Close closes the sockets. Closing again does nothing.
func (f *Family) Close() error {
	if f.pool != nil {
		_ = f.pool.Close()
	}
	if f.events != nil {
		_ = f.events.Close()
	}
	if f.conn == nil {
		return nil
	}
	return f.gate.close(f.conn.Close)
}

// Closed reports whether the family was closed.
func (f *Family) Closed() bool { return f.conn == nil || f.gate.closed() }

// NetNS is the namespace of the sockets, nil for that in which the family was opened.
func (f *Family) NetNS() *netns.Handle { return f.o.NetNS }

// Conn is the socket for requests.
func (f *Family) Conn() *sock.Conn { return f.conn }

// OpNames lists the operations in the scripts' spelling.
func (f *Family) OpNames() []string {
	var names []string
	for _, s := range f.Specs {
		for i := range s.Ops {
			names = append(names, s.Ops[i].Key)
		}
	}
	return names
}

// Op finds an operation by name.
func (f *Family) Op(name string) (*Op, error) {
	for _, s := range f.Specs {
		if op := s.FindOp(name); op != nil {
			return &Op{Family: f, Spec: s, Op: op}, nil
		}
	}
	return nil, &schema.Error{Got: fmt.Sprintf("unknown operation %q", name), Want: "an operation of " + f.Name, Hint: schema.Suggest(name, f.OpNames())}
}

// opOfReply finds the operation and spec that a message of the kernel belongs to.
func (f *Family) opOfReply(num int) (*schema.Spec, *schema.Op) {
	for _, s := range f.Specs {
		if op := s.OpOfReply(num); op != nil {
			return s, op
		}
	}
	return nil, nil
}
