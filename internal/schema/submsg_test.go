package schema_test

import (
	"bytes"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
)

const selecting = common + inner + `
  - name: main
    attributes:
      - {name: kind, type: string}
      - {name: data, type: sub-message, sub-message: by-kind, selector: kind}
      - {name: color, type: u8, enum: color}
      - {name: paint, type: sub-message, sub-message: by-kind, selector: color}
      - {name: in, type: nest, nested-attributes: deep}
      - {name: fam, type: sub-message, sub-message: by-kind, selector: ti-family}
      - {name: list, type: indexed-array, sub-type: nest, nested-attributes: deep}
      - {name: num, type: s32}
      - {name: bynum, type: sub-message, sub-message: by-kind, selector: num}
      - {name: any, type: sub-message, sub-message: with-default, selector: kind}
      - {name: table, type: u32}
      - {name: class, type: u32}
      - {name: loop, type: sub-message, sub-message: by-kind, selector: loop2}
      - {name: loop2, type: sub-message, sub-message: by-kind, selector: loop}
      - {name: fixed, type: sub-message, sub-message: with-default}
  - name: deep
    attributes:
      - {name: data, type: sub-message, sub-message: by-kind, selector: kind}
      - {name: in, type: nest, nested-attributes: deep}
sub-messages:
  - name: by-kind
    formats:
      - {value: header, fixed-header: point}
      - {value: set, attribute-set: leafs}
      - {value: both, fixed-header: label, attribute-set: leafs}
      - {value: neither}
      - {value: main, attribute-set: main}
      - {value: green, attribute-set: leafs}
      - {value: "-1", attribute-set: leafs}
      - {value: "9", attribute-set: leafs}
  - name: with-default
    formats:
      - {value: header, fixed-header: point}
      - {default: true, attribute-set: leafs}
`

var point = cat(hx("01000000"), n32(2), n32(0))

var leaf = at(1, n32(5))

var subCases = []struct {
	name string
	in   []schema.Field
	data []byte
	out  string
}{
	{"header only", fields("kind", "header", "data", dict("x", 1, "y", 2)), cat(at(1, name("header")), at(2, point)),
		`{"kind": "header", "data": {"pt-x": 1, "pt-y": 2, "pt-class": "red"}}`},
	{"set only", fields("kind", "set", "data", dict("num", 5)), cat(at(1, name("set")), at(nested(2), leaf)),
		`{"kind": "set", "data": {"num": 5}}`},
	{"both", fields("kind", "both", "data", dict("text", "ab", "num", 5)),
		cat(at(1, name("both")), at(nested(2), hx("61620000 000000000000 0000"), leaf)),
		`{"kind": "both", "data": {"text": "ab", "mac": "00:00:00:00:00:00", "num": 5}}`},
	{"neither", fields("kind", "neither", "data", []byte{1, 2}), cat(at(1, name("neither")), at(2, hx("0102"))),
		`{"kind": "neither", "data": b"\x01\x02"}`},
	{"neither, empty", fields("kind", "neither", "data", dict()), cat(at(1, name("neither")), at(2)), `{"kind": "neither", "data": b""}`},
	{"unknown selector", fields("kind", "nobody", "data", leaf), cat(at(1, name("nobody")), at(2, leaf)),
		`{"kind": "nobody", "data": b` + quote(leaf) + `}`},
	{"absent selector", fields("data", leaf), at(2, leaf), `{"data": b` + quote(leaf) + `}`},
	{"selector after payload", fields("data", dict("num", 5), "kind", "set"), cat(at(nested(2), leaf), at(1, name("set"))),
		`{"data": {"num": 5}, "kind": "set"}`},
	{"selector twice, the last counts", fields("kind", "header", "data", dict("num", 5), "kind", "set"),
		cat(at(1, name("header")), at(nested(2), leaf), at(1, name("set"))), `{"kind": "header", "data": {"num": 5}, "kind": "set"}`},
	{"selector in an outer set", fields("kind", "set", "in", dict("in", dict("data", dict("num", 5)))),
		cat(at(1, name("set")), at(nested(5), at(nested(2), at(nested(1), leaf)))), `{"kind": "set", "in": {"in": {"data": {"num": 5}}}}`},
	{"selector around a list", fields("kind", "set", "list", []any{dict("data", dict("num", 5))}),
		cat(at(1, name("set")), at(nested(7), at(nested(1), at(nested(1), leaf)))), `{"kind": "set", "list": {1: {"data": {"num": 5}}}}`},
	{"selector around a sub-message", fields("kind", "main", "data", dict("kind", "set", "data", dict("num", 5))),
		cat(at(1, name("main")), at(nested(2), at(1, name("set")), at(nested(2), leaf))), `{"kind": "main", "data": {"kind": "set", "data": {"num": 5}}}`},
	{"selector by enum", fields("color", 1, "paint", dict("num", 5)), cat(at(3, hx("01")), at(nested(4), leaf)),
		`{"color": "green", "paint": {"num": 5}}`},
	{"selector by number", fields("color", "9", "paint", dict("num", 5)), cat(at(3, hx("09")), at(nested(4), leaf)), `{"color": 9, "paint": {"num": 5}}`},
	{"selector by negative number", fields("num", -1, "bynum", dict("num", 5)), cat(at(8, n32(0xffffffff)), at(nested(9), leaf)),
		`{"num": -1, "bynum": {"num": 5}}`},
	{"default", fields("kind", "nobody", "any", dict("num", 5)), cat(at(1, name("nobody")), at(nested(10), leaf)),
		`{"kind": "nobody", "any": {"num": 5}}`},
	{"default, selector absent", fields("any", dict("num", 5)), at(nested(10), leaf), `{"any": {"num": 5}}`},
	{"default not used", fields("kind", "header", "any", dict("x", 1)), cat(at(1, name("header")), at(10, hx("01000000"), n64(0))),
		`{"kind": "header", "any": {"pt-x": 1, "pt-y": 0, "pt-class": "red"}}`},
	{"default without a selector", fields("fixed", dict("num", 5)), at(nested(15), leaf), `{"fixed": {"num": 5}}`},
	{"a selector that is a sub-message selects nothing", fields("loop", leaf, "loop2", leaf), cat(at(13, leaf), at(14, leaf)),
		`{"loop": b` + quote(leaf) + `, "loop2": b` + quote(leaf) + `}`},
}

