package session

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// Extack is an extended acknowledgement: what the kernel adds to an errno, or
// to a success.
type Extack struct {
	Msg         string
	Offset      int // of the offending attribute in the request, -1 if not told
	Cookie      []byte
	Policy      *schema.Msg // what the attribute has to be like, nil if not told
	Missing     int         // number of the attribute that is missing, -1 if none
	MissingNest int         // offset of the nest that lacks it, -1 for the top level
}

// extack reads the attributes by the spec of netlink itself.
func (r *Registry) extack(tlvs []byte) Extack {
	e := Extack{Offset: -1, Missing: -1, MissingNest: -1}
	set := r.core.FindSet("nlmsgerr-attrs")
	if set == nil {
		return e
	}
	m := &schema.Msg{Spec: r.core, Set: set, Data: tlvs}
	if v, ok, _ := m.Get("msg"); ok {
		e.Msg = v.Text()
	}
	if v, ok, _ := m.Get("cookie"); ok {
		e.Cookie = v.Bytes()
	}
	if v, ok, _ := m.Get("policy"); ok {
		e.Policy = v.Msg()
	}
	for name, into := range map[string]*int{"offs": &e.Offset, "miss-type": &e.Missing, "miss-nest": &e.MissingNest} {
		if v, ok, _ := m.Get(name); ok && v.Kind() == schema.Uint {
			*into = int(v.Uint64())
		}
	}
	return e
}

// PolicyText says what a policy asks for: "u32, 1 to 4094".
func PolicyText(p *schema.Msg) string {
	if p == nil {
		return ""
	}
	get := func(name string) string {
		v, ok, _ := p.Get(name)
		if !ok {
			return ""
		}
		return strings.Trim(v.String(), `"`)
	}
	s := get("type")
	low, high := get("min-value-u"), get("max-value-u")
	if low == "" && high == "" {
		low, high = get("min-value-s"), get("max-value-s")
	}
	s += bounds(low, high, "") + bounds(get("min-length"), get("max-length"), " bytes")
	for _, name := range []string{"mask", "bitfield32-mask"} {
		if mask := get(name); mask != "" {
			s += ", bits of " + mask
		}
	}
	return s
}

// bounds says what is between low and high, of which one or both may be missing.
func bounds(low, high, unit string) string {
	switch {
	case low != "" && high != "":
		return ", " + low + " to " + high + unit
	case high != "":
		return ", at most " + high + unit
	case low != "":
		return ", at least " + low + unit
	}
	return ""
}

// Error is a request that the kernel refused.
type Error struct {
	Op      string // the operation, in the scripts' spelling
	Errno   syscall.Errno
	Ext     Extack
	Path    string // of the attribute that the kernel points at, "" if it points at none
	Sent    string // what was sent there
	Missing string // name of the attribute that is missing
	Hint    string // what may be the matter where the kernel points at nothing
	Request *Request
	Index   int // of the request in its batch, -1 if it was alone
}

// Name is the errno's name, "EINVAL".
func (e *Error) Name() string {
	if name := ErrnoName(e.Errno); name != "" {
		return name
	}
	return fmt.Sprintf("errno %d", int(e.Errno))
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.who() + " says " + e.Name())
	if e.Ext.Msg != "" {
		fmt.Fprintf(&b, " %q", e.Ext.Msg)
	} else {
		fmt.Fprintf(&b, " (%s)", e.Errno.Error())
	}
	var more []string
	if e.Sent != "" {
		more = append(more, "sent "+e.Sent)
	}
	if p := PolicyText(e.Ext.Policy); p != "" {
		more = append(more, "want "+p)
	}
	if e.Missing != "" {
		more = append(more, "missing "+e.Missing)
	}
	if e.Hint != "" {
		more = append(more, e.Hint)
	}
	if len(more) > 0 {
		b.WriteString(" (" + strings.Join(more, ", ") + ")")
	}
	return b.String()
}

// who answered: the kernel, or the process that serves the family.
func (e *Error) who() string {
	if e.Request != nil && e.Request.Op != nil && e.Request.Op.Family.o.Peer != 0 {
		return "server"
	}
	return "kernel"
}

// Unwrap lets errors.Is see the errno.
func (e *Error) Unwrap() error { return e.Errno }

// wrap gives an error of the socket its meaning. Errors that are not the
// kernel's answer pass as they are.
func (f *Family) wrap(req *Request, err error) error {
	var ke *sock.KernelError
	if !errors.As(err, &ke) {
		return err
	}
	e := &Error{Op: req.Op.Key, Errno: ke.Errno, Ext: f.reg.extack(ke.Ack.TLVs), Request: req, Index: -1}
	if e.Ext.Offset >= 0 {
		e.point(req)
	}
	if e.Ext.Missing >= 0 {
		e.miss(req)
	}
	if e.Errno == syscall.EINVAL && e.Path == "" && e.Missing == "" && (e.Ext.Msg == "" || req.Mode == Dump) {
		e.Hint = req.doubt()
	}
	return e
}

// doubt says what a request has that the spec does not list, or that it has
// nothing. It is for refusals without a reason, and no proof.
func (r *Request) doubt() string {
	msg := r.Msg()
	if msg.Set == nil || !r.Op.Dump.Has {
		return ""
	}
	attrs := wire.WalkAttrs(msg.AttrBytes())
	if r.Mode == Do {
		if attrs.Next() || len(bytes.Trim(msg.HeaderBytes(), "\x00")) > 0 {
			return ""
		}
		return "the request is empty; " + r.Op.Key + ".dump() lists all"
	}
	var odd, can []string
	for _, name := range r.Op.Dump.ReqAttrs {
		can = append(can, schema.Key(name))
	}
	for attrs.Next() {
		if a := msg.Set.ByNum(attrs.Attr.Num()); a != nil && !slices.Contains(can, a.Key) {
			odd = append(odd, a.Key)
		}
	}
	if len(odd) == 0 {
		return ""
	}
	return "a dump is not asked for " + strings.Join(odd, ", ") + "; its where(...) picks by any field"
}

// point turns the kernel's offset into a path and the value that was sent.
func (e *Error) point(req *Request) {
	at, ok := req.locate(e.Ext.Offset)
	if path, marked := req.marks.PathAt(e.Ext.Offset); marked {
		e.Path = path
	} else if ok {
		e.Path = at.Path
	}
	if ok && at.Exact {
		if k := at.Val.Kind(); k != schema.Message && k != schema.Fields {
			e.Sent = clip(at.Val.String())
		}
	}
}

// miss names the attribute that the kernel misses.
func (e *Error) miss(req *Request) {
	set, path := req.set(), ""
	if e.Ext.MissingNest >= 0 {
		at, ok := req.locate(e.Ext.MissingNest)
		if !ok || at.Val.Msg() == nil {
			set = nil
		} else {
			set, path = at.Val.Msg().Set, at.Path+"."
		}
	}
	e.Missing = fmt.Sprintf("%sattribute %d", path, e.Ext.Missing)
	if set != nil && e.Ext.Missing <= math.MaxUint16 {
		if a := set.ByNum(uint16(e.Ext.Missing)); a != nil {
			e.Missing = path + a.Key
		}
	}
}

// locate finds what lies at an offset from the start of the message.
func (r *Request) locate(off int) (schema.Located, bool) {
	body := r.Op.bodyOffset()
	switch {
	case off < wire.HeaderLen:
		return schema.Located{Path: "the message header"}, false
	case off < body:
		return schema.Located{Path: "the generic netlink header"}, false
	}
	return r.Msg().Locate(off - body)
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:77] + "..."
	}
	return s
}
