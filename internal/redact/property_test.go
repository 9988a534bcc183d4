package redact_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// leaf is a place of a spec that holds one value: an attribute in a set, or a member of a struct, which is then
// tried alone.
type leaf struct {
	name string
	spec *schema.Spec
	row  *schema.Row
	attr *schema.Attr
	set  *schema.Set
	st   *schema.Struct
	mem  *schema.Member
}

// leaves lists every place of every shipped spec that holds a value and not others.
func leaves() (list []leaf) {
	for _, s := range specs.All() {
		for i := range s.Sets {
			for j := range s.Sets[i].Attrs {
				a := &s.Sets[i].Attrs[j]
				if single(&a.Row) {
					list = append(list, leaf{name: s.Name + "." + s.Sets[i].Name + "." + a.Name, spec: s, row: &a.Row, attr: a, set: &s.Sets[i]})
				}
			}
		}
		for i := range s.Structs {
			for j := range s.Structs[i].Members {
				m := &s.Structs[i].Members[j]
				if single(&m.Row) && m.Size > 0 && len(m.Hints) == 0 {
					list = append(list, leaf{name: s.Name + "." + s.Structs[i].Name + "." + m.Name, spec: s, row: &m.Row, st: &s.Structs[i], mem: m})
				}
			}
		}
	}
	return list
}

func single(r *schema.Row) bool {
	switch r.Kind {
	case schema.KindString, schema.KindBinary, schema.KindBitfield32, schema.KindFlag:
		return true
	}
	return r.Kind.Integer()
}

// message is one in which the place has a payload, which nil leaves absent.
func (l leaf) message(payload []byte) *schema.Msg {
	if l.st != nil {
		data := make([]byte, l.st.Size)
		copy(data[l.mem.Off:l.mem.Off+l.mem.Size], payload)
		return &schema.Msg{Spec: l.spec, Header: l.st, Data: data}
	}
	var b wire.Builder
	if payload != nil {
		b.Attr(l.attr.Num, payload)
	}
	return &schema.Msg{Spec: l.spec, Set: l.set, Data: b.Bytes()}
}

// payload is a random value of the place, such that another is another value.
func (l leaf) payload(r *rand.Rand) []byte {
	n := l.row.Kind.Width()
	switch {
	case l.mem != nil:
		n = int(l.mem.Size)
	case l.row.Kind == schema.KindUint || l.row.Kind == schema.KindSint || l.row.Kind == schema.KindBitfield32:
		n = 8
	case l.row.Len > 0 && l.row.Kind == schema.KindBinary:
		n = int(l.row.Len)
	case n == 0:
		n = 16
	}
	switch l.row.Hint {
	case schema.HintMAC:
		if l.mem == nil {
			n = 6
		}
	case schema.HintIPv4:
		if l.mem == nil {
			n = 4
		}
	}
	p := make([]byte, n)
	for i := range p {
		p[i] = byte('a' + r.IntN(26)) // letters: strings and flags differ too
	}
	if l.row.Hint == schema.HintMAC {
		p[0] = 0x02 // one that no group has
	}
	switch {
	case l.row.Kind == schema.KindFlag:
		return p[:0]
	case l.row.Kind == schema.KindString:
		p[n-1] = 0
	}
	return p
}

