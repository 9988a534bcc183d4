package host_test

import (
	"errors"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// A text goes to the pager, after all that was printed before, and its error to the caller.
func TestPage(t *testing.T) {
	var out strings.Builder
	print := func(o host.Options) error {
		o.Stdout = &out
		h := host.New(o)
		return h.Run(host.Job{}, func(th *starlark.Thread) error {
			if _, err := h.Stdout().Write([]byte("before ")); err != nil {
				return err
			}
			defer h.Flush()
			return host.Page(th, "text")
		})
	}
	if err := print(host.Options{}); err != nil || out.String() != "before text" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	out.Reset()
	gone := errors.New("gone")
	if err := print(host.Options{Page: func(text string) error { out.WriteString("<" + text + ">"); return gone }}); !errors.Is(err, gone) || out.String() != "before <text>" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
