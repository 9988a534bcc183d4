package golden

import (
	"fmt"
	"slices"
	"strings"
)

// Change is a field in which two outputs of t.record differ, or a whole message.
type Change struct {
	Message string `json:"message"`         // what is recorded, with the number of the element: "told [1]: event newroute"
	Label   string `json:"label,omitempty"` // of the call of t.record
	Path    string `json:"path,omitempty"`  // in the message, "multipath[1].hops"; "" is all of it
	Field   string `json:"field,omitempty"` // the path as t.record takes it, "multipath.hops"
	Want    string `json:"want,omitempty"`  // as text; "" is that it is not there
	Got     string `json:"got,omitempty"`

	record int // which call of t.record: several may have written the same name
}

// mostPairs bounds the search for what has become of what, which takes the product of both numbers.
const mostPairs = 1 << 16

// Changes compares two outputs by messages and fields. It is nil where an output has no such form, or where they differ in what is no field of
// a message, such as lines that were printed, or spaces: Diff shows those.
func Changes(want, got string) []Change {
	d := differ{}
	d.level(outline(want), outline(got), place{})
	if d.loose {
		return nil
	}
	return d.changes
}

// differ collects what differs.
type differ struct {
	changes []Change
	loose   bool // there is a difference that no change can tell
}

// place is where one is.
type place struct {
	deep    int // 0 is the level of calls of t.record
	record  int
	label   string
	message string
	path    string
}

// level compares what is on one level.
func (d *differ) level(want, got []*node, at place) {
	for _, p := range paired(want, got, at.deep == 0) {
		switch {
		case p.want == nil || p.got == nil:
			d.whole(p, at)
		case p.want.whole != p.got.whole:
			before := len(d.changes)
			d.inside(p, at)
			d.loose = d.loose || len(d.changes) == before // spaces
		}
	}
}

// whole is about something that is on one side only.
func (d *differ) whole(p pair, at place) {
	n, number := p.got, p.gotAt
	if p.got == nil {
		n, number = p.want, p.wantAt
	}
	if at.deep == 0 && len(n.kids) == 0 {
		d.loose = true
		return
	}
	in := at.into(n, number)
	c := in.change()
	text := n.rest(in.path != "" && !n.item)
	d.loose = d.loose || text == "" // a name alone
	if p.got == nil {
		c.Want = text
	} else {
		c.Got = text
	}
	d.changes = append(d.changes, c)
}

// inside is about something that is on both sides, and not the same.
func (d *differ) inside(p pair, at place) {
	in := at.into(p.got, p.gotAt)
	if p.want.text != p.got.text {
		if len(p.want.kids) == 0 && len(p.got.kids) == 0 && at.deep == 0 && !strings.Contains(p.got.text, ": ") {
			d.loose = true // lines that were printed
			return
		}
		c := in.change()
		c.Want, c.Got = p.want.text, p.got.text
		if in.path != "" {
			c.Want, c.Got = p.want.value(), p.got.value()
			d.loose = d.loose || c.Want == "" || c.Got == ""
		}
		d.changes = append(d.changes, c)
	}
	d.level(nests(p.want.kids), nests(p.got.kids), in)
}

// nests gives what is below a message the form in which nests of one field are nests.
func nests(kids []*node) []*node { return spread(&node{kids: kids}).kids }

// change is one that is there.
func (at place) change() Change {
	return Change{Message: at.message, Label: at.label, Path: at.path, Field: plainPath(at.path), record: at.record}
}

// into is the place of a node.
func (at place) into(n *node, number int) place {
	in := at
	in.deep++
	index := fmt.Sprintf("[%d]", number)
	switch {
	case at.deep == 0:
		in.record, in.message = number, n.text
		if label, _, ok := strings.Cut(n.text, ": "); ok {
			in.label = label
		}
	case at.deep == 1 && n.item:
		label, _, _ := strings.Cut(at.message, ": ")
		in.message = strings.TrimSpace(label + " " + index + ": " + n.text)
	case n.item:
		in.path += index
	case in.path == "" || strings.HasPrefix(n.text, "["):
		in.path += n.name()
	default:
		in.path += "." + n.name()
	}
	return in
}

// plainPath is a path without the numbers of elements.
func plainPath(path string) string {
	var b strings.Builder
	for path != "" {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			break
		}
		end := strings.IndexByte(path[open:], ']')
		if end < 0 {
			break
		}
		b.WriteString(path[:open])
		path = path[open+end+1:]
	}
	return b.String() + path
}

