package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/scenario"
)

// Annotations writes what failed as GitHub shows it beside the code: ::error lines (docs.github.com, "Workflow commands"), and ::warning for what
// is flaky.
type Annotations struct {
	W      io.Writer
	kernel string
	err    error
}

// On implements [Report].
func (a *Annotations) On(kernel string) { a.kernel = kernel }

// Add implements [Report].
func (a *Annotations) Add(r *scenario.Result) {
	level, failed := "error", failure(r)
	switch {
	case r.Verdict == scenario.Flaky:
		level = "warning"
	case !r.Verdict.Bad():
		return
	}
	title := string(r.Verdict) + " " + r.Name
	if a.kernel != "" {
		title += " on " + a.kernel
	}
	text := why(failed)
	if len(failed.Changes) > 0 {
		text += "\n" + golden.Explain(failed.Changes)
	} else if failed.Diff != "" {
		text += "\n" + failed.Diff
	}
	_, err := fmt.Fprintf(a.W, "::%s file=%s,line=%d,title=%s::%s\n", level, property(r.File), max(1, r.Line), property(title), data(text))
	if a.err == nil {
		a.err = err
	}
}

// End implements [Report].
func (a *Annotations) End(time.Duration, string) error { return a.err }

// data is the text of a workflow command; property is what stands before it.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
