package repl

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// What a terminal puts around a paste when it is asked to (xterm's control sequences, "Bracketed Paste Mode").
const (
	pasteOn    = "\x1b[?2004h"
	pasteOff   = "\x1b[?2004l"
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// newline stands for the end of a line inside of a text of several lines, while it is edited as one.
const newline = '⏎'

// typed is what a user types, made safe for the line editor: it takes NUL for the end of input, Ctrl-Z for a reason to stop
// its parent too, and a pasted tabulator for a wish to complete. A paste arrives as one line.
type typed struct {
	from io.Reader

	mu      sync.Mutex
	buf     [4096]byte
	held    []byte // the beginning of what may be a mark
	out     []byte // ready to be read
	pasting bool
	indent  int // columns of the line so far, if they are blank; -1 is that they are not
	breaks  int // line ends of the paste that nothing has followed yet
	cr      bool
	rune    []byte // the beginning of a character that was pasted
}

// Keys that end a line, for the editor.
const (
	keyInterrupt = 3
	endsOfLine   = "\r\n\x03\x04"
)

// Read implements io.Reader. It ends with what may end a line: the rest is not the editor's before it asks for the next one.
func (t *typed) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.out) == 0 {
		t.mu.Unlock()
		n, err := t.from.Read(t.buf[:])
		t.mu.Lock()
		t.take(t.buf[:n], n == len(t.buf))
		if err != nil && len(t.out) == 0 {
			return 0, err
		}
	}
	line := t.out
	if i := bytes.IndexAny(line, endsOfLine); i >= 0 {
		line = line[:i+1]
	}
	n := copy(p, line)
	t.out = t.out[n:]
	return n, nil
}

// ahead takes what was typed behind the end of a line, waiting bytes of it in the terminal, which it reads. It says whether Ctrl-C is among
// it, which is meant for what that line runs; then the keys before it are gone, as a terminal drops them.
func (t *typed) ahead(waiting int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if waiting > 0 {
		n, _ := t.from.Read(t.buf[:min(waiting, len(t.buf))])
		t.take(t.buf[:n], false)
	}
	i := bytes.LastIndexByte(t.out, keyInterrupt)
	t.out = t.out[i+1:]
	return i >= 0
}

// take translates bytes. full says that there may be more of the same right behind them.
func (t *typed) take(b []byte, full bool) {
	b = append(t.held, b...)
	t.held = nil
	for len(b) > 0 {
		mark := pasteBegin
		if t.pasting {
			mark = pasteEnd
		}
		switch {
		case bytes.HasPrefix(b, []byte(mark)):
			t.pasting, t.breaks, t.indent, t.cr, t.rune = !t.pasting, 0, 0, false, nil
			b = b[len(mark):]
		case begins(mark, b) && (len(b) > 2 || full || t.pasting): // an escape alone is a key
			t.held = bytes.Clone(b)
			return
		case t.pasting:
			t.paste(b[0])
			b = b[1:]
		default:
			if b[0] != 0 && b[0] != 0x1a {
				t.out = append(t.out, b[0])
			}
			b = b[1:]
		}
	}
}

// tabStop is what a tabulator at the beginning of a line goes to a multiple of.
const tabStop = 8

// begins says whether mark begins with b.
func begins(mark string, b []byte) bool {
	return len(b) < len(mark) && mark[:len(b)] == string(b)
}

// paste takes a byte of a paste.
func (t *typed) paste(c byte) {
	switch {
	case c == '\n' && t.cr:
		t.cr = false
		return
	case c == '\n' || c == '\r':
		t.cr = c == '\r'
		t.breaks++
		t.indent = 0
		return
	}
	t.cr = false
	if c < ' ' && c != '\t' || c == 0x7f {
		return // keys of the editor, not text
	}
	for ; t.breaks > 0; t.breaks-- { // at the end of the paste they are left out: the text is shown before it is run
		t.out = utf8.AppendRune(t.out, newline)
	}
	switch {
	case c == '\t' && t.indent >= 0: // as wide as the parser takes it
		n := tabStop - t.indent%tabStop
		t.out = append(t.out, strings.Repeat(" ", n)...)
		t.indent += n
		return
	case c == '\t':
		t.out = append(t.out, "    "...)
		return
	case c == ' ' && t.indent >= 0:
		t.indent++
	default:
		t.indent = -1
	}
	if c < utf8.RuneSelf {
		t.out = append(t.out, c)
		return
	}
	t.rune = append(t.rune, c)
	if !utf8.FullRune(t.rune) {
		return
	}
	switch r, _ := utf8.DecodeRune(t.rune); r {
	case newline:
		t.out = append(t.out, `\u23ce`...) // inside of a string it is the same
	case utf8.RuneError:
		t.out = append(t.out, '?')
	default:
		t.out = append(t.out, t.rune...)
	}
	t.rune = nil
}
