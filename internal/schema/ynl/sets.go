package ynl

import (
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
)

// row reads what attributes and members of structs have in common. References
// are resolved later, into the row that at returns.
func (l *loader) row(n *yaml.Node, owner string, at func() *schema.Row) schema.Row {
	name := l.must(n, owner, "name")
	where := owner + "." + name
	r := schema.Row{
		Name: name, Key: schema.Key(name), CName: l.str(n, "c-name"), Doc: oneLine(l.str(n, "doc")),
		Since: l.str(n, "since"), Empty: l.str(n, "empty-since"), Kind: l.kind(n, where, "type"), AsFlags: l.bool(n, "enum-as-flags"),
	}
	if get(n, "sub-type") != nil {
		r.Elem = l.kind(n, where, "sub-type")
	}
	switch {
	case r.Kind == schema.KindBinary && get(n, "struct") != nil:
		r.Kind = schema.KindStruct
	case r.Kind == schema.KindBinary && r.Elem != schema.KindNone:
		r.Kind = schema.KindScalarArray
	case r.Kind == schema.KindArray && get(n, "struct") != nil:
		r.Elem = schema.KindStruct
	}
	l.rowWords(n, where, &r)
	l.elem(n, where, &r)
	if r.Kind == schema.KindRecords && get(n, "struct") == nil {
		l.errorf(n, "%s: struct is missing", where)
	}
	if r.AsFlags && get(n, "enum") == nil {
		l.errorf(n, "%s: enum-as-flags without enum", where)
	}
	l.lookup = append(l.lookup, func() {
		row := at()
		row.Enum = l.ref(n, where, "enum", "enum", l.defs)
		row.Struct = l.ref(n, where, "struct", "struct", l.defs)
	})
	return r
}

// elem checks what the elements of an array are.
func (l *loader) elem(n *yaml.Node, where string, r *schema.Row) {
	e := r.Elem
	ok := true
	switch r.Kind {
	case schema.KindScalarArray:
		ok = e.Width() > 0
	case schema.KindIndexedArray:
		ok = e.Integer() || e == schema.KindNest || e == schema.KindBinary || e == schema.KindString || e == schema.KindNone
	case schema.KindArray:
		ok = e.Width() > 0 || e == schema.KindStruct || (e == schema.KindBinary || e == schema.KindString) && r.Len > 0
		if e == schema.KindNone || !ok && (e == schema.KindBinary || e == schema.KindString) {
			l.errorf(n, "%s: an array needs struct, or sub-type (with len for binary)", where)
			return
		}
	}
	if !ok {
		l.errorf(get(n, "sub-type"), "%s: %s cannot be elements of %s", where, e, l.str(n, "type"))
	}
}

func (l *loader) rowWords(n *yaml.Node, where string, r *schema.Row) {
	switch order := l.str(n, "byte-order"); order {
	case "", "little-endian", "host":
		if order == "little-endian" {
			l.errorf(get(n, "byte-order"), "%s: little-endian is not supported, nothing in the kernel uses it", where)
		}
	case "big-endian":
		r.BigEndian = true
	default:
		l.errorf(get(n, "byte-order"), "%s: got byte-order %q, want big-endian", where, order)
	}
	var ok bool
	if hint := l.str(n, "display-hint"); hint != "" {
		if r.Hint, ok = schema.HintOf(hint); !ok {
			l.errorf(get(n, "display-hint"), "%s: unknown display-hint %q%s", where, hint, suffix(schema.Suggest(hint, hintWords)))
		}
	}
	if role := l.str(n, "role"); role != "" {
		if r.Role, ok = schema.RoleOf(role); !ok {
			l.errorf(get(n, "role"), "%s: unknown role %q%s", where, role, suffix(schema.Suggest(role, roleWords)))
		}
	}
	l.meaning(n, where, r)
	if v := get(n, "len"); v != nil {
		if size, bad := l.constOrInt(v.Value); bad {
			l.errorf(v, "%s: len: got %q, want a number or a const", where, v.Value)
		} else if size < 0 || size > maxLen {
			l.errorf(v, "%s: len: got %d, want 0 to %d", where, size, maxLen)
		} else {
			r.Len = int32(size)
		}
	}
}

// meaning reads what refines a role.
func (l *loader) meaning(n *yaml.Node, where string, r *schema.Row) {
	r.Class, r.Within = l.str(n, "class"), l.str(n, "within")
	if r.Class != "" && r.Role != schema.RoleID {
		l.errorf(get(n, "class"), "%s: class is for role id", where)
	}
	if r.Within != "" && r.Role != schema.RoleIfindex {
		l.errorf(get(n, "within"), "%s: within is for role ifindex", where)
	}
}

// maxLen is more than any attribute can hold.
const maxLen = 0xffff

// constOrInt is a number, or a const by name.
func (l *loader) constOrInt(text string) (v int64, bad bool) {
	if n, err := parseInt(text); err == nil {
		return n, false
	}
	if c := l.spec.FindConst(text); c != nil {
		return c.Num, false
	}
	return 0, true
}

