package ynl

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
)

func (l *loader) structDef(d *yaml.Node, name string) {
	l.spec.Structs = append(l.spec.Structs, schema.Struct{Name: name, Doc: oneLine(l.str(d, "doc"))})
	ref := schema.Ref(len(l.spec.Structs))
	l.define(d, "struct "+name, ref)
	l.nodes[ref] = d
	seen := map[string]bool{}
	for i, n := range l.list(d, "members") {
		if !l.check(n, name, memberKeys) {
			continue
		}
		m := schema.Member{Count: l.str(n, "count-member"), Selector: l.str(n, "selector")}
		m.Row = l.row(n, name, func() *schema.Row {
			if ms := l.spec.Struct(ref).Members; i < len(ms) {
				return &ms[i].Row
			}
			return &schema.Row{}
		})
		if seen[m.Name] && m.Kind != schema.KindPad {
			l.errorf(n, "%s.%s: the name comes twice", name, m.Name)
		}
		seen[m.Name] = true
		l.hints(n, name, &m)
		st := l.spec.Struct(ref)
		st.Members = append(st.Members, m)
	}
}

// structs lays out all structs, nested ones first.
func (l *loader) structs() {
	for i := range l.spec.Structs {
		l.layOut(schema.Ref(i + 1))
		for j := range l.spec.Structs[i].Members {
			if m := &l.spec.Structs[i].Members[j]; len(m.Hints) > 0 {
				l.hintValues(schema.Ref(i+1), m)
			}
		}
	}
	for i := range l.spec.Sets {
		for j := range l.spec.Sets[i].Attrs {
			l.recordHead(&l.spec.Sets[i], &l.spec.Sets[i].Attrs[j])
			l.structElem(&l.spec.Sets[i], &l.spec.Sets[i].Attrs[j])
		}
	}
}

// structElem holds that the elements of an array of structs have a size.
func (l *loader) structElem(set *schema.Set, a *schema.Attr) {
	if a.Kind == schema.KindScalarArray && a.Elem == schema.KindStruct && a.Struct != 0 && hasTail(l.spec.Struct(a.Struct)) {
		l.errorf(l.nodes[a.Struct], "%s.%s: struct %s has no fixed size, it cannot be an element", set.Name, a.Name, l.spec.Struct(a.Struct).Name)
	}
}

func (l *loader) recordHead(set *schema.Set, a *schema.Attr) {
	if a.Kind != schema.KindRecords || a.Struct == 0 {
		return
	}
	st := l.spec.Struct(a.Struct)
	m := st.Find(a.LengthMember)
	if hasTail(st) {
		l.errorf(l.nodes[a.Struct], "%s.%s: struct %s has no fixed size, it cannot be the head of a record", set.Name, a.Name, st.Name)
	}
	if m == nil || !m.Kind.Integer() {
		l.errorf(l.nodes[a.Struct], "%s.%s: length-member %q is no number in struct %s", set.Name, a.Name, a.LengthMember,
			st.Name)
	}
}

// layOut gives the members their offsets by the rules of C: each is aligned to
// its own width, and the whole to the widest.
func (l *loader) layOut(ref schema.Ref) {
	const busy, done = 1, 2
	st := l.spec.Struct(ref)
	switch l.layout[ref] {
	case done:
		return
	case busy:
		l.errorf(l.nodes[ref], "cycle: struct %s contains itself", st.Name)
		return
	}
	l.layout[ref] = busy
	off, align := int32(0), int32(1)
	for i := range st.Members {
		m := &st.Members[i]
		last := i == len(st.Members)-1
		size, al := l.memberSize(ref, m, last)
		off = (off + al - 1) / al * al
		m.Off, m.Size = off, size
		off += size
		align = max(align, al)
		if off > maxLen {
			l.errorf(l.nodes[ref], "%s: more than %d bytes", st.Name, maxLen)
			off = 0
		}
	}
	st.Align = align
	st.Size = off
	if !hasTail(st) {
		st.Size = (off + align - 1) / align * align
	}
	st.Prefix = sharedPrefix(st)
	l.layout[ref] = done
}

// hasTail reports whether the last member takes the rest of the payload.
func hasTail(st *schema.Struct) bool {
	n := len(st.Members)
	return n > 0 && st.Members[n-1].Size == 0
}

