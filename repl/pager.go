package repl

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/chzyer/readline"
	"golang.org/x/sys/unix"
)

// A Pager shows what is longer than the screen.
type Pager struct {
	term    *Terminal
	screen  io.Writer // what is shown without the pager goes there
	out     *os.File
	on      func() bool
	command string // "" for none

	mu   sync.Mutex
	hold func() (release func()) // keeps Ctrl-C from ending what runs, nil outside of a session
}

// NewPager makes the pager that the environment names: NLSH_PAGER, or else PAGER, or else less. An empty one, and a terminal that can do nothing, is none.
// What needs none is written to screen; on says whether it is wanted at all.
func NewPager(term *Terminal, screen io.Writer, out *os.File, on func() bool, getenv func(string) (string, bool)) *Pager {
	return &Pager{term: term, screen: screen, out: out, on: on, command: pagerOf(getenv, exec.LookPath)}
}

// usualPager quits if all fits, keeps colours, and leaves the text on the screen.
const usualPager = "less -FRX"

func pagerOf(getenv func(string) (string, bool), look func(string) (string, error)) string {
	if term, _ := getenv("TERM"); term == "dumb" || term == "" {
		return ""
	}
	for _, name := range []string{"NLSH_PAGER", "PAGER"} {
		command, set := getenv(name)
		if command = strings.TrimSpace(command); command == "cat" {
			return ""
		} else if set {
			return command
		}
	}
	if _, err := look("less"); err != nil {
		return ""
	}
	return usualPager
}

// Page writes a text, with the pager if it is longer than the screen.
func (p *Pager) Page(text string) error {
	lines, columns := size(p.out)
	if p.command == "" || !p.on() || rowsOf(text, columns) < lines {
		_, err := io.WriteString(p.screen, text)
		return err
	}
	err := p.run(text)
	var status *exec.ExitError
	if err == nil || errors.As(err, &status) && status.ExitCode() < cannotRun {
		if r, ok := p.screen.(*Recorder); ok {
			r.note(text)
		}
		return nil // how a pager was left is its own affair
	}
	_, err = io.WriteString(p.screen, text)
	return err
}

// errBusy is a pager for a task, while a line is edited.
var errBusy = errors.New("the terminal is in use")

// cannotRun is the least status with which a shell says that there is no such program.
const cannotRun = 126

// run is the pager, from its start to its end. It has the terminal for itself: what is printed meanwhile waits, and so does Ctrl-C, which is for the pager.
func (p *Pager) run(text string) error {
	cmd := pagerCommand(p.command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), p.out, p.out
	cmd.Env = os.Environ()
	if _, set := os.LookupEnv("LESS"); !set {
		cmd.Env = append(cmd.Env, "LESS=FRX")
	}
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGTERM}
	p.mu.Lock()
	hold := p.hold
	p.mu.Unlock()
	if hold != nil {
		defer hold()()
	}
	back, ok := p.term.lend()
	if !ok {
		return errBusy
	}
	defer back()
	return cmd.Run()
}

// pagerCommand needs a shell only for what a shell would understand. That must outlive Ctrl-C, since it would leave the pager behind.
func pagerCommand(command string) *exec.Cmd {
	if strings.ContainsAny(command, "|&;<>()$`\\\"'*?[#~=%{") {
		return exec.Command("/bin/sh", "-c", "trap : INT\n"+command)
	}
	words := strings.Fields(command)
	return exec.Command(words[0], words[1:]...)
}

// guard says what keeps Ctrl-C from ending what runs.
func (p *Pager) guard(hold func() func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = hold
}

// rowsOf is how many rows of a screen a text takes.
func rowsOf(text string, columns int) (rows int) {
	for line := range strings.Lines(text) {
		shown := readline.Runes{}.WidthAll(readline.Runes{}.ColorFilter([]rune(strings.TrimRight(line, "\n") + "  ")))
		rows += 1 + max(0, shown-3)/columns
	}
	return rows
}

// size is how many rows and columns a terminal has.
func size(f *os.File) (rows, columns int) {
	got, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || got.Row == 0 {
		return 24, Width(f)
	}
	return int(got.Row), Width(f)
}
