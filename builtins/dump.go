package builtins

import (
	"context"
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
)

// dump is the messages of a complete dump: a sequence whose elements are made
// when they are looked at.
type dump struct {
	env *environ
	d   *session.Dumped
}

var (
	_ starlark.Indexable = (*dump)(nil)
	_ starlark.Sequence  = (*dump)(nil)
	_ starlark.Sliceable = (*dump)(nil)
	_ starlark.HasAttrs  = (*dump)(nil)
)

func (d *dump) Type() string          { return "dump" }
func (d *dump) Freeze()               {}
func (d *dump) Truth() starlark.Bool  { return d.d.Len() > 0 }
func (d *dump) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: dump") }
func (d *dump) Len() int              { return d.d.Len() }

func (d *dump) String() string {
	return fmt.Sprintf("<dump of %d %s>", d.d.Len(), d.d.Op().Key)
}

// Attr finds what is known of the dump beside its messages.
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
	return nil, noAttr("dump", name, d.AttrNames())
}

// AttrNames lists the attributes.
func (d *dump) AttrNames() []string { return []string{"attempts", "filtered", "notes"} }

// Index makes the message i.
func (d *dump) Index(i int) starlark.Value {
	return d.message(i, &message{})
}

// message fills m with message i.
func (d *dump) message(i int, m *message) *message {
	m.m = d.d.Msg(i)
	m.shape = d.env.shape(&m.m)
	m.op = d.d.Op().Op
	m.raw = d.d.At(i)
	return m
}

// Slice makes a list of messages.
func (d *dump) Slice(start, end, step int) starlark.Value {
	var elems []starlark.Value
	for i := start; step > 0 && i < end || step < 0 && i > end; i += step {
		elems = append(elems, d.Index(i))
	}
	return starlark.NewList(elems)
}

// Iterate walks the messages. Their values are made many at a time: one for
// each would cost an allocation for each.
func (d *dump) Iterate() starlark.Iterator { return &dumpIterator{d: d, shape: d.frameShape()} }

func (d *dump) frameShape() *shape {
	if d.d.Len() == 0 {
		return nil
	}
	m := d.d.Msg(0)
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
	if it.next >= it.d.d.Len() {
		return false
	}
	if len(it.slab) == 0 {
		it.slab = make([]message, min(slabSize, it.d.d.Len()-it.next))
	}
	m := &it.slab[0]
	it.slab = it.slab[1:]
	m.m = it.d.d.Msg(it.next)
	m.shape, m.op, m.raw = it.shape, it.d.d.Op().Op, it.d.d.At(it.next)
	it.next++
	*p = m
	return true
}

// Done ends the walk.
func (it *dumpIterator) Done() {}

// stream is a dump that is read as it is iterated over, and not kept. It can be
// iterated over once.
type stream struct {
	env    *environ
	op     *operation
	made   *starlark.Thread
	s      *session.Stream
	remove func()
	used   bool
}

var _ starlark.Iterable = (*stream)(nil)

func (s *stream) Type() string          { return "stream" }
func (s *stream) Freeze()               {}
func (s *stream) Truth() starlark.Bool  { return true }
func (s *stream) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: stream") }
func (s *stream) String() string        { return fmt.Sprintf("<stream of %s>", s.op.name()) }

// Iterate starts reading.
func (s *stream) Iterate() starlark.Iterator {
	it := &streamIterator{s: s, ctx: host.Context(host.Current(s.made))}
	if s.used {
		it.err = fmt.Errorf("%s.stream: got a second iteration, want one: a stream is not kept (dump is)", s.op.name())
	}
	s.used = true
	return it
}

type streamIterator struct {
	s     *stream
	ctx   context.Context
	shape *shape
	slab  []message
	err   error
	ended bool
}

// Next reads the next message. An error is raised at the loop.
func (it *streamIterator) Next(p *starlark.Value) bool {
	if it.err == nil && it.s.s.Next(it.ctx) {
		if len(it.slab) == 0 {
			it.slab = make([]message, slabSize)
		}
		m := &it.slab[0]
		it.slab = it.slab[1:]
		m.m = it.s.s.Msg()
		if it.shape == nil {
			it.shape = it.s.env.shape(&m.m)
		}
		m.shape, m.op, m.raw = it.shape, it.s.op.op.Op, it.s.s.Raw()
		*p = m
		return true
	}
	if it.err == nil {
		if it.err = it.s.s.Err(); it.err != nil {
			it.err = fmt.Errorf("%s.stream: %w", it.s.op.name(), it.err)
		}
	}
	if it.err != nil && !it.ended {
		it.ended = true
		return host.Raise(host.Current(it.s.made), it.err)
	}
	return false
}

// Done gives the socket back.
func (it *streamIterator) Done() { it.s.close() }

func (s *stream) close() {
	if s.remove != nil {
		s.remove()
		s.remove = nil
		_ = s.s.Close()
	}
}

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
