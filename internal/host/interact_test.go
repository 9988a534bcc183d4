package host_test

import (
	"testing"
	"testing/fstest"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// Each list of texts is what one types, one after the other; the value of the last is wanted.
func TestInteract(t *testing.T) {
	for _, c := range []struct {
		want  string
		texts []string
	}{
		{"2", []string{"x = 1", "def f(): return x", "x = 2", "f()"}},
		{"2", []string{"x = 1\ndef f():\n    return x\n\nx = 2\nf()"}},
		{"3", []string{"x = 1\ndef f():\n    return x\n", "x += 2", "f()"}},
		{`"new"`, []string{"def f(): return 'old'", "def g(): return f()", "def f(): return 'new'", "g()"}},
		{"120", []string{"def fac(n): return 1 if n < 2 else n * fac(n - 1)", "fac(5)"}},
		{"(2, 1)", []string{"a, b = 1, 2", "a, b = b, a", "(a, b)"}},
		{"[0, 1, 4]", []string{"l = []", "for i in range(3):\n    l.append(i * i)\n", "l"}},
		{"10", []string{"n = 0", "for i in range(5):\n    n += i\n", "n"}},
		{"5", []string{"n = 0", "while n < 5:\n    n = n + 1\n", "n"}},
		{"7", []string{"x = 7", "f = lambda: x", "f()"}},
		{"8", []string{"x = 7", "f = lambda: x", "x = 8", "f()"}},
		{"None", []string{"x = 1"}},
		{"None", []string{"1", "x = 2"}},
		{"3", []string{"1; 2; 3"}},
		{"[1, 2]", []string{"m = {'k': [1]}", "m['k'] += [2]", "m['k']"}},
		{"4", []string{"len = lambda x: 4", "len([])"}},
		{"5", []string{"args = 5", "args"}},
		{"1", []string{"if True:\n    y = 1\nelse:\n    z = 2\n", "y"}},
		{`"stdlib"`, []string{`load("@std//m.star", "name")`, "name"}},
	} {
		h := host.New(host.Options{Std: fstest.MapFS{"m.star": &fstest.MapFile{Data: []byte(`name = "stdlib"`)}}})
		var got starlark.Value
		for _, text := range c.texts {
			v, err := interact(h, text)
			if err != nil {
				t.Errorf("%q: %s", text, host.Format(err, false))
				break
			}
			got = v
		}
		if got == nil || got.String() != c.want {
			t.Errorf("%q: got %v, want %s", c.texts, got, c.want)
		}
	}
}

// What was bound before an error stays, and the error says where.
func TestInteractError(t *testing.T) {
	h := host.New(host.Options{})
	_, err := interact(h, "a = 1\nb = a // 0\nc = 3")
	if got := host.Format(err, false); got != "nlsh: t:2:7: at top level\n  floored division by zero\n     2 | b = a // 0\n       |       ^\n" {
		t.Errorf("got %s", got)
	}
	if v, err := interact(h, "a"); err != nil || v.String() != "1" {
		t.Errorf("got %v, %v", v, err)
	}
	for _, text := range []string{"b", "c", "x += 1", "def f(): return later()", "return 1", "1 +"} {
		if v, err := interact(h, text); err == nil {
			t.Errorf("%q: got %v", text, v)
		}
	}
	for name := range h.Globals() {
		if name[0] == '<' {
			t.Errorf("%s is left", name)
		}
	}
}

func interact(h *host.Host, text string) (v starlark.Value, err error) {
	src, err := host.NewSource("t", "", []byte(text))
	if err != nil {
		return nil, err
	}
	err = h.Run(host.Job{Name: "t"}, func(th *starlark.Thread) error {
		v, err = h.Interact(th, src)
		return err
	})
	return v, err
}
