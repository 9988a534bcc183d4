package builtins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
)

const execDoc = `runs a program, waits for it, and returns status, stdout and stderr

There is no shell: each element of argv is one argument. The program, and what it has started, is killed when the
script ends before it, or the timeout. A status that is not in ok is an error.

    r = exec(["uname", "-s"])
    print(r.stdout.strip())
    there = netns.new()
    print(exec(["cat", "/proc/net/dev"], netns = there).stdout)
    print(exec(["false"], ok = [0, 1]).status)`

var execParams = []param{
	{"argv", "list of strings", "program and arguments; numbers are written out"},
	{"netns", "netns = None", "the namespace to run in; the current one by default"},
	{"stdin", "string or bytes = None", "what it reads; nothing by default"},
	{"env", "dict = None", "variables to set beside those of nlsh; None takes one away"},
	{"cwd", "string = None", "the folder to run in"},
	{"timeout", "duration = None", `how long it may take, "10s" or seconds; for ever by default`},
	{"check", "bool = None", "raise an error for a status that is not in ok; True by default"},
	{"ok", "int or list of ints = None", "statuses that are no error; [0] by default"},
	{"binary", "bool = None", "give stdout and stderr as bytes; by default they are strings"},
}

// execCall is the arguments of exec.
type execCall struct {
	argv    []string
	netns   *netnsValue
	stdin   starlark.Value
	vars    starlark.Value
	cwd     string
	timeout time.Duration
	check   bool
	ok      []int
	binary  bool
}

func execRun(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	c := &execCall{check: true, ok: []int{0}}
	var argv, timeout, ok starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "argv", &argv, "netns??", &c.netns, "stdin??", &c.stdin, "env??", &c.vars,
		"cwd??", &c.cwd, "timeout??", &timeout, "check?", &c.check, "ok??", &ok, "binary?", &c.binary); err != nil {
		return nil, err
	}
	err := c.read(th, argv, timeout, ok)
	var cmd *exec.Cmd
	if err == nil {
		cmd, err = c.command()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	r, err := c.run(th, cmd)
	if err == nil && c.check && !slices.Contains(c.ok, r.status) {
		err = r.failure(c.ok)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", fn.Name(), c.argv[0], err)
	}
	return r, nil
}

// read checks the arguments that UnpackArgs cannot.
func (c *execCall) read(th *starlark.Thread, argv, timeout, ok starlark.Value) (err error) {
	if c.argv, err = argvOf(th, argv); err != nil {
		return err
	}
	if c.timeout, err = duration(timeout); err != nil {
		return err
	}
	if ok != nil && ok != starlark.None {
		if c.ok, err = statuses(th, ok); err != nil {
			return err
		}
	}
	if c.netns != nil {
		return c.netns.usable()
	}
	return nil
}

func argvOf(th *starlark.Thread, v starlark.Value) ([]string, error) {
	iterable, ok := v.(starlark.Iterable)
	if !ok {
		return nil, fmt.Errorf(`for parameter argv: got %s, want a list of strings (there is no shell: ["ip", "link"])`, v.Type())
	}
	var argv []string
	it := iterable.Iterate()
	defer it.Done()
	var elem starlark.Value
	for it.Next(&elem) {
		s, isString := starlark.AsString(elem)
		if n, isInt := elem.(starlark.Int); isInt {
			s = n.String()
		} else if !isString {
			return nil, fmt.Errorf("for parameter argv: argv[%d]: got %s, want string or int", len(argv), elem.Type())
		}
		if strings.ContainsRune(s, 0) {
			return nil, fmt.Errorf("for parameter argv: argv[%d]: got %q, want a string without NUL", len(argv), s)
		}
		argv = append(argv, s)
	}
	if err := host.Pending(th); err != nil {
		return nil, err
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("for parameter argv: got no program, want one in argv[0]")
	}
	return argv, nil
}

func statuses(th *starlark.Thread, v starlark.Value) ([]int, error) {
	iterable, ok := v.(starlark.Iterable)
	if !ok {
		iterable = starlark.Tuple{v}
	}
	var list []int
	it := iterable.Iterate()
	defer it.Done()
	var elem starlark.Value
	for it.Next(&elem) {
		n, err := starlark.AsInt32(elem)
		if err != nil || n < 0 || n > 255 {
			return nil, fmt.Errorf("for parameter ok: got %s, want exit statuses from 0 to 255", elem)
		}
		list = append(list, n)
	}
	return list, host.Pending(th)
}

// command is what is to be run.
func (c *execCall) command() (*exec.Cmd, error) {
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	if cmd.Err != nil {
		return nil, fmt.Errorf("%s: %w", c.argv[0], bare(cmd.Err))
	}
	if info, err := os.Stat(c.cwd); c.cwd != "" && (err != nil || !info.IsDir()) {
		return nil, fmt.Errorf("for parameter cwd: got %q, want a folder", c.cwd)
	}
	cmd.Dir = c.cwd
	// A group of its own, so that what it has started can be killed with it; and killed
	// by the kernel, should nlsh die.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	if c.vars != nil && c.vars != starlark.None {
		vars, err := variables(c.vars)
		if err != nil {
			return nil, err
		}
		cmd.Env = vars
	}
	return cmd, nil
}

