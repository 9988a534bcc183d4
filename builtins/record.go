package builtins

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/session"
)

// What t.record of scenarios does is here: record makes the text that belongs
// in the golden file. It needs Config.Redact.

const recordDoc = `writes a value into the output as it belongs in a golden file

One field is on each line, by the schema's order. What is not the same in every run, on every machine and
on kernels from 6.1 on is a symbol (` + "`<if:v0>`, `<mac#1>`" + `), or is left out.

- Fields are paths, such as "linkinfo.kind". With fields only these are written; what is asked for is never left out.
- A list whose order means nothing by the schema (neighbours, forwarding entries) is sorted.
- An error is written with its errno, its text and the attribute that it points at.

    t.record(rt.getlink(ifname = "v0"), "ifname", "flags", "linkinfo.kind")
    t.record(rt.getneigh.dump(family = "inet"), omit = ["cacheinfo"], label = "neighbours")`

var recordParams = []param{
	{"value", "any", "a message, event, dump, error, bytes, or what is made of them"},
	{"*fields", "string", "paths to write; without any, all"},
	{"omit", "list of strings = None", "paths to leave out"},
	{"full", "bool = False", "leave out nothing: times, counters, what depends on the machine, what is new or unknown"},
	{"label", "string = None", "a line in front of it"},
	{"sort", "bool = None", "sort the elements of a list, or not; by default as the schema says"},
	{"raw", "bool = False", "the annotated bytes instead"},
}

// record makes the text of a call of t.record.
func (env *environ) record(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (string, error) {
	if len(args) == 0 {
		return "", fmt.Errorf("%s: missing argument for value", fn.Name())
	}
	var o redact.Options
	for i, a := range args[1:] {
		s, ok := starlark.AsString(a)
		if !ok || s == "" {
			return "", fmt.Errorf("%s: fields[%d]: got %s, want a path such as \"linkinfo.kind\"", fn.Name(), i, a.Type())
		}
		o.Fields = append(o.Fields, s)
	}
	var omit, sort starlark.Value
	var raw bool
	err := starlark.UnpackArgs(fn.Name(), nil, kwargs, "omit??", &omit, "full?", &o.Full, "label??", &o.Label, "sort??", &sort, "raw?", &raw)
	if err != nil {
		return "", err
	}
	switch b := sort.(type) {
	case nil:
	case starlark.Bool:
		o.Order = redact.AsTheyCame
		if b {
			o.Order = redact.Sorted
		}
	default:
		return "", fmt.Errorf("%s: for parameter sort: got %s, want bool", fn.Name(), sort.Type())
	}
	if omit != nil {
		if o.Omit, err = stringList(th, "omit", omit); err != nil {
			return "", fmt.Errorf("%s: %w", fn.Name(), err)
		}
	}
	n, err := env.recordNode(th, args[0], raw)
	var text string
	if err == nil {
		text, err = env.red.Render(n, o)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return text, nil
}

func (env *environ) recordNode(th *starlark.Thread, v starlark.Value, raw bool) (*redact.Node, error) {
	if raw {
		return env.redactedBytes(th, v)
	}
	n := env.node(th, v)
	return n, host.Pending(th)
}

// node takes a value of a script apart.
func (env *environ) node(th *starlark.Thread, v starlark.Value) *redact.Node {
	switch v := v.(type) {
	case *message:
		return v.node()
	case *event:
		return v.node()
	case *dump:
		n := env.list(th, "dump "+v.d.Op().Key, v)
		if v.d.Op().Dump.Unordered {
			n.Unordered()
		}
		return n
	case *stream:
		n := env.list(th, "dump "+v.op.op.Key, v)
		if v.op.op.Dump.Unordered {
			n.Unordered()
		}
		return n
	case *errorValue:
		return v.node()
	case *outcome:
		if v.err != nil {
			return v.err.node()
		}
		return redact.GroupOf("ok", []*redact.Node{redact.Entry("value", env.node(th, v.value))})
	case starlark.Bytes:
		return redact.Text(fmt.Sprintf("0x%x", string(v)))
	case starlark.IterableMapping:
		var kids []*redact.Node
		for _, item := range v.Items() {
			kids = append(kids, redact.Entry(keyText(item[0]), env.node(th, item[1])))
		}
		return redact.GroupOf("dict", kids)
	case *starlark.Set:
		return env.list(th, "set", v).Unordered()
	case starlark.Tuple:
		return env.list(th, "tuple", v)
	case starlark.String: // text is iterable in no way, but bytes and ranges are
		return redact.Text(v.String())
	case starlark.Iterable:
		return env.list(th, v.Type(), v)
	}
	return redact.Text(v.String())
}

func keyText(key starlark.Value) string {
	if s, ok := starlark.AsString(key); ok {
		return s
	}
	return key.String()
}

// list takes the elements of a sequence apart. Messages of an operation whose
// dump has no order have none in a list either.
func (env *environ) list(th *starlark.Thread, title string, v starlark.Iterable) *redact.Node {
	var kids []*redact.Node
	free := true
	it := v.Iterate()
	defer it.Done()
	var elem starlark.Value
	for it.Next(&elem) {
		m, ok := elem.(*message)
		free = free && ok && m.op != nil && m.op.Dump.Unordered && m.req == nil
		kids = append(kids, env.node(th, elem))
	}
	n := redact.ListOf(title, kids)
	if free {
		n.Unordered()
	}
	return n
}

// node takes a message apart, under the name of the call that would build it.
func (m *message) node() *redact.Node {
	title := ""
	if m.op != nil {
		title = strings.TrimSuffix(m.builder().Key, "_ntf")
	}
	if m.req != nil {
		return redact.Request(&m.m, title)
	}
	return redact.Message(&m.m, title)
}

func (e *event) node() *redact.Node {
	title := "event overrun"
	if e.msg == nil {
		return redact.Text(title)
	}
	title = "event " + strings.Trim(e.name.String(), `"`)
	if e.group != starlark.None {
		title += " group " + strings.Trim(e.group.String(), `"`)
	}
	return redact.Message(&e.msg.m, title)
}

// node is what an error says that does not depend on the run.
func (e *errorValue) node() *redact.Node {
	var kids []*redact.Node
	add := func(name, text string) {
		if text != "" {
			kids = append(kids, redact.Entry(name, redact.Text(text)))
		}
	}
	quoted := func(s string) string {
		if s == "" {
			return ""
		}
		return starlark.String(s).String()
	}
	var ke *session.Error
	if !errors.As(e.err, &ke) {
		title := "error " + errorKind(e.err)
		if errno := errnoOf(e.err); errno != 0 {
			title += " " + strings.Trim(errnoName(errno).String(), `"`)
		}
		add("message", quoted(e.text()))
		return redact.GroupOf(title, kids)
	}
	add("op", ke.Op)
	add("extack", quoted(ke.Ext.Msg))
	add("path", ke.Path)
	add("missing", ke.Missing)
	add("policy", quoted(session.PolicyText(ke.Ext.Policy)))
	if ke.Index >= 0 {
		add("index", fmt.Sprint(ke.Index))
	}
	return redact.GroupOf("error "+ke.Name(), kids)
}

// recorder is the body of t.record.
func (env *environ) recorder(out io.Writer) funcBody {
	return func(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		text, err := env.record(th, fn, args, kwargs)
		if err != nil {
			return nil, err
		}
		_, err = io.WriteString(out, text)
		return starlark.None, err
	}
}
