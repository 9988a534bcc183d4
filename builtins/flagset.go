package builtins

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// flagModule is the flags and arguments of scripts.
func flagModule() *module {
	members := starlark.StringDict{"parse": newFunc("flag.parse", flagParseDoc, flagParseParams, flagParse)}
	for kind, doc := range map[flagKind]string{
		boolFlag:     flagBoolDoc,
		stringFlag:   flagStringDoc,
		intFlag:      flagIntDoc,
		durationFlag: flagDurationDoc,
		oneArg:       flagArgDoc,
		restArgs:     flagArgsDoc,
	} {
		members[string(kind)] = newFunc("flag."+string(kind), doc, flagParams(kind), flagMaker(kind))
	}
	return &module{name: "flag", doc: "flags and arguments of scripts", members: members}
}

// flagKind is what a flag or an argument can hold; it is also the builtin that makes it.
type flagKind string

const (
	boolFlag     flagKind = "bool"
	stringFlag   flagKind = "string"
	intFlag      flagKind = "int"
	durationFlag flagKind = "duration"
	oneArg       flagKind = "arg"  // positional
	restArgs     flagKind = "args" // positional, the rest of them
)

func (k flagKind) positional() bool { return k == oneArg || k == restArgs }

const flagParseDoc = `reads the arguments of the script, and returns an object with an attribute for each flag

Flags may stand anywhere before a "--", as --count 3, --count=3 or -n3; a "-" in a name becomes "_" in the attribute. --help prints the
text with which the script begins, and the flags, and ends with status 0. A mistake in the arguments is reported in one line,
and ends with status 2.

    o = flag.parse([
        flag.args("name", "links to show; all by default"),
        flag.bool("json", "print JSON"),
        flag.string("netns", "look in this namespace", short = "n"),
        flag.int("count", "how many", default = 10),
    ], args = ["--count", "3", "eth0"])
    print(o.name, o.count, o.json, o.netns)`

var flagParseParams = []param{
	{"flags", "list of flags", "what flag.bool, flag.string, flag.args ... have made"},
	{"args", "list of strings = None", "the arguments to read; those of the script by default"},
}

const flagBoolDoc = `declares a flag that is given or not: --json, --json=false

    flag.bool("json", "print JSON", short = "j")`

const flagStringDoc = `declares a flag with a text: --netns blue

With choices it is one of those, and with many = True it may be repeated, and its value is a list.

    flag.string("color", "when to use it", default = "auto", choices = ["auto", "never"])`

const flagIntDoc = `declares a flag with a whole number, decimal or as 0x1f: --count 3

    flag.int("count", "how many", default = 10, short = "n")`

const flagDurationDoc = `declares a flag with a duration, "10s" or seconds, which goes as it is to whatever takes a timeout

    flag.duration("wait", "how long to wait", default = "5s")`

const flagArgDoc = `declares an argument without a name; it must be given unless there is a default

    flag.arg("link", "the link to watch")`

const flagArgsDoc = `declares all remaining arguments; the value is a list, which may be empty

    flag.args("link", "links to show; all by default")`

// flagParams are the parameters of the builtin that makes a kind.
func flagParams(kind flagKind) []param {
	list := []param{{"name", "string", "its name; of a flag without the dashes"}, {"doc", "string = \"\"", "one line for --help"}}
	switch kind {
	case restArgs:
		return list
	case boolFlag:
		return append(list, param{"short", "string = \"\"", "one letter that does the same"})
	}
	preset := "its value where it is not given"
	if kind == oneArg {
		preset += "; without a default it must be given"
	}
	list = append(list, param{"default", "any = None", preset})
	if kind == oneArg || kind == stringFlag {
		list = append(list, param{"choices", "list of strings = None", "what it may be"})
	}
	if kind != oneArg {
		list = append(list, param{"short", "string = \"\"", "one letter that does the same"}, param{"many", "bool = False", "it may be repeated: the value is a list"})
	}
	return list
}

// flagSpec is one flag, or one argument.
type flagSpec struct {
	kind      flagKind
	name, doc string
	short     string
	preset    starlark.Value // nil: it must be given
	choices   []string
	many      bool
}

func (f *flagSpec) Type() string          { return "flag" }
func (f *flagSpec) Freeze()               {}
func (f *flagSpec) Truth() starlark.Bool  { return true }
func (f *flagSpec) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: flag") }
func (f *flagSpec) String() string        { return fmt.Sprintf("flag.%s(%q, %q)", f.kind, f.name, f.doc) }

// attr is the name of the attribute that has the value.
func (f *flagSpec) attr() string { return strings.ReplaceAll(f.name, "-", "_") }

// label is how errors call it.
func (f *flagSpec) label() string {
	if f.kind.positional() {
		return f.metavar()
	}
	return "--" + f.name
}

// metavar stands for the value in the help.
func (f *flagSpec) metavar() string {
	switch {
	case f.kind.positional():
		return strings.ToUpper(f.name)
	case len(f.choices) > 0:
		return strings.Join(f.choices, "|")
	}
	return strings.ToUpper(string(f.kind))
}

