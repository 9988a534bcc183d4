package builtins

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/wire"
)

const ppDoc = `prints a value over several lines, nests indented

    pp(rt.getlink(ifname = "lo"))`

var ppParams = []param{{"value", "any", "what to print"}}

func pp(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "value", &v); err != nil {
		return nil, err
	}
	var text string
	switch v := v.(type) {
	case *message:
		text = printMessage(v, 4)
	case *event:
		text = v.String()
		if v.msg != nil {
			text = v.print(4)
		}
	case starlark.Iterable:
		text = printIterable(th, v)
		if err := host.Pending(th); err != nil {
			return nil, err
		}
	default:
		text = v.String()
	}
	_, err := fmt.Fprintln(host.Stdout(th), text)
	return starlark.None, err
}

func printIterable(th *starlark.Thread, v starlark.Iterable) string {
	if _, ok := v.(starlark.IterableMapping); ok {
		return v.String()
	}
	var lines []string
	it := v.Iterate()
	defer it.Done()
	var elem starlark.Value
	for i := 0; checkpoint(th, i) == nil && it.Next(&elem); i++ {
		if m, ok := elem.(*message); ok {
			lines = append(lines, printMessage(m, 4))
		} else {
			lines = append(lines, elem.String())
		}
	}
	return strings.Join(lines, "\n")
}

// printMessage writes a message as the call that builds it, for a variable of
// the family's name: route.newlink.msg(...). What the kernel sent is written as
// the request with its message type, where there is one; what no request can
// say goes by its bare name, as an event does. Nests are dicts. indent 0 is one line. Members of the header that are zero are left out, as
// they may be in the call.
func printMessage(m *message, indent int) string {
	if m.op == nil {
		return printAs(m, "", indent)
	}
	op := m.builder()
	if !m.builds(op) {
		return printAs(m, session.EventName(op), indent)
	}
	return printAs(m, schema.Key(m.shape.env.reg.FamilyName(m.m.Spec))+"."+op.Key+".msg", indent)
}

// printAs writes a message as a call of the given name.
func printAs(m *message, call string, indent int) string {
	p := printer{env: m.shape.env, indent: indent}
	open, shut := "(", ")"
	switch {
	case m.op == nil:
		open, shut = "{", "}"
	case p.env.red == nil && slices.ContainsFunc(grouped(&m.m), func(e entry) bool { return e.name == "" }):
		open, shut = "({", "})" // a number is no keyword
		fallthrough
	default:
		p.b.WriteString(call)
		p.flags = m.flagNames()
	}
	if p.env.red != nil {
		p.redacted(m.node(), &m.m, open, shut, indent)
		return p.b.String()
	}
	p.fields(&m.m, open, shut, indent)
	return p.b.String()
}

// builder is the operation whose msg makes such messages: where the kernel's
// answer has the type of another request, that one.
func (m *message) builder() *schema.Op {
	if m.req != nil || len(m.raw) < wire.HeaderLen || m.m.Spec.Generic() {
		return m.op
	}
	op := m.m.Spec.OpOfRequest(int(wire.ParseHeader(m.raw).Type))
	if op == nil || op.Header != m.op.Header || !m.builds(op) {
		return m.op
	}
	return op
}

// builds reports whether requests of op have the attributes that m has: a few
// operations are asked in other words than they answer.
func (m *message) builds(op *schema.Op) bool {
	for _, mode := range []*schema.Mode{&op.Do, &op.Dump} {
		if mode.Has && mode.Request >= 0 && m.m.Spec.RequestSet(op, mode) == m.m.Set {
			return true
		}
	}
	return false
}