func TestSubMessages(t *testing.T) {
	s := shape{spec: load(t, selecting), set: "main"}
	for _, c := range subCases {
		t.Run(c.name, func(t *testing.T) { s.roundTrip(t, c.in, c.data, c.out) })
	}
}

func TestSubMessagesAsIs(t *testing.T) {
	s := shape{spec: load(t, selecting), set: "main"}
	kind := func(k string) []byte { return at(1, name(k)) }
	for _, c := range []struct {
		name string
		data []byte
		out  string
	}{
		{"header alone, with the flag", cat(kind("header"), at(nested(2), point)), `{"kind": "header", "data": {"pt-x": 1, "pt-y": 2, "pt-class": "red"}}`},
		{"header too short", cat(kind("header"), at(2, hx("01"))), `{"kind": "header", "data": b"\x01"}`},
		{"header long", cat(kind("header"), at(2, point, hx("ff"))), `{"kind": "header", "data": {"pt-x": 1, "pt-y": 2, "pt-class": "red"}}`},
		{"both, header too short", cat(kind("both"), at(2, hx("01"))), `{"kind": "both", "data": b"\x01"}`},
		{"both, rubbish behind", cat(kind("both"), at(2, make([]byte, 12), hx("01"))), `{"kind": "both", "data": b` + quote(append(make([]byte, 12), 1)) + `}`},
		{"set of rubbish", cat(kind("set"), at(2, hx("01"))), `{"kind": "set", "data": b"\x01"}`},
		{"set without the flag", cat(kind("set"), at(2, leaf)), `{"kind": "set", "data": {"num": 5}}`},
		{"neither, with the flag", cat(kind("neither"), at(nested(2), leaf)), `{"kind": "neither", "data": b` + quote(leaf) + `}`},
		{"selector without NUL", cat(at(1, []byte("set")), at(2, leaf)), `{"kind": "set", "data": {"num": 5}}`},
		{"selector in the nearest set, though absent", cat(kind("main"), at(nested(2), at(2, leaf))),
			`{"kind": "main", "data": {"data": b` + quote(leaf) + `}}`},
	} {
		t.Run(c.name, func(t *testing.T) { s.decodes(t, c.data, c.out) })
	}
}

// Messages as a sub-message whose format is not known are bytes.
func TestSubMessageOfUnknownFormat(t *testing.T) {
	s := shape{spec: load(t, selecting), set: "main"}
	m := shape{spec: s.spec, set: "leafs"}.message(leaf)
	got, err := s.encode(fields("kind", "nobody", "data", m))
	if want := cat(at(1, name("nobody")), at(2, leaf)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v\ngot  %x\nwant %x", err, got, want)
	}
}

func header(family, index, class, mtu int) []byte {
	return cat([]byte{byte(family), 0, 0, 0}, n32(uint32(index)), n16(uint16(class)), n16(uint16(mtu)))
}

