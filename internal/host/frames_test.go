package host_test

import (
	"fmt"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// failed runs a text and returns the frames of its error, each on a line: "NAME LINE: VAR=VALUE ...".
func failed(t *testing.T, steps bool, text string) string {
	t.Helper()
	h := host.New(host.Options{Globals: starlark.StringDict{
		"try_": starlark.NewBuiltin("try_", func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			_, err := host.Call(th, args[0], nil, nil)
			return starlark.Bool(err == nil), nil
		}),
	}})
	d := &host.Debug{Steps: steps}
	src, err := host.NewSource("<1>", "", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	err = h.Run(host.Job{Name: "test", Debug: d}, func(th *starlark.Thread) error {
		_, err := h.Interact(th, src)
		return err
	})
	if err == nil {
		t.Fatal("it did not fail")
	}
	if text := host.Format(err, false); strings.Contains(text, "<debug>") || strings.Contains(text, "called by") && !strings.Contains(text, "called by sorted") {
		t.Errorf("the error shows how it was looked at:\n%s", text)
	}
	return shownFrames(d.Frames(err))
}

func shownFrames(frames []host.Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, "%s %d:", f.Name, f.Pos.Line)
		for _, name := range f.Vars {
			fmt.Fprintf(&b, " %s=%s", name, f.Vals[name])
		}
		if f.Lost {
			b.WriteString(" lost")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestFramesOfAnError(t *testing.T) {
	for name, c := range map[string]struct {
		steps      bool
		text, want string
	}{
		"a builtin fails":              {false, "def f(a, b):\n    c = a + b\n    return int('x')\ndef g(n):\n    return f(n, 2)\ng(5)", "f 3: a=5 b=2 c=7\ng 5: n=5\n<toplevel> 6:\n"},
		"the interpreter fails":        {false, "def f(a):\n    return a // 0\ndef g(n):\n    return f(n)\ng(5)", "f 2: lost\ng 4: n=5\n<toplevel> 5:\n"},
		"the interpreter fails, steps": {true, "def f(a):\n    b = a + 1\n    return b // 0\ndef g(n):\n    return f(n)\ng(5)", "f 3: a=5 b=6\ng 5: n=5\n<toplevel> 6:\n"},
		"steps, after other calls":     {true, "def h(z): return z\ndef f(a):\n    h(1)\n    b = h(2)\n    return [][b]\nf(5)", "f 5: a=5 b=2\n<toplevel> 6:\n"},
		"no variables, steps":          {true, "def f():\n    return 1 // 0\nf()", "f 2:\n<toplevel> 3:\n"},
		"perhaps variables":            {false, "def f():\n    x = 0\n    return 1 // x\nf()", "f 3: lost\n<toplevel> 4:\n"},
		"no value yet":                 {false, "def f():\n    if False: x = 1\n    y = 2\n    return int('x')\nf()", "f 4: y=2\n<toplevel> 5:\n"},
		"top level":                    {false, "for i in [1, 2]:\n    int('x')", "<toplevel> 2: i=1\n"},
		"a function inside":            {false, "def f(a):\n    def g(b):\n        return int('x' * (a + b))\n    return g(2)\nf(1)", "g 3: b=2 a=1\nf 4: a=1 g=<function g>\n<toplevel> 5:\n"},
		"called back":                  {false, "def key(x):\n    return int(x)\ndef f(l):\n    return sorted(l, key = key)\nf(['1', 'x'])", "key 2: x=\"x\"\nf 4: l=[\"1\", \"x\"]\n<toplevel> 5:\n"},
		"after one that was caught":    {false, "def bad(x = 1):\n    int('x')\ndef f(n):\n    try_(bad)\n    int('y')\nf(3)", "f 5: n=3\n<toplevel> 6:\n"},
		"syntax":                       {false, "1 +", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := failed(t, c.steps, c.text); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	deep := failed(t, false, "def f(n):\n    if n == 0: int('x')\n    f(n - 1)\nf(500)")
	if n := strings.Count(deep, "\n"); n < 50 || n > 100 || !strings.HasPrefix(deep, "f 2: n=0\nf 3: n=1\n") {
		t.Errorf("%d frames: %.100s", n, deep)
	}
}

// Texts are run with the names of a frame; what they bind stays in it.
func TestInteractIn(t *testing.T) {
	h := host.New(host.Options{})
	err := h.Run(host.Job{Name: "test"}, func(th *starlark.Thread) error {
		run := func(f *host.Frame, text string) string {
			src, err := host.NewSource("<debug>", "", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			var v starlark.Value
			if f == nil {
				v, err = h.Interact(th, src)
			} else {
				v, err = h.InteractIn(th, f, src)
			}
			if err != nil {
				return err.Error()
			}
			return v.String()
		}
		run(nil, "x = 1\ndef f(): return x")
		f := &host.Frame{Name: "f", Vals: starlark.StringDict{"x": starlark.MakeInt(7), "y": starlark.MakeInt(8)}}
		for _, c := range [][2]string{
			{"x + y", "15"}, {"f()", "1"}, {"x += 1", "None"}, {"x", "8"}, {"[x for z in [1]]", "[8]"}, {"nosuch", "<debug>:1:1: undefined: nosuch"},
			{"def g(): return y", "None"}, {"g()", "8"},
		} {
			if got := run(f, c[0]); got != c[1] {
				t.Errorf("%s: got %s, want %s", c[0], got, c[1])
			}
		}
		if got := run(nil, "x"); got != "1" {
			t.Errorf("x outside: got %s", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkSteps(b *testing.B) {
	for _, d := range []*host.Debug{nil, {}, {Steps: true}} {
		b.Run(fmt.Sprintf("%+v", d != nil && d.Steps), func(b *testing.B) {
			h := host.New(host.Options{})
			src, err := host.NewSource("<1>", "", []byte("def f(n, a, b):\n    acc = 0\n    for i in range(n):\n        acc += i\n    return acc\nf(1000000, 1, 2)"))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := h.Run(host.Job{Name: "bench", Debug: d}, func(th *starlark.Thread) error {
					_, err := h.Interact(th, src)
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
