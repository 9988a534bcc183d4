package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
)

// IsInit says whether this process is the first one of a guest. It must then call [Init] before all else.
func IsInit() bool {
	return os.Getpid() == 1 && len(os.Args) > 1 && os.Args[1] == initWord // the kernel adds words of its own
}

// Init is what the first process of a guest does: it makes a system of the bare kernel, runs the command that the host sends, reports how that
// ended, and switches the guest off. If it returns, that has failed; the process must then end, for the kernel to panic and the host to hear of it.
func Init() {
	inQEMU := slices.Contains(os.Args[2:], qemuWord)
	open := openTerminals
	if inQEMU {
		open = openLine
	}
	err := mountAll(inQEMU)
	var s *station
	if err == nil {
		s, err = open()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "nlsh:", err) // the console: there is nobody else to tell
	} else {
		word, err := s.live()
		if err != nil {
			word = err.Error()
		}
		unix.Sync() // before the last word: the host does not wait for what comes after
		_, _ = fmt.Fprintln(s.status, word)
		s.drain()
	}
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// station is what the guest has of the host: its input in frames, and where to write.
type station struct {
	in                io.Reader
	out, errs, status io.Writer
	lines             []*os.File
}

// openTerminals opens the lines of user-mode Linux, a terminal for each.
func openTerminals() (*station, error) {
	s := &station{}
	for i, mode := range []int{os.O_RDONLY, os.O_WRONLY, os.O_WRONLY, os.O_WRONLY} {
		f, err := terminal(fmt.Sprintf("/dev/tty%d", i+1), mode)
		if err != nil {
			return nil, err
		}
		s.lines = append(s.lines, f)
	}
	s.in, s.out, s.errs, s.status = s.lines[0], s.lines[1], s.lines[2], s.lines[3]
	return s, nil
}

// openLine opens the line of a guest of QEMU, its second serial port.
func openLine() (*station, error) {
	f, err := terminal("/dev/ttyS1", os.O_RDWR)
	if err != nil {
		return nil, err
	}
	l := &guestLine{f: f}
	return &station{in: l, out: channel{l, frameOut}, errs: channel{l, frameErr}, status: channel{l, frameStatus}, lines: []*os.File{f}}, nil
}

// drain waits until the host has taken all that was written.
func (s *station) drain() {
	for _, f := range s.lines {
		_ = unix.IoctlSetInt(int(f.Fd()), unix.TCSBRK, 1)
	}
}

// live returns the exit status of the command as text.
func (s *station) live() (string, error) {
	if _, err := fmt.Fprintln(s.status, readyWord); err != nil {
		return "", err
	}
	first, err := readFrame(s.in)
	if err != nil {
		return "", fmt.Errorf("reading the command: %w", err)
	}
	var j job
	if err := json.Unmarshal(first, &j); err != nil {
		return "", err
	}
	if err := netns.LoopbackUp(); err != nil {
		return "", err
	}
	code, err := j.run(s.in, s.out, s.errs)
	s.drain()
	return fmt.Sprint(code), err
}

// run runs the command to its end. Its input comes in frames.
func (j *job) run(in io.Reader, out, errs io.Writer) (int, error) {
	stdin, feed, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	cmd := &exec.Cmd{Path: j.Path, Args: j.Args, Dir: j.Dir, Env: j.Env, Stdin: stdin, Stdout: out, Stderr: errs, WaitDelay: farewell}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	_ = stdin.Close()
	go func() {
		defer feed.Close()
		for {
			b, err := readFrame(in)
			if err != nil {
				return // the end, or nobody is there any more
			}
			if _, err := feed.Write(b); err != nil {
				return // the command does not want it
			}
		}
	}()
	err = cmd.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) && !errors.Is(err, exec.ErrWaitDelay) {
		return 0, err
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// farewell is how long what the command has left running may go on writing.
const farewell = time.Second

// mounts are what a program expects to find, and the root that is the host's does not have.
var mounts = [...]struct{ kind, at string }{
	{"proc", "/proc"},
	{"sysfs", "/sys"},
	{"tmpfs", "/run"},
	{"devpts", "/dev/pts"},
	{"tmpfs", "/dev/shm"},
	{"debugfs", "/sys/kernel/debug"},
	{"cgroup2", "/sys/fs/cgroup"},
}

func mountAll(inQEMU bool) error {
	if inQEMU { // where nothing has mounted it yet
		if err := unix.Mount("devtmpfs", "/dev", "devtmpfs", 0, ""); err != nil {
			return fmt.Errorf("mount /dev: %w", err)
		}
	}
	for _, m := range mounts {
		if m.at == "/dev/pts" || m.at == "/dev/shm" { // /dev is a new devtmpfs
			_ = os.Mkdir(m.at, 0o755)
		}
		err := unix.Mount(m.kind, m.at, m.kind, 0, "")
		if err != nil && !errors.Is(err, unix.ENODEV) && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	// Such kernels have all drivers of tunnels built in, each of which puts a device into every new namespace (Documentation/admin-guide/sysctl/net.rst).
	_ = os.WriteFile("/proc/sys/net/core/fb_tunnels_only_for_init_net", []byte("1"), 0) // a kernel without tunnels has no such file
	if inQEMU {
		_ = os.WriteFile("/proc/sys/kernel/modprobe", []byte(modprobeFile), 0) // nor is there that file without modules
		for _, name := range unasked {
			_ = modprobe(name) // it may be built in, or the kernel may not have it
		}
	}
	return os.MkdirAll("/run/netns", 0o755)
}

// terminal opens one of the lines to the host, for bytes as they are.
func terminal(name string, mode int) (*os.File, error) {
	fd, err := unix.Open(name, mode|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, &os.PathError{Op: "termios", Path: name, Err: err}
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200 // without a speed a serial port hangs up
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return nil, &os.PathError{Op: "termios", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}
