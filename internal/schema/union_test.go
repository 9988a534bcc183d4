package schema_test

import (
	"testing"
)

const unionSpec = `
name: t
protocol: netlink-raw
protonum: 0
definitions:
  - {name: proto, type: enum, entries: [{name: l2, value: 0}, {name: ip, value: 2048}, {name: ipv6, value: 34525}]}
  - {name: pseudo, type: enum, entries: [{name: all, value: -1}]}
  - name: addr
    type: struct
    members:
      - {name: u, type: binary, len: 16, selector: proto, hints: {ip: ipv4, ipv6: ipv6, l2: mac}}
      - {name: proto, type: u16, byte-order: big-endian, enum: proto}
  - name: pair
    type: struct
    members:
      - {name: id, type: u32}
      - {name: weight, type: u8}
attribute-sets:
  - name: main
    attributes:
      - {name: addr, type: binary, struct: addr}
      - {name: pairs, type: array, struct: pair}
      - {name: ifindex, type: s32, role: ifindex, enum: pseudo}
`

func unionShape(t *testing.T) shape {
	t.Helper()
	return shape{spec: load(t, unionSpec), set: "main"}
}

// TestUnion: the selector says what an address is, and follows from its text.
func TestUnion(t *testing.T) {
	s := unionShape(t)
	for _, c := range []struct {
		name string
		in   any
		data string
		out  string
	}{
		{"ipv4", dict("u", "239.1.1.1"), "ef010101 00000000 00000000 00000000 0800", `{"u": "239.1.1.1", "proto": "ip"}`},
		{"ipv6", dict("u", "ff02::1"), "ff020000 00000000 00000000 00000001 86dd", `{"u": "ff02::1", "proto": "ipv6"}`},
		{"hardware", dict("u", "01:00:5e:00:00:01"), "01005e00 00010000 00000000 00000000 0000", `{"u": "01:00:5e:00:00:01", "proto": "l2"}`},
		{"given selector stays", dict("proto", 5, "u", "1.2.3.4"), "01020304 00000000 00000000 00000000 0005",
			`{"u": b"\x01\x02\x03\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "proto": 5}`},
		{"something behind", hx("ef010101 00000000 00000000 00000007 0800"), "ef010101 00000000 00000000 00000007 0800",
			`{"u": b"\xef\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\a", "proto": "ip"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.roundTrip(t, fields("addr", c.in), at(1, hx(c.data)), `{"addr": `+c.out+`}`)
		})
	}
	_, err := s.encode(fields("addr", dict("u", "lo")))
	want := `addr.u: got string "lo", want an IPv4 address, or an IPv6 address, or a hardware address like "02:00:00:00:00:01"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := s.encode(fields("addr", dict("u", "01:02"))); err == nil {
		t.Error("a hardware address of two bytes was taken")
	}
}

// TestArrayOfStructs: the payload is structs, one after the other.
func TestArrayOfStructs(t *testing.T) {
	s := unionShape(t)
	list := []any{dict("id", 1, "weight", 2), dict("id", 3)}
	data := append(append(append(n32(1), 2, 0, 0, 0), n32(3)...), 0, 0, 0, 0)
	s.roundTrip(t, fields("pairs", list), at(2, data), `{"pairs": [{"id": 1, "weight": 2}, {"id": 3, "weight": 0}]}`)
	s.decodes(t, at(2, data[:15]), `{"pairs": `+"b"+quote(data[:15])+`}`)
}

// TestPseudoInterface: an enum names what is no interface, other names are looked up.
func TestPseudoInterface(t *testing.T) {
	s := unionShape(t)
	s.roundTrip(t, fields("ifindex", "all"), at(3, hx("ffffffff")), `{"ifindex": "all"}`)
	s.roundTrip(t, fields("ifindex", "lo"), at(3, n32(1)), `{"ifindex": 1}`)
	if _, err := s.encode(fields("ifindex", "nobody")); err == nil {
		t.Error("an unknown interface was taken")
	}
}
