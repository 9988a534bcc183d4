package differential

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row says what a peer's field is, made of nlsh's fields: nil where the peer
// shows none.
type row struct {
	key   string
	want  func(v view) any
	newer bool // only newer versions of the peer show it
}

// unlike is what a row says where the peer is wrong, and why.
type unlike string

// newer is a row that does not count where the peer lacks the field.
func newer(r row) row {
	r.newer = true
	return r
}

// exception is a path, exact or up to a final *, that is not compared.
type exception struct {
	path, why string
	zero      bool // it must be zero or empty
}

// table is how one kind of object of one peer is compared.
type table struct {
	peer peer
	rows []row
	skip []exception
	key  func(v view) string // the name of an object, as in found
	only func(v view) bool   // which objects the peer shows at all; nil is every one
	// zero: the peer has a field for everything, and 0 or "" means absent.
	zero bool
}

// found is an object as a peer shows it, flat: "linkinfo.info_kind", "flags[0]".
type found struct {
	key    string
	fields map[string]string
}

// comparison is the comparison of one kind of object with all its peers.
type comparison struct {
	t        *testing.T
	errorf   func(format string, args ...any)
	kind     string
	failures int
	objects  map[peer]int
	values   map[peer]int
	used     map[string]peer           // object and path -> whom it was compared with
	excepted map[string]map[string]int // "peer: path: why" -> objects
	calls    int                       // of with
	present  map[string]int            // object -> calls in which it was there
	last     map[string]*object
}

func newComparison(t *testing.T, kind string) *comparison {
	return &comparison{t: t, errorf: t.Errorf, kind: kind, objects: map[peer]int{}, values: map[peer]int{},
		used: map[string]peer{}, excepted: map[string]map[string]int{},
		present: map[string]int{}}
}

func (c *comparison) fail(format string, args ...any) {
	c.t.Helper()
	if c.failures++; c.failures <= 100 {
		c.errorf(c.kind+" "+format, args...)
	}
}

const (
	attempts = 20
	wrong    = "\x00" // before the reason of an unlike
)

// with compares what nlsh dumps with what a peer shows. Where something other than a
// number changed meanwhile, everything is read again.
func (c *comparison) with(tab *table, nlsh func() []*object, show func() []found) {
	c.t.Helper()
	for i := range attempts {
		before := c.byKey(tab, nlsh())
		peers := show()
		after := c.byKey(tab, nlsh())
		if stable(before, after) && (tab.settled(before, after, peers) || i == attempts-1) {
			c.match(tab, before, after, peers)
			return
		}
	}
	c.t.Fatalf("%s: while %s was asked something changed, in each of %d attempts", c.kind, peerNames[tab.peer], attempts)
}

func (c *comparison) byKey(tab *table, list []*object) map[string]*object {
	c.t.Helper()
	m := map[string]*object{}
	for _, o := range list {
		o.reader = tab.peer
		key := tab.key(view{o: o})
		if m[key] != nil {
			c.fail("%s: nlsh has it twice", key)
		}
		m[key] = o
	}
	return m
}

func stable(a, b map[string]*object) bool {
	return maps.EqualFunc(a, b, sameButNumbers)
}

// settled reports whether every number that moves was caught on its way. An age
// goes back to zero when its entry is used; then everything is read again.
func (tab *table) settled(before, after map[string]*object, peers []found) bool {
	for _, p := range peers {
		if before[p.key] == nil {
			continue // a complaint, later
		}
		low, high := tab.eval(before[p.key], p.fields), tab.eval(after[p.key], p.fields)
		for path, a := range low {
			if b := high[path]; a != b && !between(p.fields[path], a, b) {
				return false
			}
		}
	}
	return true
}

func (c *comparison) match(tab *table, before, after map[string]*object, peers []found) {
	c.t.Helper()
	c.calls++
	c.last = after
	for key := range after {
		c.present[key]++
	}
	name := peerNames[tab.peer]
	seen := map[string]bool{}
	for _, p := range peers {
		switch {
		case seen[p.key]:
			c.fail("%s: %s has it twice: the key is not enough", p.key, name)
		case before[p.key] == nil:
			c.fail("%s: %s has it, nlsh has not", p.key, name)
		default:
			c.object(tab, before[p.key], after[p.key], p)
		}
		seen[p.key] = true
	}
	for key, o := range before {
		if !seen[key] && (tab.only == nil || tab.only(view{o: o})) {
			c.fail("%s: nlsh has it, %s has not", key, name)
		}
	}
	for i, o := range after {
		for path, l := range o.leaves {
			c.used[i+"\x00"+path] |= l.used
		}
	}
}

