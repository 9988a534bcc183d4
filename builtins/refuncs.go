package builtins

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// textParam is what is searched.
var textParam = param{"text", "string", "what to look at"}

// reFuncs are what both the module and a regexp can do.
func reFuncs() []reFunc {
	return []reFunc{
		{"search", `finds the first match anywhere in a text, None if there is none

A match has text, start, end (in bytes), groups (a tuple, None for a group that took no part) and named (a dict); m[1] and
m["name"] are groups, m[0] is all.

    $search(r"(?P<kind>[a-z]+)(\d+)", "to eth12")["kind"]       # "eth"`,
			[]param{textParam}, reFind(func(r *regexpValue, s string) []int { return r.re.FindStringSubmatchIndex(s) })},
		{"match", `matches at the beginning of a text, None if it does not

    $match(r"eth(\d+)", "eth12.7").groups       # ("12",)`,
			[]param{textParam}, reFind(func(r *regexpValue, s string) []int { return r.anchored.FindStringSubmatchIndex(s) })},
		{"fullmatch", `matches all of a text, None if it does not

    $fullmatch(r"eth\d+", "eth12.7")            # None`,
			[]param{textParam}, reFind(func(r *regexpValue, s string) []int { return r.whole.FindStringSubmatchIndex(s) })},
		{"findall", `lists all matches: their text, their group if the pattern has one, a tuple of their groups if it has several

A group that took no part is an empty string.

    $findall(r"(\w+)=(\d+)", "mtu=1500 qlen=10")      # [("mtu", "1500"), ("qlen", "10")]`,
			[]param{textParam}, reFindall},
		{"sub", `replaces all matches

The replacement is a text in which \1 or \g<name> stands for a group, or a function that gets each match and returns a string.

    $sub(r"eth(\d+)", r"veth\1", "eth0, eth1")              # "veth0, veth1"
    $sub(r"\d+", lambda m: str(int(m.text) + 1), "eth0, eth1")      # "eth1, eth2"`,
			[]param{{"repl", "string or callable", "what to put instead"}, textParam, {"count", "int = None", "how many at most; all by default"}}, reSub},
		{"split", `splits a text at the matches; groups of the pattern are in the list, too

    $split(r"\s*,\s*", "a , b,c")               # ["a", "b", "c"]`,
			[]param{textParam, {"count", "int = None", "how many splits at most; all by default"}}, reSplit},
	}
}

func reFind(find func(*regexpValue, string) []int) func(*reCall) (starlark.Value, error) {
	return func(c *reCall) (starlark.Value, error) {
		var text string
		if err := c.unpack("text", &text); err != nil {
			return nil, err
		}
		at := find(c.regexpValue, text)
		if at == nil {
			return starlark.None, nil
		}
		return &matchValue{c.re, text, at}, nil
	}
}

func reFindall(c *reCall) (starlark.Value, error) {
	var text string
	if err := c.unpack("text", &text); err != nil {
		return nil, err
	}
	var list []starlark.Value
	for _, at := range c.re.FindAllStringSubmatchIndex(text, -1) {
		m := matchValue{c.re, text, at}
		groups := m.groups()
		for i, g := range groups {
			if g == starlark.None {
				groups[i] = starlark.String("")
			}
		}
		switch len(groups) {
		case 0:
			list = append(list, m.group(0))
		case 1:
			list = append(list, groups[0])
		default:
			list = append(list, groups)
		}
	}
	return starlark.NewList(list), nil
}

