package builtins

import (
	"sort"
	"strings"

	"go.starlark.net/starlark"
)

// Doc is a builtin, an attribute, a type or a module as help, the reference
// and completion show it.
type Doc struct {
	Name    string // "nl.open", "message.raw"
	Type    string // "function", "method", "type", "module", or that of the value
	Summary string // one line without a full stop
	Details string // paragraphs
	Returns string
	Errors  string
	Example string // code
	Params  []Param
	Members []string // names of what a type or a module has
}

// Param is one parameter.
type Param struct {
	Name    string
	Type    string
	Default string // as written in a call; "" where it must be given
	Doc     string
}

// Signature is the builtin as it is called: "nl.open(name, netns = None)".
func (d *Doc) Signature() string {
	if d.Type != "function" && d.Type != method {
		return d.Name
	}
	parts := make([]string, len(d.Params))
	for i, p := range d.Params {
		parts[i] = p.Name
		if p.Default != "" {
			parts[i] += " = " + p.Default
		}
	}
	return d.Name + "(" + strings.Join(parts, ", ") + ")"
}

// newDoc reads a doc and its parameters.
func newDoc(name, typ, text string, params []param) *Doc {
	d := &Doc{Name: name, Type: typ}
	first, rest, _ := strings.Cut(text, "\n")
	d.Summary = first
	var details []string
	for _, par := range paragraphs(rest) {
		switch {
		case strings.HasPrefix(par, "    "):
			d.Example += unindent(par)
		case strings.HasPrefix(par, "Errors: "):
			d.Errors = strings.TrimPrefix(par, "Errors: ")
		case strings.HasPrefix(par, "Returns "):
			d.Returns = strings.TrimPrefix(par, "Returns ")
		default:
			details = append(details, par)
		}
	}
	d.Details = strings.Join(details, "\n\n")
	for _, p := range params {
		typ, def, _ := strings.Cut(p.typ, " = ")
		d.Params = append(d.Params, Param{Name: p.name, Type: typ, Default: def, Doc: p.doc})
	}
	return d
}

// paragraphs splits text at empty lines; code goes on over them.
func paragraphs(text string) []string {
	var list []string
	for _, par := range strings.Split(text, "\n\n") {
		par = strings.Trim(par, "\n")
		last := len(list) - 1
		switch {
		case par == "":
		case strings.HasPrefix(par, "    ") && last >= 0 && strings.HasPrefix(list[last], "    "):
			list[last] += "\n\n" + par
		default:
			list = append(list, par)
		}
	}
	return list
}

func unindent(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code + "\n") {
		b.WriteString(strings.TrimPrefix(line, "    "))
	}
	return b.String()
}

// entry is the registered object of a function.
func (f *Func) entry() *Doc { return newDoc(f.Name(), "function", f.doc, f.params) }

// registered lists every builtin there is: predeclared names, the members of
// modules, types and what their values have. A module comes before its members.
func registered(globals starlark.StringDict) []*Doc {
	var list []*Doc
	for _, name := range globals.Keys() { // sorted
		switch v := globals[name].(type) {
		case *Func:
			list = append(list, v.entry())
		case *module:
			list = append(list, v.entries()...)
		default:
			list = append(list, foreign(name, v)...)
		}
	}
	for _, a := range foreignDocs() {
		if root, _, _ := strings.Cut(a.name, "."); globals[root] == nil {
			list = append(list, a.entry("")) // the host adds it
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].root() < list[j].root() })
	for _, t := range typeDocs() {
		d := &Doc{Name: t.name, Type: "type", Summary: t.doc}
		list = append(list, d)
		for _, a := range t.attrs {
			d.Members = append(d.Members, a.name)
			list = append(list, a.entry(t.name+"."))
		}
	}
	return list
}

// foreign is a predeclared value that another package made, and what it has if
// it is a module. Their docs are in foreignDocs.
func foreign(name string, v starlark.Value) []*Doc {
	find := func(name, typ string) *Doc {
		for _, a := range foreignDocs() {
			if a.name == name {
				return a.entry("")
			}
		}
		return &Doc{Name: name, Type: typ}
	}
	list := []*Doc{find(name, v.Type())}
	m, ok := v.(starlark.HasAttrs)
	if !ok || v.Type() != "module" {
		return list
	}
	for _, member := range m.AttrNames() {
		list[0].Members = append(list[0].Members, member)
		list = append(list, find(name+"."+member, "value"))
	}
	return list
}

// root is the predeclared name through which d is reached.
func (d *Doc) root() string {
	name, _, _ := strings.Cut(d.Name, ".")
	return name
}

// entries are a module and its members. Numbers are constants, whose names say
// what they are.
func (m *module) entries() []*Doc {
	list := []*Doc{{Name: m.name, Type: "module", Summary: m.doc}}
	for _, name := range m.AttrNames() {
		f, isFunc := m.members[name].(*Func)
		switch {
		case isFunc:
			list = append(list, f.entry())
		case m.isConstant(name):
			continue
		default:
			list = append(list, m.member(name))
		}
		list[0].Members = append(list[0].Members, name)
	}
	return list
}

func (m *module) isConstant(name string) bool {
	_, isInt := m.members[name].(starlark.Int)
	return isInt || name == strings.ToUpper(name)
}

// member is the doc of a member that is no builtin, empty where nobody wrote it.
func (m *module) member(name string) *Doc {
	for i := range m.about {
		if m.about[i].name == name {
			return m.about[i].entry(m.name + ".")
		}
	}
	return &Doc{Name: m.name + "." + name, Type: "value"}
}

// entry is the doc of an attribute of what prefix names.
func (a *attribute) entry(prefix string) *Doc {
	if a.typ == method && prefix == "" {
		return newDoc(a.name, "function", a.doc, a.params)
	}
	return newDoc(prefix+a.name, a.typ, a.doc, a.params)
}
