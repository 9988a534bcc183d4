package schema_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

func name(s string) []byte { return append([]byte(s), 0) }

// nestCases: an attribute x of number 1 and the whole message.
var nestCases = []struct {
	name string
	row  string
	in   any
	data []byte
	out  string
}{
	{"nest", "type: nest, nested-attributes: leafs", dict("num", 5, "name", "a", "on", true),
		at(nested(1), at(1, n32(5)), at(2, name("a")), at(3)), `{"x": {"num": 5, "name": "a", "on": True}}`},
	{"nest of nests", "type: nest, nested-attributes: leafs", dict("more", dict("more", dict("num", 1))),
		at(nested(1), at(nested(4), at(nested(4), at(1, n32(1))))), `{"x": {"more": {"more": {"num": 1}}}}`},
	{"nest empty", "type: nest, nested-attributes: leafs", dict(), at(nested(1)), `{"x": {}}`},
	{"nest without what is None or False", "type: nest, nested-attributes: leafs", dict("num", nil, "on", false, "more", nil),
		at(nested(1)), `{"x": {}}`},
	{"nest with an attribute by number", "type: nest, nested-attributes: leafs", schema.FieldsValue([]schema.Field{{Type: 0x4063, HasNum: true, Val: schema.Of([]byte{1})}}),
		at(nested(1), at(0x4063, hx("01"))), `{"x": {99: b"\x01"}}`},

	{"multi", "type: u32, multi-attr: true", []any{1, 2}, cat(at(1, n32(1)), at(1, n32(2))), `{"x": 1, "x": 2}`},
	{"multi, one", "type: u32, multi-attr: true", 1, at(1, n32(1)), `{"x": 1}`},
	{"multi, none", "type: u32, multi-attr: true", []any{}, nil, `{}`},
	{"multi, with None", "type: u32, multi-attr: true", []any{nil, 3}, at(1, n32(3)), `{"x": 3}`},
	{"multi nests", "type: nest, nested-attributes: leafs, multi-attr: true", []any{dict("num", 1), dict()},
		cat(at(nested(1), at(1, n32(1))), at(nested(1))), `{"x": {"num": 1}, "x": {}}`},

	{"indexed nests", "type: indexed-array, sub-type: nest, nested-attributes: leafs", []any{dict("num", 1), dict("num", 2)},
		at(nested(1), at(nested(1), at(1, n32(1))), at(nested(2), at(1, n32(2)))), `{"x": {1: {"num": 1}, 2: {"num": 2}}}`},
	{"indexed with gaps and duplicates", "type: indexed-array, sub-type: u32", entries(0, 1, 7, 2, 7, 3, 3, []byte{1}),
		at(nested(1), at(0, n32(1)), at(7, n32(2)), at(7, n32(3)), at(3, hx("01"))), `{"x": {0: 1, 7: 2, 7: 3, 3: b"\x01"}}`},
	{"indexed binary", "type: indexed-array, sub-type: binary", []any{[]byte{1}, []byte{2, 3}},
		at(nested(1), at(1, hx("01")), at(2, hx("0203"))), `{"x": {1: b"\x01", 2: b"\x02\x03"}}`},
	{"indexed strings", "type: indexed-array, sub-type: string", []any{"a"}, at(nested(1), at(1, name("a"))), `{"x": {1: "a"}}`},
	{"indexed names", "type: indexed-array, sub-type: u8, enum: color", []any{"green", 9}, at(nested(1), at(1, hx("01")), at(2, hx("09"))),
		`{"x": {1: "green", 2: 9}}`},
	{"indexed, of no number", "type: indexed-array, sub-type: nest, nested-attributes: leafs, index: unused", []any{dict("num", 1), dict("num", 2)},
		at(nested(1), at(nested(0), at(1, n32(1))), at(nested(0), at(1, n32(2)))), `{"x": [{"num": 1}, {"num": 2}]}`},
	{"indexed scalars of no number", "type: indexed-array, sub-type: u32, index: unused", []any{5}, at(nested(1), at(0, n32(5))), `{"x": [5]}`},
	{"indexed, none of no number", "type: indexed-array, sub-type: u32, index: unused", []any{}, at(nested(1)), `{"x": []}`},
	{"indexed, none", "type: indexed-array, sub-type: u32", []any{}, at(nested(1)), `{"x": {}}`},

	{"levels, one", "type: nest-type-value, type-value: [id], nested-attributes: leafs", entries(3, dict("num", 1)),
		at(nested(1), at(nested(3), at(1, n32(1)))), `{"x": {3: {"num": 1}}}`},
	{"levels, two", "type: nest-type-value, type-value: [id, attr], nested-attributes: leafs", entries(3, entries(4, dict("num", 1), 5, dict())),
		at(nested(1), at(nested(3), at(nested(4), at(1, n32(1))), at(nested(5)))), `{"x": {3: {4: {"num": 1}, 5: {}}}}`},

	{"records", "type: records, struct: hop, length-member: hop-len, nested-attributes: leafs",
		[]any{dict("hop-flags", "up", "if", "lo", "name", "a"), dict("x", 3)},
		at(1, cat(n16(16), hx("0100"), n32(1), at(2, name("a"))), cat(n16(8), hx("0003"), n32(0))),
		`{"x": [{"hop-len": 16, "hop-flags": set(["up"]), "hop-x": 0, "hop-if": 1, "name": "a"}, ` +
			`{"hop-len": 8, "hop-flags": set([]), "hop-x": 3, "hop-if": 0}]}`},
	{"records of heads", "type: records, struct: hop, length-member: hop-len", []any{dict("x", 3), dict()},
		at(1, cat(n16(8), hx("0003"), n32(0)), cat(n16(8), hx("0000"), n32(0))),
		`{"x": [{"hop-len": 8, "hop-flags": set([]), "hop-x": 3, "hop-if": 0}, {"hop-len": 8, "hop-flags": set([]), "hop-x": 0, "hop-if": 0}]}`},
	{"records with a short head", "type: records, struct: shorthop, length-member: len, nested-attributes: leafs",
		[]any{dict(), dict("on", true)}, at(1, hx("04000000 08000000"), at(3)), `{"x": [{"len": 4}, {"len": 8, "on": True}]}`},
}

