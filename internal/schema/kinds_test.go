package schema_test

import (
	"math"
	"testing"
)

// kindCases: an attribute x of number 1, what a script gives for it, its
// payload, and what it decodes to.
var kindCases = []struct {
	name    string
	row     string
	in      any
	payload []byte
	out     string
}{
	{"u8", "type: u8", 200, hx("c8"), `200`},
	{"u16", "type: u16", 0x1234, n16(0x1234), `4660`},
	{"u16 big-endian", "type: u16, byte-order: big-endian", 0x1234, hx("1234"), `4660`},
	{"u32", "type: u32", uint32(0x12345678), n32(0x12345678), `305419896`},
	{"u32 big-endian", "type: u32, byte-order: big-endian", 0x12345678, hx("12345678"), `305419896`},
	{"u64", "type: u64", uint64(math.MaxUint64), hx("ffffffffffffffff"), `18446744073709551615`},
	{"u64 big-endian", "type: u64, byte-order: big-endian", 42, hx("000000000000002a"), `42`},
	{"u32 from bool", "type: u32", true, n32(1), `1`},
	{"s8", "type: s8", int8(-1), hx("ff"), `-1`},
	{"s16", "type: s16", int16(-2), n16(0xfffe), `-2`},
	{"s16 big-endian", "type: s16, byte-order: big-endian", -2, hx("fffe"), `-2`},
	{"s32", "type: s32", int32(math.MinInt32), n32(0x80000000), `-2147483648`},
	{"s64", "type: s64", int64(math.MinInt64), n64(1 << 63), `-9223372036854775808`},
	{"s64 positive", "type: s64", int64(math.MaxInt64), n64(1<<63 - 1), `9223372036854775807`},
	{"uint short", "type: uint", uint8(1), n32(1), `1`},
	{"uint widest short", "type: uint", uint16(0xffff), n32(0xffff), `65535`},
	{"uint long", "type: uint", uint(1 << 32), n64(1 << 32), `4294967296`},
	{"uint big-endian", "type: uint, byte-order: big-endian", uint64(1 << 32), hx("0000000100000000"), `4294967296`},
	{"sint short", "type: sint", -1, n32(0xffffffff), `-1`},
	{"sint lowest short", "type: sint", math.MinInt32, n32(0x80000000), `-2147483648`},
	{"sint long", "type: sint", math.MinInt32 - 1, n64(0xffffffff7fffffff), `-2147483649`},
	{"sint long positive", "type: sint", math.MaxInt32 + 1, n64(1 << 31), `2147483648`},
	{"flag", "type: flag", true, nil, `True`},
	{"string", "type: string", "veth0", []byte("veth0\x00"), `"veth0"`},
	{"string empty", "type: string", "", []byte{0}, `""`},
	{"string invalid UTF-8", "type: string", "a\xff", []byte("a\xff\x00"), `"a\xff"`},
	{"binary", "type: binary", []byte{1, 2, 3}, hx("010203"), `b"\x01\x02\x03"`},
	{"binary empty", "type: binary", []byte{}, nil, `b""`},
	{"bytes for any row", "type: u32", []byte{1}, hx("01"), `b"\x01"`},
	{"bytes for a nest", "type: nest, nested-attributes: leafs", []byte{1}, hx("01"), `b"\x01"`},

	{"enum by name", "type: u8, enum: color", "green", hx("01"), `"green"`},
	{"enum by liberal name", "type: u8, enum: color", "DARK_BLUE", hx("07"), `"dark-blue"`},
	{"enum by number", "type: u8, enum: color", 7, hx("07"), `"dark-blue"`},
	{"enum by number as text", "type: u8, enum: color", "0x63", hx("63"), `99`},
	{"enum unknown", "type: u8, enum: color", 99, hx("63"), `99`},
	{"enum big-endian", "type: u32, byte-order: big-endian, enum: color", "max", hx("000000ff"), `"max"`},
	{"enum negative", "type: s32, enum: low", "minus", n32(0xfffffffd), `"minus"`},
	{"enum negative unknown", "type: s32, enum: low", "-4", n32(0xfffffffc), `-4`},
	{"enum huge", "type: u64, enum: color", uint64(math.MaxUint64), n64(math.MaxUint64), `18446744073709551615`},

	{"flags list", "type: u32, enum: bits", []string{"promisc", "up"}, n32(5), `set(["up", "promisc"])`},
	{"flags text", "type: u32, enum: bits", "up|promisc", n32(5), `set(["up", "promisc"])`},
	{"flags text, other separators", "type: u32, enum: bits", "up, top", n32(0x80000001), `set(["up", "top"])`},
	{"flags one", "type: u32, enum: bits", "promisc", n32(4), `set(["promisc"])`},
	{"flags none", "type: u32, enum: bits", "", n32(0), `set([])`},
	{"flags number", "type: u32, enum: bits", 5, n32(5), `set(["up", "promisc"])`},
	{"flags unknown bits", "type: u32, enum: bits", []any{"up", 0x48}, n32(0x49), `set(["up", 8, 64])`},
	{"flags unknown bits as text", "type: u32, enum: bits", "up|0x8", n32(9), `set(["up", 8])`},
	{"flags of a signed row", "type: s32, enum: bits", "top", n32(0x80000000), `set(["top"])`},
	{"enum as flags", "type: u16, enum: color, enum-as-flags: true", []string{"red", "dark-blue"}, n16(0x81), `set(["red", "dark-blue"])`},

	{"bitfield32", "type: bitfield32", dict("value", 1, "selector", 3), cat(n32(1), n32(3)), `{"value": 1, "selector": 3}`},
	{"bitfield32 number", "type: bitfield32", 2, cat(n32(2), n32(2)), `{"value": 2, "selector": 2}`},
	{"bitfield32 flags", "type: bitfield32, enum: bits", dict("value", "up", "selector", []any{"up", "promisc"}), cat(n32(1), n32(5)),
		`{"value": set(["up"]), "selector": set(["up", "promisc"])}`},
	{"bitfield32 flags alone", "type: bitfield32, enum: bits", "up|top", cat(n32(0x80000001), n32(0x80000001)),
		`{"value": set(["up", "top"]), "selector": set(["up", "top"])}`},

	{"struct", "type: binary, struct: point", dict("pt-x", 1, "pt-y", 2, "pt-class", "green"),
		cat(hx("01000000"), n32(2), n16(1), hx("0000")), `{"pt-x": 1, "pt-y": 2, "pt-class": "green"}`},
	{"struct, members not given", "type: binary, struct: point", dict("y", 2, "x", nil),
		cat(n32(0), n32(2), n32(0)), `{"pt-x": 0, "pt-y": 2, "pt-class": "red"}`},
	{"struct with text", "type: binary, struct: label", dict("text", "ab", "mac", "02:00:00:00:00:01"),
		hx("61620000 020000000001 0000"), `{"text": "ab", "mac": "02:00:00:00:00:01"}`},
	{"struct text fills its place", "type: binary, struct: label", dict("text", "abcd"),
		hx("61626364 000000000000 0000"), `{"text": "abcd", "mac": "00:00:00:00:00:00"}`},
	{"nested struct", "type: binary, struct: outer", dict("tag", 1, "at", dict("x", 2, "y", 3, "class", 7), "end", 4),
		cat(hx("01000000"), hx("02000000"), n32(3), n16(7), hx("0000"), hx("04000000")),
		`{"tag": 1, "at": {"pt-x": 2, "pt-y": 3, "pt-class": "dark-blue"}, "end": 4}`},
	{"array of structs", "type: binary, struct: keys", dict("off", 9, "keys", []any{dict("x", 1), dict("y", 2)}),
		cat(hx("0200"), n16(9), hx("01000000"), n32(0), n32(0), n32(0), n32(2), n32(0)),
		`{"nkeys": 2, "off": 9, "keys": [{"pt-x": 1, "pt-y": 0, "pt-class": "red"}, {"pt-x": 0, "pt-y": 2, "pt-class": "red"}]}`},
	{"array, count given", "type: binary, struct: nums", dict("n", 9, "vals", []any{1}), cat(hx("0900"), n16(1)), `{"n": 9, "vals": [1]}`},
	{"array, none", "type: binary, struct: nums", dict(), hx("0000"), `{"n": 0, "vals": []}`},
	{"array of binary", "type: binary, struct: hops", dict("n", 2, "hops", []any{"10.0.0.1", "10.0.0.2"}),
		hx("02 0a000001 0a000002"), `{"n": 2, "hops": ["10.0.0.1", "10.0.0.2"]}`},
	{"rest binary", "type: binary, struct: tail", dict("kind", 2, "data", "10.0.0.1"), cat(n16(2), hx("0a000001")),
		`{"kind": 2, "data": "10.0.0.1"}`},
	{"rest binary empty", "type: binary, struct: tail", dict("kind", 2), n16(2), `{"kind": 2, "data": b""}`},
	{"rest in a nested struct", "type: binary, struct: wrapped", dict("mode", 1, "in", dict("kind", 2, "data", []byte{5})),
		cat(n32(1), n16(2), hx("05")), `{"mode": 1, "in": {"kind": 2, "data": b"\x05"}}`},

	{"array of numbers", "type: binary, sub-type: u16", []any{1, 2, 3}, cat(n16(1), n16(2), n16(3)), `[1, 2, 3]`},
	{"array of names", "type: binary, sub-type: u8, enum: color", []any{"red", 7, 8}, hx("000708"), `["red", "dark-blue", 8]`},
	{"array of big-endian", "type: binary, sub-type: s32, byte-order: big-endian", []any{-1, 1}, hx("ffffffff 00000001"), `[-1, 1]`},
}

