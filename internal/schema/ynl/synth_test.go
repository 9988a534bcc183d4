package ynl_test

import (
	"bytes"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// synthCase is one entry of shared/ynl/synth: a message that the kernel's own
// Python library built and decoded.
type synthCase struct {
	Op        string
	Direction string
	Value     int
	Input     object
	Hex       string
	Decoded   object
	Structs   []string
}

// wronglyPacked are the structs that the library lays out without padding
// where C has it (structcheck.txt: the packed size is not sizeof). Records
// with one of them differ on purpose.
var wronglyPacked = map[string]bool{
	"tc-ratespec": true, "tc-tbf-qopt": true, "tc-htb-opt": true, "tc-police": true, "tc-stats": true, "gnet-stats-basic": true,
	"rtnl-link-ifmap": true, "ifla-vf-guid": true, "ovs-key-arp": true, "ovs-key-ct-tuple-ipv4": true,
	"tc-u32-sel": true, "tc-u32-pcnt": true, "tc-pedit-sel": true, "ovs-action-add-mpls": true,
}

// wantSkips is how many records have one of these structs. They are decoded
// and encoded back all the same; only the comparison with the record is left out.
const wantSkips = 37

// TestSynth encodes the input of each record and decodes its bytes, by the
// same specs, without errata: the record knows none.
func TestSynth(t *testing.T) {
	records, skips := 0, map[string]int{}
	for _, file := range kernelSpecs(t) {
		t.Run(stem(file), func(t *testing.T) {
			spec := load(t, file, nil)
			var cases []synthCase
			readJSON(t, filepath.Join(shared(t), "synth", stem(file)+".json"), &cases)
			for i := range cases {
				c := &cases[i]
				records++
				packed := packedStruct(c)
				if packed != "" {
					skips[packed]++
				}
				t.Run(c.Op+"/"+c.Direction, func(t *testing.T) { c.run(t, spec, packed == "") })
			}
		})
	}
	n := 0
	for s, k := range skips {
		t.Logf("%d records not compared: struct %s is packed in the record and aligned in C", k, s)
		n += k
	}
	if t.Logf("%d records, %d not compared", records, n); n != wantSkips {
		t.Errorf("%d records not compared, want %d", n, wantSkips)
	}
}

func packedStruct(c *synthCase) string {
	for _, s := range c.Structs {
		if wronglyPacked[s] {
			return s
		}
	}
	return ""
}

// run checks one record, its decoding and encoding against the record only where comparable.
func (c *synthCase) run(t *testing.T, spec *schema.Spec, comparable bool) {
	op := spec.FindOp(c.Op)
	if op == nil {
		t.Fatalf("no operation %s", c.Op)
	}
	want, err := hex.DecodeString(c.Hex)
	if err != nil {
		t.Fatal(err)
	}
	body := wire.HeaderLen
	if spec.Generic() {
		body += wire.GenlHeaderLen
	}
	header, set := spec.Struct(op.Header), spec.Set(op.Set)
	m := &schema.Msg{Spec: spec, Header: header, Set: set, Data: want[body:]}
	if err := m.Err(); err != nil {
		t.Fatal(err)
	}
	recode(t, c.Op, m)
	if !comparable {
		return
	}
	compare(t, c.Op, spec, m, c.Decoded)
	conv := &converter{t: t, spec: spec}
	var b wire.Builder
	enc := schema.Encoder{Spec: spec, Out: &b}
	if err := enc.Body(header, set, schema.KindNone, conv.fields(header, set, c.Input)); err != nil {
		t.Fatalf("encode: %v", err)
	}
	if !bytes.Equal(b.Bytes(), want[body:]) {
		t.Errorf("encode %v:\ngot  %x\nwant %x", c.Input, b.Bytes(), want[body:])
	}
}

// converter turns recorded JSON into input for the encoder. The record writes
// bytes as hexadecimal text; the rows tell which text that is.
type converter struct {
	t     *testing.T
	spec  *schema.Spec
	outer []object
}

func (c *converter) fields(header *schema.Struct, set *schema.Set, in object) []schema.Field {
	c.t.Helper()
	c.outer = append(c.outer, in)
	defer func() { c.outer = c.outer[:len(c.outer)-1] }()
	var fields []schema.Field
	for _, m := range in {
		f := schema.Field{Name: m.key}
		if mem := exactMember(header, m.key); mem != nil {
			f.Header = true // as in the record, where the header wins
			f.Val = c.row(&mem.Row, m.val)
		} else if set != nil && set.Find(m.key) != nil {
			f.Val = c.attr(set.Find(m.key), m.val)
		} else {
			c.t.Fatalf("no place for %q", m.key)
		}
		fields = append(fields, f)
	}
	return fields
}

func (c *converter) attr(a *schema.Attr, in any) schema.Value {
	if list, ok := in.([]any); ok && a.Multi {
		var out []schema.Value
		for _, e := range list {
			out = append(out, c.one(a, e))
		}
		return schema.ListValue(out)
	}
	return c.one(a, in)
}

func (c *converter) one(a *schema.Attr, in any) schema.Value {
	switch a.Kind {
	case schema.KindNest:
		return schema.FieldsValue(c.fields(nil, c.spec.Set(a.Set), in.(object)))
	case schema.KindIndexedArray:
		var out []schema.Field
		for i, e := range in.([]any) { // the record counts from 0
			out = append(out, schema.Field{Type: uint16(i), Val: schema.FieldsValue(c.fields(nil, c.spec.Set(a.Set), e.(object)))})
		}
		return schema.FieldsValue(out)
	case schema.KindSubMessage:
		obj, ok := in.(object)
		if !ok {
			return c.row(&schema.Row{Kind: schema.KindBinary}, in)
		}
		f := c.format(a)
		return schema.FieldsValue(c.fields(c.spec.Struct(f.Header), c.spec.Set(f.Set), obj))
	}
	return c.row(&a.Row, in)
}

func (c *converter) format(a *schema.Attr) schema.Format {
	for i := len(c.outer) - 1; i >= 0; i-- {
		if v, ok := c.outer[i].get(a.Selector); ok {
			for _, f := range c.spec.SubMsg(a.SubMsg).Formats {
				if f.Value == v {
					return f
				}
			}
		}
	}
	c.t.Fatalf("%s: no selector in the record", a.Name)
	return schema.Format{}
}

func (c *converter) row(r *schema.Row, in any) schema.Value {
	switch in := in.(type) {
	case object:
		if r.Kind == schema.KindStruct {
			return schema.FieldsValue(c.fields(c.spec.Struct(r.Struct), nil, in))
		}
		var out []schema.Field
		for _, m := range in {
			out = append(out, schema.Field{Name: m.key, Val: c.row(r, m.val)})
		}
		return schema.FieldsValue(out)
	case []any:
		var out []schema.Value
		for _, e := range in {
			out = append(out, c.row(r, e))
		}
		return schema.ListValue(out)
	case string:
		if r.Kind == schema.KindBinary && (r.Hint == schema.HintNone || r.Hint == schema.HintHex) {
			b, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
			if err != nil {
				c.t.Fatalf("%s: %q: %v", r.Name, in, err)
			}
			return schema.BytesValue(b)
		}
	}
	return schema.Of(plain(in))
}
