package repl

import (
	"strconv"
	"strings"

	"go.starlark.net/starlark"
)

// walk follows names, .attr, [number] and ["text"], and of a call what its value is like: nothing is called, and no variable in brackets looked up.
// nil is what it does not know.
func (n *Names) walk(primary string) starlark.Value {
	_, v := n.callee(primary)
	return v
}

// callee is walk, with the value that the last attribute is of.
func (n *Names) callee(primary string) (of, v starlark.Value) { return n.after(n.Earlier(), primary) }

// after is callee for a primary that comes after the lines of text.
func (n *Names) after(text, primary string) (of, v starlark.Value) {
	name, rest := leadingName(primary)
	if name == "" {
		return nil, nil
	}
	if v = n.Globals()[name]; v == nil {
		v = starlark.Universe[name]
	}
	if v == nil {
		v = n.loopVariable(text, name)
	}
	for v != nil && rest != "" {
		if rest[0] == '.' {
			if name, rest = leadingName(rest[1:]); name == "" {
				return nil, nil
			}
			of, v = v, n.attr(v, name)
			continue
		}
		end := closingBracket(rest, 0)
		if end < 0 || rest[0] == '{' {
			return nil, nil
		}
		inside := strings.TrimSpace(rest[1:end])
		if rest[0] == '[' {
			v = element(v, inside)
		} else if v = n.called(of, name, v, inside); v != nil {
			name = ""
		}
		of, rest = nil, rest[end+1:]
	}
	return of, v
}

func (n *Names) called(of starlark.Value, name string, fn starlark.Value, args string) starlark.Value {
	if n.Called == nil {
		return nil
	}
	return n.Called(of, name, fn, args)
}

// loopVariable is what the variable of a loop in the lines of text is like.
func (n *Names) loopVariable(text, name string) starlark.Value {
	before, over, ok := cutLastFor(text, name)
	if !ok {
		return nil
	}
	if i := strings.IndexByte(over, '\n'); i >= 0 {
		over = over[:i]
	}
	over = strings.TrimSuffix(strings.TrimSpace(over), ":")
	_, v := n.after(before, over) // what stands before: text gets shorter
	list, ok := v.(starlark.Indexable)
	if !ok || list.Len() == 0 {
		return nil
	}
	return list.Index(0)
}

// cutLastFor cuts a text around the last "for NAME in ".
func cutLastFor(text, name string) (before, after string, ok bool) {
	loop := "for " + name + " in "
	i := strings.LastIndex(text, loop)
	if i < 0 {
		return "", "", false
	}
	return text[:i], text[i+len(loop):], true
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
	list, ok := v.(starlark.Indexable)
	if !ok || key == "" {
		return nil
	}
	if strings.Trim(key, "0123456789-: ") == "" && strings.Contains(key, ":") {
		return v // a part of it is like it
	}
	i, err := strconv.Atoi(key)
	if err == nil && i < 0 {
		i += list.Len()
	}
	if err != nil || i < 0 || i >= list.Len() {
		return nil
	}
	return list.Index(i)
}
