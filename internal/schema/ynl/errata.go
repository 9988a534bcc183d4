package ynl

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Errata corrects specs before they are resolved: see docs/specs.md section 3.
type Errata struct {
	file string
	rows []*yaml.Node
}

const errataKeys = "spec why attribute-set attribute struct member enum sub-message operation mcast-group set members add roles unordered " +
	"add-operations add-definitions add-attribute-sets add-sub-messages add-mcast-groups"

// LoadErrata reads an overlay.
func LoadErrata(data []byte, file string) (*Errata, error) {
	s := &source{file: file}
	doc := s.parse(data, "errata")
	if doc == nil {
		return nil, s.err()
	}
	s.check(doc, "errata", "errata doc")
	e := &Errata{file: file, rows: s.list(doc, "errata")}
	for _, r := range e.rows {
		if s.check(r, "erratum", errataKeys) {
			s.erratum(r)
		}
	}
	if err := s.err(); err != nil {
		return nil, err
	}
	return e, nil
}

// erratum checks the shape of a row: what it names and what it brings.
func (s *source) erratum(r *yaml.Node) {
	s.must(r, "erratum", "spec")
	s.must(r, "erratum", "why")
	for _, key := range []string{"add", "members", "add-operations", "add-definitions", "add-attribute-sets", "add-sub-messages", "add-mcast-groups"} {
		s.list(r, key)
	}
	if set := get(r, "set"); set != nil && set.Kind != yaml.MappingNode {
		s.errorf(set, "set: want a mapping")
	}
	var targets []string
	for _, key := range []string{"attribute-set", "struct", "enum", "sub-message", "operation", "mcast-group"} {
		if s.str(r, key) != "" {
			targets = append(targets, key)
		}
	}
	changes := get(r, "set") != nil || get(r, "add") != nil || get(r, "members") != nil || get(r, "roles") != nil
	if roles := get(r, "roles"); roles != nil && roles.Kind != yaml.MappingNode {
		s.errorf(roles, "roles: want a mapping")
	}
	switch {
	case len(targets) > 1:
		s.errorf(r, "erratum: got %s, want one of them", strings.Join(targets, " and "))
	case len(targets) == 0 && changes:
		s.errorf(r, "erratum: set, add, members and roles need attribute-set, struct, enum, sub-message, operation or mcast-group")
	case text(r, "attribute") != "" && text(r, "attribute-set") == "", text(r, "member") != "" && text(r, "struct") == "":
		s.errorf(r, "erratum: attribute needs attribute-set, member needs struct")
	case get(r, "members") != nil && (text(r, "struct") == "" || text(r, "member") != ""):
		s.errorf(r, "erratum: members needs struct, and no member")
	case get(r, "unordered") != nil && (len(targets) == 0 || targets[0] != "operation"):
		s.errorf(r, "erratum: unordered needs operation")
	case get(r, "roles") != nil && (targets[0] != "attribute-set" && targets[0] != "struct" || text(r, "attribute") != "" || text(r, "member") != ""):
		s.errorf(r, "erratum: roles needs attribute-set or struct, and no attribute or member")
	case get(r, "add") != nil && (text(r, "operation") != "" || text(r, "mcast-group") != "" || text(r, "attribute") != "" || text(r, "member") != ""):
		s.errorf(r, "erratum: add is for attribute sets, structs, enums and sub-messages")
	}
}

// apply changes the document of one spec in place. Rows are copied: what one of
// them brings, another may change. from learns which nodes are not the spec's.
func (e *Errata) apply(doc *yaml.Node, from map[*yaml.Node]string) {
	name := get(doc, "name")
	for _, row := range e.rows {
		if name != nil && get(row, "spec").Value == name.Value {
			applyRow(doc, e.clone(row, from, map[*yaml.Node]*yaml.Node{}))
		}
	}
}

func (e *Errata) clone(n *yaml.Node, from map[*yaml.Node]string, done map[*yaml.Node]*yaml.Node) *yaml.Node {
	if n == nil || done[n] != nil {
		return done[n]
	}
	c := *n
	done[n], from[&c] = &c, e.file
	c.Alias = e.clone(n.Alias, from, done)
	c.Content = make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = e.clone(n.Content[i], from, done)
	}
	return &c
}

func applyRow(doc, row *yaml.Node) {
	for _, section := range []string{"definitions", "attribute-sets", "sub-messages"} {
		if add := get(row, "add-"+section); add != nil {
			appendTo(section1(doc, section), add, "name")
		}
	}
	if add := get(row, "add-operations"); add != nil {
		appendTo(get(get(doc, "operations"), "list"), add, "name")
	}
	if add := get(row, "add-mcast-groups"); add != nil {
		appendTo(groupList(doc), add, "name")
	}
	target, entries, key := locate(doc, row)
	if target == nil {
		return
	}
	if members := get(row, "members"); members != nil {
		replace(target, members)
	}
	if add := get(row, "add"); add != nil && entries != "" {
		appendTo(get(target, entries), add, key)
	}
	if set := get(row, "set"); set != nil {
		merge(target, set)
	}
	if free := get(row, "unordered"); free != nil && get(target, "dump") != nil {
		put(get(target, "dump"), "unordered", free)
	}
	if roles := get(row, "roles"); roles != nil {
		setRoles(get(target, entries), roles)
	}
}

