package builtins

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// sketch is what is known of a value without making it, by schema or by its type: for completion, which must not ask the kernel anything. No script
// ever gets one.
type sketch struct {
	typ string // of typeDocs; "list"

	// Of a message: what its names depend on, one for each format that it may have.
	spec    *schema.Spec
	layouts []schema.Layout
	payload schema.Kind

	elem *sketch // of a list, a dump, a stream
}

var (
	_ starlark.HasAttrs  = (*sketch)(nil)
	_ starlark.Indexable = (*sketch)(nil)
	_ starlark.Mapping   = (*sketch)(nil)
)

func (s *sketch) String() string        { return "<some " + s.typ + ">" }
func (s *sketch) Type() string          { return s.typ }
func (s *sketch) Freeze()               {}
func (s *sketch) Truth() starlark.Bool  { return true }
func (s *sketch) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", s.typ) }

// Len is more than anybody asks for, where there are elements.
func (s *sketch) Len() int {
	if s.elem == nil {
		return 0
	}
	return 1 << 30
}

// Index is an element, which is as all others.
func (s *sketch) Index(int) starlark.Value { return s.elem }

// Get is what a name in brackets leads to.
func (s *sketch) Get(key starlark.Value) (starlark.Value, bool, error) {
	name, ok := starlark.AsString(key)
	if !ok || s.layouts == nil {
		return nil, false, nil
	}
	v := s.field(name)
	return v, v != nil, nil
}

