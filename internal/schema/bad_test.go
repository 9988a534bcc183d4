package schema_test

import (
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
)

// badCases: an attribute x and input that its row refuses, with the whole text
// of the error: path, what was got, what is wanted, and perhaps a hint.
var badCases = []struct {
	row  string
	in   any
	want string
}{
	// wrong types
	{"type: u32", "5", `x: got string "5", want int (u32)`},
	{"type: u32", dict(), `x: got dict, want int (u32)`},
	{"type: u32", []any{1, 2}, `x: got list, want int (u32)`},
	{"type: u32, enum: color", dict(), `x: got dict, want a number, or a name of color`},
	{"type: u32, enum: bits", dict(), `x: got dict, want a number, or names of bits as a list or "a|b"`},
	{"type: u32, role: ifindex", dict(), `x: got dict, want an interface: index, name or link`},
	{"type: u32, byte-order: big-endian, display-hint: ipv4", dict(), `x: got dict, want an IPv4 address`},
	{"type: u32, display-hint: ipv4", "1.2.3.4", `x: got string "1.2.3.4", want int (u32)`},
	{"type: uint", "a", `x: got string "a", want int (uint)`},
	{"type: flag", 1, `x: got int 1, want True or False`},
	{"type: flag", "yes", `x: got string "yes", want True or False`},
	{"type: string", 5, `x: got int 5, want string`},
	{"type: string", "a\x00b", `x: got string "a\x00b", want a string without NUL (bytes are sent as they are)`},
	{"type: binary", "abc", `x: got string "abc", want bytes (b"abc" is bytes)`},
	{"type: binary", 5, `x: got int 5, want bytes`},
	{"type: bitfield32", "up", `x: got string "up", want int (u32)`},
	{"type: bitfield32", dict("value", "x"), `x.value: got string "x", want int (u32)`},
	{"type: bitfield32", dict("mask", 1), `x: got unknown name "mask", want value or selector`},
	{"type: bitfield32, enum: bits", dict("value", "upp"), `x.value: got string "upp", want one of up, promisc, top (did you mean "up"?)`},
	{"type: nest, nested-attributes: leafs", 5, `x: got int 5, want a dict of leafs`},
	{"type: nest, nested-attributes: leafs", []any{dict()}, `x: got list, want a dict of leafs`},
	{"type: nest, nested-attributes: leafs, multi-attr: true", []any{dict(), true}, `x[1]: got bool True, want a dict of leafs`},
	{"type: indexed-array, sub-type: u32", 5, `x: got int 5, want a dict from index to value, or a list`},
	{"type: indexed-array, sub-type: u32", []any{1, "a"}, `x[2]: got string "a", want int (u32)`},
	{"type: indexed-array, sub-type: u32", dict("first", 1), `x: got key "first", want a number as index`},
	{"type: indexed-array, sub-type: u32", entries(0x4000, 1), `x: got index 16384, want at most 16383`},
	{"type: indexed-array, sub-type: u32, index: unused", []any{1, "a"}, `x[1]: got string "a", want int (u32)`},
	{"type: indexed-array, sub-type: nest, nested-attributes: leafs", []any{dict("nun", 1)},
		`x[1]: got unknown name "nun", want an attribute of leafs (did you mean "num"?)`},
	{"type: nest-type-value, type-value: [a, b], nested-attributes: leafs", entries(3, 5), `x[3]: got int 5, want a dict from index to value, or a list`},
	{"type: nest-type-value, type-value: [a, b], nested-attributes: leafs", entries(3, entries(4, 5)), `x[3][4]: got int 5, want a dict of leafs`},
	{"type: binary, struct: point", 5, `x: got int 5, want a dict of point`},
	{"type: binary, struct: point", dict("pt-z", 1), `x: got unknown name "pt-z", want a member of point (it has x, y, class)`},
	{"type: binary, struct: point", dict("y", "a"), `x.pt_y: got string "a", want int (u32)`},
	{"type: binary, struct: label", dict("text", "abcde"), `x.text: got 5 bytes, want at most 4`},
	{"type: binary, struct: label", dict("mac", "02:00:00:00:00:00:01"), `x.mac: got 7 bytes, want at most 6`},
	{"type: binary, struct: label", dict("fill", 1), `x: got unknown name "fill", want a member of label (it has text, mac)`},
	{"type: binary, struct: nums", dict("vals", 5), `x.vals: got int 5, want a list of u16`},
	{"type: binary, struct: nums", dict("vals", []any{1, -1}), `x.vals[1]: got -1, want 0 to 65535 (u16)`},
	{"type: binary, struct: nums", dict("vals", []any{[]byte{1, 2, 3}}), `x.vals[0]: got 3 bytes, want at most 2`},
	{"type: binary, struct: nums", dict("vals", make([]any, 1)), `x.vals[0]: got None, want int (u16)`},
	{"type: binary, struct: nums", dict("vals", []byte(strings.Repeat("ab", 256))), `x.n: got 256, want 0 to 255 (u8)`},
	{"type: binary, sub-type: u16", 5, `x: got int 5, want a list of u16`},
	{"type: binary, sub-type: u8, enum: color", []any{"gren"}, `x[0]: got string "gren", want one of red, green, dark-blue, max (did you mean "green"?)`},
	{"type: records, struct: hop, length-member: hop-len", dict(), `x: got dict, want a list of dicts`},
	{"type: records, struct: hop, length-member: hop-len", []any{5}, `x[0]: got int 5, want a dict of hop`},
	{"type: records, struct: hop, length-member: hop-len", []any{dict("if", "eth9")},
		`x[0].hop_if: got string "eth9", want an interface: index, name or link (no ifindex has this name)`},
	{"type: records, struct: shorthop, length-member: len, nested-attributes: leafs", []any{dict("name", strings.Repeat("a", 300))},
		`x[0].len: got 312, want 0 to 255 (u8)`},
	{"type: pad", 1, `x: got int 1, want bytes (the kernel does not use it)`},

	// numbers out of range
	{"type: u8", 256, `x: got 256, want 0 to 255 (u8)`},
	{"type: u8", -1, `x: got -1, want 0 to 255 (u8)`},
	{"type: u16", 65536, `x: got 65536, want 0 to 65535 (u16)`},
	{"type: u32", 1 << 32, `x: got 4294967296, want 0 to 4294967295 (u32)`},
	{"type: u64", -1, `x: got -1, want 0 to 18446744073709551615 (u64)`},
	{"type: uint", -1, `x: got -1, want 0 to 18446744073709551615 (uint)`},
	{"type: s8", -129, `x: got -129, want -128 to 127 (s8)`},
	{"type: s8", 256, `x: got 256, want -128 to 127 (s8)`},
	{"type: s8", 128, `x: got 128, want -128 to 127 (s8)`},
	{"type: s32", 1 << 31, `x: got 2147483648, want -2147483648 to 2147483647 (s32)`},
	{"type: s16", -32769, `x: got -32769, want -32768 to 32767 (s16)`},
	{"type: s32", -1 << 32, `x: got -4294967296, want -2147483648 to 2147483647 (s32)`},
	{"type: bitfield32", 1 << 32, `x: got 4294967296, want 0 to 4294967295 (u32)`},
	{"type: u8, enum: bits", "top", `x: got 2147483648, want 0 to 255 (u8)`},
	{"type: u8, enum: low", "minus", `x: got -3, want 0 to 255 (u8)`},
	{"type: u8, enum: color", 256, `x: got 256, want 0 to 255 (u8)`},
	{"type: u8, display-hint: hex", "0x100", `x: got 256, want 0 to 255 (u8)`},
	{"type: binary, struct: point", dict("x", 256), `x.pt_x: got 256, want 0 to 255 (u8)`},

	// names
	{"type: u8, enum: color", "bleu", `x: got string "bleu", want one of red, green, dark-blue, max`},
	{"type: u8, enum: color", "dark-bleu", `x: got string "dark-bleu", want one of red, green, dark-blue, max (did you mean "dark-blue"?)`},
	{"type: u8, enum: many", "zzz", `x: got string "zzz", want one of a, b, c, d, e, f, g, h, i, j, k, l, ... (14 in all)`},
	{"type: u32, enum: bits", "up|promsic", `x: got string "promsic", want one of up, promisc, top (did you mean "promisc"?)`},
	{"type: u32, enum: bits", []any{"up", dict()}, `x: got dict, want a name of bits, or a mask`},
	{"type: u32, enum: bits", []any{-1}, `x: got int -1, want a name of bits, or a mask`},
	{"type: u32, enum: bits", "-1", `x: got string "-1", want one of up, promisc, top`},
	{"type: u64, enum: color, enum-as-flags: true", "max", `x: got string "max", want a bit of color (max is number 255)`},
	{"type: u32, role: ifindex", "eth9", `x: got string "eth9", want an interface: index, name or link (no ifindex has this name)`},
	{"type: u32, role: netns-fd", "blue", `x: got string "blue", want a netns, or the descriptor of one (no netns-fd has this name)`},

	// addresses
	{"type: binary, display-hint: mac", "02:00:00:00:00:0g", `x: got string "02:00:00:00:00:0g", want a hardware address like "02:00:00:00:00:01"`},
	{"type: binary, display-hint: mac", "02::01", `x: got string "02::01", want a hardware address like "02:00:00:00:00:01"`},
	{"type: binary, display-hint: mac", "02:00-01", `x: got string "02:00-01", want a hardware address like "02:00:00:00:00:01"`},
	{"type: binary, display-hint: mac", "0200", `x: got string "0200", want a hardware address like "02:00:00:00:00:01"`},
	{"type: binary, display-hint: mac", 5, `x: got int 5, want a hardware address like "02:00:00:00:00:01"`},
	{"type: binary, display-hint: ipv4", "10.0.0.256", `x: got string "10.0.0.256", want an IPv4 address`},
	{"type: binary, display-hint: ipv4", "::1", `x: got string "::1", want an IPv4 address`},
	{"type: u32, byte-order: big-endian, display-hint: ipv4", "10.0.0", `x: got string "10.0.0", want an IPv4 address`},
	{"type: binary, display-hint: ipv6", "10.0.0.1", `x: got string "10.0.0.1", want an IPv6 address`},
	{"type: binary, display-hint: ipv6", "fe80::1%lo", `x: got string "fe80::1%lo", want an IPv6 address`},
	{"type: binary, display-hint: ipv4-or-v6", "10.0.0.0/8",
		`x: got string "10.0.0.0/8", want an IPv4 or IPv6 address without a prefix length (which has a field of its own)`},
	{"type: binary, display-hint: ipv4-or-v6", "localhost", `x: got string "localhost", want an IPv4 or IPv6 address`},
	{"type: binary, display-hint: uuid", "0123", `x: got string "0123", want a UUID like "01234567-89ab-cdef-0123-456789abcdef"`},
	{"type: binary, display-hint: hex", "0xzz", `x: got string "0xzz", want bytes, or hexadecimal digits`},
	{"type: u8, display-hint: hex", "zz", `x: got string "zz", want int (u8)`},

	// sizes
	{"type: binary", make([]byte, 65532), `x: got 65532 bytes, want at most 65531`},
	{"type: string", strings.Repeat("a", 65531), `x: got 65532 bytes, want at most 65531`},
	{"type: nest, nested-attributes: leafs", dict("name", strings.Repeat("a", 65527)), `x: got 65532 bytes, want at most 65531`},
	{"type: indexed-array, sub-type: binary", []any{make([]byte, 40000), make([]byte, 40000)}, `x: got 80008 bytes, want at most 65531`},
	{"type: records, struct: hop, length-member: hop-len, nested-attributes: leafs", []any{dict("name", strings.Repeat("a", 65000)), dict("name", strings.Repeat("a", 1000))},
		`x: got 66032 bytes, want at most 65531`},
	{"type: binary", strings.Repeat("a", 100),
		`x: got string "` + strings.Repeat("a", 56) + `..., want bytes (b"` + strings.Repeat("a", 57) + `..." is bytes)`},
}

