package session

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// Answer sends the replies to a call, and what ends them: after a dump NLMSG_DONE, otherwise an
// acknowledgement if one was asked for. A reply that its operation cannot hold is a
// *schema.Error, and nothing was sent: Refuse the call then.
func (s *Server) Answer(ctx context.Context, call *Call, replies [][]schema.Field) error {
	datagrams, err := s.Encode(call, replies)
	if err != nil {
		return err
	}
	return s.Send(ctx, call, datagrams)
}

// Encode makes the datagrams of an Answer.
func (s *Server) Encode(call *Call, replies [][]schema.Field) ([][]byte, error) {
	m, flags := &call.Op.Do, uint16(0)
	if call.Mode == Dump {
		m, flags = &call.Op.Dump, wire.FlagMulti
	}
	if len(replies) > 0 && m.Reply < 0 {
		return nil, &schema.Error{Got: "a reply to " + call.Op.Key, Want: "none: by the spec it has no reply"}
	}
	h := wire.ParseHeader(call.Raw)
	var datagrams [][]byte
	for i, fields := range replies {
		msg, err := s.message(call.Spec, call.Op, int(m.Reply), wire.Header{Flags: flags, Seq: h.Seq, Port: call.Port}, fields)
		if err != nil {
			if len(replies) > 1 {
				err = fmt.Errorf("reply %d: %w", i, err)
			}
			return nil, err
		}
		datagrams = appendMessage(datagrams, msg, call.Mode == Dump)
	}
	if call.Mode == Dump || h.Flags&wire.FlagAck != 0 {
		datagrams = append(datagrams, s.end(call, nil))
	}
	return datagrams, nil
}

// dumpDatagram is how much of a dump goes into one datagram.
const dumpDatagram = 16 << 10

// appendMessage adds a message to the last datagram of a dump while there is room.
func appendMessage(datagrams [][]byte, msg []byte, join bool) [][]byte {
	if n := len(datagrams); join && n > 0 {
		last := datagrams[n-1]
		if at := wire.Align(len(last)); at+len(msg) <= dumpDatagram {
			datagrams[n-1] = append(append(last, make([]byte, at-len(last))...), msg...)
			return datagrams
		}
	}
	return append(datagrams, msg)
}

// message encodes a reply or notification, in memory of its own.
func (s *Server) message(spec *schema.Spec, op *schema.Op, num int, h wire.Header, fields []schema.Field) ([]byte, error) {
	b := &s.out
	b.Reset()
	h.Type = uint16(num)
	if spec.Generic() {
		h.Type = s.Family.ID
		b.Begin(h)
		b.Raw([]byte{byte(num), s.Family.Version, 0, 0})
	} else {
		b.Begin(h)
	}
	enc := schema.Encoder{Spec: spec, Out: b, Resolve: s.Family.lookup}
	if err := enc.Body(spec.Struct(op.Header), spec.Set(op.Set), op.Payload, fields); err != nil {
		return nil, err
	}
	msg, err := b.End()
	return append([]byte(nil), msg...), err
}

// Refuse answers a call with an error.
func (s *Server) Refuse(ctx context.Context, call *Call, r *Refusal) error {
	return s.Send(ctx, call, [][]byte{s.end(call, r)})
}

// Send sends what Encode made to the client of a call.
func (s *Server) Send(ctx context.Context, call *Call, datagrams [][]byte) error {
	return s.send(ctx, call.Port, datagrams)
}

// send sends datagrams in order. That the client has gone, or reads nothing, is counted.
func (s *Server) send(ctx context.Context, port uint32, datagrams [][]byte) error {
	for i, d := range datagrams {
		err := s.Family.conn.SendWait(ctx, port, d, s.timeout)
		var timeout *sock.TimeoutError
		switch {
		case err == nil:
		case errors.As(err, &timeout), errors.Is(err, unix.ECONNREFUSED), errors.Is(err, unix.EPERM):
			s.unread += uint64(len(datagrams) - i)
			return nil
		default:
			return err
		}
	}
	return nil
}

// Notify sends an event to the members of a group, "" for the group that the spec says.
func (s *Server) Notify(name, group string, fields []schema.Field) error {
	f := s.Family
	if f.Closed() {
		return ErrServerClosed
	}
	op, err := f.Op(name)
	if err != nil {
		return err
	}
	if op.Ntf < 0 {
		return &schema.Error{Got: op.Key, Want: "a notification or an event of the spec"}
	}
	if group == "" {
		group = op.Group
	}
	if group == "" {
		return &schema.Error{Path: "group", Got: "none", Want: "one: the spec has no mcgrp for " + op.Key}
	}
	num, err := f.group(group)
	if err != nil {
		return err
	}
	if num == 0 || num > maxServedGroup {
		return &schema.Error{Path: "group", Got: fmt.Sprintf("%q with the number %d", group, num), Want: "a number from 1 to 32 (NETLINK_USERSOCK has no more)"}
	}
	msg, err := s.message(op.Spec, op.Op, int(op.Ntf), wire.Header{}, fields)
	if err != nil {
		return err
	}
	// The group has it by the time the kernel finds that port 0, itself,
	// does not listen.
	if err := f.conn.SendTo(0, num, msg); err != nil && !errors.Is(err, unix.ECONNREFUSED) {
		return err
	}
	return nil
}
