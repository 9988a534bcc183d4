package scenario

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/runner"
)

// Language is what scenarios are written in. Whoever starts a worker hands it down.
type Language struct {
	Std     fs.FS
	Explain func(msg, line string) string

	// Scenario makes the predeclared names of a scenario, the same ones each time, and the value that test_x gets.
	Scenario func(*Env) (globals starlark.StringDict, t starlark.Value, err error)
	// Program makes those of a program.
	Program func(specs []string) (starlark.StringDict, error)
	// Probe is the program that finds out what the kernel cannot do: it defines missing(need), which returns why, or None.
	// Where there are no network namespaces it also needs snapshot(), and clean(before), which returns what it cannot delete, as texts.
	Probe string
}

// Env is what a scenario has of its worker.
type Env struct {
	Job    *Job
	Kernel string                                                             // "6.18"
	Tmp    func() (string, error)                                             // a folder of its own, made when first asked for
	Need   func(th *starlark.Thread, what string) (missing string, err error) // "" is: nothing is missing
	XFail  func(reason string)                                                // it is expected to fail
	Shared string                                                             // why the scenario shares the machine's network: "" is that it does not
	Tap    func(Message)                                                      // takes a message of its traffic; nil: none is wanted
}

// InGuest is the variable that tells a worker that its machine is a guest, where it may mount what it likes.
const InGuest = "NLSH_IN_GUEST"

// worker runs scenarios in its own process.
type worker struct {
	lang     Language
	owns     bool // the machine is the worker's, a guest
	kernel   string
	programs host.Programs // of scenarios
	plain    host.Programs // of programs
	probes   host.Programs
	needs    map[string]string
	bare     *bare         // nil where there are network namespaces
	home     *netns.Handle // where it was started
	mounts   bool          // nobody else sees what is mounted
	sysfs    bool          // /sys can be mounted again
	names    []string      // of namespaces that were there before
	scratch  string        // a tmpfs of its own, or a folder
	begun    int
	last     lastScript
}

// Serve is a worker: it runs the jobs that it reads and writes their results, one JSON object on each line, until there are no
// more. The calling thread must be the main one, in namespaces of the process's own (netns.Spawn), or on a machine of its own: owns.
func Serve(in io.Reader, out io.Writer, lang Language, owns bool) error {
	enc := json.NewEncoder(out)
	w := &worker{lang: lang, owns: owns, needs: map[string]string{}}
	if err := w.setUp(); err != nil {
		return errors.Join(err, enc.Encode(hello{Error: err.Error()}))
	}
	defer w.tearDown()
	if err := enc.Encode(hello{Kernel: w.kernel}); err != nil {
		return err
	}
	return w.serve(in, enc)
}

func (w *worker) serve(in io.Reader, enc *json.Encoder) error {
	jobs := json.NewDecoder(bufio.NewReader(in))
	for {
		var job Job
		if err := jobs.Decode(&job); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("job: %w", err)
		}
		if err := enc.Encode(w.run(&job)); err != nil {
			return err
		}
	}
}

func (w *worker) setUp() (err error) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return err
	}
	w.kernel = kernelOf(unix.ByteSliceToString(uts.Release[:]))
	if w.owns {
		if err := w.look(); err != nil {
			return err
		}
	}
	if w.home, err = netns.Current(); err != nil && w.bare == nil {
		return err
	}
	// Elsewhere /sys is the machine's own, and names of namespaces may be somebody else's.
	w.mounts = netns.InPlayground() || w.owns && os.Getenv(InGuest) != ""
	w.sysfs = w.mounts && netns.ShowInSys() == nil
	if w.names, err = netns.List(); err != nil {
		return err
	}
	w.scratch, err = w.room()
	return err
}

func (w *worker) tearDown() {
	if w.home != nil {
		_ = w.home.Close()
	}
	_ = os.RemoveAll(w.scratch)
}