// AttrNames lists fields and methods.
func (s *sketch) AttrNames() []string {
	var names []string
	for _, l := range s.layouts {
		names = append(names, schema.Names(l.Header, l.Set, s.payload)...)
	}
	for _, a := range attrsOf(s.typ) {
		names = append(names, a.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Attr is a field or a method; nil where nothing is known of it.
func (s *sketch) Attr(name string) (starlark.Value, error) {
	if v := s.field(name); v != nil {
		return v, nil
	}
	for _, a := range attrsOf(s.typ) {
		switch {
		case a.name != name:
		case a.typ == method:
			return &methodSketch{name: s.typ + "." + name, params: a.params}, nil
		case attrsOf(a.typ) != nil:
			return &sketch{typ: a.typ}, nil
		}
	}
	return nil, nil
}

// methodSketch is a method of a sketch.
type methodSketch struct {
	name   string
	params []param
}

var _ starlark.Callable = (*methodSketch)(nil)

func (m *methodSketch) String() string        { return "<method " + m.name + ">" }
func (m *methodSketch) Type() string          { return method }
func (m *methodSketch) Freeze()               {}
func (m *methodSketch) Truth() starlark.Bool  { return true }
func (m *methodSketch) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", method) }

// Name is what it would be called in errors.
func (m *methodSketch) Name() string { return m.name }

// CallInternal is never called: no script gets one.
func (m *methodSketch) CallInternal(*starlark.Thread, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return nil, fmt.Errorf("%s: there is no such value yet", m.name)
}

// field is what is inside of a field that holds a message or a list of them.
func (s *sketch) field(name string) starlark.Value {
	var inside []schema.Layout
	list := false
	for _, l := range s.layouts {
		p := schema.Resolve(l.Header, l.Set, s.payload, name)
		found, many := insideOf(s.spec, p)
		inside, list = append(inside, found...), list || many
	}
	if inside == nil {
		return nil
	}
	in := &sketch{typ: "message", spec: s.spec, layouts: inside}
	if list {
		return &sketch{typ: "list", elem: in}
	}
	return in
}

// insideOf is what a nest at p may hold, and whether there are many.
func insideOf(spec *schema.Spec, p schema.Place) (inside []schema.Layout, many bool) {
	if p.Attr == nil {
		return spec.Inside(p), false
	}
	one := *p.Attr
	switch {
	case one.Multi:
		one.Multi = false
		return spec.Inside(schema.Place{Attr: &one}), true
	case one.Kind == schema.KindRecords, one.Kind == schema.KindScalarArray && one.Struct != 0:
		return []schema.Layout{{Header: spec.Struct(one.Struct), Set: spec.Set(one.Set)}}, true
	}
	return spec.Inside(p), false
}

// attrsOf are the attributes that all values of a type have, nil where it has none.
func attrsOf(typ string) []attribute {
	for _, t := range typeDocs() {
		if t.name == typ {
			return t.attrs
		}
	}
	return nil
}

// Peek is an attribute of a value, if having it costs nothing. A nest that a message lacks is one that it might have.
func Peek(v starlark.Value, name string) starlark.Value {
	switch v := v.(type) {
	case *module:
		if v.dynamic[name] != nil { // computed when it is asked for
			for _, a := range v.about {
				if a.name == name {
					return &sketch{typ: a.typ}
				}
			}
			return nil
		}
	case *message:
		got, err := v.Attr(name)
		if err == nil && got == starlark.None {
			if in := sketchOf(v.m.Spec, v.m.Header, v.m.Set, v.m.Payload).field(name); in != nil {
				return in
			}
		}
		if err != nil {
			return nil
		}
		return got
	}
	has, ok := v.(starlark.HasAttrs)
	if !ok {
		return nil
	}
	got, err := has.Attr(name)
	if err != nil {
		return nil
	}
	return got
}

func sketchOf(spec *schema.Spec, header *schema.Struct, set *schema.Set, payload schema.Kind) *sketch {
	return &sketch{typ: "message", spec: spec, layouts: []schema.Layout{{Header: header, Set: set}}, payload: payload}
}

// page documents what such a value may have.
func (s *sketch) page() *page {
	p := &page{title: s.typ}
	of := s
	if s.elem != nil {
		p.title += " of messages"
		of = s.elem
	}
	for _, l := range of.layouts {
		if sec := structSection(of.spec, l.Header); sec != nil {
			p.sections = append(p.sections, *sec)
		}
		if sec := setSection(of.spec, l.Set); sec != nil {
			p.sections = append(p.sections, *sec)
		}
	}
	sec := section{heading: "has"}
	for _, a := range attrsOf(s.typ) {
		sec.rows = append(sec.rows, row{a.name, a.typ, firstLine(a.doc)})
	}
	if sec.rows != nil {
		p.sections = append(p.sections, sec)
	}
	return p
}

func replyOf(op *session.Op) *sketch {
	return sketchOf(op.Spec, op.Header(), op.Set(), op.Payload)
}

// Called is what a call returns, as far as that is known without calling: fn is the attribute name of of, args the text between the brackets. nil is not known.
func (r *Reference) Called(of starlark.Value, name string, fn starlark.Value, args string) starlark.Value {
	switch fn := fn.(type) {
	case *operation:
		return replyOf(fn.op)
	case *Func:
		if fn.op != nil {
			return form(fn.op, name)
		}
		if v := r.returned(fn.Name(), args); v != nil {
			return v
		}
	}
	return derived(of, name)
}

// form is what a form of an operation returns.
func form(op *operation, name string) starlark.Value {
	switch name {
	case "dump", "stream":
		return &sketch{typ: name, elem: replyOf(op.op)}
	case "msg":
		return sketchOf(op.op.Spec, op.op.Header(), op.requestSet(), op.op.Payload)
	}
	return nil
}

// derived is what a method makes of its value.
func derived(of starlark.Value, name string) starlark.Value {
	var elem *sketch
	switch of := of.(type) {
	case *dump:
		elem = replyOf(of.d.Op())
	case *sketch:
		elem = of.elem
		if of.typ == "message" && name == "copy" {
			return of
		}
	case *message:
		if name == "copy" {
			return of
		}
	case *family:
		switch name {
		case "recv":
			return &sketch{typ: "event"}
		case "drain":
			return &sketch{typ: "list", elem: &sketch{typ: "event"}}
		}
	}
	switch {
	case elem == nil:
		return nil
	case name == "first":
		return elem
	case name == "where" || name == "sort_by":
		return &sketch{typ: "dump", elem: elem}
	}
	return nil
}

// returned is what a builtin returns, by its name.
func (r *Reference) returned(name, args string) starlark.Value {
	switch name {
	case "nl.open", "nl.here":
		opened, ok := firstText(args)
		if !ok {
			return nil
		}
		specs, err := r.reg.SpecsOf(opened)
		if err != nil || len(specs) == 0 {
			return nil
		}
		return &family{f: &session.Family{Name: opened, Specs: specs}, ops: map[string]*operation{}, env: &environ{reg: r.reg}} // never opened
	case "netns.open", "netns.new":
		return &sketch{typ: "netns"}
	case "nl.socket":
		return &sketch{typ: "socket"}
	case "try_":
		return &sketch{typ: "outcome"}
	case "spawn":
		return &sketch{typ: "task"}
	case "exec":
		return &sketch{typ: "result"}
	case "probe.ping", "probe.tcp", "probe.udp":
		return &sketch{typ: "probe_result"}
	}
	return nil
}

// firstText is the text that the arguments of a call begin with.
func firstText(args string) (text string, ok bool) {
	args = strings.TrimSpace(args)
	if after, named := strings.CutPrefix(args, "name"); named {
		args = strings.TrimLeft(after, " =")
	}
	if args == "" || args[0] != '"' && args[0] != '\'' {
		return "", false
	}
	text, _, ok = strings.Cut(args[1:], args[:1])
	return text, ok
}
