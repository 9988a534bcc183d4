package session

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// enotsupp is the kernel's own "not supported" (linux/errno.h), which is not
// meant to get out and does.
const enotsupp syscall.Errno = 524

// maxErrno is the largest errno of Linux (MAX_ERRNO in linux/err.h).
const maxErrno syscall.Errno = 4095

// ErrnoName is what the kernel calls an errno, "EINVAL"; "" if it has no name.
func ErrnoName(e syscall.Errno) string {
	switch e {
	case unix.EOPNOTSUPP: // ENOTSUP, says package unix, which no kernel source does
		return "EOPNOTSUPP"
	case enotsupp:
		return "ENOTSUPP"
	}
	return unix.ErrnoName(e)
}

// ErrnoOf finds an errno by its name, of which some have two.
func ErrnoOf(name string) (e syscall.Errno, ok bool) {
	switch name {
	case "":
		return 0, false
	case "ENOTSUP":
		return unix.ENOTSUP, true
	case "EWOULDBLOCK":
		return unix.EWOULDBLOCK, true
	case "EDEADLOCK":
		return unix.EDEADLOCK, true
	}
	for e = 1; e <= maxErrno; e++ {
		if ErrnoName(e) == name {
			return e, true
		}
	}
	return 0, false
}
