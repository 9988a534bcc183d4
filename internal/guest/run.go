package guest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// job is what the host tells the guest's first process.
type job struct {
	Path string
	Args []string
	Dir  string
	Env  []string
}

// readyWord is what the guest says when its terminals are set up. What is sent before that they might take for a key, such as Ctrl-C.
const readyWord = "ready"

// initWord is the argument by which a process knows that it is the guest's first one.
const initWord = "--guest-init"

// qemuWord, behind that, says that the guest is one of QEMU.
const qemuWord = "qemu"

// Run boots the kernel, runs the command in it and returns its exit status. The end of ctx, and that of this process, end the guest.
// A guest that does not come so far is a [*BootError].
func (k Kernel) Run(ctx context.Context, c Command) (exit int, err error) {
	j, err := k.job(&c)
	if err != nil {
		return 0, err
	}
	lines, err := newLines()
	if err != nil {
		return 0, fmt.Errorf("kernel: %w", err)
	}
	defer lines.close()
	p, err := k.process(j, c, lines)
	if err != nil {
		return 0, fmt.Errorf("kernel %s: %w", k.File, err)
	}
	defer p.close()
	first, err := json.Marshal(j)
	if err != nil {
		return 0, fmt.Errorf("kernel: %w", err)
	}
	var log tail
	// Pdeathsig comes when the thread that forked ends, not the process (PR_SET_PDEATHSIG(2const)).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, err := k.start(ctx, p, &log)
	if err != nil {
		_ = p.line.Close() // nil is no harm
		return 0, fmt.Errorf("kernel: %w", err)
	}
	p.close() // the guest has its own
	over := func() { _ = cmd.Cancel() }
	if p.line != nil {
		lines.exchange(p.line).start(over)
	}
	limit := k.limit
	if limit == 0 {
		limit = bootLimit
	}
	// The last word of the guest is that everything is written. Now and then user-mode Linux does not end after it switched itself off.
	status := lines.serve(first, c, limit, over)
	err = cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whatever of it may be left
	word := status()
	if exit, convErr := strconv.Atoi(word); convErr == nil {
		return exit, nil
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	why := "the guest ended before the command did"
	switch {
	case word != "":
		why = word
	case err != nil:
		why += " (" + err.Error() + ")"
	}
	return 0, &BootError{Kernel: k.File, Why: why, Log: log.String()}
}

// process is the program that is the guest's machine.
type process struct {
	path      string
	args, env []string
	files     []*os.File // that it inherits, from 3 on
	line      *os.File   // our end of a line to it; nil: its files are the lines themselves
}

func (p *process) close() {
	for _, f := range p.files {
		_ = f.Close()
	}
}

// process makes what a guest needs before it is started, and says in j what is elsewhere there.
func (k Kernel) process(j *job, c Command, l *lines) (*process, error) {
	env := []string{"PATH=/usr/bin:/bin", "HOME=/", "TMPDIR=" + os.TempDir()}
	if !k.qemu {
		return &process{path: k.File, args: k.args(), env: append(env, k.library()...), files: l.guest()}, nil
	}
	program, err := exec.LookPath(qemuProgram)
	if err != nil {
		return nil, err
	}
	self := j.Path
	j.Path = guestInit
	image, err := k.image(self, j, c)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := linePair()
	if err != nil {
		return nil, errors.Join(err, image.Close())
	}
	return &process{path: program, args: k.qemuArgs(), env: env, files: []*os.File{theirs, image}, line: ours}, nil
}

// start starts the machine in a process namespace of its own: user-mode Linux keeps processes for those of the guest, and before 6.12 they
// outlive it, but nothing outlives the first process of a namespace. Who may not have one gets the kernel all the same.
func (k Kernel) start(ctx context.Context, p *process, log io.Writer) (*exec.Cmd, error) {
	var err error
	for _, flags := range []uintptr{syscall.CLONE_NEWPID, syscall.CLONE_NEWPID | syscall.CLONE_NEWUSER, 0} {
		cmd := exec.CommandContext(ctx, p.path, p.args...)
		cmd.ExtraFiles = p.files
		if k.held != nil {
			cmd.ExtraFiles = append(slices.Clone(p.files), k.held)
		}
		cmd.Env, cmd.Stdout, cmd.Stderr = p.env, log, log
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: flags}
		if flags&syscall.CLONE_NEWUSER != 0 {
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
		}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		if err = cmd.Start(); err == nil || !errors.Is(err, os.ErrPermission) && !errors.Is(err, syscall.ENOSPC) {
			return cmd, err
		}
	}
	return nil, err
}

