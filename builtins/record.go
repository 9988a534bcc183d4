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
- An event of another namespace begins with that one's id, from_nsid.
- An error is written with its errno, its text and the attribute that it points at, whatever fields of a message were asked for.

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
	var o redact.Options
	var omit, sort, value starlark.Value
	var raw bool
	err := starlark.UnpackArgs(fn.Name(), args[:min(len(args), 1)], kwargs,
		"value", &value, "omit??", &omit, "full?", &o.Full, "label??", &o.Label, "sort??", &sort, "raw?", &raw)
	if err != nil {
		return "", err
	}
	if len(args) == 0 {
		args = starlark.Tuple{value} // by its keyword
	}
	for i, a := range args[1:] {
		s, ok := starlark.AsString(a)
		if !ok || s == "" {
			return "", fmt.Errorf("%s: fields[%d]: got %s, want a path such as \"linkinfo.kind\"", fn.Name(), i, a.Type())
		}
		o.Fields = append(o.Fields, s)
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
	if err == nil && env.red == nil {
		err = errors.New("this is no scenario")
	}
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
	n := env.node(th, v, true)
	return n, host.Pending(th)
}

// node takes a value of a script apart. At the top it says what a collection is;
// inside, that is seen.
func (env *environ) node(th *starlark.Thread, v starlark.Value, top bool) *redact.Node {
	switch v := v.(type) {
	case *message:
		return v.node()
	case *event:
		return v.node()
	case *dump:
		return env.dumped(th, v.d.Op(), v)
	case *stream:
		return env.dumped(th, v.op.op, v)
	case *errorValue:
		return v.node()
	case *outcome:
		switch {
		case v.err != nil:
			return v.err.node()
		case v.value == starlark.None:
			return redact.Text("ok")
		}
		return env.node(th, v.value, top)
	case starlark.Bytes:
		return redact.Text(fmt.Sprintf("0x%x", string(v)))
	case starlark.IterableMapping:
		return env.mapping(th, v, top)
	case *starlark.Set:
		return env.list(th, "set", v).Unordered()
	case starlark.Iterable:
		return env.list(th, titled(v.Type(), top), v)
	}
	return redact.Text(v.String())
}

func titled(title string, top bool) string {
	if top {
		return title
	}
	return ""
}

func (env *environ) mapping(th *starlark.Thread, v starlark.IterableMapping, top bool) *redact.Node {
	var kids []*redact.Node
	for _, item := range v.Items() {
		kids = append(kids, redact.Entry(keyText(item[0]), env.node(th, item[1], false)))
	}
	if len(kids) == 0 {
		return redact.Text("{}")
	}
	return redact.GroupOf(titled("dict", top), kids)
}

// dumped takes the messages of an operation's dump apart.
func (env *environ) dumped(th *starlark.Thread, op *session.Op, v starlark.Iterable) *redact.Node {
	n := env.list(th, "dump "+op.Key, v)
	if op.Dump.Unordered {
		n.Unordered()
	}
	return n
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
		kids = append(kids, env.node(th, elem, false))
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
		title = session.EventName(m.builder())
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
	n := redact.Message(&e.msg.m, title)
	if e.source.NSID >= 0 {
		n.From(e.source.NSID, e.source.Heard)
	}
	return n
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
		return redact.Refusal(title, kids)
	}
	add("op", ke.Op)
	add("extack", quoted(ke.Ext.Msg))
	add("path", ke.Path)
	add("missing", ke.Missing)
	add("policy", quoted(session.PolicyText(ke.Ext.Policy)))
	if ke.Index >= 0 {
		add("index", fmt.Sprint(ke.Index))
	}
	return redact.Refusal("error "+ke.Name(), kids)
}

// recordFunc makes record, under the name by which a scenario has it.
func (env *environ) recordFunc(name, doc string) *Func {
	return newFunc(name, doc, recordParams, env.recordCall)
}

// recordCall is the body of record.
func (env *environ) recordCall(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	text, err := env.record(th, fn, args, kwargs)
	if err == nil {
		_, err = io.WriteString(host.Stdout(th), text)
	}
	if err != nil {
		return nil, err
	}
	return starlark.None, nil
}