func render(t *testing.T, table *redact.Table, m *schema.Msg, o redact.Options) string {
	t.Helper()
	text, err := table.Render(redact.Message(m, "m"), o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// hidden repeats, independently of the code, what is left out by default.
func (l leaf) hidden() bool {
	return since62(l.row) && l.oldSet() || l.constant() || l.row.Role == schema.RoleMachine
}

func since62(r *schema.Row) bool {
	major, minor, _ := strings.Cut(r.Since, ".")
	a, _ := strconv.Atoi(major)
	b, _ := strconv.Atoi(minor)
	return a > 6 || a == 6 && b > 1
}

// oldSet reports whether 6.1 has the set, or struct, that the place is in.
func (l leaf) oldSet() bool {
	return l.set == nil || slices.ContainsFunc(l.set.Attrs, func(a schema.Attr) bool {
		return !since62(&a.Row) && a.Kind != schema.KindUnused && a.Kind != schema.KindPad
	})
}

// constant reports whether all values of the place are written alike.
func (l leaf) constant() bool {
	switch l.row.Role {
	case schema.RoleTime, schema.RoleCounter:
		return true
	case schema.RoleRandom:
		return l.row.Hint != schema.HintMAC
	}
	return false
}

// identity reports whether values of the place are told apart, and nothing else is said of them.
func (l leaf) identity() bool {
	switch l.row.Role {
	case schema.RoleIfindex, schema.RoleNSID, schema.RolePortID, schema.RoleID, schema.RoleNetnsFD, schema.RoleNetnsPID:
		return l.row.Enum == 0
	}
	return l.row.Hint == schema.HintMAC
}

// TestEveryFieldCounts: a change of one field changes the text, of every field of every spec; of one that says
// nothing that lasts it does not, and it is seen when everything is asked for.
func TestEveryFieldCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	shown, left := 0, 0
	for _, l := range leaves() {
		table := redact.NewTable()
		a, b := l.payload(r), l.payload(r)
		if bytes.Equal(a, b) {
			b = nil // a flag, or a byte by chance: there or not
			if l.st != nil {
				b = []byte{a[0] ^ 1}
			}
		}
		full := redact.Options{Full: true}
		one, two := render(t, table, l.message(a), redact.Options{}), render(t, table, l.message(b), redact.Options{})
		whole := render(t, table, l.message(a), full)
		if l.hidden() {
			left++
			if l.attr != nil && one != render(t, table, l.message(nil), redact.Options{}) || one != two {
				t.Errorf("%s: is not left out: %q, %q", l.name, one, two)
			}
			if whole == one || !strings.Contains(whole, l.row.Key) {
				t.Errorf("%s: does not show with full: %q", l.name, whole)
			}
		} else {
			shown++
			if one == two {
				t.Errorf("%s: %x and %x are both written %q", l.name, a, b, one)
			}
		}
		if again := render(t, table, l.message(a), full); !l.constant() && whole == render(t, table, l.message(b), full) || again != whole {
			t.Errorf("%s: with full: %q, again %q", l.name, whole, again)
		}
	}
	if t.Logf("%d fields are shown, %d left out", shown, left); shown < 1000 || left < 250 {
		t.Error("too few")
	}
}

// TestEqualStaysEqual: the same value is the same text and another value another text, whatever the order, for all
// rows whose values have an identity; and the text has no trace of the value.
func TestEqualStaysEqual(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	tried := 0
	for _, l := range leaves() {
		if !l.identity() {
			continue
		}
		tried++
		table := redact.NewTable()
		values := make([][]byte, 8)
		for i := range values {
			values[i] = l.payload(r)
		}
		texts, back := map[string]string{}, map[string]string{}
		for range 40 {
			v := values[r.IntN(len(values))]
			if r.IntN(2) == 0 {
				table.Seen(l.message(v))
			}
			text := render(t, table, l.message(v), redact.Options{Full: true})
			if old, ok := texts[string(v)]; ok && old != text {
				t.Errorf("%s: %x is %q, then %q", l.name, v, old, text)
			}
			if old, ok := back[text]; ok && old != string(v) {
				t.Errorf("%s: %x and %x are both %q", l.name, old, v, text)
			}
			texts[string(v)], back[text] = text, string(v)
			if s := trace(l, v); len(s) > 4 && strings.Contains(text, s) {
				t.Errorf("%s: %s is in %q", l.name, s, text)
			}
		}
	}
	if t.Logf("%d rows", tried); tried < 60 {
		t.Error("too few")
	}
}

// trace is how a value would be written.
func trace(l leaf, p []byte) string {
	v, _, _ := l.message(p).At(schema.Place{Attr: l.attr, Member: l.mem})
	return strings.Trim(v.String(), `["]`)
}

// line is the line of a text that has the place.
func (l leaf) line(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), l.row.Key+" ") {
			return line
		}
	}
	return ""
}

// TestScriptsOwn: what a request brought stays what it is, also where the kernel repeats it; what was seen before
// is the kernel's though a request repeats it.
func TestScriptsOwn(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	tried := 0
	for _, l := range leaves() {
		if !l.identity() || l.row.Role == schema.RoleNetnsFD || l.row.Role == schema.RoleNetnsPID { // these a script gives otherwise
			continue
		}
		tried++
		table := redact.NewTable()
		own, kernels := l.payload(r), l.payload(r)
		table.Sent(l.message(own))
		table.Seen(l.message(own))
		table.Seen(l.message(kernels))
		table.Sent(l.message(kernels))
		if text := l.line(render(t, table, l.message(own), redact.Options{Full: true})); !strings.Contains(text, trace(l, own)) || strings.Contains(text, "<") {
			t.Errorf("%s: the script's %s is %q", l.name, trace(l, own), text)
		}
		if text := render(t, table, l.message(kernels), redact.Options{Full: true}); !strings.Contains(text, "#1>") {
			t.Errorf("%s: the kernel's %s is %q", l.name, trace(l, kernels), text)
		}
	}
	if t.Logf("%d rows", tried); tried < 60 {
		t.Error("too few")
	}
}

// secrets are values that must not be in a golden file.
type secrets struct {
	mac   []byte
	numb  uint32
	local netip.Addr // made of another MAC
}

