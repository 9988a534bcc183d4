package host

import (
	"io"

	"go.starlark.net/starlark"
)

// Page writes a text for people: a result, help. A session may show what is longer than the screen in a pager; elsewhere it is printed.
func Page(thread *starlark.Thread, text string) error {
	h := stateOf(thread).host
	if h.page == nil {
		_, err := io.WriteString(h.out, text)
		return err
	}
	return Blocking(thread, func() error { return h.page(text) })
}
