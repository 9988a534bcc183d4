package schema_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
	"github.com/nlsh/nlsh/internal/wire"
)

// common is what the specs of the tests share; the sets of a case follow it.
const common = `
name: test
protocol: netlink-raw
protonum: 2
definitions:
  - {name: color, type: enum, entries: [red, green, {name: dark-blue, value: 7}, {name: max, value: 255}]}
  - {name: low, type: enum, entries: [{name: minus, value: -3}, {name: zero, value: 0}, {name: one, value: 1}]}
  - {name: bits, type: flags, entries: [up, {name: promisc, value: 2}, {name: top, value: 31}]}
  - {name: many, type: enum, entries: [a, b, c, d, e, f, g, h, i, j, k, l, m, n]}
  - {name: size, type: const, value: 6}
  - name: point
    type: struct
    members: [{name: pt-x, type: u8}, {name: pt-y, type: u32}, {name: pt-class, type: u16, enum: color}]
  - name: label
    type: struct
    members: [{name: text, type: string, len: 4}, {name: mac, type: binary, len: 6, display-hint: mac}, {name: fill, type: pad, len: 2}]
  - name: outer
    type: struct
    members: [{name: tag, type: u8}, {name: at, type: binary, struct: point}, {name: end, type: u8}]
  - name: keys
    type: struct
    members: [{name: nkeys, type: u8}, {name: off, type: u16}, {name: keys, type: array, struct: point, count-member: nkeys}]
  - name: nums
    type: struct
    members: [{name: n, type: u8}, {name: vals, type: array, sub-type: u16, count-member: n}]
  - name: hops
    type: struct
    members: [{name: n, type: u8}, {name: hops, type: array, sub-type: binary, len: 4, display-hint: ipv4}]
  - name: tail
    type: struct
    members: [{name: kind, type: u16}, {name: data, type: binary, display-hint: ipv4-or-v6}]
  - name: wrapped
    type: struct
    members: [{name: mode, type: u32}, {name: in, type: binary, struct: tail}]
  - name: hop
    type: struct
    members: [{name: hop-len, type: u16}, {name: hop-flags, type: u8, enum: bits}, {name: hop-x, type: u8}, {name: hop-if, type: u32, role: ifindex}]
  - name: shorthop
    type: struct
    members: [{name: len, type: u8}]
  - name: hdr
    type: struct
    members: [{name: ti-family, type: u8, enum: color}, {name: ti-pad, type: pad, len: 3}, {name: ti-index, type: u32, role: ifindex},
      {name: ti-class, type: u16}, {name: ti-mtu, type: u16}]
`

// load reads a spec that must be right. A case may hold only attribute-sets.
func load(t testing.TB, text string) *schema.Spec {
	t.Helper()
	spec, err := ynl.Load([]byte(text), "test.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// oneAttr is a spec whose set "main" has one attribute, 1, "x".
func oneAttr(t testing.TB, row string) *schema.Spec {
	t.Helper()
	return load(t, common+inner+"  - name: main\n    attributes: [{name: x, "+row+"}]\n")
}

// inner is sets that nests refer to.
const inner = `
attribute-sets:
  - name: leafs
    attributes: [{name: num, type: u32}, {name: name, type: string}, {name: on, type: flag}, {name: more, type: nest, nested-attributes: leafs}]
`

// at is an attribute: length, type, payload, padding.
func at(typ uint16, payload ...[]byte) []byte {
	p := cat(payload...)
	b := cat(n16(uint16(4+len(p))), n16(typ), p)
	return append(b, make([]byte, wire.Align(len(b))-len(b))...)
}

// nested is the type of a nest.
func nested(typ uint16) uint16 { return typ | wire.Nested }

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func n16(v uint16) []byte { return binary.NativeEndian.AppendUint16(nil, v) }
func n32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }
func n64(v uint64) []byte { return binary.NativeEndian.AppendUint64(nil, v) }

// hx is bytes in hexadecimal.
func hx(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// fields is named input in order: name, value, name, value.
func fields(pairs ...any) []schema.Field {
	var f []schema.Field
	for i := 0; i < len(pairs); i += 2 {
		f = append(f, schema.Field{Name: pairs[i].(string), Val: schema.Of(pairs[i+1])})
	}
	return f
}

// dict is a nest of named input.
func dict(pairs ...any) schema.Value { return schema.FieldsValue(fields(pairs...)) }

// entries is a nest of numbered input.
func entries(pairs ...any) schema.Value {
	var f []schema.Field
	for i := 0; i < len(pairs); i += 2 {
		f = append(f, schema.Field{Type: uint16(pairs[i].(int)), Val: schema.Of(pairs[i+1])})
	}
	return schema.FieldsValue(f)
}

// shape is where a message of a test belongs.
type shape struct {
	spec    *schema.Spec
	header  string
	set     string
	payload schema.Kind
}

func (s shape) encode(in []schema.Field) ([]byte, error) {
	var b wire.Builder
	enc := schema.Encoder{Spec: s.spec, Out: &b, Resolve: resolve}
	err := enc.Body(s.spec.FindStruct(s.header), s.spec.FindSet(s.set), s.payload, in)
	return b.Bytes(), err
}

func (s shape) message(data []byte) *schema.Msg {
	return &schema.Msg{Spec: s.spec, Header: s.spec.FindStruct(s.header), Set: s.spec.FindSet(s.set), Payload: s.payload, Data: data}
}

func resolve(role schema.Role, name string) (uint64, error) {
	if role == schema.RoleIfindex && name == "lo" {
		return 1, nil
	}
	return 0, fmt.Errorf("no %s has this name", role)
}

// roundTrip encodes in, wants data, decodes it, wants out, and takes the
// message apart to encode it from its parts.
func (s shape) roundTrip(t *testing.T, in []schema.Field, data []byte, out string) {
	t.Helper()
	got, err := s.encode(in)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("encode %v:\ngot  %x\nwant %x", schema.FieldsValue(in), got, data)
	}
	s.decodes(t, data, out)
}

// decodes is the half of roundTrip for what no one would encode.
func (s shape) decodes(t *testing.T, data []byte, out string) {
	t.Helper()
	m := s.message(data)
	if got := schema.MsgValue(m).String(); got != out {
		t.Errorf("decode %x:\ngot  %s\nwant %s", data, got, out)
	}
	got, err := s.encode(apart(schema.MsgValue(m)).Fields())
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("encode the parts of %s: %v\ngot  %x\nwant %x", out, err, got, data)
	}
}

// apart turns messages inside a value into plain fields, so that encoding
// cannot copy their bytes.
func apart(v schema.Value) schema.Value {
	switch v.Kind() {
	case schema.Message:
		m := v.Msg()
		if m.Set == nil && m.Payload == schema.KindNone && m.Header != nil && len(m.Data) != int(m.Header.Size) && !hasTail(m) {
			return v // a struct of another length stays as it is
		}
		return apart(schema.FieldsValue(m.Fields()))
	case schema.List:
		var list []schema.Value
		for _, e := range v.List() {
			list = append(list, apart(e))
		}
		return schema.ListValue(list)
	case schema.Fields:
		f := append([]schema.Field(nil), v.Fields()...)
		for i := range f {
			f[i].Val = apart(f[i].Val)
		}
		return schema.FieldsValue(f)
	}
	return v
}

func hasTail(m *schema.Msg) bool {
	n := len(m.Header.Members)
	return n > 0 && m.Header.Members[n-1].Size == 0 && len(m.Data) >= int(m.Header.Size)
}

func newBuilder() *wire.Builder { return &wire.Builder{} }
