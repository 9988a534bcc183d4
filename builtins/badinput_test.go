package builtins_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// noBadInput says why bad input is not generated for a builtin ("nl.open") or
// one of its parameters ("nl.open name").
var noBadInput = map[string]string{
	"scenario.skip reason": "the text is how the scenario ends, as its author wants it",
	"exit":                 "the host's: its tests are in internal/host",
	"help":                 "takes any value",
	"help value":           "takes any value",
	"raise_ error":         "the text is the error: raise_ adds nothing to it",
}

// goodValues are values of parameters for which any of the type will not do, by
// builtin and parameter: they are given while another parameter is bad.
var goodValues = map[string]starlark.Value{
	"exec argv":                   starlark.NewList([]starlark.Value{starlark.String("true")}),
	"ipaddr.compare a":            starlark.String("192.0.2.1"),
	"ipaddr.compare b":            starlark.String("192.0.2.1"),
	"ipaddr.contains prefix":      starlark.String("192.0.2.0/24"),
	"ipaddr.eui64 mac":            starlark.String("02:00:00:00:00:01"),
	"ipaddr.eui64 prefix":         starlark.String("2001:db8::/64"),
	"ipaddr.exclude prefix":       starlark.String("192.0.2.0/24"),
	"ipaddr.overlaps a":           starlark.String("192.0.2.1"),
	"ipaddr.overlaps b":           starlark.String("192.0.2.1"),
	"ipaddr.prefix addr":          starlark.String("192.0.2.1"),
	"ipaddr.prefix_range new_len": starlark.MakeInt(28),
	"ipaddr.prefix_range prefix":  starlark.String("192.0.2.0/24"),
	"ipaddr.range first":          starlark.String("192.0.2.1"),
	"ipaddr.range last":           starlark.String("192.0.2.9"),
	"probe.listen proto":          starlark.String("udp"),
	"probe.ping dst":              starlark.String("127.0.0.1"),
	"probe.tcp dst":               starlark.String("127.0.0.1"),
	"probe.udp dst":               starlark.String("127.0.0.1"),
	"nl.decode spec":              starlark.String("rt-link"),
	"nl.socket proto":             starlark.String("usersock"),
	"nl.unpack fmt":               starlark.String("=I"),
}

// kinds are the types of Starlark and a value of each that no parameter wants.
var kinds = map[string]starlark.Value{
	"string": starlark.String("no such thing"),
	"int":    starlark.MakeInt(3),
	"float":  starlark.Float(1.5),
	"bool":   starlark.True,
	"bytes":  starlark.Bytes("\x00\xff"),
	"list":   starlark.NewList([]starlark.Value{starlark.Float(1.5)}),
	"function": starlark.NewBuiltin("anything", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, nil
	}),
}

// accepted are the kinds that a parameter may take, by the words of its type;
// a word that is not here is a type of nlsh, which none of the kinds is.
var accepted = map[string][]string{
	"any":      slices.Collect(maps.Keys(kinds)),
	"value":    slices.Collect(maps.Keys(kinds)),
	"string":   {"string"},
	"name":     {"string"},
	"path":     {"string"},
	"int":      {"int"},
	"number":   {"int", "float"},
	"float":    {"int", "float"},
	"bool":     {"bool"},
	"bytes":    {"bytes", "string"},
	"duration": {"string", "int", "float"},
	"callable": {"function"},
	"function": {"function"},
	"lambda":   {"function"},
	"list":     {"list"},
	"sequence": {"list"},
	"iterable": {"list"},
	"set":      {"list"},
	"tuple":    {"list"},
	"dict":     {},
}

var orRE = regexp.MustCompile(`,? or |, ?|\|`)

// badValues are values that a parameter of that type must refuse.
func badValues(typ string) map[string]starlark.Value {
	bad := maps.Clone(kinds)
	for _, part := range orRE.Split(typ, -1) {
		word, of, _ := strings.Cut(part, " ")
		for _, kind := range accepted[word] {
			if kind != "list" || of == "" {
				delete(bad, kind)
			}
		}
		switch {
		case word == "duration":
			bad["bad duration"], bad["negative duration"] = starlark.String("soon"), starlark.MakeInt(-1)
		case word == "list" && strings.HasPrefix(of, "of strings"):
			delete(bad, "string") // one is as good as a list of one
		}
	}
	return bad
}

// good is a value for a parameter that must be given while another is bad.
func good(typ string, values map[string]starlark.Value) starlark.Value {
	word, of, _ := strings.Cut(orRE.Split(typ, -1)[0], " ")
	if word == "list" && of == "of strings" {
		return starlark.NewList([]starlark.Value{starlark.String("nosuch")})
	}
	switch word {
	case "list", "sequence", "iterable", "set", "tuple":
		return starlark.NewList(nil)
	case "dict":
		return new(starlark.Dict)
	case "string", "name", "path":
		return starlark.String("nosuch")
	case "duration":
		return starlark.String("1s")
	case "any", "value":
		return starlark.None
	case "callable", "lambda":
		return kinds["function"]
	}
	if v := kinds[word]; v != nil {
		return v
	}
	return values[word]
}

// badCall is one call of a builtin, with a description for errors.
type badCall struct {
	what   string
	names  string // what the error must name beside the builtin
	fails  bool   // it must be an error; otherwise, if it is one, it must be a good one
	args   starlark.Tuple
	kwargs []starlark.Tuple
}