func TestBadInput(t *testing.T) {
	for _, c := range badCases {
		t.Run(c.want[:min(40, len(c.want))], func(t *testing.T) {
			s := shape{spec: oneAttr(t, c.row), set: "main"}
			_, err := s.encode(fields("x", c.in))
			if err == nil || err.Error() != c.want {
				t.Errorf("%s:\ngot  %v\nwant %s", c.row, err, c.want)
			}
			if _, ok := err.(*schema.Error); err != nil && !ok {
				t.Errorf("got a %T, want a *schema.Error", err)
			}
		})
	}
}

func TestBadMessages(t *testing.T) {
	spec := load(t, selecting)
	for _, c := range []struct {
		shape
		in   []schema.Field
		want string
	}{
		{shape{set: "main"}, fields("knd", 1), `got unknown name "knd", want an attribute of main (did you mean "kind"?)`},
		{shape{set: "main", header: "hdr"}, fields("indxe", 1),
			`got unknown name "indxe", want an attribute of main or a member of hdr (did you mean "index"?)`},
		{shape{header: "hdr"}, fields("zzzzzz", 1), `got unknown name "zzzzzz", want a member of hdr (it has family, index, class, mtu)`},
		{shape{}, fields("a", 1), `got unknown name "a", want nothing: there are no attributes`},
		{shape{payload: schema.KindString}, fields("pay", 1), `got unknown name "pay", want payload (did you mean "payload"?)`},
		{shape{payload: schema.KindString, header: "hdr"}, fields("paylod", 1),
			`got unknown name "paylod", want payload or a member of hdr (did you mean "payload"?)`},
		{shape{payload: schema.KindString}, fields("payload", 1), `payload: got int 1, want a string, or bytes`},
		{shape{payload: schema.KindStrings}, fields("payload", "a"), `payload: got string "a", want a list of strings, or bytes`},
		{shape{payload: schema.KindStrings}, fields("payload", []any{"a", 1}), `payload[1]: got int 1, want string`},
		{shape{set: "main", header: "hdr"}, fields("header", 1), `header: got int 1, want a dict of hdr`},
		{shape{set: "main", header: "hdr"}, fields("header", dict("mut", 1)), `got unknown name "mut", want a member of hdr (did you mean "mtu"?)`},
		{shape{set: "main"}, fields("header", dict()), `got unknown name "header", want an attribute of main`},
		{shape{set: "main"}, []schema.Field{{Name: "mtu", Header: true}}, `got unknown name "mtu", want an attribute of main`},
		{shape{set: "main", header: "hdr"}, fields("mtu", "x"), `ti_mtu: got string "x", want int (u16)`},
		{shape{set: "main", header: "hdr"}, fields("index", shape{spec: spec, set: "main"}.message(nil)),
			`ti_index: got a message without an interface index, want a link`},
		{shape{set: "main", header: "hdr"}, fields("index", shape{spec: spec, header: "point"}.message(nil)),
			`ti_index: got a message without an interface index, want a link`},
		{shape{set: "main"}, []schema.Field{{Type: 0x8005, HasNum: true, Val: schema.Of(1)}},
			`[5]: got int 1, want bytes for an attribute that goes by its number`},
		{shape{set: "main"}, []schema.Field{{Type: 5, Val: schema.Of(1)}}, `[5]: got int 1, want bytes for an attribute that goes by its number`},
		{shape{set: "main"}, []schema.Field{{Type: 5, HasNum: true, Val: schema.Of(make([]byte, 70000))}}, `[5]: got 70000 bytes, want at most 65531`},
		{shape{set: "main"}, fields("data", dict()), `data: got dict without kind, want bytes, or kind to say what it holds`},
		{shape{set: "main"}, fields("kind", "sett", "data", dict()), `data: got dict for kind "sett", want bytes, or a kind with a known format (did you mean "set"?)`},
		{shape{set: "main"}, fields("kind", "neither", "data", dict("a", 1)), `data: got dict, want bytes (nothing is known of what kind "neither" has here)`},
		{shape{set: "main"}, fields("kind", "set", "data", 5), `data: got int 5, want a dict of leafs`},
		{shape{set: "main"}, fields("kind", "header", "data", dict("z", 5)), `data: got unknown name "z", want a member of point (it has x, y, class)`},
		{shape{set: "main"}, fields("kind", 5, "data", dict()), `kind: got int 5, want string`},
		{shape{set: "main"}, fields("in", dict("in", dict("kind", 1))), `in_.in_: got unknown name "kind", want an attribute of deep (it has data, in_)`},
	} {
		t.Run(c.want[:min(40, len(c.want))], func(t *testing.T) {
			c.spec = spec
			if _, err := c.encode(c.in); err == nil || err.Error() != c.want {
				t.Errorf("%v:\ngot  %v\nwant %s", schema.FieldsValue(c.in), err, c.want)
			}
		})
	}
}

// Without Resolve, a name for an interface is no number.
func TestNoResolve(t *testing.T) {
	spec := oneAttr(t, "type: u32, role: ifindex")
	enc := schema.Encoder{Spec: spec, Out: newBuilder()}
	err := enc.Body(nil, spec.FindSet("main"), schema.KindNone, fields("x", "lo"))
	if want := `x: got string "lo", want an interface: index, name or link`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	enc.Resolve = func(schema.Role, string) (uint64, error) { return 1 << 32, nil }
	err = enc.Body(nil, spec.FindSet("main"), schema.KindNone, fields("x", "lo"))
	if want := `x: got 4294967296, want 0 to 4294967295 (u32)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
