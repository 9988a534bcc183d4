package redact

import (
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// interfaces is what a set says of interfaces: where name and index are.
type interfaces struct {
	name, index *schema.Attr
}

func (t *Table) interfaces(set *schema.Set) interfaces {
	found, ok := t.has[set]
	if ok {
		return found
	}
	for i := range set.Attrs {
		a := &set.Attrs[i]
		if a.Role == schema.RoleIfname && found.name == nil {
			found.name = a
		}
		if a.Role == schema.RoleIfindex && found.index == nil {
			found.index = a
		}
	}
	t.has[set] = found
	return found
}

// learn walks a message. It decodes only what may have an identity: that is
// little of most messages.
func (t *Table) learn(m *schema.Msg, sent bool) {
	if m.Set != nil {
		t.learnName(m)
	}
	if m.Header != nil {
		for i := range m.Header.Members {
			mem := &m.Header.Members[i]
			if row := m.Effective(mem); concerns(row) {
				if v, ok := m.Member(mem); ok {
					t.learnValue(row, m, v, sent)
				}
			}
		}
	}
	if m.Set == nil || m.Payload != schema.KindNone {
		return
	}
	for it := wire.WalkAttrs(m.AttrBytes()); it.Next(); {
		if a := m.Set.ByNum(it.Attr.Num()); a != nil && concerns(&a.Row) {
			t.learnValue(&a.Row, m, m.Decode(a, it.Attr.Data), sent)
		}
	}
}

// learnName finds name and index of one interface in a message.
func (t *Table) learnName(m *schema.Msg) {
	at := t.interfaces(m.Set)
	if at.name == nil {
		return
	}
	p, ok := m.Raw(at.name)
	if !ok {
		return
	}
	place := schema.Place{Attr: at.index}
	if m.Header != nil {
		for i := range m.Header.Members {
			if m.Header.Members[i].Role == schema.RoleIfindex {
				place = schema.Place{Member: &m.Header.Members[i]}
			}
		}
	}
	if n, ok := m.Number(place); ok {
		t.name(m.From(), uint32(n), string(at.name.Text(p)))
	}
}

// concerns reports whether values of the row have, or contain, an identity.
func concerns(r *schema.Row) bool {
	switch r.Kind {
	case schema.KindStruct, schema.KindNest, schema.KindIndexedArray, schema.KindNestTypeValue, schema.KindSubMessage, schema.KindRecords:
		return !volatile(r)
	case schema.KindScalarArray, schema.KindArray:
		if r.Elem == schema.KindStruct {
			return !volatile(r)
		}
	}
	switch r.Hint {
	case schema.HintMAC, schema.HintIPv6, schema.HintIPv4Or6:
		return true
	}
	return identity(r) != ""
}

func (t *Table) learnValue(r *schema.Row, in *schema.Msg, v schema.Value, sent bool) {
	switch v.Kind() {
	case schema.Message:
		t.learn(v.Msg(), sent)
	case schema.List:
		elem := r.Elements()
		for _, e := range v.List() {
			t.learnValue(&elem, in, e, sent)
		}
	case schema.Fields:
		elem := r.Elements()
		for _, f := range v.Fields() {
			t.learnValue(&elem, in, f.Val, sent)
		}
	case schema.Text:
		switch r.Hint {
		case schema.HintMAC:
			t.learnMAC(v, sent)
		case schema.HintIPv6, schema.HintIPv4Or6:
			t.learnAddress(v, sent)
		}
	default:
		class := identity(r)
		if class == "" {
			return
		}
		if k, ok := t.keyOf(r, class, in, v); ok {
			t.note(k, sent && !neverLiteral(class))
		}
	}
}