// calls generates bad input for every parameter of d.
func calls(t *testing.T, d *builtins.Doc, values map[string]starlark.Value) []badCall {
	var list []badCall
	kw := func(name string, v starlark.Value) starlark.Tuple { return starlark.Tuple{starlark.String(name), v} }
	variadic := slices.ContainsFunc(d.Params, func(p builtins.Param) bool { return strings.HasPrefix(p.Name, "*") })
	if !variadic {
		list = append(list,
			badCall{what: "unknown keyword", names: "nosuch_keyword", fails: true, kwargs: []starlark.Tuple{kw("nosuch_keyword", starlark.None)}},
			badCall{what: "too many arguments", fails: true, args: slices.Repeat(starlark.Tuple{starlark.None}, 20)})
	}
	for i, p := range d.Params {
		if strings.HasPrefix(p.Name, "*") || noBadInput[d.Name+" "+p.Name] != "" {
			continue
		}
		bad := badValues(p.Type)
		if p.Default == "" {
			bad["None"] = starlark.None
			if strings.HasPrefix(p.Type, "any") {
				delete(bad, "None")
			}
		}
		long := badCall{what: p.Name + " of 100000 bytes"}
		tries := []*badCall{&long}
		vals := []starlark.Value{starlark.String(strings.Repeat("x\n", 50000))}
		for what, v := range bad {
			tries = append(tries, &badCall{what: p.Name + " = " + what, names: p.Name, fails: true})
			vals = append(vals, v)
		}
		if p.Default == "" && !variadic {
			list = append(list, badCall{what: p.Name + " missing", fails: true, names: "", kwargs: others(t, d, i, values, kw)})
		}
		for j, c := range tries {
			if variadic && i == 0 { // what follows goes to somebody else
				c.args = starlark.Tuple{vals[j]}
			} else {
				c.kwargs = append(others(t, d, i, values, kw), kw(p.Name, vals[j]))
			}
			list = append(list, *c)
		}
	}
	return list
}

// others are good values for the parameters that must be given, but for i.
func others(t *testing.T, d *builtins.Doc, i int, values map[string]starlark.Value, kw func(string, starlark.Value) starlark.Tuple) []starlark.Tuple {
	var list []starlark.Tuple
	for j, q := range d.Params {
		if j == i || q.Default != "" || strings.HasPrefix(q.Name, "*") {
			continue
		}
		v := goodValues[d.Name+" "+q.Name]
		if v == nil {
			v = good(q.Type, values)
		}
		if v == nil {
			t.Errorf("%s: parameter %s: no good value for type %q: add one to good, or a sample of the type", d.Name, q.Name, q.Type)
			v = starlark.None
		}
		list = append(list, kw(q.Name, v))
	}
	return list
}

// withOperation adds the call of an operation itself, which takes what its
// forms take.
func withOperation(all []*builtins.Doc) []*builtins.Doc {
	for _, d := range all {
		if d.Name == "operation.dump" {
			return append(all, &builtins.Doc{Name: "operation", Type: "function", Params: d.Params})
		}
	}
	return all
}

// Every parameter of every builtin refuses what is no value for it, in one line
// that names the builtin and the parameter.
func TestBadInput(t *testing.T) {
	t.Chdir(t.TempDir()) // some of it is good enough to write a file
	used := map[string]bool{}
	withSamples(t, func(th *starlark.Thread, values, funcs map[string]starlark.Value) {
		for _, d := range withOperation(registered()) {
			if !callable(d) {
				continue
			}
			if noBadInput[d.Name] != "" {
				used[d.Name] = true
				continue
			}
			fn := funcs[d.Name]
			if d.Name == "operation" {
				fn = values["operation"]
			}
			if typ, name, ok := strings.Cut(d.Name, "."); ok && d.Type == "method" {
				v, isValue := values[typ].(starlark.HasAttrs)
				if !isValue {
					continue // TestTypesAreDocumented says that there is no sample
				}
				fn, _ = v.Attr(name)
			}
			b, ok := fn.(starlark.Callable)
			if !ok {
				t.Errorf("%s: got %v, want a builtin", d.Name, fn)
				continue
			}
			for _, c := range calls(t, d, values) {
				_, err := host.Call(th, b, c.args, c.kwargs)
				if why := faulty(b.Name(), c, err); why != "" {
					t.Errorf("%s: %s: %s (or give the reason in noBadInput, builtins/badinput_test.go)", d.Name, c.what, why)
				}
			}
		}
	})
	for name := range noBadInput {
		builtin, param, _ := strings.Cut(name, " ")
		if !slices.ContainsFunc(registered(), func(d *builtins.Doc) bool {
			return d.Name == builtin && (param == "" || slices.ContainsFunc(d.Params, func(p builtins.Param) bool { return p.Name == param }))
		}) {
			t.Errorf("noBadInput: there is no %s: remove the row", name)
		}
	}
}

// faulty says what is wrong with the error of a call, "" if nothing is.
func faulty(builtin string, c badCall, err error) string {
	if err == nil {
		if c.fails {
			return "no error, want one: refuse the value, or document its type"
		}
		return ""
	}
	text := cause(err).Error()
	switch {
	case strings.Contains(text, "\n"):
		return fmt.Sprintf("error of several lines: %q", text)
	case len(text) > 500:
		return fmt.Sprintf("error of %d bytes: clip what was got: %.80s...", len(text), text)
	case !strings.HasPrefix(text, builtin+":"):
		return fmt.Sprintf("the error does not begin with %q: %s", builtin+":", text)
	case !strings.Contains(text, c.names):
		return fmt.Sprintf("the error does not name %s: %s", c.names, text)
	}
	return ""
}
