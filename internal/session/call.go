package session

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// Message is a message of the kernel, or one that was built for it.
type Message struct {
	schema.Msg
	Op  *schema.Op // what it is; nil if no operation has this type
	Raw []byte     // whole, header included
}

// Type is the message type: for generic netlink the family's number.
func (m *Message) Type() uint16 { return wire.ParseHeader(m.Raw).Type }

// CallOptions refine one call.
type CallOptions struct {
	Timeout time.Duration // 0 is the family's
}

// Reply is the answer to a request.
type Reply struct {
	Msgs     []Message
	Warnings []Extack // what the kernel had to say though it did it
}

// Do sends a request and waits for its answer. What the kernel refuses is an
// *Error.
func (f *Family) Do(ctx context.Context, req *Request, o CallOptions) (*Reply, error) {
	if f.Closed() {
		return nil, ErrClosed
	}
	f.sent(req)
	ctx, err := f.gate.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { f.gate.leave(f.conn.Closed()) }()
	out, err := f.conn.DoWith(ctx, req.Bytes, sock.CallOptions{Timeout: o.Timeout})
	if err != nil {
		return nil, f.wrap(req, err)
	}
	return f.reply(req, &out), nil
}

// ErrClosed is a call on a family that was closed.
var ErrClosed = errors.New("the family is closed")

func (f *Family) reply(req *Request, out *sock.Outcome) *Reply {
	r := &Reply{}
	for _, raw := range out.Replies {
		r.Msgs = append(r.Msgs, f.message(req.Op, raw))
		f.seen(&r.Msgs[len(r.Msgs)-1].Msg)
	}
	if out.Warned() {
		r.Warnings = append(r.Warnings, f.reg.extack(out.Ack.TLVs))
	}
	return r
}

// message gives raw bytes their schema: that of the operation which asked,
// unless the type says otherwise.
func (f *Family) message(asked *Op, raw []byte) Message {
	body := wire.HeaderLen
	num := int(wire.ParseHeader(raw).Type)
	spec, op := asked.Spec, asked.Op
	if spec.Generic() {
		body += wire.GenlHeaderLen
		if len(raw) < body {
			body = len(raw)
		} else {
			num = int(raw[wire.HeaderLen])
		}
	}
	if num != int(op.Do.Reply) && num != int(op.Dump.Reply) {
		if s, other := f.opOfReply(num); other != nil {
			spec, op = s, other
		}
	}
	return Message{
		Msg: schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: spec.Set(op.Set), Payload: op.Payload, Data: raw[body:], Origin: f.origin},
		Op:  op, Raw: raw,
	}
}

// Dumped is a complete dump. Its messages are decoded when they are looked at.
type Dumped struct {
	*sock.Dump
	Notes []string // what the caller should know: checks that were dropped, warnings

	family *Family
	op     *Op
	frame  schema.Msg // what is the same for all messages
	body   int
}

// Msg is message i. It allocates nothing.
func (d *Dumped) Msg(i int) schema.Msg {
	m := d.frame
	m.Data = bodyOf(d.At(i), d.body)
	return m
}

// Frame is what all messages of the dump have in common, without bytes.
func (d *Dumped) Frame() schema.Msg { return d.frame }

// Data is message i after its message header.
func (d *Dumped) Data(i int) []byte { return bodyOf(d.At(i), d.body) }

// Op is the operation that was dumped.
func (d *Dumped) Op() *Op { return d.op }

// Message is message i with its type.
func (d *Dumped) Message(i int) Message { return d.family.message(d.op, d.At(i)) }

