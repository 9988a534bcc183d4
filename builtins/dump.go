package builtins

import (
	"fmt"
	"sort"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// dump is the messages of a complete dump, or some of them: a sequence whose
// elements are made when they are looked at.
type dump struct {
	env      *environ
	d        *session.Dumped
	selected bool
	order    []uint32 // where selected: which messages there are, and in which order
}

var (
	_ starlark.Indexable = (*dump)(nil)
	_ starlark.Sequence  = (*dump)(nil)
	_ starlark.Sliceable = (*dump)(nil)
	_ starlark.HasAttrs  = (*dump)(nil)
	_ rows               = (*dump)(nil)
)

func (d *dump) Type() string          { return "dump" }
func (d *dump) Freeze()               {}
func (d *dump) Truth() starlark.Bool  { return d.Len() > 0 }
func (d *dump) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: dump") }

// Len is the number of messages.
func (d *dump) Len() int {
	if d.selected {
		return len(d.order)
	}
	return d.d.Len()
}

func (d *dump) String() string {
	if d.selected {
		return fmt.Sprintf("<%d of a dump of %d %s>", d.Len(), d.d.Len(), d.d.Op().Key)
	}
	return fmt.Sprintf("<dump of %d %s>", d.d.Len(), d.d.Op().Key)
}

// selection is an empty selection of the dump's messages.
func (d *dump) selection() *dump { return &dump{env: d.env, d: d.d, selected: true} }

// number is which of all messages of the dump message i is.
func (d *dump) number(i int) int {
	if d.selected {
		return int(d.order[i])
	}
	return i
}

func (d *dump) kind() string      { return "dump" }
func (d *dump) frame() schema.Msg { return d.d.Frame() }
func (d *dump) resolve() resolver { return d.d.Op().Resolve }
func (d *dump) environ() *environ { return d.env }

// each is for bulk work, see rows; it numbers messages among all of the dump.
func (d *dump) each(_ *starlark.Thread, _, _ bool, fn func(i int, m *schema.Msg) (bool, error)) error {
	m := d.d.Frame()
	for i := range d.Len() {
		n := d.number(i)
		m.Data = d.d.Data(n)
		if more, err := fn(n, &m); !more || err != nil {
			return err
		}
	}
	return nil
}

// value makes message i of all of the dump.
func (d *dump) value(i int) *message {
	m := &message{m: d.d.Msg(i), op: d.d.Op().Op, raw: d.d.At(i)}
	m.shape = d.env.shape(&m.m)
	return m
}

// Attr finds what is known of the dump beside its messages, and the methods.
func (d *dump) Attr(name string) (starlark.Value, error) {
	switch name {
	case "notes":
		var notes []starlark.Value
		for _, n := range d.d.Notes {
			notes = append(notes, starlark.String(n))
		}
		list := starlark.NewList(notes)
		list.Freeze()
		return list, nil
	case "attempts":
		return starlark.MakeInt(d.d.Attempts), nil
	case "filtered":
		return starlark.Bool(d.d.Filtered), nil
	}
	if fn := bulkMethod(d, name); fn != nil {
		return fn, nil
	}
	return nil, noAttr("dump", name, d.AttrNames())
}

// AttrNames lists the attributes.
func (d *dump) AttrNames() []string {
	names := append([]string{"attempts", "filtered", "notes"}, bulkMethods[:]...)
	sort.Strings(names)
	return names
}

// Index makes the message i.
func (d *dump) Index(i int) starlark.Value { return d.value(d.number(i)) }

// Slice is a part of the dump, a dump again.
func (d *dump) Slice(start, end, step int) starlark.Value {
	sel := d.selection()
	for i := start; step > 0 && i < end || step < 0 && i > end; i += step {
		sel.order = append(sel.order, uint32(d.number(i)))
	}
	return sel
}

// Iterate walks the messages. Their values are made many at a time: one for
// each would cost an allocation for each.
func (d *dump) Iterate() starlark.Iterator { return &dumpIterator{d: d, shape: d.frameShape()} }

func (d *dump) frameShape() *shape {
	m := d.d.Frame()
	return d.env.shape(&m)
}

// slabSize is how many message values are allocated together. A message that
// is kept keeps its neighbours' values alive, not only their bytes.
const slabSize = 64

type dumpIterator struct {
	d     *dump
	shape *shape
	slab  []message
	next  int
}

// Next makes the next message.
func (it *dumpIterator) Next(p *starlark.Value) bool {
	if it.next >= it.d.Len() {
		return false
	}
	if len(it.slab) == 0 {
		it.slab = make([]message, min(slabSize, it.d.Len()-it.next))
	}
	m := &it.slab[0]
	it.slab = it.slab[1:]
	n := it.d.number(it.next)
	m.m = it.d.d.Msg(n)
	m.shape, m.op, m.raw = it.shape, it.d.d.Op().Op, it.d.d.At(n)
	it.next++
	*p = m
	return true
}

// Done ends the walk.
func (it *dumpIterator) Done() {}

// result is the value of a reply: the message, None if there was none, a list
// if there were several.
func (env *environ) result(r *session.Reply) starlark.Value {
	switch len(r.Msgs) {
	case 0:
		return starlark.None
	case 1:
		return env.fromKernel(&r.Msgs[0])
	}
	elems := make([]starlark.Value, len(r.Msgs))
	for i := range r.Msgs {
		elems[i] = env.fromKernel(&r.Msgs[i])
	}
	return starlark.NewList(elems)
}
