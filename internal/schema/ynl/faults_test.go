package ynl_test

import (
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema/ynl"
)

// faultCases: a faulty spec and all that is said about it. A spec that does not
// begin with "name:" or a comment mark follows the three lines of top.
var faultCases = []struct {
	name string
	spec string
	want string
}{
	{"empty file", "# nothing\n", `f.yaml:1: got an empty file, want a spec`},
	{"not YAML", "#\na: [1\nb: 2\n", `f.yaml:1: not YAML: did not find expected ',' or ']'`},
	{"not YAML, bytes", "#\x01", `f.yaml:0: not YAML: control characters are not allowed`},
	{"list at top", "# x\n- a\n", `f.yaml:2: got no mapping, want a spec`},
	{"two documents", "#\nname: a\n---\nname: b\n", `f.yaml:3: got a second document, want one`},
	{"alias cycle", "#\nname: &a [*a]\n", `f.yaml:2: cycle: anchor "a" contains itself`},
	{"no name", "# x\nprotocol: genetlink\n", `f.yaml:2: spec: name is missing`},
	{"unknown key", "name: f\nattribute-set: []\n", `f.yaml:2: spec: unknown key "attribute-set" (did you mean "attribute-sets"?)`},
	{"key twice", "name: f\nname: g\n", `f.yaml:2: spec: key "name" comes twice`},
	{"unknown protocol", "name: f\nprotocol: raw\n", `f.yaml:2: protocol: got "raw", want genetlink, genetlink-c, genetlink-legacy or netlink-raw`},
	{"protonum missing", "name: f\nprotocol: netlink-raw\n", `f.yaml:1: spec: protonum is missing`},
	{"protonum no number", "name: f\nprotocol: netlink-raw\nprotonum: route\n", `f.yaml:3: protonum: got "route", want an integer; f.yaml:1: spec: protonum is missing`},
	{"protonum too large", "name: f\nprotonum: 256\n", `f.yaml:2: protonum: got 256, want 0 to 255`},
	{"version negative", "name: f\nversion: -1\n", `f.yaml:2: version: got -1, want 0 to 255`},
	{"a list for a text", "name: [f]\n", `f.yaml:1: name: want a text; f.yaml:1: spec: name is missing`},
	{"a text for a list", "name: f\ndefinitions: x\n", `f.yaml:2: definitions: want a list`},
	{"texts for mappings", "name: f\ndefinitions: [x]\nattribute-sets: [x]\nsub-messages: [x]\nmcast-groups: {list: [x]}\noperations: {list: [x]}\n",
		`f.yaml:2: definition: want a mapping; f.yaml:3: attribute set: want a mapping; f.yaml:4: sub-message: want a mapping; ` +
			`f.yaml:6: operation: want a mapping; f.yaml:5: multicast group: want a mapping`},
	{"texts for members and entries", "name: f\ndefinitions:\n  - {name: s, type: struct, members: [x]}\n  - {name: e, type: enum, entries: [[x], '']}\n" +
		"attribute-sets:\n  - {name: a, attributes: [x]}\nsub-messages:\n  - {name: m, formats: [x]}\n",
		`f.yaml:3: s: want a mapping; f.yaml:4: e: want a mapping; f.yaml:6: a: want a mapping; f.yaml:8: m: want a mapping`},
	{"groups", "name: f\nmcast-groups: x\n", `f.yaml:2: mcast-groups: want a mapping`},
	{"group twice", "name: f\nmcast-groups: {list: [{name: a}, {name: a}, {name: b, value: 65536}]}\n",
		`f.yaml:2: multicast group a comes twice; f.yaml:2: value: got 65536, want 0 to 65535`},

	{"definition without type", "definitions: [{name: x}]\n", `f.yaml:4: x: got type "", want const, enum, flags or struct`},
	{"const without value", "definitions: [{name: x, type: const}]\n", `f.yaml:4: x: value is missing`},
	{"enum twice", "definitions:\n- {name: x, type: enum}\n- {name: x, type: flags}\n", `f.yaml:6: enum x is defined twice`},
	{"entry twice", "definitions: [{name: x, type: enum, entries: [a, a]}]\n", `f.yaml:4: x: entry "a" comes twice`},
	{"entry without name", "definitions: [{name: x, type: enum, entries: [{value: 1}]}]\n", `f.yaml:4: x: name is missing`},
	{"flag no bit", "definitions: [{name: x, type: flags, entries: [{name: a, value: 64}]}]\n", `f.yaml:4: x: a is bit 64, want 0 to 63`},
	{"member twice", "definitions: [{name: x, type: struct, members: [{name: a, type: u8}, {name: a, type: u8}]}]\n", `f.yaml:4: x.a: the name comes twice`},
	{"struct contains itself", "definitions:\n- {name: x, type: struct, members: [{name: a, type: binary, struct: y}]}\n- {name: y, type: struct, members: [{name: b, type: binary, struct: x}]}\n",
		`f.yaml:5: cycle: struct x contains itself`},
	{"struct too large", "definitions: [{name: x, type: struct, members: [{name: a, type: binary, len: 65535}, {name: b, type: u8}]}]\n", `f.yaml:4: x: more than 65535 bytes`},
	{"len too large", "definitions: [{name: x, type: struct, members: [{name: a, type: binary, len: 99999999999}]}]\n", `f.yaml:4: x.a: len: got 99999999999, want 0 to 65535`},
	{"len of nothing", "definitions: [{name: x, type: struct, members: [{name: a, type: binary, len: much}]}]\n", `f.yaml:4: x.a: len: got "much", want a number or a const`},
	{"array in the middle", "definitions: [{name: x, type: struct, members: [{name: a, type: array, sub-type: u8}, {name: b, type: u8}]}]\n", `f.yaml:4: x.a: only the last member may lack a length`},
	{"array of nothing", "definitions: [{name: x, type: struct, members: [{name: a, type: array}]}]\n", `f.yaml:4: x.a: an array needs struct, or sub-type (with len for binary)`},
	{"array of binary without len", "definitions: [{name: x, type: struct, members: [{name: a, type: array, sub-type: binary}]}]\n", `f.yaml:4: x.a: an array needs struct, or sub-type (with len for binary)`},
	{"array of nests", "definitions: [{name: x, type: struct, members: [{name: a, type: array, sub-type: nest}]}]\n", `f.yaml:4: x.a: nest cannot be elements of array`},
	{"count-member of nothing", "definitions: [{name: x, type: struct, members: [{name: a, type: array, sub-type: u8, count-member: n}]}]\n", `f.yaml:4: x.a: count-member "n" is no number in the struct`},
	{"nest in a struct", "definitions: [{name: x, type: struct, members: [{name: a, type: nest}]}]\n", `f.yaml:4: x.a: type nest has no place in a struct`},
	{"member of no struct", "definitions: [{name: x, type: struct, members: [{name: a, type: binary, struct: y}]}]\n", `f.yaml:4: x.a: there is no struct "y"`},
	{"member of no enum", "definitions: [{name: color, type: enum}, {name: x, type: struct, members: [{name: a, type: u8, enum: colour}]}]\n", `f.yaml:4: x.a: there is no enum "colour" (did you mean "color"?)`},

	{"type missing", "attribute-sets: [{name: s, attributes: [{name: a}]}]\n", `f.yaml:4: s.a: type is missing`},
	{"unknown type", "attribute-sets: [{name: s, attributes: [{name: a, type: u31}]}]\n", `f.yaml:4: s.a: unknown type "u31" (did you mean "u32"?)`},
	{"type of the model only", "attribute-sets: [{name: s, attributes: [{name: a, type: scalar-array}]}]\n", `f.yaml:4: s.a: unknown type "scalar-array"`},
	{"array as attribute", "attribute-sets: [{name: s, attributes: [{name: a, type: array, sub-type: u8}]}]\n", `f.yaml:4: s.a: an array that is an attribute needs struct (of numbers it is binary with sub-type)`},
	{"array of structs without a size", "definitions: [{name: t, type: struct, members: [{name: b, type: binary}]}]\n" +
		"attribute-sets: [{name: s, attributes: [{name: a, type: array, struct: t}]}]\n", `f.yaml:4: s.a: struct t has no fixed size, it cannot be an element`},
	{"hints of nothing", "definitions: [{name: e, type: enum, entries: [x]}, {name: t, type: struct, members: [{name: k, type: u8, enum: e}, " +
		"{name: a, type: binary, len: 4, selector: no, hints: {x: ipv4}}, {name: b, type: binary, len: 4, selector: k, hints: {y: ipv4, x: hex}}, " +
		"{name: c, type: u32, selector: k, hints: {x: ipv4}}, {name: d, type: binary, len: 3, selector: k, hints: {x: ipv4}}, {name: f, type: binary, len: 4, selector: k}]}]\n",
		`f.yaml:4: t.b: hints: got "hex", want ipv4, ipv6 or mac; f.yaml:4: t.c: hints belong to a binary with a len; ` +
			`f.yaml:4: t.d: hints: ipv4 takes 4 bytes, the member has 3; f.yaml:4: t.f: selector and hints go together; ` +
			`f.yaml:4: t.a: selector "no" is no number in the struct; f.yaml:4: t.b: hints: "y" is no entry of e`},
	{"unknown attribute key", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, hint: mac}]}]\n", `f.yaml:4: s: unknown key "hint"`},
	{"unknown hint", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, display-hint: ip4}]}]\n", `f.yaml:4: s.a: unknown display-hint "ip4" (did you mean "ipv4"?)`},
	{"class of no id", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, role: time, class: x}]}]\n", `f.yaml:4: s.a: class is for role id`},
	{"within without an index", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, within: a}]}]\n", `f.yaml:4: s.a: within is for role ifindex`},
	{"a column of nothing", "attribute-sets: [{name: s, columns: [a, b], attributes: [{name: a, type: u8}]}]\n", `f.yaml:4: s: columns: there is no "b"`},
	{"a column in nothing", "attribute-sets: [{name: s, columns: [a.a, a.b], attributes: [{name: a, type: nest, nested-attributes: s}]}]\n", `f.yaml:4: s: columns: there is no "a.b"`},
	{"a prefix of nothing", "attribute-sets: [{name: s, columns: [a/b], attributes: [{name: a, type: u8}]}]\n", `f.yaml:4: s: columns: there is no "b"`},
	{"within of nothing", "attribute-sets: [{name: s, attributes: [{name: a, type: u32, role: ifindex, within: b}]}]\n", `f.yaml:4: s.a: within: s has no attribute "b"`},
	{"unknown role", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, role: ifndex}]}]\n", `f.yaml:4: s.a: unknown role "ifndex" (did you mean "ifindex"?)`},
	{"byte order", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, byte-order: little-endian}, {name: b, type: u8, byte-order: big}]}]\n",
		`f.yaml:4: s.a: little-endian is not supported, nothing in the kernel uses it; f.yaml:4: s.b: got byte-order "big", want big-endian`},
	{"index of what has none", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, index: unused}]}]\n",
		`f.yaml:4: s.a: got index "unused" of u8, want unused, of an indexed-array`},
	{"index of another word", "attribute-sets: [{name: s, attributes: [{name: a, type: indexed-array, sub-type: u8, index: x}]}]\n",
		`f.yaml:4: s.a: got index "x" of indexed-array, want unused, of an indexed-array`},
	{"no bool", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, multi-attr: maybe}]}]\n", `f.yaml:4: multi-attr: got "maybe", want true or false`},
	{"flags of nothing", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, enum-as-flags: true}]}]\n", `f.yaml:4: s.a: enum-as-flags without enum`},
	{"number twice", "attribute-sets: [{name: s, attributes: [{name: a, type: u8}, {name: b, type: u8, value: 1}]}]\n", `f.yaml:4: s.b: number 1 is taken by a`},
	{"number too large", "attribute-sets: [{name: s, attributes: [{name: a, type: u8, value: 16384}, {name: b, type: foo}]}]\n",
		`f.yaml:4: s.a: number 16384, want 0 to 16383; f.yaml:4: s.b: unknown type "foo"`},
	{"name twice", "attribute-sets: [{name: s, attributes: [{name: a, type: u8}, {name: a, type: u8}]}]\n", `f.yaml:4: s.a: the name comes twice`},
	{"two names, one spelling", "attribute-sets: [{name: s, attributes: [{name: a-b, type: u8}, {name: a_b, type: u8}]}]\n", `f.yaml:4: s.a_b: scripts spell it as they spell a-b`},
	{"set twice", "attribute-sets:\n- {name: s}\n- {name: s}\n", `f.yaml:6: attribute set s is defined twice`},
	{"nest of nothing", "attribute-sets: [{name: s, attributes: [{name: a, type: nest}, {name: b, type: indexed-array, sub-type: nest}, {name: c, type: indexed-array}]}]\n",
		`f.yaml:4: s.a: nested-attributes is missing; f.yaml:4: s.b: nested-attributes is missing; f.yaml:4: s.c: sub-type is missing`},
	{"nest of no set", "attribute-sets: [{name: s, attributes: [{name: a, type: nest, nested-attributes: x}]}]\n", `f.yaml:4: s.a: there is no attribute set "x"`},
	{"levels", "attribute-sets: [{name: s, attributes: [{name: a, type: nest-type-value, nested-attributes: s}, {name: b, type: nest-type-value, nested-attributes: s, type-value: []}]}]\n",
		`f.yaml:4: s.a: type-value is missing; f.yaml:4: s.b: type-value is missing`},
	{"elements", "attribute-sets: [{name: s, attributes: [{name: a, type: indexed-array, sub-type: records}, {name: b, type: binary, sub-type: string}]}]\n",
		`f.yaml:4: s.a: records cannot be elements of indexed-array; f.yaml:4: s.b: string cannot be elements of binary`},
	{"sub-message of nothing", "attribute-sets: [{name: s, attributes: [{name: a, type: sub-message, selector: a}]}]\n", `f.yaml:4: s.a: sub-message is missing`},
	{"sub-message of no name", "attribute-sets: [{name: s, attributes: [{name: a, type: sub-message, selector: a, sub-message: x}]}]\n", `f.yaml:4: s.a: there is no sub-message "x"`},
	{"selector missing", "sub-messages: [{name: m, formats: [{value: x}]}]\nattribute-sets: [{name: s, attributes: [{name: a, type: sub-message, sub-message: m}]}]\n", `f.yaml:5: s.a: selector is missing`},
	{"selector of nothing", "sub-messages: [{name: m}]\nattribute-sets: [{name: s, attributes: [{name: a, type: sub-message, sub-message: m, selector: kind}]}]\n",
		`f.yaml:5: s.a: selector "kind" names no attribute and no member`},
	{"records", "definitions: [{name: h, type: struct, members: [{name: len, type: u16}, {name: b, type: binary, len: 4}]}, {name: t, type: struct, members: [{name: n, type: u8}, {name: rest, type: binary}]}]\n" +
		"attribute-sets: [{name: s, attributes: [{name: a, type: records}, {name: b, type: records, struct: h}, {name: c, type: records, struct: h, length-member: x}, " +
		"{name: d, type: records, struct: h, length-member: b}, {name: e, type: records, struct: t, length-member: n}]}]\n",
		`f.yaml:5: s.a: struct is missing; f.yaml:5: s.a: length-member is missing; f.yaml:5: s.b: length-member is missing; ` +
			`f.yaml:4: s.b: length-member "" is no number in struct h; f.yaml:4: s.c: length-member "x" is no number in struct h; ` +
			`f.yaml:4: s.d: length-member "b" is no number in struct h; f.yaml:4: s.e: struct t has no fixed size, it cannot be the head of a record`},

	{"subset of nothing", "attribute-sets: [{name: s, subset-of: x}]\n", `f.yaml:4: s: there is no attribute set "x"`},
	{"subset of a subset", "attribute-sets: [{name: s}, {name: t, subset-of: s}, {name: u, subset-of: t}]\n", `f.yaml:4: u: t is itself a subset`},
	{"subset of itself", "attribute-sets: [{name: s, subset-of: s}]\n", `f.yaml:4: s: s is itself a subset`},
	{"subset with more", "attribute-sets: [{name: s}, {name: t, subset-of: s, attributes: [{name: a}, x]}]\n", `f.yaml:4: t.a: s has no such attribute; f.yaml:4: t: want a mapping`},

	{"format twice", "sub-messages: [{name: m, formats: [{value: x}, {value: x}, {default: true}, {default: true}, {}]}, {name: m}]\n",
		`f.yaml:4: m: format "x" comes twice; f.yaml:4: m: the default format comes twice; f.yaml:4: m: a format needs a value, or default: true; f.yaml:4: sub-message m is defined twice`},
	{"format of nothing", "sub-messages: [{name: m, formats: [{value: x, fixed-header: h, attribute-set: s}]}]\n", `f.yaml:4: m: there is no struct "h"; f.yaml:4: m: there is no attribute set "s"`},
	{"formats no list", "sub-messages: [{name: m, formats: x}]\n", `f.yaml:4: formats: want a list`},
	{"header with a tail", "definitions: [{name: t, type: struct, members: [{name: n, type: u8}, {name: rest, type: binary}]}]\nattribute-sets: [{name: s}]\n" +
		"sub-messages: [{name: m, formats: [{value: x, fixed-header: t, attribute-set: s}]}]\n" +
		"operations: {list: [{name: a, fixed-header: t, attribute-set: s, do: {}}, {name: b, fixed-header: t, payload: string, do: {}}]}\n",
		`f.yaml:6: m: struct t takes the rest of the payload, nothing can follow it; f.yaml:7: a: struct t takes the rest of the payload, nothing can follow it; ` +
			`f.yaml:7: b: struct t takes the rest of the payload, nothing can follow it`},

	{"enum-model", "operations: {enum-model: both}\n", `f.yaml:4: enum-model: got "both", want unified or directional`},
	{"operation twice", "operations: {list: [{name: a-b}, {name: a_b}]}\n", `f.yaml:4: operation a_b comes twice`},
	{"operation of nothing", "operations: {fixed-header: h, list: [{name: a, attribute-set: s, fixed-header: i}]}\n",
		`f.yaml:4: operations: there is no struct "h"; f.yaml:4: a: there is no attribute set "s"; f.yaml:4: a: there is no struct "i"`},
	{"operation flags", "operations: {list: [{name: a, flags: [root, [x]]}]}\n", `f.yaml:4: flags: want texts; f.yaml:4: a: unknown flag "root", want admin-perm or uns-admin-perm`},
	{"operation payload", "operations: {list: [{name: a, payload: u8}]}\n", `f.yaml:4: a: got payload "u8", want string, strings or binary`},
	{"operation transaction", "operations: {list: [{name: a, transaction: middle}]}\n", `f.yaml:4: a: got transaction "middle", want begin or end`},
	{"operation modes", "operations: {list: [{name: a, do: x, dump: {requests: {}}, event: {x: 1}}]}\n",
		`f.yaml:4: a do: want a mapping; f.yaml:4: a dump: unknown key "requests" (did you mean "request"?); f.yaml:4: a event: unknown key "x"`},
	{"operation sides", "operations: {list: [{name: a, do: {request: x, reply: {attribute-set: s}}, dump: {request: {attribute-set: s, value: 70000}}}]}\n",
		`f.yaml:4: a do request: want a mapping; f.yaml:4: a do reply: unknown key "attribute-set" (did you mean "attributes"?); f.yaml:4: a dump request: there is no attribute set "s"; ` +
			`f.yaml:4: value: got 70000, want 0 to 65535`},
	{"operation numbers", "operations: {list: [{name: a, value: 65535}, {name: b}]}\n", `f.yaml:4: b: number 65536, want 0 to 65535`},
	{"notify of nothing", "operations: {list: [{name: get}, {name: a, notify: gett}]}\n", `f.yaml:4: a: there is no operation "gett" (did you mean "get"?)`},
}

func TestFaults(t *testing.T) {
	for _, c := range faultCases {
		t.Run(c.name, func(t *testing.T) {
			text := c.spec
			if !strings.HasPrefix(text, "name:") && !strings.HasPrefix(text, "#") {
				text = "name: f\nprotocol: netlink-raw\nprotonum: 0\n" + text
			}
			spec, err := ynl.Load([]byte(text), "f.yaml", nil)
			if err == nil || spec != nil {
				t.Fatalf("got spec %v, error %v", spec, err)
			}
			if got := strings.ReplaceAll(err.Error(), "\n", "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestManyFaults: twenty are told, the rest counted.
func TestManyFaults(t *testing.T) {
	text := "name: f\n" + strings.Repeat("x: 1\n", 13)
	_, err := ynl.Load([]byte(text), "f.yaml", nil)
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != "f.yaml: 5 more faults" {
		t.Errorf("got %d lines:\n%v", len(lines), err)
	}
}
