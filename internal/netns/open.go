package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Open opens a named namespace, such as "ip netns add" makes.
func Open(name string) (*Handle, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	h, err := openPath(runDir+"/"+name, name, whatNamed(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noSuchName(name)
	}
	return h, err
}

// OpenPid opens the namespace of a process, which takes the right to look into
// it (ptrace(2), PTRACE_MODE_READ_FSCREDS).
func OpenPid(pid int) (*Handle, error) {
	what := fmt.Sprintf("netns of pid %d", pid)
	if pid <= 0 {
		return nil, &Error{What: what, Problem: fmt.Sprintf("got %d, want a positive number", pid), Err: fs.ErrInvalid}
	}
	h, err := openPath(fmt.Sprintf("/proc/%d/ns/net", pid), "", what)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
		return nil, &Error{What: what, Problem: "no such process", Err: fs.ErrNotExist}
	case errors.Is(err, fs.ErrPermission):
		return nil, &Error{What: what, Err: errno(err), Hint: "it belongs to another user: run it under sudo"}
	}
	return h, err
}

// OpenPath opens a namespace by a path such as /proc/42/ns/net, or a file on
// which one is mounted.
func OpenPath(path string) (*Handle, error) {
	return openPath(path, "", fmt.Sprintf("netns at %q", path))
}

func openPath(path, name, what string) (*Handle, error) {
	// Looked at before it is opened: opening a fifo blocks, and opening a device
	// may do something.
	var fsys unix.Statfs_t
	if err := retry(func() error { return unix.Statfs(path, &fsys) }); err != nil {
		return nil, &Error{What: what, Err: err}
	}
	if fsys.Type != unix.NSFS_MAGIC {
		return nil, notNamespace(what)
	}
	fd, err := vns.GetFromPath(path)
	if err != nil {
		return nil, &Error{What: what, Err: err}
	}
	return newHandle(fd, name, what)
}

// checkNet refuses an fd that is no network namespace: setns would fail late,
// or worse, a pid namespace would be taken for one by its inode.
func checkNet(fd int, what string) error {
	var fsys unix.Statfs_t
	if err := retry(func() error { return unix.Fstatfs(fd, &fsys) }); err != nil {
		return &Error{What: what, Err: err}
	}
	if fsys.Type != unix.NSFS_MAGIC {
		return notNamespace(what)
	}
	// Since v4.11 (kernel commit e5ff5ce6e20e "nsfs: Add an ioctl() to return the
	// namespace type"). nsfs files that are no namespace at all answer ENOTTY.
	kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	if err != nil {
		return &Error{What: what, Problem: "NS_GET_NSTYPE", Err: err}
	}
	if kind != unix.CLONE_NEWNET {
		return &Error{What: what, Err: fs.ErrInvalid,
			Problem: fmt.Sprintf("got a %s namespace, want a network namespace", kindName(kind))}
	}
	return nil
}

func notNamespace(what string) error {
	return &Error{What: what, Err: fs.ErrInvalid,
		Problem: "got an ordinary file, want a network namespace"}
}

// kindName is the name that /proc/PID/ns has for a kind of namespace.
func kindName(kind int) string {
	switch kind {
	case unix.CLONE_NEWCGROUP:
		return "cgroup"
	case unix.CLONE_NEWIPC:
		return "ipc"
	case unix.CLONE_NEWNS:
		return "mnt"
	case unix.CLONE_NEWPID:
		return "pid"
	case unix.CLONE_NEWTIME:
		return "time"
	case unix.CLONE_NEWUSER:
		return "user"
	case unix.CLONE_NEWUTS:
		return "uts"
	}
	return fmt.Sprintf("0x%x", kind)
}

// maxShown bounds the names that an error message lists.
const maxShown = 12

func noSuchName(name string) error {
	e := &Error{What: whatNamed(name), Problem: "no such namespace", Err: fs.ErrNotExist}
	names, err := List()
	switch {
	case err != nil:
	case len(names) == 0:
		e.Hint = "there are none"
	case len(names) > maxShown:
		e.Hint = fmt.Sprintf("have: %s and %d more", strings.Join(names[:maxShown], ", "), len(names)-maxShown)
	default:
		e.Hint = "have: " + strings.Join(names, ", ")
	}
	return e
}

// errno strips what package os and this one wrapped around the kernel's answer.
func errno(err error) error {
	var no unix.Errno
	if errors.As(err, &no) {
		return no
	}
	return err
}

// retry repeats a call that the Go runtime's preemption signals interrupted.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