func TestKinds(t *testing.T) {
	for _, c := range kindCases {
		t.Run(c.name, func(t *testing.T) {
			s := shape{spec: oneAttr(t, c.row), set: "main"}
			s.roundTrip(t, fields("x", c.in), at(1, c.payload), `{"x": `+c.out+`}`)
		})
	}
}

// oddCases: payloads that the row does not produce. They survive, and say that they are odd.
var oddCases = []struct {
	name    string
	row     string
	payload []byte
	out     string
	odd     bool
}{
	{"u32 short", "type: u32", hx("010203"), `b"\x01\x02\x03"`, true},
	{"u32 long", "type: u32", hx("0102030405"), `b"\x01\x02\x03\x04\x05"`, true},
	{"uint of two bytes", "type: uint", hx("0102"), `b"\x01\x02"`, true},
	{"flag as byte, on", "type: flag", hx("01"), `True`, true},
	{"flag as byte, off", "type: flag", hx("00"), `False`, true},
	{"flag with more", "type: flag", hx("0102"), `b"\x01\x02"`, true},
	{"string without NUL", "type: string", []byte("abc"), `"abc"`, true},
	{"string with two NULs", "type: string", []byte("abc\x00\x00"), `"abc"`, true},
	{"string with more after NUL", "type: string", []byte("a\x00b"), `"a"`, true},
	{"string that is not UTF-8", "type: string", []byte("a\xff\x00"), `"a\xff"`, true},
	{"string of no bytes", "type: string", nil, `""`, true},
	{"binary of another length", "type: binary, len: size", hx("01"), `b"\x01"`, true},
	{"MAC of another length", "type: binary, len: 6, display-hint: mac", hx("0102"), `"01:02"`, false},
	{"bitfield32 short", "type: bitfield32", n32(1), n32s(1), true},
	{"array with a rest", "type: binary, sub-type: u16", hx("010203"), `b"\x01\x02\x03"`, true},
	{"nest of rubbish", "type: nest, nested-attributes: leafs", hx("0102"), `b"\x01\x02"`, true},
	{"indexed array of rubbish", "type: indexed-array, sub-type: u32", hx("0102"), `b"\x01\x02"`, true},
	{"levels of rubbish", "type: nest-type-value, type-value: [a], nested-attributes: leafs", hx("0102"), `b"\x01\x02"`, true},
	{"struct short", "type: binary, struct: point", hx("01000000"), `{"pt-x": 1}`, false},
	{"struct shorter", "type: binary, struct: point", nil, `{}`, false},
	{"struct long", "type: binary, struct: point", make([]byte, 15), `{"pt-x": 0, "pt-y": 0, "pt-class": "red"}`, false},
	{"struct array with a rest", "type: binary, struct: nums", hx("02 00 01 02 03"), `{"n": 2, "vals": b"\x01\x02\x03"}`, false},
	{"struct text with rubbish after NUL", "type: binary, struct: label", hx("61006263 000000000000 0000"),
		`{"text": "a", "mac": "00:00:00:00:00:00"}`, false},
	{"unused", "type: unused", hx("01"), ``, false},
}

func n32s(v uint32) string {
	b := n32(v)
	return "b" + quote(b)
}

func TestOddPayloads(t *testing.T) {
	for _, c := range oddCases {
		t.Run(c.name, func(t *testing.T) {
			s := shape{spec: oneAttr(t, c.row), set: "main"}
			out := `{"x": ` + c.out + `}`
			if c.out == "" {
				out = `{1: b` + quote(c.payload) + `}`
			}
			s.decodes(t, at(1, c.payload), out)
			if v, _, _ := s.message(at(1, c.payload)).Get("x"); v.Odd() != c.odd {
				t.Errorf("odd: got %v, want %v", v.Odd(), c.odd)
			}
		})
	}
}
