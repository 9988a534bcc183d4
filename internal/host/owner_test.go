package host_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/syntax"
)

func TestOwnerOrder(t *testing.T) {
	var log []string
	add := func(o *host.Owner, name string, err error) func() {
		return o.Add(name, syntax.Position{}, func() error { log = append(log, name); return err })
	}
	o := host.NewOwner("script", nil)
	add(o, "a", nil)
	removeB := add(o, "b", nil)
	inner := host.NewOwner("scope", o)
	add(inner, "c", errors.New("no"))
	add(inner, "d", nil)
	add(o, "e", errors.New("busy"))
	removeB()
	removeB()

	var open []string
	for _, r := range o.Open() {
		open = append(open, r.Name)
	}
	if want := []string{"a", "scope", "e"}; !slices.Equal(open, want) {
		t.Errorf("open %v, want %v", open, want)
	}
	if inner.Root() != o {
		t.Error("the root is another")
	}
	err := o.Close()
	if want := []string{"e", "d", "c", "a"}; !slices.Equal(log, want) {
		t.Errorf("closed %v, want %v", log, want)
	}
	if got, want := host.Format(err, false), "nlsh: closing e: busy\nnlsh: closing c: no\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := errors.Join(o.Close(), inner.Close()); err != nil || len(log) != 4 {
		t.Errorf("a second Close: %v, %v", err, log)
	}
	add(o, "late", nil)
	if log[len(log)-1] != "late" {
		t.Error("what was added to a closed owner is still open")
	}
}

func TestOwnerCloserAddsAndPanics(t *testing.T) {
	var log []string
	o := host.NewOwner("script", nil)
	o.Add("last", syntax.Position{}, func() error { log = append(log, "last"); return nil })
	o.Add("panics", syntax.Position{}, func() error { panic("no") })
	o.Add("adds", syntax.Position{}, func() error {
		o.Add("added", syntax.Position{}, func() error { log = append(log, "added"); return nil })
		return nil
	})
	err := o.Close()
	var defect *host.Defect
	if !errors.As(err, &defect) {
		t.Errorf("got %v", err)
	}
	if want := []string{"added", "last"}; !slices.Equal(log, want) {
		t.Errorf("closed %v, want %v", log, want)
	}
}

func TestOwnerConcurrent(t *testing.T) {
	o := host.NewOwner("script", nil)
	var mu sync.Mutex
	closed := 0
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				remove := o.Add(fmt.Sprint(i), syntax.Position{}, func() error {
					mu.Lock()
					closed++
					mu.Unlock()
					return nil
				})
				if i == 7 {
					remove()
				}
			}
		})
	}
	wg.Go(func() { _ = o.Close() })
	wg.Wait()
	_ = o.Close()
	if closed < 700 || closed > 800 {
		t.Errorf("closed %d of 700", closed)
	}
}

func TestScope(t *testing.T) {
	r := newRig(t, nil, nil)
	err := r.text(`
open("script")
def f():
    open("inner 1")
    open("inner 2")
    return 1
print(scope(f))
def g():
    open("inner 3", fails = True)
    fail("first")
print(try_(scope, g))
open("last", fails = True)
`)
	err = errors.Join(err, r.owner.Close(), r.Flush())
	want := `close inner 2
close inner 1
1
close inner 3
fail: first
closing inner 3 (opened at <test>:9:9): device or resource busy
close last
close script
`
	if got := r.out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := host.Format(err, false); !strings.Contains(got, "closing last (opened at <test>:12:5): device or resource busy") {
		t.Errorf("got %s", got)
	}
}