func (c *comparison) object(tab *table, before, after *object, p found) {
	c.t.Helper()
	c.objects[tab.peer]++
	low, high := tab.eval(before, p.fields), tab.eval(after, p.fields)
	paths := slices.Sorted(maps.Keys(p.fields))
	for path := range low {
		if _, ok := p.fields[path]; !ok {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		c.field(tab, p, path, low, high)
	}
}

func (c *comparison) field(tab *table, p found, path string, low, high map[string]string) {
	c.t.Helper()
	name := peerNames[tab.peer]
	got, shown := p.fields[path]
	want, expected := low[path]
	for _, e := range tab.skip {
		if matches(e.path, path) {
			c.except(name+": "+e.path+": "+e.why, p.key)
			return
		}
	}
	if why, ok := strings.CutPrefix(want, wrong); ok {
		c.except(name+": "+path+": "+why, p.key)
		return
	}
	switch {
	case shown && !expected && !(tab.zero && got == "" && tab.covers(path)):
		c.fail("%s: %s: %s shows %q, no row of the table makes that of what nlsh has", p.key, path, name, got)
	case !shown && expected && !(tab.zero && want == ""):
		c.fail("%s: %s: nlsh says %q, %s shows nothing", p.key, path, want, name)
	case !equal(got, want) && !between(got, want, high[path]):
		c.fail("%s: %s: nlsh says %q, %s %q", p.key, path, want, name, got)
	case got != "" || !tab.zero:
		c.values[tab.peer]++
	}
}

func (c *comparison) except(why, key string) {
	if c.excepted[why] == nil {
		c.excepted[why] = map[string]int{}
	}
	c.excepted[why][key]++
}

// matches is an exact path, or the start of one before a *.
func matches(pattern, path string) bool {
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(path, start)
	}
	return pattern == path
}

func (tab *table) covers(path string) bool {
	return slices.ContainsFunc(tab.rows, func(r row) bool { return r.covers(path) })
}

func (r row) covers(path string) bool {
	rest, ok := strings.CutPrefix(path, r.key)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// eval is what the peer should show, given what it can show.
func (tab *table) eval(o *object, shown map[string]string) map[string]string {
	m := map[string]string{}
	for _, r := range tab.rows {
		if r.newer && !slices.ContainsFunc(slices.Collect(maps.Keys(shown)), r.covers) {
			continue
		}
		if v := r.want(view{o: o}); v != nil {
			flatten(m, r.key, v, tab.zero)
		}
	}
	return m
}

// part is what rows make of a part of an object: an element of a list.
func part(v view, rows []row) map[string]any {
	m := map[string]any{}
	for _, r := range rows {
		if w := r.want(v); w != nil {
			m[r.key] = w
		}
	}
	return m
}

func equal(a, b string) bool {
	if a == b {
		return true
	}
	if !strings.Contains(a+b, ".") {
		return false
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// between reports whether a number that moves lies between its readings.
func between(got, before, after string) bool {
	number := func(s string) (float64, error) {
		if s == "" { // absent, or a zero that is left out
			return 0, nil
		}
		return strconv.ParseFloat(s, 64)
	}
	if before == after {
		return false
	}
	x, err := number(got)
	a, errA := number(before)
	b, errB := number(after)
	return err == nil && errA == nil && errB == nil && min(a, b) <= x && x <= max(a, b)
}

// flatten puts a value as a peer shows it into m, by path.
func flatten(m map[string]string, path string, v any, zero bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			flatten(m, join(path, key), e, zero)
		}
		if len(v) == 0 {
			m[path] = "{}"
		}
	case []any:
		for i, e := range v {
			flatten(m, fmt.Sprintf("%s[%d]", path, i), e, zero)
		}
		if len(v) == 0 {
			m[path] = "[]"
		}
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		flatten(m, path, list, zero)
	case unlike:
		m[path] = wrong + string(v)
	default:
		m[path] = fmt.Sprint(v)
	}
	if zero && slices.Contains([]string{"0", "false", "[]", "{}", "<nil>"}, m[path]) {
		m[path] = ""
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
