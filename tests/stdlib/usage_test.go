package stdlib

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The usage texts of iproute2 are grammars, nearly: words in lower case are
// typed, those in upper case stand for something, NAME := says for what. They
// were written for people, so this reads them roughly: what comes out is the
// set of lower case words that may follow a verb, and separately the words that
// stand where a value does.

var (
	definition = regexp.MustCompile(`^\s*([A-Z][A-Z0-9_-]*)\s*:?[:=]=?\s`)
	tokenText  = regexp.MustCompile(`[][{}|]|[^][{}|\s,"]+`)
	lower      = regexp.MustCompile(`^[0-9]*[a-z][a-z0-9_+.-]*$`)
	upper      = regexp.MustCompile(`^[A-Z][A-Z0-9_-]*$`)
	inOut      = regexp.MustCompile(`(\[no\]|no)?\[i\|o\](\w+)`)
	negated    = regexp.MustCompile(`\[no\]([\w-]+)`)
	mixed      = regexp.MustCompile(`^[\w+.-]*[a-z][\w+.-]*$`)
	bracketed  = regexp.MustCompile(`<[^>]*>|\([^)]*\)`)
)

// grammar is a usage text in pieces.
type grammar struct {
	command string
	values  []string
	rules   map[string][]string // tokens of NAME := ...
	lines   [][]string          // tokens of the command's own lines
	words   map[string]bool     // found so far
	vals    map[string]bool
}

func readGrammar(text, command, values string) *grammar {
	text = strings.NewReplacer("[-]", "", "[ -all ] ", "", "[-all] ", "", "NUMBER[s|ms]", "NUMBER", "[1|0]", "").Replace(text)
	text = inOut.ReplaceAllStringFunc(text, func(s string) string {
		m := inOut.FindStringSubmatch(s)
		plain, not := m[2]+" i"+m[2]+" o"+m[2], "no"+m[2]+" noi"+m[2]+" noo"+m[2]
		switch m[1] {
		case "no":
			return not
		case "[no]":
			return plain + " " + not
		}
		return plain
	})
	text = bracketed.ReplaceAllString(negated.ReplaceAllString(text, "$1 no$1"), "")
	g := &grammar{command: command, values: strings.Fields(values), rules: map[string][]string{}, words: map[string]bool{}, vals: map[string]bool{}}
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.NewReplacer("Usage:", "", "Where:", "").Replace(line))
		if rest, ok := strings.CutPrefix(line, command+" "); ok && command != "" {
			name = ""
			g.lines = append(g.lines, tokenText.FindAllString(rest, -1))
			continue
		}
		if m := definition.FindStringSubmatch(line); m != nil {
			name, line = m[1], line[len(m[0])-1:]
			if name != "" {
				g.rules[name] = append(g.rules[name], tokenText.FindAllString(line, -1)...)
			}
			continue
		}
		more := tokenText.FindAllString(line, -1)
		switch {
		case name != "":
			g.rules[name] = append(g.rules[name], more...)
		case len(g.lines) > 0:
			last := len(g.lines) - 1
			g.lines[last] = append(g.lines[last], more...)
		case command == "":
			g.lines = append(g.lines, more)
		}
	}
	return g
}

// parseUsage finds the words of each verb, and the values.
func parseUsage(text, command, values string) (verbs map[string][]string, vals []string) {
	g := readGrammar(text, strings.TrimSuffix(command, "ess"), values) // "ip maddr", "ip address"
	if len(g.lines) == 0 {
		g = readGrammar(text, command, values)
	}
	verbs = map[string][]string{}
	all := map[string]bool{}
	for _, line := range g.lines {
		names, rest := verbsOf(line)
		g.words = map[string]bool{}
		g.walk(rest, nil)
		for _, n := range names {
			for w := range g.words {
				verbs[n] = append(verbs[n], w)
			}
			if verbs[n] == nil {
				verbs[n] = []string{}
			}
		}
	}
	for n := range verbs {
		slices.Sort(verbs[n])
		verbs[n] = slices.Compact(verbs[n])
	}
	delete(verbs, "help")
	for v := range g.vals {
		all[v] = true
	}
	for v := range all {
		vals = append(vals, v)
	}
	slices.Sort(vals)
	return verbs, vals
}

// parents are verbs that have verbs.
var parents = []string{"property", "bucket", "global"}

