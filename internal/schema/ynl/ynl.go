// Package ynl reads specs: YAML in the kernel's YNL dialect, with the
// extensions of docs/specs.md, into the model of package schema.
//
//	spec, err := ynl.Load(data, "rt-link.yaml", errata)
//
// It refuses a faulty spec, a dangling reference, a number used twice, an
// unknown type or key, a cycle, with file, line and reason, all of them at
// once. It accepts older and newer generations of the kernel's specs: keys
// that serve only the kernel's C generator are read over.
//
// Reading takes milliseconds. What nlsh ships is therefore compiled to tables
// (specs/), and this package runs for the specs that a user loads.
package ynl

import (
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
)

// Keys of each part. Those in the second line serve the kernel's C generator,
// its documentation or its tests.
const (
	topKeys = "name protocol protonum version doc definitions attribute-sets sub-messages operations mcast-groups " +
		"uapi-header c-family-name c-version-name max-by-define kernel-policy kernel-family cmd-max-name cmd-cnt-name"
	defKeys = "name type doc value value-start entries members since name-prefix c-name " +
		"header enum-name render-max enum-cnt-name scope"
	entryKeys  = "name value doc since c-name config-cond name-prefix"
	memberKeys = "name type doc byte-order enum enum-as-flags display-hint len struct sub-type count-member selector hints role class within since " +
		"doc-mask"
	setKeys = "name doc attributes subset-of name-prefix columns " +
		"enum-name attr-cnt-name attr-max-name header"
	attrKeys = "name value type doc byte-order enum enum-as-flags display-hint len struct sub-type nested-attributes type-value " +
		"multi-attr unordered index sub-message selector checks length-member role class within since empty-since c-name " +
		"config-cond parent-id max-len header scope name-prefix"
	checkKeys  = "min max min-len max-len exact-len unterminated-ok flags-mask sparse"
	subMsgKeys = "name doc formats"
	formatKeys = "value fixed-header attribute-set default doc"
	opsKeys    = "enum-model fixed-header list doc name-prefix " +
		"async-prefix async-enum enum-name"
	opKeys = "name value doc attribute-set fixed-header do dump notify event mcgrp flags payload transaction since c-name " +
		"dont-validate config-cond kernel-policy"
	modeKeys    = "request reply unordered pre post config-cond"
	sideKeys    = "value attributes"
	requestKeys = sideKeys + " attribute-set"
	groupsKey   = "list"
	groupKeys   = "name value doc c-define-name flags"
)

// loader turns one document into a Spec.
type loader struct {
	source
	doc    *yaml.Node
	spec   *schema.Spec
	sets   map[string]schema.Ref
	subs   map[string]schema.Ref
	defs   map[string]schema.Ref // structs and enums, apart by prefix
	lookup []func()              // references, resolved when everything has a name
	late   []func()              // checks of what is known at the end only
	layout map[schema.Ref]int8   // state of struct layout
	nodes  map[schema.Ref]*yaml.Node
}

