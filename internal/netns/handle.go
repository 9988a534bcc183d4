package netns

import (
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// selfPath names the calling thread's namespace. /proc/PID/task/TID, which
// vns.Get uses, is somebody else's in a pid namespace that still has the outer
// /proc; thread-self cannot be (proc(5)).
const selfPath = "/proc/thread-self/ns/net"

// Handle is an open network namespace, which it keeps alive until Close.
// Its methods may be called from any goroutine.
type Handle struct {
	name     string
	dev, ino uint64
	cookie   atomic.Uint64 // 0: not asked yet; the kernel counts from 1

	// Held for reading while fd is handed to a system call: once closed, the
	// number may at once be that of another file.
	mu sync.RWMutex
	fd vns.NsHandle // vns.None() once closed
}

// Current opens the namespace of the calling thread. Without LockOSThread the
// goroutine may be on another thread by the time it returns.
func Current() (*Handle, error) {
	fd, err := vns.GetFromPath(selfPath)
	if err != nil {
		return nil, &Error{What: "current netns", Problem: "open " + selfPath, Err: err}
	}
	return newHandle(fd, "", "current netns")
}

// FromFD opens the namespace that fd, which stays the caller's, refers to.
func FromFD(fd int) (*Handle, error) {
	what := fmt.Sprintf("netns of fd %d", fd)
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, &Error{What: what, Err: err}
	}
	return newHandle(vns.NsHandle(dup), "", what)
}

// newHandle takes over fd, also on error. What it refuses is reported as what.
func newHandle(fd vns.NsHandle, name, what string) (*Handle, error) {
	h := &Handle{name: name, fd: fd}
	var st unix.Stat_t
	err := checkNet(int(fd), what)
	if err == nil {
		err = unix.Fstat(int(fd), &st)
	}
	if err != nil {
		fd.Close()
		return nil, err
	}
	h.dev, h.ino = st.Dev, st.Ino
	return h, nil
}

// FD is the file descriptor, for system calls and for attributes that take one
// (IFLA_NET_NS_FD). It is valid until Close; then FD is -1.
func (h *Handle) FD() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return int(h.fd)
}

// Name is the name it was created or opened under; anonymous: "".
func (h *Handle) Name() string { return h.name }

// Inode is the number that readlink /proc/self/ns/net shows. It may be another
// namespace's once this one is gone; Cookie never is.
func (h *Handle) Inode() uint64 { return h.ino }

// Cookie is the number that tells this namespace from every other since boot.
// It is asked of a socket opened inside, so the caller must be inside or able
// to enter. SO_NETNS_COOKIE is there since v5.14 (kernel commit e8b9eab99232
// "net: retrieve netns cookie via getsocketopt").
func (h *Handle) Cookie() (uint64, error) {
	if c := h.cookie.Load(); c != 0 {
		return c, nil
	}
	err := Do(h, func() error {
		// Any family would do; every kernel with netlink has this one.
		s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
		if err != nil {
			return sysError(h.String(), "socket", err)
		}
		defer unix.Close(s)
		c, err := unix.GetsockoptUint64(s, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
		if err != nil {
			return sysError(h.String(), "SO_NETNS_COOKIE", err)
		}
		h.cookie.Store(c)
		return nil
	})
	return h.cookie.Load(), err
}

// String is `netns "blue"`, or netns and the inode of an anonymous one.
func (h *Handle) String() string {
	if h.name != "" {
		return whatNamed(h.name)
	}
	return whatInode(h.ino)
}

// Equal reports that both are one namespace. A closed handle, whose inode may
// be taken again, equals only itself.
func (h *Handle) Equal(o *Handle) bool {
	if h == o || h == nil || o == nil {
		return h == o
	}
	return h.dev == o.dev && h.ino == o.ino && !h.Closed() && !o.Closed()
}

// Close lets go of the namespace. It does not delete a name, and closing again
// is not an error.
func (h *Handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.fd.IsOpen() {
		return nil
	}
	// Forgotten even if close fails: Linux has released the number by then (close(2)).
	fd := h.fd
	h.fd = vns.None()
	return fd.Close()
}

// Closed reports that Close was called.
func (h *Handle) Closed() bool { return h.FD() < 0 }

// set moves the calling thread into h.
func (h *Handle) set() error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.fd.IsOpen() {
		return &Error{What: h.String(), Problem: "is closed", Err: fs.ErrClosed}
	}
	if err := vns.Set(h.fd); err != nil {
		return sysError(h.String(), "setns", err)
	}
	return nil
}
