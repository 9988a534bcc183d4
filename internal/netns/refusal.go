package netns

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// RefusedError says that this machine does not let the caller have namespaces of
// its own, which setting is to blame, and what to do about it.
type RefusedError struct {
	Setting string // as sysctl(8) spells it, or what else refuses; "" when nothing is found
	Value   string // what it is
	Want    string // what it would have to be
	Hint    string // what to type
	Err     error  // the kernel's answer
}

func (e *RefusedError) Error() string {
	no, _ := e.Err.(unix.Errno)
	text := "rootless: kernel says " + unix.ErrnoName(no)
	if e.Setting != "" {
		text += fmt.Sprintf(": got %s = %s, want %s", e.Setting, e.Value, e.Want)
	}
	return text + " (" + e.Hint + ")"
}

func (e *RefusedError) Unwrap() error { return e.Err }

// orSudo ends every hint: root needs no user namespace.
const orSudo = ", or run it under sudo"

// A guard is a setting that refuses namespaces, and the value with which it does.
type guard struct {
	sysctl, refuses, want string
}

// guards is searched in order. Which errno comes from which was read in the
// kernel's kernel/ucount.c and user_namespace.c, and in Debian's and Ubuntu's patches.
var guards = map[unix.Errno][]guard{
	// user_namespaces(7): ENOSPC since v4.9, EUSERS before.
	unix.ENOSPC: {
		{"user.max_user_namespaces", "0", "15000"},
		{"user.max_net_namespaces", "0", "15000"},
		{"user.max_mnt_namespaces", "0", "15000"},
	},
	// Debian's own switch fails in clone. Ubuntu (since 23.10) lets clone succeed
	// and then denies what the new namespace is for: the uid map, or the mounts.
	unix.EPERM: {
		{"kernel.unprivileged_userns_clone", "0", "1"},
		{"kernel.apparmor_restrict_unprivileged_userns", "1", "0"},
		{"user.max_user_namespaces", "0", "15000"},
	},
}

// explainRefusal finds out why namespaces were refused with err, by the files
// of /proc under root ("/" but in tests). An error that is no refusal comes back as it is.
func explainRefusal(err error, root string) error {
	var no unix.Errno
	if !errors.As(err, &no) {
		return err
	}
	kind := no
	switch no {
	case unix.EUSERS:
		kind = unix.ENOSPC
	case unix.EACCES: // AppArmor and SELinux say so where capabilities say EPERM
		kind = unix.EPERM
	case unix.ENOSYS, unix.EINVAL:
		return explainMissing(err, no, root)
	}
	list, known := guards[kind]
	if !known {
		return err
	}
	for _, g := range list {
		if readSysctl(root, g.sysctl) == g.refuses {
			return &RefusedError{Setting: g.sysctl, Value: g.refuses, Want: g.want, Err: no,
				Hint: fmt.Sprintf("run: sudo sysctl -w %s=%s", g.sysctl, g.want) + orSudo}
		}
	}
	if kind == unix.ENOSPC {
		return explainLimit(no, root)
	}
	return explainDenied(no, root)
}

// explainMissing is for a kernel that does not know the clone flags.
func explainMissing(err error, no unix.Errno, root string) error {
	for _, kind := range []struct{ file, config string }{{"user", "CONFIG_USER_NS"}, {"net", "CONFIG_NET_NS"}} {
		if _, stat := os.Stat(filepath.Join(root, "proc/self/ns", kind.file)); errors.Is(stat, os.ErrNotExist) {
			return &RefusedError{Setting: kind.config, Value: "n", Want: "y", Err: no,
				Hint: "this kernel was built without it" + orSudo}
		}
	}
	return err
}

// explainLimit is for a limit that is reached, not set to nothing.
func explainLimit(no unix.Errno, root string) error {
	const sysctl = "user.max_user_namespaces"
	e := &RefusedError{Err: no, Hint: "too many namespaces, or more than 32 user namespaces inside each other: end some" + orSudo}
	if value := readSysctl(root, sysctl); value != "" {
		e.Setting, e.Value, e.Want = sysctl, value, "more"
		e.Hint = fmt.Sprintf("its limit is reached, or 32 user namespaces are nested; run: sudo sysctl -w %s=N", sysctl) + orSudo
	}
	return e
}

// explainDenied is for EPERM with no sysctl to blame.
func explainDenied(no unix.Errno, root string) error {
	const inContainer = "in a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
	status, _ := os.ReadFile(filepath.Join(root, "proc/self/status"))
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); key == "Seccomp" && value != "0" {
			return &RefusedError{Setting: "seccomp filter", Value: "mode " + value, Want: "none", Err: no,
				Hint: inContainer + orSudo}
		}
	}
	return &RefusedError{Err: no,
		Hint: "no sysctl and no seccomp filter to blame: a chroot or a security module refuses it; " + inContainer + orSudo}
}

// readSysctl gives a setting's value, or "" where the kernel has none of that name.
func readSysctl(root, name string) string {
	text, err := os.ReadFile(filepath.Join(root, "proc/sys", strings.ReplaceAll(name, ".", "/")))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
