package netns_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"golang.org/x/sys/unix"
)

func TestNew(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	home := mustCurrent(t)
	h := netnstest.New(t)
	if h.Equal(home) || !h.Equal(h) || h.Equal(nil) {
		t.Errorf("%v and %v: wrong Equal", h, home)
	}
	if want := fmt.Sprintf("netns %d", h.Inode()); h.String() != want || h.Name() != "" {
		t.Errorf("got %q named %q, want %q without a name", h, h.Name(), want)
	}
	mine, errMine := h.Cookie()
	theirs, errTheirs := home.Cookie()
	if errMine != nil || errTheirs != nil || mine == 0 || mine == theirs {
		t.Errorf("cookies %d (%v) and %d (%v), want two different ones", mine, errMine, theirs, errTheirs)
	}
	if now := mustCurrent(t); !now.Equal(home) {
		t.Errorf("New moved its caller from %v to %v", home, now)
	}
	flags := loopbackFlags(t, h)
	if flags&unix.IFF_UP != 0 {
		t.Errorf("loopback has flags %#x, want it down", flags)
	}
	if flags := loopbackFlags(t, home); flags&unix.IFF_UP == 0 {
		t.Errorf("the playground's loopback has flags %#x, want it up", flags)
	}
}

func TestClose(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	h, other := netnstest.New(t), netnstest.New(t)
	twin := mustFromFD(t, h.FD())
	if !twin.Equal(h) || twin.FD() == h.FD() {
		t.Errorf("%v (fd %d) is no duplicate of %v (fd %d)", twin, twin.FD(), h, h.FD())
	}
	if h.Closed() || h.Close() != nil || !h.Closed() || h.Close() != nil || h.FD() != -1 {
		t.Errorf("closing twice: closed %v, fd %d", h.Closed(), h.FD())
	}
	if h.Equal(twin) || !h.Equal(h) {
		t.Error("a closed handle must equal itself only")
	}
	never := func() error { t.Error("fn ran"); return nil }
	err := netns.Do(h, never)
	if want := h.String() + ": is closed"; !errors.Is(err, fs.ErrClosed) || err.Error() != want {
		t.Errorf("Do: got %v, want %q", err, want)
	}
	if err := netns.Enter(h); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Enter: got %v, want fs.ErrClosed", err)
	}
	if _, err := h.Cookie(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Cookie: got %v, want fs.ErrClosed", err)
	}
	if err := netns.Do(twin, func() error { return nil }); err != nil {
		t.Errorf("the duplicate was closed too: %v", err)
	}
	if err := netns.Do(other, func() error { return h.Close() }); err != nil {
		t.Errorf("closing inside another: %v", err)
	}
}

func TestOpenPid(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	h := netnstest.New(t)
	sleeper := exec.Command("cat")
	stdin, err := sleeper.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := netns.Do(h, sleeper.Start); err != nil {
		t.Fatal(err)
	}
	got, err := netns.OpenPid(sleeper.Process.Pid)
	if got = mustOpen(t, got, err); !got.Equal(h) {
		t.Errorf("a process started inside %v is in %v", h, got)
	}
	stdin.Close()
	if err := sleeper.Wait(); err != nil {
		t.Error(err)
	}
	for pid, want := range map[int]string{
		sleeper.Process.Pid: fmt.Sprintf("netns of pid %d: no such process", sleeper.Process.Pid),
		0:                   "netns of pid 0: got 0, want a positive number",
		-3:                  "netns of pid -3: got -3, want a positive number",
	} {
		if _, err := netns.OpenPid(pid); err == nil || err.Error() != want {
			t.Errorf("OpenPid(%d): got %v, want %q", pid, err, want)
		}
	}
}

// These need no privilege and no playground.
func TestOpenRefuses(t *testing.T) {
	noLeak(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	fifo := filepath.Join(dir, "fifo") // opening one would block for ever
	if err := errors.Join(os.WriteFile(file, nil, 0o600), unix.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	const ordinary = "got an ordinary file, want a network namespace"
	for path, want := range map[string]string{
		file:                        ordinary,
		fifo:                        ordinary,
		dir:                         ordinary,
		"/dev/null":                 ordinary,
		"/proc/self/ns/pid":         "got a pid namespace, want a network namespace",
		"/proc/self/ns/mnt":         "got a mnt namespace, want a network namespace",
		"/proc/self/ns/uts":         "got a uts namespace, want a network namespace",
		"/proc/self/ns/user":        "got a user namespace, want a network namespace",
		"/proc/self/ns/ipc":         "got a ipc namespace, want a network namespace",
		"/proc/self/ns/cgroup":      "got a cgroup namespace, want a network namespace",
		filepath.Join(dir, "a\nb"):  "no such file or directory",
		filepath.Join(file, "deep"): "not a directory",
	} {
		_, err := netns.OpenPath(path)
		if text := fmt.Sprintf("netns at %q: %s", path, want); err == nil || err.Error() != text {
			t.Errorf("got %v, want %s", err, text)
		}
	}
	for fd, want := range map[int]string{
		-1: "netns of fd -1: bad file descriptor",
		0:  "netns of fd 0: " + ordinary,
	} {
		if _, err := netns.FromFD(fd); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	h, err := netns.OpenPath("/proc/self/ns/net")
	if mustOpen(t, h, err).Name() != "" {
		t.Errorf("%v must have no name", h)
	}
}

// Whoever is inside already needs no privilege for any of this.
func TestUnprivileged(t *testing.T) {
	noLeak(t)
	onThread(func() {
		if err := dropSysAdmin(); err != nil {
			t.Error(err)
			return
		}
		here, err := netns.Current()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		ran := false
		if err := netns.Do(here, func() error { ran = true; return nil }); err != nil || !ran {
			t.Errorf("Do where we are: ran %v, %v", ran, err)
		}
		if c, err := here.Cookie(); err != nil || c == 0 {
			t.Errorf("cookie %d, %v", c, err)
		}
		if err := netns.Enter(here); !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "--rootless") {
			t.Errorf("Enter: got %v, want EPERM and a hint", err)
		}
	})
}

func mustCurrent(t *testing.T) *netns.Handle {
	t.Helper()
	h, err := netns.Current()
	return mustOpen(t, h, err)
}

func mustFromFD(t *testing.T, fd int) *netns.Handle {
	t.Helper()
	h, err := netns.FromFD(fd)
	return mustOpen(t, h, err)
}

// loopbackFlags asks for the flags (IFF_*) of lo in h.
func loopbackFlags(t *testing.T, h *netns.Handle) uint16 {
	t.Helper()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	err = netns.Do(h, func() error {
		s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(s)
		return unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, request)
	})
	if err != nil {
		t.Fatal(err)
	}
	return request.Uint16()
}