// limit reads the parameter count: -1, which is all, if it was not given.
func limit(b *starlark.Builtin, v starlark.Value) (int, error) {
	switch v := v.(type) {
	case nil:
		return -1, nil
	case starlark.Int:
		if n, err := starlark.AsInt32(v); err == nil && n >= 0 {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%s: for parameter count: got %s, want a number, 0 or more", b.Name(), v)
}

func reSub(c *reCall) (starlark.Value, error) {
	var text string
	var repl, count starlark.Value
	if err := c.unpack("repl", &repl, "text", &text, "count??", &count); err != nil {
		return nil, err
	}
	n, err := limit(c.b, count)
	if err != nil {
		return nil, err
	}
	replace, err := replacement(c, repl)
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter repl: %w", c.b.Name(), err)
	}
	var out strings.Builder
	done := 0
	for _, at := range c.re.FindAllStringSubmatchIndex(text, n) {
		s, err := replace(&matchValue{c.re, text, at})
		if err != nil {
			return nil, err
		}
		out.WriteString(text[done:at[0]])
		out.WriteString(s)
		done = at[1]
	}
	out.WriteString(text[done:])
	return starlark.String(out.String()), nil
}

// replacement makes the function that sub calls for each match.
func replacement(c *reCall, repl starlark.Value) (func(*matchValue) (string, error), error) {
	switch repl := repl.(type) {
	case starlark.String:
		parts, err := template(c.regexpValue, string(repl))
		return func(m *matchValue) (string, error) {
			var b strings.Builder
			for _, p := range parts {
				b.WriteString(p.text)
				if p.group < 0 {
					continue
				}
				if s, ok := starlark.AsString(m.group(p.group)); ok {
					b.WriteString(s)
				}
			}
			return b.String(), nil
		}, err
	case starlark.Callable:
		return func(m *matchValue) (string, error) {
			v, err := starlark.Call(c.th, repl, starlark.Tuple{m}, nil)
			if err != nil {
				return "", err
			}
			s, ok := starlark.AsString(v)
			if !ok {
				return "", fmt.Errorf("%s: repl: got %s from %s, want string", c.b.Name(), v.Type(), repl.Name())
			}
			return s, nil
		}, nil
	}
	return nil, fmt.Errorf("got %s, want string or callable", repl.Type())
}

// piece is text, and the group that follows it; -1 is none.
type piece struct {
	text  string
	group int
}

// template reads a replacement: \1, \g<name>, \g<1> and \\.
func template(r *regexpValue, s string) ([]piece, error) {
	var parts []piece
	var text strings.Builder
	for {
		before, after, found := strings.Cut(s, `\`)
		text.WriteString(before)
		if !found {
			return append(parts, piece{text.String(), -1}), nil
		}
		var name string
		switch {
		case strings.HasPrefix(after, `\`):
			text.WriteByte('\\')
			s = after[1:]
			continue
		case strings.HasPrefix(after, "g<"):
			var closed bool
			if name, s, closed = strings.Cut(after[2:], ">"); !closed {
				return nil, fmt.Errorf(`got \g< without >, want \g<name>`)
			}
		default:
			for len(name) < len(after) && len(name) < 2 && after[len(name)] >= '0' && after[len(name)] <= '9' {
				name = after[:len(name)+1]
			}
			s = after[len(name):]
		}
		group, err := groupNamed(r, name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, piece{text.String(), group})
		text.Reset()
	}
}

func groupNamed(r *regexpValue, name string) (int, error) {
	if i := r.re.SubexpIndex(name); i >= 0 {
		return i, nil
	}
	var n int
	if _, err := fmt.Sscanf(name, "%d", &n); err == nil && n >= 0 && n <= r.re.NumSubexp() {
		return n, nil
	}
	if name == "" {
		return 0, fmt.Errorf(`got \ without a group, want \1, \g<name> or \\`)
	}
	return 0, fmt.Errorf("got group %q, want one of the %d that the pattern has", clip(name), r.re.NumSubexp())
}

func reSplit(c *reCall) (starlark.Value, error) {
	var text string
	var count starlark.Value
	if err := c.unpack("text", &text, "count??", &count); err != nil {
		return nil, err
	}
	n, err := limit(c.b, count)
	if err != nil {
		return nil, err
	}
	var list []starlark.Value
	done := 0
	for _, at := range c.re.FindAllStringSubmatchIndex(text, n) {
		m := matchValue{c.re, text, at}
		list = append(list, starlark.String(text[done:at[0]]))
		list = append(list, m.groups()...)
		done = at[1]
	}
	return starlark.NewList(append(list, starlark.String(text[done:]))), nil
}
