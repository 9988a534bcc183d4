package builtins_test

import (
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// dice makes messages as a kernel might send them: mostly what the rows want,
// now and then an attribute that nobody knows, or a payload of another length.
type dice struct {
	*rand.Rand
	spec   *schema.Spec
	b      wire.Builder
	family string // in the fixed header
}

func (d *dice) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		switch d.IntN(4) {
		case 0:
			b[i] = byte(d.IntN(256))
		case 1:
			b[i] = byte(d.IntN(4))
		}
	}
	return b
}

func (d *dice) text() []byte {
	words := []string{"", "eth0", "a\"b\\", "ü", "\xff\xfe", "veth", "vlan", "vxlan", "bridge", "bond", "tun", "a\nb", "x\x00y", "{}"}
	s := []byte(words[d.IntN(len(words))])
	if d.IntN(8) > 0 {
		s = append(s, 0)
	}
	return s
}

// message is a whole message of one operation.
func (d *dice) message(num int32, flags uint16, header *schema.Struct, set *schema.Set) []byte {
	d.b.Reset()
	if d.spec.Generic() {
		d.b.Begin(wire.Header{Type: wire.MinType, Flags: flags})
		d.b.Raw([]byte{byte(num), 1, 0, 0})
	} else {
		d.b.Begin(wire.Header{Type: uint16(num), Flags: flags})
	}
	if header != nil {
		h := d.header(header)
		d.family = map[byte]string{0: "unspec", 2: "inet", 10: "inet6", 7: "bridge", 28: "mpls"}[h[0]]
		d.b.Raw(h)
		d.b.Pad()
	}
	d.attrs(set, 0)
	data, err := d.b.End()
	if err != nil {
		panic(err)
	}
	return append([]byte(nil), data...)
}

// header has a family for which there are addresses, mostly.
func (d *dice) header(s *schema.Struct) []byte {
	b := d.bytes(int(s.Size))
	named := make([]bool, len(b))
	for _, m := range s.Members {
		for i := range m.Size {
			named[m.Off+i] = m.Kind != schema.KindPad && m.Kind != schema.KindUnused
		}
	}
	for i := range b {
		if !named[i] {
			b[i] = 0 // padding is not printed
		}
	}
	if len(b) > 0 && d.IntN(3) > 0 {
		b[0] = []byte{0, 2, 10, 7, 28}[d.IntN(5)]
	}
	if n := len(s.Members); n > 0 && s.Members[n-1].Size == 0 && s.Members[n-1].Kind == schema.KindStruct {
		b = append(b, d.header(d.spec.Struct(s.Members[n-1].Struct))...)
	}
	return b
}

func (d *dice) attrs(set *schema.Set, depth int) {
	if set == nil || depth > 5 {
		return
	}
	seen := map[uint16]string{} // of a selector: what it selects
	for n := d.IntN(7); n > 0; n-- {
		if len(set.Attrs) == 0 || d.IntN(20) == 0 {
			d.b.Attr(uint16(1000+n), d.bytes(d.IntN(9)))
			continue
		}
		if a := &set.Attrs[d.IntN(len(set.Attrs))]; (a.Multi || seen[a.Num] == "") && a.Kind != schema.KindPad {
			seen[a.Num] = "?"
			if a.Kind == schema.KindSubMessage {
				d.format(set, a, seen, depth)
			} else {
				d.attr(a, depth)
			}
		}
	}
}

