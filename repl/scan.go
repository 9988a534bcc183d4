package repl

import "strings"

// scan is what stands before the cursor.
type scan struct {
	primary string // the names, dots and brackets up to the cursor
	word    string // inside of quotes: what is there already
	quote   string // the quotes that are open, "" for none
	comment bool
	call    string // the innermost call that is open: what is called
	arg     Argument
	fresh   bool // an argument begins here
}

// An Argument is where in a call something is being written.
type Argument struct {
	Index   int      // of the argument
	Keyword string   // "" for none
	Path    []string // the keys of dicts around it, and that whose value it is
	Key     bool     // it is a key of a dict itself
	Before  string   // the arguments so far
}

// frame is a bracket that is open.
type frame struct {
	open  byte
	at    int
	call  string // what is before a "("
	start int    // of the argument or element that is being written
	index int    // which it is
}

// scanned reads a text up to the cursor. It need not be right.
func scanned(text string) (s scan) {
	var frames []frame
	pairs := map[int]int{} // where the bracket is that one closes
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
				s.quote = quoteAt(text, i)
				s.word = text[i+len(s.quote):]
				s.call, s.arg, _ = argument(frames, text[:i])
				return s
			}
			i = end
		case '(', '[', '{':
			frames = append(frames, frame{open: c, at: i, call: primaryBefore(text[:i], pairs, true), start: i + 1})
		case ')', ']', '}':
			if len(frames) > 0 {
				pairs[i] = frames[len(frames)-1].at
				frames = frames[:len(frames)-1]
			}
		case ',':
			if len(frames) > 0 {
				frames[len(frames)-1].start = i + 1
				frames[len(frames)-1].index++
			}
		}
	}
	s.primary = primaryBefore(text, pairs, false)
	s.call, s.arg, s.fresh = argument(frames, text[:len(text)-len(s.primary)])
	return s
}

// argument is where in the innermost call the end of text is. Lists and dicts in it belong to its argument.
func argument(frames []frame, text string) (call string, arg Argument, fresh bool) {
	k := len(frames) - 1
	for k >= 0 && frames[k].open != '(' {
		k--
	}
	if k < 0 {
		return "", arg, false
	}
	f := frames[k]
	arg.Index, arg.Before = f.index, text[f.at+1:]
	end := func(i int) int { // of what belongs to frame i alone
		if i+1 < len(frames) {
			return frames[i+1].at
		}
		return len(text)
	}
	own := strings.TrimSpace(text[f.start:end(k)])
	name, rest := leadingName(own)
	rest = strings.TrimSpace(rest)
	if strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") {
		arg.Keyword = name
	}
	for i := k + 1; i < len(frames); i++ {
		if frames[i].open != '{' {
			continue
		}
		key, _, colon := strings.Cut(text[frames[i].start:end(i)], ":")
		if key = strings.Trim(strings.TrimSpace(key), `"'`); colon {
			arg.Path = append(arg.Path, key)
		} else if i == len(frames)-1 && key == "" {
			arg.Key = true
		}
	}
	return f.call, arg, k == len(frames)-1 && arg.Keyword == "" && own == ""
}

// quoteAt is the quotes that a string begins with.
func quoteAt(text string, i int) string {
	if triple := strings.Repeat(text[i:i+1], 3); strings.HasPrefix(text[i:], triple) {
		return triple
	}
	return text[i : i+1]
}

// closing is where the string that begins at i ends, -1 if it does not.
func closing(text string, i int) int {
	quote := quoteAt(text, i)
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

// closingBracket is where the bracket at i closes, -1 if it does not.
func closingBracket(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			if i = closing(text, i); i < 0 {
				return -1
			}
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// primaryBefore is the longest end of text that names, dots and closed brackets make: a.b["x"].c(1). A bracket ends it only where that is called.
func primaryBefore(text string, pairs map[int]int, called bool) string {
	at := len(text)
	for at > 0 {
		switch c := text[at-1]; {
		case c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			at--
		case (c == ']' || c == ')') && (called || at < len(text)):
			open, ok := pairs[at-1]
			if !ok || at < len(text) && strings.IndexByte(".[(", text[at]) < 0 {
				return text[at:]
			}
			at = open
		default:
			return text[at:]
		}
	}
	return text[at:]
}