func TestNests(t *testing.T) {
	for _, c := range nestCases {
		t.Run(c.name, func(t *testing.T) {
			shape{spec: oneAttr(t, c.row), set: "main"}.roundTrip(t, fields("x", c.in), c.data, c.out)
		})
	}
}

// asIsCases: what only a kernel, or something worse, would send.
var asIsCases = []struct {
	name string
	row  string
	data []byte
	out  string
}{
	{"nest without the flag", "type: nest, nested-attributes: leafs", at(1, at(1, n32(5))), `{"x": {"num": 5}}`},
	{"scalar with the flag", "type: u32", at(nested(1), n32(5)), `{"x": 5}`},
	{"scalar with both flags", "type: u32", at(1|wire.Nested|wire.NetOrder, n32(5)), `{"x": 5}`},
	{"unknown in a nest", "type: nest, nested-attributes: leafs", at(nested(1), at(0xc123, hx("0102")), at(1, n32(1)), at(0x8123)),
		`{"x": {291: b"\x01\x02", "num": 1, 291: b""}}`},
	{"twice, the last counts", "type: u32", cat(at(1, n32(1)), at(1, n32(2))), `{"x": 1, "x": 2}`},
	{"indexed without the flag", "type: indexed-array, sub-type: nest, nested-attributes: leafs", at(1, at(2, at(1, n32(5)))), `{"x": {2: {"num": 5}}}`},
	{"indexed, numbers that are unused", "type: indexed-array, sub-type: u32, index: unused", at(1, at(7, n32(5)), at(7, n32(6))), `{"x": {7: 5, 7: 6}}`},
	{"indexed, an element of rubbish", "type: indexed-array, sub-type: nest, nested-attributes: leafs", at(1, at(2, hx("ff"))), `{"x": {2: b"\xff"}}`},
	{"level of rubbish", "type: nest-type-value, type-value: [a, b], nested-attributes: leafs", at(1, at(2, hx("ff"))), `{"x": {2: b"\xff"}}`},
	{"rubbish at the end", "type: u32", cat(at(1, n32(1)), hx("0102")), `{"x": 1, 0: b"\x01\x02"}`},
	{"rubbish alone", "type: u32", hx("ff00ff"), `{0: b"\xff\x00\xff"}`},
	{"record too short", "type: records, struct: hop, length-member: hop-len", at(1, n16(7), make([]byte, 6)), `{"x": b` + quote(cat(n16(7), make([]byte, 6))) + `}`},
	{"record too long", "type: records, struct: hop, length-member: hop-len", at(1, n16(9), make([]byte, 6)), `{"x": b` + quote(cat(n16(9), make([]byte, 6))) + `}`},
	{"record cut off", "type: records, struct: hop, length-member: hop-len", at(1, n16(8), make([]byte, 5)), `{"x": b` + quote(cat(n16(8), make([]byte, 5))) + `}`},
	{"record of rubbish", "type: records, struct: hop, length-member: hop-len, nested-attributes: leafs", at(1, n16(10), make([]byte, 8)),
		`{"x": b` + quote(cat(n16(10), make([]byte, 8))) + `}`},
	{"no records", "type: records, struct: hop, length-member: hop-len", at(1), `{"x": []}`},
}

func TestAsIs(t *testing.T) {
	for _, c := range asIsCases {
		t.Run(c.name, func(t *testing.T) {
			shape{spec: oneAttr(t, c.row), set: "main"}.decodes(t, c.data, c.out)
		})
	}
}

