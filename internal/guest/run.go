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
	"strconv"
	"sync"
	"syscall"
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

// Run boots the kernel, runs the command in it and returns its exit status. The end of ctx, and that of this process, end the guest.
// A guest that does not come so far is a [*BootError].
func (k Kernel) Run(ctx context.Context, c Command) (exit int, err error) {
	first, err := k.job(&c)
	if err != nil {
		return 0, err
	}
	lines, err := newLines()
	if err != nil {
		return 0, fmt.Errorf("kernel: %w", err)
	}
	defer lines.close()
	var log tail
	// Pdeathsig comes when the thread that forked ends, not the process (PR_SET_PDEATHSIG(2const)).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd, err := k.start(ctx, lines, &log)
	if err != nil {
		return 0, fmt.Errorf("kernel: %w", err)
	}
	// The last word of the guest is that everything is written. Now and then user-mode Linux does not end after it switched itself off.
	status := lines.serve(first, c, func() { _ = cmd.Cancel() })
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

// start starts the kernel in a process namespace of its own: user-mode Linux keeps processes for those of the guest, and before 6.12 they
// outlive it, but nothing outlives the first process of a namespace. Who may not have one gets the kernel all the same.
func (k Kernel) start(ctx context.Context, l *lines, log io.Writer) (*exec.Cmd, error) {
	var err error
	for _, flags := range []uintptr{syscall.CLONE_NEWPID, syscall.CLONE_NEWPID | syscall.CLONE_NEWUSER, 0} {
		cmd := exec.CommandContext(ctx, k.File, k.args()...)
		cmd.ExtraFiles = l.guest()
		if k.held != nil {
			cmd.ExtraFiles = append(cmd.ExtraFiles, k.held)
		}
		cmd.Env, cmd.Stdout, cmd.Stderr = k.env(), log, log
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

// job fills in what c leaves open, and encodes what the guest must know.
func (k Kernel) job(c *Command) ([]byte, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("kernel: got no command")
	}
	j := job{Path: c.Path, Args: c.Args, Dir: c.Dir, Env: c.Env}
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
	return json.Marshal(j)
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

// env is the environment of the kernel's process. A library KERNEL.so beside the kernel is loaded into it, for kernels that need help on
// processors that they do not know.
func (k Kernel) env() []string {
	env := []string{"PATH=/usr/bin:/bin", "HOME=/", "TMPDIR=" + os.TempDir()}
	if _, err := os.Stat(k.File + ".so"); err == nil {
		env = append(env, "LD_PRELOAD="+k.File+".so")
	}
	return env
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

// serve copies until the guest has ended, and calls over when it has said its last word. What it returns waits for the end, and is that word.
func (l *lines) serve(first []byte, c Command, over func()) (status func() string) {
	for _, f := range l.guest() {
		_ = f.Close() // the guest has its own
	}
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
	copies.Go(func() {
		defer close(ready)
		words := bufio.NewScanner(l.status[0])
		if words.Scan() && words.Text() == readyWord {
			ready <- true
		}
		for words.Scan() {
			word = words.Text()
			over()
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
