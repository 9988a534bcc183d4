package builtins

import (
	"fmt"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// familyPage documents a family: its operations and groups.
func familyPage(name string, specs []*schema.Spec) *page {
	p := &page{title: fmt.Sprintf("%s: a family, opened with nl.open(%q)", name, name)}
	for _, s := range specs {
		sec := section{text: s.Doc}
		if len(specs) > 1 {
			sec.heading = s.Name
		}
		for i := range s.Ops {
			op := &s.Ops[i]
			sec.rows = append(sec.rows, row{op.Key, opModes(op), op.Doc})
		}
		p.sections = append(p.sections, sec)
	}
	groups := section{heading: "multicast groups"}
	for _, s := range specs {
		for _, g := range s.Groups {
			groups.rows = append(groups.rows, row{name: g.Name})
		}
	}
	if len(groups.rows) > 0 {
		p.sections = append(p.sections, groups)
	}
	return p
}

// opModes says how an operation is called.
func opModes(op *schema.Op) string {
	var modes []string
	if op.Do.Has && op.Do.Request >= 0 {
		modes = append(modes, "do")
	}
	if op.Dump.Has && op.Dump.Request >= 0 {
		modes = append(modes, "dump")
	}
	switch {
	case op.Ntf >= 0 && op.Notify != "":
		modes = append(modes, "notification of "+schema.Key(op.Notify))
	case op.Ntf >= 0:
		modes = append(modes, "notification")
	}
	return strings.Join(modes, ", ")
}

// opPage documents an operation and the fields of its requests.
func opPage(s *schema.Spec, op *schema.Op) *page {
	p := &page{title: fmt.Sprintf("%s.%s: operation (%s)", s.Name, op.Key, opModes(op))}
	about := section{text: op.Doc}
	if op.Admin || op.UnsAdm {
		about.text = strings.TrimSpace(about.text + "\n\nNeeds CAP_NET_ADMIN.")
	}
	if about.text != "" {
		p.sections = append(p.sections, about)
	}
	if sec := structSection(s, s.Struct(op.Header)); sec != nil {
		p.sections = append(p.sections, *sec)
	}
	if sec := setSection(s, opSet(s, op)); sec != nil {
		p.sections = append(p.sections, *sec)
	}
	if op.Payload != schema.KindNone {
		p.sections = append(p.sections, section{rows: []row{{"payload", op.Payload.String(), "what follows the header"}}})
	}
	return p
}

// opSet is the set that requests of op are written in.
func opSet(s *schema.Spec, op *schema.Op) *schema.Set {
	mode := &op.Do
	if !mode.Has {
		mode = &op.Dump
	}
	return s.RequestSet(op, mode)
}

func structSection(s *schema.Spec, st *schema.Struct) *section {
	if st == nil {
		return nil
	}
	sec := &section{heading: "fixed header " + st.Name, text: st.Doc}
	for i := range st.Members {
		if m := &st.Members[i]; m.Kind != schema.KindPad {
			sec.rows = append(sec.rows, row{m.Short(st), rowType(s, &m.Row), m.Doc})
		}
	}
	return sec
}

func setSection(s *schema.Spec, set *schema.Set) *section {
	if set == nil {
		return nil
	}
	sec := &section{heading: "attributes " + set.Name, text: set.Doc}
	for i := range set.Attrs {
		if a := &set.Attrs[i]; a.Kind != schema.KindPad && a.Kind != schema.KindUnused {
			sec.rows = append(sec.rows, row{a.Key, attrType(s, a), a.Doc})
		}
	}
	return sec
}

// attrType is the type of an attribute, for people.
func attrType(s *schema.Spec, a *schema.Attr) string {
	typ := rowType(s, &a.Row)
	switch a.Kind {
	case schema.KindNest, schema.KindIndexedArray, schema.KindNestTypeValue, schema.KindRecords:
		if set := s.Set(a.Set); set != nil {
			typ += " of " + set.Name
		}
	case schema.KindSubMessage:
		typ = "sub-message"
		if a.Selector != "" {
			typ += " by " + schema.Key(a.Selector)
		}
	}
	if a.Multi {
		typ = "list of " + typ
	}
	return typ
}

// maxEnum is how many names of an enum a table shows.
const maxEnum = 8

// rowType is the type of a value, with the names that it may have.
func rowType(s *schema.Spec, r *schema.Row) string {
	typ := r.Kind.String()
	if (r.Kind == schema.KindScalarArray || r.Kind == schema.KindArray || r.Kind == schema.KindIndexedArray) && r.Elem != schema.KindNone {
		typ += " of " + r.Elem.String()
	}
	if st := s.Struct(r.Struct); st != nil {
		typ += " " + st.Name
	}
	if r.Hint != schema.HintNone {
		typ += " (" + r.Hint.String() + ")"
	}
	if r.Role != schema.RoleNone {
		typ += " (" + r.Role.String() + ")"
	}
	e := s.Enum(r.Enum)
	if e == nil {
		return typ
	}
	kind := ", one of "
	if e.Flags || r.AsFlags {
		kind = ", flags "
	}
	names := e.Names()
	if len(names) > maxEnum {
		return fmt.Sprintf("%s%s%s, ... (%d in %s)", typ, kind, strings.Join(names[:maxEnum], ", "), len(names), e.Name)
	}
	return typ + kind + strings.Join(names, ", ")
}

// rowPage documents one attribute or member: its enum, the set or the formats
// inside, what the spec checks.
func rowPage(s *schema.Spec, path string, p schema.Place) *page {
	if p.Attr == nil {
		m := &p.Member.Row
		return &page{title: path + ": member of a struct", sections: append([]section{{text: "Type: " + rowType(s, m) + "."}}, rowSections(s, m)...)}
	}
	a := p.Attr
	pg := &page{title: fmt.Sprintf("%s: attribute %d (%s)", path, a.Num, a.Name)}
	pg.sections = append([]section{{text: "Type: " + attrType(s, a) + "."}}, rowSections(s, &a.Row)...)
	var checks []row
	for _, c := range a.Checks {
		checks = append(checks, row{name: c.Name, typ: fmt.Sprint(c.Value)})
	}
	if checks != nil {
		pg.sections = append(pg.sections, section{heading: "bounds", rows: checks})
	}
	if st := s.Struct(a.Struct); st != nil {
		sec := structSection(s, st)
		sec.heading = "struct " + st.Name
		pg.sections = append(pg.sections, *sec)
	}
	if sec := setSection(s, s.Set(a.Set)); sec != nil {
		pg.sections = append(pg.sections, *sec)
	}
	if sub := s.SubMsg(a.SubMsg); sub != nil {
		pg.sections = append(pg.sections, formatSection(s, a, sub))
	}
	return pg
}

func rowSections(s *schema.Spec, r *schema.Row) []section {
	var list []section
	if r.Doc != "" {
		list = append(list, section{text: r.Doc})
	}
	if e := s.Enum(r.Enum); e != nil {
		sec := section{heading: "values of " + e.Name, text: e.Doc}
		for i := range e.Entries {
			en := &e.Entries[i]
			sec.rows = append(sec.rows, row{en.Name, fmt.Sprint(en.Value), en.Doc})
		}
		list = append(list, sec)
	}
	return list
}

func formatSection(s *schema.Spec, a *schema.Attr, sub *schema.SubMsg) section {
	sec := section{heading: "formats, by " + schema.Key(a.Selector)}
	for i := range sub.Formats {
		f := &sub.Formats[i]
		typ := "bytes"
		if set := s.Set(f.Set); set != nil {
			typ = set.Name
		} else if st := s.Struct(f.Header); st != nil {
			typ = "struct " + st.Name
		}
		name := f.Value
		if f.Default {
			name = "(any other)"
		}
		sec.rows = append(sec.rows, row{name: name, typ: typ})
	}
	return sec
}

// setPage documents a set of attributes by its name.
func setPage(s *schema.Spec, set *schema.Set) *page {
	sec := setSection(s, set)
	sec.heading = ""
	return &page{title: fmt.Sprintf("%s.%s: attributes", s.Name, set.Name), sections: []section{*sec}}
}

// structPage documents a struct by its name.
func structPage(s *schema.Spec, st *schema.Struct) *page {
	sec := structSection(s, st)
	sec.heading = ""
	return &page{title: fmt.Sprintf("%s.%s: struct of %d bytes", s.Name, st.Name, st.Size), sections: []section{*sec}}
}

// enumPage documents an enum by its name.
func enumPage(s *schema.Spec, e *schema.Enum) *page {
	kind := "enum"
	if e.Flags {
		kind = "flags (numbers of bits)"
	}
	sec := section{text: e.Doc}
	for i := range e.Entries {
		sec.rows = append(sec.rows, row{e.Entries[i].Name, fmt.Sprint(e.Entries[i].Value), e.Entries[i].Doc})
	}
	return &page{title: fmt.Sprintf("%s.%s: %s", s.Name, e.Name, kind), sections: []section{sec}}
}
