package scenario

import (
	"context"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/netns"
)

// bare is a machine whose kernel has no network namespaces. The scenarios share the machine's network, one after the other, and what each
// leaves there is deleted.
type bare struct {
	why    string         // there are none
	before starlark.Value // what was there when the worker started, as the program of the probes tells it
}

// look finds out whether the machine is bare; w.bare stays nil otherwise.
func (w *worker) look() error {
	ns, err := netns.New()
	if err == nil {
		return ns.Close()
	}
	before, askErr := w.ask(context.Background(), "snapshot")
	if askErr != nil {
		return fmt.Errorf("%w, and what is in the only one cannot be listed: %w", err, askErr)
	}
	w.bare = &bare{why: err.Error(), before: before}
	return nil
}

// clean deletes what was not there when the worker started.
func (b *bare) clean(ctx context.Context, w *worker) error {
	got, err := w.ask(ctx, "clean", b.before)
	if err != nil {
		return err
	}
	var left []string
	for v := range starlark.Elements(got.(starlark.Iterable)) {
		text, _ := starlark.AsString(v)
		left = append(left, text)
	}
	if len(left) > 0 {
		return fmt.Errorf("the scenario left what cannot be deleted: %s", strings.Join(left, ", "))
	}
	return nil
}

// enter goes where a scenario runs, and prepares that.
func (w *worker) enter(setUp ...func() error) error {
	if w.bare == nil {
		return netns.EnterNew(setUp...)
	}
	for _, do := range setUp {
		_ = do() // a kernel that has no namespaces may well lack the settings, too
	}
	return nil
}
