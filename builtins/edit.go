package builtins

import (
	"encoding/binary"
	"fmt"
	"slices"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

var (
	_ starlark.HasSetField = (*message)(nil)
	_ starlark.HasSetKey   = (*message)(nil)
)

// What may be done to a message.
const (
	copied uint8 = 1 << iota // it may be changed, as what msg built may
	frozen
)

// SetField is m.name = v.
func (m *message) SetField(name string, v starlark.Value) error {
	p, ok := m.shape.places[name]
	if !ok {
		if p = m.m.Resolve(name); !p.Found() {
			return noAttr("message "+m.what(), name, m.shape.names)
		}
	}
	if err := m.assign(p, v); err != nil {
		return fmt.Errorf("%s: %w", m.what(), under(name, err))
	}
	return nil
}

// SetKey is m["name"] = v, and m[999] = b"..." for an attribute without a row.
func (m *message) SetKey(k, v starlark.Value) error {
	switch k := k.(type) {
	case starlark.String:
		return m.SetField(string(k), v)
	case starlark.Int:
		if err := m.assignNumber(k, v); err != nil {
			return fmt.Errorf("%s: [%s]: %w", m.what(), k, err)
		}
		return nil
	}
	return fmt.Errorf("message index: got %s, want a name or a number", k.Type())
}

// assign changes what is at p, in this message and in those around it.
func (m *message) assign(p schema.Place, v starlark.Value) error {
	val, resolve, err := m.input(v)
	if err != nil {
		return err
	}
	data, err := m.m.With(p, val, resolve)
	if err != nil {
		return unrooted(err)
	}
	if err := m.store(data); err != nil {
		return err
	}
	m.drop(p)
	return nil
}

// assignNumber changes an attribute that goes by its number.
func (m *message) assignNumber(k starlark.Int, v starlark.Value) error {
	n, ok := k.Uint64()
	if !ok || n > 0x3fff || m.m.Set == nil {
		return fmt.Errorf("got an attribute's number of %s, want 0 to 16383 in a message with attributes", k)
	}
	if a := m.m.Set.ByNum(uint16(n)); a != nil && a.Kind != schema.KindUnused {
		return m.assign(schema.Place{Attr: a}, v)
	}
	val, resolve, err := m.input(v)
	if err == nil && val.Kind() != schema.Bytes && !val.IsNone() {
		err = fmt.Errorf("got %s, want bytes for an attribute that goes by its number", v.Type())
	}
	if err != nil {
		return err
	}
	a := &schema.Attr{Row: schema.Row{Kind: schema.KindBinary}, Num: uint16(n)}
	data, err := m.m.With(schema.Place{Attr: a}, val, resolve)
	if err != nil {
		return unrooted(err)
	}
	return m.store(data)
}

// input is a value for the encoder, if m may be changed at all.
func (m *message) input(v starlark.Value) (schema.Value, func(schema.Role, string) (uint64, error), error) {
	root, err := m.changeable()
	if err != nil {
		return schema.Value{}, nil, err
	}
	switch v.(type) {
	case *message, starlark.IterableMapping, starlark.Sequence:
	case starlark.Iterable: // which may fail, and nobody would hear of it here
		return schema.Value{}, nil, fmt.Errorf("got %s, want a value that a message can hold (list(...) makes one)", v.Type())
	}
	val, err := fromStarlark(nil, v)
	if root.req != nil {
		return val, root.req.Op.Resolve, err
	}
	return val, noLookup, err
}

// noLookup is for copies of what the kernel sent.
func noLookup(role schema.Role, _ string) (uint64, error) {
	return 0, fmt.Errorf("a copy has no socket to ask for the number of an %s: give the number", role)
}

// unrooted takes the row's spelling off a path: the script's is put there.
func unrooted(err error) error {
	if e, ok := err.(*schema.Error); ok {
		for i := range e.Path {
			if e.Path[i] == '.' || e.Path[i] == '[' {
				e.Path = e.Path[i:]
				if e.Path[0] == '.' {
					e.Path = e.Path[1:]
				}
				return e
			}
		}
		e.Path = ""
	}
	return err
}

// changeable finds the message that m is a part of, m itself if it is whole, or
// says why it cannot be changed.
func (m *message) changeable() (*message, error) {
	for ; ; m = m.parent {
		switch {
		case m.state == frozen && m.parent == nil && m.raw == nil:
			return nil, fmt.Errorf("one of a list cannot be changed in place: copy() it, change the copy, and assign the list")
		case m.state&frozen != 0:
			return nil, fmt.Errorf("the message is frozen: copy() makes one that can be changed")
		case m.parent == nil && (m.req != nil || m.state&copied != 0):
			return m, nil
		case m.parent == nil && m.raw == nil:
			return nil, fmt.Errorf("a header cannot be changed in place: assign to its members in the message")
		case m.parent == nil:
			return nil, fmt.Errorf("the message is the kernel's: copy() makes one that can be changed")
		}
		if _, ok := m.parent.placeOf(m); !ok {
			return nil, fmt.Errorf("it is no longer a part of its message")
		}
	}
}

// placeOf finds where in m the nest is.
func (m *message) placeOf(nest *message) (schema.Place, bool) {
	for i := range m.memo {
		if m.memo[i].val == starlark.Value(nest) {
			return m.memo[i].place, true
		}
	}
	return schema.Place{}, false
}

// store gives m other bytes, and those around it, or nothing if they would not
// fit.
func (m *message) store(data []byte) error {
	if m.parent != nil {
		p, _ := m.parent.placeOf(m)
		outer, err := m.parent.m.With(p, schema.BytesValue(data), nil)
		if err != nil {
			return err
		}
		if err := m.parent.store(outer); err != nil {
			return err
		}
	}
	m.m.Data = data
	m.forget()
	if m.raw == nil {
		return nil
	}
	body := min(m.bodyOffset(), len(m.raw))
	raw := append(append(make([]byte, 0, body+len(data)), m.raw[:body]...), data...)
	binary.NativeEndian.PutUint32(raw, uint32(len(raw)))
	m.raw = raw
	if m.req != nil {
		m.req = m.req.WithBytes(raw)
	}
	return nil
}

func (m *message) bodyOffset() int {
	if m.m.Spec.Generic() {
		return wire.HeaderLen + wire.GenlHeaderLen
	}
	return wire.HeaderLen
}

// forget drops the values that were decoded from former bytes. A nest that
// somebody holds stays a part of the message, unless it would now be read by
// another format.
func (m *message) forget() {
	kept := m.memo[:0]
	for _, e := range m.memo {
		nest, ok := e.val.(*message)
		if !ok || nest.parent != m {
			continue
		}
		v, _, _ := m.m.At(e.place)
		if now := v.Msg(); now != nil && now.Set == nest.m.Set && now.Header == nest.m.Header {
			nest.m.Data = now.Data
			nest.forget()
			kept = append(kept, e)
		}
	}
	clear(m.memo[len(kept):])
	m.memo = kept
}

// drop forgets the nest at p, which something else took the place of.
func (m *message) drop(p schema.Place) {
	m.memo = slices.DeleteFunc(m.memo, func(e memo) bool { return e.place == p })
}

const copyDoc = `makes a message that can be changed, with the same bytes

What an operation's msg built can be changed as it is; what the kernel sent, and a nest of it, cannot.

    lo = rt.getlink(ifname = "lo").copy()
    lo.mtu = 1500
    print(lo.mtu, rt.getlink(ifname = "lo").mtu)`

func (m *message) copyCall(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	c := &message{m: m.m, shape: m.shape, op: m.op, req: m.req, state: copied}
	c.m.Data = append([]byte(nil), m.m.Data...)
	if m.raw != nil {
		c.raw = append([]byte(nil), m.raw...)
	}
	if m.req != nil {
		c.req = m.req.WithBytes(c.raw)
	}
	return c, nil
}
