package host

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"go.starlark.net/syntax"
)

// A Source is the text of a program.
type Source struct {
	Name string // in positions: the path as the user wrote it, or <stdin>
	Path string // canonical: an absolute path, or @std//x.star; empty for text that is in no file
	Text []byte
}

// ReadFile reads a program from a file. The error says what is wrong with the file, or where in
// it there is something that is not UTF-8.
func ReadFile(name string) (Source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Source{}, err
	}
	if info.IsDir() {
		return Source{}, &os.PathError{Op: "open", Path: name, Err: errIsDir}
	}
	text, err := readBounded(name)
	if err != nil {
		return Source{}, err
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return Source{}, err
	}
	// A script that is reached by a symbolic link loads its neighbours from where it really is.
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return NewSource(name, path, text)
}

// readBounded reads a file that may be endless, as /dev/zero is. Of what is longer than a program may
// be it returns enough for Parse to say so.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(Bounded(f))
}

// Bounded is what is read of a text that is to be a program.
func Bounded(r io.Reader) io.Reader { return io.LimitReader(r, mostText+1) }

type constError string

func (e constError) Error() string { return string(e) }

const errIsDir constError = "is a directory, want a file"

// NewSource checks that text can be a program: that it is UTF-8 and has no NUL, which the scanner takes for the
// end of the file. A byte order mark is dropped.
func NewSource(name, path string, text []byte) (Source, error) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	src := Source{Name: name, Path: path, Text: text}
	if len(text) > mostText {
		return src, nil // Parse refuses it, whatever is in it
	}
	off, what := bytes.IndexByte(text, 0), "not text"
	if !utf8.Valid(text) {
		what = "not UTF-8"
		for off = 0; ; {
			r, n := utf8.DecodeRune(text[off:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			off += n
		}
	}
	if off < 0 {
		return src, nil
	}
	line := bytes.Count(text[:off], []byte("\n")) + 1
	col := utf8.RuneCount(text[bytes.LastIndexByte(text[:off], '\n')+1:off]) + 1
	return Source{}, syntax.Error{
		Pos: syntax.MakePosition(&name, int32(line), int32(col)),
		Msg: fmt.Sprintf("%s: byte 0x%02x at offset %d", what, text[off], off),
	}
}

// remember keeps the text for the display of errors.
func (h *Host) remember(src Source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sources[src.Name] = src.Text
	if all := h.texts[src.Name]; len(all) == 0 || !bytes.Equal(all[len(all)-1], src.Text) {
		h.texts[src.Name] = append(all, src.Text)
	}
}

// lineOf returns a line of a source, without its end. A nil host knows only the files on disk.
func (h *Host) lineOf(name string, line int) (string, bool) {
	var text []byte
	if h != nil {
		h.mu.Lock()
		text = h.sources[name]
		h.mu.Unlock()
	}
	if text == nil {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() { // reading a pipe again would hang
			return "", false
		}
		if text, err = os.ReadFile(name); err != nil {
			return "", false
		}
	}
	for ; line > 1; line-- {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return "", false
		}
		text = text[i+1:]
	}
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSuffix(string(text), "\r"), true
}

// excerptWidth is how much of a long line is shown.
const excerptWidth = 100

// excerpt returns the part of a line around column col (from 1, in runes) that fits on a screen,
// and the blanks that bring a mark under that column. Tabs stay tabs in both; what would move the
// cursor is replaced.
func excerpt(line string, col int) (text, pad string) {
	runes := []rune(line)
	at := min(max(col-1, 0), len(runes))
	from, to := 0, len(runes)
	if to > excerptWidth {
		from = max(0, min(at-excerptWidth/2, to-excerptWidth))
		to = from + excerptWidth
	}
	for i, r := range runes[from:to] {
		if r < ' ' && r != '\t' || r == 0x7f || r == utf8.RuneError {
			runes[from+i] = '?'
		}
	}
	text = string(runes[from:to])
	before := string(runes[from:at])
	if from > 0 {
		text, before = "..."+text, "..."+before
	}
	if to < len(runes) {
		text += "..."
	}
	pad = strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	return text, pad
}