// run runs one job. Whatever goes wrong is in the reply.
func (w *worker) run(job *Job) reply {
	began := time.Now()
	r := reply{Result: Result{ID: job.ID, Test: job.Test, Name: job.Name, Kernel: w.kernel, Verdict: Pass}}
	if err := w.prepare(job); err != nil {
		r.Verdict, r.Error = Broken, err.Error()
		return r
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), job.Timeout, &timeoutError{job.Timeout})
	defer cancel()
	reason := w.lacks(ctx, job.Needs)
	switch {
	case reason != "":
		r.Verdict, r.Reason = Skip, reason
	case job.Test == "":
		w.program(ctx, job, &r)
	default:
		w.test(ctx, job, &r)
	}
	if err := w.cleanUp(); err != nil && r.Verdict == Pass {
		r.Verdict, r.Error = Broken, err.Error()
	}
	r.Elapsed = time.Since(began)
	return r
}

// prepare makes the namespace of a scenario: quiet, which a program is not, since nlsh FILE is not either.
func (w *worker) prepare(job *Job) error {
	w.begun++
	if err := w.ownTemp(); err != nil {
		return err
	}
	setUp := []func() error{netns.LoopbackUp}
	if job.Test != "" {
		setUp = append(setUp, netns.Quiet)
	}
	if err := w.enter(setUp...); err != nil {
		return err
	}
	if w.sysfs {
		if err := netns.ShowInSys(); err != nil {
			return fmt.Errorf("mount /sys: %w", err)
		}
	}
	return os.Chdir(filepath.Dir(job.File))
}

// timeoutError is the cause of a context whose time is over.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("interrupted: it took more than %s", e.limit)
}

// test runs a function of a file. The whole file runs before it.
func (w *worker) test(ctx context.Context, job *Job, r *reply) {
	var out, log strings.Builder
	env := &Env{Job: job, Kernel: w.kernel, Tmp: w.tmp, XFail: func(reason string) { r.Expected = reason }}
	env.Need = func(th *starlark.Thread, what string) (missing string, err error) { return w.need(ctx, what) }
	if w.bare != nil {
		env.Shared = w.bare.why
	}
	if job.Tap {
		var mu sync.Mutex // tasks wait for answers side by side
		env.Tap = func(m Message) {
			mu.Lock()
			defer mu.Unlock()
			r.Messages = append(r.Messages, m)
		}
	}
	globals, t, err := w.lang.Scenario(env)
	if err != nil {
		r.Verdict, r.Error = Broken, err.Error()
		return
	}
	err = w.call(ctx, host.Options{Globals: globals, Stdout: &out, Stderr: &log, Programs: &w.programs}, job, t)
	r.Output, r.Log = out.String(), log.String()
	r.judge(err, ctx)
}

func (w *worker) call(ctx context.Context, o host.Options, job *Job, t starlark.Value) error {
	src, err := w.script(job.File)
	if err != nil {
		return err
	}
	o.Std, o.Explain = w.lang.Std, w.lang.Explain
	h := host.New(o)
	owner := host.NewOwner("scenario", nil)
	err = h.Run(host.Job{Name: job.Name, Context: ctx, Owner: owner}, func(th *starlark.Thread) error {
		members, err := h.Exec(th, src)
		if err != nil {
			return err
		}
		fn := members[job.Test]
		if fn == nil {
			return fmt.Errorf("%s has no function %s any more", src.Name, job.Test)
		}
		_, err = host.Call(th, fn, starlark.Tuple{t}, nil)
		return err
	})
	return errors.Join(err, h.Flush(), owner.Close(), h.Flush())
}

