package builtins

import (
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

	parent *message // the message that it is a nest of, nil if it is whole or one of a list
	state  uint8    // copied, frozen
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
func (m *message) Freeze()               { m.state |= frozen }
func (m *message) Truth() starlark.Bool  { return true }
func (m *message) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: message") }
func (m *message) String() string        { return printMessage(m, 0) }

// messageMethods are the names that a message has beside those of its schema,
// which win.
var messageMethods = [...]string{"bytes", "copy", "has", "header", "items", "keys", "match", "raw", "to_dict", "unknown"}

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
	if nest, ok := val.(*message); ok {
		nest.parent = m
	}
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
	case "unknown":
		return m.unknown(), nil
	case "header":
		if m.m.Header == nil || m.m.Set == nil {
			return starlark.None, nil
		}
		return m.shape.env.newMessage(schema.Msg{Spec: m.m.Spec, Header: m.m.Header, Data: m.m.HeaderBytes(), Outer: m.m.Outer, Origin: m.m.Origin}, nil), nil
	}
	if fn := m.builtin(name); fn != nil {
		return fn, nil
	}
	return nil, noAttr("message "+m.what(), name, m.AttrNames())
}

// what names the kind of message: the operation, or the set.
func (m *message) what() string {
	switch {
	case m.op != nil:
		return session.EventName(m.op)
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
		if !p.Found() && k == "header" && m.m.Header != nil && m.m.Set != nil {
			v, err := m.method("header") // which keys and to_dict have, too
			return v, err == nil, err
		}
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

// CompareSameType compares by what the message says: see schema.Equal.
func (m *message) CompareSameType(op syntax.Token, y starlark.Value, _ int) (bool, error) {
	o := y.(*message)
	same := schema.Equal(&m.m, &o.m)
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, fmt.Errorf("message %s message: messages have no order", op)
}
