package report

import (
	"slices"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/scenario"
)

// Report takes the results of a run: for each kernel its name, and then what became of each scenario on it.
type Report interface {
	On(kernel string)
	Add(r *scenario.Result)
	End(elapsed time.Duration, cut string) error // writes what is left to write; the first error of all. cut is why not all have run, "" if they have
}

// results keeps what comes until the end, for a report that begins with how many there are.
type results struct {
	kernels []*onKernel
}

// onKernel is what came of one kernel.
type onKernel struct {
	name string
	list []*scenario.Result
}

// On implements [Report].
func (r *results) On(kernel string) { r.kernels = append(r.kernels, &onKernel{name: kernel}) }

// Add implements [Report].
func (r *results) Add(res *scenario.Result) {
	if len(r.kernels) == 0 {
		r.On("")
	}
	k := r.kernels[len(r.kernels)-1]
	k.list = append(k.list, res)
}

// why is the reason of a verdict in one line.
func why(r *scenario.Result) string {
	switch {
	case r.Reason != "":
		return r.Reason
	case r.Diff != "":
		return "it printed something else than " + r.Golden + " has"
	case r.Error != "":
		lines := strings.SplitN(r.Error, "\n", 3) // where, and what
		return strings.Join(strings.Fields(strings.Join(lines[:min(2, len(lines))], " ")), " ")
	}
	return ""
}

// failure is the result that says what went wrong: of a flaky scenario the one of the first attempt.
func failure(r *scenario.Result) *scenario.Result {
	if r.Verdict == scenario.Flaky {
		return r.First
	}
	return r
}

// worse says which of two verdicts of the same scenario counts.
func worse(a, b scenario.Verdict) bool {
	order := scenario.Verdicts()
	return slices.Index(order, a) > slices.Index(order, b)
}
