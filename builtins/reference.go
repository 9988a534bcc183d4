package builtins

import (
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// Reference answers what a name means: of a builtin, a type, a family, an
// operation, an attribute.
type Reference struct {
	globals starlark.StringDict
	reg     *session.Registry
	width   func() int // columns of the terminal, nil for none
	std     fs.FS      // the library, nil for none
}

// NewReference makes the reference of the globals that Globals made, and of
// the specs in reg.
func NewReference(globals starlark.StringDict, reg *session.Registry) *Reference {
	return &Reference{globals: globals, reg: reg}
}

// Fit makes the lines of pages as wide as the terminal is then.
func (r *Reference) Fit(width func() int) *Reference {
	r.width = width
	return r
}

// columns is how wide pages are.
func (r *Reference) columns() int {
	if r.width == nil {
		return textWidth
	}
	return max(r.width(), leastWidth)
}

// Registered lists every builtin: predeclared names, members of modules, types
// and what their values have.
func (r *Reference) Registered() []*Doc { return registered(r.globals) }

// Text documents a name in lines of at most 100 columns (in a session, those of its terminal); without a name, it
// lists what there is. An unknown name is an error that may suggest another.
func (r *Reference) Text(name string) (string, error) {
	if name == "" {
		return r.overview().lines(r.columns()), nil
	}
	pages := r.find(name)
	if len(pages) == 0 {
		return "", r.unknown(name)
	}
	texts := make([]string, len(pages))
	for i, p := range pages {
		texts[i] = p.lines(r.columns())
	}
	return strings.Join(texts, "\n"), nil
}

// find finds the pages of a name, the most exact ones only.
func (r *Reference) find(name string) []*page {
	var pages []*page
	for _, d := range r.Registered() {
		if d.Name == name {
			pages = append(pages, r.docPage(d))
		}
	}
	if pages != nil {
		return pages
	}
	if pages = r.inSpecs(name); pages != nil {
		return pages
	}
	if strings.HasPrefix(name, libraryPrefix) {
		if p := r.inLibrary(name); p != nil {
			return []*page{p}
		}
	}
	for _, d := range r.Registered() {
		if _, member, ok := strings.Cut(d.Name, "."); ok && member == name {
			pages = append(pages, r.docPage(d))
		}
	}
	return append(pages, r.anywhere(name)...)
}

// docPage is the page of a registered object.
func (r *Reference) docPage(d *Doc) *page {
	p := &page{title: d.Signature()}
	if d.Type != "function" && d.Type != method {
		p.title += ": " + d.Type
	}
	about := section{text: d.Summary}
	if d.Details != "" {
		about.text += "\n\n" + d.Details
	}
	p.sections = append(p.sections, about)
	params := section{heading: "parameters"}
	for _, q := range d.Params {
		typ := q.Type
		if q.Default != "" {
			typ += ", " + q.Default + " by default"
		}
		params.rows = append(params.rows, row{q.Name, typ, q.Doc})
	}
	if params.rows != nil {
		p.sections = append(p.sections, params)
	}
	if len(d.Members) > 0 {
		members := section{heading: "members"}
		for _, m := range d.Members {
			if md := r.member(d, m); md != nil {
				members.rows = append(members.rows, row{m, md.Type, md.Summary})
			}
		}
		p.sections = append(p.sections, members)
	}
	for _, s := range []section{{heading: "returns", text: d.Returns}, {heading: "errors", text: d.Errors}, {heading: "example", code: d.Example}} {
		if s.text != "" || s.code != "" {
			p.sections = append(p.sections, s)
		}
	}
	return p
}

// member finds a member of a module or an attribute of a type; the module netns
// and the type netns are two.
func (r *Reference) member(of *Doc, name string) *Doc {
	var found *Doc
	for _, d := range r.Registered() {
		if d.Name == of.Name+"."+name && (found == nil || of.Type == "type") {
			found = d
		}
	}
	return found
}

// inSpecs finds FAMILY, FAMILY.OP, FAMILY.SET and what is below.
func (r *Reference) inSpecs(name string) []*page {
	family, rest, _ := strings.Cut(name, ".")
	specs, err := r.reg.Specs(family)
	if err != nil {
		return nil
	}
	if rest == "" {
		return []*page{familyPage(family, specs)}
	}
	first, path, below := strings.Cut(rest, ".")
	var pages []*page
	for _, s := range specs {
		if op := s.FindOp(first); op != nil {
			if !below {
				pages = append(pages, opPage(s, op))
			} else if p := descend(s, s.Name+"."+first, s.Struct(op.Header), opSet(s, op), op.Payload, path); p != nil {
				pages = append(pages, p)
			}
			continue
		}
		if set := s.FindSet(first); set != nil {
			if !below {
				pages = append(pages, setPage(s, set))
			} else if p := descend(s, s.Name+"."+first, nil, set, schema.KindNone, path); p != nil {
				pages = append(pages, p)
			}
		}
		if st := s.FindStruct(first); st != nil {
			if !below {
				pages = append(pages, structPage(s, st))
			} else if m := st.Find(path); m != nil {
				pages = append(pages, rowPage(s, name, schema.Place{Member: m}))
			}
		}
		if e := s.FindEnum(first); e != nil {
			if _, known := e.ValueOf(path); !below || known {
				pages = append(pages, enumPage(s, e))
			}
		}
	}
	return pages
}

// descend follows a path of names through nests; a sub-message takes the value
// of its selector for a name ("linkinfo.data.vxlan.id").
func descend(s *schema.Spec, at string, header *schema.Struct, set *schema.Set, payload schema.Kind, path string) *page {
	name, rest, below := strings.Cut(path, ".")
	p := schema.Resolve(header, set, payload, name)
	if p.Member == nil && p.Attr == nil {
		return nil
	}
	at += "." + name
	if !below {
		return rowPage(s, at, p)
	}
	if p.Attr == nil {
		return nil
	}
	if sub := s.SubMsg(p.Attr.SubMsg); sub != nil {
		value, deeper, more := strings.Cut(rest, ".")
		for i := range sub.Formats {
			f := &sub.Formats[i]
			if f.Value != value {
				continue
			}
			switch set := s.Set(f.Set); {
			case more:
				return descend(s, at+"."+value, s.Struct(f.Header), set, schema.KindNone, deeper)
			case set != nil:
				return setPage(s, set)
			case f.Header != 0:
				return structPage(s, s.Struct(f.Header))
			}
		}
		return nil
	}
	return descend(s, at, s.Struct(p.Attr.Struct), s.Set(p.Attr.Set), schema.KindNone, rest)
}

// anywhere finds operations, attributes, members and enums by their bare name.
func (r *Reference) anywhere(name string) []*page {
	var pages []*page
	for _, s := range r.specs() {
		if op := s.FindOp(name); op != nil {
			pages = append(pages, opPage(s, op))
		}
		for i := range s.Sets {
			if a := s.Sets[i].Find(name); a != nil {
				pages = append(pages, rowPage(s, s.Name+"."+s.Sets[i].Name+"."+a.Key, schema.Place{Attr: a}))
			}
		}
		for i := range s.Structs {
			if m := s.Structs[i].Find(name); m != nil {
				pages = append(pages, rowPage(s, s.Name+"."+s.Structs[i].Name+"."+m.Key, schema.Place{Member: m}))
			}
		}
		if set := s.FindSet(name); set != nil {
			pages = append(pages, setPage(s, set))
		}
		if e := s.FindEnum(name); e != nil {
			pages = append(pages, enumPage(s, e))
		}
	}
	return pages
}

// specs are all that can be read.
func (r *Reference) specs() []*schema.Spec {
	var list []*schema.Spec
	for _, name := range r.reg.Names() {
		if s, err := r.reg.Find(name); err == nil && s != nil {
			list = append(list, s)
		}
	}
	return list
}

// unknown is the error for a name that nothing has.
func (r *Reference) unknown(name string) error {
	known := append(r.globals.Keys(), starlark.Universe.Keys()...)
	for _, d := range r.Registered() {
		known = append(known, d.Name)
	}
	for _, m := range r.library() {
		known = append(known, m.name)
		for _, f := range m.funcs {
			known = append(known, f.name, m.name+":"+f.name)
		}
	}
	family, _, _ := strings.Cut(name, ".")
	known = append(append(known, r.reg.Names()...), r.reg.ProtocolNames()...)
	for _, s := range r.specs() {
		prefix := ""
		if strings.Contains(name, ".") {
			if prefix = s.Name + "."; family != s.Name {
				continue
			}
		}
		for i := range s.Ops {
			known = append(known, prefix+s.Ops[i].Key)
		}
		for i := range s.Sets {
			for j := range s.Sets[i].Attrs {
				known = append(known, prefix+s.Sets[i].Attrs[j].Key)
			}
		}
	}
	hint := schema.Suggest(name, known)
	if hint == "" {
		hint = "without a name, everything is listed"
	}
	return &schema.Error{Got: fmt.Sprintf("unknown name %q", clipped(name)), Want: "a builtin, a type, a family, an operation or an attribute", Hint: hint}
}

// clipped keeps an error to one line of bearable length.
func clipped(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}

// overview lists what there is.
func (r *Reference) overview() *page {
	p := &page{title: `nlsh: help(NAME) says more, of a builtin (help(nl.open)), a family (help("rt-link")), ` +
		`an operation ("rt-link.newlink"), an attribute ("rt-link.newlink.mtu", or "mtu")`}
	funcs, types := section{heading: "builtins"}, section{heading: "types"}
	for _, d := range r.Registered() {
		switch {
		case d.Type == "type":
			types.rows = append(types.rows, row{d.Name, "", d.Summary})
		case d.Type == method || strings.Contains(d.Name, ".") && d.Type != "function":
		default:
			funcs.rows = append(funcs.rows, row{d.Name, "", d.Summary})
		}
	}
	families := section{heading: "families"}
	specs := r.specs()
	sort.Slice(specs, func(i, j int) bool { return specs[i].Name < specs[j].Name })
	for _, s := range specs {
		families.rows = append(families.rows, row{s.Name, "", s.Doc})
	}
	p.sections = []section{funcs, types, families}
	return p
}
