package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/scenario"
)

// TAP writes the Test Anything Protocol, version 14 (testanything.org/tap-version-14-specification.html): a line for each result as it comes,
// what there is to know below it, and how many there were.
type TAP struct {
	W      io.Writer
	kernel string
	begun  bool
	count  int
	err    error
}

// On implements [Report].
func (t *TAP) On(kernel string) { t.kernel = kernel }

func (t *TAP) print(format string, args ...any) {
	if !t.begun {
		t.begun = true
		t.print("TAP version 14\n")
	}
	if _, err := fmt.Fprintf(t.W, format, args...); t.err == nil {
		t.err = err
	}
}

// Add implements [Report]. What is expected to fail is a TODO, as the protocol calls it; a flaky scenario is one that passes, and says so.
func (t *TAP) Add(r *scenario.Result) {
	ok, directive := "ok", ""
	switch r.Verdict {
	case scenario.Skip:
		directive = " # SKIP " + tapText(r.Reason)
	case scenario.XFail:
		ok, directive = "not ok", " # TODO "+tapText(r.Reason)
	default:
		if r.Verdict.Bad() {
			ok = "not ok"
		}
	}
	name := r.Name
	if t.kernel != "" {
		name = t.kernel + " " + name
	}
	t.print("%s %d - %s%s\n", ok, t.count+1, tapText(name), directive)
	t.count++
	t.details(r)
}

// details is the block of YAML below a result.
func (t *TAP) details(r *scenario.Result) {
	t.print("  ---\n  verdict: %s\n  duration_ms: %.3f\n", r.Verdict, float64(r.Elapsed)/float64(time.Millisecond))
	if r.File != "" {
		t.print("  file: %q\n", r.File)
	}
	if r.Line > 0 {
		t.print("  line: %d\n", r.Line)
	}
	if r.Verdict == scenario.Flaky || r.Verdict.Bad() {
		failed := failure(r)
		if reason := why(failed); reason != "" {
			t.print("  message: %q\n", reason)
		}
		t.block("diff", failed.Diff)
		t.block("error", failed.Error)
		t.block("log", failed.Log)
	}
	t.print("  ...\n")
}

// block is a text of several lines. The number says how far it is indented, since its first line may begin with spaces.
func (t *TAP) block(name, text string) {
	if text == "" {
		return
	}
	t.print("  %s: |2\n", name)
	for line := range strings.Lines(text) {
		t.print("    %s\n", printable(strings.TrimSuffix(line, "\n")))
	}
}

// tapText is a text in a line of results, where # begins a directive.
func tapText(s string) string { return strings.NewReplacer(`\`, `\\`, "#", `\#`, "\n", " ").Replace(s) }

// printable replaces what YAML or XML cannot have, and what YAML before 1.2 takes for the end of a line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ' && r != '\t' && r != '\n', 0x7f <= r && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfffe, r == 0xffff:
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// End implements [Report]: the plan.
func (t *TAP) End(_ time.Duration, cut string) error {
	if cut != "" {
		t.print("Bail out! %s\n", tapText(cut))
		return t.err
	}
	t.print("1..%d\n", t.count)
	return t.err
}