// TestLastRecordUnpadded: a record whose length leaves out its last padding is
// read; made anew it is padded.
func TestLastRecordUnpadded(t *testing.T) {
	s := shape{spec: oneAttr(t, "type: records, struct: hop, length-member: hop-len, nested-attributes: leafs"), set: "main"}
	data := at(1, n16(8+6), hx("0000"), n32(0), at(2, name("a"))[:6])
	out := `{"x": [{"hop-len": 14, "hop-flags": set([]), "hop-x": 0, "hop-if": 0, "name": "a"}]}`
	if got := schema.MsgValue(s.message(data)).String(); got != out {
		t.Errorf("got %s, want %s", got, out)
	}
	whole, err := s.encode(s.message(data).Fields()) // records as they were
	if err != nil || !bytes.Equal(whole, data) {
		t.Errorf("records as they were: %v\ngot  %x\nwant %x", err, whole, data)
	}
	anew, err := s.encode(apart(schema.MsgValue(s.message(data))).Fields())
	if want := at(1, n16(16), hx("0000"), n32(0), at(2, name("a"))); err != nil || !bytes.Equal(anew, want) {
		t.Errorf("records made anew: %v\ngot  %x\nwant %x", err, anew, want)
	}
}

// TestForeignMessages: a message of another set goes into a nest by its names,
// with the numbers of the nest.
func TestForeignMessages(t *testing.T) {
	spec := load(t, common+inner+`
  - name: other
    attributes: [{name: on, type: flag}, {name: name, type: string}, {name: num, value: 9, type: u32}]
  - name: main
    attributes: [{name: x, type: nest, nested-attributes: leafs}, {name: y, type: records, struct: hop, length-member: hop-len, nested-attributes: leafs},
      {name: z, type: binary, struct: point}]
`)
	s := shape{spec: spec, set: "main"}
	other := shape{spec: spec, set: "other"}.message(cat(at(9|wire.NetOrder, n32(5)), at(2, name("a"))))
	got, err := s.encode(fields("x", other))
	if want := at(nested(1), at(1|wire.NetOrder, n32(5)), at(2, name("a"))); err != nil || !bytes.Equal(got, want) {
		t.Errorf("nest: %v\ngot  %x\nwant %x", err, got, want)
	}
	got, err = s.encode(fields("y", []any{other}))
	if want := at(2, n16(8+8+8), hx("0000"), n32(0), at(1|wire.NetOrder, n32(5)), at(2, name("a"))); err != nil || !bytes.Equal(got, want) {
		t.Errorf("records: %v\ngot  %x\nwant %x", err, got, want)
	}
	st := shape{spec: spec, header: "point"}.message(hx("01000000"))
	for in, want := range map[*schema.Msg][]byte{
		st: at(3, hx("01000000")), // the same struct: as short as it is
		{Spec: spec, Header: &schema.Struct{Members: spec.FindStruct("point").Members}, Data: st.Data}: at(3, hx("01000000"), make([]byte, 8)),
	} {
		if got, err := s.encode(fields("z", in)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("struct: %v\ngot  %x\nwant %x", err, got, want)
		}
	}
}

// TestDepth: nests as deep as the limit go both ways, deeper ones stay bytes
// and are refused as input. Each kind that nests counts all its levels.
func TestDepth(t *testing.T) {
	spec := load(t, common+`
attribute-sets:
  - name: main
    attributes:
      - {name: nest, type: nest, nested-attributes: main}
      - {name: list, type: indexed-array, sub-type: nest, nested-attributes: main}
      - {name: pair, type: nest-type-value, type-value: [a, b], nested-attributes: main}
      - {name: sub, type: sub-message, sub-message: any}
      - {name: recs, type: records, struct: hop, length-member: hop-len, nested-attributes: main}
sub-messages:
  - {name: any, formats: [{default: true, attribute-set: main}]}
`)
	wrap := map[string]func(schema.Value) schema.Value{
		"nest": func(v schema.Value) schema.Value { return dict("nest", v) },
		"list": func(v schema.Value) schema.Value { return dict("list", entries(1, v)) },
		"pair": func(v schema.Value) schema.Value { return dict("pair", entries(1, entries(1, v))) },
		"sub":  func(v schema.Value) schema.Value { return dict("sub", v) },
	}
	levels := map[string]int{"nest": 1, "list": 2, "pair": 3, "sub": 1}
	s := shape{spec: spec, set: "main"}
	for kind, f := range wrap {
		t.Run(kind, func(t *testing.T) {
			in := dict()
			for range wire.MaxDepth / levels[kind] {
				in = f(in)
			}
			data, err := s.encode(in.Fields())
			if err != nil {
				t.Fatal(err)
			}
			s.decodes(t, data, in.String())
			if _, err = s.encode(f(in).Fields()); err == nil || !strings.HasSuffix(err.Error(), "got a nest 65 levels deep, want at most 64") {
				t.Errorf("one level more: %v", err)
			}
		})
	}
	for num := uint16(1); num <= 5; num++ {
		data := []byte{}
		for range 300 {
			if num == 5 {
				data = cat(n16(uint16(8+len(data))), hx("0000"), n32(0), data)
			}
			data = at(num, data)
		}
		s.decodes(t, data, schema.MsgValue(s.message(data)).String())
	}
}
