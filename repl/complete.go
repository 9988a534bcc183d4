package repl

import (
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// A Candidate is a way to go on with what was typed.
type Candidate struct {
	Name string // the whole word
	Tail string // what belongs behind it: "(", " = "
}

// Names finds what a word may become. The language hands them in, and none may ask the kernel anything.
type Names struct {
	Globals  func() starlark.StringDict
	Keywords func(fn starlark.Value) []string              // of a call
	Values   func(fn starlark.Value, name string) []string // that a keyword takes, without quotes
	Modules  func() []string                               // of load
}

// Complete returns what the word before the cursor may become, and that word.
func (n *Names) Complete(before string) (word string, list []Candidate) {
	scan := scanned(before)
	switch {
	case scan.quoted && scan.call == "load" && scan.keyword == "":
		return scan.word, matching(scan.word, n.Modules(), "\"")
	case scan.quoted:
		if fn := n.walk(scan.call); fn != nil && n.Values != nil {
			return scan.word, matching(scan.word, n.Values(fn, scan.keyword), "\"")
		}
		return scan.word, nil
	case scan.comment:
		return "", nil
	}
	base, word, dotted := cutLast(scan.primary)
	if dotted {
		v := n.walk(base)
		if v == nil {
			return word, nil
		}
		if has, ok := v.(starlark.HasAttrs); ok {
			for _, name := range has.AttrNames() {
				if begun(name, word) {
					list = append(list, Candidate{name, callTail(attr(v, name))})
				}
			}
		}
		return word, list
	}
	if fn := n.walk(scan.call); fn != nil && n.Keywords != nil && scan.fresh {
		list = matching(word, n.Keywords(fn), " = ")
	}
	if word == "" {
		return "", list
	}
	return word, append(list, n.globals(word)...)
}

// globals are the names that begin with word, and the words of the language.
func (n *Names) globals(word string) (list []Candidate) {
	names := n.Globals()
	all := append(names.Keys(), starlark.Universe.Keys()...)
	slices.Sort(all)
	for _, name := range slices.Compact(all) {
		if !begun(name, word) || !isName(name) {
			continue
		}
		v := names[name]
		if v == nil {
			v = starlark.Universe[name]
		}
		list = append(list, Candidate{name, callTail(v)})
	}
	if word != "" {
		list = append(list, matching(word, reserved[:], " ")...)
	}
	return list
}

var reserved = [...]string{"and", "break", "continue", "def", "elif", "else", "for", "if", "in", "lambda", "load", "not", "or", "pass", "return", "while"}

func matching(word string, names []string, tail string) (list []Candidate) {
	for _, name := range names {
		if begun(name, word) {
			list = append(list, Candidate{name, tail})
		}
	}
	return list
}

// begun says whether name may be what word is the beginning of. Private names are for those who ask for them.
func begun(name, word string) bool {
	return strings.HasPrefix(name, word) && (word != "" || !strings.HasPrefix(name, "_"))
}

func isName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// attr is an attribute, nil if there is none.
func attr(v starlark.Value, name string) starlark.Value {
	has, ok := v.(starlark.HasAttrs)
	if !ok {
		return nil
	}
	got, err := has.Attr(name)
	if err != nil {
		return nil
	}
	return got
}

func callTail(v starlark.Value) string {
	if _, ok := v.(starlark.Callable); ok {
		if _, fields := v.(starlark.HasAttrs); !fields {
			return "("
		}
	}
	return ""
}

// walk evaluates names, .attr, [number] and ["text"], and nothing else: no calls, no variables in brackets. nil is what it does not know.
func (n *Names) walk(primary string) starlark.Value {
	name, rest := leadingName(primary)
	if name == "" {
		return nil
	}
	v := n.Globals()[name]
	if v == nil {
		v = starlark.Universe[name]
	}
	for v != nil && rest != "" {
		switch rest[0] {
		case '.':
			if name, rest = leadingName(rest[1:]); name == "" {
				return nil
			}
			v = attr(v, name)
		case '[':
			key, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				return nil
			}
			v, rest = element(v, strings.TrimSpace(key)), after
		default:
			return nil
		}
	}
	return v
}

// element is v[key] for a key that is written out.
func element(v starlark.Value, key string) starlark.Value {
	if len(key) > 1 && (key[0] == '"' || key[0] == '\'') && key[len(key)-1] == key[0] {
		m, ok := v.(starlark.Mapping)
		if !ok {
			return nil
		}
		got, found, err := m.Get(starlark.String(key[1 : len(key)-1]))
		if err != nil || !found {
			return nil
		}
		return got
	}
	i := 0
	for _, c := range key {
		if c < '0' || c > '9' || i > 1<<30 {
			return nil
		}
		i = 10*i + int(c-'0')
	}
	list, ok := v.(starlark.Indexable)
	if !ok || key == "" || i >= list.Len() {
		return nil
	}
	return list.Index(i)
}

func leadingName(s string) (name, rest string) {
	end := 0
	for end < len(s) && isName(s[:end+1]) {
		end++
	}
	return s[:end], s[end:]
}

// cutLast cuts a.b.wor into a.b and wor.
func cutLast(primary string) (base, word string, dotted bool) {
	if i := strings.LastIndexByte(primary, '.'); i >= 0 && isWord(primary[i+1:]) {
		return primary[:i], primary[i+1:], true
	}
	return "", primary, false
}

func isWord(s string) bool { return s == "" || isName(s) }