var headerCases = []struct {
	name string
	in   []schema.Field
	data []byte
	out  string
}{
	{"absent", nil, header(0, 0, 0, 0), `{"ti-family": "red", "ti-index": 0, "ti-class": 0, "ti-mtu": 0}`},
	{"whole names", fields("ti-family", "green", "ti_index", 7), header(1, 7, 0, 0), `{"ti-family": "green", "ti-index": 7, "ti-class": 0, "ti-mtu": 0}`},
	{"short names", fields("family", "green", "index", "lo", "mtu", 9), header(1, 1, 0, 9), `{"ti-family": "green", "ti-index": 1, "ti-class": 0, "ti-mtu": 9}`},
	{"attribute wins", fields("class", 5), cat(header(0, 0, 0, 0), at(12, n32(5))),
		`{"ti-family": "red", "ti-index": 0, "ti-class": 0, "ti-mtu": 0, "class": 5}`},
	{"attribute wins, reserved word", fields("class_", 5, "mtu_", 3), cat(header(0, 0, 0, 3), at(12, n32(5))),
		`{"ti-family": "red", "ti-index": 0, "ti-class": 0, "ti-mtu": 3, "class": 5}`},
	{"member by header", fields("class", 5, "header", dict("class", 6, "mtu", nil)), cat(header(0, 0, 6, 0), at(12, n32(5))),
		`{"ti-family": "red", "ti-index": 0, "ti-class": 6, "ti-mtu": 0, "class": 5}`},
	{"header None", fields("header", nil), header(0, 0, 0, 0), `{"ti-family": "red", "ti-index": 0, "ti-class": 0, "ti-mtu": 0}`},
	{"selector is a member", fields("family", "green", "fam", dict("num", 5)), cat(header(1, 0, 0, 0), at(nested(6), leaf)),
		`{"ti-family": "green", "ti-index": 0, "ti-class": 0, "ti-mtu": 0, "fam": {"num": 5}}`},
	{"selector is a member by header", fields("fam", dict("num", 5), "header", dict("family", "green")), cat(header(1, 0, 0, 0), at(nested(6), leaf)),
		`{"ti-family": "green", "ti-index": 0, "ti-class": 0, "ti-mtu": 0, "fam": {"num": 5}}`},
}

func TestHeader(t *testing.T) {
	s := shape{spec: load(t, selecting), header: "hdr", set: "main"}
	for _, c := range headerCases {
		t.Run(c.name, func(t *testing.T) { s.roundTrip(t, c.in, c.data, c.out) })
	}
	t.Run("header of a message", func(t *testing.T) {
		m := s.message(cat(header(1, 2, 3, 4), at(12, n32(5))))
		if got, err := s.encode(fields("header", m)); err != nil || !bytes.Equal(got, header(1, 2, 3, 4)) {
			t.Errorf("got %x, %v", got, err)
		}
	})
	t.Run("a link for an ifindex", func(t *testing.T) {
		m := s.message(header(1, 77, 3, 4))
		if got, err := s.encode(fields("index", m)); err != nil || !bytes.Equal(got, header(0, 77, 0, 0)) {
			t.Errorf("got %x, %v", got, err)
		}
	})
	t.Run("short header", func(t *testing.T) {
		m := s.message(header(1, 7, 0, 0)[:8])
		if got, want := schema.MsgValue(m).String(), `{"ti-family": "green", "ti-index": 7}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

var payloadCases = []struct {
	name    string
	payload schema.Kind
	in      any
	data    []byte
	out     string
}{
	{"string", schema.KindString, "add@/x", []byte("add@/x"), `{"payload": "add@/x"}`},
	{"strings", schema.KindStrings, []string{"A=1", "B"}, []byte("A=1\x00B\x00"), `{"payload": ["A=1", "B"]}`},
	{"strings, none", schema.KindStrings, []string{}, nil, `{"payload": []}`},
	{"strings, one empty", schema.KindStrings, []string{""}, []byte{0}, `{"payload": [""]}`},
	{"strings as bytes", schema.KindStrings, []byte("A\x00"), []byte("A\x00"), `{"payload": ["A"]}`},
	{"binary", schema.KindBinary, []byte{1}, hx("01"), `{"payload": b"\x01"}`},
	{"binary of text", schema.KindBinary, "a", []byte("a"), `{"payload": b"a"}`},
	{"None", schema.KindString, nil, nil, `{"payload": ""}`},
}

func TestPayload(t *testing.T) {
	spec := load(t, common)
	for _, c := range payloadCases {
		t.Run(c.name, func(t *testing.T) {
			shape{spec: spec, payload: c.payload}.roundTrip(t, fields("payload", c.in), c.data, c.out)
			s := shape{spec: spec, payload: c.payload, header: "shorthop"}
			s.roundTrip(t, fields("payload", c.in, "len", 9), cat(hx("09000000"), c.data), `{"len": 9, `+c.out[1:])
		})
	}
	shape{spec: spec, payload: schema.KindString}.decodes(t, []byte("log\x00"), `{"payload": "log"}`)
	shape{spec: spec, payload: schema.KindStrings}.decodes(t, []byte("A\x00B"), `{"payload": ["A", "B"]}`)
}
