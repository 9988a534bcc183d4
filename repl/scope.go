package repl

import (
	"maps"
	"sync/atomic"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// Scope is what names are in reach at the prompt: more where a call is looked at. A nil Scope knows of no calls.
type Scope struct{ frame atomic.Pointer[host.Frame] }

// Names adds the variables of the call that is looked at to other names, for completion.
func (s *Scope) Names(names starlark.StringDict) starlark.StringDict {
	f := s.frame.Load()
	if f == nil {
		return names
	}
	all := maps.Clone(names)
	maps.Copy(all, f.Vals)
	return all
}

// look makes a call the one that is looked at, and returns the one before; nil is none.
func (s *Scope) look(f *host.Frame) (before *host.Frame) {
	if s == nil {
		return nil
	}
	return s.frame.Swap(f)
}
