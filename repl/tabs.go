package repl

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// completer is what TAB does: it adds what all words that may be meant have in common, and where that is nothing lists them above the line. The
// editor's own list is a mode with keys of its own, counts columns wrongly and fails on terminals that are narrower than a word.
type completer struct {
	complete func(before string) (word string, list []Candidate)
	list     func(text string) // writes above the line
	width    func() int
}

// Do implements readline.AutoCompleter.
func (c completer) Do(line []rune, pos int) ([][]rune, int) {
	before := strings.ReplaceAll(string(line[:pos]), string(newline), "\n")
	if strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:]) == "" {
		return [][]rune{[]rune("    ")}, 0
	}
	word, list := c.safely(before)
	if len(list) == 0 {
		return nil, 0
	}
	names := make([]string, len(list))
	common := ""
	for i, one := range list {
		names[i] = one.Name
		whole := one.Name
		if !strings.HasPrefix(string(line[pos:]), one.Tail) { // it may be there already
			whole += one.Tail
		}
		if i == 0 {
			common = whole
		}
		common = commonPrefix(common, whole)
	}
	if len(common) > len(word) {
		return [][]rune{[]rune(common[len(word):])}, len([]rune(word))
	}
	c.list(columns(names, c.width()))
	return nil, 0
}

// safely completes nothing rather than to end the session: the editor runs in a goroutine of its own.
func (c completer) safely(before string) (word string, list []Candidate) {
	defer func() {
		if recover() != nil {
			word, list = "", nil
		}
	}()
	return c.complete(before)
}

// commonPrefix is what two texts begin with, in whole characters.
func commonPrefix(a, b string) string {
	end := 0
	for i, r := range a {
		if !strings.HasPrefix(b[min(i, len(b)):], string(r)) {
			break
		}
		end = i + len(string(r))
	}
	return a[:end]
}

// mostListed is how many words are listed.
const mostListed = 300

// columns lays names out, down each column.
func columns(names []string, width int) string {
	more := ""
	if n := len(names) - mostListed; n > 0 {
		names, more = names[:mostListed], "...\n"
	}
	widest := 0
	for _, name := range names {
		widest = max(widest, runewidth.StringWidth(name))
	}
	across := max(1, (width+1)/(widest+2))
	down := (len(names) + across - 1) / across
	var b strings.Builder
	for row := range down {
		for i := row; i < len(names); i += down {
			b.WriteString(names[i])
			if i+down < len(names) {
				b.WriteString(strings.Repeat(" ", widest+2-runewidth.StringWidth(names[i])))
			}
		}
		b.WriteByte('\n')
	}
	return b.String() + more
}
