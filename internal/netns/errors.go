package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// hintPrivilege goes with every EPERM and EACCES of creating and entering.
const hintPrivilege = "it needs CAP_SYS_ADMIN: run it under sudo, or with --rootless"

// Error says which namespace an operation was about and what is wrong with it.
// errors.Is sees Err: fs.ErrNotExist, fs.ErrExist, fs.ErrClosed, or an errno.
type Error struct {
	What    string // the namespace as the caller gave it: `netns "blue"`, `netns of pid 42`
	Problem string // in words; empty: Err says it
	Hint    string // what to do about it; may be empty
	Err     error
}

func (e *Error) Error() string {
	text := e.What + ": " + e.Problem
	switch {
	case e.Err == nil:
	case e.Problem == "":
		text += e.Err.Error()
	case !isPlain(e.Err):
		text += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// isPlain reports that err is there for errors.Is only: Problem says the same.
func isPlain(err error) bool {
	return err == fs.ErrExist || err == fs.ErrNotExist || err == fs.ErrClosed || err == fs.ErrInvalid
}

// sysError is an Error for a failed system call, which step names.
func sysError(what, step string, err error) *Error {
	e := &Error{What: what, Problem: step, Err: err}
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		e.Hint = hintPrivilege
	case errors.Is(err, unix.ENOSPC):
		// namespaces(7): creating one fails with ENOSPC at the limit.
		e.Hint = "a limit is reached: see /proc/sys/user/max_net_namespaces"
	}
	return e
}

func whatNamed(name string) string { return fmt.Sprintf("netns %q", name) }
func whatInode(ino uint64) string  { return "netns " + strconv.FormatUint(ino, 10) }
