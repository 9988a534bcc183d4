package builtins

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
)

// flagSet is the flags of a script, and what was given for them.
type flagSet struct {
	program host.Program
	flags   []*flagSpec // with names
	args    []*flagSpec // without
	given   map[*flagSpec][]starlark.Value
	help    bool
}

// newFlagSet takes the declarations of a script, which must fit together.
func newFlagSet(th *starlark.Thread, list starlark.Iterable) (*flagSet, error) {
	s := &flagSet{given: map[*flagSpec][]starlark.Value{}}
	taken := map[string]bool{}
	it := list.Iterate()
	defer it.Done()
	var elem starlark.Value
	for i := 0; it.Next(&elem); i++ {
		f, ok := elem.(*flagSpec)
		if !ok {
			return nil, fmt.Errorf("for parameter flags: flags[%d]: got %s, want a flag (flag.bool(...), flag.args(...))", i, elem.Type())
		}
		for _, name := range []string{f.attr(), f.short} {
			if name != "" && taken[name] {
				return nil, fmt.Errorf("for parameter flags: flags[%d]: got %q twice, want it once", i, name)
			}
			taken[name] = true
		}
		if !f.kind.positional() {
			s.flags = append(s.flags, f)
			continue
		}
		if n := len(s.args); n > 0 && s.args[n-1].preset != nil && (f.preset == nil || s.args[n-1].many) {
			return nil, fmt.Errorf("for parameter flags: flags[%d]: got %s after %s, which may be left out, want it before", i, f.metavar(), s.args[n-1].metavar())
		}
		s.args = append(s.args, f)
	}
	return s, host.Pending(th)
}

// parse reads the arguments.
func (s *flagSet) parse(argv []string) (starlark.Value, error) {
	var free []string
	var wrong error // --help is obeyed all the same
	for len(argv) > 0 && !s.help {
		arg := argv[0]
		argv = argv[1:]
		var err error
		switch {
		case arg == "--":
			free, argv = append(free, argv...), nil
		case strings.HasPrefix(arg, "--"):
			argv, err = s.long(arg[2:], argv)
		case len(arg) > 1 && arg[0] == '-' && !numberText(arg):
			argv, err = s.letters(arg[1:], argv)
		default:
			free = append(free, arg)
		}
		if wrong == nil {
			wrong = err
		}
	}
	if s.help {
		return nil, nil
	}
	if wrong == nil {
		wrong = s.place(free)
	}
	if wrong != nil {
		return nil, wrong
	}
	return s.options(), nil
}

// numberText says whether what looks like a flag is a negative number.
func numberText(arg string) bool {
	_, err := parseInt(arg)
	return err == nil
}

// long reads --name or --name=value, and returns what follows.
func (s *flagSet) long(arg string, rest []string) ([]string, error) {
	name, text, glued := strings.Cut(arg, "=")
	if name == "help" {
		s.help = true
		return rest, nil
	}
	i := slices.IndexFunc(s.flags, func(f *flagSpec) bool { return f.name == name })
	if i < 0 {
		return rest, fmt.Errorf("got unknown flag --%s, want one of %s%s", name, s.listed(), maybe(name, s.names()))
	}
	f := s.flags[i]
	switch {
	case glued:
	case f.kind == boolFlag:
		text = "true"
	case len(rest) == 0:
		return rest, fmt.Errorf("--%s: got nothing, want %s", name, f.metavar())
	default:
		text, rest = rest[0], rest[1:]
	}
	return rest, s.set(f, text)
}

// letters reads -j, -jv, -n VALUE, -nVALUE or -n=VALUE, and returns what follows.
func (s *flagSet) letters(arg string, rest []string) ([]string, error) {
	for arg != "" {
		r, n := utf8.DecodeRuneInString(arg)
		letter := string(r)
		arg = arg[n:]
		if letter == "h" {
			s.help = true
			return rest, nil
		}
		i := slices.IndexFunc(s.flags, func(f *flagSpec) bool { return f.short == letter })
		if i < 0 {
			return rest, fmt.Errorf("got unknown flag -%s, want one of %s", letter, s.listed())
		}
		f := s.flags[i]
		if f.kind == boolFlag {
			if err := s.set(f, "true"); err != nil {
				return rest, err
			}
			continue
		}
		text := strings.TrimPrefix(arg, "=")
		if arg == "" {
			if len(rest) == 0 {
				return rest, fmt.Errorf("-%s: got nothing, want %s", letter, f.metavar())
			}
			text, rest = rest[0], rest[1:]
		}
		return rest, s.set(f, text)
	}
	return rest, nil
}

