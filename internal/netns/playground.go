package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// markerEnv tells a re-executed process what it is. Its value is the mount
	// namespace that it came from and must no longer be in, so that somebody who
	// sets it by hand does not get tmpfs mounted over the machine's /run.
	markerEnv = "NLSH_ROOTLESS"
	// readyPrefix is put before it once the playground is set up, for the
	// processes started inside, which must not set it up again.
	readyPrefix = "ready:"

	mountSelf = "/proc/thread-self/ns/mnt"
)

// InPlayground reports that this process, or one that it descends from, was
// started by [Rootless].
func InPlayground() bool {
	came, _ := playgroundMarker()
	if !strings.HasPrefix(came, "mnt:[") {
		return false
	}
	here, err := os.Readlink(mountSelf)
	return err == nil && here != came
}

// EnterPlayground makes the namespaces into which [Rootless] put this process a
// place of its own: no mount gets out, /run/netns is empty, /sys/class/net shows
// this network namespace, the loopback is up. It is called before any other
// goroutine looks at a file; a second call does nothing.
func EnterPlayground() error {
	if !InPlayground() {
		return errors.New("rootless: not in a playground (it must have been started by --rootless)")
	}
	came, ready := playgroundMarker()
	if ready {
		return nil
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"make / private", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
		{"own /proc", ownProc},
		{"private " + runDir, privateRunDir},
		{"loopback up", loopbackUp},
	} {
		if err := step.do(); errors.Is(err, fs.ErrPermission) {
			return refused(step.name, err)
		} else if err != nil { // ENOSPC is no refusal here: the limit is that of mounts
			return fmt.Errorf("rootless: %s: %w", step.name, err)
		}
	}
	// Best effort: the kernel refuses it where parts of the old /sys are masked
	// (containers do), and then only /sys/class/net is that of the outside.
	_ = mountSysfs()
	// Else ps and pgrep call a program that was run through /proc/self/exe "exe".
	_ = os.WriteFile("/proc/self/comm", []byte(filepath.Base(os.Args[0])), 0)
	return os.Setenv(markerEnv, readyPrefix+came)
}

func mountSysfs() error {
	return unix.Mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}

// ownProc mounts the /proc of the process's own namespace of process ids, if [Spawn] has
// given it one: in the other, /proc/42 is somebody else.
func ownProc() error {
	if os.Getpid() != 1 {
		return nil
	}
	return unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}

func playgroundMarker() (came string, ready bool) {
	return strings.CutPrefix(os.Getenv(markerEnv), readyPrefix)
}

// privateRunDir puts an empty tmpfs on /run/netns. Where that folder is missing
// it is not created, as that would leave it behind on the machine: /run gets a tmpfs
// in which everything it had is mounted again.
func privateRunDir() error {
	err := mountTmpfs(runDir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := shadow(filepath.Dir(runDir)); err != nil {
		return err
	}
	if err := os.Mkdir(runDir, 0o755); err != nil {
		return err
	}
	// A mount point of its own: see prepareRunDir.
	return mountTmpfs(runDir)
}

func mountTmpfs(dir string) error {
	return unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755")
}

// shadow covers dir with a tmpfs that shows the same entries and can be added
// to. An entry that cannot be shown is left out.
func shadow(dir string) error {
	old, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer old.Close()
	entries, err := old.ReadDir(-1)
	if err != nil {
		return err
	}
	if err := mountTmpfs(dir); err != nil {
		return err
	}
	for _, entry := range entries {
		// The covered folder is still there for who has it open.
		from := fmt.Sprintf("/proc/self/fd/%d/%s", old.Fd(), entry.Name())
		to := filepath.Join(dir, entry.Name())
		if showAgain(from, to, entry.Type()) != nil {
			_ = os.Remove(to)
		}
	}
	return nil
}

func showAgain(from, to string, kind fs.FileMode) error {
	switch {
	case kind&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case kind.IsDir():
		if err := os.Mkdir(to, 0o755); err != nil {
			return err
		}
	default:
		if err := os.WriteFile(to, nil, 0o644); err != nil {
			return err
		}
	}
	// Recursive: in a user namespace what is mounted below may not be uncovered
	// (mount_namespaces(7), "locked together").
	return unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, "")
}

func loopbackUp() error {
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, request); err != nil {
		return err
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, request)
}
