package builtins

import (
	"bufio"
	"os"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// Keywords are the names that a call of v takes, in the order in which they are documented; nil where that is not known. of is the value whose
// method it is, nil for none. It asks the kernel nothing, as all that completes.
func Keywords(of, v starlark.Value) []string {
	if fields := fieldsOf(of); fields != nil {
		switch methodOf(v) {
		case "where", "first", "count", "match":
			return fields
		}
	}
	return keywords(v)
}

func keywords(v starlark.Value) []string {
	switch v := v.(type) {
	case *operation:
		return append(v.fields(), paramNames(callParams[1:])...)
	case *Func:
		if v.op != nil {
			return append(v.op.fields(), paramNames(callParams[1:])...)
		}
		return paramNames(v.params)
	case *methodSketch:
		return paramNames(v.params)
	case *starlark.Function:
		var names []string
		for i := range v.NumParams() {
			if name, _ := v.Param(i); name != "" {
				names = append(names, name)
			}
		}
		return names
	}
	return nil
}

// An Argument is where in a call a text is being written.
type Argument struct {
	Index   int      // of the argument
	Keyword string   // "" for none
	Path    []string // the keys of dicts around it, and that whose value it is
	Key     bool     // it is a key of a dict itself
	Before  string   // the arguments so far
}

// Texts are what a text in a call of fn may be: names of an enum, of flags, of what there is. files says that it is the name of a file.
// of is the value whose method it is.
func (r *Reference) Texts(of, fn starlark.Value, arg Argument) (list []string, files bool) {
	if op := operationOf(fn); op != nil {
		return r.fieldTexts(op, arg), false
	}
	name, keyword := nameOf(fn), arg.Keyword
	if fields := fieldsOf(of); fields != nil {
		return r.fieldNames(of, methodOf(fn), fields, arg), false
	}
	if names := keywords(fn); keyword == "" && arg.Index < len(names) {
		keyword = names[arg.Index]
	}
	switch name + " " + keyword {
	case "nl.open name", "nl.here name", "nl.decode spec", "hexdump spec", "nl.serve spec":
		return r.familyNames(), false
	case "nl.open groups":
		return r.groupNames(arg.Before), false
	case "ls value", "help value":
		list = r.familyNames()
		for _, d := range r.Registered() {
			list = append(list, d.Name)
		}
		for _, m := range r.library() {
			list = append(list, m.name)
		}
		slices.Sort(list)
		return slices.Compact(list), false
	case "netns.open name":
		list, _ = netns.List()
		return list, false
	}
	switch keyword {
	case "path", "file":
		return nil, true
	case "dev", "ifname", "master":
		return interfaces(), false
	}
	if f, ok := of.(*family); ok && (keyword == "groups" || strings.HasSuffix(name, ".join") || strings.HasSuffix(name, ".leave")) {
		return r.groupNames("\"" + f.f.Name + "\""), false
	}
	return nil, false
}

// fieldNames are the texts that a method of messages takes: names of their fields, or what one of these may be.
func (r *Reference) fieldNames(of starlark.Value, name string, fields []string, arg Argument) (list []string) {
	switch name {
	case "column", "columns", "group_by", "sort_by", "sum", "has", "raw":
		return fields
	case "where", "first", "count", "match":
		if s := sketched(of); s != nil && arg.Keyword != "" {
			for _, l := range s.layouts {
				list = append(list, valueNames(s.spec, l, schema.Resolve(l.Header, l.Set, s.payload, arg.Keyword))...)
			}
		}
	}
	return list
}

// methodOf is the last part of a callable's name.
func methodOf(fn starlark.Value) string {
	name := nameOf(fn)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// sketched is what a message is like, or each message of a dump, nil for anything else.
func sketched(v starlark.Value) *sketch {
	switch v := v.(type) {
	case *message:
		return sketchOf(v.m.Spec, v.m.Header, v.m.Set, v.m.Payload)
	case *dump:
		return replyOf(v.d.Op())
	case *stream:
		return replyOf(v.op.op)
	case *sketch:
		if v.elem != nil {
			v = v.elem
		}
		if v.layouts != nil {
			return v
		}
	}
	return nil
}

// fieldsOf are the fields of a message, or of each message of a dump, nil for anything else.
func fieldsOf(v starlark.Value) []string {
	s := sketched(v)
	if s == nil {
		return nil
	}
	return namesOf(s.layouts, s.payload, true)
}

func nameOf(fn starlark.Value) string {
	if c, ok := fn.(starlark.Callable); ok {
		return c.Name()
	}
	return ""
}

// operationOf is the operation that a call of fn makes a request of, nil for none.
func operationOf(fn starlark.Value) *operation {
	switch fn := fn.(type) {
	case *operation:
		return fn
	case *Func:
		return fn.op
	}
	return nil
}

// fieldTexts are what a field of a request, or one in its nests, may be.
func (r *Reference) fieldTexts(op *operation, arg Argument) []string {
	path := append([]string{arg.Keyword}, arg.Path...)
	if arg.Keyword == "" {
		path = path[1:] // in the dict that is the only argument without a name
	}
	layouts := []schema.Layout{{Header: op.op.Header(), Set: op.requestSet()}}
	payload := op.op.Payload
	if arg.Key {
		return namesOf(inNests(op.op.Spec, layouts, payload, path), payload, len(path) == 0)
	}
	if len(path) == 0 {
		return nil
	}
	last := path[len(path)-1]
	if len(path) == 1 && last == "flags" {
		return r.reg.MessageFlags()
	}
	var list []string
	for _, l := range inNests(op.op.Spec, layouts, payload, path[:len(path)-1]) {
		list = append(list, valueNames(op.op.Spec, l, schema.Resolve(l.Header, l.Set, payload, last))...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// inNests follows a path to what the nest there may hold.
func inNests(spec *schema.Spec, layouts []schema.Layout, payload schema.Kind, path []string) []schema.Layout {
	for _, name := range path {
		var inside []schema.Layout
		for _, l := range layouts {
			found, _ := insideOf(spec, schema.Resolve(l.Header, l.Set, payload, name))
			inside = append(inside, found...)
		}
		layouts, payload = inside, schema.KindNone
	}
	return layouts
}

func namesOf(layouts []schema.Layout, payload schema.Kind, whole bool) (names []string) {
	if !whole {
		payload = schema.KindNone
	}
	for _, l := range layouts {
		names = append(names, schema.Names(l.Header, l.Set, payload)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// valueNames are the names that the value at p may be: of its enum, of a format that it selects, of interfaces.
func valueNames(spec *schema.Spec, l schema.Layout, p schema.Place) (list []string) {
	row := p.Row()
	if row == nil {
		return nil
	}
	if e := spec.Enum(row.Enum); e != nil {
		list = e.Names()
	}
	if row.Role == schema.RoleIfname || row.Role == schema.RoleIfindex {
		list = append(list, interfaces()...)
	}
	if l.Set != nil && row.Kind == schema.KindString {
		for i := range l.Set.Attrs {
			if a := &l.Set.Attrs[i]; a.SubMsg != 0 && a.Selector == row.Name {
				for _, f := range spec.SubMsg(a.SubMsg).Formats {
					if f.Value != "" {
						list = append(list, f.Value)
					}
				}
			}
		}
	}
	return list
}

// interfaces are those of the namespace that the script is in, as /proc has them: no socket is opened.
func interfaces() (names []string) {
	f, err := os.Open("/proc/self/net/dev")
	if err != nil {
		return nil
	}
	defer f.Close()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		if name, _, ok := strings.Cut(scan.Text(), ":"); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// familyNames are what nl.open takes: protocols that have specs, and specs. None is read for that: a folder of them takes too long.
func (r *Reference) familyNames() []string {
	names := r.reg.Names()
	for _, s := range r.reg.Loaded() {
		names = append(names, r.reg.FamilyName(s))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// groupNames are the groups of the family whose name the arguments begin with.
func (r *Reference) groupNames(args string) (names []string) {
	name, ok := firstText(args)
	if !ok {
		return nil
	}
	specs, err := r.reg.SpecsOf(name)
	if err != nil {
		return nil
	}
	f := session.Family{Specs: specs}
	for _, s := range specs {
		f.Groups = append(f.Groups, s.Groups...)
	}
	return f.GroupNames()
}

func paramNames(params []param) (names []string) {
	for _, p := range params {
		for _, name := range strings.Split(p.name, ", ") {
			if !strings.HasPrefix(name, "*") {
				names = append(names, name)
			}
		}
	}
	return names
}
