package ynl

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Errata corrects specs before they are resolved: see docs/specs.md section 3.
type Errata struct{ rows []*yaml.Node }

const errataKeys = "spec why attribute-set attribute struct member enum sub-message operation set members add " +
	"add-operations add-definitions add-attribute-sets add-sub-messages"

// LoadErrata reads an overlay.
func LoadErrata(data []byte, file string) (*Errata, error) {
	s := &source{file: file}
	doc := s.parse(data)
	if doc == nil {
		return nil, s.err()
	}
	s.check(doc, "errata", "errata doc")
	e := &Errata{rows: s.list(doc, "errata")}
	for _, r := range e.rows {
		s.check(r, "erratum", errataKeys)
		s.must(r, "erratum", "spec")
		s.must(r, "erratum", "why")
	}
	return e, s.err()
}

// apply changes the document of one spec in place.
func (e *Errata) apply(doc *yaml.Node) {
	name := get(doc, "name")
	for _, row := range e.rows {
		if name != nil && get(row, "spec").Value == name.Value {
			applyRow(doc, row)
		}
	}
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
	target, entries, key := locate(doc, row)
	if target == nil {
		return
	}
	if members := get(row, "members"); members != nil {
		put(target, "members", members)
	}
	if add := get(row, "add"); add != nil && entries != "" {
		appendTo(get(target, entries), add, key)
	}
	if set := get(row, "set"); set != nil {
		for i := 0; i+1 < len(set.Content); i += 2 {
			put(target, set.Content[i].Value, set.Content[i+1])
		}
	}
}

// section1 is a top-level list, made if the spec has none.
func section1(doc *yaml.Node, key string) *yaml.Node {
	if get(doc, key) == nil {
		put(doc, key, &yaml.Node{Kind: yaml.SequenceNode})
	}
	return get(doc, key)
}

// locate finds what a row is about: the mapping to change, and, for add, its
// list of entries and the key that tells them apart.
func locate(doc, row *yaml.Node) (target *yaml.Node, entries, key string) {
	part := func(section, word, list, itemWord string) *yaml.Node {
		at := byName(get(doc, section), text(row, word))
		if item := text(row, itemWord); itemWord != "" && item != "" {
			return byName(get(at, list), item)
		}
		return at
	}
	switch {
	case text(row, "attribute-set") != "":
		return part("attribute-sets", "attribute-set", "attributes", "attribute"), "attributes", "name"
	case text(row, "struct") != "":
		return part("definitions", "struct", "members", "member"), "members", "name"
	case text(row, "enum") != "":
		return part("definitions", "enum", "", ""), "entries", "name"
	case text(row, "sub-message") != "":
		return part("sub-messages", "sub-message", "", ""), "formats", "value"
	case text(row, "operation") != "":
		return byName(get(get(doc, "operations"), "list"), text(row, "operation")), "", ""
	}
	return nil, "", ""
}

func text(n *yaml.Node, key string) string {
	if v := get(n, key); v != nil {
		return v.Value
	}
	return ""
}

func byName(list *yaml.Node, name string) *yaml.Node {
	if list == nil {
		return nil
	}
	for _, c := range list.Content {
		if text(c, "name") == name {
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
	if n = deref(n); n.Kind == yaml.ScalarNode {
		return n.Value
	}
	if v := text(n, key); v != "" {
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
