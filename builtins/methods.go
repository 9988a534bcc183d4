package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
)

// builtin makes a method of a message, nil if there is none of that name.
func (m *message) builtin(name string) starlark.Value {
	switch name {
	case "copy":
		return newFunc("message.copy", copyDoc, nil, m.copyCall)
	case "has":
		return newFunc("message.has", hasDoc, nameParam, m.has)
	case "items":
		return newFunc("message.items", itemsDoc, nil, m.items)
	case "keys":
		return newFunc("message.keys", keysDoc, nil, m.keys)
	case "match":
		return newFunc("message.match", matchDoc, matchParams, m.match)
	case "raw":
		return newFunc("message.raw", messageRawDoc, nameParam, m.rawValue)
	case "to_dict":
		return newFunc("message.to_dict", toDictDoc, nil, m.toDict)
	}
	return nil
}

var nameParam = []param{{"name", "string", "of a member of the header or an attribute"}}

const hasDoc = `reports whether the message has a member or an attribute; one that it does not have reads as None

    print(rt.getlink(ifname = "lo").has("master"))`

const messageRawDoc = `is the number behind a name or a set of flags, and the bytes of everything else

    l = rt.getlink(ifname = "lo")
    print(l.flags, l.raw("flags"))`

const toDictDoc = `decodes everything to plain values; nests are dicts, and an operation takes the dict for its message

    lo = rt.getlink(ifname = "lo").to_dict()
    print(lo["mtu"])`

func (m *message) has(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	p, _, err := m.placeArg(fn, args, kwargs)
	if err != nil {
		return nil, err
	}
	_, ok, err := m.m.At(p)
	return starlark.Bool(ok), err
}

func (m *message) placeArg(fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (schema.Place, string, error) {
	var name string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name); err != nil {
		return schema.Place{}, "", err
	}
	p := m.m.Resolve(name)
	if !p.Found() {
		return p, name, fmt.Errorf("%s: %w", fn.Name(), noAttr("message "+m.what(), clip(name), m.shape.names))
	}
	return p, name, nil
}

// rawValue is m.raw(name): the number behind a name or a set of flags, the
// bytes of everything else.
func (m *message) rawValue(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	p, _, err := m.placeArg(fn, args, kwargs)
	if err != nil {
		return nil, err
	}
	if n, ok := m.m.Number(p); ok {
		if row := rowOf(p); row.Kind.Signed() {
			return starlark.MakeInt64(int64(n)), nil
		}
		return starlark.MakeUint64(n), nil
	}
	switch {
	case p.Attr != nil:
		if b, ok := m.m.Raw(p.Attr); ok {
			return starlark.Bytes(b), nil
		}
	case p.Member != nil:
		h := m.m.HeaderBytes()
		if end := int(p.Member.Off + p.Member.Size); end <= len(h) {
			return starlark.Bytes(h[p.Member.Off:end]), nil
		}
	case p.Rest:
		return starlark.Bytes(m.m.AttrBytes()), nil
	}
	return starlark.None, nil
}

func rowOf(p schema.Place) *schema.Row {
	if p.Attr != nil {
		return &p.Attr.Row
	}
	return &p.Member.Row
}

// unknown lists the attributes that no row explains, as (type, bytes).
func (m *message) unknown() starlark.Value {
	var elems []starlark.Value
	for _, a := range m.m.Unknown() {
		elems = append(elems, starlark.Tuple{starlark.MakeUint64(uint64(a.Num())), starlark.Bytes(a.Data)})
	}
	list := starlark.NewList(elems)
	list.Freeze()
	return list
}

func (m *message) toDict(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	return m.dict(), nil
}

// dict is to_dict. A whole message has the names that its call takes, so that
// the dict can be given to it, also as **dict.
func (m *message) dict() *starlark.Dict {
	d := new(starlark.Dict)
	for _, f := range grouped(&m.m) {
		_ = d.SetKey(m.keyOf(f), m.shape.env.plain(f.val)) // strings and ints are hashable
	}
	return d
}

func (m *message) keyOf(e entry) starlark.Value {
	if m.op != nil && e.name != "" {
		return starlark.String(keyword(&m.m, e))
	}
	return e.key
}

const keysDoc = `lists the names of what the message has, as to_dict does: members of its header, then attributes

    print(rt.getlink(ifname = "lo").keys())`

func (m *message) keys(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	var elems []starlark.Value
	for _, f := range grouped(&m.m) {
		elems = append(elems, m.keyOf(f))
	}
	return starlark.NewList(elems), nil
}

const itemsDoc = `lists (name, value) of everything that the message has, nests as messages

    for name, value in rt.getlink(ifname = "lo").items():
        print(name, value)`

func (m *message) items(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	var elems []starlark.Value
	for _, f := range grouped(&m.m) {
		v := m.shape.env.toStarlark(f.val)
		if p := m.m.Resolve(f.name); f.name != "" && p.Found() {
			var err error
			if v, err = m.at(f.name, p); err != nil {
				return nil, err
			}
		}
		elems = append(elems, starlark.Tuple{m.keyOf(f), v})
	}
	return starlark.NewList(elems), nil
}

// dict decodes a message to the last leaf.
func (env *environ) dict(m *schema.Msg) *starlark.Dict {
	d := new(starlark.Dict)
	for _, f := range grouped(m) {
		_ = d.SetKey(f.key, env.plain(f.val)) // strings and ints are hashable
	}
	return d
}

// plain is toStarlark with messages as dicts.
func (env *environ) plain(v schema.Value) starlark.Value {
	switch v.Kind() {
	case schema.Message:
		return env.dict(v.Msg())
	case schema.List:
		elems := make([]starlark.Value, len(v.List()))
		for i, e := range v.List() {
			elems[i] = env.plain(e)
		}
		return starlark.NewList(elems)
	case schema.Fields:
		d := new(starlark.Dict)
		for _, f := range v.Fields() {
			key := fieldKey(f)
			if _, dup, _ := d.Get(key); dup {
				return env.pairs(v.Fields())
			}
			_ = d.SetKey(key, env.plain(f.Val))
		}
		return d
	}
	return env.toStarlark(v)
}
