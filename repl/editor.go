package repl

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/chzyer/readline"
	"golang.org/x/sys/unix"
)

// ErrInterrupt is Ctrl-C while a line is edited.
var ErrInterrupt = errors.New("interrupt")

// Editor reads what a user types.
type Editor interface {
	// Line returns one line, or a pasted text of several, without its end. io.EOF is Ctrl-D, ErrInterrupt is Ctrl-C.
	Line(prompt string) (string, error)
	// Recall adds to what the arrow keys bring back.
	Recall(text string)
	// Print writes above the line that is being edited.
	Print(text string)
	// Close makes the terminal what it was.
	Close()
}

// leaver is an editor that tells when a line is over and Ctrl-C is a signal again; it may have been pressed right before.
type leaver interface{ onLeave(left func(pressed bool)) }

// Terminal is an editor on a terminal.
type Terminal struct {
	rl     *readline.Instance
	out    io.Writer
	state  *termios
	screen *screen
	resize func() // has the editor ask how wide the terminal is

	reading atomic.Bool        // a line is being edited
	left    func(pressed bool) // see leaver; may be nil

	use sync.Mutex // of the keyboard: by a line that is edited, or by another program

	mu   sync.Mutex
	lent bool   // another program has the terminal
	held []byte // what was printed meanwhile
}

// Style is what the editor of a terminal is like.
type Style struct {
	Vi    bool // keys of vi
	Color bool // what is typed has colours

	Earlier func() string // the lines before the one that is edited, of one text; nil for none
}

// NewTerminal makes in and out an editor. complete gets the text before the cursor.
func NewTerminal(in, out *os.File, style Style, complete func(before string) (string, []Candidate)) (*Terminal, error) {
	state, err := saved(in)
	if err != nil {
		return nil, err
	}
	t := &Terminal{out: out, state: state}
	width := func() int { return max(2, Width(out)) }
	keys := &typed{from: in}
	screen := &screen{out: out, width: width}
	if style.Color {
		screen.paint = painter{style.Earlier}.Paint
	}
	config := &readline.Config{
		Stdin:                  io.NopCloser(keys),
		Stdout:                 screen,
		Stderr:                 screen,
		Painter:                screen,
		HistoryLimit:           2 * historyMost,
		DisableAutoSaveHistory: true,
		HistorySearchFold:      true,
		VimMode:                style.Vi,
		InterruptPrompt:        "^C",
		EOFPrompt:              "\n",
		AutoComplete:           completer{complete, t.Print, width},
		FuncGetWidth:           func() int { return widthFor(screen.promptWidth(), width()) },
		FuncOnWidthChanged:     func(changed func()) { t.resize = changed; readline.DefaultOnWidthChanged(changed) },
		FuncIsTerminal:         func() bool { return true },
		FuncFilterInputRune:    keys.filter,
		Listener:               keys,
		FuncMakeRaw:            state.raw,
		FuncExitRaw:            func() error { return t.leave(keys) },
	}
	t.screen = screen
	if t.rl, err = readline.NewEx(config); err != nil {
		return nil, err
	}
	return t, nil
}

// widthFor is the least width, from one on, that the editor can bear: it looks for the ends of rows forever where the prompt fills some as a whole. What
// it writes for the width is replaced by screen, but for where a search stands.
func widthFor(prompt, width int) int {
	for prompt > 0 && prompt%width == 0 {
		width++
	}
	return width
}

// onLeave implements leaver.
func (t *Terminal) onLeave(left func(pressed bool)) { t.left = left }

// leave makes the terminal what it was behind a line.
func (t *Terminal) leave(keys *typed) error {
	return t.state.leave(func(waiting int) {
		pressed := keys.ahead(waiting)
		switch {
		case t.left != nil:
			t.left(pressed)
		case pressed: // what it would have been a moment later
			_ = unix.Kill(os.Getpid(), unix.SIGINT)
		}
	})
}

// Line implements [Editor].
func (t *Terminal) Line(prompt string) (string, error) {
	t.use.Lock() // a task may show something in a pager
	defer t.use.Unlock()
	_, _ = io.WriteString(t.out, pasteOn)
	t.rl.SetPrompt(prompt)
	t.screen.begin(prompt)
	t.resize()
	t.reading.Store(true)
	line, err := t.rl.Readline()
	t.reading.Store(false)
	_, _ = io.WriteString(t.out, pasteOff) // what runs now may read the terminal
	if errors.Is(err, readline.ErrInterrupt) {
		err = ErrInterrupt
	}
	return strings.ReplaceAll(line, string(newline), "\n"), err
}

// Recall implements [Editor].
func (t *Terminal) Recall(text string) { _ = t.rl.SaveHistory(asLine(text)) } // writes no file

// asLine is a text as one line to edit, which has nothing that the terminal would obey: anybody may have written to the file of the history.
func asLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return newline
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r == inserted:
			return -1
		}
		return r
	}, strings.TrimRight(text, "\n"))
}

// Print implements [Editor].
func (t *Terminal) Print(text string) { _, _ = io.WriteString(t.Writer(), text) }

// Writer writes above the line that is being edited.
func (t *Terminal) Writer() io.Writer { return above{t} }

// above knows whether a line is being edited. The editor finds out only a moment after it has returned it, and would show the line again.
type above struct{ t *Terminal }

func (w above) Write(p []byte) (int, error) {
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	if w.t.lent {
		w.t.held = append(w.t.held, p...)
		return len(p), nil
	}
	if w.t.reading.Load() {
		return w.t.rl.Stdout().Write(p)
	}
	return w.t.out.Write(p)
}

// lend gives the terminal to another program, until back is called: then it is as before, and what was printed meanwhile comes. It is not to be had
// while a line is edited, or another has it: ok is false.
func (t *Terminal) lend() (back func(), ok bool) {
	if !t.use.TryLock() {
		return nil, false
	}
	t.mu.Lock()
	t.lent = true
	t.mu.Unlock()
	return func() {
		defer t.use.Unlock()
		_ = t.state.restore()
		t.mu.Lock()
		defer t.mu.Unlock()
		_, _ = t.out.Write(t.held)
		t.lent, t.held = false, nil
	}, true
}

// Close implements [Editor]. The editor's own Close would wait for a key.
func (t *Terminal) Close() {
	_, _ = io.WriteString(t.out, pasteOff)
	_ = t.state.restore()
}
