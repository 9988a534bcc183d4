package session

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// end is the message that ends an answer: NLMSG_DONE of a dump, an
// acknowledgement, or a refusal with its extended acknowledgement. The request
// is echoed as with NETLINK_CAP_ACK: its header alone.
func (s *Server) end(call *Call, r *Refusal) []byte {
	h := wire.ParseHeader(call.Raw)
	out := wire.Header{Type: wire.TypeError, Flags: wire.FlagCapped, Seq: h.Seq, Port: call.Port}
	if r == nil && call.Mode == Dump {
		out.Type, out.Flags = wire.TypeDone, wire.FlagMulti
	}
	var errno int32
	var tlvs []schema.Field
	if r != nil {
		errno, tlvs = -int32(r.Errno), s.extack(call, r)
	}
	if len(tlvs) > 0 {
		out.Flags |= wire.FlagAckTLVs
	}
	var b wire.Builder
	b.Begin(out)
	b.Raw(binary.NativeEndian.AppendUint32(nil, uint32(errno)))
	if out.Type == wire.TypeError {
		b.Raw(call.Raw[:wire.HeaderLen])
	}
	core := s.Family.reg.core
	if set := core.FindSet("nlmsgerr-attrs"); set != nil && len(tlvs) > 0 {
		enc := schema.Encoder{Spec: core, Out: &b}
		// The rows take any text, since NUL was removed from it, and any number.
		_ = enc.Body(nil, set, schema.KindNone, tlvs)
	}
	msg, _ := b.End() // 64 KiB is far
	return msg
}

// maxReason bounds the text of a refusal, which a handler may make of anything.
const maxReason = 4 << 10

func (s *Server) extack(call *Call, r *Refusal) []schema.Field {
	var list []schema.Field
	add := func(name string, v schema.Value) { list = append(list, schema.Field{Name: name, Val: v}) }
	if r.Msg != "" {
		text := strings.ReplaceAll(r.Msg, "\x00", " ")
		add("msg", schema.TextValue(text[:min(len(text), maxReason)]))
	}
	if at, ok := call.offsetOf(r.Attr); ok {
		add("offs", schema.UintValue(uint64(at)))
	} else if r.off > 0 {
		add("offs", schema.UintValue(uint64(r.off)))
	}
	if r.Missing == "" || call.Data == nil {
		return list
	}
	nest, name := "", r.Missing
	if i := strings.LastIndexByte(r.Missing, '.'); i >= 0 {
		nest, name = r.Missing[:i], r.Missing[i+1:]
	}
	set := call.Set
	if nest != "" {
		at, sub, ok := call.find(nest)
		if !ok || sub == nil {
			return list
		}
		set = sub.Set
		add("miss-nest", schema.UintValue(uint64(at)))
	}
	if set != nil {
		if a := set.Find(name); a != nil {
			add("miss-type", schema.UintValue(uint64(a.Num)))
		}
	}
	return list
}

// offsetOf is where in the request the attribute or member at a path starts.
func (c *Call) offsetOf(path string) (int, bool) {
	if path == "" || c.Spec == nil {
		return 0, false
	}
	at, _, ok := c.find(path)
	return at, ok
}

// find follows a path through the request: the offset of what is there, and,
// if that is a nest, its content.
func (c *Call) find(path string) (at int, nest *schema.Msg, ok bool) {
	m, base := &c.Msg, len(c.Raw)-len(c.Data)
	for _, name := range strings.Split(path, ".") {
		if m == nil {
			return 0, nil, false
		}
		p := m.Resolve(name)
		switch {
		case p.Member != nil:
			at, m = base+int(p.Member.Off), nil
			continue
		case p.Attr == nil:
			return 0, nil, false
		}
		a, found := wire.Find(m.AttrBytes(), p.Attr.Num)
		if !found {
			return 0, nil, false
		}
		at = base + len(m.Data) - len(m.AttrBytes()) + a.Off
		v, _, _ := m.At(p)
		m = v.Msg()
		base = at + wire.AttrHeaderLen
	}
	return at, m, true
}

// checkAttrs holds the attributes of a request against their rows, as the
// kernel's policies do. base is the offset of m in the request.
func checkAttrs(m *schema.Msg, base, depth int) *Refusal {
	if m.Set == nil || depth > wire.MaxDepth {
		return nil
	}
	attrs := m.AttrBytes()
	base += len(m.Data) - len(attrs)
	it := wire.WalkAttrs(attrs)
	for it.Next() {
		off := base + it.Attr.Off
		a := m.Set.ByNum(it.Attr.Num())
		if a == nil || a.Kind == schema.KindUnused {
			return &Refusal{Errno: unix.EINVAL, Msg: "Unknown attribute type", off: off}
		}
		if r := checkAttr(m, a, it.Attr, off, depth); r != nil {
			return r
		}
	}
	if err := it.Err(); err != nil {
		return &Refusal{Errno: unix.EINVAL, Msg: "malformed attributes: " + err.Error(), off: base}
	}
	return nil
}

