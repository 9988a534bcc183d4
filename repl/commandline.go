package repl

import (
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// commandLine completes a line that begins with a colon: the command, or what it takes.
func (n *Names) commandLine(line string) (word string, list []Candidate) {
	name, arg, spaced := strings.Cut(line, " ")
	if !spaced {
		for _, c := range commands() {
			list = append(list, matching(line, []string{":" + c.name}, tailOf(c.args))...)
		}
		for fn := range n.Globals() {
			if own, ok := strings.CutPrefix(fn, "command_"); ok {
				list = append(list, matching(line, []string{":" + own}, " ")...)
			}
		}
		return line, list
	}
	arg = strings.TrimLeft(arg, " ")
	for _, c := range commands() {
		if ":"+c.name == name && strings.Contains(c.args, "FILE") {
			return arg, files(arg, "")
		}
	}
	words := strings.Split(arg, " ")
	word = words[len(words)-1]
	if choice := n.commandWords(name, words[:len(words)-1], word); choice != nil {
		slices.Sort(choice)
		return word, matching(word, slices.Compact(choice), "")
	}
	return n.Complete(arg)
}

// commandWords are what the next word of a command may be, of which some is there; nil where it takes code.
func (n *Names) commandWords(name string, before []string, word string) (words []string) {
	switch name {
	case ":set":
		switch {
		case len(before) == 0:
			words = []string{"width"}
			for _, sw := range switches() {
				words = append(words, sw[0])
			}
		case before[0] == "width":
			words = []string{"auto"}
		default:
			words = []string{"on", "off"}
		}
	case ":trace":
		words = append(n.texts("nl", "open", Argument{}), "on", "off", "bytes")
	case ":monitor":
		words = append(n.groups("route", ""), "off")
		if family, _, ok := strings.Cut(word, ":"); ok {
			return append(n.groups(family, family+":"), family+":")
		}
		for _, family := range n.texts("nl", "open", Argument{}) {
			words = append(words, family+":")
		}
	case ":ns":
		words = append([]string{}, n.texts("netns", "open", Argument{})...) // no code, even if there are none
	}
	return words
}

// groups are those of a family, with something before each.
func (n *Names) groups(family, before string) []string {
	list := slices.Clone(n.texts("nl", "open", Argument{Keyword: "groups", Before: starlark.String(family).String()}))
	for i := range list {
		list[i] = before + list[i]
	}
	return list
}

// texts are what an argument of a builtin may be.
func (n *Names) texts(module, name string, arg Argument) []string {
	of := n.Globals()[module]
	if of == nil || n.Texts == nil {
		return nil
	}
	var fn starlark.Value
	if fn = n.attr(of, name); fn == nil {
		return nil
	}
	list, _ := n.Texts(of, fn, arg)
	return list
}

func tailOf(args string) string {
	if args == "" {
		return ""
	}
	return " "
}
