package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/scenario"
)

// Text is the report for a person: what failed in full, and how many there were.
type Text struct {
	W       io.Writer
	Verbose bool                          // a line for each scenario too
	Again   func(*scenario.Result) string // the command that runs a scenario again
	Several bool                          // kernels: the report ends with a table of them
	Color   bool                          // the terminal shows colours
	Seed    *uint64                       // makes the order of the run come back, nil if that is the usual one

	matrix matrix
	counts map[scenario.Verdict]int
	err    error
}

// Add implements [Report]: it writes what there is to say of a scenario.
func (t *Text) Add(r *scenario.Result) {
	if t.counts == nil {
		t.counts = map[scenario.Verdict]int{}
	}
	t.counts[r.Verdict]++
	if t.Several {
		t.matrix.add(r)
	}
	switch {
	case r.Verdict.Bad():
		t.full(r, t.Again(r))
	case r.Verdict == scenario.Flaky:
		t.line(r)
		first := *r.First
		first.Name = r.Name + ", when it failed"
		t.full(&first, "")
	case t.Verbose || r.Written:
		t.line(r)
	}
}

func (t *Text) print(format string, args ...any) {
	if _, err := fmt.Fprintf(t.W, format, args...); t.err == nil {
		t.err = err
	}
}

// On implements [Report].
func (t *Text) On(kernel string) {
	if t.Several {
		t.matrix.begin(kernel)
		t.print("== %s\n", kernel)
	}
}

// Note writes a line about the run as a whole.
func (t *Text) Note(format string, args ...any) { t.print(format+"\n", args...) }

// line is a scenario in one line.
func (t *Text) line(r *scenario.Result) {
	reason := r.Reason
	if r.Written {
		reason = "wrote " + r.Golden
	}
	if reason != "" {
		reason = ": " + reason
	}
	t.print("%-7s %s%s (%s)\n", r.Verdict, r.Name, reason, rounded(r.Elapsed))
}

// full is all that is known of a failure.
func (t *Text) full(r *scenario.Result, again string) {
	t.print("%-7s %s (%s)\n", strings.ToUpper(string(r.Verdict)), r.Name, rounded(r.Elapsed))
	if r.Reason != "" {
		t.print("  %s\n", r.Reason)
	}
	t.block("", r.Error)
	if r.Diff != "" {
		t.difference(r)
	} else if r.Output != "" {
		t.block("it printed:", r.Output)
	}
	t.block("it wrote to standard error:", r.Log)
	if again != "" {
		t.print("  again: %s\n", again)
	}
	t.print("\n")
}

// mostLines of a text are shown: who wants all of them has the file of results.
const mostLines = 200

// block is a text under a title, indented.
func (t *Text) block(title, text string) {
	if text == "" {
		return
	}
	if title != "" {
		t.print("  %s\n", title)
	}
	list := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range list {
		if i == mostLines {
			t.print("    ... and %d more lines\n", len(list)-i)
			return
		}
		t.print("    %s\n", line)
	}
}

// difference shows what was printed and was not wanted: in which fields of which messages, or in which lines.
func (t *Text) difference(r *scenario.Result) {
	text := r.Diff
	if len(r.Changes) > 0 {
		text = golden.Explain(r.Changes)
	}
	if t.Color {
		text = Coloured(text)
	}
	t.block(r.Golden+" (- is wanted, + was printed):", text)
}

// Coloured gives the lines of a diff the usual colours.
func Coloured(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		colour := ""
		switch line[0] {
		case '-':
			colour = "31"
		case '+':
			colour = "32"
		case '@':
			colour = "36"
		}
		if colour != "" {
			line = "\x1b[" + colour + "m" + strings.TrimSuffix(line, "\n") + "\x1b[m\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// End implements [Report]: how many of each verdict, and in what time.
func (t *Text) End(elapsed time.Duration, cut string) error {
	if cut != "" {
		t.print("%s\n", cut)
	}
	var parts []string
	for _, v := range scenario.Verdicts() {
		if n := t.counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing"}
	}
	if t.Several {
		t.print("%s", t.matrix.text())
	}
	order := ""
	if t.Seed != nil {
		order = fmt.Sprintf(", seed %d", *t.Seed)
	}
	t.print("%s in %s%s\n", strings.Join(parts, ", "), rounded(elapsed), order)
	return t.err
}

func rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(10 * time.Millisecond)
}