// memberSize is the size and alignment of a member; size 0 is the rest.
func (l *loader) memberSize(ref schema.Ref, m *schema.Member, last bool) (size, align int32) {
	at := l.nodes[ref]
	where := l.spec.Struct(ref).Name + "." + m.Name
	rest := func(align int32) (int32, int32) {
		if !last {
			l.errorf(at, "%s: only the last member may lack a length", where)
		}
		return 0, align
	}
	switch {
	case m.Kind.Width() > 0:
		return int32(m.Kind.Width()), int32(m.Kind.Width())
	case m.Kind == schema.KindStruct:
		if m.Struct == 0 {
			return 1, 1 // reported as a dangling reference
		}
		l.layOut(m.Struct)
		in := l.spec.Struct(m.Struct)
		if hasTail(in) && l.layout[m.Struct] == 2 {
			return rest(max(in.Align, 1))
		}
		return in.Size, max(in.Align, 1)
	case m.Kind == schema.KindArray:
		l.arrayMember(ref, m, where)
		return rest(l.elemAlign(m))
	case m.Kind == schema.KindScalarArray && m.Len > 0:
		return m.Len * int32(max(m.Elem.Width(), 1)), l.elemAlign(m)
	case m.Kind == schema.KindBitfield32:
		return 8, 4
	case m.Kind == schema.KindBinary || m.Kind == schema.KindString || m.Kind == schema.KindPad || m.Kind == schema.KindUnused:
		if m.Len > 0 {
			return m.Len, 1
		}
		return rest(1)
	}
	l.errorf(at, "%s: type %s has no place in a struct", where, m.Kind)
	return 1, 1
}

func (l *loader) elemAlign(m *schema.Member) int32 {
	if m.Elem == schema.KindStruct && m.Struct != 0 {
		l.layOut(m.Struct)
		return max(l.spec.Struct(m.Struct).Align, 1)
	}
	return int32(max(m.Elem.Width(), 1))
}

func (l *loader) arrayMember(ref schema.Ref, m *schema.Member, where string) {
	at := l.nodes[ref]
	if m.Count == "" {
		return
	}
	st := l.spec.Struct(ref)
	for i := range st.Members {
		if st.Members[i].Name == m.Count && st.Members[i].Kind.Integer() {
			return
		}
	}
	l.errorf(at, "%s: count-member %q is no number in the struct", where, m.Count)
}

// sharedPrefix is the length of the prefix, up to an underscore, that the keys
// of all members but padding share: "ifi_".
func sharedPrefix(st *schema.Struct) int32 {
	prefix, n := "", 0
	for i := range st.Members {
		m := &st.Members[i]
		if m.Kind == schema.KindPad || strings.Contains(m.Name, "pad") {
			continue
		}
		n++
		if n == 1 {
			prefix = m.Key
			continue
		}
		for !strings.HasPrefix(m.Key, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	if n < 2 {
		return 0
	}
	return int32(strings.LastIndexByte(prefix, '_') + 1)
}

// hints reads what the members of a union of addresses are shown as.
func (l *loader) hints(n *yaml.Node, owner string, m *schema.Member) {
	where := owner + "." + m.Name
	node := get(n, "hints")
	switch {
	case node == nil && m.Selector == "":
		return
	case node == nil || m.Selector == "" || node.Kind != yaml.MappingNode || len(node.Content) == 0:
		l.errorf(n, "%s: selector and hints go together", where)
		return
	case m.Kind != schema.KindBinary || m.Len == 0:
		l.errorf(n, "%s: hints belong to a binary with a len", where)
		return
	}
	sizes := map[schema.Hint]int32{schema.HintIPv4: 4, schema.HintIPv6: 16, schema.HintMAC: 6}
	for i := 0; i < len(node.Content); i += 2 {
		word := node.Content[i+1].Value
		hint, _ := schema.HintOf(word)
		switch size := sizes[hint]; {
		case size == 0:
			l.errorf(n, "%s: hints: got %q, want ipv4, ipv6 or mac", where, word)
		case size > m.Len:
			l.errorf(n, "%s: hints: %s takes %d bytes, the member has %d", where, word, size, m.Len)
		}
		m.Hints = append(m.Hints, schema.SelectedHint{Value: node.Content[i].Value, Hint: hint})
	}
}

// hintValues holds that the selector of hints exists and can have their values.
func (l *loader) hintValues(ref schema.Ref, m *schema.Member) {
	st := l.spec.Struct(ref)
	selector, at, where := st.Find(m.Selector), l.nodes[ref], st.Name+"."+m.Name
	if selector == nil || !selector.Kind.Integer() {
		l.errorf(at, "%s: selector %q is no number in the struct", where, m.Selector)
		return
	}
	for _, h := range m.Hints {
		enum := l.spec.Enum(selector.Enum)
		if enum == nil {
			if _, err := parseInt(h.Value); err != nil {
				l.errorf(at, "%s: hints: %q is no number, and %s has no enum", where, h.Value, selector.Name)
			}
		} else if _, ok := enum.ValueOf(h.Value); !ok {
			l.errorf(at, "%s: hints: %q is no entry of %s", where, h.Value, enum.Name)
		}
	}
}
