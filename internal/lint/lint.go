// Package lint finds mistakes in scripts without running them: what does not
// parse or resolve, names and values that a schema refuses, outcomes that
// nobody looks at.
//
//	c := lint.Config{Dialect: host.Dialect(), Predeclared: names, Specs: registry.Specs}
//	for _, f := range c.Check("x.star", text) {
//		fmt.Println(f)
//	}
//
// It runs nothing, opens no socket and knows no builtin: their names, and the
// specs, are handed to it. What it cannot know it does not guess, so a finding
// is a mistake, or says what the comment "# nlsh:ignore RULE" is for.
package lint

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/schema"
)

// Config is what a script may use.
type Config struct {
	Dialect        *syntax.FileOptions
	Predeclared    []string            // names that nlsh adds
	Universe       []string            // names of Starlark itself
	Params         map[string][]string // parameters of builtins, by name as it is called ("nl.open")
	Members        map[string][]string // names in modules, by module
	FamilyAttrs    []string            // what families have beside operations
	OperationAttrs []string            // what operations have: dump, msg, ...

	// Specs finds the specs that nl.open(name) would open. An error: unknown.
	Specs func(name string) ([]*schema.Spec, error)
	// All are specs whose fields are sets of flags or are not.
	All []*schema.Spec
	// Control checks a keyword that calls keep for themselves, given a text in
	// it; nil functions are keywords that are not looked into.
	Control map[string]func(text string) error
	// Explain says more of what the parser or the resolver finds, given the line; may be nil.
	Explain func(msg, line string) string
	// Meant is a hint for a member that a module lacks ("json.loads"), "" for none; may be nil.
	Meant func(word string) string
	// Module is the text of what load(name) loads, nil if it is not known.
	Module func(from, name string) []byte
}

// The rules, as findings and "# nlsh:ignore" name them.
const (
	RuleSyntax      = "syntax"
	RuleUndefined   = "undefined"
	RuleUnusedLoad  = "unused-load"
	RuleLoad        = "load"
	RuleShadowed    = "shadowed-builtin"
	RuleOutcome     = "ignored-outcome"
	RuleFlags       = "flags-compare"
	RuleField       = "field"
	RuleOperation   = "operation"
	RuleKeyword     = "keyword"
	RuleUnreachable = "unreachable"
	RuleIgnore      = "ignore"
)

// Rules lists the rules and what they find.
func Rules() [][2]string {
	return [][2]string{
		{RuleSyntax, "the file does not parse"},
		{RuleUndefined, "a name that nothing defines"},
		{RuleLoad, "load of a name that the module does not have"},
		{RuleUnusedLoad, "a loaded name that is not used"},
		{RuleShadowed, "an assignment or def that hides a builtin"},
		{RuleOutcome, "try_ whose outcome nobody looks at (assign it to _ to say that this is meant)"},
		{RuleFlags, "a set of flags compared with a string, which is never equal"},
		{RuleField, "a field, enum value or message flag that the spec does not have, or a value that does not fit"},
		{RuleOperation, "an operation that the family does not have"},
		{RuleKeyword, "a keyword or member that a builtin does not have"},
		{RuleUnreachable, "a statement behind return, break, continue, fail or exit"},
		{RuleIgnore, "an nlsh:ignore comment that names no rule"},
	}
}

// Finding is one mistake.
type Finding struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Rule string `json:"rule"`
	Text string `json:"text"`
}

func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s (%s)", f.File, f.Line, f.Col, f.Text, f.Rule)
}

// checker is one run over one file.
type checker struct {
	*Config
	name  string
	text  []byte
	file  *syntax.File
	found []Finding
	binds map[*syntax.Ident]*binding

	loadsSpecs bool // nl.load_spec may put another spec in the place of one
}