// job fills in what c leaves open.
func (k Kernel) job(c *Command) (*job, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("kernel: got no command")
	}
	j := &job{Path: c.Path, Args: c.Args, Dir: c.Dir, Env: c.Env}
	var err error
	if j.Path == "" {
		j.Path, err = os.Executable()
	}
	if j.Dir == "" && err == nil {
		j.Dir, err = os.Getwd()
	}
	if j.Env == nil {
		j.Env = os.Environ()
	}
	if err != nil {
		return nil, fmt.Errorf("kernel: %w", err)
	}
	return j, nil
}

// args is the kernel's command line. What follows -- is for the first process.
func (k Kernel) args() []string {
	self, _ := os.Executable() // job has asked already
	memory := k.Memory
	if memory == 0 {
		memory = 256
	}
	return []string{
		fmt.Sprintf("mem=%dM", memory), "quiet", "panic=-1", "uml_dir=/proc/self/", // a folder that nothing can be put into: nobody uses the console that it would be for
		"rootfstype=hostfs", "rootflags=/", "rw", "init=" + self,
		"con=null", "ssl=null", "con0=null,fd:1", "con1=fd:3,null", "con2=null,fd:4", "con3=null,fd:5", "con4=null,fd:6",
		"--", initWord,
	}
}

// library is in the environment of the kernel's process: KERNEL.so beside the kernel is loaded into it, for kernels that need help on
// processors that they do not know.
func (k Kernel) library() []string {
	if _, err := os.Stat(k.File + ".so"); err != nil {
		return nil
	}
	return []string{"LD_PRELOAD=" + k.File + ".so"}
}

// lines are the pipes to the terminals of the guest: input, output, errors, exit status.
type lines struct {
	in, out, errs, status [2]*os.File // the end to read from, the one to write to
}

func newLines() (*lines, error) {
	l := &lines{}
	for _, pair := range []*[2]*os.File{&l.in, &l.out, &l.errs, &l.status} {
		r, w, err := os.Pipe()
		if err != nil {
			l.close()
			return nil, err
		}
		pair[0], pair[1] = r, w
	}
	return l, nil
}

func (l *lines) guest() []*os.File {
	return []*os.File{l.in[0], l.out[1], l.errs[1], l.status[1]}
}

func (l *lines) close() {
	for _, pair := range []*[2]*os.File{&l.in, &l.out, &l.errs, &l.status} {
		for _, f := range pair {
			if f != nil {
				_ = f.Close()
			}
		}
	}
}

// exchange is for a guest that has one line instead.
func (l *lines) exchange(line *os.File) *exchange {
	return &exchange{line: line, in: l.in[0], out: l.out[1], errs: l.errs[1], status: l.status[1]}
}

// serve copies until the guest has ended, and calls over when it has said its last word, or not its first one in time. What it returns waits for
// the end, and is the last word.
func (l *lines) serve(first []byte, c Command, limit time.Duration, over func()) (status func() string) {
	in, ready := l.in[1], make(chan bool, 1)
	go func() { // a reader that never ends keeps nothing but itself
		if !<-ready {
			return // it never came so far
		}
		err := writeFrame(in, first)
		if err == nil && c.Stdin != nil {
			err = writeFrames(in, c.Stdin)
		} else if err == nil {
			err = writeFrame(in, nil)
		}
		_ = err // the guest has ended: its exit status says more
	}()
	var copies sync.WaitGroup
	pour := func(to io.Writer, from *os.File) {
		copies.Go(func() {
			if to == nil {
				to = io.Discard
			}
			if _, err := io.Copy(to, from); err != nil {
				_, _ = io.Copy(io.Discard, from) // let the guest finish
			}
		})
	}
	pour(c.Stdout, l.out[0])
	pour(c.Stderr, l.errs[0])
	var word string
	var late atomic.Bool
	copies.Go(func() {
		defer close(ready)
		timer := time.AfterFunc(limit, func() {
			late.Store(true)
			over()
		})
		words := bufio.NewScanner(l.status[0])
		if words.Scan() && words.Text() == readyWord {
			timer.Stop()
			ready <- true
		}
		for words.Scan() {
			word = words.Text()
			over()
		}
		if !timer.Stop() && word == "" && late.Load() {
			word = fmt.Sprintf("it did not come up within %s", limit)
		}
	})
	return func() string {
		copies.Wait()
		return word
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailLen = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if extra := len(t.b) - tailLen; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
