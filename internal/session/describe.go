package session

import (
	"fmt"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// Names of the core spec: what every message of netlink has.
const (
	coreHeader  = "nlmsghdr"
	coreGeneric = "genlmsghdr"
	coreError   = "nlmsgerr"
	coreDone    = "nlmsgdone"
	coreAttrs   = "nlmsgerr-attrs"
	coreTypes   = "message-type"
)

// SpecsOf lists the specs that a name stands for: a protocol ("route": all of
// them), or one spec.
func (r *Registry) SpecsOf(name string) ([]*schema.Spec, error) {
	f := &Family{Name: name, reg: r}
	err := f.identify(name)
	return f.Specs, err
}

// SpecsOfProtocol lists the specs of a protocol by number, none for generic
// netlink, where the family decides.
func (r *Registry) SpecsOfProtocol(num int) ([]*schema.Spec, error) { return r.ofProtocol(num) }

// Describe gives a whole message its schema. Without the name of an operation
// its type decides, or the command of generic netlink.
func (r *Registry) Describe(specs []*schema.Spec, opName string, raw []byte) (*Message, error) {
	if len(raw) < wire.HeaderLen {
		return nil, &schema.Error{Got: fmt.Sprintf("%d bytes", len(raw)), Want: fmt.Sprintf("a message of at least %d", wire.HeaderLen)}
	}
	h := wire.ParseHeader(raw)
	if n := int(h.Len); n >= wire.HeaderLen && n < len(raw) {
		raw = raw[:n]
	}
	if h.Type < wire.MinType && opName == "" {
		return r.describeCore(h, raw)
	}
	num, body := int(h.Type), wire.HeaderLen
	if len(specs) > 0 && specs[0].Generic() {
		if body += wire.GenlHeaderLen; len(raw) < body {
			return nil, &schema.Error{Got: fmt.Sprintf("%d bytes", len(raw)), Want: fmt.Sprintf("a message of generic netlink, at least %d", body)}
		}
		num = int(raw[wire.HeaderLen])
	}
	spec, op := findOp(specs, opName, num, h)
	if op == nil {
		return nil, noOp(specs, opName, num)
	}
	set := spec.Set(op.Set)
	if h.Flags&wire.FlagRequest != 0 {
		mode := &op.Do
		if op.Dump.Has && (h.Flags&wire.FlagDump == wire.FlagDump || !op.Do.Has) {
			mode = &op.Dump
		}
		set = spec.RequestSet(op, mode)
	}
	return &Message{
		Msg: schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: set, Payload: op.Payload, Data: raw[body:]},
		Op:  op, Raw: raw,
	}, nil
}

// findOp finds an operation by name, or by number in the direction of the
// message first: 16 is newlink in a request and newlink_ntf from the kernel.
func findOp(specs []*schema.Spec, name string, num int, h wire.Header) (*schema.Spec, *schema.Op) {
	finders := []func(*schema.Spec) *schema.Op{
		func(s *schema.Spec) *schema.Op { return s.OpOfReply(num) },
		func(s *schema.Spec) *schema.Op { return s.OpOfRequest(num) },
	}
	switch {
	case h.Flags&wire.FlagRequest != 0:
		finders[0], finders[1] = finders[1], finders[0]
	case h.Seq != 0: // an answer; what nobody asked for has none
		finders[0] = func(s *schema.Spec) *schema.Op { return s.OpOfAnswer(num) }
	}
	if name != "" {
		finders = []func(*schema.Spec) *schema.Op{func(s *schema.Spec) *schema.Op { return s.FindOp(name) }}
	}
	for _, find := range finders {
		for _, s := range specs {
			if op := find(s); op != nil {
				return s, op
			}
		}
	}
	return nil, nil
}

func noOp(specs []*schema.Spec, name string, num int) error {
	var names, keys []string
	for _, s := range specs {
		names = append(names, s.Name)
		for i := range s.Ops {
			keys = append(keys, s.Ops[i].Key)
		}
	}
	of := strings.Join(names, ", ")
	if name != "" {
		return &schema.Error{Got: fmt.Sprintf("unknown operation %q", name), Want: "an operation of " + of, Hint: schema.Suggest(name, keys)}
	}
	return &schema.Error{Got: fmt.Sprintf("message type %d", num), Want: "one that an operation of " + of + " has"}
}

// describeCore describes what means the same in every protocol.
func (r *Registry) describeCore(h wire.Header, raw []byte) (*Message, error) {
	m := &Message{Msg: schema.Msg{Spec: r.core, Data: raw[wire.HeaderLen:]}, Raw: raw}
	key := fmt.Sprintf("type_%d", h.Type)
	if e := r.core.FindEnum(coreTypes); e != nil && e.NameOf(int64(h.Type)) != "" {
		key = schema.Key(e.NameOf(int64(h.Type)))
	}
	m.Op = &schema.Op{Name: key, Key: key, Ntf: int32(h.Type)}
	switch h.Type {
	case wire.TypeError:
		m.Header = r.core.FindStruct(coreError)
		if n := echoed(h, m.Data, int(m.Header.Size)); n > 0 { // the attributes come after it
			m.Data = append(append([]byte(nil), m.Data[:m.Header.Size]...), m.Data[int(m.Header.Size)+n:]...)
		}
	case wire.TypeDone:
		m.Header = r.core.FindStruct(coreDone)
	default:
		m.Payload = schema.KindBinary
		return m, nil
	}
	if h.Flags&wire.FlagAckTLVs != 0 {
		m.Set = r.core.FindSet(coreAttrs)
	}
	return m, nil
}

