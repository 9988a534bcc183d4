package repl

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/mattn/go-runewidth"
)

// screen stands between the line editor and the terminal, and puts the cursor where it belongs. The editor moves it by as many columns as
// there are characters, and goes up by rows that it counts with a table of its own: neither is right for wide characters, which it then
// overwrites. So what it writes after the line, and before it writes the line anew, is replaced.
type screen struct {
	out   io.Writer
	width func() int
	paint func(line []rune, at int) []rune // gives it colours; nil is none

	mu     sync.Mutex
	prompt string // without colours
	line   []rune // as it was shown last
	at     int    // the cursor in it
	shown  bool
}

// mark ends the line in what the editor writes; what follows is its way back. It is a noncharacter of Unicode, which no one can type.
const mark = '\uFDD0'

// begin is before a line is read.
func (s *screen) begin(prompt string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prompt, s.line, s.at, s.shown = prompt, nil, 0, false
}

func (s *screen) promptWidth() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return runewidth.StringWidth(s.prompt)
}

// Paint is called by the editor with the line and where the cursor is, and returns what to write.
func (s *screen) Paint(line []rune, at int) []rune {
	if i := slices.Index(line, inserted); i >= 0 { // for a moment
		line = slices.Delete(slices.Clone(line), i, i+1)
		at = max(0, at-1)
	}
	s.mu.Lock()
	s.line, s.at, s.shown = append([]rune(nil), line...), min(at, len(line)), true
	s.mu.Unlock()
	if s.paint != nil {
		line = s.paint(line, at)
	}
	return append(append([]rune(nil), line...), mark)
}

// Write takes what the editor writes to the terminal, always a whole step of it.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	text := s.corrected(p)
	s.mu.Unlock()
	if _, err := s.out.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *screen) corrected(p []byte) []byte {
	if i := bytes.LastIndex(p, []byte(string(mark))); i >= 0 {
		return append(bytes.ReplaceAll(p[:i:i], []byte(string(mark)), nil), s.back()...)
	}
	if rest, ok := cleanedBy(p); ok && s.shown {
		row, _, _ := s.layout(s.at)
		return append([]byte("\x1b[J"+strings.Repeat("\x1b[2K\r\x1b[A", row)+"\x1b[2K\r"), rest...)
	}
	return p
}

// cleanedBy recognises the removal of a line, and returns what comes behind it.
func cleanedBy(p []byte) (rest []byte, ok bool) {
	rest, ok = bytes.CutPrefix(p, []byte("\x1b[J"))
	for ok {
		next, up := bytes.CutPrefix(rest, []byte("\x1b[2K\r\x1b[A"))
		if !up {
			break
		}
		rest = next
	}
	if !ok {
		return nil, false
	}
	return bytes.CutPrefix(rest, []byte("\x1b[2K\r"))
}

// back leads from the end of the line to where the cursor is to be.
func (s *screen) back() string {
	endRow, endCol, edge := s.layout(len(s.line))
	row, col, _ := s.layout(s.at)
	var b strings.Builder
	if edge { // the terminal waits at the edge until something is written
		b.WriteString(" \b")
	}
	if row == endRow && col == endCol {
		return b.String()
	}
	if up := endRow - row; up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	b.WriteByte('\r')
	if col > 0 {
		fmt.Fprintf(&b, "\x1b[%dC", col)
	}
	return b.String()
}

// layout is where the first n characters of the line end: rows below that of the prompt, and columns. edge says that the last of them has
// filled its row.
func (s *screen) layout(n int) (row, col int, edge bool) {
	width := max(2, s.width())
	step := func(r rune) {
		w := runewidth.RuneWidth(r)
		if w == 0 { // it goes to the one before
			return
		}
		edge = false
		if col+w > width { // it goes to the next row as a whole
			row, col = row+1, 0
		}
		if col += w; col == width {
			row, col, edge = row+1, 0, true
		}
	}
	for _, r := range s.prompt {
		step(r)
	}
	for _, r := range s.line[:n] {
		step(r)
	}
	return row, col, edge
}
