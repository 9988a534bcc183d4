package repl

import "strings"

// scan is what stands before the cursor.
type scan struct {
	primary string // the names, dots and brackets up to the cursor
	word    string // inside of quotes: what is there already
	quoted  bool
	comment bool
	call    string // the innermost call that is open: what is called
	keyword string // the keyword of the argument, "" if it has none
	fresh   bool   // an argument begins here
}

// frame is a bracket that is open.
type frame struct {
	open  byte
	call  string // what is before a "("
	start int    // of the argument or element that is being written
}

// scanned reads a text up to the cursor. It need not be right.
func scanned(text string) (s scan) {
	var frames []frame
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '#':
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				s.comment = true
				return s
			}
			i += end
		case '"', '\'':
			end := closing(text, i)
			if end < 0 {
				s.quoted, s.word = true, text[i+1:]
				s.call, s.keyword, _ = argument(frames, text[:i])
				return s
			}
			i = end
		case '(', '[', '{':
			frames = append(frames, frame{c, primaryBefore(text[:i]), i + 1})
		case ')', ']', '}':
			if len(frames) > 0 {
				frames = frames[:len(frames)-1]
			}
		case ',':
			if len(frames) > 0 {
				frames[len(frames)-1].start = i + 1
			}
		}
	}
	s.primary = primaryBefore(text)
	s.call, s.keyword, s.fresh = argument(frames, text[:len(text)-len(s.primary)])
	return s
}

// argument is where in the innermost call the end of text is. Lists and dicts in it belong to its argument.
func argument(frames []frame, text string) (call, keyword string, fresh bool) {
	fresh = len(frames) > 0 && frames[len(frames)-1].open == '('
	for len(frames) > 0 && frames[len(frames)-1].open != '(' {
		frames = frames[:len(frames)-1]
	}
	if len(frames) == 0 {
		return "", "", false
	}
	f := frames[len(frames)-1]
	arg := strings.TrimSpace(text[f.start:])
	name, rest := leadingName(arg)
	rest = strings.TrimSpace(rest)
	if strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") {
		return f.call, name, false
	}
	return f.call, "", fresh && arg == ""
}

// closing is where the string that begins at i ends, -1 if it does not.
func closing(text string, i int) int {
	quote := text[i : i+1]
	if strings.HasPrefix(text[i:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	for j := i + len(quote); j < len(text); j++ {
		switch {
		case text[j] == '\\':
			j++
		case strings.HasPrefix(text[j:], quote):
			return j + len(quote) - 1
		}
	}
	return -1
}

// primaryBefore is the longest end of text that names, dots and closed brackets make: a.b["x"].c
func primaryBefore(text string) string {
	at := len(text)
	for at > 0 {
		switch c := text[at-1]; {
		case c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			at--
		case c == ']' && at < len(text):
			open := strings.LastIndexByte(text[:at], '[')
			if open < 0 {
				return text[at:]
			}
			at = open
		default:
			return text[at:]
		}
	}
	return text[at:]
}