// Dump asks for everything and returns it complete, or an error; with an
// *sock.InterruptedError, what was received last is inside.
func (f *Family) Dump(ctx context.Context, req *Request, o CallOptions) (*Dumped, error) {
	if f.Closed() {
		return nil, ErrClosed
	}
	f.sent(req)
	others := strangers{req: req}
	opts := sock.DumpOptions{Timeout: o.Timeout, Each: others.watch()}
	d, err := f.pool.Dump(ctx, req.Bytes, opts)
	var notes []string
	if err != nil && f.mayRelax(req, err) {
		var relaxed *sock.Dump
		if relaxed, err = f.relaxedDump(ctx, req, opts, err); err == nil {
			d = relaxed
			notes = append(notes, "the kernel refused this request under strict checking, so it was repeated without")
		}
	}
	if err != nil {
		return nil, f.wrap(req, err)
	}
	dumped := f.dumped(req.Op, d)
	dumped.seen()
	dumped.Notes = notes
	if len(d.Ack.TLVs) > 0 {
		dumped.Notes = append(dumped.Notes, f.reg.extack(d.Ack.TLVs).Msg)
	}
	return dumped, others.err(dumped)
}

func (f *Family) dumped(op *Op, d *sock.Dump) *Dumped {
	return &Dumped{
		Dump: d, family: f, op: op, body: op.bodyOffset(),
		frame: schema.Msg{Spec: op.Spec, Header: op.Header(), Set: op.Set(), Payload: op.Payload, Origin: f.origin},
	}
}

// mayRelax reports whether a dump that strict checking refused may be repeated
// without: only where there is no filter that would then be ignored. Such
// requests carry nothing but, perhaps, a family.
func (f *Family) mayRelax(req *Request, err error) bool {
	if f.o.NoStrict || f.o.Peer != 0 || !errors.Is(err, unix.EINVAL) {
		return false
	}
	m := req.Msg()
	for i, c := range m.Data {
		if c != 0 && i > 0 {
			return false
		}
	}
	return len(m.AttrBytes()) == 0
}

func (f *Family) relaxedDump(ctx context.Context, req *Request, o sock.DumpOptions, first error) (*sock.Dump, error) {
	conn, err := f.redial()
	if err != nil {
		return nil, first
	}
	defer conn.Close()
	if err := conn.SetStrict(false); err != nil {
		return nil, first
	}
	d, err := conn.Dump(ctx, req.Bytes, o)
	if err != nil {
		return nil, first
	}
	return d, nil
}

// familyMember is the member of the fixed header that holds an address family:
// the first byte, by the convention of all headers that have one.
func familyMember(st *schema.Struct) *schema.Member {
	if st == nil || len(st.Members) == 0 {
		return nil
	}
	m := &st.Members[0]
	if m.Kind == schema.KindU8 && strings.HasSuffix(m.Name, "family") {
		return m
	}
	return nil
}

// FamilyError is a dump that the kernel answered for other address families
// than the one asked for, because it has no handler for that.
type FamilyError struct {
	Asked string
	Got   []string
	Count int // messages of other families
}

func (e *FamilyError) Error() string {
	return fmt.Sprintf("the kernel has nothing registered for family %s and answered for all (%d messages of %s)",
		e.Asked, e.Count, strings.Join(e.Got, ", "))
}

// otherFamily reports whether an answer is of another family than the one asked
// for. Bridges answer RTM_GETMDB with messages of that very type and without a
// family (net/bridge/br_mdb.c br_mdb_dump); whoever answers for all does not.
func otherFamily(raw []byte, body int, asked byte, req *Request) bool {
	if len(raw) <= body || raw[body] == asked {
		return false
	}
	return raw[body] != 0 || wire.ParseHeader(raw).Type != wire.ParseHeader(req.Bytes).Type
}

// strangers are the messages of a dump that are of another family than the one asked for.
type strangers struct {
	req   *Request
	count int
	first int // its number
}

// watch returns what looks at each message, nil if no family was asked for.
func (s *strangers) watch() func(i int, raw []byte) {
	body := s.req.Op.bodyOffset()
	if familyMember(s.req.Op.Header()) == nil || s.req.Bytes[body] == 0 {
		return nil
	}
	asked := s.req.Bytes[body]
	return func(i int, raw []byte) {
		if i == 0 {
			s.count = 0
		}
		if otherFamily(raw, body, asked, s.req) {
			if s.count++; s.count == 1 {
				s.first = i
			}
		}
	}
}

