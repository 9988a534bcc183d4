package builtins

import (
	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
)

// entry is one field of a message as people see it: repeated attributes are
// together, and header members whose name an attribute has are in "header".
type entry struct {
	key    starlark.Value
	name   string // as a keyword argument; "" if it cannot be one
	val    schema.Value
	member bool
	zero   bool // a member, or all of the header, that need not be given
}

// grouped lists the fields of a message as scripts see them.
func grouped(m *schema.Msg) []entry {
	var list []entry
	var shadowed []schema.Field
	shadowedZero := true
	at := map[string]int{}
	for _, f := range m.Fields() {
		key := schema.Key(f.Name)
		switch {
		case f.Header:
			mem := m.Header.Find(f.Name)
			if short := mem.Short(m.Header); m.Set == nil || m.Set.Find(short) == nil {
				key = short
			}
			zero := isZero(m, mem)
			if m.Set != nil && m.Set.Find(key) != nil {
				shadowed, shadowedZero = append(shadowed, f), shadowedZero && zero
				continue
			}
			list = append(list, entry{starlark.String(key), key, f.Val, true, zero})
		case f.Name == "":
			list = append(list, entry{key: fieldKey(f), val: f.Val})
		default:
			var a *schema.Attr // none is the payload of an operation that has no attributes
			if m.Set != nil {
				a = m.Set.Find(f.Name)
			}
			i, seen := at[key]
			switch {
			case a != nil && a.Multi && seen:
				list[i].val = schema.ListValue(append(list[i].val.List(), f.Val))
			case a != nil && a.Multi:
				f.Val = schema.ListValue([]schema.Value{f.Val})
				fallthrough
			case !seen:
				at[key] = len(list)
				list = append(list, entry{key: starlark.String(key), name: key, val: f.Val})
			default:
				list[i].val = f.Val // the last one wins
			}
		}
	}
	if len(shadowed) > 0 {
		list = append(list, entry{starlark.String("header"), "header", schema.FieldsValue(shadowed), true, shadowedZero})
	}
	return list
}

// isZero reports whether a member of the header is as it would be if it were
// not given.
func isZero(m *schema.Msg, mem *schema.Member) bool {
	header := m.HeaderBytes()
	end := min(int(mem.Off+mem.Size), len(header))
	for _, b := range header[min(int(mem.Off), end):end] {
		if b != 0 {
			return false
		}
	}
	return mem.Size > 0 || int(mem.Off) >= len(header)
}