// validFlagName says whether a flag or argument may have a name: its attribute must be one too.
func validFlagName(name string) bool {
	ok, _ := regexp.MatchString(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`, name)
	return ok && name != "help"
}

// flagMaker is the builtin that declares a flag of a kind.
func flagMaker(kind flagKind) funcBody {
	return func(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		f := &flagSpec{kind: kind}
		var choices starlark.Value
		into := map[string]any{
			"name": &f.name, "doc": &f.doc, "default": &f.preset, "short": &f.short, "choices": &choices, "many": &f.many,
		}
		var pairs []any
		for _, p := range flagParams(kind) {
			name := p.name
			if name != "name" {
				name += "?"
			}
			pairs = append(pairs, name, into[p.name])
		}
		err := starlark.UnpackArgs(fn.Name(), args, kwargs, pairs...)
		if err != nil {
			return nil, err
		}
		if f.choices, err = words(th, "choices", choices); err == nil {
			err = f.check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fn.Name(), err)
		}
		return f, nil
	}
}

// check finds what is wrong with a declaration, and fills in what was left out.
func (f *flagSpec) check() error {
	if !validFlagName(f.name) {
		return fmt.Errorf(`for parameter name: got %q, want lower case letters and digits, and "-" between them (help is taken)`, f.name)
	}
	if ok, _ := regexp.MatchString(`^[a-zA-Z]?$`, f.short); !ok || f.short == "h" {
		return fmt.Errorf("for parameter short: got %q, want one letter (-h is taken)", f.short)
	}
	switch {
	case f.kind == boolFlag:
		f.preset = starlark.False
	case f.kind == restArgs:
		f.many, f.preset = true, starlark.NewList(nil)
	case f.preset == nil && f.kind == oneArg:
		return nil // it must be given
	case f.preset == nil && f.many:
		f.preset = starlark.NewList(nil)
	case f.preset == nil:
		f.preset = starlark.None
	}
	return f.checkPreset()
}

// checkPreset refuses a default that could not have been given.
func (f *flagSpec) checkPreset() error {
	if _, isList := f.preset.(*starlark.List); f.preset == starlark.None || f.many && isList {
		return nil
	}
	ok, want := true, ""
	switch f.kind {
	case intFlag:
		_, ok = f.preset.(starlark.Int)
		want = "int"
	case durationFlag:
		_, ok = timeSpan(f.preset)
		want = `a duration like "10s"`
	case stringFlag, oneArg:
		var s string
		s, ok = starlark.AsString(f.preset)
		want = "string"
		if ok && len(f.choices) > 0 && !slices.Contains(f.choices, s) {
			ok, want = false, "one of "+strings.Join(f.choices, ", ")
		}
	}
	if f.many {
		ok, want = false, "list"
	}
	if !ok {
		return fmt.Errorf("for parameter default: got %s, want %s", f.preset, want)
	}
	return nil
}

// value reads the text of a flag.
func (f *flagSpec) value(text string) (starlark.Value, error) {
	switch f.kind {
	case boolFlag:
		switch text {
		case "true", "false":
			return starlark.Bool(text == "true"), nil
		}
		return nil, fmt.Errorf("got %q, want true or false", text)
	case intFlag:
		v, err := parseInt(text)
		if err != nil {
			return nil, fmt.Errorf("got %q, want a whole number", text)
		}
		return v, nil
	case durationFlag:
		v := starlark.Value(starlark.String(text))
		if n, err := parseInt(text); err == nil {
			v = n
		}
		if _, ok := timeSpan(v); !ok {
			return nil, fmt.Errorf(`got %q, want a duration like "10s" or a number of seconds`, text)
		}
		return v, nil
	}
	if len(f.choices) > 0 && !slices.Contains(f.choices, text) {
		return nil, fmt.Errorf("got %q, want one of %s%s", text, strings.Join(f.choices, ", "), maybe(text, f.choices))
	}
	return starlark.String(text), nil
}

func flagParse(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var list starlark.Iterable
	var given starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "flags", &list, "args??", &given); err != nil {
		return nil, err
	}
	h := host.Of(th)
	if given == nil || given == starlark.None {
		given = h.Globals()["args"]
	}
	set, err := newFlagSet(th, list)
	var argv []string
	if err == nil {
		argv, err = stringList(th, "args", given)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	set.program = h.Program()
	o, err := set.parse(argv)
	switch {
	case set.help:
		if _, err := io.WriteString(host.Stdout(th), set.usage()); err != nil {
			return nil, err
		}
		return nil, host.Exit(0)
	case err != nil:
		if err := host.Flush(th); err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(h.Stderr(), "%s: %v\ntry '%s --help'\n", set.name(), err, set.command())
		return nil, host.Exit(usageStatus)
	}
	return o, nil
}

// usageStatus is the exit status of a program that was called wrongly.
const usageStatus = 2

// stringList reads a list of strings, each as it is.
func stringList(th *starlark.Thread, param string, v starlark.Value) ([]string, error) {
	iterable, ok := v.(starlark.Iterable)
	if !ok {
		return nil, fmt.Errorf("for parameter %s: got %s, want a list of strings", param, v.Type())
	}
	var list []string
	it := iterable.Iterate()
	defer it.Done()
	var elem starlark.Value
	for it.Next(&elem) {
		s, ok := starlark.AsString(elem)
		if !ok {
			return nil, fmt.Errorf("for parameter %s: %s[%d]: got %s, want string", param, param, len(list), elem.Type())
		}
		list = append(list, s)
	}
	return list, host.Pending(th)
}

// parseInt reads a number, decimal or after 0x.
func parseInt(text string) (starlark.Int, error) {
	base := 10
	if strings.HasPrefix(strings.TrimLeft(text, "+-"), "0x") {
		base = 0
	}
	n, err := strconv.ParseInt(text, base, 64)
	return starlark.MakeInt64(n), err
}