// The words that a suggestion may offer.
var (
	kindWords = strings.Fields("u8 u16 u32 u64 s8 s16 s32 s64 uint sint flag string binary bitfield32 nest indexed-array " +
		"nest-type-value sub-message records array pad unused")
	hintWords = strings.Fields("hex mac fddi ipv4 ipv6 ipv4-or-v6 uuid")
	roleWords = strings.Fields("ifindex netns-fd netns-pid nsid counter time random ifname machine portid id")
)

// kind reads a type word.
func (l *loader) kind(n *yaml.Node, where, key string) schema.Kind {
	word := l.str(n, key)
	if k, ok := schema.KindOf(word); ok && contains(kindWords, word) {
		return k
	}
	if word == "" {
		l.errorf(n, "%s: %s is missing", where, key)
	} else {
		l.errorf(get(n, key), "%s: unknown %s %q%s", where, key, word, suffix(schema.Suggest(word, kindWords)))
	}
	return schema.KindUnused
}

func (l *loader) attributeSets() {
	for _, d := range l.list(l.doc, "attribute-sets") {
		if !l.check(d, "attribute set", setKeys) {
			continue
		}
		set := schema.Set{Name: l.must(d, "attribute set", "name"), Doc: oneLine(l.str(d, "doc"))}
		l.columns(d, &set)
		if l.sets[set.Name] != 0 {
			l.errorf(d, "attribute set %s is defined twice", set.Name)
		}
		switch {
		case get(d, "subset-of") != nil: // its attributes have the names of the other set
		case set.Name == l.spec.Name:
			set.Prefix = l.prefix(d, "a")
		default:
			set.Prefix = l.prefix(d, "a", set.Name)
		}
		l.spec.Sets = append(l.spec.Sets, set)
		ref := schema.Ref(len(l.spec.Sets))
		l.sets[set.Name] = ref
		if get(d, "subset-of") == nil {
			l.attributes(d, ref)
		}
	}
	// Subsets come after all the sets they may copy from.
	for _, d := range l.list(l.doc, "attribute-sets") {
		if get(d, "subset-of") != nil {
			l.subset(d)
		}
	}
	for i := range l.spec.Sets {
		l.index(&l.spec.Sets[i])
	}
}

func (l *loader) attributes(d *yaml.Node, ref schema.Ref) {
	next := int64(1)
	name := l.spec.Set(ref).Name
	byNum, byKey := map[int64]string{}, map[string]string{}
	for _, n := range l.list(d, "attributes") {
		if !l.check(n, name, attrKeys) {
			continue
		}
		if v, ok := l.num(n, "value"); ok {
			next = v
		}
		a := l.attr(n, ref)
		if next < 0 || next > 0x3fff {
			l.errorf(n, "%s.%s: number %d, want 0 to 16383", name, a.Name, next)
			next = 0
		} else if old := byNum[next]; old != "" {
			l.errorf(n, "%s.%s: number %d is taken by %s", name, a.Name, next, old)
		}
		a.Num = uint16(next)
		if old := byKey[a.Key]; old == a.Name && old != "" {
			l.errorf(n, "%s.%s: the name comes twice", name, a.Name)
		} else if old != "" {
			l.errorf(n, "%s.%s: scripts spell it as they spell %s", name, a.Name, old)
		}
		byNum[next], byKey[a.Key] = a.Name, a.Name
		next++
		set := l.spec.Set(ref)
		set.Attrs = append(set.Attrs, a)
	}
}

// attr reads one attribute. Its references are resolved once the set has been
// sorted, so by name.
func (l *loader) attr(n *yaml.Node, ref schema.Ref) schema.Attr {
	name := l.str(n, "name")
	owner := l.spec.Set(ref).Name
	where := owner + "." + name
	find := func() *schema.Attr {
		set := l.spec.Set(ref)
		for i := range set.Attrs {
			if set.Attrs[i].Name == name {
				return &set.Attrs[i]
			}
		}
		return &schema.Attr{}
	}
	a := schema.Attr{
		Row:   l.row(n, owner, func() *schema.Row { return &find().Row }),
		Multi: l.bool(n, "multi-attr"), Unordered: l.bool(n, "unordered"), Selector: l.str(n, "selector"), LengthMember: l.str(n, "length-member"),
		Levels: nil,
	}
	if word := l.str(n, "index"); word != "" {
		a.Unnumbered = true
		if word != "unused" || a.Kind != schema.KindIndexedArray {
			l.errorf(get(n, "index"), "%s: got index %q of %s, want unused, of an indexed-array", where, word, a.Kind)
		}
	}
	if a.Kind == schema.KindNestTypeValue { // elsewhere the key is a stray
		a.Levels = l.strings(n, "type-value")
	}
	l.checks(n, where, &a)
	l.needs(n, where, &a)
	l.selector(n, where, &a)
	if a.Within != "" {
		l.late = append(l.late, func() {
			if l.spec.Set(ref).Find(a.Within) == nil {
				l.errorf(get(n, "within"), "%s: within: %s has no attribute %q", where, owner, a.Within)
			}
		})
	}
	l.lookup = append(l.lookup, func() {
		at := find()
		at.Set = l.ref(n, where, "nested-attributes", "attribute set", l.sets)
		at.SubMsg = l.ref(n, where, "sub-message", "sub-message", l.subs)
	})
	return a
}

