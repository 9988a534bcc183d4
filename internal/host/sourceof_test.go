package host_test

import (
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// Each function has its own text, though all texts of a session may have one name.
func TestSourceOf(t *testing.T) {
	h := host.New(host.Options{Globals: starlark.StringDict{}})
	err := h.Run(host.Job{}, func(th *starlark.Thread) error {
		for _, text := range []string{"def f():\n    return 1\n", "x = [f,\n  lambda: (\n   2)]", "def f2(): return 3", "def g():\n    def h(): pass\n    return h\nk = g()", "later = 5"} {
			src, err := host.NewSource("<1>", "", []byte(text))
			if err != nil {
				return err
			}
			if _, err := h.Interact(th, src); err != nil {
				return err
			}
		}
		list := h.Globals()["x"].(*starlark.List)
		for want, fn := range map[string]starlark.Value{
			"def f():\n    return 1\n": list.Index(0),
			"  lambda: (\n   2)]":      list.Index(1),
			"def f2(): return 3":       h.Globals()["f2"],
			"    def h(): pass\n":      h.Globals()["k"],
		} {
			if got, ok := h.SourceOf(fn.(*starlark.Function)); !ok || got != want {
				t.Errorf("got %q, %v, want %q", got, ok, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(host.Format(err, false))
	}
	other := host.New(host.Options{})
	if got, ok := other.SourceOf(h.Globals()["f"].(*starlark.Function)); ok {
		t.Errorf("got %q of another host", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{":help", ":who", ":time"}
	for x, want := range map[string]string{":hlep": ":help", ":hepl": ":help", ":tiem": ":time", ":load": "", "": ""} {
		if got := host.Nearest(x, names); got != want {
			t.Errorf("%q: got %q, want %q", x, got, want)
		}
	}
}
