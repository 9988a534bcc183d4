package netns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// RootlessOptions are what the re-executed program gets. The zero value is what
// this one has.
type RootlessOptions struct {
	Args                  []string // without the program's name; nil: os.Args[1:]
	Env                   []string // "K=V", added to this program's environment
	Stdin, Stdout, Stderr *os.File // nil: those of this program
}

// Rootless runs this program again, in user, network and mount namespaces of
// its own, where it is root over whatever it makes and nothing it does to the
// network reaches the machine. It returns the exit code, 128 and the signal if
// one ended it. The new process must call [EnterPlayground] before all else, and
// dies with this one. Whoever is root already gets no user namespace, so that
// root can use it on machines that refuse those.
//
// A machine that refuses gives a *[RefusedError].
func Rootless(opts RootlessOptions) (exitCode int, err error) {
	cmd, err := rootlessCommand(opts)
	if err != nil {
		return 0, err
	}
	// Pdeathsig comes when the thread that forked ends, not the process (PR_SET_PDEATHSIG(2const)).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	signals := make(chan os.Signal, 16)
	catch(signals)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, refused("re-execute", err)
	}
	var forwarder sync.WaitGroup
	ended := make(chan struct{})
	forwarder.Go(func() { forward(signals, ended, cmd.Process) })
	err = cmd.Wait()
	close(ended)
	forwarder.Wait()

	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		return 0, fmt.Errorf("rootless: wait: %w", err)
	}
	return exitCodeOf(cmd.ProcessState), nil
}

// Supported reports whether [Rootless] would get its namespaces: nil, or a
// *[RefusedError]. It tries, with a program that does not exist: exec comes after
// the namespaces, so "not found" means that they were made. On Ubuntu AppArmor
// may still refuse what comes next; EnterPlayground says so then.
func Supported() error {
	cmd, err := rootlessCommand(RootlessOptions{Args: []string{}})
	if err != nil {
		return err
	}
	cmd.Path = "/proc/self/no such program"
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Start()
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return refused("try", err)
}

func rootlessCommand(opts RootlessOptions) (*exec.Cmd, error) {
	mnt, err := os.Readlink(mountSelf)
	if err != nil {
		return nil, fmt.Errorf("rootless: %w", err)
	}
	cmd := selfCommand(opts)
	cmd.Env = append(cmd.Env, markerEnv+"="+mnt)
	cmd.SysProcAttr = rootlessAttr()
	return cmd, nil
}

// selfCommand is this program again.
func selfCommand(opts RootlessOptions) *exec.Cmd {
	args := opts.Args
	if args == nil {
		args = os.Args[1:]
	}
	return &exec.Cmd{
		// The running file even where it was deleted, replaced or is out of reach by path.
		Path:   "/proc/self/exe",
		Args:   append([]string{os.Args[0]}, args...),
		Env:    append(os.Environ(), opts.Env...),
		Stdin:  either(opts.Stdin, os.Stdin),
		Stdout: either(opts.Stdout, os.Stdout),
		Stderr: either(opts.Stderr, os.Stderr),
	}
}

func rootlessAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		Pdeathsig:  unix.SIGKILL,
	}
	if !isAbleRoot() {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
		// An unprivileged gid map must first give up setgroups (user_namespaces(7)).
		attr.GidMappingsEnableSetgroups = false
	}
	return attr
}

// isAbleRoot reports root with the capabilities to do without a user namespace.
// Root in a container has the name only.
func isAbleRoot() bool {
	const need = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_NET_ADMIN // both in the first word
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return os.Geteuid() == 0 && unix.Capget(&header, &data[0]) == nil && data[0].Effective&need == need
}

// catch takes the signals that a terminal and a supervisor send. They are
// caught, not ignored: an ignored signal stays so across exec. One that is
// ignored already (nohup) is left alone, for the same reason.
func catch(signals chan<- os.Signal) {
	for _, sig := range []os.Signal{unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
}

// forward passes on what only this process got. SIGINT and SIGQUIT a terminal
// sends to the whole foreground group, so the other process has them already.
func forward(signals <-chan os.Signal, ended <-chan struct{}, to *os.Process) {
	for {
		select {
		case <-ended:
			return
		case sig := <-signals:
			if sig == unix.SIGTERM || sig == unix.SIGHUP {
				_ = to.Signal(sig) // an error means that it has ended
			}
		}
	}
}

// refused explains an error of making namespaces.
func refused(step string, err error) error {
	explained := explainRefusal(err, "/")
	var refusal *RefusedError
	if errors.As(explained, &refusal) {
		return explained
	}
	return fmt.Errorf("rootless: %s: %w", step, err)
}

func exitCodeOf(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}

func either(file, otherwise *os.File) *os.File {
	if file != nil {
		return file
	}
	return otherwise
}
