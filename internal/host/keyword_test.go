package host_test

import (
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// A keyword that a function does not have is one of those that it has, misspelled.
func TestKeywordHint(t *testing.T) {
	for call, want := range map[string]string{
		"f(devise = 1)":       `unexpected keyword argument "devise" (did you mean "device"?)`,
		"f(mtuu = 1)":         `unexpected keyword argument "mtuu" (did you mean "mtu"?)`,
		"f(nothing_like = 1)": "unexpected keyword argument \"nothing_like\"\n",
		"(lambda x: x)(y=1)":  "unexpected keyword argument \"y\"\n",
		"f(1, 2, 3)":          "at most 2 positional arguments",
	} {
		h := host.New(host.Options{Globals: starlark.StringDict{}})
		err := h.Run(host.Job{}, func(th *starlark.Thread) error {
			src, err := host.NewSource("f.star", "", []byte("def f(device, mtu = 5): pass\n"+call+"\n"))
			if err != nil {
				return err
			}
			_, err = h.Exec(th, src)
			return err
		})
		if text := host.Format(err, false); !strings.Contains(text, want) {
			t.Errorf("%s: got %s, want in it %q", call, text, want)
		}
	}
}
