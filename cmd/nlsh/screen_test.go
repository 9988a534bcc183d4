package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/sys/unix"
)

// vterm is a session of the shell on a pseudo-terminal, and what its screen shows.
type vterm struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File
	before unix.Termios // as the terminal was
	home   string
	exited chan struct{}

	mu      sync.Mutex
	screen  *vt.Emulator
	changed chan struct{} // closed when the screen is another
}

// patience is how long a screen may take to become what is wanted. Other tests run at the same time.
const patience = 30 * time.Second

// setting is where a session takes place.
type setting struct {
	cols, rows int
	args       []string
	env        []string
	home       string            // "" is a fresh one
	files      map[string]string // in the home; ~/.config too
}

// start begins a session and waits for its prompt.
func start(t *testing.T, s setting) *vterm {
	t.Helper()
	x := begun(t, s)
	x.prompt()
	return x
}

// begun begins it.
func begun(t *testing.T, s setting) *vterm {
	t.Helper()
	if s.cols == 0 {
		s.cols, s.rows = 80, 24
	}
	if s.home == "" {
		s.home = t.TempDir()
	}
	for name, text := range s.files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(s.home, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, filepath.Join(s.home, name), text)
	}
	x := &vterm{t: t, home: s.home, screen: vt.NewEmulator(s.cols, s.rows), changed: make(chan struct{}), exited: make(chan struct{})}
	x.master, x.slave = mustPty(t)
	x.size(s.cols, s.rows)
	before, err := unix.IoctlGetTermios(int(x.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	x.before = *before
	x.cmd = command(t, s.args...)
	x.cmd.Dir = s.home
	x.cmd.Env = append(x.cmd.Env, "HOME="+s.home, "XDG_STATE_HOME=", "XDG_CONFIG_HOME=", "TERM=xterm-256color", "NO_COLOR=1", "NLSH_VI=", "PAGER=cat", "NLSH_PAGER=")
	x.cmd.Env = append(x.cmd.Env, s.env...)
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = x.slave, x.slave, x.slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // Ctrl-C is for whom the terminal belongs to
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go x.watch()
	go x.answer()
	go func() {
		_ = x.cmd.Wait()
		close(x.exited)
	}()
	t.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		<-x.exited
	})
	return x
}

// watch shows what comes on the screen.
func (x *vterm) watch() {
	buf := make([]byte, 4096)
	for {
		n, err := x.master.Read(buf)
		if n > 0 {
			x.mu.Lock()
			_, _ = x.screen.Write(buf[:n])
			close(x.changed)
			x.changed = make(chan struct{})
			x.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// answer gives the terminal's answers to what it is asked. It stays until the tests end: closing the emulator meanwhile is a race of its own.
func (x *vterm) answer() {
	buf := make([]byte, 256)
	for {
		n, err := x.screen.Read(buf)
		if err != nil {
			return
		}
		_, _ = x.master.Write(buf[:n])
	}
}

// size is what the terminal says it has; the foreground is told of another one.
func (x *vterm) size(cols, rows int) {
	x.t.Helper()
	if err := unix.IoctlSetWinsize(int(x.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(cols), Row: uint16(rows)}); err != nil {
		x.t.Fatal(err)
	}
}

func (x *vterm) resize(cols, rows int) {
	x.t.Helper()
	x.mu.Lock()
	x.screen.Resize(cols, rows)
	x.mu.Unlock()
	x.size(cols, rows)
}

// keys types.
func (x *vterm) keys(text string) {
	x.t.Helper()
	if _, err := x.master.WriteString(text); err != nil {
		x.t.Fatal(err)
	}
}

// text is the screen, without spaces at the ends of lines and empty lines at the end.
func (x *vterm) text() string {
	lines := strings.Split(x.screen.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// wait waits for a screen.
func (x *vterm) wait(what string, is func(screen string, row string, col int) bool) {
	x.t.Helper()
	late := time.After(patience)
	for {
		x.mu.Lock()
		screen, changed := x.text(), x.changed
		at := x.screen.CursorPosition()
		row := ""
		if lines := strings.Split(screen, "\n"); at.Y < len(lines) {
			row = lines[at.Y]
		}
		good := is(screen, row, at.X)
		x.mu.Unlock()
		if good {
			return
		}
		select {
		case <-changed:
		case <-late:
			select {
			case <-x.exited:
				x.t.Logf("it has ended: %s", x.cmd.ProcessState)
			default:
			}
			x.t.Fatalf("want %s, the cursor is in column %d of %q of\n%s", what, at.X, row, screen)
		}
	}
}

// see waits until the screen has a text.
func (x *vterm) see(text string) {
	x.t.Helper()
	x.wait(fmt.Sprintf("%q", text), func(screen, _ string, _ int) bool { return strings.Contains(screen, text) })
}

// line waits until a line of the screen is just that.
func (x *vterm) line(text string) {
	x.t.Helper()
	x.wait(fmt.Sprintf("a line %q", text), func(screen, _ string, _ int) bool { return strings.Contains("\n"+screen+"\n", "\n"+text+"\n") })
}

// at waits until the cursor is in a line that is just that, in a column.
func (x *vterm) at(row string, col int) {
	x.t.Helper()
	x.wait(fmt.Sprintf("the cursor in column %d of %q", col, row), func(_, r string, c int) bool { return r == row && c == col })
}

// prompt waits for an empty line to type in, with nothing below.
func (x *vterm) prompt() {
	x.t.Helper()
	x.wait("a prompt", func(screen, row string, col int) bool {
		return row == "nlsh>" && col == len("nlsh> ") && strings.HasSuffix("\n"+screen, "\nnlsh>")
	})
}

// do types a line and waits for what it prints and the next prompt.
func (x *vterm) do(line, prints string) {
	x.t.Helper()
	x.keys(line + "\r")
	x.see(prints)
	x.prompt()
}

// end leaves, and holds the exit status and the terminal to what they must be.
func (x *vterm) end(keys string, status int) {
	x.t.Helper()
	x.keys(keys)
	select {
	case <-x.exited:
	case <-time.After(patience):
		x.t.Fatalf("it does not end, and shows\n%s", x.shown())
	}
	state := x.cmd.ProcessState
	got := state.ExitCode()
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		got = 128 + int(ws.Signal())
	}
	if got != status {
		x.t.Errorf("got exit status %d, want %d, and shows\n%s", got, status, x.shown())
	}
	after, err := unix.IoctlGetTermios(int(x.slave.Fd()), unix.TCGETS)
	if err != nil || *after != x.before {
		x.t.Errorf("the terminal is left as %+v, %v, was %+v", after, err, x.before)
	}
}

func (x *vterm) shown() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.text()
}

// The keys that have no letter.
const (
	keyUp, keyDown, keyRight, keyLeft = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
	keyHome, keyEnd, keyDelete        = "\x1b[H", "\x1b[F", "\x1b[3~"
	ctrlA, ctrlC, ctrlD, ctrlE        = "\x01", "\x03", "\x04", "\x05"
	ctrlK, ctrlL, ctrlR, ctrlU        = "\x0b", "\x0c", "\x12", "\x15"
	ctrlW, ctrlY, ctrlZ, ctrlG        = "\x17", "\x19", "\x1a", "\x07"
	altB, altF, altD, backspace       = "\x1bb", "\x1bf", "\x1bd", "\x7f"
	tab, enter                        = "\t", "\r"
)

// pasted is a text as a terminal sends it that was asked to mark what is pasted.
func pasted(text string) string {
	return "\x1b[200~" + strings.ReplaceAll(text, "\n", "\r") + "\x1b[201~"
}
