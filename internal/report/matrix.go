package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/scenario"
)

// matrix compares what became of the scenarios on several kernels.
type matrix struct {
	kernels []string                              // in the order of the first run on each
	on      string                                // the one whose results come now
	counts  map[string]map[scenario.Verdict]int   // by kernel
	byName  map[string]map[string]scenario.Result // by scenario, then kernel: the worst of its results
	names   []string
}

// begin is before the results of a kernel.
func (m *matrix) begin(kernel string) {
	if m.counts == nil {
		m.counts, m.byName = map[string]map[scenario.Verdict]int{}, map[string]map[string]scenario.Result{}
	}
	m.on = kernel
	if m.counts[kernel] == nil {
		m.kernels = append(m.kernels, kernel)
		m.counts[kernel] = map[scenario.Verdict]int{}
	}
}

func (m *matrix) add(r *scenario.Result) {
	m.counts[m.on][r.Verdict]++
	if m.byName[r.Name] == nil {
		m.byName[r.Name] = map[string]scenario.Result{}
		m.names = append(m.names, r.Name)
	}
	if before, ok := m.byName[r.Name][m.on]; !ok || worse(r.Verdict, before.Verdict) {
		m.byName[r.Name][m.on] = scenario.Result{Verdict: r.Verdict, Kernel: r.Kernel}
	}
}

// text has a line for each kernel, and one for each scenario whose verdicts differ.
func (m *matrix) text() string {
	var b strings.Builder
	width := len("kernel")
	for _, k := range m.kernels {
		width = max(width, len(k))
	}
	verdicts := slices.DeleteFunc(scenario.Verdicts(), func(v scenario.Verdict) bool {
		return !slices.ContainsFunc(m.kernels, func(k string) bool { return m.counts[k][v] > 0 })
	})
	fmt.Fprintf(&b, "%-*s", width, "kernel")
	for _, v := range verdicts {
		fmt.Fprintf(&b, "  %7s", v)
	}
	b.WriteByte('\n')
	for _, k := range m.kernels {
		fmt.Fprintf(&b, "%-*s", width, k)
		for _, v := range verdicts {
			fmt.Fprintf(&b, "  %7d", m.counts[k][v])
		}
		b.WriteByte('\n')
	}
	for _, name := range m.names {
		if line := m.differs(name); line != "" {
			fmt.Fprintf(&b, "  %s: %s\n", name, line)
		}
	}
	return b.String()
}

// differs says what became of a scenario on each kernel, "" if it was the same.
func (m *matrix) differs(name string) string {
	var parts []string
	same := true
	for _, k := range m.kernels {
		got := m.byName[name][k].Verdict
		if got == "" {
			got = "not run"
		}
		parts = append(parts, k+" "+string(got))
		same = same && got == m.byName[name][m.kernels[0]].Verdict
	}
	if same {
		return ""
	}
	return strings.Join(parts, ", ")
}