func (d *dice) attr(a *schema.Attr, depth int) {
	switch {
	case d.IntN(25) == 0 && a.Set == 0 && a.Kind != schema.KindStruct && a.Kind != schema.KindFlag:
		d.b.Attr(a.Num, d.bytes(d.IntN(20)))
	case a.Kind == schema.KindRecords:
		st := d.spec.Struct(a.Struct)
		var all []byte
		for range d.IntN(4) {
			head := d.header(st)
			n := st.Find(a.LengthMember)
			copy(head[n.Off:n.Off+n.Size], binary.NativeEndian.AppendUint64(nil, uint64(len(head))))
			all = append(all, head...)
		}
		d.b.Attr(a.Num, all)
	case a.Kind == schema.KindNest:
		d.b.Nest(a.Num)
		d.attrs(d.spec.Set(a.Set), depth+1)
		d.b.EndNest()
	case a.Kind == schema.KindIndexedArray || a.Kind == schema.KindNestTypeValue:
		d.b.Nest(a.Num)
		first := d.IntN(2)
		for i := range d.IntN(4) {
			d.element(a, uint16(first+i), depth)
		}
		d.b.EndNest()
	default:
		d.b.Attr(a.Num, d.payload(&a.Row))
	}
}

func (d *dice) element(a *schema.Attr, num uint16, depth int) {
	if set := d.spec.Set(a.Set); set != nil {
		d.b.Nest(num)
		d.attrs(set, depth+1)
		d.b.EndNest()
		return
	}
	row := a.Row
	row.Kind = a.Elem
	d.b.Attr(num, d.payload(&row))
}

// format is a payload in one of its formats, mostly after what selects it.
func (d *dice) format(set *schema.Set, a *schema.Attr, seen map[uint16]string, depth int) {
	formats := d.spec.SubMsg(a.SubMsg).Formats
	f := formats[d.IntN(len(formats))]
	by, selected := set.Find(a.Selector), d.family
	if by != nil {
		selected = seen[by.Num]
	}
	if selected != "" { // a member of the header, or an attribute that is there
		i := slices.IndexFunc(formats, func(f schema.Format) bool { return f.Value == selected })
		if i < 0 {
			return
		}
		f = formats[i]
	} else if by != nil {
		seen[by.Num] = f.Value
		d.selector(by, f.Value)
	}
	d.b.Nest(a.Num)
	if s := d.spec.Struct(f.Header); s != nil {
		d.b.Raw(d.header(s))
	}
	d.attrs(d.spec.Set(f.Set), depth+1)
	d.b.EndNest()
}

// selector is the attribute that says which format another one has.
func (d *dice) selector(by *schema.Attr, value string) {
	if by.Kind == schema.KindString {
		d.b.Attr(by.Num, append([]byte(value), 0))
		return
	}
	for _, e := range d.spec.Enum(by.Enum).Entries {
		if e.Name == value {
			d.b.Attr(by.Num, binary.NativeEndian.AppendUint64(nil, uint64(e.Value))[:by.Kind.Width()])
		}
	}
}

func (d *dice) payload(r *schema.Row) []byte {
	switch w := r.Kind.Width(); {
	case w > 0:
		return d.bytes(w)
	case r.Kind == schema.KindUint || r.Kind == schema.KindSint:
		b := d.bytes([]int{4, 8}[d.IntN(2)])
		b[len(b)-1] |= 1 // needs its length in either byte order
		b[0] |= 1
		return b
	case r.Kind == schema.KindFlag:
		return nil
	case r.Kind == schema.KindString:
		return d.text()
	case r.Kind == schema.KindBitfield32:
		return d.bytes(8)
	case r.Kind == schema.KindScalarArray:
		return d.bytes(r.Elem.Width() * d.IntN(4))
	case r.Kind == schema.KindStruct:
		return d.header(d.spec.Struct(r.Struct))
	case r.Len > 0:
		return d.bytes(int(r.Len))
	}
	return d.bytes([]int{0, 1, 4, 6, 8, 16, 20}[d.IntN(7)])
}

