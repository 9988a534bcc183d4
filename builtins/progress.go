package builtins

import (
	"fmt"
	"io"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

const progressDoc = `returns the elements of iterable, and shows on a terminal how far the loop is

The line is written to standard error, and is gone when the loop ends. Without a terminal there is none.

    for n in progress(range(1000), label = "routes"):
        pass`

var progressParams = []param{
	{"iterable", "iterable", "what to loop over"},
	{"total", "int = None", "how many elements there are, if iterable does not know"},
	{"label", "string = None", "what to write in front"},
}

func (env *environ) progress(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var iterable starlark.Iterable
	var total starlark.Value
	var label string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "iterable", &iterable, "total??", &total, "label??", &label); err != nil {
		return nil, err
	}
	n := starlark.Len(iterable)
	if total != nil && total != starlark.None {
		var err error
		if n, err = starlark.AsInt32(total); err != nil || n < 0 {
			return nil, fmt.Errorf("%s: for parameter total: got %s, want a number of elements", fn.Name(), total)
		}
	}
	if !env.terminal {
		return iterable, nil
	}
	return &progress{Iterable: iterable, env: env, total: n, label: label, w: host.Of(th).Stderr()}, nil
}

// progress is an iterable that shows how far its iterator is.
type progress struct {
	starlark.Iterable
	env   *environ
	total int // -1: nobody knows
	label string
	w     io.Writer
}

func (p *progress) Type() string   { return "progress" }
func (p *progress) String() string { return "<progress of " + p.Iterable.Type() + ">" }

// Iterate starts to show.
func (p *progress) Iterate() starlark.Iterator {
	b := &bar{p: p, inner: p.Iterable.Iterate(), outer: p.env.bar}
	p.env.bar = b
	b.draw()
	return b
}

// redrawn is how long a state is left on the screen.
const redrawn = 100 * time.Millisecond

// bar is the line of one loop.
type bar struct {
	p     *progress
	inner starlark.Iterator
	outer *bar // of the loop around this one
	n     int
	drawn time.Time
}

// Next passes an element on.
func (b *bar) Next(v *starlark.Value) bool {
	if !b.inner.Next(v) {
		return false
	}
	if b.n++; time.Since(b.drawn) >= redrawn {
		b.draw()
	}
	return true
}

// Done takes the line away.
func (b *bar) Done() {
	b.hide()
	b.p.env.bar = b.outer
	b.inner.Done()
}

func (b *bar) draw() {
	b.drawn = time.Now()
	text := b.p.label
	if text != "" {
		text += " "
	}
	text += fmt.Sprint(b.n)
	if b.p.total > 0 {
		text += fmt.Sprintf("/%d %d%%", b.p.total, 100*b.n/b.p.total)
	}
	_, _ = io.WriteString(b.p.w, "\r"+text+"\x1b[K") // nobody looks at a broken terminal
}

// hide takes the line away until it is drawn again. A nil bar shows nothing.
func (b *bar) hide() {
	if b != nil {
		_, _ = io.WriteString(b.p.w, "\r\x1b[K")
		b.drawn = time.Time{}
	}
}