// place gives the arguments without names to those that are declared.
func (s *flagSet) place(free []string) error {
	for _, f := range s.args {
		if f.kind == restArgs {
			for _, text := range free {
				if err := s.set(f, text); err != nil {
					return err
				}
			}
			return nil
		}
		if len(free) == 0 {
			if f.preset == nil {
				return fmt.Errorf("%s: got nothing, want one (%s)", f.metavar(), orDash(f.doc))
			}
			continue
		}
		if err := s.set(f, free[0]); err != nil {
			return err
		}
		free = free[1:]
	}
	if len(free) > 0 {
		return fmt.Errorf("got %q, want at most %d arguments", free[0], len(s.args))
	}
	return nil
}

func (s *flagSet) set(f *flagSpec, text string) error {
	v, err := f.value(text)
	if err != nil {
		return fmt.Errorf("%s: %w", f.label(), err)
	}
	if len(s.given[f]) > 0 && !f.many && f.kind != boolFlag {
		return fmt.Errorf("%s: got it twice, want it once", f.label())
	}
	s.given[f] = append(s.given[f], v)
	return nil
}

// options is the values by name.
func (s *flagSet) options() *options {
	o := &options{values: starlark.StringDict{}}
	for _, f := range slices.Concat(s.args, s.flags) {
		v, given := f.preset, s.given[f]
		switch {
		case f.many && len(given) > 0:
			v = starlark.NewList(given)
		case len(given) > 0:
			v = given[len(given)-1]
		}
		o.names = append(o.names, f.attr())
		o.values[f.attr()] = v
	}
	return o
}

func (s *flagSet) names() []string {
	names := []string{"help"}
	for _, f := range s.flags {
		names = append(names, f.name)
	}
	return names
}

func (s *flagSet) listed() string { return "--" + strings.Join(s.names(), ", --") }

// name is what the script is called in errors.
func (s *flagSet) name() string {
	if s.program.Name == "" || s.program.Name[0] == '<' {
		return "nlsh"
	}
	return filepath.Base(s.program.Name)
}

// command is how the script is started.
func (s *flagSet) command() string {
	switch s.program.Name {
	case "", "<-c>":
		return "nlsh -c CODE"
	case "<stdin>":
		return "nlsh -"
	}
	return "nlsh " + s.program.Name
}

// usage is the text of --help.
func (s *flagSet) usage() string {
	var b strings.Builder
	if doc := strings.TrimSpace(s.program.Doc); doc != "" {
		b.WriteString(doc + "\n\n")
	}
	b.WriteString("usage: " + s.command() + " [flags]")
	rows := [][2]string{}
	for _, f := range s.args {
		text := f.metavar()
		if f.kind == restArgs {
			text += "..."
		}
		rows = append(rows, [2]string{text, f.doc})
		if f.preset != nil {
			text = "[" + text + "]"
		}
		b.WriteString(" " + text)
	}
	b.WriteString("\n\n")
	for _, f := range s.flags {
		rows = append(rows, [2]string{f.spelled(), f.doc + f.presetText()})
	}
	rows = append(rows, [2]string{"-h, --help", "print this help"})
	width := 0
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r[0]))
	}
	for _, r := range rows {
		line := "  " + r[0] + strings.Repeat(" ", width-utf8.RuneCountInString(r[0])) + "  " + r[1]
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// spelled is the flag in the help: "-n, --netns STRING".
func (f *flagSpec) spelled() string {
	text := "    --" + f.name
	if f.short != "" {
		text = "-" + f.short + ", --" + f.name
	}
	if f.kind != boolFlag {
		text += " " + f.metavar()
	}
	return text
}

func (f *flagSpec) presetText() string {
	if f.kind == boolFlag || f.preset == starlark.None || !f.preset.Truth() {
		return ""
	}
	return " (default " + plain(f.preset) + ")"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func maybe(name string, names []string) string {
	if hint := schema.Suggest(name, names); hint != "" {
		return " (" + hint + ")"
	}
	return ""
}

// options is what a script was given.
type options struct {
	names  []string
	values starlark.StringDict
}

var _ starlark.HasAttrs = (*options)(nil)

func (o *options) Type() string          { return "options" }
func (o *options) Freeze()               { o.values.Freeze() }
func (o *options) Truth() starlark.Bool  { return true }
func (o *options) Hash() (uint32, error) { return 0, errors.New("unhashable: options") }

func (o *options) String() string {
	var parts []string
	for _, name := range o.names {
		parts = append(parts, name+" = "+o.values[name].String())
	}
	return "options(" + strings.Join(parts, ", ") + ")"
}

// Attr finds the value of a flag or argument.
func (o *options) Attr(name string) (starlark.Value, error) {
	if v := o.values[name]; v != nil {
		return v, nil
	}
	return nil, noAttr("options", name, o.AttrNames())
}

// AttrNames lists flags and arguments.
func (o *options) AttrNames() []string { return slices.Sorted(slices.Values(o.names)) }
