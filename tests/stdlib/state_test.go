package stdlib

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

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
	{"getneightbl", nil},
	{"getnetconf", nil},
	{"getaddrlabel", map[string]any{"ifal_family": "inet6"}},
	{"getnsid", nil},
	{"getnexthop", nil},
	{"getnexthopbucket", nil},
	{"getmdb", map[string]any{"family": "bridge"}},
	{"getvlan", map[string]any{"family": "bridge"}},
	{"getvlan", map[string]any{"family": "bridge", "dump_flags": "global"}},
	{"getstats", map[string]any{"filter_mask": "link-offload-xstats"}},
	{"gettunnel", map[string]any{"family": "bridge"}},
}

// pause bounds the wait for an event: not every change has one.
const pause = 50 * time.Millisecond

// watched is a namespace whose state is read.
type watched struct {
	t     *testing.T
	route *session.Family
}

func watch(t *testing.T, ns *netns.Handle) *watched {
	t.Helper()
	reg := session.NewRegistry(specs.All(), specs.Errata())
	route, err := reg.Open(t.Context(), "route", session.Options{NetNS: ns, Groups: []string{"rtnlgrp-link", "rtnlgrp-neigh", "rtnlgrp-ipv6-route", "rtnlgrp-mdb"}})
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
		if refused := (*session.Error)(nil); errors.As(err, &refused) && refused.Errno == unix.EOPNOTSUPP {
			continue // the kernel has none of these
		}
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
			if l.op == "getmdb" {
				objects = append(objects, groups(i, &m)...)
				continue
			}
			var o []string
			message(&o, fmt.Sprintf("%d.%s", i, l.op), &m)
			objects = append(objects, strings.Join(o, "\n"))
		}
		if strings.HasSuffix(l.op, "neigh") || l.op == "getmdb" || l.fields["family"] == "inet6" {
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

// await waits until something happens in the namespace, but not for long.
func (w *watched) await(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pause)
	defer cancel()
	_, _ = w.route.Event(ctx, 0) // only that it came counts
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

// groups are the entries of a multicast database, but for those that the
// bridge heard of, which come in their own time and order.
func groups(listing int, m *schema.Msg) (objects []string) {
	mdb, ok, _ := m.Get("mdb")
	if !ok {
		return nil
	}
	for _, entry := range mdb.Msg().Fields() {
		for _, info := range entry.Val.Msg().Fields() {
			if learned(info.Val.Msg()) {
				continue
			}
			var o []string
			message(&o, fmt.Sprintf("%d.getmdb", listing), info.Val.Msg())
			objects = append(objects, strings.Join(o, "\n"))
		}
	}
	return objects
}

// learned reports whether nobody added an entry: members were heard of, or are
// the kernel itself, which joins groups of its link.
func learned(info *schema.Msg) bool {
	by, _, _ := info.Get("rtprot")
	group, _, _ := info.Get("addr")
	return by.Text() == "kernel" || strings.Contains(group.String(), `"ff02::`)
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
	case strings.HasSuffix(path, ".perm-address"): // the kernel's own choice, whatever address was given
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