func checkAttr(m *schema.Msg, a *schema.Attr, got wire.Attr, off, depth int) *Refusal {
	if a.Kind == schema.KindPad {
		return nil
	}
	// A message with this attribute alone, so that one that comes twice is
	// looked at twice; what selects its format is found in the whole one.
	var b wire.Builder
	b.Attr(got.Type, got.Data)
	one := schema.Msg{Spec: m.Spec, Set: m.Set, Data: b.Bytes(), Outer: m}
	place := schema.Place{Attr: a}
	v, _, err := one.At(place)
	if a.Multi && len(v.List()) == 1 {
		v = v.List()[0]
	}
	if err != nil || v.Odd() {
		return &Refusal{Errno: unix.ERANGE, Msg: "Attribute failed policy validation", off: off}
	}
	for _, c := range a.Checks {
		if msg := breaks(c, v, len(got.Data)); msg != "" {
			return &Refusal{Errno: unix.ERANGE, Msg: msg, off: off}
		}
	}
	if sub := v.Msg(); sub != nil {
		return checkAttrs(sub, off+wire.AttrHeaderLen, depth+1)
	}
	return nil
}

// breaks says what bound of the spec a value is beyond, "" for none.
func breaks(c schema.Check, v schema.Value, size int) string {
	length := int64(size)
	if v.Kind() == schema.Text {
		length = int64(len(v.Text()))
	}
	below, above := false, false
	switch v.Kind() {
	case schema.Uint:
		below, above = c.Value >= 0 && v.Uint64() < uint64(c.Value), c.Value < 0 || v.Uint64() > uint64(c.Value)
	case schema.Int:
		below, above = v.Int64() < c.Value, v.Int64() > c.Value
	}
	switch {
	case c.Name == "min" && below:
		return fmt.Sprintf("integer out of range: at least %d", c.Value)
	case c.Name == "max" && above:
		return fmt.Sprintf("integer out of range: at most %d", c.Value)
	case c.Name == "min-len" && length < c.Value:
		return fmt.Sprintf("%d bytes are too short: at least %d", length, c.Value)
	case c.Name == "max-len" && length > c.Value:
		return fmt.Sprintf("%d bytes are too long: at most %d", length, c.Value)
	case c.Name == "exact-len" && length != c.Value:
		return fmt.Sprintf("got %d bytes, want %d", length, c.Value)
	}
	return ""
}

// control answers for the controller of generic netlink, which clients ask for
// the number of the family and its groups.
func (s *Server) control(call *Call) [][]byte {
	f := s.Family
	no := func(errno unix.Errno, msg string) [][]byte {
		return [][]byte{s.end(call, &Refusal{Errno: errno, Msg: msg})}
	}
	ctrl, err := f.reg.Find("nlctrl")
	if err != nil || ctrl == nil {
		return no(unix.EOPNOTSUPP, "the server has no spec of nlctrl")
	}
	ask := &Server{Family: &Family{Name: "nlctrl", Specs: []*schema.Spec{ctrl}, ID: genlCtrlID, Version: 1, reg: f.reg, conn: f.conn}}
	if r := ask.understand(call, wire.ParseHeader(call.Raw)); r != nil {
		return [][]byte{s.end(call, r)}
	}
	if op := ctrl.FindOp("getfamily"); op == nil || call.Op != op {
		return no(unix.EOPNOTSUPP, call.Op.Key+" is not served")
	}
	name, named, _ := call.Get("family-name")
	id, numbered, _ := call.Get("family-id")
	if call.Mode == Do && (!named && !numbered || named && name.Text() != f.Name || numbered && id.Uint64() != uint64(f.ID)) {
		return no(unix.ENOENT, "served is "+f.Name)
	}
	var groups []schema.Value
	for _, g := range f.Groups {
		groups = append(groups, schema.FieldsValue([]schema.Field{
			{Name: "name", Val: schema.TextValue(g.Name)}, {Name: "id", Val: schema.UintValue(uint64(g.Value))},
		}))
	}
	reply := []schema.Field{
		{Name: "family-name", Val: schema.TextValue(f.Name)}, {Name: "family-id", Val: schema.UintValue(uint64(f.ID))},
		{Name: "version", Val: schema.UintValue(uint64(f.Version))}, {Name: "hdrsize", Val: schema.UintValue(0)},
	}
	if len(groups) > 0 {
		reply = append(reply, schema.Field{Name: "mcast-groups", Val: schema.ListValue(groups)})
	}
	datagrams, err := ask.Encode(call, [][]schema.Field{reply})
	if err != nil {
		return no(unix.EIO, err.Error())
	}
	return datagrams
}
