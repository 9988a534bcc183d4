package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
)

const linky = common + inner + `
  - name: main
    doc: "a   folded
      doc"
    attributes:
      - {name: mtu, value: 4, type: u32}
      - {name: dst, value: 1, type: binary, display-hint: ipv4}
      - {name: class, value: 9, type: u8, enum: color}
      - {name: name, value: 3, type: string}
      - {name: many, value: 2, type: u32, multi-attr: true}
      - {name: pad, value: 10, type: pad}
      - {name: gone, value: 11, type: unused}
      - {name: 6low, value: 12, type: flag}
      - {name: info, value: 18, type: nest, nested-attributes: leafs}
operations:
  enum-model: directional
  list:
    - {name: get-it, attribute-set: main, fixed-header: hdr, do: {request: {value: 18, attribute-set: leafs}, reply: {value: 16}},
       dump: {request: {value: 18}, reply: {value: 17}}}
    - {name: it-ntf, notify: get-it, value: 16}
    - {name: gone, event: {attributes: [mtu]}, attribute-set: main, value: 20}
mcast-groups: {list: [{name: my-group, value: 3}]}
`

func linkyMsg(t testing.TB) (*schema.Spec, *schema.Msg) {
	spec := load(t, linky)
	s := shape{spec: spec, header: "hdr", set: "main"}
	return spec, s.message(cat(header(1, 7, 3, 1500), at(1, hx("0a000001")), at(4, n32(9000)), at(9, hx("07")), at(10), at(11, hx("01")),
		at(nested(99), hx("0102")), at(2, n32(1)), at(2, n32(2)), at(3, name("lo"))))
}

func TestGet(t *testing.T) {
	_, m := linkyMsg(t)
	for _, c := range []struct {
		name string
		want string // "-" for not there
	}{
		{"dst", `"10.0.0.1"`}, {"mtu", "9000"}, {"ti_mtu", "1500"}, {"ti-mtu", "1500"}, {"index", "7"}, {"family", `"green"`},
		{"class_", `"dark-blue"`}, {"class", `"dark-blue"`}, {"ti_class", "3"}, {"many", "[1, 2]"}, {"name", `"lo"`},
		{"pad", "-"}, {"gone", "-"}, {"_6low", "-"}, {"6low", "-"}, {"info", "-"}, {"nothing", "-"}, {"payload", "-"}, {"ti_pad", "-"}, {"", "-"},
	} {
		v, ok, err := m.Get(c.name)
		if err != nil || ok != (c.want != "-") || ok && v.String() != c.want {
			t.Errorf("%q: got %s, %v, %v, want %s", c.name, v, ok, err, c.want)
		}
	}
	if v, ok, err := m.At(schema.Place{}); ok || err != nil || !v.IsNone() {
		t.Errorf("nowhere: got %v, %v, %v", v, ok, err)
	}
	if m.Resolve("nothing").Found() || !m.Resolve("mtu").Found() {
		t.Error("Found is wrong")
	}
}

func TestNumber(t *testing.T) {
	spec, m := linkyMsg(t)
	for _, c := range []struct {
		name string
		n    uint64
		ok   bool
	}{{"mtu", 9000, true}, {"ti_mtu", 1500, true}, {"index", 7, true}, {"class", 7, true}, {"name", 0, false}, {"info", 0, false}, {"none", 0, false}} {
		if n, ok := m.Number(m.Resolve(c.name)); n != c.n || ok != c.ok {
			t.Errorf("%s: got %d, %v, want %d, %v", c.name, n, ok, c.n, c.ok)
		}
	}
	short := &schema.Msg{Spec: spec, Header: m.Header, Set: m.Set, Data: m.Data[:4]}
	if _, ok := short.Number(m.Resolve("index")); ok {
		t.Error("a header cut off has no index")
	}
	if raw, ok := m.Raw(m.Set.Find("dst")); !ok || string(raw) != "\x0a\x00\x00\x01" {
		t.Errorf("Raw: got %x, %v", raw, ok)
	}
}

