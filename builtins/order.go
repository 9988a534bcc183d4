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
	type group struct {
		msgs []starlark.Value
		sel  *dump
	}
	var groups []*group
	var absent *group
	byKey := map[string]*group{} // by the bytes of the field
	dict := new(starlark.Dict)   // by its value, to the number of the group
	d, _ := r.(*dump)
	named := func(key starlark.Value) (*group, error) {
		at, found, err := dict.Get(key)
		if err != nil {
			return nil, err
		}
		if found { // other bytes, the same value
			n, err := starlark.AsInt32(at)
			return groups[n], err
		}
		g := &group{}
		if d != nil {
			g.sel = d.selection()
		}
		groups = append(groups, g)
		return g, dict.SetKey(key, starlark.MakeInt(len(groups)-1))
	}
	err = r.each(th, true, false, func(i int, m *schema.Msg) (bool, error) {
		b, _, ok := f.key(m)
		g := absent
		if ok {
			g = byKey[string(b)]
		}
		if g == nil {
			v, err := f.value(r.environ(), m)
			if err != nil {
				return false, err
			}
			if g, err = named(hashable(v)); err != nil {
				return false, err
			}
			if ok {
				byKey[string(b)] = g
			} else {
				absent = g
			}
		}
		if d != nil {
			g.sel.order = append(g.sel.order, uint32(i))
		} else {
			g.msgs = append(g.msgs, r.value(i))
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for i, item := range dict.Items() {
		var v starlark.Value = groups[i].sel
		if d == nil {
			v = starlark.NewList(groups[i].msgs)
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
