// Package guest runs a program under a kernel of its own, without privilege. The program is this one: the kernel starts it as process 1
// ([Init]), and that starts the command.
//
//	k, err := guest.Find("6.12", guest.Folders()...)
//	exit, err := k.Run(ctx, guest.Command{Args: []string{"nlsh", "-c", "print(1)"}, Stdout: os.Stdout})
//
// There are two kinds. User-mode Linux ([Find]) is an executable and boots in a third of a second. Such a guest sees the files of the host, and what
// the command writes to files is written there, as the user who runs it. QEMU ([QEMU]) boots what PCs do, distributions' kernels with their
// modules too, in some seconds. Such a guest has copies of what Command.Files and Command.Programs name, and what is written is gone.
//
// Nothing else gets out: no network, no process that outlives Run. Nothing is left behind even if this process is killed.
package guest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Kernel is what is booted.
type Kernel struct {
	File   string // the executable of user-mode Linux; QEMU makes another kind
	Memory int    // MiB; 0 is 256, with QEMU 512

	qemu     bool
	emulated bool
	release  string
	folder   string   // of modules
	modules  *modules // in there; nil is none

	limit time.Duration // how long it may boot; 0 is bootLimit
	held  *os.File      // by every process of the guest, for a test that waits for their end
}

// bootLimit is how long a kernel may take to come up, on a machine that is busy.
const bootLimit = time.Minute

// Command is what runs in the guest, as root of it.
type Command struct {
	Args   []string  // of this executable, its name first; or of another program if Path says so
	Path   string    // "" is this executable
	Dir    string    // "" is the current one
	Env    []string  // nil is this process's
	Stdin  io.Reader // nil is empty
	Stdout io.Writer // nil discards
	Stderr io.Writer

	// What a guest of QEMU has copies of.
	Files    []string // files and folders that the command reads, absolute
	Programs []string // that it starts, as in $PATH; with their libraries
}

// BootError says that a guest did not come as far as the command, or ended before it.
type BootError struct {
	Kernel string
	Why    string
	Log    string // the last that the kernel wrote
}

func (e *BootError) Error() string {
	text := fmt.Sprintf("kernel %s: %s", e.Kernel, e.Why)
	if log := strings.TrimSpace(e.Log); log != "" {
		text += ": " + log
	}
	return text
}

// Find makes a file of what a user calls a kernel: a path, or a version whose file linux-VERSION.uml is in one of the folders.
func Find(name string, folders ...string) (Kernel, error) {
	tried := []string{name}
	if !strings.Contains(name, "/") {
		for _, dir := range folders {
			tried = append(tried, filepath.Join(dir, "linux-"+name+".uml"))
		}
	}
	for _, file := range tried {
		if info, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
			continue // a folder may well be called as a version is
		}
		if err := usable(file, unix.R_OK|unix.X_OK); err != nil {
			return Kernel{}, err
		}
		file, err := filepath.Abs(file)
		return Kernel{File: file}, err
	}
	return Kernel{}, fmt.Errorf("kernel: got %q, want a file or a version that is there (looked for %s)", name, strings.Join(tried, ", "))
}

// usable says what is wrong with a file that is to be booted: access is what one must be allowed to do with it.
func usable(file string, access uint32) error {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("kernel: got %q, want a file", file)
	}
	if err == nil {
		if err = unix.Access(file, access); err != nil {
			err = &os.PathError{Op: "access", Path: file, Err: err}
		}
	}
	if !errors.Is(err, fs.ErrPermission) {
		if err != nil {
			err = fmt.Errorf("kernel: %w", err)
		}
		return err
	}
	may := "read"
	if access&unix.X_OK != 0 {
		may = "read and execute"
	}
	return fmt.Errorf("kernel: %w (you must be allowed to %s it, and to enter its folders)", err, may)
}

// Folders are where kernels are looked for: $NLSH_KERNELS, else nlsh-kernels in the user's cache.
func Folders() []string {
	if dir := os.Getenv("NLSH_KERNELS"); dir != "" {
		return filepath.SplitList(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil // no home: only a path will do
	}
	return []string{filepath.Join(cache, "nlsh-kernels")}
}

// The lines between host and guest are terminals there, which have no end: what goes in is cut into frames, a length and so many bytes. An empty
// one is the end.
const maxFrame = 1 << 16

func writeFrame(w io.Writer, b []byte) error {
	frame := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b)))
	_, err := w.Write(append(frame, b...))
	return err
}

// readFrame reads one frame; its end is io.EOF.
func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n == 0 {
		return nil, io.EOF
	}
	if n > maxFrame {
		return nil, errors.New("the line to the host is out of step")
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// writeFrames cuts what r has into frames.
func writeFrames(w io.Writer, r io.Reader) error {
	b := make([]byte, maxFrame)
	for {
		n, err := r.Read(b)
		if n > 0 {
			if err := writeFrame(w, b[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return writeFrame(w, nil)
		}
		if err != nil {
			return err
		}
	}
}
