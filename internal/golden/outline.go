package golden

import (
	"strings"
	"unicode"
)

// node is a line of an output with what is indented below it, as t.record writes values: fields, nests, the elements of lists behind
// dashes. Any text has such a form; where it says nothing a node is a line.
type node struct {
	text string // without indentation and dash
	item bool   // an element of a list
	kids []*node

	whole string // all of it, to be compared
}

// step is how far what is inside is to the right, dashes included.
const step = 2

// outline takes an output apart.
func outline(text string) []*node {
	var list []indented
	for _, line := range lines(text) {
		rest := strings.TrimLeft(line, " ")
		list = append(list, indented{len(line) - len(rest), rest})
	}
	return block(list)
}

// indented is a line and where it begins.
type indented struct {
	at   int
	text string
}

// block makes nodes of lines: each of them that begins no further to the right than the first has those that do inside.
func block(list []indented) (nodes []*node) {
	for len(list) > 0 {
		first := list[0]
		n := 1
		for n < len(list) && list[n].at > first.at {
			n++
		}
		node := first.node(list[1:n])
		var whole strings.Builder
		for _, l := range list[:n] {
			whole.WriteString(strings.Repeat(" ", l.at-first.at) + l.text + "\n")
		}
		node.whole = whole.String()
		nodes = append(nodes, node)
		list = list[n:]
	}
	return nodes
}

func (l indented) node(inside []indented) *node {
	n := &node{text: l.text}
	if head, ok := strings.CutPrefix(l.text, "- "); ok && head != "" {
		n.item = true
		kids := block(append([]indented{{l.at + step, head}}, inside...))
		if len(kids) == 1 && (len(kids[0].kids) > 0 || !kids[0].field()) {
			*n = node{text: kids[0].text, item: true, kids: kids[0].kids} // a message: its operation is the head
		} else {
			n.text, n.kids = "", kids // a nest has none
		}
	} else {
		n.kids = block(inside)
	}
	return n
}

// lines are the node as it is written.
func (n *node) lines() (list []string) {
	if n.text != "" || !n.item {
		list = append(list, n.text)
	}
	for _, k := range n.kids {
		for i, line := range k.lines() {
			switch {
			case !k.item:
				line = strings.Repeat(" ", step) + line
			case i == 0:
				line = "  - " + line
			default:
				line = "    " + line
			}
			list = append(list, line)
		}
	}
	if n.item && n.text == "" { // a nest: its fields are as far to the left as a head would be
		for i, line := range list {
			list[i] = strings.TrimPrefix(line, "  ")
		}
	}
	return list
}

// name and value of a field: "mtu 1400" is mtu, 1400. What has things inside may have a name only.
func (n *node) name() string {
	name, _, _ := strings.Cut(n.text, " ")
	return name
}

func (n *node) value() string {
	_, value, _ := strings.Cut(n.text, " ")
	return value
}

// rest is the node as lines, without its name. Of what has things inside, the first line is never left out.
func (n *node) rest(named bool) string {
	head := n.text
	if named {
		head = n.value()
	}
	for _, k := range n.kids {
		for _, line := range k.lines() {
			head += "\n  " + line
		}
	}
	return head
}

// field reports whether the line begins as a field does, with a name and not with a word of a sentence.
func (n *node) field() bool {
	name := n.name()
	for i, r := range name {
		if !unicode.IsLetter(r) && r != '_' && (i == 0 && r != '[' || i > 0 && !unicode.IsDigit(r) && !strings.ContainsRune(".[]-/", r)) {
			return false
		}
	}
	return name != ""
}

// key is what makes two nodes on a level the same thing, which may have changed.
func (n *node) key(top bool) string {
	switch {
	case top:
		label, _, ok := strings.Cut(n.text, ": ")
		if ok {
			return label + ":"
		}
		return n.name()
	case n.item:
		return "- " + n.text
	case n.field():
		return n.name()
	}
	return n.text
}

// spread gives nests that are written in one line, "linkinfo.kind "veth"", the form that they have with more than one field.
func spread(n *node) *node {
	kids := make([]*node, len(n.kids))
	for i, k := range n.kids {
		kids[i] = spread(k)
		for !k.item && k.field() {
			name := k.name()
			dot := strings.LastIndexAny(name, ".[")
			if dot <= 0 {
				break
			}
			inner := newNode(strings.TrimPrefix(kids[i].text[dot:], "."), false, kids[i].kids)
			k = newNode(name[:dot], false, []*node{inner})
			kids[i] = k
		}
	}
	return newNode(n.text, n.item, kids)
}

// newNode makes a node that has no lines of its own.
func newNode(text string, item bool, kids []*node) *node {
	n := &node{text: text, item: item, kids: kids}
	n.whole = strings.Join(n.lines(), "\n")
	return n
}
