package redact

import (
	"sort"
	"strings"
)

// Render writes a node: one field on each line, nests indented, paths joined
// where a nest has one field only. It ends in a newline.
//
//	newlink
//	  ifname "v0"
//	  flags [up, running]
//	  linkinfo.kind "veth"
//
// Errors: a path that nothing in the node can have.
func (t *Table) Render(n *Node, o Options) (string, error) {
	fields, omit := paths(o.Fields), paths(o.Omit)
	if err := n.check(fields, "fields"); err != nil {
		return "", err
	}
	if err := n.check(omit, "omit"); err != nil {
		return "", err
	}
	if o.Full {
		n = n.whole()
	}
	if len(fields) > 0 {
		n = n.chosen(fields)
	}
	n = n.without(omit)
	t.mu.Lock()
	defer t.mu.Unlock()
	w := writer{t: t, assign: true, order: o.Order}
	lines := w.lines(n)
	if o.Label != "" {
		lines[0] = o.Label + ": " + lines[0]
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// Leaf writes the value of one leaf; redacted says that it is not the value
// itself.
func (t *Table) Leaf(n *Node) (text string, redacted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text(n, true)
}

// writer makes lines of a node.
type writer struct {
	t      *Table
	assign bool // values get symbols; without, what it writes is good for sorting only
	order  Order
}

// lines writes a node that has no name.
func (w *writer) lines(n *Node) []string {
	switch n.Shape {
	case Leaf:
		return []string{w.leaf(n)}
	case List:
		return w.list(n, n.Title)
	case Lines:
		lines := []string{n.Title}
		for _, k := range n.Kids {
			lines = append(lines, "  "+k.text)
		}
		return lines
	}
	kids := w.kids(n)
	switch {
	case n.Title == "" && len(kids) == 0:
		return []string{"{}"}
	case n.Title == "":
		return kids
	}
	return append([]string{n.Title}, indented(kids)...)
}

func (w *writer) leaf(n *Node) string {
	s, _ := w.t.text(n, w.assign)
	return s
}

func (w *writer) kids(n *Node) (lines []string) {
	for _, k := range n.Kids {
		if !k.hidden {
			lines = append(lines, w.named(k, k.Key)...)
		}
	}
	return lines
}

// named writes a node behind its path.
func (w *writer) named(n *Node, path string) []string {
	switch {
	case n.Shape == Leaf:
		return []string{path + " " + w.leaf(n)}
	case n.Shape == List:
		return w.list(n, path)
	case n.Title != "", n.Shape == Lines:
		return append([]string{path}, indented(w.lines(n))...)
	}
	var shown []*Node
	for _, k := range n.Kids {
		if !k.hidden {
			shown = append(shown, k)
		}
	}
	switch len(shown) {
	case 0:
		return []string{path + " {}"}
	case 1:
		return w.named(shown[0], joined(path, shown[0].Key))
	}
	return append([]string{path}, indented(w.kids(n))...)
}

// joined is the path of what is inside: "a.b", but "a[1]".
func joined(path, key string) string {
	if strings.HasPrefix(key, "[") {
		return path + key
	}
	return path + "." + key
}

// list writes a list: in brackets if all elements are plain, else each behind a
// dash.
func (w *writer) list(n *Node, head string) []string {
	order := w.order
	w.order = BySchema // of the outermost only
	var shown []*Node
	plain := true
	for _, k := range n.Kids {
		if !k.hidden {
			shown = append(shown, k)
			plain = plain && k.Shape == Leaf
		}
	}
	if order == Sorted || order == BySchema && n.unordered {
		w.sort(shown)
	}
	space := " "
	if head == "" {
		space = ""
	}
	if plain {
		parts := make([]string, len(shown))
		for i, k := range shown {
			parts[i] = w.leaf(k)
		}
		return []string{head + space + "[" + strings.Join(parts, ", ") + "]"}
	}
	var lines []string
	if head != "" {
		lines = append(lines, head)
	}
	for _, k := range shown {
		item := indented(w.lines(k))
		item[0] = "- " + item[0][2:]
		if head != "" {
			item = indented(item)
		}
		lines = append(lines, item...)
	}
	return lines
}

// sort orders nodes by what they say, before anything in them gets a symbol:
// the order in which the kernel told them must not number them. What is inside
// is sorted first, since it is a part of what they say.
func (w *writer) sort(nodes []*Node) {
	look := writer{t: w.t}
	text := make(map[*Node]string, len(nodes))
	for _, n := range nodes {
		text[n] = strings.Join(look.lines(n), "\n")
	}
	sort.SliceStable(nodes, func(i, j int) bool { return less(text[nodes[i]], text[nodes[j]]) })
}

// less compares texts by their parts: numbers as numbers, so that 10.0.0.9 comes
// before 10.0.0.10.
func less(a, b string) bool {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(m) != len(n) {
				return len(m) < len(n)
			}
			if m != n {
				return m < n
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return a[0] < b[0]
		}
		a, b = a[1:], b[1:]
	}
	return len(a) < len(b)
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// indented moves lines to the right.
func indented(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = "  " + l
	}
	return out
}