func TestUnknownAndErr(t *testing.T) {
	spec, m := linkyMsg(t)
	if u := m.Unknown(); len(u) != 2 || u[0].Num() != 11 || u[1].Type != nested(99) {
		t.Errorf("Unknown: got %v", u)
	}
	if err := m.Err(); err != nil {
		t.Error(err)
	}
	bad := &schema.Msg{Spec: spec, Set: m.Set, Data: cat(at(4, n32(1)), hx("0300"))}
	if err := bad.Err(); err == nil || !strings.Contains(err.Error(), "offset 8") {
		t.Errorf("got %v", err)
	}
	if v, ok, err := bad.Get("mtu"); err != nil || !ok || v.Uint64() != 1 {
		t.Errorf("an attribute before rubbish: got %v, %v, %v", v, ok, err)
	}
	if _, ok, err := bad.Get("dst"); ok || err == nil {
		t.Error("an absent attribute may be in the rubbish: want an error")
	}
	none := &schema.Msg{Spec: spec, Data: hx("01")}
	if none.Err() != nil || none.Unknown() != nil || len(none.Fields()) != 0 {
		t.Error("a message of nothing has nothing")
	}
}

func TestFind(t *testing.T) {
	spec, m := linkyMsg(t)
	get := spec.FindOp("get_it")
	switch {
	case get == nil || spec.FindOp("get-it") != get || spec.FindOp("x") != nil:
		t.Error("FindOp")
	case spec.FindSet("x") != nil || spec.FindStruct("x") != nil || spec.FindEnum("x") != nil || spec.FindConst("x") != nil:
		t.Error("found what is not there")
	case spec.FindConst("size").Num != 6 || spec.FindEnum("color") == nil:
		t.Error("FindConst, FindEnum")
	case spec.OpOfReply(16).Name != "it-ntf" || spec.OpOfReply(17) != get || spec.OpOfReply(20).Name != "gone" || spec.OpOfReply(21) != nil:
		t.Error("OpOfReply")
	case spec.OpOfRequest(18) != get || spec.OpOfRequest(16) != nil:
		t.Error("OpOfRequest")
	case spec.RequestSet(get, &get.Do).Name != "leafs" || spec.RequestSet(get, &get.Dump).Name != "main":
		t.Error("RequestSet")
	case spec.Generic() || spec.Enum(0) != nil || spec.Set(0) != nil || spec.Struct(0) != nil || spec.SubMsg(0) != nil:
		t.Error("references to nothing")
	case spec.FindSet("main").Doc != "a folded doc" || spec.Groups[0].Key != "my_group":
		t.Error("doc, groups")
	case m.Set.ByNum(9).Name != "class" || m.Set.ByNum(5) != nil || m.Set.ByNum(99) != nil || (&schema.Set{}).ByNum(1) != nil:
		t.Error("ByNum")
	case schema.StructSize(nil) != 0 || schema.StructSize(spec.FindStruct("shorthop")) != 4:
		t.Error("StructSize")
	case len(m.HeaderBytes()) != 12 || len(m.AttrBytes()) != len(m.Data)-12:
		t.Error("HeaderBytes, AttrBytes")
	}
	want := []string{"dst", "many", "name", "mtu", "class_", "_6low", "info", "family", "index", "ti_class", "ti_mtu"}
	if got := schema.Names(m.Header, m.Set, schema.KindNone); !reflect.DeepEqual(got, want) {
		t.Errorf("Names:\ngot  %q\nwant %q", got, want)
	}
	if got := schema.Names(nil, nil, schema.KindString); !reflect.DeepEqual(got, []string{"payload"}) {
		t.Errorf("Names: got %q", got)
	}
	e := spec.FindEnum("low")
	if e.NameOf(1) != "one" || e.NameOf(-3) != "minus" || e.NameOf(2) != "" || len(e.Names()) != 3 {
		t.Error("NameOf, Names")
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{"a-b.c/d e": "a_b_c_d_e", "class": "class_", "from": "from_", "6low": "_6low", "": "", "x": "x"} {
		if got := schema.Key(in); got != want {
			t.Errorf("Key(%q): got %q, want %q", in, got, want)
		}
	}
	for k := schema.KindNone; k <= schema.KindUnused; k++ {
		if got, ok := schema.KindOf(k.String()); !ok || got != k {
			t.Errorf("KindOf(%s): got %s", k, got)
		}
	}
	for h := schema.HintNone; h <= schema.HintUUID; h++ {
		if got, ok := schema.HintOf(h.String()); !ok || got != h {
			t.Errorf("HintOf(%s): got %s", h, got)
		}
	}
	for r := schema.RoleNone; r <= schema.RoleRandom; r++ {
		if got, ok := schema.RoleOf(r.String()); !ok || got != r {
			t.Errorf("RoleOf(%s): got %s", r, got)
		}
	}
	_, kind := schema.KindOf("x")
	_, hint := schema.HintOf("x")
	_, role := schema.RoleOf("x")
	if kind || hint || role {
		t.Error("found what is not there")
	}
	for _, c := range [][2]string{{"mut", "mtu"}, {"MTU", "mtu"}, {"ifnme", "ifname"}, {"linkinfos", "linkinfo"}, {"zzz", ""}, {"", "up"}} {
		got, want := schema.Suggest(c[0], []string{"mtu", "ifname", "linkinfo", "up"}), ""
		if c[1] != "" && c[0] != "" {
			want = `did you mean "` + c[1] + `"?`
		}
		if c[0] != "" && got != want {
			t.Errorf("Suggest(%q): got %q, want %q", c[0], got, want)
		}
	}
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		in   any
		kind schema.ValueKind
		text string
	}{
		{nil, schema.None, "None"}, {true, schema.Bool, "True"}, {false, schema.Bool, "False"}, {int8(-1), schema.Int, "-1"}, {int16(2), schema.Uint, "2"},
		{int32(-3), schema.Int, "-3"}, {int64(4), schema.Uint, "4"}, {uint(5), schema.Uint, "5"}, {uint8(6), schema.Uint, "6"}, {uint16(7), schema.Uint, "7"},
		{uint32(8), schema.Uint, "8"}, {uint64(9), schema.Uint, "9"}, {"a", schema.Text, `"a"`}, {[]byte("a"), schema.Bytes, `b"a"`},
		{[]string{"a"}, schema.List, `["a"]`}, {[]any{1, nil}, schema.List, `[1, None]`}, {[]schema.Value{schema.Of(1)}, schema.List, "[1]"},
		{fields("a", 1), schema.Fields, `{"a": 1}`}, {map[string]any{"b": 2, "a": 1}, schema.Fields, `{"a": 1, "b": 2}`},
		{schema.FlagsValue([]schema.Value{schema.Of("up"), schema.Of(8)}), schema.FlagSet, `set(["up", 8])`},
		{&schema.Msg{}, schema.Message, "{}"}, {schema.Of(1), schema.Uint, "1"},
	} {
		v := schema.Of(c.in)
		if v.Kind() != c.kind || v.String() != c.text || v.Kind().String() == "" {
			t.Errorf("%T %v: got %s %s, want %s %s", c.in, c.in, v.Kind(), v, c.kind, c.text)
		}
	}
	v := schema.Of(map[string]any{"a": 1})
	if a, ok := v.Lookup("a"); !ok || a.Int64() != 1 {
		t.Error("Lookup")
	}
	if _, ok := v.Lookup("b"); ok || v.Text() != "" || v.Bytes() != nil || v.List() != nil || v.Msg() != nil || schema.Of(1).Fields() != nil {
		t.Error("found what is not there")
	}
	defer func() {
		if recover() == nil {
			t.Error("Of a float: want a panic, it is a mistake of the caller")
		}
	}()
	schema.Of(1.5)
}