// needs are the keys that a type cannot do without.
func (l *loader) needs(n *yaml.Node, where string, a *schema.Attr) {
	keys := ""
	switch {
	case a.Kind == schema.KindNest, a.Kind == schema.KindIndexedArray && a.Elem == schema.KindNest:
		keys = "nested-attributes"
	case a.Kind == schema.KindNestTypeValue:
		keys = "nested-attributes type-value"
	case a.Kind == schema.KindSubMessage:
		keys = "sub-message"
	case a.Kind == schema.KindRecords:
		keys = "length-member"
	case a.Kind == schema.KindIndexedArray:
		keys = "sub-type"
	case a.Kind == schema.KindArray && a.Elem == schema.KindStruct: // the payload is structs, one after the other
		a.Kind = schema.KindScalarArray
	case a.Kind == schema.KindArray:
		l.errorf(get(n, "type"), "%s: an array that is an attribute needs struct (of numbers it is binary with sub-type)", where)
	}
	for _, key := range strings.Fields(keys) {
		if v := get(n, key); v == nil || v.Kind == yaml.SequenceNode && len(v.Content) == 0 {
			l.errorf(n, "%s: %s is missing", where, key)
		}
	}
}

func (l *loader) checks(n *yaml.Node, where string, a *schema.Attr) {
	c := get(n, "checks")
	if c == nil {
		return
	}
	l.check(c, where, checkKeys)
	for _, key := range []string{"min", "max", "min-len", "max-len", "exact-len"} {
		v := get(c, key)
		if v == nil {
			continue
		}
		// Bounds by the name of a C type's limit tell nothing that the type
		// does not.
		if n, bad := l.constOrInt(v.Value); !bad {
			a.Checks = append(a.Checks, schema.Check{Name: key, Value: n})
		}
	}
}

// subset copies attributes of another set; keys that are repeated override.
func (l *loader) subset(d *yaml.Node) {
	ref := l.sets[l.str(d, "name")]
	parentRef := l.ref(d, l.str(d, "name"), "subset-of", "attribute set", l.sets)
	if parentRef == 0 || ref == 0 {
		return
	}
	parent := l.spec.Set(parentRef)
	var parentNode *yaml.Node
	for _, p := range l.list(l.doc, "attribute-sets") {
		if l.str(p, "name") == parent.Name {
			parentNode = p
		}
	}
	if get(parentNode, "subset-of") != nil {
		l.errorf(get(d, "subset-of"), "%s: %s is itself a subset", l.str(d, "name"), parent.Name)
		return
	}
	rows := map[string]*yaml.Node{}
	for _, n := range l.list(parentNode, "attributes") {
		rows[l.str(n, "name")] = n
	}
	for _, n := range l.list(d, "attributes") {
		if !l.check(n, l.str(d, "name"), attrKeys) {
			continue
		}
		name := l.str(n, "name")
		base := rows[name]
		if base == nil {
			l.errorf(n, "%s.%s: %s has no such attribute", l.str(d, "name"), name, parent.Name)
			continue
		}
		a := l.attr(merged(base, n), ref)
		for j := range parent.Attrs {
			if parent.Attrs[j].Name == name {
				a.Num = parent.Attrs[j].Num
			}
		}
		// devlink lists some attributes of a subset twice, which changes nothing.
		if set := l.spec.Set(ref); !hasNum(set, a.Num) {
			set.Attrs = append(set.Attrs, a)
		}
	}
}

// merged is a mapping with the keys of both; those of over win.
func merged(base, over *yaml.Node) *yaml.Node {
	out := *over
	out.Content = append([]*yaml.Node(nil), over.Content...)
	for i := 0; i+1 < len(base.Content); i += 2 {
		if !hasKey(over, base.Content[i].Value) {
			out.Content = append(out.Content, base.Content[i], base.Content[i+1])
		}
	}
	return &out
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// index sorts a set by number and makes its index by key.
func (l *loader) index(set *schema.Set) {
	sort.SliceStable(set.Attrs, func(i, j int) bool { return set.Attrs[i].Num < set.Attrs[j].Num })
	set.ByKey = make([]uint16, len(set.Attrs))
	for i := range set.ByKey {
		set.ByKey[i] = uint16(i)
	}
	sort.SliceStable(set.ByKey, func(i, j int) bool {
		return set.Attrs[set.ByKey[i]].Key < set.Attrs[set.ByKey[j]].Key
	})
}

func hasNum(set *schema.Set, num uint16) bool {
	for i := range set.Attrs {
		if set.Attrs[i].Num == num {
			return true
		}
	}
	return false
}