func newSecrets(r *rand.Rand) secrets {
	s := secrets{mac: []byte{0x02, 0, 0, 0, 0, 0}, numb: 1_000_000_000 + r.Uint32N(1_000_000_000)}
	for i := 1; i < 6; i++ {
		s.mac[i] = byte(r.Uint32N(256)) | 0x80
	}
	other := [3]byte{0x80 | byte(r.Uint32N(100)), 0x91, byte(r.Uint32N(256))}
	s.local = netip.AddrFrom16([16]byte{0xfe, 0x80, 8: 0, 9: 0xa2, 10: 0xb3, 11: 0xff, 12: 0xfe, 13: other[0], 14: other[1], 15: other[2]})
	return s
}

// TestNoSecretLeaks fills whole messages, every set with every volatile attribute at once, and looks for the
// values in the text, with and without what is usually left out.
func TestNoSecretLeaks(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	sets := 0
	for _, s := range specs.All() {
		for i := range s.Sets {
			set := &s.Sets[i]
			secret := newSecrets(r)
			var b wire.Builder
			n := 0
			for j := range set.Attrs {
				if p := secret.payload(s, &set.Attrs[j]); p != nil {
					b.Attr(set.Attrs[j].Num, p)
					n++
				}
			}
			if n == 0 {
				continue
			}
			sets++
			m := &schema.Msg{Spec: s, Set: set, Data: b.Bytes()}
			for _, learned := range []bool{false, true} {
				table := redact.NewTable()
				if learned {
					table.Seen(m)
				}
				for _, o := range []redact.Options{{}, {Full: true}} {
					text := render(t, table, m, o)
					for _, bad := range secret.spellings() {
						if strings.Contains(text, bad) {
							t.Errorf("%s.%s: %s is in\n%s", s.Name, set.Name, bad, text)
						}
					}
					if o.Full && strings.Count(text, "\n") < n {
						t.Errorf("%s.%s: %d attributes, but\n%s", s.Name, set.Name, n, text)
					}
				}
			}
		}
	}
	if t.Logf("%d sets", sets); sets < 60 {
		t.Error("too few")
	}
}

// payload is a secret for an attribute, nil where it takes none.
func (s secrets) payload(spec *schema.Spec, a *schema.Attr) []byte {
	switch {
	case a.Kind == schema.KindIndexedArray || a.Kind == schema.KindNest:
		return nil
	case a.Hint == schema.HintMAC:
		return s.mac
	case a.Hint == schema.HintIPv6 || a.Hint == schema.HintIPv4Or6:
		return s.local.AsSlice()
	case a.Kind == schema.KindStruct:
		return s.structure(spec.Struct(a.Struct))
	case a.Role == schema.RoleNone || a.Role == schema.RoleIfname || a.Role == schema.RoleMachine:
		return nil
	case a.Kind.Width() >= 4 || a.Kind == schema.KindUint || a.Kind == schema.KindSint:
		return s.number(&a.Row, max(4, a.Kind.Width()))
	case a.Kind == schema.KindScalarArray && a.Elem.Width() > 0:
		return append(s.number(&a.Row, a.Elem.Width()), s.number(&a.Row, a.Elem.Width())...)
	}
	return nil
}

func (s secrets) structure(st *schema.Struct) []byte {
	data := make([]byte, st.Size)
	found := false
	for i := range st.Members {
		m := &st.Members[i]
		var p []byte
		switch {
		case m.Hint == schema.HintMAC && m.Size == 6:
			p = s.mac
		case m.Role != schema.RoleNone && m.Role != schema.RoleMachine && m.Kind.Width() >= 4:
			p = s.number(&m.Row, m.Kind.Width())
		default:
			continue
		}
		found = true
		copy(data[m.Off:], p)
	}
	if !found {
		return nil
	}
	return data
}

func (s secrets) number(r *schema.Row, width int) []byte {
	p := make([]byte, width)
	for i := range 4 {
		if r.BigEndian {
			p[width-1-i] = byte(s.numb >> (8 * i))
		} else {
			p[i] = byte(s.numb >> (8 * i))
		}
	}
	return p
}

func (s secrets) spellings() []string {
	host := s.local.As16()
	return []string{
		hex.EncodeToString(s.mac), fmt.Sprintf("%x", s.mac[3:]), strings.TrimRight(fmt.Sprintf("%x:%x:%x", s.mac[3], s.mac[4], s.mac[5]), ":"),
		fmt.Sprint(s.numb), fmt.Sprintf("%x", s.numb), s.local.String(), strings.TrimPrefix(s.local.String(), "fe80::"), fmt.Sprintf("%x", host[13:]),
	}
}
