package host

import (
	"context"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Options is what a Host is made of. Every field may be left out.
type Options struct {
	Globals starlark.StringDict           // the predeclared names
	Args    []string                      // arguments of the script, its own name not among them
	Stdout  io.Writer                     // what scripts print; buffered, see Flush
	Stderr  io.Writer                     // errors
	Std     fs.FS                         // the modules of load("@std//...")
	Show    func(starlark.Value) string   // the text of a result; by default the value's String
	Eager   bool                          // write every line at once: Stdout is a terminal
	Explain func(msg, line string) string // says more of a mistake in the text of a program; may be nil
	Page    func(text string) error       // shows a long text, see the function Page; may be nil
	Arm     func()                        // makes sure that signals are caught, see Host.Arm; may be nil
	Lines   io.Writer                     // every line of a program is written here before it runs; may be nil
	Ended   func(*Task)                   // is told of every task that has ended with an error, on its goroutine; may be nil

	Programs *Programs // of hosts with the same predeclared names; nil keeps none
}

// A Host is one interpreter: its globals, its output, the modules it has loaded.
type Host struct {
	globals starlark.StringDict
	stderr  io.Writer
	std     fs.FS
	show    func(starlark.Value) string
	explain func(msg, line string) string // may be nil
	cwd     string                        // where the host was made: relative loads of a script without a file start here
	page    func(text string) error       // may be nil
	arm     func()                        // nil: nothing to arm
	kept    *Programs                     // may be nil
	ended   func(*Task)                   // may be nil
	out     *output
	turn    turn
	modules modules
	tasks   atomic.Int32 // that run

	mu      sync.Mutex
	program Program
	sources map[string][]byte   // text by the name used in positions, for the display of errors
	texts   map[string][][]byte // all texts of a name, see SourceOf
}

// Dialect returns the options with which all nlsh code is parsed, in files and in the REPL alike.
func Dialect() *syntax.FileOptions {
	return &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
}

// New returns a Host. To o.Globals it adds args and exit, unless they are there already.
func New(o Options) *Host {
	h := &Host{stderr: o.Stderr, std: o.Std, show: o.Show, explain: o.Explain, page: o.Page, arm: o.Arm, kept: o.Programs, ended: o.Ended, out: newOutput(o.Stdout, o.Eager, o.Arm)}
	if h.stderr == nil {
		h.stderr = io.Discard
	}
	if h.show == nil {
		h.show = starlark.Value.String
	}
	h.cwd, _ = os.Getwd() // a deleted directory: only relative loads need it, and they will say so
	h.sources, h.texts = make(map[string][]byte), make(map[string][][]byte)
	h.globals = bounded()
	h.globals["args"], h.globals["exit"] = argList(o.Args), starlark.NewBuiltin("exit", exit)
	for name, v := range o.Globals {
		h.globals[name] = v
	}
	if o.Lines != nil {
		h.globals[lineName] = h.lineWriter(o.Lines)
	}
	return h
}

func argList(args []string) *starlark.List {
	elems := make([]starlark.Value, len(args))
	for i, a := range args {
		elems[i] = starlark.String(a)
	}
	return starlark.NewList(elems)
}

// Globals returns the predeclared names, live: what is added is seen by code compiled afterwards.
func (h *Host) Globals() starlark.StringDict { return h.globals }

// Stderr is where errors are written.
func (h *Host) Stderr() io.Writer { return h.stderr }

// Stdout is the buffered standard output of scripts.
func (h *Host) Stdout() io.Writer { return h.out }

// Flush writes out what scripts have printed, when they are over. While one runs it is Flush(thread).
func (h *Host) Flush() error { return h.out.finish() }

// Arm makes sure that a signal closes what scripts own instead of ending the process. A builtin
// calls it before it makes something that outlives the process.
func (h *Host) Arm() {
	if h.arm != nil {
		h.arm()
	}
}

// Show returns the text of a result.
func (h *Host) Show(v starlark.Value) string { return h.show(v) }

// A Job says how Run is to run.
type Job struct {
	Name    string          // of the thread
	Context context.Context // its end interrupts the job; nil is one that never ends
	Owner   *Owner          // of what the job opens; Run does not close it
	Place   *Place          // taken with Queue; nil queues now
	Debug   *Debug          // keeps what its calls know when an error begins; may be nil
	Tasks   context.Context // of the tasks that the job starts; nil is Context
	task    *Task           // whose job it is
}

// Run calls fn with a new thread and holds the interpreter while it runs, so it must not be
// called from inside another Run. The thread is cancelled when the context ends. The error of Run
// displays well: Format finds the sources of this host in it. A panic below becomes a *Defect.
func (h *Host) Run(job Job, fn func(*starlark.Thread) error) (err error) {
	if job.Context == nil {
		job.Context = context.Background()
	}
	if job.Owner == nil {
		job.Owner = NewOwner(job.Name, nil)
	}
	if job.Tasks == nil {
		job.Tasks = job.Context
	}
	s := &state{host: h, ctx: job.Context, tasks: job.Tasks, owner: job.Owner, task: job.task, debug: job.Debug}
	thread := &starlark.Thread{Name: job.Name, Print: h.print, Load: h.load}
	thread.SetLocal(localKey, s)

	place := job.Place
	if place == nil {
		place = h.Queue()
	}
	if cause := h.turn.waitFor(s.ctx, place, thread); cause != nil {
		return &Interrupted{Cause: cause}
	}
	defer h.turn.release()
	stop := context.AfterFunc(s.ctx, func() { thread.Cancel(interruptReason) })
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			err = &Defect{Value: p, Stack: debug.Stack()}
		}
		if err != nil {
			err = &located{err: err, host: h}
		}
	}()
	return outcome(s, settle(thread, h.watched(job.Debug, thread, fn)))
}

// watched calls fn with what looks at the program on its way.
func (h *Host) watched(d *Debug, thread *starlark.Thread, fn func(*starlark.Thread) error) error {
	if d == nil {
		return fn(thread)
	}
	if d.Steps {
		thread.SetMaxExecutionSteps(1) // every step is one too many
		thread.OnMaxSteps = d.last.step
	}
	return d.around(thread, fn)
}

// outcome turns any error of a job whose context has ended into an interruption: after a cancel,
// what a builtin returns is only the way in which it noticed.
func outcome(s *state, err error) error {
	if err == nil || s.ctx.Err() == nil || leaves(err) {
		return err
	}
	return &Interrupted{Cause: context.Cause(s.ctx), err: err}
}

// print is the print of every thread.
func (h *Host) print(thread *starlark.Thread, msg string) {
	if err := h.out.line(msg); err != nil {
		Raise(thread, err)
	}
}
