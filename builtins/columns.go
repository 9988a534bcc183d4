package builtins

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// column is a field that messages of one kind may have, as a table shows it.
type column struct {
	head   string
	path   []string // to the field, through nests
	length []string // to the length of the prefix that it is, nil for none
}

// columnsOf are the fields of messages like m, the most telling first: those that the spec calls telling, then the others. chosen is how many the first are.
func columnsOf(m *schema.Msg) (list []column, chosen int) {
	taken := map[string]bool{}
	add := func(c column) {
		if !taken[c.head] {
			taken[c.head] = true
			list = append(list, c)
		}
	}
	if m.Set != nil {
		for _, text := range m.Set.Columns {
			if c, ok := telling(m, text); ok {
				add(c)
			}
		}
	}
	chosen = len(list)
	for _, c := range list { // what is in a prefix already
		for _, name := range c.length {
			taken[headOf(m, m.Resolve(name))] = true
		}
	}
	for _, r := range ranked(m) {
		if chosen == 0 || r.rank < rankDull {
			add(column{head: strings.Join(r.path, "."), path: r.path})
		}
	}
	return list, chosen
}

// briefly is a message by what the spec calls telling: "newlink index=2 ifname=v0 operstate=down".
func briefly(m *schema.Msg, name string) string {
	columns, chosen := columnsOf(m)
	var b strings.Builder
	b.WriteString(name)
	for i := range columns[:chosen] {
		if s := columns[i].of(m); columns[i].says(m, s) {
			b.WriteString(" " + columns[i].head + "=" + s.text)
		}
	}
	return b.String()
}

// telling reads a column of the spec; ok is false where messages like m cannot have it.
func telling(m *schema.Msg, text string) (c column, ok bool) {
	field, length, isPrefix := strings.Cut(text, "/")
	c.path = strings.Split(field, ".")
	if isPrefix {
		c.length = []string{length}
	}
	p := m.Resolve(c.path[0])
	c.head = headOf(m, p)
	if len(c.path) > 1 {
		c.head += "." + strings.Join(c.path[1:], ".")
	}
	return c, p.Found()
}

// headOf is the shortest name of a field in scripts.
func headOf(m *schema.Msg, p schema.Place) string {
	switch {
	case p.Attr != nil:
		return p.Attr.Key
	case p.Member != nil:
		if short := p.Member.Short(m.Header); m.Set == nil || m.Set.Find(short) == nil {
			return short
		}
		return p.Member.Key
	}
	return "payload"
}

// The ranks of fields that no spec calls telling, by what their rows say of them.
const (
	rankIndex = iota
	rankName
	rankAddress
	rankState
	rankNumber
	rankFlags
	rankDull // clocks, counters, structs
	rankNone // nests and padding, which are not shown
)

type rankedField struct {
	path []string
	rank int
}

// ranked are the fields of messages like m. Those of nests are among them, one level deep, since generic families have names and indexes in one.
func ranked(m *schema.Msg) (list []rankedField) {
	add := func(m *schema.Msg, p schema.Place, path []string) {
		path = append(slices.Clip(path), headOf(m, p))
		if rank := rankOf(m.Spec, p); rank < rankNone {
			list = append(list, rankedField{path, rank})
		}
	}
	walk := func(m *schema.Msg, path []string) {
		if m.Header != nil {
			for i := range m.Header.Members {
				add(m, schema.Place{Member: &m.Header.Members[i]}, path)
			}
		}
		if m.Set != nil {
			for i := range m.Set.Attrs {
				add(m, schema.Place{Attr: &m.Set.Attrs[i]}, path)
			}
		}
	}
	walk(m, nil)
	if m.Set != nil {
		for i := range m.Set.Attrs {
			if a := &m.Set.Attrs[i]; a.Kind == schema.KindNest && !a.Multi {
				walk(&schema.Msg{Spec: m.Spec, Set: m.Spec.Set(a.Set)}, []string{a.Key})
			}
		}
	}
	if m.Payload != schema.KindNone {
		list = append(list, rankedField{[]string{"payload"}, rankName})
	}
	slices.SortStableFunc(list, func(a, b rankedField) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.path), len(b.path)))
	})
	return list
}

// rankOf says how much a field tells, by its role, its hint and its type.
func rankOf(spec *schema.Spec, p schema.Place) int {
	r := p.Row()
	switch {
	case r.Kind == schema.KindPad || r.Kind == schema.KindUnused || nestRow(p):
		return rankNone
	case p.Attr != nil && p.Attr.Multi, r.Kind == schema.KindStruct, r.Kind == schema.KindArray, r.Kind == schema.KindScalarArray:
		return rankDull
	}
	switch r.Role {
	case schema.RoleIfindex, schema.RoleID, schema.RoleNSID, schema.RolePortID:
		return rankIndex
	case schema.RoleIfname:
		return rankName
	case schema.RoleCounter, schema.RoleTime, schema.RoleMachine:
		return rankDull
	}
	switch {
	case r.Kind == schema.KindString:
		return rankName
	case r.Hint == schema.HintMAC || r.Addressed():
		return rankAddress
	case spec.IsFlags(r):
		return rankFlags
	case r.Enum != 0:
		return rankState
	case r.Kind.Integer() || r.Kind == schema.KindFlag:
		return rankNumber
	}
	return rankDull
}

// slot is what a table has of one field.
type slot struct {
	text   string
	number bool
}

// of is the field of m.
func (c *column) of(m *schema.Msg) slot {
	v, ok := at(m, c.path)
	if c.length != nil {
		n, _ := at(m, c.length)
		if !ok && n.Uint64() == 0 {
			return slot{}
		}
		return slot{text: cellText(v) + "/" + strconv.FormatUint(n.Uint64(), 10)}
	}
	if !ok {
		return slot{}
	}
	return slot{cellText(v), v.Kind() == schema.Uint || v.Kind() == schema.Int}
}

// says reports whether m has the field. A zero in the header is what nobody filled in.
func (c *column) says(m *schema.Msg, s slot) bool {
	if p := m.Resolve(c.path[0]); p.Member != nil && m.Set != nil && len(c.path) == 1 && isZero(m, p.Member) {
		return false
	}
	return s.text != ""
}

// at follows a path through nests.
func at(m *schema.Msg, path []string) (v schema.Value, ok bool) {
	for i, name := range path {
		if v, ok, _ = m.Get(name); !ok {
			return schema.Value{}, false
		}
		if i+1 == len(path) {
			return v, true
		}
		if m = v.Msg(); m == nil {
			return schema.Value{}, false
		}
	}
	return v, ok
}

// cellText is a value without the quotes and brackets that a program needs. What it lacks, the message has.
func cellText(v schema.Value) string {
	switch v.Kind() {
	case schema.Bool:
		if v.Uint64() != 0 {
			return "yes"
		}
		return "no"
	case schema.Text:
		return printable(v.Text())
	case schema.Bytes:
		return hexText(v.Bytes())
	case schema.List, schema.FlagSet:
		var parts []string
		for _, e := range v.List() {
			parts = append(parts, cellText(e))
		}
		return strings.Join(parts, ",")
	case schema.Fields:
		return fieldsText(v.Fields())
	case schema.Message:
		return fieldsText(v.Msg().Fields())
	case schema.None:
		return ""
	}
	return v.String()
}

func fieldsText(fields []schema.Field) string {
	var parts []string
	for _, f := range fields {
		name := f.Name
		if name == "" {
			name = strconv.Itoa(int(f.Type))
		}
		parts = append(parts, schema.Key(name)+"="+cellText(f.Val))
	}
	return "{" + strings.Join(parts, " ") + "}"
}
