package builtins

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"go.starlark.net/starlark"
)

// reModule is regular expressions in Go's syntax (RE2: no backreferences, no
// lookaround, and a time that grows with the text and never explodes), with
// Python's functions.
func reModule() *module {
	c := &reCache{}
	m := &module{name: "re", doc: "regular expressions (RE2)", members: starlark.StringDict{}}
	for _, f := range reFuncs() {
		m.members[f.name] = newFunc("re."+f.name, strings.ReplaceAll(f.doc, "$", "re."), append([]param{patternParam}, f.params...),
			func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
				return f.body(&reCall{th: th, b: b, args: args, kwargs: kwargs, cache: c})
			})
	}
	m.members["compile"] = newFunc("re.compile", reCompileDoc, []param{patternParam}, c.compile)
	m.members["escape"] = newFunc("re.escape", reEscapeDoc, []param{{"text", "string", "what to find as it is"}}, reEscape)
	return m
}

var patternParam = param{"pattern", "string or regexp", "RE2 syntax; best written raw: r\"\\d+\""}

// reFunc is a function of the module that is a method of a regexp, too.
type reFunc struct {
	name, doc string
	params    []param
	body      func(c *reCall) (starlark.Value, error)
}

// reCall is a call of such a function. As one of the module it has a cache, and
// its first parameter is the pattern.
type reCall struct {
	th     *starlark.Thread
	b      *starlark.Builtin
	args   starlark.Tuple
	kwargs []starlark.Tuple
	cache  *reCache
	*regexpValue
}

func (c *reCall) unpack(pairs ...any) error {
	if c.cache != nil {
		pairs = append([]any{"pattern", c}, pairs...)
	}
	return starlark.UnpackArgs(c.b.Name(), c.args, c.kwargs, pairs...)
}

// Unpack reads the pattern.
func (c *reCall) Unpack(v starlark.Value) (err error) {
	switch v := v.(type) {
	case *regexpValue:
		c.regexpValue = v
	case starlark.String:
		c.regexpValue, err = c.cache.get(string(v))
	default:
		err = fmt.Errorf("got %s, want string or regexp", v.Type())
	}
	return err
}

// reCache keeps what was compiled, because scripts give the same pattern in a
// loop.
type reCache struct{ made map[string]*regexpValue }

const maxPatterns = 100

func (c *reCache) get(pattern string) (*regexpValue, error) {
	if r := c.made[pattern]; r != nil {
		return r, nil
	}
	r, err := newRegexp(pattern)
	if err != nil {
		return nil, err
	}
	if c.made == nil || len(c.made) >= maxPatterns {
		c.made = map[string]*regexpValue{}
	}
	c.made[pattern] = r
	return r, nil
}

func newRegexp(pattern string) (*regexpValue, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		var bad *syntax.Error
		if !errors.As(err, &bad) {
			return nil, err
		}
		return nil, fmt.Errorf("got %q, want a regular expression (%s: %q)", clip(pattern), bad.Code, clip(bad.Expr))
	}
	// The group keeps flags and alternatives of the pattern to themselves. It may be one level
	// more than there can be.
	anchored, err := regexp.Compile(`\A(?:` + pattern + `)`)
	if err != nil {
		return nil, fmt.Errorf("got %d bytes, want a simpler regular expression", len(pattern))
	}
	whole, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("got %d bytes, want a simpler regular expression", len(pattern))
	}
	r := &regexpValue{re: re, anchored: anchored, whole: whole, methods: starlark.StringDict{"pattern": starlark.String(pattern)}}
	for _, f := range reFuncs() {
		r.methods[f.name] = newFunc("regexp."+f.name, strings.ReplaceAll(f.doc, "$", "re."), f.params,
			func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
				return f.body(&reCall{th: th, b: b, args: args, kwargs: kwargs, regexpValue: r})
			})
	}
	return r, nil
}

const reCompileDoc = `compiles a pattern once, for loops; the functions of re are methods of the result

    number = re.compile(r"\d+")
    number.findall("eth0 eth1")         # ["0", "1"]`

