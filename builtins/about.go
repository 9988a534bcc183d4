package builtins

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// About writes what is known of a value: its type, what it has, what that means, where it was defined. Where there is no value it is of what the name says.
func (r *Reference) About(th *starlark.Thread, name string, v starlark.Value) error {
	text, err := r.about(name, v)
	if err == nil {
		err = host.Pending(th) // the text of a value may iterate
	}
	if err != nil {
		return err
	}
	return host.Page(th, text)
}

func (r *Reference) about(name string, v starlark.Value) (string, error) {
	switch v := v.(type) {
	case nil:
		p, err := r.below(name)
		if err != nil {
			return "", err
		}
		if p != nil {
			return p.lines(r.columns()), nil
		}
		return r.Text(name)
	case *starlark.Function:
		return functionPage(v).lines(r.columns()), nil
	case *family:
		p := familyPage(v.f.Name, v.f.Specs)
		for _, s := range v.f.Specs {
			p.sections = append(p.sections, section{text: "Defined in " + s.Source + "."})
		}
		return p.lines(r.columns()), nil
	case *operation:
		p := opPage(v.op.Spec, v.op.Op)
		p.sections = append(p.sections, section{text: "Defined in " + v.op.Spec.Source + "."})
		return p.lines(r.columns()), nil
	case *message:
		p := v.page()
		p.sections = append(p.sections, section{text: "Defined in " + v.m.Spec.Source + "."})
		return p.lines(r.columns()), nil
	case *sketch:
		return v.page().lines(r.columns()), nil
	case *methodSketch:
		return r.Text(v.name)
	case *Func, *module, *starlark.Builtin:
		return r.of(v)
	}
	return r.valuePage(v).lines(r.columns()), nil
}

// below is what a name says of the parts of a value: rt.newlink.mtu, where rt is a family. It is an error if a value does not have the next part.
func (r *Reference) below(name string) (*page, error) {
	parts := strings.Split(name, ".")
	v := r.globals[parts[0]]
	for i, part := range parts[1:] {
		upTo, rest := strings.Join(parts[:i+1], "."), strings.Join(parts[i+1:], ".")
		switch v := v.(type) {
		case *operation:
			if p := descend(v.op.Spec, upTo, v.op.Header(), v.requestSet(), v.op.Payload, rest); p != nil {
				return p, nil
			}
			return nil, noAttr("operation "+v.name(), part, append(v.fields(), v.AttrNames()...))
		case *message:
			if p := descend(v.m.Spec, upTo, v.m.Header, v.m.Set, v.m.Payload, rest); p != nil {
				return p, nil
			}
		}
		has, ok := v.(starlark.HasAttrs)
		if !ok {
			return nil, nil
		}
		next, err := has.Attr(part)
		if err == nil && next == nil {
			err = noAttr(v.Type(), part, has.AttrNames())
		}
		if err != nil {
			return nil, err
		}
		v = next
	}
	return nil, nil
}

// functionPage is what a function of a script says of itself.
func functionPage(fn *starlark.Function) *page {
	p := docstringPage(functionTitle(fn), fn.Doc())
	p.sections = append(p.sections, section{text: "Defined at " + fn.Position().String() + "."})
	return p
}

// docstringPage is a page of what a program says of itself. What is indented keeps its lines.
func docstringPage(title, doc string) *page {
	p := &page{title: title}
	first, rest, _ := strings.Cut(strings.TrimSpace(doc), "\n")
	if first != "" {
		p.sections = append(p.sections, section{text: first})
	}
	for _, par := range paragraphs(dedent(rest)) {
		if strings.HasPrefix(par, " ") || strings.Contains(par, "\n ") { // code, or a list of parameters
			p.sections = append(p.sections, section{code: dedent(par)})
		} else {
			p.sections = append(p.sections, section{text: par})
		}
	}
	return p
}

