package repl

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// historyMost is how many of the last entries are recalled. The file keeps all.
const historyMost = 5000

// History is what was typed before, in a file that nobody else may read: one entry on each line, those of several lines in quotes. Several
// sessions may write to it at once: each entry is one write at its end.
type History struct {
	file string // "" keeps nothing
	last string
}

// OpenHistory uses a file, which need not exist.
func OpenHistory(file string) *History { return &History{file: file} }

// HistoryFile is where the history of the user belongs (XDG Base Directory Specification), "" if there is no home.
func HistoryFile() string {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "nlsh", "history")
}

// Entries returns the last of what was typed, the oldest first.
func (h *History) Entries() (list []string, err error) {
	if h.file == "" {
		return nil, nil
	}
	f, err := os.Open(h.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		entry := lines.Text()
		if strings.HasPrefix(entry, `"`) {
			if text, err := strconv.Unquote(entry); err == nil {
				entry = text
			}
		}
		if list = append(list, entry); len(list) > 2*historyMost {
			list = append([]string(nil), list[historyMost:]...)
		}
	}
	return list[max(0, len(list)-historyMost):], lines.Err()
}

// Add appends an entry, unless it is the one before.
func (h *History) Add(text string) error {
	text = strings.TrimRight(text, "\n")
	if h.file == "" || text == h.last || strings.TrimSpace(text) == "" {
		return nil
	}
	h.last = text
	if strings.Contains(text, "\n") || strings.HasPrefix(text, `"`) {
		text = strconv.Quote(text)
	}
	if err := os.MkdirAll(filepath.Dir(h.file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	return errors.Join(err, f.Close())
}
