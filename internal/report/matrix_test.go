package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/scenario"
)

// Kernels below one another, the worst of several results, and the scenarios that are not the same on all.
func TestMatrix(t *testing.T) {
	var out bytes.Buffer
	text := &Text{W: &out, Several: true, Again: func(*scenario.Result) string { return "" }}
	for _, run := range []struct {
		kernel  string
		results []scenario.Result
	}{
		{"host", []scenario.Result{{Name: "a", Verdict: scenario.Pass}, {Name: "b", Verdict: scenario.Skip}, {Name: "a", Verdict: scenario.Pass}}},
		{"uml:6.1", []scenario.Result{{Name: "b", Verdict: scenario.Skip}, {Name: "a", Verdict: scenario.Timeout}, {Name: "a", Verdict: scenario.Pass}, {Name: "c", Verdict: scenario.Pass}}},
		{"host", []scenario.Result{{Name: "b", Verdict: scenario.Skip}}}, // once more
	} {
		text.On(run.kernel)
		for _, r := range run.results {
			text.Add(&r)
		}
	}
	if err := text.End(time.Second, ""); err != nil {
		t.Fatal(err)
	}
	const want = `== host
== uml:6.1
TIMEOUT a (0s)

== host
kernel      pass     skip  timeout
host           2        2        0
uml:6.1        2        1        1
  a: host pass, uml:6.1 timeout
  c: host not run, uml:6.1 pass
4 pass, 3 skip, 1 timeout in 1s
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
