package uml

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// comparison remembers across kernels what was needed.
type comparison struct {
	needed map[string]bool
	fields map[string]int // comparisons of each kind
}

// links compares ip's links with nlsh's, which were read before and after.
func (c *comparison) links(t *testing.T, ip []map[string]any, before, after *links) {
	if len(ip) != len(before.byName) {
		t.Errorf("ip shows %d links, nlsh %d", len(ip), len(before.byName))
	}
	for _, shown := range ip {
		name, _ := shown["ifname"].(string)
		a, b := before.byName[name], after.byName[name]
		if a == nil || b == nil {
			t.Errorf("%s: ip shows it, nlsh does not", name)
			continue
		}
		c.link(t, name, flat(shown), a, b)
	}
}

// parts of a link: where they are in nlsh's message and in ip's object.
const (
	dataPath, dataKey = "linkinfo.data.", "linkinfo.info_data."
	portPath, portKey = "linkinfo.slave-data.", "linkinfo.info_slave_data."
)

func (c *comparison) link(t *testing.T, name string, ip map[string]any, a, b *link) {
	kind, above := a.text("linkinfo.kind"), a.text("linkinfo.slave-kind")
	kindTable, known := kindTables[kind]
	if !known && kind != "" {
		t.Errorf("%s: no table for kind %s", name, kind)
	}
	portTable, known := portTables[above]
	if !known && above != "" {
		t.Errorf("%s: no table for ports of kind %s", name, above)
	}
	c.part(t, name, "link", &linkTable, part(ip, "", dataKey, portKey), a, b, "")
	c.part(t, name, kind, &kindTable, part(ip, dataKey), a, b, dataPath)
	c.part(t, name, "port of "+above, &portTable, part(ip, portKey), a, b, portPath)
}

// part compares one object of ip's with the fields below a path, in both directions.
func (c *comparison) part(t *testing.T, name, what string, tab *table, ip map[string]any, a, b *link, in string) {
	for _, row := range tab.rows {
		got, ok := ip[row.ip]
		if !ok {
			got = absent{}
		} else {
			c.needed["row "+row.ip+" "+row.from] = true
			c.fields[what]++
		}
		delete(ip, row.ip)
		wantA, wantB := row.as(field{a, in, row.from}), row.as(field{b, in, row.from})
		if !agree(got, wantA, wantB) {
			t.Errorf("%s: %s: ip shows %#v, nlsh's %s%s makes it %#v", name, row.ip, got, in, row.from, wantA)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ip)) {
		t.Errorf("%s: %s: ip shows %#v, and no row of %s compares it", name, key, ip[key], what)
	}
	for _, path := range a.paths {
		rest, below := strings.CutPrefix(path, in)
		if !below || a.used[path] || in == "" && (strings.HasPrefix(path, dataPath) || strings.HasPrefix(path, portPath)) {
			continue
		}
		if !c.excused(tab, rest) {
			t.Errorf("%s: %s = %s: neither compared with ip nor excused in the table of %s", name, path, a.leaf[path], what)
		}
	}
}

// excused finds the reason why ip does not show a field.
func (c *comparison) excused(tab *table, path string) bool {
	if tab.noPeer != "" {
		return true
	}
	for prefix := range tab.unshown {
		if path == prefix || strings.HasSuffix(prefix, ".") && strings.HasPrefix(path, prefix) {
			c.needed["unshown "+prefix] = true
			return true
		}
	}
	return false
}

// agree reports whether ip's value is what nlsh had before or after, or for a clock one in between.
func agree(ip, before, after any) bool {
	from, runs := before.(moment)
	if to, ok := after.(moment); runs && ok {
		n, ok := ip.(float64)
		return ok && float64(min(from, to)) <= n && n <= float64(max(from, to))
	}
	for _, ours := range [...]any{before, after} {
		if list, ok := ours.(unordered); ok && list.equal(ip) || reflect.DeepEqual(ip, ours) {
			return true
		}
	}
	return false
}

// flat makes one map of nested objects, "linkinfo.info_data.mode".
func flat(object map[string]any) map[string]any {
	out := map[string]any{}
	for key, v := range object {
		inner, ok := v.(map[string]any)
		if !ok || len(inner) == 0 {
			out[key] = v
			continue
		}
		for k, v := range flat(inner) {
			out[key+"."+k] = v
		}
	}
	return out
}

// part is the entries below a prefix, without those below the others.
func part(ip map[string]any, prefix string, without ...string) map[string]any {
	out := map[string]any{}
	for key, v := range ip {
		rest, below := strings.CutPrefix(key, prefix)
		if below && !slices.ContainsFunc(without, func(p string) bool { return strings.HasPrefix(key, p) }) {
			out[rest] = v
		}
	}
	return out
}

// unneeded reports what no kernel had a use for.
func (c *comparison) unneeded(t *testing.T) {
	tables := map[string]table{"link": linkTable}
	for kind, tab := range kindTables {
		tables[kind] = tab
	}
	for kind, tab := range portTables {
		tables["port of "+kind] = tab
	}
	for _, what := range slices.Sorted(maps.Keys(tables)) {
		for _, row := range tables[what].rows {
			if !c.needed["row "+row.ip+" "+row.from] {
				t.Errorf("%s: ip never showed %s: remove the row, or have settings.star set it", what, row.ip)
			}
		}
		for path := range tables[what].unshown {
			if !c.needed["unshown "+path] {
				t.Errorf("%s: no kernel reported %s, so it needs no excuse", what, path)
			}
		}
	}
	for i, e := range refusals {
		if !c.needed[fmt.Sprint("refusal ", i)] {
			t.Errorf("refusals: no kernel refuses %s %s", e.link, e.errno)
		}
	}
	for i, e := range deviations {
		if !c.needed[fmt.Sprint("deviation ", i)] {
			t.Errorf("deviations: no kernel reports %s of %s otherwise", e.field, e.link)
		}
	}
}

// report says how much was compared.
func (c *comparison) report(t *testing.T) {
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(c.fields)) {
		total += c.fields[kind]
		t.Logf("%-16s %5d fields compared", kind, c.fields[kind])
	}
	t.Logf("%-16s %5d fields compared", "all", total)
}
