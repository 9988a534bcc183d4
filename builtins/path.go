package builtins

import (
	"fmt"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// fieldPath is a name with dots, found once and looked up in many messages.
type fieldPath struct {
	name  string
	first schema.Place
	rest  []string
}

// findPath finds a name in messages like frame, and all places to which it may
// lead: several where a selector decides.
func findPath(frame *schema.Msg, name string) (fieldPath, []schema.Place, error) {
	if p := frame.Resolve(name); p.Found() {
		return fieldPath{name: name, first: p}, []schema.Place{p}, nil
	}
	parts := strings.Split(name, ".")
	p := fieldPath{name: name, first: frame.Resolve(parts[0]), rest: parts[1:]}
	at := []schema.Place{p.first}
	if !p.first.Found() {
		return p, nil, unknownName(parts[0], schema.Names(frame.Header, frame.Set, frame.Payload))
	}
	for i, part := range p.rest {
		var next []schema.Place
		var names []string
		nests := false
		for _, place := range at {
			for _, l := range frame.Spec.Inside(place) {
				nests = true
				names = append(names, schema.Names(l.Header, l.Set, schema.KindNone)...)
				if q := schema.Resolve(l.Header, l.Set, schema.KindNone, part); q.Found() {
					next = append(next, q)
				}
			}
		}
		if !nests {
			return p, nil, fmt.Errorf("%s: got a name inside, want none: it is no single nest", strings.Join(parts[:i+1], "."))
		}
		if len(next) == 0 {
			return p, nil, under(strings.Join(parts[:i+1], "."), unknownName(part, names))
		}
		at = next
	}
	return p, at, nil
}

func unknownName(name string, names []string) error {
	return &schema.Error{Got: fmt.Sprintf("unknown name %q", name), Want: "one that such messages have", Hint: schema.Suggest(name, names)}
}

// find goes to the innermost message and the place in it; nil where a nest on
// the way is absent.
func (p *fieldPath) find(m *schema.Msg) (*schema.Msg, schema.Place) {
	at := p.first
	for _, name := range p.rest {
		v, _, _ := m.At(at)
		if m = v.Msg(); m == nil {
			return nil, schema.Place{}
		}
		at = m.Resolve(name)
	}
	return m, at
}