// verbsOf takes the verbs off the front of a line: one, or { several }.
func verbsOf(line []string) (names, rest []string) {
	parent := ""
	for i := 0; i < len(line); i++ {
		switch tok := line[i]; {
		case tok == "[" && i == 0: // [ show ... ]: the verb may be left out
			continue
		case tok == "{":
			end := i + slices.Index(line[i:], "}")
			for _, n := range line[i+1 : end] {
				if lower.MatchString(n) {
					names = append(names, parent+n)
				}
			}
			return names, line[end+1:]
		case slices.Contains(parents, tok) && parent == "":
			parent = tok + " "
		case lower.MatchString(tok):
			for lower.MatchString(line[i]) { // list | flush | help
				names = append(names, parent+line[i])
				if i+2 >= len(line) || line[i+1] != "|" {
					break
				}
				i += 2
			}
			return names, line[i+1:]
		default:
			return names, line[i:]
		}
	}
	return names, nil
}

// walk collects the words of tokens, and of the rules they name.
func (g *grammar) walk(tokens, within []string) {
	for i, tok := range tokens {
		prev := ""
		if i > 0 {
			prev = tokens[i-1]
		}
		switch {
		case lower.MatchString(tok):
			if inValue(tokens, i) {
				g.vals[tok] = true
			} else {
				g.words[tok] = true
			}
		case upper.MatchString(tok) && !slices.Contains(within, tok):
			value := slices.Contains(g.values, tok) || lower.MatchString(prev) && len(g.values) == 0
			if rule := g.rules[tok]; value {
				g.allValues(rule, append(within, tok))
			} else {
				g.walk(rule, append(within, tok))
			}
		}
	}
}

// inValue reports whether a word stands in { } right behind another word.
func inValue(tokens []string, i int) bool {
	depth := 0
	for j := i - 1; j >= 0; j-- {
		switch tokens[j] {
		case "}":
			depth++
		case "{":
			if depth == 0 {
				return j > 0 && lower.MatchString(tokens[j-1])
			}
			depth--
		case "[", "]":
			if depth == 0 {
				return false
			}
		}
	}
	return false
}

// allValues takes all words of a rule for values.
func (g *grammar) allValues(tokens, within []string) {
	for _, tok := range tokens {
		switch {
		case slices.Contains(within, tok):
		case g.rules[tok] != nil:
			g.allValues(g.rules[tok], append(within, tok))
		case strings.Contains(tok, "NUMBER") || upper.MatchString(tok) || strings.Contains(tok, ".."):
		case mixed.MatchString(tok):
			g.vals[tok] = true
		}
	}
}

// parseKind finds the options of a kind of links, and their values.
func parseKind(text, kind string) (words, vals []string) {
	if i := strings.Index(text, "type "+kind); i >= 0 {
		text = text[i+len("type "+kind):]
	} else if _, rest, ok := strings.Cut(text, "... "+kind); ok {
		text = rest
	}
	text, _, _ = strings.Cut(text, "\nNote:")
	g := readGrammar(text, "", "")
	for _, line := range g.lines {
		g.walk(line, nil)
	}
	for _, set := range []struct {
		from map[string]bool
		to   *[]string
	}{{g.words, &words}, {g.vals, &vals}} {
		for w := range set.from {
			*set.to = append(*set.to, w)
		}
		slices.Sort(*set.to)
	}
	return words, vals
}

// The test of the test: what a usage text means.
func TestParseUsage(t *testing.T) {
	const text = `Usage: ip thing { add | del } NAME [ mtu MTU ] [ mode MODE ] OPTS
	   [ state { up | down } ] [no]learning
       ip thing [ list [ SELECTOR ]]
       ip thing property add [ altname NAME ]
OPTS := [ [no][i|o]key KEY ]
MODE := { l2 | l3 }
SELECTOR := [ dev DEV ] [ SELECTOR ]
`
	verbs, vals := parseUsage(text, "ip thing", "MODE")
	want := map[string]string{
		"add":          "ikey key learning mode mtu noikey nokey nolearning nookey okey state",
		"list":         "dev",
		"property add": "altname",
	}
	want["del"] = want["add"]
	if len(verbs) != len(want) {
		t.Errorf("verbs %q", verbs)
	}
	for verb, words := range want {
		if got := strings.Join(verbs[verb], " "); got != words {
			t.Errorf("%s: got %q, want %q", verb, got, words)
		}
	}
	if got := strings.Join(vals, " "); got != "down l2 l3 up" {
		t.Errorf("values: got %q", got)
	}
	words, vals := parseKind("Usage: ... thing [ id ID ] [ ttl TTL ]\n\nWhere: TTL := { auto | inherit }\n", "thing")
	if strings.Join(words, " ") != "id ttl" || strings.Join(vals, " ") != "auto inherit" {
		t.Errorf("kind: got %q, %q", words, vals)
	}
}
