package netns

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// Spawn is [Rootless] for a process that the caller looks after: it does not wait, and passes
// no signal on. The process has a group of its own and, with pids, a namespace of process ids too,
// in which it is number 1: whatever ends it, the kernel ends all that it has started, however they detached
// themselves. A machine may let EnterPlayground have no /proc for that namespace (containers); it fails then.
//
// The process is killed when the calling thread ends: the caller is locked to it (runtime.LockOSThread)
// until cmd.Wait has returned.
func Spawn(opts RootlessOptions, pids bool) (*exec.Cmd, error) {
	cmd, err := rootlessCommand(opts)
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr.Setpgid = true // Ctrl-C is for the caller
	if pids {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWPID
	}
	if err := cmd.Start(); err != nil {
		return nil, refused("re-execute", err)
	}
	return cmd, nil
}

// SpawnHere is [Spawn] without any namespace.
func SpawnHere(opts RootlessOptions) (*exec.Cmd, error) {
	cmd := selfCommand(opts)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, refused("re-execute", err)
	}
	return cmd, nil
}
