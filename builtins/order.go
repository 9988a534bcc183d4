package builtins

import (
	"bytes"
	"cmp"
	"slices"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
)

const groupDoc = `sorts the messages by a field: a dict from each of its values to the messages that have it

The values are in the order in which they first come; the messages of a dump are a dump, of a stream a list. Flags are a
tuple of names, as a set is no key; None is for those without the field.

    for protocol, routes in rt.getroute.dump(family = "inet").group_by("protocol").items():
        print(protocol, len(routes))`

func bulkGroup(r rows, th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := bulkField(r, fn, args, kwargs)
	if err != nil {
		return nil, err
	}
	frame := r.frame()
	if err := f.plain(frame.Spec); err != nil {
		return nil, err
	}
	g := &groups{rows: r, field: f, byKey: map[string]*group{}, byValue: new(starlark.Dict)}
	if err := r.each(th, true, false, g.add); err != nil {
		return nil, err
	}
	return g.dict()
}

// groups sorts messages by a field: by its bytes where they are known, and by
// its value where other bytes mean the same.
type groups struct {
	rows    rows
	field   *field
	list    []*group
	byKey   map[string]*group
	byValue *starlark.Dict // to the place in list
	absent  *group
}

type group struct {
	msgs []starlark.Value
	sel  *dump // instead, where the messages are those of a dump
}

func (g *groups) add(i int, m *schema.Msg) (bool, error) {
	b, _, ok := g.field.key(m)
	one := g.absent
	if ok {
		one = g.byKey[string(b)]
	}
	if one == nil {
		v, err := g.field.value(g.rows.environ(), m)
		if err != nil {
			return false, err
		}
		if one, err = g.of(hashable(v)); err != nil {
			return false, err
		}
		if ok {
			g.byKey[string(b)] = one
		} else {
			g.absent = one
		}
	}
	if one.sel != nil {
		one.sel.order = append(one.sel.order, uint32(i))
	} else {
		one.msgs = append(one.msgs, g.rows.value(i))
	}
	return true, nil
}

// of is the group of a value, made if it is the first to have it.
func (g *groups) of(v starlark.Value) (*group, error) {
	at, found, err := g.byValue.Get(v)
	if err != nil {
		return nil, err
	}
	if found {
		n, err := starlark.AsInt32(at)
		return g.list[n], err
	}
	one := &group{}
	if d, ok := g.rows.(*dump); ok {
		one.sel = d.selection()
	}
	g.list = append(g.list, one)
	return one, g.byValue.SetKey(v, starlark.MakeInt(len(g.list)-1))
}

func (g *groups) dict() (starlark.Value, error) {
	dict := starlark.NewDict(len(g.list))
	for i, item := range g.byValue.Items() {
		var v starlark.Value = g.list[i].sel
		if g.list[i].sel == nil {
			v = starlark.NewList(g.list[i].msgs)
		}
		if err := dict.SetKey(item[0], v); err != nil {
			return nil, err
		}
	}
	return dict, nil
}

// hashable makes a key of a set of flags.
func hashable(v starlark.Value) starlark.Value {
	set, ok := v.(*starlark.Set)
	if !ok {
		return v
	}
	var t starlark.Tuple
	for elem := range set.Elements() {
		t = append(t, elem)
	}
	return t
}

const sortDoc = `is the messages in the order of a field, those without it first, equal ones as they were

Numbers and names are in the order of their numbers, addresses in the order of their bytes. Of a dump it is a dump, of a stream a list.

    for l in rt.getlink.dump().sort_by("ifname"):
        print(l.ifname)`

// sortKey is what a message is sorted by.
type sortKey struct {
	there bool
	neg   bool
	num   uint64
	bytes []byte
	i     int // place of the message
}

func bulkSort(r rows, th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var reverse bool
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name, "reverse?", &reverse); err != nil {
		return nil, err
	}
	f, err := newField(r, name)
	if err != nil {
		return nil, err
	}
	frame := r.frame()
	if err := f.plain(frame.Spec); err != nil {
		return nil, err
	}
	var keys []sortKey
	var msgs []starlark.Value
	d, _ := r.(*dump)
	err = r.each(th, true, false, func(i int, m *schema.Msg) (bool, error) {
		k := sortKey{i: len(msgs)}
		b, row, ok := f.key(m)
		if k.there = ok; ok {
			if n, isNum := row.Number(b); isNum && !row.Addressed() {
				k.num, k.neg = n, row.Kind.Signed() && int64(n) < 0
			} else {
				k.bytes = b
			}
		}
		if d != nil {
			k.i = i
		} else {
			msgs = append(msgs, r.value(i))
		}
		keys = append(keys, k)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(keys, func(a, b sortKey) int {
		if reverse {
			return compareKeys(&b, &a)
		}
		return compareKeys(&a, &b)
	})
	if d != nil {
		sel := d.selection()
		for _, k := range keys {
			sel.order = append(sel.order, uint32(k.i))
		}
		return sel, nil
	}
	sorted := make([]starlark.Value, len(keys))
	for i, k := range keys {
		sorted[i] = msgs[k.i]
	}
	return starlark.NewList(sorted), nil
}

func compareKeys(a, b *sortKey) int {
	switch {
	case a.there != b.there:
		if b.there {
			return -1
		}
		return 1
	case a.neg != b.neg:
		if a.neg {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(a.num, b.num); c != 0 {
		return c
	}
	return bytes.Compare(a.bytes, b.bytes)
}
