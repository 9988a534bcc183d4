package schema_test

import (
	"strconv"
	"testing"
)

func quote(b []byte) string { return strconv.Quote(string(b)) }

var hintCases = []struct {
	name    string
	row     string
	in      any
	payload []byte
	out     string
}{
	{"hex number", "type: u16, display-hint: hex", "0x8100", n16(0x8100), `33024`},
	{"hex number, decimal", "type: u16, display-hint: hex", "16", n16(16), `16`},
	{"hex bytes", "type: binary, display-hint: hex", "0x01 02:ff", hx("0102ff"), `b"\x01\x02\xff"`},
	{"mac", "type: binary, len: 6, display-hint: mac", "02:00:5E:10:00:0a", hx("02005e10000a"), `"02:00:5e:10:00:0a"`},
	{"mac with dashes", "type: binary, display-hint: mac", "02-00-5e-10-00-0a", hx("02005e10000a"), `"02:00:5e:10:00:0a"`},
	{"mac without separators", "type: binary, display-hint: mac", "02005e10000a", hx("02005e10000a"), `"02:00:5e:10:00:0a"`},
	{"mac of eight bytes", "type: binary, display-hint: mac", "00:11:22:33:44:55:66:77", hx("0011223344556677"), `"00:11:22:33:44:55:66:77"`},
	{"mac empty", "type: binary, display-hint: mac", []byte{}, nil, `""`},
	{"fddi", "type: binary, display-hint: fddi", "02:00", hx("0200"), `"02:00"`},
	{"ipv4 bytes", "type: binary, display-hint: ipv4", "192.0.2.1", hx("c0000201"), `"192.0.2.1"`},
	{"ipv4 of another length", "type: binary, display-hint: ipv4", []byte{1}, hx("01"), `b"\x01"`},
	{"ipv4 number", "type: u32, byte-order: big-endian, display-hint: ipv4", "192.0.2.1", hx("c0000201"), `"192.0.2.1"`},
	{"ipv4 number as int", "type: u32, byte-order: big-endian, display-hint: ipv4", 0x7f000001, hx("7f000001"), `"127.0.0.1"`},
	{"ipv4 number in host order", "type: u32, display-hint: ipv4", 5, n32(5), `5`},
	{"ipv6", "type: binary, len: 16, display-hint: ipv6", "fe80::1", hx("fe80 0000 0000 0000 0000 0000 0000 0001"), `"fe80::1"`},
	{"ipv6 of another length", "type: binary, display-hint: ipv6", hx("01020304"), hx("01020304"), `b"\x01\x02\x03\x04"`},
	{"either, ipv4", "type: binary, display-hint: ipv4-or-v6", "10.0.0.1", hx("0a000001"), `"10.0.0.1"`},
	{"either, ipv6", "type: binary, display-hint: ipv4-or-v6", "::1", hx("0000 0000 0000 0000 0000 0000 0000 0001"), `"::1"`},
	{"either, mapped", "type: binary, display-hint: ipv4-or-v6", "::ffff:10.0.0.1", hx("0000 0000 0000 0000 0000 ffff 0a00 0001"), `"::ffff:10.0.0.1"`},
	{"either, neither", "type: binary, display-hint: ipv4-or-v6", []byte{1, 2}, hx("0102"), `b"\x01\x02"`},
	{"uuid", "type: binary, len: 16, display-hint: uuid", "01234567-89AB-cdef-0123-456789abcdef", hx("0123456789abcdef0123456789abcdef"),
		`"01234567-89ab-cdef-0123-456789abcdef"`},
	{"uuid of another length", "type: binary, display-hint: uuid", []byte{1}, hx("01"), `b"\x01"`},
	{"array of addresses", "type: indexed-array, sub-type: u32, byte-order: big-endian, display-hint: ipv4", []any{"10.0.0.1"},
		at(1, hx("0a000001")), `{1: "10.0.0.1"}`},
	{"array of ipv6", "type: indexed-array, sub-type: binary, display-hint: ipv6", []any{"::2"},
		at(1, hx("0000 0000 0000 0000 0000 0000 0000 0002")), `{1: "::2"}`},
	{"ifindex by name", "type: u32, role: ifindex", "lo", n32(1), `1`},
}

func TestHints(t *testing.T) {
	for _, c := range hintCases {
		t.Run(c.name, func(t *testing.T) {
			s := shape{spec: oneAttr(t, c.row), set: "main"}
			typ := uint16(1)
			if c.name == "array of addresses" || c.name == "array of ipv6" {
				typ = nested(1)
			}
			s.roundTrip(t, fields("x", c.in), at(typ, c.payload), `{"x": `+c.out+`}`)
		})
	}
}
