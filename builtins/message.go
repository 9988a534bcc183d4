package builtins

import (
	"bytes"
	"fmt"
	"sort"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/wire"
)

// message is a message or a nested attribute set: a schema over raw bytes.
type message struct {
	m     schema.Msg
	shape *shape
	op    *schema.Op       // nil for a nest
	req   *session.Request // what it was built as, nil if the kernel sent it
	raw   []byte           // whole, with its header; nil for a nest
	memo  []memo           // values that cost something to make
}

type memo struct {
	place schema.Place
	val   starlark.Value
}

// shape is what all messages of one header and set have in common.
type shape struct {
	env    *environ
	places map[string]schema.Place
	names  []string
}

type shapeKey struct {
	header *schema.Struct
	set    *schema.Set
}

// shape finds or makes the shape of m.
func (env *environ) shape(m *schema.Msg) *shape {
	key := shapeKey{m.Header, m.Set}
	s := env.shapes[key]
	if s == nil {
		s = &shape{env: env, places: map[string]schema.Place{}, names: schema.Names(m.Header, m.Set, m.Payload)}
		for _, name := range s.names {
			s.places[name] = m.Resolve(name)
		}
		env.shapes[key] = s
	}
	return s
}

// newMessage makes a message value. op is nil for a nest.
func (env *environ) newMessage(m schema.Msg, op *schema.Op) *message {
	return &message{m: m, shape: env.shape(&m), op: op}
}

// fromKernel makes a message value of what the kernel sent.
func (env *environ) fromKernel(m *session.Message) *message {
	v := env.newMessage(m.Msg, m.Op)
	v.raw = m.Raw
	return v
}

var (
	_ starlark.HasAttrs   = (*message)(nil)
	_ starlark.Mapping    = (*message)(nil)
	_ starlark.Comparable = (*message)(nil)
)

func (m *message) Type() string          { return "message" }
func (m *message) Freeze()               {} // a message never changes; what it memoises is the same for all
func (m *message) Truth() starlark.Bool  { return true }
func (m *message) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: message") }
func (m *message) String() string        { return printMessage(m, 0) }

// messageMethods are the names that a message has beside those of its schema,
// which win.
var messageMethods = [...]string{"bytes", "has", "header", "raw", "to_dict", "unknown"}

// AttrNames lists the fields of the schema and the methods.
func (m *message) AttrNames() []string {
	names := append([]string(nil), m.shape.names...)
	names = append(names, messageMethods[:]...)
	sort.Strings(names)
	return names
}

// Attr decodes a field. One that is absent is None.
func (m *message) Attr(name string) (starlark.Value, error) {
	p, ok := m.shape.places[name]
	if !ok {
		if p = m.m.Resolve(name); !p.Found() {
			return m.method(name)
		}
	}
	return m.at(name, p)
}

func (m *message) at(name string, p schema.Place) (starlark.Value, error) {
	if row := plainRow(p); row {
		if n, ok := m.m.Number(p); ok {
			return starlark.MakeUint64(n), nil
		}
	}
	for i := range m.memo {
		if m.memo[i].place == p {
			return m.memo[i].val, nil
		}
	}
	v, ok, err := m.m.At(p)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: malformed message: %w", name, err)
	case !ok:
		return starlark.None, nil
	case v.Odd() && v.Kind() == schema.Bytes && nestRow(p):
		return nil, fmt.Errorf("%s: malformed attributes in %d bytes (m.raw(%q) has them)", name, len(v.Bytes()), name)
	}
	val := m.shape.env.toStarlark(v)
	m.memo = append(m.memo, memo{p, val})
	return val, nil
}

// plainRow reports whether the value at p is an unsigned number and nothing
// else, so that it need not be made into a schema.Value first.
func plainRow(p schema.Place) bool {
	var r *schema.Row
	switch {
	case p.Member != nil:
		r = &p.Member.Row
	case p.Attr != nil && !p.Attr.Multi:
		r = &p.Attr.Row
	default:
		return false
	}
	return r.Kind.Integer() && !r.Kind.Signed() && r.Enum == 0 && (r.Hint == schema.HintNone || r.Hint == schema.HintHex)
}

func nestRow(p schema.Place) bool {
	if p.Attr == nil {
		return false
	}
	switch p.Attr.Kind {
	case schema.KindNest, schema.KindIndexedArray, schema.KindNestTypeValue, schema.KindSubMessage, schema.KindRecords:
		return true
	}
	return false
}

// method finds what a message has beside its fields.
func (m *message) method(name string) (starlark.Value, error) {
	switch name {
	case "bytes":
		if m.raw != nil {
			return starlark.Bytes(m.raw), nil
		}
		return starlark.Bytes(m.m.Data), nil
	case "has":
		return newFunc("has", messageHasDoc, messagePlaceParams, m.has), nil
	case "raw":
		return newFunc("raw", messageRawDoc, messagePlaceParams, m.rawValue), nil
	case "to_dict":
		return newFunc("to_dict", messageToDictDoc, nil, m.toDict), nil
	case "unknown":
		return m.unknown(), nil
	case "header":
		if m.m.Header == nil || m.m.Set == nil {
			return starlark.None, nil
		}
		return m.shape.env.newMessage(schema.Msg{Spec: m.m.Spec, Header: m.m.Header, Data: m.m.HeaderBytes(), Outer: m.m.Outer}, nil), nil
	}
	return nil, noAttr("message "+m.what(), name, m.AttrNames())
}

// what names the kind of message: the operation, or the set.
func (m *message) what() string {
	switch {
	case m.op != nil:
		return m.op.Key
	case m.m.Set != nil:
		return m.m.Set.Name
	case m.m.Header != nil:
		return m.m.Header.Name
	}
	return "of nothing"
}

// Get is m["name"], in the kernel's spelling or the scripts'. A number finds an
// attribute that no row knows.
func (m *message) Get(key starlark.Value) (starlark.Value, bool, error) {
	switch k := key.(type) {
	case starlark.String:
		p := m.m.Resolve(string(k))
		if !p.Found() {
			return nil, false, noAttr("message "+m.what(), string(k), m.shape.names)
		}
		v, err := m.at(string(k), p)
		return v, err == nil, err
	case starlark.Int:
		n, ok := k.Uint64()
		if m.m.Set == nil || !ok || n > 0x3fff {
			return nil, false, nil
		}
		if a, found := wire.Find(m.m.AttrBytes(), uint16(n)); found {
			return starlark.Bytes(a.Data), true, nil
		}
		return nil, false, nil
	}
	return nil, false, fmt.Errorf("message index: got %s, want a name or a number", key.Type())
}

// CompareSameType compares by what the message says: schema and bytes.
func (m *message) CompareSameType(op syntax.Token, y starlark.Value, _ int) (bool, error) {
	o := y.(*message)
	same := m.m.Set == o.m.Set && m.m.Header == o.m.Header && bytes.Equal(m.m.Data, o.m.Data)
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, fmt.Errorf("message %s message: messages have no order", op)
}

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
		return p, name, fmt.Errorf("%s: for parameter name: %w", fn.Name(), noAttr("message "+m.what(), name, m.shape.names))
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
	return m.shape.env.dict(&m.m), nil
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
