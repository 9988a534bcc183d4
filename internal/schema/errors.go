package schema

import (
	"fmt"
	"strings"
)

// Error is a value that does not fit its row. Path leads to it from the
// message: "linkinfo.data.id".
type Error struct {
	Path string
	Got  string
	Want string
	Hint string // what to do, or what was probably meant
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString("got " + e.Got + ", want " + e.Want)
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// under puts name in front of the path of err.
func under(name string, err error) error {
	if e, ok := err.(*Error); ok {
		switch {
		case e.Path == "":
			e.Path = name
		case e.Path[0] == '[':
			e.Path = name + e.Path
		default:
			e.Path = name + "." + e.Path
		}
	}
	return err
}

// describe says in a few words what was got.
func describe(v Value) string {
	switch v.Kind() {
	case None:
		return "None"
	case Text:
		return "string " + clip(v.String())
	case Handle:
		return v.text
	case Bytes:
		return fmt.Sprintf("%d bytes", len(v.Bytes()))
	case Int, Uint, Bool:
		return v.Kind().String() + " " + v.String()
	}
	return v.Kind().String()
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}

// Suggest returns `did you mean "x"?` for the closest of names, "" if none is
// close.
func Suggest(got string, names []string) string {
	best, bestDist := "", (len(got)+1)/3+1 // a third of the letters may differ
	for _, name := range names {
		if d := distance(strings.ToLower(got), strings.ToLower(name), bestDist); d < bestDist {
			best, bestDist = name, d
		}
	}
	for _, name := range names {
		if best == "" && partOf(got, name) {
			best = name
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// elsewhere adds to the error for an unknown name where that name is: inside a
// nest of the set.
func (e *Encoder) elsewhere(err error, set *Set, name string) error {
	unknown, ok := err.(*Error)
	if !ok || set == nil || unknown.Path != "" {
		return err
	}
	for depth := range 2 {
		if path := e.Spec.pathTo(set, name, depth); path != "" {
			unknown.Hint = fmt.Sprintf("there is %s", path)
			break
		}
	}
	return unknown
}

// pathTo finds a name that many nests below the set, "" if there is none.
func (s *Spec) pathTo(set *Set, name string, depth int) string {
	for i := range set.Attrs {
		a := &set.Attrs[i]
		if a.Kind == KindSubMessage {
			continue // which of its formats, nobody knows
		}
		for _, l := range s.Inside(Place{Attr: a}) {
			if depth == 0 && Resolve(l.Header, l.Set, KindNone, name).Found() {
				return a.Key + "." + name
			}
			if depth > 0 && l.Set != nil {
				if path := s.pathTo(l.Set, name, depth-1); path != "" {
					return a.Key + "." + path
				}
			}
		}
	}
	return ""
}

// partOf reports whether one of two words is the other with a little more at an
// end: val and value, name and ifname, ifindex and index.
func partOf(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= 3 && len(b) <= max(len(a)+4, 2*len(a)) && (strings.HasPrefix(b, a) || len(a) >= 4 && strings.HasSuffix(b, a))
}

// distance counts the edits between a and b (an exchange of neighbours is one), giving up at limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	prev2, prev := make([]int, len(b)+1), make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