// setRoles says of entries what their numbers mean: a role by its word, or a
// mapping of whatever belongs to it.
func setRoles(list, roles *yaml.Node) {
	for i := 0; i+1 < len(roles.Content); i += 2 {
		entry, role := byName(list, roles.Content[i].Value), deref(roles.Content[i+1])
		switch {
		case entry == nil:
		case role.Kind == yaml.MappingNode:
			merge(entry, role)
		default:
			put(entry, "role", role)
		}
	}
}

// replace gives a struct other members. What the old ones of these names say
// beyond the new ones stays: a doc, an enum, a role.
func replace(target, members *yaml.Node) {
	old := get(target, "members")
	for i, m := range members.Content {
		if had := byName(old, text(m, "name")); had != nil && deref(m).Kind == yaml.MappingNode {
			both := *had
			both.Content = append([]*yaml.Node(nil), had.Content...)
			merge(&both, deref(m))
			members.Content[i] = &both
		}
	}
	put(target, "members", members)
}

// merge sets the keys of over in n.
func merge(n, over *yaml.Node) {
	for i := 0; i+1 < len(over.Content); i += 2 {
		put(n, over.Content[i].Value, over.Content[i+1])
	}
}

// section1 is a top-level list, made if the spec has none.
func section1(doc *yaml.Node, key string) *yaml.Node {
	if get(doc, key) == nil {
		put(doc, key, &yaml.Node{Kind: yaml.SequenceNode})
	}
	return get(doc, key)
}

// groupList is the list of multicast groups, made if the spec has none.
func groupList(doc *yaml.Node) *yaml.Node {
	if get(doc, "mcast-groups") == nil {
		put(doc, "mcast-groups", &yaml.Node{Kind: yaml.MappingNode})
	}
	groups := get(doc, "mcast-groups")
	if get(groups, "list") == nil {
		put(groups, "list", &yaml.Node{Kind: yaml.SequenceNode})
	}
	return get(groups, "list")
}

// locate finds what a row is about: the mapping to change, and, for add, its
// list of entries and the key that tells them apart.
func locate(doc, row *yaml.Node) (target *yaml.Node, entries, key string) {
	part := func(section, word, list, itemWord string, types ...string) *yaml.Node {
		at := byName(get(doc, section), text(row, word), types...)
		if item := text(row, itemWord); itemWord != "" && item != "" {
			return byName(get(at, list), item)
		}
		return at
	}
	switch {
	case text(row, "attribute-set") != "":
		return part("attribute-sets", "attribute-set", "attributes", "attribute"), "attributes", "name"
	case text(row, "struct") != "":
		return part("definitions", "struct", "members", "member", "struct"), "members", "name"
	case text(row, "enum") != "":
		return part("definitions", "enum", "", "", "enum", "flags"), "entries", "name"
	case text(row, "sub-message") != "":
		return part("sub-messages", "sub-message", "", ""), "formats", "value"
	case text(row, "operation") != "":
		return byName(get(get(doc, "operations"), "list"), text(row, "operation")), "", ""
	case text(row, "mcast-group") != "":
		return byName(get(get(doc, "mcast-groups"), "list"), text(row, "mcast-group")), "", ""
	}
	return nil, "", ""
}

func text(n *yaml.Node, key string) string {
	if v := get(n, key); v != nil {
		return v.Value
	}
	return ""
}

// byName finds a mapping in a list, of one of the types if any are given: an
// enum and a struct may share a name.
func byName(list *yaml.Node, name string, types ...string) *yaml.Node {
	if list == nil {
		return nil
	}
	for _, c := range list.Content {
		if text(c, "name") == name && (len(types) == 0 || contains(types, text(c, "type"))) {
			return deref(c)
		}
	}
	return nil
}

// appendTo adds the entries that the list does not have yet.
func appendTo(list, add *yaml.Node, key string) {
	if list == nil {
		return
	}
	have := map[string]bool{}
	for _, c := range list.Content {
		have[entryName(c, key)] = true
	}
	for _, c := range add.Content {
		if !have[entryName(c, key)] {
			list.Content = append(list.Content, c)
		}
	}
}

func entryName(n *yaml.Node, key string) string {
	n = deref(n)
	switch v := text(n, key); {
	case n.Kind == yaml.ScalarNode:
		return n.Value
	case v != "" && text(n, "type") == "struct":
		return "struct " + v // an enum may have the same name
	case v != "":
		return v
	}
	return fmt.Sprintf("default %s", text(n, "default"))
}

// put sets a key, or removes it where the value is null.
func put(n *yaml.Node, key string, v *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			if v.Tag == "!!null" {
				n.Content = append(n.Content[:i], n.Content[i+2:]...)
			} else {
				n.Content[i+1] = v
			}
			return
		}
	}
	if v.Tag != "!!null" {
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key, Tag: "!!str", Line: v.Line}, v)
	}
}
