package redact

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// Shape is how a node is written.
type Shape uint8

// The shapes.
const (
	Leaf  Shape = iota
	Group       // of named nodes: a message, a nest, a dict
	List        // of nodes without names
	Lines       // of text, one after the other
)

// Node is a value taken apart: what it consists of, in the order in which it is
// written. It has no symbols yet; those come when it is rendered.
type Node struct {
	Key   string // in the scripts' spelling; "[70]" where no row knows it
	Shape Shape
	Title string // of a message: its operation; of a list or dict: what it is
	Kids  []*Node
	Odd   bool // what follows malformed bytes

	names     [3]string // what else paths may call it
	hidden    bool      // left out unless it is asked for
	idle      bool      // says nothing: a member of a header that nobody filled in, or that an attribute repeats
	unordered bool      // kids come in no order that means anything
	refusal   bool      // an error: paths that it does not have are meant for what would have come otherwise
	msg       *schema.Msg

	// Of a leaf: a value with its row and the message around it, or text.
	own  bool   // the script built it: nothing in it is by chance
	as   string // what stands for it, as it is in something that means nothing
	row  *schema.Row
	in   *schema.Msg
	val  schema.Value
	text string
}

// Hidden reports whether the node is left out unless it is asked for.
func (n *Node) Hidden() bool { return n.hidden }

// Val is the value of a leaf of a message.
func (n *Node) Val() schema.Value { return n.val }

// Unordered says that the kids of a list come in no order that means anything.
func (n *Node) Unordered() *Node {
	n.unordered = true
	return n
}

// Text makes a leaf that is written as it is.
func Text(s string) *Node { return &Node{text: s} }

// ListOf makes a list.
func ListOf(title string, kids []*Node) *Node { return &Node{Shape: List, Title: title, Kids: kids} }

// Entry is one entry of a dict, or a line of something that is made of several.
func Entry(name string, n *Node) *Node {
	n.Key = name
	return n
}

// GroupOf makes a dict of entries.
func GroupOf(title string, kids []*Node) *Node { return &Node{Shape: Group, Title: title, Kids: kids} }

// Refusal makes the group of what an error says. With paths it is written whole
// where it has none of them: they are those of the message that did not come.
func Refusal(title string, kids []*Node) *Node {
	return &Node{Shape: Group, Title: title, Kids: kids, refusal: true}
}

// baseline is the oldest kernel whose golden files are to hold on newer ones.
const baseline = "6.1"

// newer reports whether a release, "6.14", is after the baseline.
func newer(since string) bool {
	if since == "" {
		return false
	}
	a, b := release(since), release(baseline)
	return a[0] > b[0] || a[0] == b[0] && a[1] > b[1]
}

func release(s string) (n [2]int) {
	major, minor, _ := strings.Cut(s, ".")
	n[0], _ = strconv.Atoi(major)
	n[1], _ = strconv.Atoi(minor)
	return n
}

// Message takes a message apart. title is its operation, "" for a nest.
func Message(m *schema.Msg, title string) *Node {
	n := &Node{Shape: Group, Title: title, msg: m}
	n.header(m)
	switch {
	case m.Payload != schema.KindNone:
		p, _, _ := m.At(schema.Place{Rest: true})
		n.add(value("payload", [3]string{}, &schema.Row{Kind: m.Payload}, m, p))
	case m.Set != nil:
		n.attributes(m)
		n.repeated()
	}
	return n
}

// From says which namespace a message is from: its id in that of the socket, which home is the Origin of.
func (n *Node) From(nsid int32, home uint32) *Node {
	v := schema.UintValue(uint64(nsid))
	kid := value("from_nsid", [3]string{}, &schema.Row{Kind: schema.KindS32, Role: schema.RoleNSID}, &schema.Msg{Origin: home}, v)
	n.Kids = append([]*Node{kid}, n.Kids...)
	return n
}

// repeated hides what header and attributes say alike, as that of a route's
// table: the attribute is for values that the header has no room for.
func (n *Node) repeated() {
	for _, h := range n.Kids {
		if h.Key != "header" || h.Shape != Group {
			continue
		}
		for _, own := range h.Kids {
			for _, k := range n.Kids {
				if k != h && k.row != nil && own.row != nil && k.Key == own.Key && literal(k.row, k.val) == literal(own.row, own.val) {
					own.hidden, own.idle = true, true
				}
			}
		}
		h.hidden, h.idle = allHidden(h.Kids), allIdle(h.Kids)
	}
}

// Request takes a message apart that the script has built: nothing in it is left
// out but what is zero, and only what was looked up for it has symbols.
func Request(m *schema.Msg, title string) *Node {
	n := Message(m, title)
	n.disclose()
	return n
}

func (n *Node) disclose() {
	n.own = true
	n.hidden = n.idle
	for _, k := range n.Kids {
		k.disclose()
	}
}

// dated reports whether since says anything in a set: where everything is new,
// no older kernel has anything to compare.
func dated(set *schema.Set) bool {
	for i := range set.Attrs {
		if a := &set.Attrs[i]; a.Kind != schema.KindPad && a.Kind != schema.KindUnused && !newer(a.Since) {
			return true
		}
	}
	return false
}