func functionTitle(fn *starlark.Function) string {
	var params []string
	for i := range fn.NumParams() {
		name, _ := fn.Param(i)
		last := i == fn.NumParams()-1
		switch {
		case fn.HasKwargs() && last:
			name = "**" + name
		case fn.HasVarargs() && (last || fn.HasKwargs() && i == fn.NumParams()-2):
			name = "*" + name
		default:
			if d := fn.ParamDefault(i); d != nil {
				name += " = " + clipped(d.String())
			}
		}
		params = append(params, name)
	}
	return "def " + fn.Name() + "(" + strings.Join(params, ", ") + ")"
}

// dedent takes off a text what all its lines begin with.
func dedent(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	least := -1
	for _, line := range lines {
		if bare := strings.TrimLeft(line, " "); bare != "" && (least < 0 || len(line)-len(bare) < least) {
			least = len(line) - len(bare)
		}
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line[min(len(line), max(least, 0)):], " ")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// mostAbout is how many elements a value may have that is written on the page about it.
const mostAbout = 100_000

// valuePage is of any other value: its type, how much it is, what it has.
func (r *Reference) valuePage(v starlark.Value) *page {
	p := &page{title: v.Type()}
	if seq, ok := v.(starlark.Sequence); ok {
		p.title += fmt.Sprintf(" of %d", seq.Len())
	} else if s, ok := v.(starlark.String); ok {
		p.title += fmt.Sprintf(" of %d bytes", len(s))
	}
	if d, ok := v.(*dump); ok {
		p.title += " " + d.d.Op().Key
	} else if _, text := v.(starlark.String); v.Type() != "struct" && (text || host.Small(v, mostAbout)) {
		p.sections = append(p.sections, section{text: cut(v.String(), 3*r.columns())})
	}
	for _, d := range r.Registered() {
		if d.Type == "type" && d.Name == v.Type() {
			p.sections = append(p.sections, section{text: d.Summary})
		}
	}
	if has, ok := v.(starlark.HasAttrs); ok {
		sec := r.members(has).sections[0]
		sec.heading = "has"
		if !slices.ContainsFunc(sec.rows, func(r row) bool { return r.typ != "" }) { // of Starlark itself
			sec.rows, sec.text = nil, strings.Join(has.AttrNames(), ", ")
		}
		p.sections = append(p.sections, sec)
	}
	if d, ok := v.(*dump); ok {
		m := d.frame()
		p.sections = append(p.sections, d.env.newMessage(m, d.d.Op().Op).page().sections...)
	}
	return p
}

// Source writes where a value comes from: the text of a function, the schema of an operation or a message.
func (r *Reference) Source(th *starlark.Thread, name string, v starlark.Value) error {
	text, err := r.source(th, name, v)
	if err != nil {
		return err
	}
	return host.Page(th, text)
}

func (r *Reference) source(th *starlark.Thread, name string, v starlark.Value) (string, error) {
	switch v := v.(type) {
	case *starlark.Function:
		if text, ok := host.Of(th).SourceOf(v); ok {
			return fmt.Sprintf("# %s\n%s\n", v.Position(), strings.TrimRight(text, "\n")), nil
		}
		return "", fmt.Errorf("the text of %s, %s, is not known any more", v.Name(), v.Position())
	case *Func:
		if v.op != nil {
			return schemaText(v.op.op.Spec, v.op.op.Op), nil
		}
		return "", errors.New(v.Name() + " is written in Go; " + name + "? tells about it")
	case *starlark.Builtin:
		return "", errors.New(v.Name() + " is written in Go; " + name + "? tells about it")
	case *operation:
		return schemaText(v.op.Spec, v.op.Op), nil
	case *message:
		if v.op != nil {
			return schemaText(v.m.Spec, v.op), nil
		}
		return layoutText(v.m.Spec, v.m.Header, v.m.Set), nil
	case *dump:
		return schemaText(v.d.Op().Spec, v.d.Op().Op), nil
	case *family:
		var b strings.Builder
		for _, s := range v.f.Specs {
			for i := range s.Ops {
				b.WriteString(schemaHead(s, &s.Ops[i]))
			}
		}
		return b.String(), nil
	}
	return r.about(name, v)
}
