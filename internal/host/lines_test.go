package host_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

func TestLines(t *testing.T) {
	std := fstest.MapFS{"m.star": {Data: []byte("def quiet(fn):\n    return fn()\n")}}
	for name, c := range map[string]struct{ text, want string }{
		"statements":       {"x = 1\nx += 1\n\nprint(x)\n", "+ t:1: x = 1\n+ t:2: x += 1\n+ t:4: print(x)\n2\n"},
		"calls":            {"def f(n):\n    return n\nf(1)", "+ t:1: def f(n):\n+ t:3: f(1)\n++ t:2: return n\n"},
		"docs stay":        {"'''doc'''\ndef f():\n    '''doc'''\n    pass\nf()\nprint(help(f))", "+ t:2: def f():\n+ t:5: f()\n++ t:4: pass\n+ t:6: print(help(f))\ndoc\n"},
		"loops":            {"for i in [1, 2]:\n    i\nwhile False:\n    pass\nfor i in [1, 2]: i", "+ t:1: for i in [1, 2]:\n+ t:2: i\n+ t:2: i\n+ t:3: while False:\n+ t:5: for i in [1, 2]: i\n+ t:5: for i in [1, 2]: i\n+ t:5: for i in [1, 2]: i\n"},
		"branches":         {"for i in range(3):\n    if i == 0: continue\n    elif i == 1:\n        pass\n    else:\n        break", "+ t:1: for i in range(3):\n+ t:2: if i == 0: continue\n+ t:2: if i == 0: continue\n+ t:3: elif i == 1:\n+ t:4: pass\n+ t:2: if i == 0: continue\n+ t:3: elif i == 1:\n+ t:6: break\n"},
		"several on one":   {"x = 1; y = 2; print(y)", "+ t:1: x = 1; y = 2; print(y)\n2\n"},
		"over several":     {"x = [\n    1,\n    2,\n]\n", "+ t:1: x = [\n"},
		"the library":      {"load('@std//m.star', 'quiet')\ndef f():\n    print(1)\nquiet(f)", "+ t:1: load('@std//m.star', 'quiet')\n+ t:2: def f():\n+ t:4: quiet(f)\n+++ t:3: print(1)\n1\n"},
		"output in order":  {"print('a')\nprint('b')", "+ t:1: print('a')\na\n+ t:2: print('b')\nb\n"},
		"a name like ours": {"line = 1\nprint(line)", "+ t:1: line = 1\n+ t:2: print(line)\n1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			h := host.New(host.Options{Stdout: &out, Lines: &out, Std: std, Globals: starlark.StringDict{
				"help": starlark.NewBuiltin("help", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
					return starlark.String(args[0].(*starlark.Function).Doc()), nil
				}),
			}})
			src, err := host.NewSource("t", "", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			err = h.Run(host.Job{Name: "t"}, func(th *starlark.Thread) error {
				_, err := h.Exec(th, src)
				return err
			})
			if err = errors.Join(err, h.Flush()); err != nil || out.String() != c.want {
				t.Errorf("got %v\n%s\nwant\n%s", err, out.String(), c.want)
			}
		})
	}
}
