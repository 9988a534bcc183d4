package netns

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// What a machine says, by its files below /proc.
type machine map[string]string

const (
	maxUser  = "proc/sys/user/max_user_namespaces"
	maxNet   = "proc/sys/user/max_net_namespaces"
	debian   = "proc/sys/kernel/unprivileged_userns_clone"
	apparmor = "proc/sys/kernel/apparmor_restrict_unprivileged_userns"
	status   = "proc/self/status"
	selfUser = "proc/self/ns/user"
	selfNet  = "proc/self/ns/net"
)

func TestExplainRefusal(t *testing.T) {
	const container = "in a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or run it under sudo)"
	for name, c := range map[string]struct {
		err  error
		has  machine
		want string
	}{
		"switched off": {unix.ENOSPC, machine{maxUser: "0\n"},
			"rootless: kernel says ENOSPC: got user.max_user_namespaces = 0, want 15000" +
				" (run: sudo sysctl -w user.max_user_namespaces=15000, or run it under sudo)"},
		"network namespaces switched off": {unix.ENOSPC, machine{maxUser: "9\n", maxNet: "0\n"},
			"rootless: kernel says ENOSPC: got user.max_net_namespaces = 0, want 15000" +
				" (run: sudo sysctl -w user.max_net_namespaces=15000, or run it under sudo)"},
		"limit reached": {unix.ENOSPC, machine{maxUser: "9\n", maxNet: "9\n"},
			"rootless: kernel says ENOSPC: got user.max_user_namespaces = 9, want more" +
				" (its limit is reached, or 32 user namespaces are nested; run: sudo sysctl -w user.max_user_namespaces=N, or run it under sudo)"},
		"limit reached before v4.9": {unix.EUSERS, nil,
			"rootless: kernel says EUSERS (too many namespaces, or more than 32 user namespaces inside each other: end some, or run it under sudo)"},
		"debian": {unix.EPERM, machine{debian: "0\n", maxUser: "9\n", status: "Seccomp:\t2\n"},
			"rootless: kernel says EPERM: got kernel.unprivileged_userns_clone = 0, want 1" +
				" (run: sudo sysctl -w kernel.unprivileged_userns_clone=1, or run it under sudo)"},
		"ubuntu, uid map": {&fs.PathError{Op: "fork/exec", Path: "/proc/self/exe", Err: unix.EPERM}, machine{debian: "1\n", apparmor: "1\n"},
			"rootless: kernel says EPERM: got kernel.apparmor_restrict_unprivileged_userns = 1, want 0" +
				" (run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run it under sudo)"},
		"ubuntu, mount": {unix.EACCES, machine{apparmor: "1\n"},
			"rootless: kernel says EACCES: got kernel.apparmor_restrict_unprivileged_userns = 1, want 0" +
				" (run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run it under sudo)"},
		"docker": {unix.EPERM, machine{maxUser: "9\n", status: "Name:\tnlsh\nSeccomp:\t2\nSeccomp_filters:\t1\n"},
			"rootless: kernel says EPERM: got seccomp filter = mode 2, want none (" + container},
		"nobody to blame": {unix.EPERM, machine{debian: "1\n", apparmor: "0\n", maxUser: "9\n", status: "Seccomp:\t0\n"},
			"rootless: kernel says EPERM (no sysctl and no seccomp filter to blame: a chroot or a security module refuses it; " + container},
		"no CONFIG_USER_NS": {unix.EINVAL, machine{selfNet: ""},
			"rootless: kernel says EINVAL: got CONFIG_USER_NS = n, want y (this kernel was built without it, or run it under sudo)"},
		"no CONFIG_NET_NS": {unix.EINVAL, machine{selfUser: ""},
			"rootless: kernel says EINVAL: got CONFIG_NET_NS = n, want y (this kernel was built without it, or run it under sudo)"},
		"no clone flags at all": {unix.ENOSYS, nil,
			"rootless: kernel says ENOSYS: got CONFIG_USER_NS = n, want y (this kernel was built without it, or run it under sudo)"},
	} {
		t.Run(name, func(t *testing.T) {
			err := explainRefusal(c.err, c.has.root(t))
			if err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			var refused *RefusedError
			if !errors.As(err, &refused) || !errors.Is(err, errno(c.err)) {
				t.Errorf("got %#v, want a RefusedError around %v", err, errno(c.err))
			}
		})
	}
}

// An error that is no refusal must not turn into one: tests would be skipped.
func TestExplainOther(t *testing.T) {
	root := machine{selfNet: "", selfUser: "", maxUser: "0\n"}.root(t)
	for _, err := range []error{nil, unix.ENOMEM, unix.EAGAIN, unix.EINVAL, exec.ErrNotFound} {
		if got := explainRefusal(err, root); got != err {
			t.Errorf("got %v, want %v as it is", got, err)
		}
	}
}

func (m machine) root(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for path, text := range m {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Whoever sets the marker by hand must not get a tmpfs over the machine's /run.
func TestMarkerByHand(t *testing.T) {
	here, err := os.Readlink(mountSelf)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"", "1", here, readyPrefix, readyPrefix + here} {
		t.Setenv(markerEnv, value)
		if InPlayground() {
			t.Errorf("%s=%q: believed", markerEnv, value)
		}
		const want = "rootless: not in a playground (it must have been started by --rootless)"
		if err := EnterPlayground(); err == nil || err.Error() != want {
			t.Errorf("%s=%q: got %v, want %s", markerEnv, value, err, want)
		}
	}
}