// err is nil if there were none. An attempt that found nothing has told watch of nothing.
func (s *strangers) err(d *Dumped) error {
	if s.count == 0 || d.Len() == 0 {
		return nil
	}
	mem := familyMember(d.frame.Header)
	asked := s.req.Bytes[d.body]
	seen := map[string]bool{}
	for i := s.first; i < d.Len(); i++ {
		m := d.Msg(i)
		if v, ok := m.Member(mem); ok && otherFamily(d.At(i), d.body, asked, s.req) {
			seen[strings.Trim(v.String(), `"`)] = true
		}
	}
	e := &FamilyError{Count: s.count}
	v, _ := s.req.Msg().Member(mem)
	e.Asked = strings.Trim(v.String(), `"`)
	for name := range seen {
		e.Got = append(e.Got, name)
	}
	sort.Strings(e.Got)
	return e
}

// Stream is a dump that is read as it comes and not kept.
type Stream struct {
	cur    *sock.Cursor
	family *Family
	req    *Request
	frame  schema.Msg
	body   int
	asked  byte
	err    error
}

// Stream asks for everything and hands it out as it comes. Close it. With keep
// the messages may be kept, otherwise each is valid until the next.
func (f *Family) Stream(ctx context.Context, req *Request, keep bool, o CallOptions) (*Stream, error) {
	if f.Closed() {
		return nil, ErrClosed
	}
	f.sent(req)
	cur, err := f.pool.Cursor(ctx, req.Bytes, sock.StreamOptions{Timeout: o.Timeout, Keep: keep})
	if err != nil {
		return nil, f.wrap(req, err)
	}
	s := &Stream{
		cur: cur, family: f, req: req, body: req.Op.bodyOffset(),
		frame: schema.Msg{Spec: req.Op.Spec, Header: req.Op.Header(), Set: req.Op.Set(), Payload: req.Op.Payload, Origin: f.origin},
	}
	if familyMember(s.frame.Header) != nil {
		s.asked = req.Bytes[s.body]
	}
	return s, nil
}

// Next moves to the next message; it is false at the end and at an error.
func (s *Stream) Next(ctx context.Context) bool {
	if s.err != nil || !s.cur.Next(ctx) {
		return false
	}
	raw := s.cur.Message()
	s.frame.Data = bodyOf(raw, s.body)
	if s.asked != 0 && otherFamily(raw, s.body, s.asked, s.req) {
		s.err = s.familyError()
		return false
	}
	s.family.seen(&s.frame)
	return true
}

func (s *Stream) familyError() error {
	mem := familyMember(s.frame.Header)
	got, _ := s.frame.Member(mem)
	asked, _ := s.req.Msg().Member(mem)
	return &FamilyError{Asked: strings.Trim(asked.String(), `"`), Got: []string{strings.Trim(got.String(), `"`)}, Count: 1}
}

// Frame is what all messages of the stream have in common; its bytes are those
// of the current one, if any.
func (s *Stream) Frame() schema.Msg { return s.frame }

// Data is the current message after its message header.
func (s *Stream) Data() []byte { return s.frame.Data }

// WaitThrough has fn called in place of each wait for the next part; see sock.Cursor.
func (s *Stream) WaitThrough(fn func(ctx context.Context, wait func(context.Context) error) error) {
	s.cur.WaitThrough(fn)
}

// Discard says, before the first Next, that each message is needed until the
// next only.
func (s *Stream) Discard() { s.cur.Discard() }

// Msg is the current message.
func (s *Stream) Msg() schema.Msg { return s.frame }

// Raw is the current message with its header.
func (s *Stream) Raw() []byte { return s.cur.Message() }

// Err is what ended the stream, nil if it is complete.
func (s *Stream) Err() error {
	if s.err != nil {
		return s.err
	}
	if err := s.cur.Err(); err != nil {
		return s.family.wrap(s.req, err)
	}
	return nil
}

// Close ends the stream and gives its socket back.
func (s *Stream) Close() error {
	s.cur.Close()
	return nil
}
