package session

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// Mutation changes one bit of what the kernel answers, before anybody has seen it: a suite of tests must notice, or nothing in it
// looks at that value.
type Mutation struct {
	Path string // of the value: "mtu", "linkinfo.kind"
	Bit  int    // of its bytes, from the lowest of the first
	Nth  int    // only of that message that has the value, from 1; 0 is all
}

// ParseMutation reads "PATH", "PATH:BIT", "PATH#NTH", "PATH:BIT#NTH".
func ParseMutation(text string) (m Mutation, err error) {
	rest, nth, hasNth := strings.Cut(text, "#")
	path, bit, hasBit := strings.Cut(rest, ":")
	m.Path = path
	if hasBit {
		m.Bit, err = strconv.Atoi(bit)
	}
	if hasNth && err == nil {
		m.Nth, err = strconv.Atoi(nth)
	}
	if err != nil || path == "" || m.Bit < 0 || hasNth && m.Nth < 1 {
		return m, fmt.Errorf("got mutation %q, want PATH, PATH:BIT or PATH:BIT#NTH", text)
	}
	return m, nil
}

// Mutate makes a tap that does it. Messages of a family that no spec describes stay as they are.
func (r *Registry) Mutate(m Mutation) func(Tapped) {
	var mu sync.Mutex
	seen := 0
	return func(t Tapped) {
		if t.Sent {
			return
		}
		specs, err := r.SpecsOf(t.Family)
		if err != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for it := wire.WalkMessages(t.Data); it.Next(); {
			if value := r.bytesOf(specs, it.Message(), m); value != nil {
				if seen++; m.Nth == 0 || m.Nth == seen {
					value[m.Bit/8] ^= 1 << (m.Bit % 8)
				}
			}
		}
	}
}

// bytesOf is the bytes of a value in a message, nil if it does not have it, or not so many.
func (r *Registry) bytesOf(specs []*schema.Spec, raw []byte, m Mutation) (found []byte) {
	d, err := r.Describe(specs, "", raw)
	if err != nil || d.Spec == r.core {
		return nil
	}
	d.Annotate(func(p schema.Piece) {
		if found == nil && p.Row != nil && p.Path == m.Path && m.Bit < 8*p.Len {
			found = d.Data[p.Off : p.Off+p.Len]
		}
	})
	return found
}