// flagNames is the message flags that its call has to be given, as a list.
func (m *message) flagNames() string {
	if m.req == nil || len(m.raw) < wire.HeaderLen {
		return ""
	}
	flags := wire.ParseHeader(m.raw).Flags &^ wire.FlagRequest
	if m.req.Mode == session.Dump {
		flags &^= wire.FlagDump
	}
	var elems []starlark.Value
	for _, name := range m.shape.env.reg.FlagNames(flags, m.op.Name) {
		elems = append(elems, starlark.String(name))
	}
	if len(elems) == 0 {
		return ""
	}
	return starlark.NewList(elems).String()
}

type printer struct {
	env    *environ
	b      strings.Builder
	indent int
	flags  string // of the message
}

// fields writes the fields of a message between brackets; round ones hold
// keyword arguments.
func (p *printer) fields(m *schema.Msg, open, shut string, depth int) {
	p.b.WriteString(open)
	n := 0
	for _, e := range grouped(m) {
		// In a struct alone a zero is a value; beside attributes it is what
		// nobody filled in.
		if e.zero && (m.Set != nil || open != "{") {
			continue
		}
		p.sep(n, depth)
		n++
		if open == "(" {
			p.b.WriteString(keyword(m, e) + " = ")
		} else {
			p.b.WriteString(e.key.String() + ": ")
		}
		p.value(e.val, depth)
	}
	if p.flags != "" && shut != "}" { // of the outermost only
		flags := p.flags
		p.flags = ""
		if shut == "})" {
			p.end(n, depth)
			p.b.WriteString("}, flags = " + flags + ")")
			return
		}
		p.sep(n, depth)
		n++
		p.b.WriteString("flags = " + flags)
	}
	p.end(n, depth)
	p.b.WriteString(shut)
}

// keyword is the name of a field in a call. A word that calls keep for
// themselves is spelled in full where it is a member of the header whose prefix
// was left out, and with an underscore otherwise.
func keyword(m *schema.Msg, e entry) string {
	if !controlWord(e.name) {
		return e.name
	}
	if e.member {
		if full := m.Header.Find(e.name).Key; full != e.name {
			return full
		}
	}
	return e.name + "_"
}

// sep starts an element: on a line of its own where there is room to grow.
func (p *printer) sep(n, depth int) {
	switch {
	case p.indent > 0:
		if n > 0 {
			p.b.WriteString(",")
		}
		p.b.WriteString("\n" + strings.Repeat(" ", depth))
	case n > 0:
		p.b.WriteString(", ")
	}
}

func (p *printer) end(n, depth int) {
	if p.indent > 0 && n > 0 {
		p.b.WriteString(",\n" + strings.Repeat(" ", depth-p.indent))
	}
}

func (p *printer) value(v schema.Value, depth int) {
	switch v.Kind() {
	case schema.Message:
		p.fields(v.Msg(), "{", "}", depth+p.indent)
	case schema.List:
		p.list(v.List(), depth)
	case schema.Fields:
		p.b.WriteString("{")
		for i, f := range v.Fields() {
			p.sep(i, depth+p.indent)
			p.b.WriteString(fieldKey(f).String() + ": ")
			p.value(f.Val, depth+p.indent)
		}
		p.end(len(v.Fields()), depth+p.indent)
		p.b.WriteString("}")
	case schema.Text:
		if odd := v.Payload(); odd != nil { // text would get the NUL that it came without
			p.b.WriteString(starlark.Bytes(odd).String())
			return
		}
		p.b.WriteString(starlark.String(v.Text()).String())
	default:
		p.b.WriteString(p.env.toStarlark(v).String())
	}
}

// list writes a list, over several lines only if its elements are messages.
func (p *printer) list(list []schema.Value, depth int) {
	nested := len(list) > 0 && list[0].Kind() == schema.Message
	p.b.WriteString("[")
	for i, e := range list {
		if nested {
			p.sep(i, depth+p.indent)
		} else if i > 0 {
			p.b.WriteString(", ")
		}
		p.value(e, depth+p.indent)
	}
	if nested {
		p.end(len(list), depth+p.indent)
	}
	p.b.WriteString("]")
}
