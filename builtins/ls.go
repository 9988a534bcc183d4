package builtins

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

const lsDoc = `lists what is in something: families, operations, attributes, members

It is there in a session only. Without an argument it lists the families. A family, or its name, has operations and attribute sets; an operation or a message has attributes, with
types, values and what they mean; anything else has what can follow a dot. There is one line for each.

    ls("rt-link")`

var lsParams = []param{{"value", "any = None", "what to look into, or its name"}}

func (env *environ) ls(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value = starlark.None
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "value?", &v); err != nil {
		return nil, err
	}
	text, err := env.reference(th).listing(v)
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter value: %w", fn.Name(), err)
	}
	return starlark.None, host.Page(th, text)
}

// listing is what ls prints of a value; a string is a name.
func (r *Reference) listing(v starlark.Value) (string, error) {
	switch v := v.(type) {
	case starlark.NoneType:
		return r.families(), nil
	case starlark.String:
		if specs, err := r.reg.SpecsOf(string(v)); err == nil {
			return r.family(specs), nil
		}
		return r.Text(string(v))
	case *family:
		return r.family(v.f.Specs), nil
	case *operation:
		return opPage(v.op.Spec, v.op.Op).lines(r.columns()), nil
	case *Func:
		if v.op != nil {
			return opPage(v.op.op.Spec, v.op.op.Op).lines(r.columns()), nil
		}
	case *message:
		return v.page().lines(r.columns()), nil
	case *dump:
		m := v.frame()
		return v.env.newMessage(m, v.d.Op().Op).page().lines(r.columns()), nil
	case starlark.HasAttrs:
		return r.members(v).lines(r.columns()), nil
	}
	return r.of(v)
}

// families lists what can be opened.
func (r *Reference) families() string {
	specs := r.specs()
	slices.SortFunc(specs, func(a, b *schema.Spec) int { return strings.Compare(a.Name, b.Name) })
	var rows []row
	for _, s := range specs {
		typ := "generic netlink"
		if !s.Generic() {
			typ = r.reg.FamilyName(s)
		}
		rows = append(rows, row{s.Name, typ, s.Doc})
	}
	text := "families, opened with nl.open(NAME); ls(NAME) says more, find(TEXT) searches in all of them\n\n" + r.oneLiners(rows)
	rows = nil
	for _, m := range r.library() {
		rows = append(rows, row{m.name, "", firstLine(m.doc)})
	}
	if rows != nil {
		text += "\nmodules, to load\n\n" + r.oneLiners(rows)
	}
	return text
}

// family lists operations, groups and sets.
func (r *Reference) family(specs []*schema.Spec) string {
	var b strings.Builder
	part := func(heading string, rows []row) {
		if len(rows) > 0 {
			b.WriteString("\n" + heading + ":\n" + r.oneLiners(rows))
		}
	}
	for _, s := range specs {
		fill(&b, s.Name+": "+s.Doc, 0, 4, r.columns())
		var ops, sets []row
		for i := range s.Ops {
			op := &s.Ops[i]
			ops = append(ops, row{s.Name + "." + op.Key, opModes(op), op.Doc})
		}
		for i := range s.Sets {
			set := &s.Sets[i]
			sets = append(sets, row{s.Name + "." + set.Name, fmt.Sprintf("%d attributes", len(set.Attrs)), set.Doc})
		}
		part("operations", ops)
		part("attribute sets", sets)
		b.WriteString("\n")
	}
	f := session.Family{Specs: specs}
	for _, s := range specs {
		f.Groups = append(f.Groups, s.Groups...)
	}
	if names := f.GroupNames(); len(names) > 0 {
		fill(&b, "multicast groups: "+strings.Join(names, ", "), 0, 4, r.columns())
	}
	return b.String()
}

// members lists what can follow a dot. Nothing is evaluated but what costs nothing.
func (r *Reference) members(v starlark.HasAttrs) *page {
	of := v.Type()
	if m, ok := v.(*module); ok {
		of = m.name
	}
	docs := map[string]*Doc{}
	for _, d := range r.Registered() {
		if owner, name, ok := strings.Cut(d.Name, "."); ok && owner == of && !strings.Contains(name, ".") {
			docs[name] = d
		}
	}
	sec := section{}
	for _, name := range v.AttrNames() {
		line := row{name: name}
		if d := docs[name]; d != nil {
			line.typ, line.doc = d.Type, d.Summary
		} else if fn, ok := attrOf(v, name).(*starlark.Function); ok {
			line.typ, line.doc = "function", firstLine(fn.Doc())
		}
		sec.rows = append(sec.rows, line)
	}
	return &page{title: fmt.Sprintf("%s: %d names", of, len(sec.rows)), sections: []section{sec}}
}

// attrOf is an attribute of a value of Starlark itself, which costs nothing; others may.
func attrOf(v starlark.HasAttrs, name string) starlark.Value {
	if v.Type() != "struct" && v.Type() != "module" {
		return nil
	}
	if m, ok := v.(*module); ok && m.members[name] == nil {
		return nil
	}
	got, err := v.Attr(name)
	if err != nil {
		return nil
	}
	return got
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
