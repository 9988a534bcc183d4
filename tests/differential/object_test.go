package differential

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
)

// peer is one of those that nlsh is compared with.
type peer uint8

const (
	byIP peer = 1 << iota
	byVish
	byFiles
)

var peerNames = map[peer]string{byIP: "iproute2", byVish: "vishvananda", byFiles: "proc and sys"}

// leaf is one value of a message, somewhere inside.
type leaf struct {
	val    schema.Value
	num    uint64 // of an integer, also where val is its name
	hasNum bool
	used   peer // who it was compared with
}

// object is a message taken apart: "linkinfo.data.mode", "multipath[1].gateway",
// "hdr.ifi-index" for members of the fixed header.
type object struct {
	leaves map[string]*leaf
	order  []string
	reader peer   // whom it is being compared with
	world  *names // of the namespace it is from
}

// names are those of the interfaces of a namespace, as nlsh sees them.
type names struct {
	links map[uint64]string
	down  map[uint64]bool
}

func (n *names) link(index uint64) string {
	if name, ok := n.links[index]; ok {
		return name
	}
	return fmt.Sprintf("if%d", index) // as iproute2 does
}

func newObject(t *testing.T, m *schema.Msg, world *names) *object {
	t.Helper()
	o := &object{leaves: map[string]*leaf{}, world: world}
	if err := m.Err(); err != nil {
		t.Errorf("nlsh: malformed message: %v", err)
	}
	o.message(t, m, "", "hdr.")
	return o
}

// message takes m apart. header is put before the names of its fixed header.
func (o *object) message(t *testing.T, m *schema.Msg, prefix, header string) {
	count := map[string]int{}
	for _, f := range m.Fields() {
		if f.Header {
			num, ok := m.Number(schema.Place{Member: m.Header.Find(f.Name)})
			o.value(t, prefix+header+f.Name, f.Val, num, ok)
			continue
		}
		if f.Name == "" {
			o.value(t, fmt.Sprintf("%s#%d", prefix, f.Type&0x3fff), f.Val, 0, false)
			continue
		}
		a := m.Set.ByNum(f.Type & 0x3fff)
		path := prefix + f.Name
		if a.Multi {
			path += fmt.Sprintf("[%d]", count[f.Name])
			count[f.Name]++
			o.value(t, path, f.Val, 0, false)
			continue
		}
		num, ok := m.Number(schema.Place{Attr: a})
		o.value(t, path, f.Val, num, ok)
	}
	if len(m.Fields()) == 0 {
		o.put(strings.TrimSuffix(prefix, "."), &leaf{val: schema.TextValue("{}")})
	}
}

func (o *object) value(t *testing.T, path string, v schema.Value, num uint64, hasNum bool) {
	if v.Odd() && v.Kind() != schema.Bool {
		t.Errorf("nlsh: %s: the kernel's payload does not fit the spec: %s", path, v)
	}
	switch v.Kind() {
	case schema.Message:
		o.message(t, v.Msg(), path+".", "")
	case schema.List:
		for i, e := range v.List() {
			o.value(t, fmt.Sprintf("%s[%d]", path, i), e, e.Uint64(), e.Kind() == schema.Uint || e.Kind() == schema.Int)
		}
	case schema.Fields:
		for _, f := range v.Fields() {
			name := f.Name
			if name == "" {
				name = strconv.Itoa(int(f.Type))
			}
			o.value(t, path+"."+name, f.Val, f.Val.Uint64(), f.Val.Kind() == schema.Uint || f.Val.Kind() == schema.Int)
		}
	default:
		o.put(path, &leaf{val: v, num: num, hasNum: hasNum})
	}
}

func (o *object) put(path string, l *leaf) {
	if o.leaves[path] == nil {
		o.order = append(o.order, path)
	}
	o.leaves[path] = l
}

// sameButNumbers reports whether nothing but numbers changed from one dump to
// the next.
func sameButNumbers(a, b *object) bool {
	if len(a.leaves) != len(b.leaves) {
		return false
	}
	for path, x := range a.leaves {
		y := b.leaves[path]
		if y == nil || x.val.Kind() != y.val.Kind() {
			return false
		}
		if number := x.val.Kind() == schema.Uint || x.val.Kind() == schema.Int; !number && x.val.String() != y.val.String() {
			return false
		}
	}
	return true
}

// view is an object, or a part of it, as rows read it. Reading marks as compared.
type view struct {
	o  *object
	at string
}

func (v view) leaf(path string) *leaf {
	l := v.o.leaves[v.at+path]
	if l != nil {
		l.used |= v.o.reader
	}
	return l
}

// sub is a part of v. all are the parts of a list.
func (v view) sub(path string) view { return view{v.o, v.at + path + "."} }

func (v view) all(path string) []view {
	var list []view
	for i := 0; ; i++ {
		part := fmt.Sprintf("%s[%d]", path, i)
		if !v.any(part) {
			return list
		}
		list = append(list, v.sub(part))
	}
}

// any reports whether there is anything at or below path.
func (v view) any(path string) bool {
	at := v.at + path
	for _, p := range v.o.order {
		if p == at || strings.HasPrefix(p, at+".") || strings.HasPrefix(p, at+"[") {
			return true
		}
	}
	return false
}

func (v view) has(path string) bool { return v.leaf(path) != nil }

// num is a number, nil if it is absent. n takes 0 for that.
func (v view) num(path string) any {
	l := v.leaf(path)
	if l == nil {
		return nil
	}
	if !l.hasNum {
		return "not a number: " + l.val.String()
	}
	return l.num
}

func (v view) n(path string) uint64 {
	n, _ := v.num(path).(uint64)
	return n
}

// signed is a number that may be negative.
func (v view) signed(path string) any {
	if n, ok := v.num(path).(uint64); ok {
		return int64(n)
	}
	return nil
}

// text is what nlsh shows; nil if absent.
func (v view) text(path string) any {
	l := v.leaf(path)
	switch {
	case l == nil:
		return nil
	case l.val.Kind() == schema.Text:
		return l.val.Text()
	case l.val.Kind() == schema.Uint:
		return strconv.FormatUint(l.val.Uint64(), 10)
	}
	return l.val.String()
}

func (v view) s(path string) string {
	s, _ := v.text(path).(string)
	return s
}

// flags are the names in a set of flags; a bit without a name is its mask.
func (v view) flags(path string) []string {
	set := []string{}
	l := v.leaf(path)
	if l == nil {
		return set
	}
	for _, e := range l.val.List() {
		if e.Kind() == schema.Text {
			set = append(set, e.Text())
		} else {
			set = append(set, e.String())
		}
	}
	return set
}
