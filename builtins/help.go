package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

const helpDoc = `says what a builtin, a module, a family, an operation, a message, or anything by its name is

Without an argument it lists what there is. A name may be that of a builtin ("nl.open"), a type ("message"), a family
("rt-link"), an operation ("rt-link.newlink"), an attribute or enum ("rt-link.newlink.mtu", or "mtu" for all of that name).

Errors: a name that nothing has; the nearest one that something has is suggested

    help(nl.open)
    help("rt-link.newlink.mtu")
    help(rt.getaddr)`

var helpParams = []param{{"value", "any = None", "what to explain, or its name"}}

func (env *environ) help(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "value?", &v); err != nil {
		return nil, err
	}
	text, err := env.reference(th).of(v)
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter value: %w", fn.Name(), err)
	}
	return starlark.None, host.Page(th, text)
}

// reference is that of the session or script, as wide as its terminal.
func (env *environ) reference(th *starlark.Thread) *Reference {
	return NewReference(host.Of(th).Globals(), env.reg).Fit(env.width).Library(env.std)
}

// leastWidth is how narrow a page may be.
const leastWidth = 40

// of documents a value; a string is a name.
func (r *Reference) of(v starlark.Value) (string, error) {
	switch v := v.(type) {
	case nil:
		return r.Text("")
	case starlark.String:
		return r.Text(string(v))
	case *Func:
		return r.docPage(v.entry()).lines(r.columns()), nil
	case *module:
		return r.docPage(v.entries()[0]).lines(r.columns()), nil
	case *family:
		return familyPage(v.f.Name, v.f.Specs).lines(r.columns()), nil
	case *operation:
		return opPage(v.op.Spec, v.op.Op).lines(r.columns()), nil
	case *message:
		return v.page().lines(r.columns()), nil
	case *starlark.Function:
		return functionPage(v).lines(r.columns()), nil
	case *starlark.Builtin:
		return r.builtin(v)
	}
	for _, d := range r.Registered() {
		if d.Type == "type" && d.Name == v.Type() {
			return r.docPage(d).lines(r.columns()), nil
		}
	}
	p := page{title: v.Type() + ": a value of Starlark itself", sections: []section{{text: "See https://github.com/google/starlark-go/blob/master/doc/spec.md"}}}
	return p.lines(r.columns()), nil
}

// builtin documents what another package made: the host's, or Starlark's own.
func (r *Reference) builtin(b *starlark.Builtin) (string, error) {
	for _, d := range r.Registered() {
		if d.Name == b.Name() && d.Type == "function" {
			return r.docPage(d).lines(r.columns()), nil
		}
	}
	p := page{title: b.Name() + ": a builtin of Starlark itself", sections: []section{
		{text: "See https://github.com/google/starlark-go/blob/master/doc/spec.md#" + b.Name()},
	}}
	return p.lines(r.columns()), nil
}

// page documents the fields that a message has.
func (m *message) page() *page {
	p := &page{title: "message " + m.what() + ": type message"}
	if sec := structSection(m.m.Spec, m.m.Header); sec != nil {
		p.sections = append(p.sections, *sec)
	}
	if sec := setSection(m.m.Spec, m.m.Set); sec != nil {
		p.sections = append(p.sections, *sec)
	}
	return p
}
