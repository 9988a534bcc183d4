package redact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// Order says whether the elements of the outermost list are sorted.
type Order uint8

// The orders.
const (
	BySchema Order = iota // where the schema says that theirs means nothing
	Sorted
	AsTheyCame
)

// Options say what of a node is written.
type Options struct {
	Fields []string // only these, as paths: "linkinfo.kind". What is asked for is never left out
	Omit   []string // not these
	Full   bool     // nothing is left out
	Order  Order
	Label  string // a line in front
}

// path is one path of Options, split.
type path struct {
	text  string
	parts []string
}

func paths(list []string) []path {
	var out []path
	for _, s := range list {
		out = append(out, path{s, strings.Split(s, ".")})
	}
	return out
}

// check finds a path that no message of the node can have.
func (n *Node) check(list []path, what string) error {
	for i, p := range list {
		if hint, known, asked := n.knows(p.parts); asked && !known {
			return &schema.Error{Path: fmt.Sprintf("%s[%d]", what, i), Got: fmt.Sprintf("%q", p.text), Want: "a field of what is recorded", Hint: hint}
		}
	}
	return nil
}

// knows looks for a path in all messages of the node. asked is false where
// there is none, as in an empty dump.
func (n *Node) knows(parts []string) (hint string, known, asked bool) {
	if n.msg != nil {
		if len(parts) == 1 && n.holds(parts) || hasPath(n.msg.Spec, schema.Layout{Header: n.msg.Header, Set: n.msg.Set}, n.msg.Payload, parts) {
			return "", true, true
		}
		return schema.Suggest(parts[0], schema.Names(n.msg.Header, n.msg.Set, n.msg.Payload)), false, true
	}
	if n.Shape == Group && n.holds(parts) {
		return "", true, true
	}
	if n.refusal {
		return "", false, false
	}
	asked = n.Shape == Group && len(n.Kids) > 0
	for _, k := range n.Kids {
		h, ok, any := k.knows(parts)
		if ok {
			return "", true, true
		}
		asked = asked || any
		if hint == "" {
			hint = h
		}
	}
	return hint, false, asked
}

// holds reports whether the node has the first part: header, a number, a key of a dict.
func (n *Node) holds(parts []string) bool {
	for _, k := range n.Kids {
		if k.is(parts[0]) {
			return true
		}
	}
	return false
}

// hasPath follows a path through what the spec says, as far as it says
// something.
func hasPath(s *schema.Spec, at schema.Layout, payload schema.Kind, parts []string) bool {
	p := schema.Resolve(at.Header, at.Set, payload, parts[0])
	if !p.Found() {
		return parts[0] == "header" || strings.HasPrefix(parts[0], "[")
	}
	if len(parts) == 1 {
		return true
	}
	inside := s.Inside(p)
	for _, l := range inside {
		if hasPath(s, l, schema.KindNone, parts[1:]) {
			return true
		}
	}
	return len(inside) == 0
}

func (n *Node) is(name string) bool {
	return n.Key == name || name != "" && (n.names[0] == name || n.names[1] == name || n.names[2] == name)
}

// placed is the paths as the node has them: a member of the header that an attribute has the name of
// (ndm_ifindex, beside the attribute ifindex) is in the group header.
func (n *Node) placed(list []path) []path {
	if n.msg == nil || n.msg.Header == nil || n.msg.Set == nil {
		return list
	}
	out := slices.Clone(list)
	for i, p := range out {
		at := n.msg.Resolve(p.parts[0])
		if at.Member == nil {
			continue
		}
		if short := at.Member.Short(n.msg.Header); n.msg.Set.Find(short) != nil {
			out[i].parts = append([]string{"header", short}, p.parts[1:]...)
		}
	}
	return out
}

// chosen is the node with what the paths ask for. Lists are looked through, and
// so are the groups of lists that hold messages.
func (n *Node) chosen(list []path) *Node {
	c := *n
	c.Kids = nil
	if n.Shape == List {
		for _, k := range n.Kids {
			c.Kids = append(c.Kids, k.chosen(list))
		}
		return &c
	}
	if n.Shape == Leaf {
		return n
	}
	list = n.placed(list)
	found := make([]bool, len(list))
	for _, k := range n.Kids {
		var deeper []path
		whole := false
		for i, p := range list {
			if !k.is(p.parts[0]) {
				continue
			}
			found[i] = true
			if len(p.parts) == 1 {
				whole = true
			} else {
				deeper = append(deeper, path{p.text, p.parts[1:]})
			}
		}
		switch {
		case whole:
			c.Kids = append(c.Kids, k.asked())
		case deeper != nil && k.Shape != Leaf:
			in := k.chosen(deeper)
			in.hidden = false
			c.Kids = append(c.Kids, in)
		}
	}
	if n.refusal && len(c.Kids) == 0 {
		return n
	}
	for i, p := range list {
		if !found[i] {
			c.Kids = append(c.Kids, &Node{Key: strings.Join(p.parts, "."), text: "None"})
		}
	}
	return &c
}

// asked is a node that somebody wants to see: of what is usually left out in it,
// all, where nothing else is in it.
func (n *Node) asked() *Node {
	c := *n
	c.hidden = false
	if c.Shape != Leaf && allHidden(c.Kids) {
		return c.whole()
	}
	return &c
}

// whole is the node with nothing left out.
func (n *Node) whole() *Node {
	c := *n
	c.hidden = false
	c.Kids = make([]*Node, len(n.Kids))
	for i, k := range n.Kids {
		c.Kids[i] = k.whole()
	}
	return &c
}

// without is the node without what the paths name.
func (n *Node) without(list []path) *Node {
	if n.Shape == Leaf || len(list) == 0 {
		return n
	}
	c := *n
	c.Kids = nil
	list = n.placed(list)
	for _, k := range n.Kids {
		var deeper []path
		drop := false
		for _, p := range list {
			switch {
			case n.Shape == List:
				deeper = append(deeper, p)
			case !k.is(p.parts[0]):
			case len(p.parts) == 1:
				drop = true
			default:
				deeper = append(deeper, path{p.text, p.parts[1:]})
			}
		}
		if drop {
			continue
		}
		k = k.without(deeper)
		if n.msg != nil && k.Key == "header" && k.Shape == Group && len(k.Kids) == 0 {
			continue // all of it: the group is ours, and not the message's
		}
		c.Kids = append(c.Kids, k)
	}
	return &c
}
