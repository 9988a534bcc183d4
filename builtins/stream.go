package builtins

import (
	"context"
	"errors"
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// stream is a dump that is read as it is iterated over, and not kept. It can be
// iterated over once.
type stream struct {
	env     *environ
	op      *operation
	made    *starlark.Thread
	s       *session.Stream
	remove  func()
	used    bool
	filters []*matcher // what its messages must match
	waits   *receiver  // ended before the socket is closed
}

var (
	_ starlark.Iterable = (*stream)(nil)
	_ starlark.HasAttrs = (*stream)(nil)
	_ rows              = (*stream)(nil)
)

func (s *stream) Type() string          { return "stream" }
func (s *stream) Freeze()               {}
func (s *stream) Truth() starlark.Bool  { return true }
func (s *stream) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: stream") }
func (s *stream) String() string        { return fmt.Sprintf("<stream of %s>", s.op.name()) }

// Iterate starts reading.
func (s *stream) Iterate() starlark.Iterator {
	it := &streamIterator{s: s, ctx: host.Context(host.Current(s.made)), err: s.use()}
	if it.reads = it.err == nil; it.reads {
		s.s.WaitThrough(s.wait)
	}
	return it
}

// wait lets other tasks run while nothing is there. The kernel has the next part of a dump ready
// at once, so the loop over one never gets here, and does not pay for it.
func (s *stream) wait(_ context.Context, wait func(context.Context) error) error {
	return s.waits.wait(host.Current(s.made), wait)
}

// use is an error at the second use.
func (s *stream) use() error {
	if s.used {
		return fmt.Errorf("%s.stream: got a second iteration, want one: a stream is not kept (dump is)", s.op.name())
	}
	s.used = true
	return nil
}

// Attr finds a method.
func (s *stream) Attr(name string) (starlark.Value, error) {
	if fn := bulkMethod(s, name); fn != nil {
		return fn, nil
	}
	return nil, noAttr("stream", name, s.AttrNames())
}

// AttrNames lists the methods.
func (s *stream) AttrNames() []string { return bulkMethods[:] }

func (s *stream) kind() string      { return "stream" }
func (s *stream) frame() schema.Msg { return s.s.Frame() }
func (s *stream) resolve() resolver { return s.op.op.Resolve }
func (s *stream) environ() *environ { return s.env }

// where moves what is left of the stream to another one, with a condition more.
func (s *stream) where(t *matcher) (starlark.Value, error) {
	if err := s.use(); err != nil {
		return nil, err
	}
	more := *s
	more.used, more.filters = false, append(s.filters[:len(s.filters):len(s.filters)], t)
	s.remove = nil
	return &more, nil
}

// matches reports whether the current message is one that the stream is about.
func (s *stream) matches(th *starlark.Thread, m *schema.Msg) (bool, error) {
	for _, t := range s.filters {
		if ok, err := t.match(th, m); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// each is for bulk work, see rows.
func (s *stream) each(th *starlark.Thread, keep, quiet bool, fn func(i int, m *schema.Msg) (bool, error)) error {
	if err := s.use(); err != nil {
		return err
	}
	defer s.close()
	for _, t := range s.filters {
		keep, quiet = keep || t.calls, quiet && !t.calls
	}
	if !keep {
		s.s.Discard()
	}
	m := s.s.Frame()
	loop := func(ctx context.Context) error {
		for i := 0; s.s.Next(ctx); i++ {
			m.Data = s.s.Data()
			ok, err := s.matches(th, &m)
			if ok && err == nil {
				ok, err = fn(i, &m)
				if !ok && err == nil {
					return nil
				}
			}
			if err != nil {
				return err
			}
		}
		if err := s.s.Err(); err != nil {
			return fmt.Errorf("%s: %w", s.op.name(), err)
		}
		return nil
	}
	if quiet {
		return s.waits.wait(th, loop)
	}
	s.s.WaitThrough(s.wait)
	return loop(host.Context(th))
}

// value makes the current message.
func (s *stream) value(int) *message {
	m := &message{m: s.s.Msg(), op: s.op.op.Op, raw: s.s.Raw()}
	m.shape = s.env.shape(&m.m)
	return m
}

type streamIterator struct {
	s     *stream
	ctx   context.Context
	shape *shape
	slab  []message
	frame schema.Msg // of the message that is matched
	err   error
	reads bool // it has the stream, which a second iteration has not
	ended bool
}

// Next reads the next message. An error is raised at the loop.
func (it *streamIterator) Next(p *starlark.Value) bool {
	for it.err == nil && it.s.s.Next(it.ctx) {
		if len(it.s.filters) > 0 {
			it.frame = it.s.s.Msg()
			var ok bool
			if ok, it.err = it.s.matches(host.Current(it.s.made), &it.frame); !ok || it.err != nil {
				continue
			}
		}
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

// errStreamClosed ends the wait of a task that still reads when the owner is closed.
var errStreamClosed = errors.New("the stream is closed")

// end is for the owner. A task that waits closes the socket itself, on its way out.
func (s *stream) end() error {
	if s.waits.cancel != nil {
		s.waits.end(errStreamClosed)
		return nil
	}
	return s.s.Close()
}

// Done gives the socket back.
func (it *streamIterator) Done() {
	if it.reads {
		it.s.close()
	}
}

func (s *stream) close() {
	if s.remove != nil {
		s.remove()
		s.remove = nil
		_ = s.s.Close()
	}
}
