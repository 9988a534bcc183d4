package builtins

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// Watching shows a session what its own sockets exchange, and what happens in the kernel.
type Watching struct {
	reg    *session.Registry
	traces *Traces
	to     atomic.Pointer[watched] // nil: nobody looks
}

// watched is what is to be seen, and by whom.
type watched struct {
	family string // "" for all
	bytes  bool
	home   uint64 // the namespace that is not named
	put    func(text string)
}

// NewWatching makes one for the families of the registry. It sees what it is given by Tap. brief is Traces.Brief.
func NewWatching(reg *session.Registry, brief func() bool) *Watching {
	traces := NewTraces(reg)
	traces.Brief = brief
	return &Watching{reg: reg, traces: traces}
}

// Tap is for Config.Tap: it costs next to nothing while nobody looks.
func (w *Watching) Tap(d session.Tapped) {
	to := w.to.Load()
	if to != nil && (to.family == "" || w.is(&d, to.family)) {
		to.put(w.traces.Datagram(d, to.bytes, to.home))
	}
}

// is says whether a datagram is of a family, by the name that it was opened by or that of one of its specs.
func (w *Watching) is(d *session.Tapped, family string) bool {
	if d.Family == family {
		return true
	}
	for _, spec := range d.SpecsOf(w.reg, d.Data) {
		if spec.Name == family || w.reg.FamilyName(spec) == family {
			return true
		}
	}
	return false
}

// Trace has every message of a family, "" for all, written by put from now on; with bytes each of them is explained. Messages of the
// namespace in which the thread is do not name it. put nil ends it.
func (w *Watching) Trace(_ *starlark.Thread, family string, bytes bool, put func(text string)) error {
	if put == nil {
		w.to.Store(nil)
		return nil
	}
	if family != "" {
		if _, err := w.reg.SpecsOf(family); err != nil {
			return err
		}
	}
	here, err := netns.Current()
	if err != nil {
		return err
	}
	defer here.Close()
	w.to.Store(&watched{family, bytes, here.Inode(), put})
	return nil
}

// Monitor has the events of groups written by put, from the namespace in which the thread is, until stop is called. If
// that is over before, put says why. A group is one of the protocol route, a part of the names of several ("route" is ipv4-route and ipv6-route),
// or FAMILY:GROUP; FAMILY: is all groups of it.
func (w *Watching) Monitor(th *starlark.Thread, groups []string, put func(text string)) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(host.Context(th)))
	var open []*session.Family
	done := make(chan struct{}, len(groups))
	stop = func() {
		cancel()
		for range open {
			<-done
		}
	}
	for _, group := range groups {
		f, err := w.subscribe(host.Context(th), group)
		if err != nil {
			stop()
			return nil, err
		}
		open = append(open, f)
		go func() {
			defer func() { done <- struct{}{} }()
			w.follow(ctx, f, put)
		}()
	}
	return stop, nil
}

// subscribe opens a family with the groups that a word stands for.
func (w *Watching) subscribe(ctx context.Context, word string) (*session.Family, error) {
	name, group, other := strings.Cut(word, ":")
	if !other {
		name, group = "route", word
	}
	f, err := w.reg.Open(ctx, name, session.Options{Untap: true})
	if err != nil {
		return nil, err
	}
	if err = f.Join(group); err != nil {
		if names := alike(f, group); len(names) > 0 {
			err = f.Join(names...)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// alike are the groups of a family that have a word among those that their names are made of; all, for no word.
func alike(f *session.Family, word string) (names []string) {
	key := schema.Key(word)
	for _, g := range f.Groups {
		name := f.GroupName(uint32(g.Value))
		if key == "" || strings.Contains("_"+schema.Key(name)+"_", "_"+key+"_") {
			names = append(names, name)
		}
	}
	return names
}

// follow writes events until the context ends.
func (w *Watching) follow(ctx context.Context, f *session.Family, put func(text string)) {
	defer f.Close()
	for {
		e, err := f.Event(ctx, -1)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			put(fmt.Sprintf("%s: no more events: %v\n", f.Name, err))
			return
		}
		where := f.Name
		if name := f.GroupName(e.Group); name != "" {
			where += ":" + name
		}
		put(where + " " + w.traces.Event(&e))
	}
}
