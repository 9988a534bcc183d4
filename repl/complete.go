package repl

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// A Candidate is a way to go on with what was typed.
type Candidate struct {
	Name string // the whole word
	Tail string // what belongs behind it: "(", " = "
}

// Names finds what a word may become. The language hands them in, and none may ask the kernel anything. What a method is called on is nil for what is none.
type Names struct {
	Globals  func() starlark.StringDict
	Attr     func(v starlark.Value, name string) starlark.Value                                  // an attribute, if having it costs nothing
	Called   func(of starlark.Value, name string, fn starlark.Value, args string) starlark.Value // what of.name(args) is like
	Keywords func(of, fn starlark.Value) []string                                                // of a call
	Texts    func(of, fn starlark.Value, arg Argument) (list []string, files bool)               // that an argument may be
	Modules  func() []string                                                                     // of load
	Exports  func(module string) []string                                                        // names to load from one

	earlier atomic.Pointer[string] // the lines before the one that is edited, of one text; what tasks print makes the editor look
}

// Earlier are the lines before the one that is edited, of one text.
func (n *Names) Earlier() string {
	if text := n.earlier.Load(); text != nil {
		return *text
	}
	return ""
}

// Alone is Complete while no task of the host runs: values are for one at a time. If one goes on for longer than somebody waits who has pressed a key, there
// is nothing.
func (n *Names) Alone(h *host.Host, before string) (word string, list []Candidate) {
	ctx, cancel := context.WithTimeout(context.Background(), budget)
	defer cancel()
	_ = h.Run(host.Job{Name: "complete", Context: ctx}, func(*starlark.Thread) error {
		word, list = n.Complete(before)
		return nil
	})
	return word, list
}

// Complete returns what the word before the cursor may become, and that word.
func (n *Names) Complete(before string) (word string, list []Candidate) {
	if n.Earlier() == "" && strings.HasPrefix(before, ":") {
		return n.commandLine(before)
	}
	scan := scanned(n.Earlier() + before)
	switch {
	case scan.quote != "":
		return scan.word, n.quoted(scan)
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
					list = append(list, Candidate{name, callTail(n.attr(v, name))})
				}
			}
		}
		return word, list
	}
	if of, fn := n.callee(scan.call); fn != nil && n.Keywords != nil && scan.fresh {
		list = matching(word, n.Keywords(of, fn), " = ")
	}
	if word == "" {
		return "", list
	}
	return word, append(list, n.globals(word)...)
}

// quoted completes a text.
func (n *Names) quoted(s scan) []Candidate {
	if s.call == "load" && s.arg.Keyword == "" && s.arg.Index == 0 {
		programs := slices.DeleteFunc(files(s.word, s.quote), func(c Candidate) bool { return c.Tail != "/" && !strings.HasSuffix(c.Name, ".star") })
		return append(matching(s.word, n.Modules(), s.quote), programs...)
	}
	if s.call == "load" && n.Exports != nil {
		return matching(s.word, n.Exports(firstString(s.arg.Before)), s.quote)
	}
	of, fn := n.callee(s.call)
	if fn == nil || n.Texts == nil {
		return nil
	}
	list, isFile := n.Texts(of, fn, s.arg)
	switch {
	case isFile:
		return files(s.word, s.quote)
	case s.arg.Key:
		return matching(s.word, list, s.quote+": ")
	}
	return matching(s.word, list, s.quote)
}

// firstString is the text that the arguments of a call begin with.
func firstString(args string) string {
	args = strings.TrimSpace(args)
	if args == "" || args[0] != '"' && args[0] != '\'' {
		return ""
	}
	text, _, _ := strings.Cut(args[1:], args[:1])
	return text
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

// attr is an attribute, nil if there is none, or if it is not known without asking.
func (n *Names) attr(v starlark.Value, name string) starlark.Value {
	if n.Attr != nil {
		return n.Attr(v, name)
	}
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
