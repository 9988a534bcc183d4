package ynl_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
)

const erring = `
name: t
protocol: netlink-raw
protonum: 0
definitions:
  - {name: both, type: enum, entries: [a, b]}
  - {name: both, type: struct, members: [{name: x, type: u8, doc: "kept"}, {name: y, type: u8}]}
  - {name: bits, type: flags, entries: [up]}
attribute-sets:
  - name: s
    attributes: [{name: one, type: u32, enum: both}, {name: two, type: u16, doc: "kept"}]
sub-messages:
  - {name: m, formats: [{value: v}]}
operations:
  list: [{name: get, do: {request: {value: 1}}}]
`

func errata(t testing.TB, rows string) *ynl.Errata {
	t.Helper()
	e, err := ynl.LoadErrata([]byte("errata:\n"+rows), "e.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var errataCases = []struct {
	name string
	rows string
	same bool // nothing to correct
	ok   func(*schema.Spec) bool
}{
	{"set on an attribute", "- {spec: t, attribute-set: s, attribute: two, set: {type: u32, byte-order: big-endian}, why: w}\n", false,
		func(s *schema.Spec) bool {
			a := s.FindSet("s").Find("two")
			return a.Kind == schema.KindU32 && a.BigEndian && a.Doc == "kept"
		}},
	{"null removes", "- {spec: t, attribute-set: s, attribute: one, set: {enum: null, doc: null}, why: w}\n", false,
		func(s *schema.Spec) bool { return s.FindSet("s").Find("one").Enum == 0 }},
	{"set on a set", "- {spec: t, attribute-set: s, set: {doc: new}, why: w}\n", false,
		func(s *schema.Spec) bool { return s.FindSet("s").Doc == "new" && len(s.FindSet("s").Attrs) == 2 }},
	{"set on a member", "- {spec: t, struct: both, member: y, set: {type: u32}, why: w}\n", false,
		func(s *schema.Spec) bool { return s.FindStruct("both").Size == 8 }},
	{"set on a struct", "- {spec: t, struct: both, set: {doc: new}, why: w}\n", false,
		func(s *schema.Spec) bool { return s.FindStruct("both").Doc == "new" && s.FindEnum("both").Doc == "" }},
	{"set on an operation", "- {spec: t, operation: get, set: {do: null, dump: {request: {value: 7}}}, why: w}\n", false,
		func(s *schema.Spec) bool {
			op := s.FindOp("get")
			return !op.Do.Has && op.Dump.Has && op.Dump.Request == 7
		}},
	{"members", "- {spec: t, struct: both, members: [{name: z, type: u8}, {name: x, type: u32}], why: w}\n", false,
		func(s *schema.Spec) bool {
			st := s.FindStruct("both")
			return len(st.Members) == 2 && st.Size == 8 && st.Members[1].Doc == "kept" && st.Members[1].Kind == schema.KindU32
		}},
	{"add attributes", "- {spec: t, attribute-set: s, add: [{name: two, value: 2, type: u8}, {name: three, value: 9, type: u8}], why: w}\n", false,
		func(s *schema.Spec) bool {
			set := s.FindSet("s")
			return set.Find("two").Kind == schema.KindU16 && set.Find("three").Num == 9
		}},
	{"add entries", "- {spec: t, enum: both, add: [b, c], why: w}\n- {spec: t, enum: bits, add: [{name: top, value: 31}], why: w}\n", false,
		func(s *schema.Spec) bool {
			return len(s.FindEnum("both").Entries) == 3 && s.FindEnum("bits").NameOf(31) == "top"
		}},
	{"add members", "- {spec: t, struct: both, add: [{name: y, type: u64}, {name: z, type: u16}], why: w}\n", false,
		func(s *schema.Spec) bool { return s.FindStruct("both").Size == 4 }},
	{"add formats", "- {spec: t, sub-message: m, add: [{value: v, attribute-set: s}, {value: w}, {default: true, attribute-set: s}], why: w}\n", false,
		func(s *schema.Spec) bool {
			f := s.SubMsgs[0].Formats
			return len(f) == 3 && f[0].Set == 0 && f[1].Value == "w" && f[2].Default
		}},
	{"add to the spec", `
- spec: t
  add-definitions: [{name: both, type: enum, entries: [z]}, {name: new, type: enum, entries: [z]}, {name: bits, type: struct, members: [{name: q, type: u8}]}]
  add-attribute-sets: [{name: n, attributes: [{name: q, type: sub-message, sub-message: o, selector: q}]}]
  add-sub-messages: [{name: o}, {name: m}]
  add-operations: [{name: get}, {name: put, do: {}}]
  why: w
`, false, func(s *schema.Spec) bool {
		return len(s.Enums) == 3 && s.FindEnum("both").NameOf(0) == "a" && s.FindStruct("bits") != nil && s.FindSet("n") != nil &&
			len(s.SubMsgs) == 2 && len(s.Ops) == 2
	}},
	{"a row on what a row brought", "- {spec: t, add-attribute-sets: [{name: n, attributes: [{name: q, type: u8}]}], why: w}\n" +
		"- {spec: t, attribute-set: n, attribute: q, set: {type: u16}, why: w}\n- {spec: t, attribute-set: n, add: [{name: r, type: u8}], why: w}\n", false,
		func(s *schema.Spec) bool {
			return s.FindSet("n").Find("q").Kind == schema.KindU16 && len(s.FindSet("n").Attrs) == 2
		}},

	{"another spec", "- {spec: u, attribute-set: s, attribute: two, set: {type: u32}, why: w}\n", true, nil},
	{"no such place", `
- {spec: t, attribute-set: x, attribute: two, set: {type: u32}, why: w}
- {spec: t, attribute-set: s, attribute: x, set: {type: u32}, why: w}
- {spec: t, attribute-set: x, add: [{name: x, type: u8}], why: w}
- {spec: t, struct: x, members: [], why: w}
- {spec: t, struct: bits, set: {doc: x}, why: w}
- {spec: t, enum: x, add: [x], why: w}
- {spec: t, sub-message: x, add: [{value: x}], why: w}
- {spec: t, operation: x, set: {do: null}, why: w}
`, true, nil},
	{"right already", `
- {spec: t, attribute-set: s, attribute: two, set: {type: u16, enum: null}, why: w}
- {spec: t, enum: both, add: [a, b], why: w}
- {spec: t, struct: both, members: [{name: x, type: u8}, {name: y, type: u8}], why: w}
`, true, nil},
	{"brackets", "- {spec: t, operation: get, set: {transaction: begin}, why: w}\n- {spec: t, add-operations: [{name: done, transaction: end}], why: w}\n", false,
		func(s *schema.Spec) bool {
			return s.FindOp("get").Bracket == schema.Begin && s.FindOp("done").Bracket == schema.End
		}},
	{"roles of a set", "- {spec: t, attribute-set: s, roles: {one: {role: id, class: thing}, two: time, three: time}, why: w}\n", false,
		func(s *schema.Spec) bool {
			set := s.FindSet("s")
			return set.Find("one").Role == schema.RoleID && set.Find("one").Class == "thing" && set.Find("two").Role == schema.RoleTime
		}},
	{"roles of a struct", "- {spec: t, struct: both, roles: {y: counter}, why: w}\n", false,
		func(s *schema.Spec) bool { return s.FindStruct("both").Find("y").Role == schema.RoleCounter }},
	{"an order of what has no dump", "- {spec: t, operation: get, unordered: true, why: w}\n", true,
		func(s *schema.Spec) bool { return !s.FindOp("get").Dump.Unordered }},
}

// TestErrataGroups: groups are numbered, and come to a spec that has some, no list or none at all.
func TestErrataGroups(t *testing.T) {
	rows := "- {spec: t, mcast-group: a, set: {value: 7}, why: w}\n- {spec: t, add-mcast-groups: [{name: a, value: 1}, {name: b, value: 9}], why: w}\n"
	for have, want := range map[string]int32{"mcast-groups: {list: [{name: a}]}\n": 7, "mcast-groups: {}\n": 1, "": 1} {
		spec, err := ynl.Load([]byte(erring+have), "t.yaml", errata(t, rows))
		if err != nil {
			t.Fatal(err)
		}
		if g := spec.Groups; len(g) != 2 || g[0].Value != want || g[1].Name != "b" || g[1].Value != 9 {
			t.Errorf("%q: got %+v, want a = %d and b = 9", have, g, want)
		}
	}
}

func TestErrata(t *testing.T) {
	plain, err := ynl.Load([]byte(erring), "t.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range errataCases {
		t.Run(c.name, func(t *testing.T) {
			rows := errata(t, c.rows)
			spec, err := ynl.Load([]byte(erring), "t.yaml", rows)
			if err != nil {
				t.Fatal(err)
			}
			if c.same != reflect.DeepEqual(spec, plain) {
				t.Errorf("unchanged: got %v, want %v", !c.same, c.same)
			}
			if c.ok != nil && !c.ok(spec) {
				t.Errorf("not corrected: %+v", spec)
			}
			again, err := ynl.Load([]byte(erring), "t.yaml", rows)
			if err != nil || !reflect.DeepEqual(again, spec) {
				t.Errorf("loaded once more: something else, %v", err)
			}
			twice, err := ynl.Load([]byte(erring), "t.yaml", errata(t, c.rows+c.rows))
			if err != nil || !reflect.DeepEqual(twice, spec) {
				t.Errorf("applied twice: something else, %v", err)
			}
		})
	}
}

// TestErrataOnEmpty: a spec that lacks the sections is given them.
func TestErrataOnEmpty(t *testing.T) {
	rows := errata(t, errataCases[11].rows)
	spec, err := ynl.Load([]byte("name: t\n"), "t.yaml", rows)
	if err != nil || len(spec.Enums) != 2 || len(spec.Sets) != 1 || len(spec.Ops) != 0 {
		t.Errorf("got %+v, %v", spec, err)
	}
}

var badErrata = []struct{ name, text, want string }{
	{"empty", "", `e.yaml:1: got an empty file, want errata`},
	{"list at top", "- x\n", `e.yaml:1: got no mapping, want errata`},
	{"unknown key", "erata: []\n", `e.yaml:1: errata: unknown key "erata" (did you mean "errata"?)`},
	{"row no mapping", "errata: [x]\n", `e.yaml:1: erratum: want a mapping`},
	{"row of nothing", "errata: [{}]\n", `e.yaml:1: erratum: spec is missing; e.yaml:1: erratum: why is missing`},
	{"unknown row key", "errata:\n- {spec: t, why: w, sets: {}}\n", `e.yaml:2: erratum: unknown key "sets" (did you mean "set"?)`},
	{"set no mapping", "errata:\n- {spec: t, why: w, enum: e, set: [x]}\n", `e.yaml:2: set: want a mapping`},
	{"add no list", "errata:\n- {spec: t, why: w, enum: e, add: x, add-operations: x}\n", `e.yaml:2: add: want a list; e.yaml:2: add-operations: want a list`},
	{"two places", "errata:\n- {spec: t, why: w, enum: e, struct: s, add: []}\n", `e.yaml:2: erratum: got struct and enum, want one of them`},
	{"no place", "errata:\n- {spec: t, why: w, set: {}}\n", `e.yaml:2: erratum: set, add, members and roles need attribute-set, struct, enum, sub-message, operation or mcast-group`},
	{"add to a group", "errata:\n- {spec: t, why: w, mcast-group: g, add: []}\n", `e.yaml:2: erratum: add is for attribute sets, structs, enums and sub-messages`},
	{"roles of an enum", "errata:\n- {spec: t, why: w, enum: e, roles: {a: time}}\n", `e.yaml:2: erratum: roles needs attribute-set or struct, and no attribute or member`},
	{"roles no mapping", "errata:\n- {spec: t, why: w, struct: e, roles: [a]}\n", `e.yaml:2: roles: want a mapping`},
	{"unordered set", "errata:\n- {spec: t, why: w, struct: e, unordered: true}\n", `e.yaml:2: erratum: unordered needs operation`},
	{"attribute of nothing", "errata:\n- {spec: t, why: w, struct: s, attribute: a, set: {}}\n", `e.yaml:2: erratum: attribute needs attribute-set, member needs struct`},
	{"members of an enum", "errata:\n- {spec: t, why: w, enum: s, members: []}\n", `e.yaml:2: erratum: members needs struct, and no member`},
	{"add to an attribute", "errata:\n- {spec: t, why: w, attribute-set: s, attribute: a, add: []}\n", `e.yaml:2: erratum: add is for attribute sets, structs, enums and sub-messages`},
}

func TestBadErrata(t *testing.T) {
	for _, c := range badErrata {
		t.Run(c.name, func(t *testing.T) {
			e, err := ynl.LoadErrata([]byte(c.text), "e.yaml")
			if e != nil || err == nil || strings.ReplaceAll(err.Error(), "\n", "; ") != c.want {
				t.Errorf("got %v, %v\nwant %s", e, err, c.want)
			}
		})
	}
}

// TestErrataFaults: what is wrong with what a row brought is told of the row.
func TestErrataFaults(t *testing.T) {
	_, err := ynl.Load([]byte(erring), "t.yaml", errata(t, "- {spec: t, attribute-set: s, attribute: two,\n   set: {type: u31}, why: w}\n"))
	if want := `e.yaml:3: s.two: unknown type "u31" (did you mean "u32"?)`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