// script reads a file, unless it has not changed, under the name that does not depend on where nlsh was started, since it may be
// printed. Its folder is the current one.
func (w *worker) script(file string) (host.Source, error) {
	info, err := os.Stat(filepath.Base(file))
	if err != nil {
		return host.Source{}, err
	}
	if w.last.file == file && os.SameFile(w.last.info, info) && w.last.info.ModTime().Equal(info.ModTime()) && w.last.info.Size() == info.Size() {
		return w.last.src, nil
	}
	src, err := host.ReadFile(filepath.Base(file))
	if err == nil {
		w.last = lastScript{file, info, src}
	}
	return src, err
}

// lastScript is a script as it was read; the next scenario is mostly of the same file.
type lastScript struct {
	file string
	info os.FileInfo
	src  host.Source
}

// judge says what the worker knows of the verdict: whether it printed what it should have, the parent will see.
func (r *reply) judge(err error, ctx context.Context) {
	var (
		skip   *host.SkipError
		exit   *host.ExitError
		defect *host.Defect
	)
	switch {
	case err == nil:
	case errors.As(err, &defect):
		r.Verdict, r.Error = Broken, host.Format(err, false)+string(defect.Stack)
	case ctx.Err() != nil:
		r.Verdict, r.Error = Timeout, host.Format(err, false)
		r.Reason = context.Cause(ctx).Error()
	case errors.As(err, &skip):
		r.Verdict, r.Reason = Skip, oneLine(skip.Reason)
		r.Error = host.Format(err, false) // of what could not be closed
		if r.Error != "" {
			r.Verdict = Fail
		}
	case errors.As(err, &exit) && exit.Code == 0 && host.Format(err, false) == "":
	case errors.As(err, &exit) && host.Format(err, false) == "":
		r.Verdict, r.Reason = Fail, fmt.Sprintf("it called exit(%d)", exit.Code)
	default:
		r.Verdict, r.Error = Fail, host.Format(err, false)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// program runs a file as nlsh FILE does, once for each list of arguments. Its output is all that it writes, and its exit status.
func (w *worker) program(ctx context.Context, job *Job, r *reply) {
	if len(job.Args) < 2 {
		w.once(ctx, job, slices.Concat(job.Args...), r)
		return
	}
	for i, args := range job.Args {
		if i > 0 {
			if err := w.prepare(job); err != nil {
				r.Verdict, r.Error = Broken, err.Error()
			}
		}
		if r.Verdict != Pass {
			return
		}
		r.Output += fmt.Sprintf("-- %s\n", strings.Join(append([]string{filepath.Base(job.File)}, args...), " "))
		w.once(ctx, job, args, r)
	}
}

// once runs a program with some arguments.
func (w *worker) once(ctx context.Context, job *Job, args []string, r *reply) {
	globals, err := w.lang.Program(job.Specs)
	if err != nil {
		r.Verdict, r.Error = Broken, err.Error()
		return
	}
	var out, errOut strings.Builder
	h := host.New(host.Options{
		Globals: globals, Args: args, Stdout: &out, Stderr: &errOut,
		Std: w.lang.Std, Explain: w.lang.Explain, Programs: &w.plain,
	})
	code := runner.Run(ctx, runner.Options{Host: h, File: filepath.Base(job.File), Stdin: strings.NewReader("")})
	r.Output += transcript(out.String(), errOut.String(), code)
	switch {
	case ctx.Err() != nil:
		r.Verdict, r.Reason, r.Error = Timeout, context.Cause(ctx).Error(), errOut.String()
	case code == runner.Broken:
		r.Verdict, r.Error = Broken, errOut.String()
	}
}

// transcript is the golden file of a program.
func transcript(out, errOut string, code int) string {
	if errOut != "" {
		out += "-- stderr\n" + errOut
	}
	return out + fmt.Sprintf("-- exit status %d\n", code)
}

// lacks says which of the needs of a file is not met.
func (w *worker) lacks(ctx context.Context, needs []string) string {
	for _, what := range needs {
		missing, err := w.need(ctx, what)
		if err != nil {
			missing = err.Error()
		}
		if missing != "" {
			return missing
		}
	}
	return ""
}
