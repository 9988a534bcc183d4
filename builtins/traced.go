package builtins

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/wire"
)

// Traces writes messages as text for people: what a tap sees, and events. It shares no value with scripts, so it may be used beside
// them, and by several goroutines.
type Traces struct {
	// Brief says whether of what the kernel tells only that is written which the spec calls telling; nil is never.
	Brief func() bool

	mu    sync.Mutex
	env   *environ
	names map[uint64]string // of namespaces, by inode
	asked map[request][]byte
}

// request names a message that was sent, as its answer does.
type request struct{ port, seq uint32 }

// mostAsked is how many requests are kept for their answers.
const mostAsked = 256

// NewTraces makes one for messages of the registry.
func NewTraces(reg *session.Registry) *Traces {
	return &Traces{
		env:   &environ{reg: reg, shapes: map[shapeKey]*shape{}},
		names: map[uint64]string{}, asked: map[request][]byte{},
	}
}

// Datagram is a line for each message of a datagram, with each of its bytes explained below it if explain is set. The
// namespace is named unless its inode is home.
func (t *Traces) Datagram(d session.Tapped, explain bool, home uint64) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	lead := "<- " + d.Family
	if d.Sent {
		lead = "-> " + d.Family
	}
	if d.NetNS != home && d.NetNS != 0 {
		lead += " [netns " + t.netns(d.NetNS) + "]"
	}
	it := wire.WalkMessages(d.Data)
	for it.Next() {
		specs := d.SpecsOf(t.env.reg, it.Message())
		group := ""
		if d.Group != 0 {
			group = " event"
		}
		fmt.Fprintf(&b, "%s%s %s\n", lead, group, t.message(&d, specs, it.Message()))
		if explain {
			b.WriteString(t.explained(specs, it.Message()))
		}
	}
	if it.Err() != nil {
		fmt.Fprintf(&b, "%s %d bytes that are no message: %v\n", lead, len(d.Data)-it.Offset(), it.Err())
	}
	return b.String()
}

// Event is a line about an event; an overrun says so.
func (t *Traces) Event(e *session.Event) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.Gap && e.Lost > 0:
		return fmt.Sprintf("overrun: %d events were lost: they came faster than they were read\n", e.Lost)
	case e.Gap:
		return "overrun: events were lost: they came faster than they were read\n"
	}
	text := t.told(&e.Message)
	if e.Op == nil {
		text = fmt.Sprintf("type %d %s", e.Type(), text)
	}
	if e.NSID >= 0 {
		text = fmt.Sprintf("[nsid %d] %s", e.NSID, text)
	}
	return text + "\n"
}

// message is one message on one line: what a request asks, what an answer says.
func (t *Traces) message(d *session.Tapped, specs []*schema.Spec, raw []byte) string {
	h := wire.ParseHeader(raw)
	key := request{d.Port, h.Seq}
	if h.Type == wire.TypeError || h.Type == wire.TypeDone {
		return t.answer(h, specs, t.asked[key], raw)
	}
	m, err := t.env.reg.Describe(specs, "", raw)
	if err != nil {
		return fmt.Sprintf("type %d, %d bytes", h.Type, len(raw))
	}
	if !d.Sent {
		return t.told(m)
	}
	text := t.call(m)
	if h.Flags&wire.FlagRequest != 0 {
		if len(t.asked) >= mostAsked {
			clear(t.asked)
		}
		t.asked[key] = bytes.Clone(raw)
		flags := h.Flags &^ wire.FlagRequest
		if m.Op.Dump.Has && flags&wire.FlagDump == wire.FlagDump {
			flags &^= wire.FlagDump
			text += " dump"
		}
		for _, name := range t.env.reg.FlagNames(flags, m.Op.Name) {
			text += " " + name
		}
	}
	return text
}

// answer is an acknowledgement, a refusal or the end of a dump.
func (t *Traces) answer(h wire.Header, specs []*schema.Spec, asked, raw []byte) string {
	errno, ext, err := t.env.reg.Answer(raw)
	var text string
	switch {
	case err != nil:
		return fmt.Sprintf("an answer that makes no sense: %v", err)
	case errno == 0 && h.Type == wire.TypeDone:
		text = "done"
	case errno == 0:
		text = "ack"
	default:
		if text = session.ErrnoName(errno); text == "" {
			text = fmt.Sprintf("errno %d", int(errno))
		}
	}
	if ext.Msg != "" {
		text += fmt.Sprintf(" %q", ext.Msg)
	}
	if ext.Offset >= 0 {
		text += " at " + t.place(specs, asked, ext.Offset)
	}
	if p := session.PolicyText(ext.Policy); p != "" {
		text += ", want " + p
	}
	return text
}

// place says what lies at an offset of a request.
func (t *Traces) place(specs []*schema.Spec, asked []byte, off int) string {
	if m, err := t.env.reg.Describe(specs, "", asked); err == nil {
		if at, ok := m.Locate(off - (len(m.Raw) - len(m.Data))); ok {
			return at.Path
		}
	}
	return fmt.Sprintf("offset %d", off)
}

// told is a message of the kernel.
func (t *Traces) told(m *session.Message) string {
	if m.Op == nil || m.Set == nil || len(m.Set.Columns) == 0 || t.Brief == nil || !t.Brief() {
		return t.call(m)
	}
	return briefly(&m.Msg, session.EventName(m.Op))
}

// call is a message as a call of its operation.
func (t *Traces) call(m *session.Message) string {
	v := t.env.fromKernel(m)
	if m.Op == nil {
		return printAs(v, "", 0)
	}
	return printAs(v, session.EventName(m.Op), 0)
}

// explained is the bytes of a message, each with what it is.
func (t *Traces) explained(specs []*schema.Spec, raw []byte) string {
	d := &dissected{data: raw, mark: -1}
	add := func(p schema.Piece) { d.pieces = append(d.pieces, p) }
	if m, err := t.env.reg.Describe(specs, "", raw); err == nil {
		t.env.reg.Annotate(&m.Msg, m.Op, raw, add)
	} else {
		t.env.reg.Annotate(nil, nil, raw, add)
	}
	text, _ := d.text(context.Background(), false) // which does not end
	return "   " + strings.TrimSuffix(strings.ReplaceAll(text, "\n", "\n   "), "   ")
}

// netns is the name of a namespace, its inode where it has none.
func (t *Traces) netns(inode uint64) string {
	if name := t.names[inode]; name != "" {
		return name
	}
	name := fmt.Sprint(inode)
	list, _ := netns.List() // without it there are no names
	for _, one := range list {
		if h, err := netns.Open(one); err == nil {
			if h.Inode() == inode {
				name = one
			}
			_ = h.Close() // only its number was wanted
		}
	}
	t.names[inode] = name
	return name
}
