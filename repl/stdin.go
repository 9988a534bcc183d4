package repl

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
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
	text    []byte // of the paste, that is not ready yet
	pieces  [][]rune
	piece   []rune // that the editor is about to insert
}

// inserted stands for a piece of a paste in what the editor reads. It is a noncharacter of Unicode.
const inserted = '\uFDD1'

// fewKeys is how much of a paste is handed over as if it had been typed. The editor shows the whole line anew for each key, so a long paste would take
// minutes: it gets that in pieces.
const fewKeys = 64

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
	t.pieces = t.pieces[bytes.Count(t.out[:i+1], []byte(string(inserted))):]
	t.out = t.out[i+1:]
	return i >= 0
}

// filter is for the editor's FuncFilterInputRune, which is asked about each key before anything else: a piece that cannot be inserted is gone then.
func (t *typed) filter(key rune) (rune, bool) {
	if key != inserted {
		return key, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.pieces) == 0 {
		return 0, false
	}
	t.piece, t.pieces = t.pieces[0], t.pieces[1:]
	return key, true
}

// OnChange implements readline.Listener: a piece takes the place of what stands for it.
func (t *typed) OnChange(line []rune, pos int, key rune) ([]rune, int, bool) {
	if key != inserted || pos < 1 || line[pos-1] != inserted { // it was meant for a search
		return nil, 0, false
	}
	return slices.Concat(line[:pos-1], t.piece, line[pos:]), pos - 1 + len(t.piece), true
}

// flush makes what was pasted ready.
func (t *typed) flush() {
	if len(t.text) <= fewKeys {
		t.out = append(t.out, t.text...)
	} else {
		t.out = utf8.AppendRune(t.out, inserted)
		t.pieces = append(t.pieces, []rune(string(t.text)))
	}
	t.text = t.text[:0]
}

// take translates bytes. full says that there may be more of the same right behind them.
func (t *typed) take(b []byte, full bool) {
	b = append(t.held, b...)
	t.held = nil
	defer t.flush()
	for len(b) > 0 {
		mark := pasteBegin
		if t.pasting {
			mark = pasteEnd
		}
		switch {
		case bytes.HasPrefix(b, []byte(mark)):
			t.flush()
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
		t.text = utf8.AppendRune(t.text, newline)
	}
	switch {
	case c == '\t' && t.indent >= 0: // as wide as the parser takes it
		n := tabStop - t.indent%tabStop
		t.text = append(t.text, strings.Repeat(" ", n)...)
		t.indent += n
		return
	case c == '\t':
		t.text = append(t.text, "    "...)
		return
	case c == ' ' && t.indent >= 0:
		t.indent++
	default:
		t.indent = -1
	}
	if c < utf8.RuneSelf {
		t.text = append(t.text, c)
		return
	}
	t.rune = append(t.rune, c)
	if !utf8.FullRune(t.rune) {
		return
	}
	switch r, _ := utf8.DecodeRune(t.rune); {
	case r == newline:
		t.text = append(t.text, `\u23ce`...) // inside of a string it is the same
	case r == utf8.RuneError, r == inserted, unicode.IsControl(r): // of the second kind, which terminals obey as they do an escape
		t.text = append(t.text, '?')
	default:
		t.text = append(t.text, t.rune...)
	}
	t.rune = nil
}