// Check looks for mistakes in the text of a script, in the order of the text.
func (c *Config) Check(name string, text []byte) []Finding {
	k := &checker{Config: c, name: name, text: text, binds: map[*syntax.Ident]*binding{}}
	file, err := c.Dialect.Parse(name, text, syntax.RetainComments)
	if err != nil {
		k.syntaxError(err)
		return k.found
	}
	k.file = file
	k.resolve()
	k.collect()
	k.loads()
	k.shadowed()
	k.statements(file.Stmts)
	k.expressions()
	k.ignore()
	sort.SliceStable(k.found, func(i, j int) bool {
		a, b := k.found[i], k.found[j]
		return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
	})
	return k.found
}

func (k *checker) report(at syntax.Position, rule, format string, args ...any) {
	k.found = append(k.found, Finding{k.name, int(at.Line), int(at.Col), rule, fmt.Sprintf(format, args...)})
}

func (k *checker) syntaxError(err error) {
	var se syntax.Error
	if errors.As(err, &se) {
		k.report(se.Pos, RuleSyntax, "%s", k.explained(se.Msg, se.Pos))
		return
	}
	k.report(syntax.MakePosition(&k.name, 1, 1), RuleSyntax, "%s", err)
}

func (k *checker) explained(msg string, at syntax.Position) string {
	lines := strings.Split(string(k.text), "\n")
	if k.Explain == nil || int(at.Line) > len(lines) || at.Line < 1 {
		return msg
	}
	return k.Explain(msg, lines[at.Line-1])
}

// resolve binds the names. What is wrong with them is a finding, and does not
// keep the rest from being looked at.
func (k *checker) resolve() {
	in := func(names []string) func(string) bool {
		return func(name string) bool { return slices.Contains(names, name) }
	}
	err := resolve.File(k.file, in(k.Predeclared), in(k.Universe))
	var list resolve.ErrorList
	if !errors.As(err, &list) {
		return
	}
	for _, e := range list {
		rule := RuleSyntax
		if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok {
			rule = RuleUndefined
			name, _, _ = strings.Cut(name, " ") // the resolver's own guess is of one kind only
			e.Msg = "undefined: " + name + hint(name, slices.Concat(k.Predeclared, k.Universe))
		}
		k.report(e.Pos, rule, "%s", k.explained(e.Msg, e.Pos))
	}
}

// ignore drops what comments say is meant: "# nlsh:ignore RULE..." on the line,
// or alone on the line before; "# nlsh:ignore-file RULE..." anywhere.
func (k *checker) ignore() {
	lines := map[int][]string{}
	var everywhere []string
	note := func(list []syntax.Comment, down int) {
		for _, c := range list {
			text := strings.TrimSpace(strings.TrimPrefix(c.Text, "#"))
			if rules, ok := strings.CutPrefix(text, "nlsh:ignore-file "); ok {
				everywhere = append(everywhere, k.rules(c, rules)...)
			} else if rules, ok := strings.CutPrefix(text, "nlsh:ignore "); ok {
				line := int(c.Start.Line) + down
				lines[line] = append(lines[line], k.rules(c, rules)...)
			}
		}
	}
	syntax.Walk(k.file, func(n syntax.Node) bool {
		if n == nil {
			return true
		}
		if c := n.Comments(); c != nil {
			note(c.Before, 1)
			note(c.Suffix, 0)
			note(c.After, 1)
		}
		return true
	})
	k.found = slices.DeleteFunc(k.found, func(f Finding) bool {
		return slices.Contains(lines[f.Line], f.Rule) || slices.Contains(everywhere, f.Rule)
	})
}

// rules reads the names in a comment; what follows "--" says why.
func (k *checker) rules(c syntax.Comment, text string) []string {
	text, _, _ = strings.Cut(text, "--")
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
	var known []string
	for _, r := range Rules() {
		known = append(known, r[0])
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			k.report(c.Start, RuleIgnore, "no rule %q, want one of %s", name, strings.Join(known, ", "))
		}
	}
	return names
}