// pair is what was and what is, nil for nothing, with their numbers on their level.
type pair struct {
	want, got     *node
	wantAt, gotAt int
}

// paired finds what has become of what: first what is the same, and between that what is the most alike, in order.
func paired(want, got []*node, top bool) (pairs []pair) {
	var a, b []string
	for _, n := range want {
		a = append(a, n.whole)
	}
	for _, n := range got {
		b = append(b, n.whole)
	}
	i, j := 0, 0
	gapI, gapJ := 0, 0
	flush := func() {
		pairs = append(pairs, alike(want[gapI:i], got[gapJ:j], gapI, gapJ, top)...)
	}
	for _, op := range shortest(a, b) {
		switch op {
		case ' ':
			flush()
			pairs = append(pairs, pair{want[i], got[j], i, j})
			i, j = i+1, j+1
			gapI, gapJ = i, j
		case '-':
			i++
		default:
			j++
		}
	}
	flush()
	return pairs
}

// alike pairs nodes none of which are the same, so that they have the most in common.
func alike(want, got []*node, wantAt, gotAt int, top bool) (pairs []pair) {
	for _, step := range steps(want, got, top) {
		p := pair{wantAt: wantAt, gotAt: gotAt}
		if step != '+' {
			p.want, want = want[0], want[1:]
			wantAt++
		}
		if step != '-' {
			p.got, got = got[0], got[1:]
			gotAt++
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// steps is the way through two lists on which the pairs have the most in common.
func steps(want, got []*node, top bool) (ops []byte) {
	w, g := len(want), len(got)
	if w == 0 || g == 0 || w*g > mostPairs {
		return []byte(strings.Repeat("-", w) + strings.Repeat("+", g))
	}
	best := make([]int, (w+1)*(g+1)) // of what is left from want[i] and got[j] on
	at := func(i, j int) *int { return &best[i*(g+1)+j] }
	score := make([]int, w*g)
	for i := w - 1; i >= 0; i-- {
		for j := g - 1; j >= 0; j-- {
			s := likeness(want[i], got[j], top)
			score[i*g+j] = s
			*at(i, j) = max(*at(i+1, j), *at(i, j+1))
			if s > 0 {
				*at(i, j) = max(*at(i, j), s+*at(i+1, j+1))
			}
		}
	}
	i, j := 0, 0
	for i < w && j < g {
		switch s := score[i*g+j]; {
		case s > 0 && *at(i, j) == s+*at(i+1, j+1):
			ops = append(ops, ' ')
			i, j = i+1, j+1
		case *at(i, j) == *at(i+1, j):
			ops = append(ops, '-')
			i++
		default:
			ops = append(ops, '+')
			j++
		}
	}
	return append(ops, strings.Repeat("-", w-i)+strings.Repeat("+", g-j)...)
}

// likeness is how much two nodes have in common, 0 if they are not the same thing.
func likeness(a, b *node, top bool) int {
	if a.key(top) != b.key(top) {
		return 0
	}
	n := 1
	for _, k := range a.kids {
		if slices.ContainsFunc(b.kids, func(o *node) bool { return o.whole == k.whole }) {
			n += 2
		}
	}
	return n
}

// Explain writes changes as a diff: what is in a message is below it, - is wanted, + was printed.
//
//	  told [1]: event newroute
//	-   multipath[1].hops 255
//	+   multipath[1].hops 1
func Explain(changes []Change) string {
	var b strings.Builder
	for i, c := range changes {
		if i == 0 || c.Path == "" || !c.follows(changes[i-1]) {
			fmt.Fprintf(&b, "  %s\n", c.Message)
		}
		explain(&b, '-', c.Path, c.Want)
		explain(&b, '+', c.Path, c.Got)
	}
	return b.String()
}

// follows says whether a change is in the message of the one before. A message that is on one side only may have the name of the next one.
func (c Change) follows(before Change) bool {
	alone := before.Path == "" && (before.Want == "" || before.Got == "")
	return c.Message == before.Message && c.record == before.record && !alone
}

func explain(b *strings.Builder, sign byte, path, text string) {
	if text == "" {
		return
	}
	head, inside, _ := strings.Cut(text, "\n")
	fmt.Fprintf(b, "%c   %s\n", sign, strings.TrimSpace(path+" "+head))
	for line := range strings.Lines(inside) {
		fmt.Fprintf(b, "%c   %s\n", sign, strings.TrimSuffix(line, "\n"))
	}
}
