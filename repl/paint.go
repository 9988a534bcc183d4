package repl

import (
	"slices"
	"strings"
)

// ink is a colour of the sixteen that every theme has, light or dark, as the number of the sequence that begins it.
type ink string

const (
	inkNone    ink = ""
	inkKeyword ink = "35" // magenta
	inkString  ink = "32" // green
	inkNumber  ink = "36" // cyan
	inkFaint   ink = "2"  // comments
	inkCommand ink = "1"  // bold: what is no program
	inkMatch   ink = "1;4"
)

// painter colours a line while it is edited. It adds nothing that takes room: the editor counts the columns of what was typed.
type painter struct {
	earlier func() string // the lines before, of the same text; nil for none
}

// Paint implements readline.Painter.
func (p painter) Paint(line []rune, pos int) []rune {
	inks := p.inked(line)
	for _, i := range matchingBrackets(line, inks, pos) {
		inks[i] = inkMatch
	}
	out := make([]rune, 0, len(line)+16)
	now := inkNone
	for i, r := range line {
		if inks[i] != now {
			if now != inkNone {
				out = append(out, []rune("\x1b[0m")...)
			}
			if now = inks[i]; now != inkNone {
				out = append(out, []rune("\x1b["+string(now)+"m")...)
			}
		}
		out = append(out, r)
	}
	if now != inkNone {
		out = append(out, []rune("\x1b[0m")...)
	}
	return out
}

// inked is the ink of each character, of a line that may begin in a string.
func (p painter) inked(line []rune) []ink {
	if p.earlier != nil {
		if quote := scanned(p.earlier()).quote; len(quote) == 3 {
			whole := append([]rune(quote), line...)
			end := stringEnd(whole, 0, false) - len(quote)
			inks := slices.Repeat([]ink{inkString}, max(end, 0))
			return append(inks, inked(line[len(inks):])...)
		}
	}
	return inked(line)
}

// inked is the ink of each character. It need not be right: what is typed is no program yet.
func inked(line []rune) []ink {
	inks := make([]ink, len(line))
	set := func(from, to int, with ink) {
		for i := from; i < to; i++ {
			inks[i] = with
		}
	}
	i := 0
	if isCommand(string(line[:min(len(line), 8)])) {
		for i < len(line) && line[i] != ' ' {
			i++
		}
		set(0, i, inkCommand)
	}
	for i < len(line) {
		end := i + 1
		switch r := line[i]; {
		case r == newline:
			set(i, end, inkFaint)
		case r == '#':
			for end < len(line) && line[end] != newline {
				end++
			}
			set(i, end, inkFaint)
		case r == '"' || r == '\'':
			end = stringEnd(line, i, false)
			set(i, end, inkString)
		case isDigit(r):
			for end < len(line) && (isLetter(line[end]) || isDigit(line[end]) || line[end] == '.') {
				end++
			}
			set(i, end, inkNumber)
		case isLetter(r):
			for end < len(line) && (isLetter(line[end]) || isDigit(line[end])) {
				end++
			}
			end = word(line, i, end, set)
		case r == '?' && strings.Trim(string(line[i:]), "? ") == "":
			set(i, len(line), inkCommand)
		}
		i = end
	}
	return inks
}

// word inks a name, or the string that it is the prefix of, and returns its end.
func word(line []rune, from, end int, set func(from, to int, with ink)) int {
	text := string(line[from:end])
	switch {
	case end < len(line) && (line[end] == '"' || line[end] == '\'') && (text == "b" || text == "r" || text == "rb" || text == "br"):
		closed := stringEnd(line, end, text != "b")
		set(from, closed, inkString)
		return closed
	case from > 0 && line[from-1] == '.':
	case slices.Contains(reserved[:], text):
		set(from, end, inkKeyword)
	case text == "True" || text == "False" || text == "None":
		set(from, end, inkNumber)
	}
	return end
}

// stringEnd is what follows the string that begins at from, the end of the line for one that does not end.
func stringEnd(line []rune, from int, raw bool) int {
	quote := line[from]
	triple := from+2 < len(line) && line[from+1] == quote && line[from+2] == quote
	if !triple {
		for i := from + 1; i < len(line); i++ {
			switch {
			case line[i] == '\\' && !raw || line[i] == '\\' && i+1 < len(line) && line[i+1] == quote:
				i++
			case line[i] == newline:
				return i
			case line[i] == quote:
				return i + 1
			}
		}
		return len(line)
	}
	for i := from + 3; i < len(line); i++ {
		switch {
		case line[i] == '\\':
			i++
		case line[i] == quote && i+2 < len(line) && line[i+1] == quote && line[i+2] == quote:
			return i + 3
		}
	}
	return len(line)
}

func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isLetter(r rune) bool { return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// matchingBrackets are the bracket before the cursor, or at it, and its other half. One without is none.
func matchingBrackets(line []rune, inks []ink, pos int) []int {
	for _, at := range []int{pos - 1, pos} {
		if at < 0 || at >= len(line) || inks[at] != inkNone {
			continue
		}
		if k := strings.IndexRune("([{", line[at]); k >= 0 {
			return half(line, inks, at, 1)
		}
		if k := strings.IndexRune(")]}", line[at]); k >= 0 {
			return half(line, inks, at, -1)
		}
	}
	return nil
}

// half looks for the other half of a bracket.
func half(line []rune, inks []ink, at, step int) []int {
	depth := 0
	for i := at; i >= 0 && i < len(line); i += step {
		if inks[i] != inkNone {
			continue
		}
		switch {
		case strings.ContainsRune("([{", line[i]):
			depth += step
		case strings.ContainsRune(")]}", line[i]):
			depth -= step
		default:
			continue
		}
		if depth == 0 {
			if !pair(line[at], line[i]) {
				return nil
			}
			return []int{at, i}
		}
	}
	return nil
}

func pair(a, b rune) bool {
	i, j := strings.IndexRune("([{)]}", a), strings.IndexRune("([{)]}", b)
	return i >= 0 && j >= 0 && i%3 == j%3 && i != j
}
