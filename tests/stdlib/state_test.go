package stdlib

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
)

// listings are the dumps that make up the state of a namespace.
var listings = []struct {
	op     string
	fields map[string]any
}{
	{"getlink", nil},
	{"getlink", map[string]any{"family": "bridge", "ext_mask": "brvlan"}},
	{"getaddr", nil},
	{"getroute", map[string]any{"family": "inet"}},
	{"getroute", map[string]any{"family": "inet6"}},
	{"getrule", map[string]any{"family": "inet"}},
	{"getrule", map[string]any{"family": "inet6"}},
	{"getneigh", nil},
	{"getneigh", map[string]any{"family": "inet", "flags": "proxy"}},
	{"getneigh", map[string]any{"family": "inet6", "flags": "proxy"}},
	{"getneigh", map[string]any{"family": "bridge"}},
}

// watched is a namespace whose state is read.
type watched struct {
	t     *testing.T
	route *session.Family
}

func watch(t *testing.T, ns *netns.Handle) *watched {
	t.Helper()
	reg := session.NewRegistry(specs.All(), specs.Errata())
	route, err := reg.Open(t.Context(), "route", session.Options{NetNS: ns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { route.Close() })
	return &watched{t, route}
}

// state is everything in the namespace, a line for each value.
func (w *watched) state() []string {
	w.t.Helper()
	var lines []string
	for i, l := range listings {
		op, err := w.route.Op(l.op)
		if err != nil {
			w.t.Fatal(err)
		}
		req, err := op.Build(session.Dump, schema.Of(l.fields).Fields(), 0)
		if err != nil {
			w.t.Fatal(err)
		}
		d, err := w.route.Dump(context.Background(), req, session.CallOptions{})
		if err != nil {
			w.t.Fatalf("%s: %v", l.op, err)
		}
		var objects []string
		for j := range d.Len() {
			m := d.Msg(j)
			if err := m.Err(); err != nil {
				w.t.Errorf("%s: malformed message: %v", l.op, err)
			}
			if byItself(&m) {
				continue
			}
			var o []string
			message(&o, fmt.Sprintf("%d.%s", i, l.op), &m)
			objects = append(objects, strings.Join(o, "\n"))
		}
		if strings.HasSuffix(l.op, "neigh") || l.fields["family"] == "inet6" {
			// A hash table with a seed of its own; routes that the kernel adds in the background.
			slices.Sort(objects)
		}
		for j, o := range objects {
			for line := range strings.Lines(o) {
				lines = append(lines, fmt.Sprintf("[%d] %s", j, strings.TrimSuffix(line, "\n")))
			}
		}
	}
	return lines
}

// byItself reports whether the kernel made an object in passing: the neighbour
// entries of the multicast groups that it sent reports to.
func byItself(m *schema.Msg) bool {
	if m.Set == nil || m.Set.Find("lladdr") == nil {
		return false
	}
	kind, _, _ := m.Get("type")
	state := m.Resolve("state")
	n, _ := m.Number(state)
	return kind.Text() == "multicast" && n == unix.NUD_NOARP
}

// message adds the values of m.
func message(lines *[]string, path string, m *schema.Msg) {
	count := map[uint16]int{}
	for _, f := range m.Fields() {
		var row *schema.Row
		at := path + "." + f.Name
		switch {
		case f.Header:
			row = &m.Header.Find(f.Name).Row
		case f.Name == "":
			at = fmt.Sprintf("%s.#%d", path, f.Type)
		default:
			a := m.Set.ByNum(f.Type & 0x3fff)
			row = &a.Row
			if a.Multi {
				at = fmt.Sprintf("%s[%d]", at, count[f.Type])
				count[f.Type]++
			}
		}
		value(lines, at, row, f.Val)
	}
}

func value(lines *[]string, path string, row *schema.Row, v schema.Value) {
	switch {
	case row != nil && volatile(row):
		if row.Role == schema.RoleTime && v.Uint64() == math.MaxUint32 {
			*lines = append(*lines, path+" never")
			return
		}
		*lines = append(*lines, path+" "+row.Role.String())
	case v.Kind() == schema.Message:
		*lines = append(*lines, path)
		message(lines, path, v.Msg())
	case v.Kind() == schema.List:
		for i, e := range v.List() {
			value(lines, fmt.Sprintf("%s[%d]", path, i), row, e)
		}
	case v.Kind() == schema.Fields:
		for _, f := range v.Fields() {
			value(lines, fmt.Sprintf("%s.%s#%d", path, f.Name, f.Type), nil, f.Val)
		}
	default:
		*lines = append(*lines, fmt.Sprintf("%s %s", path, v))
	}
}

// volatile reports whether a field differs between two namespaces that are
// the same. Link-layer addresses do not: commands give them.
func volatile(r *schema.Row) bool {
	switch r.Role {
	case schema.RoleCounter, schema.RoleTime:
		return true
	case schema.RoleRandom:
		return r.Hint != schema.HintMAC
	}
	return false
}

// differences are the lines that only one side has.
func differences(byIP, byStar []string) string {
	var b strings.Builder
	only := func(mark string, list, other []string) {
		for _, line := range list {
			if !slices.Contains(other, line) && b.Len() < 4000 {
				fmt.Fprintf(&b, "%s %s\n", mark, line)
			}
		}
	}
	only("ip    ", byIP, byStar)
	only("stdlib", byStar, byIP)
	if b.Len() == 0 && !slices.Equal(byIP, byStar) {
		b.WriteString("the same values, in another order\n")
	}
	return b.String()
}