// Load reads one spec. errata may be nil.
func Load(data []byte, file string, errata *Errata) (*schema.Spec, error) {
	l := &loader{
		source: source{file: file, foreign: map[*yaml.Node]string{}},
		sets:   map[string]schema.Ref{}, subs: map[string]schema.Ref{}, defs: map[string]schema.Ref{},
		layout: map[schema.Ref]int8{}, nodes: map[schema.Ref]*yaml.Node{},
	}
	l.doc = l.parse(data, "a spec")
	if l.doc == nil {
		return nil, l.err()
	}
	if errata != nil {
		errata.apply(l.doc, l.foreign)
	}
	l.top()
	l.definitions()
	l.attributeSets()
	l.subMessages()
	for _, resolve := range l.lookup {
		resolve()
	}
	l.structs()
	l.operations()
	l.groups()
	for _, check := range l.late {
		check()
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	return l.spec, nil
}

func (l *loader) top() {
	l.check(l.doc, "spec", topKeys)
	l.spec = &schema.Spec{
		Name: l.must(l.doc, "spec", "name"), Doc: oneLine(l.str(l.doc, "doc")), Source: l.file,
		Protocol: l.str(l.doc, "protocol"), ProtoNum: protoGeneric, Version: 1,
	}
	if l.spec.Protocol == "" {
		l.spec.Protocol = "genetlink"
	}
	switch l.spec.Protocol {
	case "genetlink", "genetlink-c", "genetlink-legacy", "netlink-raw":
	default:
		l.errorf(get(l.doc, "protocol"), "protocol: got %q, want genetlink, genetlink-c, genetlink-legacy or netlink-raw", l.spec.Protocol)
	}
	num, ok := l.numIn(l.doc, "protonum", 0, 255)
	switch {
	case ok:
		l.spec.ProtoNum = int(num)
	case !l.spec.Generic():
		l.errorf(l.doc, "spec: protonum is missing")
	}
	if v, ok := l.numIn(l.doc, "version", 0, 255); ok {
		l.spec.Version = int(v)
	}
}

// protoGeneric is NETLINK_GENERIC (linux/netlink.h).
const protoGeneric = 16

func (l *loader) definitions() {
	for _, d := range l.list(l.doc, "definitions") {
		if !l.check(d, "definition", defKeys) {
			continue
		}
		name := l.must(d, "definition", "name")
		switch kind := l.str(d, "type"); kind {
		case "const":
			l.constant(d, name)
		case "enum", "flags":
			l.enum(d, name, kind == "flags")
		case "struct":
			l.structDef(d, name)
		default:
			l.errorf(d, "%s: got type %q, want const, enum, flags or struct", name, kind)
		}
	}
}

func (l *loader) constant(d *yaml.Node, name string) {
	c := schema.Const{Name: name, Doc: oneLine(l.str(d, "doc")), CName: l.str(d, "c-name")}
	text := l.must(d, name, "value")
	if n, err := parseInt(text); err == nil {
		c.Num = n
	} else {
		c.Text = text
	}
	l.spec.Consts = append(l.spec.Consts, c)
}

func (l *loader) enum(d *yaml.Node, name string, flags bool) {
	e := schema.Enum{Name: name, Doc: oneLine(l.str(d, "doc")), Flags: flags, Prefix: l.prefix(d, name)}
	next, _ := l.num(d, "value-start")
	seen := map[string]bool{}
	for _, entry := range l.list(d, "entries") {
		one := schema.Entry{Value: next}
		if entry.Kind == yaml.ScalarNode && entry.Value != "" {
			one.Name = entry.Value
		} else if l.check(entry, name, entryKeys) {
			one.Name, one.Doc, one.Since = l.must(entry, name, "name"), oneLine(l.str(entry, "doc")), l.str(entry, "since")
			one.CName = l.str(entry, "c-name")
			if v, ok := l.num(entry, "value"); ok {
				one.Value = v
			}
		}
		if seen[one.Name] && one.Name != "" {
			l.errorf(entry, "%s: entry %q comes twice", name, one.Name)
		}
		if flags && (one.Value < 0 || one.Value > 63) {
			l.errorf(entry, "%s: %s is bit %d, want 0 to 63", name, one.Name, one.Value)
		}
		seen[one.Name] = true
		next = one.Value + 1
		e.Entries = append(e.Entries, one)
	}
	l.spec.Enums = append(l.spec.Enums, e)
	l.define(d, "enum "+name, schema.Ref(len(l.spec.Enums)))
}

// prefix is what the C names of a set or an enum begin with. Where the kernel's
// header was made of the spec, it follows from the names
// (tools/net/ynl/pyynl/ynl_gen_c.py); elsewhere it has to be said.
func (l *loader) prefix(n *yaml.Node, parts ...string) string {
	if p := l.str(n, "name-prefix"); p != "" || l.spec.Protocol != "genetlink" {
		return cName(p)
	}
	return cName(strings.Join(append([]string{l.spec.Name}, parts...), "-") + "-")
}

// cName is the C spelling of a name.
func cName(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// define gives a definition its name; enums and structs are apart.
func (l *loader) define(n *yaml.Node, key string, ref schema.Ref) {
	if l.defs[key] != 0 {
		l.errorf(n, "%s is defined twice", key)
	}
	l.defs[key] = ref
}

// ref resolves the name that a key holds; what says what kind of thing it names.
func (l *loader) ref(n *yaml.Node, owner, key, what string, table map[string]schema.Ref) schema.Ref {
	name := l.str(n, key)
	if name == "" {
		return 0
	}
	prefix := ""
	if what == "enum" || what == "struct" {
		prefix = what + " "
	}
	r := table[prefix+name]
	if r == 0 {
		var names []string
		for k := range table {
			if len(k) > len(prefix) && k[:len(prefix)] == prefix {
				names = append(names, k[len(prefix):])
			}
		}
		sort.Strings(names)
		l.errorf(get(n, key), "%s: there is no %s %q%s", owner, what, name, suffix(schema.Suggest(name, names)))
	}
	return r
}

func (l *loader) subMessages() {
	for _, d := range l.list(l.doc, "sub-messages") {
		if !l.check(d, "sub-message", subMsgKeys) {
			continue
		}
		sub := schema.SubMsg{Name: l.must(d, "sub-message", "name")}
		seen := map[string]bool{}
		for _, f := range l.list(d, "formats") {
			if !l.check(f, sub.Name, formatKeys) {
				continue
			}
			one := schema.Format{Value: l.str(f, "value"), Default: l.bool(f, "default")}
			if one.Value == "" && !one.Default {
				l.errorf(f, "%s: a format needs a value, or default: true", sub.Name)
			}
			if seen[one.Value] && one.Value == "" {
				l.errorf(f, "%s: the default format comes twice", sub.Name)
			} else if seen[one.Value] {
				l.errorf(f, "%s: format %q comes twice", sub.Name, one.Value)
			}
			seen[one.Value] = true
			sub.Formats = append(sub.Formats, one)
		}
		l.spec.SubMsgs = append(l.spec.SubMsgs, sub)
		ref := schema.Ref(len(l.spec.SubMsgs))
		if l.subs[sub.Name] != 0 {
			l.errorf(d, "sub-message %s is defined twice", sub.Name)
		}
		l.subs[sub.Name] = ref
		l.lookup = append(l.lookup, func() {
			for i, f := range l.list(d, "formats") {
				formats := l.spec.SubMsg(ref).Formats
				if i < len(formats) {
					formats[i].Header = l.ref(f, sub.Name, "fixed-header", "struct", l.defs)
					formats[i].Set = l.ref(f, sub.Name, "attribute-set", "attribute set", l.sets)
					l.late = append(l.late, func() { l.followed(f, sub.Name, formats[i].Header, formats[i].Set != 0) })
				}
			}
		})
	}
}

// followed refuses a header without a fixed size where something follows it.
func (l *loader) followed(n *yaml.Node, owner string, header schema.Ref, more bool) {
	if st := l.spec.Struct(header); more && st != nil && hasTail(st) {
		l.errorf(n, "%s: struct %s takes the rest of the payload, nothing can follow it", owner, st.Name)
	}
}

func (l *loader) groups() {
	g := get(l.doc, "mcast-groups")
	if g == nil || !l.check(g, "mcast-groups", groupsKey) {
		return
	}
	seen := map[string]bool{}
	for _, d := range l.list(g, "list") {
		if !l.check(d, "multicast group", groupKeys) {
			continue
		}
		name := l.must(d, "multicast group", "name")
		v, _ := l.numIn(d, "value", 0, 0xffff)
		if seen[name] {
			l.errorf(d, "multicast group %s comes twice", name)
		}
		seen[name] = true
		l.spec.Groups = append(l.spec.Groups, schema.Group{Name: name, Key: schema.Key(name), CName: cName(l.str(d, "c-define-name")), Value: int32(v)})
	}
}

// selector checks that a selector names something in some set or header. Which
// one is known only when a message is there.
func (l *loader) selector(n *yaml.Node, where string, a *schema.Attr) {
	if a.Kind != schema.KindSubMessage {
		return
	}
	l.late = append(l.late, func() {
		switch name := l.str(n, "selector"); {
		case name == "" && !l.hasDefault(l.subs[l.str(n, "sub-message")]):
			l.errorf(n, "%s: selector is missing", where)
		case name != "" && !l.declared(name):
			l.errorf(get(n, "selector"), "%s: selector %q names no attribute and no member", where, name)
		}
	})
}

func (l *loader) hasDefault(ref schema.Ref) bool {
	if ref == 0 {
		return true // reported as a dangling reference
	}
	for _, f := range l.spec.SubMsg(ref).Formats {
		if f.Default {
			return true
		}
	}
	return false
}

func (l *loader) declared(name string) bool {
	for i := range l.spec.Sets {
		if l.spec.Sets[i].Find(name) != nil {
			return true
		}
	}
	for i := range l.spec.Structs {
		if l.spec.Structs[i].Find(name) != nil {
			return true
		}
	}
	return false
}
