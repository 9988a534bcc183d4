package host

import (
	"errors"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// A Frame is a call of a program as it was at some moment: when an error began, or where the program stands still.
type Frame struct {
	Name string // of the function
	Pos  syntax.Position
	Vars []string            // names of its variables that had a value, in their order
	Vals starlark.StringDict // and their values
	Lost bool                // the interpreter had let go of its variables, if there were any

	module starlark.StringDict // the other names of its file
	scope  starlark.StringDict // what expressions see, nil until there was one
}

// Where says where the frame is, as errors do.
func (f *Frame) Where() string {
	if f.top() {
		return f.Pos.String() + ": at top level"
	}
	return f.Pos.String() + ": in " + f.Name
}

func (f *Frame) top() bool { return f.Name == "<toplevel>" }

// mostFrames is how many calls are kept of a stack, the innermost.
const mostFrames = 100

// Frames are the calls that a thread is in, the innermost first. Builtins are no frames.
func (h *Host) Frames(thread *starlark.Thread) []Frame { return framesOf(thread, nil) }

func framesOf(thread *starlark.Thread, last *lastStep) (frames []Frame) {
	depth := min(thread.CallStackDepth(), mostFrames)
	var functions []*starlark.Function
	for i := range depth {
		if fn, ok := thread.DebugFrame(i).Callable().(*starlark.Function); ok {
			functions = append(functions, fn)
		}
	}
	for i := range depth {
		df := thread.DebugFrame(i)
		if fn, ok := df.Callable().(*starlark.Function); ok {
			saved, known := last.of(thread, i)
			f := frameOf(df, fn, functions, saved)
			f.Lost = i == 0 && df.NumLocals() == 0 && !known && !f.top() // the interpreter itself has failed in it
			frames = append(frames, f)
		}
	}
	return frames
}

// frameOf copies a frame. saved are its variables, if the interpreter has none any more.
func frameOf(df starlark.DebugFrame, fn *starlark.Function, around []*starlark.Function, saved []variable) Frame {
	f := Frame{Name: fn.Name(), Pos: df.Position(), Vals: starlark.StringDict{}, module: fn.Globals()}
	list := saved
	for i := range df.NumLocals() {
		b, v := df.Local(i)
		list = append(list, variable{b, v})
	}
	for _, l := range list {
		if v := opened(l, around, list); v != nil {
			f.add(l.Name, v)
		}
	}
	for i := range fn.NumFreeVars() {
		if b, v := fn.FreeVar(i); v != nil {
			f.add(b.Name, v)
		}
	}
	if f.top() {
		for _, name := range f.module.Keys() {
			if !strings.HasPrefix(name, "<") {
				f.add(name, f.module[name])
			}
		}
	}
	return f
}

func (f *Frame) add(name string, v starlark.Value) {
	if f.Vals[name] == nil {
		f.Vars = append(f.Vars, name)
	}
	f.Vals[name] = v
}

// variable is a local variable and its value, which may be nil.
type variable struct {
	starlark.Binding
	value starlark.Value
}

// opened is the value of a variable. One that inner functions use is in a cell, which only they can open: one of those that run, or one
// that another variable holds. nil is that there is none.
func opened(l variable, running []*starlark.Function, list []variable) starlark.Value {
	if l.value == nil || l.value.Type() != "cell" {
		return l.value
	}
	inner := slices.Clone(running)
	for _, other := range list {
		if fn, ok := other.value.(*starlark.Function); ok {
			inner = append(inner, fn)
		}
	}
	for _, fn := range inner {
		for i := range fn.NumFreeVars() {
			if b, v := fn.FreeVar(i); b == l.Binding {
				return v
			}
		}
	}
	return nil
}

// InteractIn is Interact with the names of a frame before those of its file, and those before the predeclared ones. What it binds is seen by
// later texts for the same frame, and by nobody else: the program has its variables as they were.
func (h *Host) InteractIn(thread *starlark.Thread, f *Frame, src Source) (starlark.Value, error) {
	if f.scope == nil {
		f.scope = starlark.StringDict{}
		for _, names := range []starlark.StringDict{h.globals, f.module, f.Vals} {
			for name, v := range names {
				f.scope[name] = v
			}
		}
	}
	v, err := h.interact(thread, f.scope, src)
	return v, settle(thread, err)
}

// A Debug keeps, for a job, what its calls knew when an error began.
type Debug struct {
	// Steps looks at every step of the program. Without it the variables of the innermost call are lost where no builtin has failed,
	// but the interpreter itself: in 1 // 0.
	Steps bool

	thread *starlark.Thread
	busy   bool
	kept   []moment // the last ones, the newest last
	last   lastStep
}

// moment is the calls when an error began. An error that passes through a builtin begins once more.
type moment struct {
	stack  starlark.CallStack // outermost first, as far as it is kept
	frames []Frame
}

// mostMoments is how many are kept; the one that counts may be followed by as many builtins as the error has passed through.
const mostMoments = 16

// debugName is the name of the outermost call of a thread with a Debug.
const debugName = "<debug>"

// around calls fn below a callable of our own. The interpreter asks that for its name when it notes the stack of an error: the
// only moment at which one can look at the calls that it goes through.
func (d *Debug) around(thread *starlark.Thread, fn func(*starlark.Thread) error) (err error) {
	d.thread = thread
	_, _ = starlark.Call(thread, outermost{d, func() { err = fn(thread) }}, nil, nil) // the error would begin once more there
	return err
}

type outermost struct {
	d    *Debug
	call func()
}

var _ starlark.Callable = outermost{}

func (o outermost) String() string        { return debugName }
func (o outermost) Type() string          { return "debug" }
func (o outermost) Freeze()               {}
func (o outermost) Truth() starlark.Bool  { return true }
func (o outermost) Hash() (uint32, error) { return 0, errNoHash }

const errNoHash constError = "unhashable: debug"

// Name looks at the calls: see around.
func (o outermost) Name() string {
	if !o.d.busy {
		o.d.busy = true
		o.d.look()
		o.d.busy = false
	}
	return debugName
}

// CallInternal runs what is below.
func (o outermost) CallInternal(*starlark.Thread, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	o.call()
	return starlark.None, nil
}

func (d *Debug) look() {
	var m moment
	for i := min(d.thread.CallStackDepth()-1, mostFrames); i > 0; i-- { // without the outermost
		df := d.thread.DebugFrame(i - 1)
		m.stack = append(m.stack, starlark.CallFrame{Name: df.Callable().Name(), Pos: df.Position()})
	}
	m.frames = framesOf(d.thread, &d.last)
	if len(d.kept) == mostMoments {
		d.kept = slices.Delete(d.kept, 0, 1)
	}
	d.kept = append(d.kept, m)
}

// Frames are the calls in which an error began, the innermost first; nil if they are not known.
func (d *Debug) Frames(err error) []Frame {
	if d == nil {
		return nil
	}
	var of *taskError // which was joined
	if errors.As(err, &of) && of.debug != nil && of.debug != d {
		return of.debug.Frames(of.err)
	}
	stack := Stack(err)
	for _, m := range slices.Backward(d.kept) {
		n := min(len(stack), len(m.stack))
		if n > 0 && (n == mostFrames || len(stack) == len(m.stack)) && continues(m.stack[len(m.stack)-n:], stack[len(stack)-n:]) {
			return m.frames
		}
	}
	return nil
}

// lastStep is the variables of the innermost call before the last step: when the interpreter notes an error of its own, it has let go of them.
type lastStep struct {
	fn    starlark.Callable
	depth int
	vars  []variable
}

// step is called before every step.
func (s *lastStep) step(thread *starlark.Thread) {
	df := thread.DebugFrame(0)
	fn, n := df.Callable(), df.NumLocals()
	if depth := thread.CallStackDepth(); fn != s.fn || depth != s.depth || n != len(s.vars) {
		s.fn, s.depth, s.vars = fn, depth, slices.Grow(s.vars[:0], n)[:n]
	}
	for i := range s.vars {
		s.vars[i].Binding, s.vars[i].value = df.Local(i)
	}
}

// of are the variables of a frame whose own are gone.
func (s *lastStep) of(thread *starlark.Thread, at int) (vars []variable, known bool) {
	df := thread.DebugFrame(at)
	if s == nil || df.NumLocals() > 0 || s.depth != thread.CallStackDepth()-at || s.fn != df.Callable() {
		return nil, false
	}
	return slices.Clone(s.vars), true
}