// echoed is how many bytes of the request's payload an error carries between
// its own header, of size bytes, and the attributes.
func echoed(h wire.Header, body []byte, size int) int {
	if h.Type != wire.TypeError || h.Flags&wire.FlagCapped != 0 || len(body) < size {
		return 0
	}
	inner := wire.ParseHeader(body[size-wire.HeaderLen:])
	n := wire.Align(int(inner.Len)) - wire.HeaderLen
	if int(inner.Len) < wire.HeaderLen || h.Flags&wire.FlagAckTLVs == 0 {
		n = len(body) - size
	}
	return min(max(n, 0), len(body)-size)
}

// Annotate explains every byte of a message. body is its schema and may be
// nil; bodyOff is where that begins in raw.
func (r *Registry) Annotate(body *schema.Msg, op *schema.Op, raw []byte, fn func(schema.Piece)) {
	head := raw[:min(len(raw), wire.HeaderLen)]
	hm := schema.Msg{Spec: r.core, Header: r.core.FindStruct(coreHeader), Data: head}
	hm.Annotate(func(p schema.Piece) {
		r.explain(&p, op, raw)
		fn(p)
	})
	off := len(head)
	if off < wire.HeaderLen {
		return
	}
	h := wire.ParseHeader(raw)
	if st := r.core.FindStruct(coreError); h.Type == wire.TypeError && st != nil {
		r.annotateError(st, h, raw, fn)
		return
	}
	if body == nil {
		if off < len(raw) {
			fn(schema.Piece{Off: off, Len: len(raw) - off, What: "no spec explains this"})
		}
		return
	}
	if body.Spec != nil && body.Spec.Generic() && h.Type >= wire.MinType {
		end := min(off+wire.GenlHeaderLen, len(raw))
		shift(&schema.Msg{Spec: r.core, Header: r.core.FindStruct(coreGeneric), Data: raw[off:end]}, off, fn)
		off = end
	}
	end := min(off+len(body.Data), len(raw))
	shift(body, off, fn)
	if end < len(raw) {
		fn(schema.Piece{Off: end, Len: len(raw) - end, What: "behind the message"})
	}
}

// annotateError explains a refusal or acknowledgement: errno, the request's
// header, perhaps its payload, perhaps attributes.
func (r *Registry) annotateError(st *schema.Struct, h wire.Header, raw []byte, fn func(schema.Piece)) {
	body := raw[wire.HeaderLen:]
	size := min(int(st.Size), len(body))
	shift(&schema.Msg{Spec: r.core, Header: st, Data: body[:size]}, wire.HeaderLen, fn)
	off, n := wire.HeaderLen+size, echoed(h, body, size)
	if n > 0 {
		fn(schema.Piece{Off: off, Len: n, What: "payload of the request"})
	}
	if off += n; off < len(raw) {
		shift(&schema.Msg{Spec: r.core, Set: r.core.FindSet(coreAttrs), Data: raw[off:]}, off, fn)
	}
}

// shift annotates a part that begins at off.
func shift(m *schema.Msg, off int, fn func(schema.Piece)) {
	m.Annotate(func(p schema.Piece) {
		p.Off += off
		fn(p)
	})
}

// explain adds names to the numbers of the message header.
func (r *Registry) explain(p *schema.Piece, op *schema.Op, raw []byte) {
	if len(raw) < wire.HeaderLen {
		return
	}
	h := wire.ParseHeader(raw)
	switch p.Off {
	case 0:
		if int(h.Len) != len(raw) {
			p.What += fmt.Sprintf(", but there are %d bytes", len(raw))
		}
	case 4:
		if e := r.core.FindEnum(coreTypes); e != nil && h.Type < wire.MinType && e.NameOf(int64(h.Type)) != "" {
			p.What += " " + e.NameOf(int64(h.Type))
		} else if op != nil && h.Type >= wire.MinType {
			p.What += " " + op.Key
		}
	case 6:
		p.What = strings.TrimRight(fmt.Sprintf("= 0x%x %s", h.Flags, r.flagNames(h, op)), " ")
	}
}

// flagNames names the bits of nlmsg_flags. What those from 8 up mean depends on
// the kind of message.
func (r *Registry) flagNames(h wire.Header, op *schema.Op) string {
	enums := []string{flagEnums[0]}
	switch {
	case h.Type < wire.MinType:
		enums = append(enums, "nlm-ack-flags")
	case h.Flags&wire.FlagRequest == 0 || op == nil:
	case h.Flags&wire.FlagDump == wire.FlagDump && (op.Dump.Has || !op.Do.Has):
		enums = append(enums, "nlm-get-flags")
	case strings.HasPrefix(op.Name, "del"):
		enums = append(enums, "nlm-delete-flags")
	default:
		enums = append(enums, "nlm-new-flags")
	}
	var names []string
	for bit := range 16 {
		if h.Flags&(1<<bit) == 0 {
			continue
		}
		name := fmt.Sprintf("0x%x", 1<<bit)
		for _, enum := range enums {
			if e := r.core.FindEnum(enum); e != nil && e.NameOf(int64(bit)) != "" {
				name = e.NameOf(int64(bit))
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, "|")
}
