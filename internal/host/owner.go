package host

import (
	"container/list"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"go.starlark.net/syntax"
)

// An Owner closes what was opened in its name, last in, first out: there is no with
// statement in Starlark, and after an interrupt no Starlark code can run. A script, a test, a
// REPL session and every scope has one. It may be used from several goroutines.
type Owner struct {
	name   string
	parent *Owner
	leave  func() // takes the owner out of its parent

	mu      sync.Mutex
	open    list.List // of *Resource
	closed  bool
	closing int       // calls of Close that are not over
	current *Resource // what Close is at
}

// A Resource is something that an Owner closes.
type Resource struct {
	Name  string
	Pos   syntax.Position // where it was opened; may be the zero Position
	close func() error
	stop  func()      // a task: Close calls that of all before it waits for the first
	idle  func() bool // says whether it is no leak; nil: it is one until it is closed
	calls bool        // close runs Starlark
	inner *Owner      // of a scope or a task; nil for what is not an owner
	task  *Task       // nil for what is none
}

// NewOwner returns an owner; one with a parent is closed with it, in its turn.
func NewOwner(name string, parent *Owner) *Owner {
	o := &Owner{name: name, parent: parent, leave: func() {}}
	if parent != nil {
		o.leave = parent.add(&Resource{Name: name, close: o.Close, inner: o})
	}
	return o
}

// Add registers something to close. The function it returns takes it out again, for a resource
// that was closed by hand. An owner that is closed already closes the newcomer at once, since
// nothing else ever would.
func (o *Owner) Add(name string, pos syntax.Position, close func() error) (remove func()) {
	return o.add(&Resource{Name: name, Pos: pos, close: func() error {
		if err := closeGuarded(close); err != nil {
			return &closeError{name: name, pos: pos, err: err}
		}
		return nil
	}})
}

func (o *Owner) add(r *Resource) (remove func()) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		_ = r.close() // nobody is left to tell
		return func() {}
	}
	e := o.open.PushBack(r)
	o.mu.Unlock()
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.open.Remove(e) // does nothing for an element that has been taken
	}
}

// Close closes everything, the newest first, goes on after an error, and returns all errors. What
// is added meanwhile by a closer is closed too. A second Close does nothing. Tasks end before anything
// else is closed, since they may use it; all are told to stop before it waits for the first.
func (o *Owner) Close() error {
	o.count(1)
	defer o.count(-1)
	errs := o.endTasks()
	for {
		r := o.last()
		o.at(r)
		if r == nil {
			break
		}
		errs = append(errs, r.close())
	}
	o.leave()
	return errors.Join(errs...)
}

func (o *Owner) count(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closing += n
}

func (o *Owner) at(r *Resource) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.current = r
}

// Closing says whether it is being closed, or anything inside it, and gets on with it: waiting for a task that has not noticed is not that.
func (o *Owner) Closing() bool {
	o.mu.Lock()
	closing, current := o.closing > 0, o.current
	o.mu.Unlock()
	if closing && current != nil && current.inner != nil {
		return current.inner.Closing()
	}
	return closing || slices.ContainsFunc(o.Open(), func(r Resource) bool { return r.inner != nil && r.inner.Closing() })
}

// Waits says whether it is being closed and waits for a task.
func (o *Owner) Waits() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.current != nil && o.current.inner != nil
}

// Abandon closes what would outlive the process, while a thread still runs and cannot be stopped. Tasks are not waited for: they end
// with the process, which must follow.
func (o *Owner) Abandon() error { return errors.Join(o.closeNow()...) }

// Calls says whether closing it would run Starlark, as on_exit does. That needs the thread that Abandon is there for to stop.
func (o *Owner) Calls() bool {
	return slices.ContainsFunc(o.Open(), func(r Resource) bool { return r.calls || r.inner != nil && r.inner.Calls() })
}

// closeNow is Close without its end of tasks.
func (o *Owner) closeNow() (errs []error) {
	for r := o.last(); r != nil; r = o.last() {
		if r.inner != nil {
			errs = append(errs, r.inner.closeNow()...)
		} else {
			errs = append(errs, r.close())
		}
	}
	return errs
}

// endTasks ends the tasks, the newest first.
func (o *Owner) endTasks() (errs []error) {
	var tasks []Resource
	for _, r := range o.Open() {
		if r.stop != nil {
			r.stop()
			tasks = append(tasks, r)
		}
	}
	for _, r := range slices.Backward(tasks) {
		o.at(&r)
		errs = append(errs, r.close())
	}
	return errs
}

// last takes the newest resource out; when there is none, the owner is closed.
func (o *Owner) last() *Resource {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.open.Back()
	if e == nil {
		o.closed = true
		return nil
	}
	return o.open.Remove(e).(*Resource)
}

// A Running is a task, and where it was started.
type Running struct {
	*Task
	Pos syntax.Position
}

// Tasks returns the tasks that run, the oldest first, those in scopes and of other tasks among them.
func (o *Owner) Tasks() (list []Running) {
	for _, r := range o.Open() {
		if r.task != nil && !r.task.Done() {
			list = append(list, Running{r.task, r.Pos})
		}
		if r.inner != nil {
			list = append(list, r.inner.Tasks()...)
		}
	}
	return list
}

// Root returns the outermost owner.
func (o *Owner) Root() *Owner {
	for o.parent != nil {
		o = o.parent
	}
	return o
}

func (o *Owner) isClosed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

// Leaks returns what is open and should have been closed by hand, if one insists.
func (o *Owner) Leaks() []Resource {
	return slices.DeleteFunc(o.Open(), func(r Resource) bool { return r.idle != nil && r.idle() })
}

// Open returns what is open, the oldest first.
func (o *Owner) Open() []Resource {
	o.mu.Lock()
	defer o.mu.Unlock()
	var rs []Resource
	for e := o.open.Front(); e != nil; e = e.Next() {
		rs = append(rs, *e.Value.(*Resource))
	}
	return rs
}

// closeGuarded keeps a panic of one closer from skipping the others.
func closeGuarded(close func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Defect{Value: p, Stack: debug.Stack()}
		}
	}()
	return close()
}

// closeError says what could not be closed.
type closeError struct {
	name string
	pos  syntax.Position
	err  error
}

func (e *closeError) Error() string {
	if !e.pos.IsValid() {
		return fmt.Sprintf("closing %s: %v", e.name, e.err)
	}
	return fmt.Sprintf("closing %s (opened at %s): %v", e.name, e.pos, e.err)
}

func (e *closeError) Unwrap() error { return e.err }
