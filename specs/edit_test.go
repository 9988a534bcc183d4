package specs_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// others is the attributes of m but those of one number, type and payload as they are.
func others(m *schema.Msg, num uint16) []byte {
	var b []byte
	for it := wire.WalkAttrs(m.AttrBytes()); it.Next(); {
		if it.Attr.Num() != num {
			b = append(b, byte(it.Attr.Type), byte(it.Attr.Type>>8), byte(len(it.Attr.Data)), byte(len(it.Attr.Data)>>8))
			b = append(b, it.Attr.Data...)
		}
	}
	return b
}

// edit changes one place of m, and holds the result against m.
func edit(t *testing.T, m *schema.Msg, p schema.Place, v schema.Value) {
	t.Helper()
	before := bytes.Clone(m.Data)
	data, err := m.With(p, v, nil)
	if !bytes.Equal(m.Data, before) {
		t.Fatalf("the bytes of the message changed\nfrom % x\nto   % x", before, m.Data)
	}
	if err != nil {
		return
	}
	got := *m
	got.Data = data
	if p.Attr == nil {
		if !bytes.Equal(got.AttrBytes(), m.AttrBytes()) {
			t.Fatalf("%s: attributes changed\nfrom % x\nto   % x", p.Member.Name, m.Data, data)
		}
	} else if !bytes.Equal(others(m, p.Attr.Num), others(&got, p.Attr.Num)) || !bytes.Equal(m.HeaderBytes(), got.HeaderBytes()) {
		t.Fatalf("%s = %s: something else changed\nfrom % x\nto   % x", p.Attr.Name, v, m.Data, data)
	}
	now, ok, _ := got.At(p)
	switch {
	case v.IsNone() && p.Attr != nil && ok:
		t.Fatalf("%s: still there after it was taken away: %s", p.Attr.Name, now)
	case v.Kind() == schema.Uint && p.Row().Kind.Integer():
		if n, ok := got.Number(p); !ok || n != v.Uint64() {
			t.Fatalf("%s: got %d, %t, want %d", p.Row().Name, n, ok, v.Uint64())
		}
	}
	if data2, err := got.With(p, v, nil); err != nil || !bytes.Equal(data2, data) {
		t.Fatalf("%s = %s: twice is not once: %v\n% x\n% x", p.Row().Name, v, err, data, data2)
	}
}

// editAll gives each field of m a few values, its own among them.
func editAll(t *testing.T, m *schema.Msg, n uint64, text string, raw []byte) {
	t.Helper()
	var places []schema.Place
	for i := range m.Set.Attrs {
		places = append(places, schema.Place{Attr: &m.Set.Attrs[i]})
	}
	for i := range m.Header.Members {
		places = append(places, schema.Place{Member: &m.Header.Members[i]})
	}
	for _, p := range places {
		own, ok, _ := m.At(p)
		for _, v := range []schema.Value{{}, schema.UintValue(n), schema.TextValue(text), schema.BytesValue(raw), schema.BoolValue(n&1 == 0)} {
			edit(t, m, p, v)
		}
		if !ok {
			continue
		}
		edit(t, m, p, own)
		if data, err := m.With(p, own, nil); err == nil && m.Err() == nil {
			got := *m
			got.Data = data
			now, _, _ := got.At(p)
			flag := own.Kind() == schema.Bool && own.Uint64() == 0 // a flag that says no says nothing
			if now.String() != own.String() && !flag {
				t.Fatalf("%s: its own value %s became %s\n% x\n% x", p.Row().Name, own, now, m.Data, data)
			}
		}
	}
}

func linkMessages(tb testing.TB) [][]byte {
	tb.Helper()
	text, err := os.ReadFile("../internal/wire/testdata/links.hex")
	if err != nil {
		tb.Fatal(err)
	}
	var all []byte
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		b, err := hex.DecodeString(strings.Join(strings.Fields(line), ""))
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, b...)
	}
	var list [][]byte
	for it := wire.WalkMessages(all); it.Next(); {
		list = append(list, it.Body())
	}
	return list
}

func linkMsg(data []byte) *schema.Msg {
	spec := specs.Find("rt-link")
	op := spec.FindOp("newlink")
	return &schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: spec.Set(op.Set), Data: data}
}

// One field changed, everything else as it was: for every row of links, over
// what a kernel sent.
func TestEdit(t *testing.T) {
	messages := linkMessages(t)
	if len(messages) == 0 {
		t.Fatal("no messages")
	}
	for _, data := range messages {
		editAll(t, linkMsg(data), 7, "x", []byte{1, 2, 3})
	}
	editAll(t, linkMsg(make([]byte, 16)), 0, "", nil)
}

func FuzzEdit(f *testing.F) {
	for _, data := range linkMessages(f) {
		f.Add(data, uint64(7), "vxlan", []byte{1})
	}
	f.Add(make([]byte, 16), uint64(1)<<40, "a\x00b", []byte{})
	f.Add([]byte{1, 2, 3}, uint64(0), "", []byte("abc"))
	f.Fuzz(func(t *testing.T, data []byte, n uint64, text string, raw []byte) {
		editAll(t, linkMsg(data), n, text, raw)
		m := linkMsg(data)
		if !schema.Equal(m, m) {
			t.Fatal("a message is not itself")
		}
	})
}

// Attributes in another order say the same; in another number, or repeated
// ones in another order, not.
func TestEqual(t *testing.T) {
	link := func(attrs ...[]byte) *schema.Msg { return linkMsg(append(make([]byte, 16), bytes.Join(attrs, nil)...)) }
	mtu, name := []byte{8, 0, 4, 0, 5, 0, 0, 0}, []byte{6, 0, 3, 0, 'a', 0, 0, 0}
	kind := []byte{8, 0, 1, 0, 'v', 'l', 'a', 0}
	data := []byte{12, 0, 2, 0, 6, 0, 1, 0, 9, 0, 0, 0}
	nest := func(typ byte, attrs ...[]byte) []byte {
		b := bytes.Join(attrs, nil)
		return append([]byte{byte(4 + len(b)), 0, 18, typ}, b...)
	}
	for _, c := range []struct {
		name string
		a, b *schema.Msg
		want bool
	}{
		{"order", link(mtu, name), link(name, mtu), true},
		{"order in nests, and the flag of their type", link(nest(0, kind, data)), link(nest(0x80, data, kind)), true},
		{"one missing", link(mtu, name), link(mtu), false},
		{"another value", link(mtu), link([]byte{8, 0, 4, 0, 6, 0, 0, 0}), false},
		{"twice", link(mtu), link(mtu, mtu), false},
		{"another header", link(mtu), linkMsg(append([]byte{1, 15: 0}, mtu...)), false},
		{"malformed", link(mtu, []byte{3}), link(mtu, []byte{2}), false},
	} {
		if got := schema.Equal(c.a, c.b); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}