// variables is the environment with some changed.
func variables(v starlark.Value) ([]string, error) {
	dict, ok := v.(starlark.IterableMapping)
	if !ok {
		return nil, fmt.Errorf("for parameter env: got %s, want dict", v.Type())
	}
	vars := os.Environ()
	for _, kv := range dict.Items() {
		name, ok := starlark.AsString(kv[0])
		if !ok || name == "" || strings.ContainsAny(name, "=\x00") {
			return nil, fmt.Errorf("for parameter env: got name %s, want a string without = and NUL", kv[0])
		}
		vars = slices.DeleteFunc(vars, func(s string) bool { return strings.HasPrefix(s, name+"=") })
		if kv[1] == starlark.None {
			continue
		}
		value, ok := starlark.AsString(kv[1])
		if !ok || strings.ContainsRune(value, 0) {
			return nil, fmt.Errorf("for parameter env: %s: got %s, want a string without NUL, or None", name, kv[1])
		}
		vars = append(vars, name+"="+value)
	}
	return vars, nil
}

// run runs the program to its end.
func (c *execCall) run(th *starlark.Thread, cmd *exec.Cmd) (*execResult, error) {
	stdin, err := input(c.stdin)
	if err != nil {
		return nil, err
	}
	if stdin != nil {
		defer stdin.Close()
		cmd.Stdin = stdin
	}
	var out, errOut pipe
	defer out.close()
	defer errOut.close()
	if cmd.Stdout, err = out.open(); err == nil {
		cmd.Stderr, err = errOut.open()
	}
	if err != nil {
		return nil, err
	}
	err = host.Blocking(th, func() error {
		ctx := host.Context(th)
		if c.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, &host.LateError{What: "the program", Limit: c.timeout})
			defer cancel()
		}
		return c.wait(ctx, cmd, &out, &errOut)
	})
	if err != nil {
		return nil, err
	}
	return c.result(cmd.ProcessState, &out, &errOut)
}

// quietly has package os do now what it else would do at the first start of a program: it forks a process that shares the memory of this
// one and takes its signals (syscall.doCheckClonePidfd of Go 1.26), so that a Ctrl-C at that moment comes twice, and twice means: at once.
// With signals blocked the other process gets none.
func quietly() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old) != nil {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Release()
	}
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
}

// wait starts the program in its namespace and waits until it has ended, and until nobody has its output open.
func (c *execCall) wait(ctx context.Context, cmd *exec.Cmd, out, errOut *pipe) error {
	quietly()
	start := cmd.Start
	if c.netns != nil {
		start = func() error { return netns.Do(c.netns.h, cmd.Start) }
	}
	if err := start(); err != nil {
		return bare(err)
	}
	kill := func() {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // gone already, or all of them go
	}
	stop := context.AfterFunc(ctx, func() {
		kill()
		out.r.Close() // somebody who has left the group may still have the other end
		errOut.r.Close()
	})
	defer stop()
	var wg sync.WaitGroup
	for _, p := range []*pipe{out, errOut} {
		wg.Go(func() {
			if p.collect(); len(p.data) > mostBytes {
				kill()
			}
		})
	}
	wg.Wait()
	_ = cmd.Wait() // its ProcessState says more
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// bare is the reason in an error of package os or exec, which name what was run.
func bare(err error) error {
	var start *exec.Error
	var path *os.PathError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("no such program in $PATH")
	case errors.As(err, &start):
		return start.Err
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// input is a file that holds what the program is to read, nil for nothing.
func input(v starlark.Value) (*os.File, error) {
	if v == nil || v == starlark.None {
		return nil, nil
	}
	data, ok := content(v)
	if !ok {
		return nil, fmt.Errorf("for parameter stdin: got %s, want string or bytes", v.Type())
	}
	fd, err := unix.MemfdCreate("stdin", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "stdin")
	if _, err = io.WriteString(f, data); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// pipe collects what a program writes.
type pipe struct {
	r, w *os.File
	data []byte
}

func (p *pipe) open() (w *os.File, err error) {
	p.r, p.w, err = os.Pipe()
	return p.w, err
}

// collect reads to the end. Our own copy of the other end has to go first.
func (p *pipe) collect() {
	p.w.Close()
	p.data, _ = io.ReadAll(io.LimitReader(p.r, mostBytes+1)) // closed by an interrupt: that is reported
}

func (p *pipe) close() {
	for _, f := range []*os.File{p.r, p.w} {
		if f != nil {
			f.Close()
		}
	}
}
