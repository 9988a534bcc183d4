package differential

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

var indexRE = regexp.MustCompile(`\[\d+\]`)

// finish holds that everything the kernel sent was compared with somebody, and
// reports.
func (c *comparison) finish(alone []exception, minimum map[peer]int) {
	c.t.Helper()
	missed, by := map[string]int{}, map[string]peer{}
	for key, o := range c.last {
		if c.present[key] < c.calls {
			continue // it came while the peers were asked, one after the other
		}
		for _, path := range o.order {
			used := c.used[key+"\x00"+path]
			pattern := path
			if !strings.HasSuffix(path, "]") { // an array of numbers: the index says what it is
				pattern = indexRE.ReplaceAllString(path, "[]")
			}
			by[pattern] |= used
			if used == 0 {
				missed[pattern]++
				if !o.leaves[path].zero() && mustBeZero(alone, pattern) {
					c.fail("%s: %s: nlsh says %s, want nothing: exceptions_test.go says so", key, path, o.leaves[path].val)
				}
			}
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(missed)) {
		i := slices.IndexFunc(alone, func(e exception) bool { return matches(e.path, pattern) })
		if i < 0 {
			c.fail("%s: the kernel sent it in %d objects and it was compared with nobody: add a row, or a line to exceptions_test.go", pattern, missed[pattern])
			continue
		}
		c.except("no peer shows it: "+pattern+": "+alone[i].why, fmt.Sprint(missed[pattern]))
	}
	c.report(by)
	for p, n := range minimum {
		if c.values[p] < n {
			c.fail("compared %d values with %s, want at least %d: did the topology shrink?", c.values[p], peerNames[p], n)
		}
	}
}

func (c *comparison) report(by map[string]peer) {
	c.t.Helper()
	if c.failures > 100 {
		c.errorf("and %d more", c.failures-100)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d objects, %d kinds of values", c.kind, len(c.last), len(by))
	for _, p := range []peer{byIP, byVish, byFiles} {
		if c.objects[p] > 0 {
			fmt.Fprintf(&text, "; %d values equal with %s", c.values[p], peerNames[p])
		}
	}
	for _, why := range slices.Sorted(maps.Keys(c.excepted)) {
		fmt.Fprintf(&text, "\n  not compared: %s", why)
	}
	c.t.Log(text.String())
}

func mustBeZero(alone []exception, pattern string) bool {
	return slices.ContainsFunc(alone, func(e exception) bool { return e.zero && matches(e.path, pattern) })
}

// zero reports a number that is 0, a flag that is off, an empty set or nest.
func (l *leaf) zero() bool {
	switch l.val.Kind() {
	case schema.FlagSet:
		return len(l.val.List()) == 0
	case schema.Bool:
		return l.val.Uint64() == 0
	case schema.Text:
		return l.hasNum && l.num == 0 || l.val.Text() == "{}"
	}
	return l.hasNum && l.num == 0
}