func (c *reCache) compile(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	call := reCall{th: th, b: b, args: args, kwargs: kwargs, cache: c}
	if err := call.unpack(); err != nil {
		return nil, err
	}
	return call.regexpValue, nil
}

const reEscapeDoc = `returns the pattern that matches a text and nothing else

    re.escape("192.0.2.1")              # "192\\.0\\.2\\.1"`

func reEscape(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text); err != nil {
		return nil, err
	}
	return starlark.String(regexp.QuoteMeta(text)), nil
}

// regexpValue is a compiled pattern.
type regexpValue struct {
	re, anchored, whole *regexp.Regexp
	methods             starlark.StringDict
}

var _ starlark.HasAttrs = (*regexpValue)(nil)

func (r *regexpValue) Type() string          { return "regexp" }
func (r *regexpValue) Freeze()               {}
func (r *regexpValue) Truth() starlark.Bool  { return true }
func (r *regexpValue) Hash() (uint32, error) { return starlark.String(r.re.String()).Hash() }
func (r *regexpValue) String() string {
	return "re.compile(" + starlark.String(r.re.String()).String() + ")"
}

// Attr finds a method, or the pattern.
func (r *regexpValue) Attr(name string) (starlark.Value, error) {
	if v := r.methods[name]; v != nil {
		return v, nil
	}
	return nil, noAttr("regexp", name, r.AttrNames())
}

// AttrNames lists the methods.
func (r *regexpValue) AttrNames() []string {
	return r.methods.Keys()
}

// matchValue is where a pattern was found.
type matchValue struct {
	re   *regexp.Regexp
	text string
	at   []int // start and end of each group, -1 for one that took no part
}

var (
	_ starlark.HasAttrs = (*matchValue)(nil)
	_ starlark.Mapping  = (*matchValue)(nil)
)

func (m *matchValue) Type() string          { return "match" }
func (m *matchValue) Freeze()               {}
func (m *matchValue) Truth() starlark.Bool  { return true }
func (m *matchValue) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: match") }
func (m *matchValue) String() string {
	return fmt.Sprintf("<match of %s at %d to %d>", m.group(0), m.at[0], m.at[1])
}

func (m *matchValue) group(i int) starlark.Value {
	if m.at[2*i] < 0 {
		return starlark.None
	}
	return starlark.String(m.text[m.at[2*i]:m.at[2*i+1]])
}

// Attr finds a part of the match.
func (m *matchValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "text":
		return m.group(0), nil
	case "start":
		return starlark.MakeInt(m.at[0]), nil
	case "end":
		return starlark.MakeInt(m.at[1]), nil
	case "groups":
		return m.groups(), nil
	case "named":
		d := new(starlark.Dict)
		for i, group := range m.re.SubexpNames() {
			if group != "" {
				_ = d.SetKey(starlark.String(group), m.group(i)) // strings are hashable
			}
		}
		return d, nil
	}
	return nil, noAttr("match", name, m.AttrNames())
}

// AttrNames lists the parts.
func (m *matchValue) AttrNames() []string {
	return []string{"end", "groups", "named", "start", "text"}
}

func (m *matchValue) groups() starlark.Tuple {
	groups := make(starlark.Tuple, m.re.NumSubexp())
	for i := range groups {
		groups[i] = m.group(i + 1)
	}
	return groups
}

// Get is m[1] or m["name"].
func (m *matchValue) Get(key starlark.Value) (starlark.Value, bool, error) {
	i := -1
	switch k := key.(type) {
	case starlark.String:
		i = m.re.SubexpIndex(string(k))
	case starlark.Int:
		if n, ok := k.Int64(); ok && n >= 0 && n <= int64(m.re.NumSubexp()) {
			i = int(n)
		}
	}
	if i < 0 {
		return nil, false, fmt.Errorf("match: got group %s, want 0 to %d, or a name that the pattern has", key, m.re.NumSubexp())
	}
	return m.group(i), true, nil
}
