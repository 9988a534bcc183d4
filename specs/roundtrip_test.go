package specs_test

import (
	"fmt"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// trip encodes fields and decodes what came out.
func trip(t *testing.T, s *schema.Spec, header *schema.Struct, set *schema.Set, fields []schema.Field) *schema.Msg {
	t.Helper()
	var b wire.Builder
	enc := schema.Encoder{Spec: s, Out: &b}
	if err := enc.Body(header, set, schema.KindNone, fields); err != nil {
		t.Fatalf("encode %v: %v", schema.FieldsValue(fields), err)
	}
	return &schema.Msg{Spec: s, Header: header, Set: set, Data: b.Bytes()}
}

// wants reports where got lacks what was put in.
func wants(t *testing.T, path string, in, got schema.Value) {
	t.Helper()
	switch {
	case in.Kind() == schema.Fields && got.Kind() == schema.Message:
		out := schema.FieldsValue(got.Msg().Fields())
		for _, f := range in.Fields() {
			v, ok := out.Lookup(f.Name)
			if !ok {
				t.Errorf("%s: nothing came back as %q, only %v", path, f.Name, out)
				continue
			}
			wants(t, path+"."+f.Name, f.Val, v)
		}
	case in.Kind() == schema.Fields && got.Kind() == schema.Fields:
		if len(in.Fields()) != len(got.Fields()) {
			t.Errorf("%s: got %v, want %v", path, got, in)
			return
		}
		for i, f := range in.Fields() {
			g := got.Fields()[i]
			if g.Type&^wire.Nested != f.Type || g.Name != f.Name {
				t.Errorf("%s: got %s %d, want %s %d", path, g.Name, g.Type, f.Name, f.Type)
			}
			wants(t, fmt.Sprintf("%s[%d]", path, f.Type), f.Val, g.Val)
		}
	case in.Kind() == schema.List && got.Kind() == schema.List && len(in.List()) == len(got.List()):
		for i := range in.List() {
			wants(t, fmt.Sprintf("%s[%d]", path, i), in.List()[i], got.List()[i])
		}
	default:
		if in.String() != got.String() || got.Odd() {
			t.Errorf("%s: got %v (odd: %v), want %v", path, got, got.Odd(), in)
		}
	}
}

// TestEveryAttribute makes a value from each row, sends it to the wire and back.
func TestEveryAttribute(t *testing.T) {
	rows := 0
	for _, s := range specs.All() {
		for i := range s.Sets {
			set := &s.Sets[i]
			for j := range set.Attrs {
				a := &set.Attrs[j]
				if a.Kind == schema.KindPad || a.Kind == schema.KindUnused {
					continue
				}
				rows++
				t.Run(s.Name+"/"+set.Name+"."+a.Name, func(t *testing.T) { everyValue(t, s, set, a) })
			}
		}
	}
	t.Logf("%d attributes", rows)
}

func everyValue(t *testing.T, s *schema.Spec, set *schema.Set, a *schema.Attr) {
	c := maker{s}
	if a.Kind != schema.KindSubMessage {
		in := c.attr(a)
		if a.Multi {
			in = schema.ListValue([]schema.Value{in, in})
		}
		m := trip(t, s, nil, set, []schema.Field{{Name: a.Name, Val: in}})
		got, ok, err := m.Get(a.Name)
		if !ok || err != nil {
			t.Fatalf("%v came back as nothing: %v", in, err)
		}
		wants(t, a.Name, in, got)
		return
	}
	formats := s.SubMsg(a.SubMsg).Formats
	for i := range formats {
		f := &formats[i]
		t.Run("format "+f.Value, func(t *testing.T) {
			in := c.format(f)
			if a.Multi {
				in = schema.ListValue([]schema.Value{in, in})
			}
			header, fields := c.selecting(t, set, a, f)
			m := trip(t, s, header, set, append(fields, schema.Field{Name: a.Name, Val: in}))
			got, _, err := m.Get(a.Name)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, a.Name, in, got)
		})
	}
}