// rolled is messages of every operation of every spec, as requests and as
// replies, beside the families that decode them.
func rolled(seed uint64, each int) (families []string, messages [][]byte) {
	for _, spec := range specs.All() {
		d := &dice{Rand: rand.New(rand.NewPCG(seed, uint64(len(spec.Name)))), spec: spec}
		family := "route"
		if spec.Generic() {
			family = spec.Name
		}
		roll := func(num int32, flags uint16, op *schema.Op, set *schema.Set) {
			for range each {
				if num < 0 {
					return
				}
				families = append(families, family)
				messages = append(messages, d.message(num, flags, spec.Struct(op.Header), set))
			}
		}
		for i := range spec.Ops {
			op := &spec.Ops[i]
			if op.Do.Has {
				roll(op.Do.Request, wire.FlagRequest, op, spec.RequestSet(op, &op.Do))
				roll(op.Do.Reply, 0, op, spec.Set(op.Set))
			}
			if op.Dump.Has {
				roll(op.Dump.Request, wire.FlagRequest|wire.FlagDump, op, spec.RequestSet(op, &op.Dump))
				roll(op.Dump.Reply, 0, op, spec.Set(op.Set))
			}
		}
	}
	return families, messages
}

// Whatever a kernel may send, of every operation, prints as a call that builds
// an equal message; so does its dict, and JSON takes it.
func TestRandomMessagesPasteBack(t *testing.T) {
	families, messages := rolled(5, 20)
	list, printed := starlark.NewList(nil), []string(nil)
	for i, data := range messages {
		list.Append(starlark.Tuple{starlark.String(families[i]), starlark.Bytes(data)})
	}
	msgs := starlark.NewList(nil)
	take := starlark.NewBuiltin("take", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		printed = append(printed, args[0].String())
		return starlark.None, msgs.Append(args[0])
	})
	p := &program{t: t, reg: registry(), globals: starlark.StringDict{"rolled": list, "take": take}}
	if err := p.run("roll.star", `
for family, data in rolled:
    m = nl.decode(family, data)
    take(m)
    json.encode(m)
    if m.copy() != m: print("copy of", m)
    if hash(repr(m)) != hash(repr(m.copy())): print("copy prints otherwise:", m, m.copy())
`); err != nil {
		t.Fatal(host.Format(err, false))
	}
	if len(printed) < 500 {
		t.Fatalf("%d messages", len(printed))
	}
	var b strings.Builder
	b.WriteString(`
route, nlctrl = nl.open("route"), nl.open("nlctrl")
def same(i, what, fn):
    o = try_(fn)
    if not o.ok:
        print(what, "raises", o.error, "for", msgs[i], "\n")
    elif o.value != msgs[i]:
        print(what, "differs:", i, "\n ", msgs[i], "\n ", o.value, "\n ", hex.encode(msgs[i].bytes), "\n ", hex.encode(o.value.bytes), "\n") if str(msgs[i]) != str(o.value) else print(what, "bytes", i, msgs[i], "\n  ", hex.encode(msgs[i].bytes), "\n  ", hex.encode(o.value.bytes))

def again(i, msg):
    d = msgs[i].to_dict()
    if msg(d).to_dict() != d:
        print("to_dict", i, d, "\n  ", msg(d).to_dict())
`)
	bare := map[string]bool{}
	for i, call := range printed {
		n := starlark.MakeInt(i).String()
		op, _, _ := strings.Cut(call, "(")
		if !strings.HasSuffix(op, ".msg") {
			bare[op] = true // no request says this
			continue
		}
		b.WriteString("same(" + n + ", \"print\", lambda: " + call + ")\n")
		b.WriteString("again(" + n + ", " + op + ")\n")
	}
	const want = "getmdb newfamily newmdb newnetconf newnexthopbucket newstats"
	if names := slices.Sorted(maps.Keys(bare)); strings.Join(names, " ") != want {
		t.Errorf("without a call: %v", names)
	}
	again := &program{t: t, reg: registry(), globals: starlark.StringDict{"msgs": msgs}}
	if err := again.run("again.star", b.String()); err != nil {
		t.Fatal(host.Format(err, false))
	}
	if out := p.out.String() + again.out.String(); out != "" {
		t.Errorf("%.6000s", out)
	}
}