// header adds the members of the fixed header. Beside attributes a zero is what
// nobody filled in.
func (n *Node) header(m *schema.Msg) {
	if m.Header == nil {
		return
	}
	var shadowed []*Node
	for i := range m.Header.Members {
		mem := &m.Header.Members[i]
		v, ok := m.Member(mem)
		if mem.Kind == schema.KindPad || !ok {
			continue
		}
		key := mem.Short(m.Header)
		if m.Set == nil {
			key = mem.Key
		}
		kid := value(key, [3]string{mem.Short(m.Header), mem.Key, mem.Name}, m.Effective(mem), m, v)
		p, _ := m.Bytes(schema.Place{Member: mem})
		kid.idle = m.Set != nil && allZero(p)
		kid.hidden = kid.hidden || kid.idle || newer(mem.Since)
		if m.Set != nil && m.Set.Find(key) != nil {
			shadowed = append(shadowed, kid)
			continue
		}
		n.add(kid)
	}
	if len(shadowed) > 0 {
		n.add(&Node{Key: "header", Shape: Group, Kids: shadowed, hidden: allHidden(shadowed), idle: allIdle(shadowed)})
	}
	if h := m.HeaderBytes(); len(h) < int(m.Header.Size) {
		n.add(&Node{Key: "malformed", Odd: true, text: fmt.Sprintf("%s has %d bytes, want %d: 0x%x",
			m.Header.Name, len(h), m.Header.Size, h)})
	} else if m.Set == nil && m.Payload == schema.KindNone && len(h) > int(m.Header.Size) && !takesRest(m.Header) {
		n.add(&Node{Key: "rest", hidden: true, text: fmt.Sprintf("0x%x", h[m.Header.Size:])}) // a newer, longer struct
	}
}

func takesRest(st *schema.Struct) bool {
	return len(st.Members) > 0 && st.Members[len(st.Members)-1].Size == 0
}

// attributes adds what the message has, by number: the kernel's order is an
// accident of its code.
func (n *Node) attributes(m *schema.Msg) {
	type present struct {
		num   uint16
		first int // offset: unknown ones of one number keep their order
		data  []byte
	}
	list := make([]present, 0, 80)
	it := wire.WalkAttrs(m.AttrBytes())
	end := 0
	for it.Next() {
		end = it.Attr.Off + wire.Align(wire.AttrHeaderLen+len(it.Attr.Data))
		list = append(list, present{it.Attr.Num(), it.Attr.Off, it.Attr.Data})
	}
	slices.SortFunc(list, func(a, b present) int {
		if a.num != b.num {
			return int(a.num) - int(b.num)
		}
		return a.first - b.first
	})
	for i, p := range list {
		a := m.Set.ByNum(p.num)
		switch {
		case a == nil || a.Kind == schema.KindUnused:
			key := fmt.Sprintf("[%d]", p.num)
			n.add(&Node{Key: key, hidden: true, text: fmt.Sprintf("0x%x", p.data)})
		case a.Kind == schema.KindPad, i+1 < len(list) && list[i+1].num == p.num:
			// padding, or not the last of its number
		default:
			late := newer(a.Since) && dated(m.Set) || allZero(p.data) && newer(a.Empty)
			names := [3]string{a.Name}
			if !a.Multi {
				kid := value(a.Key, names, &a.Row, m, m.Decode(a, p.data))
				kid.hidden = kid.hidden || late
				for _, rec := range kid.Kids { // how long a record is follows from what is in it
					for _, k := range rec.Kids {
						k.hidden = k.hidden || a.Kind == schema.KindRecords && k.is(a.LengthMember)
					}
				}
				n.add(kid)
				continue
			}
			v, _, _ := m.At(schema.Place{Attr: a})
			kids := make([]*Node, 0, len(v.List()))
			for _, e := range v.List() {
				kids = append(kids, value("", [3]string{}, &a.Row, m, e))
			}
			n.add(&Node{Key: a.Key, names: names, Shape: List, Kids: kids, hidden: volatile(&a.Row) || late, unordered: a.Unordered})
		}
	}
	if rest := m.AttrBytes(); it.Err() != nil && end < len(rest) {
		n.add(&Node{Key: "malformed", Odd: true, text: fmt.Sprintf("0x%x", rest[end:])})
	}
}

func (n *Node) add(kid *Node) { n.Kids = append(n.Kids, kid) }

// value makes a node of a value.
func value(key string, names [3]string, r *schema.Row, in *schema.Msg, v schema.Value) *Node {
	n := &Node{Key: key, names: names, hidden: volatile(r)}
	switch v.Kind() {
	case schema.Message:
		inner := Message(v.Msg(), "")
		n.Shape, n.Kids, n.msg = Group, inner.Kids, v.Msg()
		if v.Msg().Set == nil && allHidden(n.Kids) { // statistics
			n.hidden = true
		}
	case schema.List:
		elem := r.Elements()
		n.Shape = List
		for _, e := range v.List() {
			n.add(value("", [3]string{}, &elem, in, e))
		}
	case schema.Fields:
		n.Shape = Group
		elem := r.Elements()
		if r.Kind == schema.KindBitfield32 {
			elem.Kind = schema.KindU32
		}
		for _, f := range v.Fields() {
			name := f.Name
			if name == "" {
				name = fmt.Sprintf("[%d]", wire.Attr{Type: f.Type}.Num())
			}
			n.add(value(name, [3]string{}, &elem, in, f.Val))
		}
	default:
		n.row, n.in, n.val = r, in, v
		return n
	}
	if s := standIn(r); s != "" {
		n.cover(s)
	}
	return n
}

// cover has one text stand for everything in the node.
func (n *Node) cover(text string) {
	n.as = text
	for _, k := range n.Kids {
		k.cover(text)
	}
}

func allIdle(kids []*Node) bool {
	for _, k := range kids {
		if !k.idle {
			return false
		}
	}
	return true
}

func allHidden(kids []*Node) bool {
	for _, k := range kids {
		if !k.hidden {
			return false
		}
	}
	return len(kids) > 0
}

// LinesOf makes lines of text under a title.
func LinesOf(title string, lines []*Node) *Node {
	return &Node{Shape: Lines, Title: title, Kids: lines}
}