// selecting is the input that selects a format: an attribute beside, or a
// member of a header that this test finds for it.
func (c maker) selecting(t *testing.T, set *schema.Set, a *schema.Attr, f *schema.Format) (*schema.Struct, []schema.Field) {
	if f.Default {
		return nil, nil
	}
	field := []schema.Field{{Name: a.Selector, Val: schema.Of(f.Value)}}
	if set.Find(a.Selector) != nil {
		return nil, field
	}
	for i := range c.Structs {
		if c.Structs[i].Find(a.Selector) != nil {
			return &c.Structs[i], field
		}
	}
	t.Fatalf("no place for the selector %s", a.Selector)
	return nil, nil
}

// TestEveryMember does the same for structs: all members at once, and each alone.
func TestEveryMember(t *testing.T) {
	rows := 0
	for _, s := range specs.All() {
		for i := range s.Structs {
			st := &s.Structs[i]
			t.Run(s.Name+"/"+st.Name, func(t *testing.T) {
				in := maker{s}.structure(st)
				wants(t, st.Name, in, schema.MsgValue(trip(t, s, st, nil, in.Fields())))
				for _, f := range in.Fields() {
					rows++
					alone := schema.FieldsValue([]schema.Field{f})
					wants(t, st.Name, alone, schema.MsgValue(trip(t, s, st, nil, alone.Fields())))
				}
			})
		}
	}
	t.Logf("%d members", rows)
}

// TestEveryEntry sends each name and each number of each enum through each kind
// of row that uses it.
func TestEveryEntry(t *testing.T) {
	entries := 0
	for _, s := range specs.All() {
		seen := map[string]bool{}
		eachRow(s, func(where string, r *schema.Row) {
			if r.Enum == 0 {
				return
			}
			one := *r
			if r.Elem.Integer() {
				one.Kind, one.Elem = r.Elem, schema.KindNone
			}
			key := fmt.Sprint(r.Enum, one.Kind, r.AsFlags, r.BigEndian)
			if seen[key] {
				return
			}
			seen[key] = true
			e := s.Enum(r.Enum)
			t.Run(s.Name+"/"+e.Name+" in "+where, func(t *testing.T) { entries += everyEntry(t, s, e, one) })
		})
	}
	t.Logf("%d entries", entries)
}

func everyEntry(t *testing.T, s *schema.Spec, e *schema.Enum, r schema.Row) (n int) {
	r.Name, r.Key = "x", "x"
	set := &schema.Set{Name: "one", Attrs: []schema.Attr{{Row: r, Num: 1}}, ByKey: []uint16{0}}
	for _, entry := range e.Entries {
		n++
		if w := r.Kind.Width(); w > 0 && (e.Flags || r.AsFlags) && entry.Value >= int64(8*w) {
			continue // ifa-flags: the header has the first eight, an attribute has all
		}
		number, want := schema.Of(entry.Value), e.NameOf(entry.Value) // the first name of a number
		if e.Flags || r.AsFlags {
			number = schema.Of(uint64(1) << entry.Value)
		}
		for _, in := range []schema.Value{schema.Of(entry.Name), number} {
			got, _, _ := trip(t, s, nil, set, []schema.Field{{Name: "x", Val: in}}).Get("x")
			switch {
			case r.Kind == schema.KindBitfield32:
				got, _ = got.Lookup("selector")
				fallthrough
			case e.Flags || r.AsFlags:
				if len(got.List()) != 1 || got.List()[0].Text() != want {
					t.Errorf("%s: got %v, want %s", in, got, want)
				}
			case got.Text() != want:
				t.Errorf("%s: got %v, want %s", in, got, want)
			}
		}
	}
	return n
}

// eachRow visits the rows of all attributes and members.
func eachRow(s *schema.Spec, f func(where string, r *schema.Row)) {
	for i := range s.Sets {
		for j := range s.Sets[i].Attrs {
			f(s.Sets[i].Name+"."+s.Sets[i].Attrs[j].Name, &s.Sets[i].Attrs[j].Row)
		}
	}
	for i := range s.Structs {
		for j := range s.Structs[i].Members {
			f(s.Structs[i].Name+"."+s.Structs[i].Members[j].Name, &s.Structs[i].Members[j].Row)
		}
	}
}
