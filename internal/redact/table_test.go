package redact_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// build makes a message of an operation from fields; origin is where it is from.
func build(t testing.TB, spec, op string, origin uint32, fields map[string]any) *schema.Msg {
	t.Helper()
	s := specs.Find(spec)
	o := s.FindOp(op)
	var b wire.Builder
	enc := schema.Encoder{Spec: s, Out: &b}
	if err := enc.Body(s.Struct(o.Header), s.Set(o.Set), schema.KindNone, schema.Of(fields).Fields()); err != nil {
		t.Fatal(err)
	}
	return &schema.Msg{Spec: s, Header: s.Struct(o.Header), Set: s.Set(o.Set), Data: b.Bytes(), Origin: origin}
}

func link(t *testing.T, origin uint32, index int, name string) *schema.Msg {
	return build(t, "rt-link", "getlink", origin, map[string]any{"ifi-index": index, "ifname": name})
}

// only renders one field of a message, without its name.
func only(t *testing.T, table *redact.Table, m *schema.Msg, field string) string {
	t.Helper()
	text := render(t, table, m, redact.Options{Fields: []string{field}})
	lines := strings.Split(strings.TrimSpace(text), "\n")
	_, value, _ := strings.Cut(strings.TrimSpace(lines[len(lines)-1]), " ")
	return value
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

// An index has the first name that it was seen with, as long as the scenario lasts, in its own namespace.
func TestInterfaces(t *testing.T) {
	table := redact.NewTable()
	a, b := table.Origin(111, nil), table.Origin(222, nil)
	if a == 0 || b == 0 || a == b || a != table.Origin(111, nil) || table.Origin(0, nil) != 0 {
		t.Fatal("origins", a, b)
	}
	index := func(origin uint32, n int) string {
		return only(t, table, build(t, "rt-addr", "getaddr", origin, map[string]any{"ifa-index": n}), "index")
	}
	want(t, "one that nobody named", index(a, 9), "<if#1>")
	table.Seen(link(t, a, 9, "late"))
	want(t, "it, named later", index(a, 9), "<if#1>")

	table.Seen(link(t, a, 2, "v0"))
	table.Seen(link(t, b, 2, "w0"))
	want(t, "in one namespace", index(a, 2), "<if:v0>")
	want(t, "in the other", index(b, 2), "<if:w0>")
	want(t, "nowhere", index(a, 0), "0")

	table.Seen(link(t, a, 2, "renamed"))
	want(t, "renamed", index(a, 2), "<if:v0>")
	table.Seen(link(t, a, 3, "v0")) // another that takes the name
	want(t, "another of the name", index(a, 3), "<if:v0#2>")
	table.Seen(link(t, b, 3, "v0"))
	want(t, "of the name elsewhere", index(b, 3), "<if:v0>")

	table.Named(a, 4, "asked")
	table.Sent(build(t, "rt-addr", "getaddr", a, map[string]any{"ifa-index": 4}))
	want(t, "one that was looked up", index(a, 4), "<if:asked>")
	table.Sent(link(t, a, 70, "chosen"))
	table.Seen(link(t, a, 70, "chosen"))
	want(t, "one that the script chose", index(a, 70), "70")
}

// The peer of a veth is an index of the namespace that link-netnsid tells.
func TestForeignIndex(t *testing.T) {
	table := redact.NewTable()
	origin := table.Origin(5, nil)
	table.Seen(link(t, origin, 2, "v0"))
	far := map[string]any{"ifi-index": 3, "link": 2, "link-netnsid": 0}
	want(t, "link elsewhere", only(t, table, build(t, "rt-link", "getlink", origin, far), "link"), "<if#1>")
	want(t, "the id 0", only(t, table, build(t, "rt-link", "getlink", origin, far), "link-netnsid"), "<nsid#1>")
	want(t, "link here", only(t, table, build(t, "rt-link", "getlink", origin, map[string]any{"ifi-index": 3, "link": 2}), "link"), "<if:v0>")
	want(t, "no id", only(t, table, build(t, "rt-link", "getlink", origin, map[string]any{"link-netnsid": -1}), "link-netnsid"), "-1")

	// An event from there is of the same namespace.
	table.Seen(link(t, table.Foreign(origin, 1), 7, "there"))
	far["link"], far["link-netnsid"] = 7, 1
	want(t, "one seen there", only(t, table, build(t, "rt-link", "getlink", origin, far), "link"), "<if:there>")
}

// What the kernel makes of a MAC is written with the MAC's symbol.
func TestAddresses(t *testing.T) {
	table := redact.NewTable()
	mac := func(s string) string {
		return only(t, table, build(t, "rt-link", "getlink", 1, map[string]any{"address": s}), "address")
	}
	addr := func(s string) string {
		return only(t, table, build(t, "rt-addr", "getaddr", 1, map[string]any{"address": s}), "address")
	}
	see := func(spec, op string, fields map[string]any) { table.Seen(build(t, spec, op, 1, fields)) }
	see("rt-link", "getlink", map[string]any{"address": "02:11:22:33:44:55"})
	table.Sent(build(t, "rt-link", "getlink", 1, map[string]any{"address": "02:aa:bb:cc:dd:ee"}))
	table.Sent(build(t, "rt-addr", "getaddr", 1, map[string]any{"address": "fe80::1234:5678:9abc:def0"}))
	see("rt-addr", "getaddr", map[string]any{"address": "2001:db8::7"})
	for _, c := range []struct{ in, want string }{
		{"02:11:22:33:44:55", "<mac#1>"},
		{"02:99:99:99:99:99", "<mac#2>"},
		{"02:aa:bb:cc:dd:ee", "02:aa:bb:cc:dd:ee"},
		{"00:00:00:00:00:00", "00:00:00:00:00:00"},
		{"ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"},
		{"01:00:5e:00:00:01", "01:00:5e:00:00:01"},
		{"33:33:ff:33:44:55", "33:33:ff:<mac#1>"},
		{"33:33:ff:cc:dd:ee", "33:33:ff:cc:dd:ee"},
		{"33:33:ff:bc:de:f0", "33:33:ff:bc:de:f0"},
		{"33:33:ff:00:00:07", "33:33:ff:00:00:07"},
		{"33:33:ff:12:34:56", "33:33:ff:<tail#1>"},
		{"c0:00:02:01", "c0:00:02:01"},
		{"02:11:22:33:44:55:66:77", "<mac#3>"},
		{"", `""`},
	} {
		want(t, c.in, mac(c.in), c.want)
	}
	for _, c := range []struct{ in, want string }{
		{"fe80::11:22ff:fe33:4455", "fe80::<mac#1>"},
		{"2001:db8::11:22ff:fe33:4455", "2001:db8::<mac#1>"},
		{"2001:db8::77:88ff:fe99:1234", "2001:db8::77:88ff:fe99:1234"}, // of no MAC that is known
		{"fe80::aa:bbff:fecc:ddee", "fe80::aa:bbff:fecc:ddee"},         // of the script's
		{"fe80::1", "fe80::1"},
		{"fe80::f00d:1:2:3", "fe80::<ll#1>"},
		{"fe80::1234:5678:9abc:def0", "fe80::1234:5678:9abc:def0"},
		{"ff02::1:ff33:4455", "ff02::1:ff:<mac#1>"},
		{"ff02::1:ff00:7", "ff02::1:ff00:7"},
		{"ff02::1", "ff02::1"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
		{"192.0.2.1", "192.0.2.1"},
	} {
		want(t, c.in, addr(c.in), c.want)
	}
}

// Tasks of a scenario share the table.
func TestTableIsShared(t *testing.T) {
	table := redact.NewTable()
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 50 {
				m := link(t, table.Origin(uint64(n+1), nil), i+1, "v")
				table.Seen(m)
				table.Sent(m)
				_ = only(t, table, m, "index")
			}
		}()
	}
	wg.Wait()
}

// A message whose bytes make no sense is learned from, and written, as far as it goes.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{"", "\x00", strings.Repeat("\x08\x00\x01\x00abcd", 8), strings.Repeat("\xff", 64)} {
		f.Add([]byte(seed), uint8(0))
	}
	var sets []leaf
	seen := map[*schema.Set]bool{}
	for _, l := range leaves() {
		if l.set != nil && !seen[l.set] {
			seen[l.set] = true
			sets = append(sets, l)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		l := sets[int(which)%len(sets)]
		table := redact.NewTable()
		m := &schema.Msg{Spec: l.spec, Set: l.set, Data: data}
		table.Seen(m)
		one := render(t, table, m, redact.Options{Full: true})
		if two := render(t, table, m, redact.Options{Full: true}); one != two {
			t.Errorf("%q, then %q", one, two)
		}
		m.Annotate(func(p schema.Piece) { table.Piece(p, false) })
	})
}
