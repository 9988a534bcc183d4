package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/scenario"
)

// samples are results of every verdict, with texts that formats have opinions on.
func samples() []*scenario.Result {
	const nasty = "<a href=\"x\"> & ]]> \x01\xff # 100%, : é"
	failed := &scenario.Result{
		Verdict: scenario.Fail, Name: "link/test_b", Test: "test_b", File: "link.star", Line: 7, Golden: "link.golden",
		Diff: "@@ line 1 @@\n-   mtu 1400\n+   mtu 1401\n", Output: nasty, Log: nasty, Elapsed: 2 * time.Millisecond,
		Changes: []golden.Change{{Message: "newlink", Path: "mtu", Field: "mtu", Want: "1400", Got: "1401"}},
		Messages: []scenario.Message{
			{Time: time.Unix(1, 0), Dir: "out", Family: "route", NetNS: "1", What: "newlink create", Data: []byte{1}},
			{Time: time.Unix(1, 1e6), Dir: "in", Family: "route", NetNS: "1", What: "refused: EEXIST " + nasty, Data: []byte{2}},
			{Time: time.Unix(1, 2e6), Dir: "in", Family: "route", NetNS: "2", What: "getlink 12 times, done"},
		},
	}
	return []*scenario.Result{
		{Verdict: scenario.Pass, Name: "link/test_a", Test: "test_a", File: "link.star", Line: 3, Elapsed: time.Millisecond},
		failed,
		{Verdict: scenario.Skip, Name: "link/test_c", Test: "test_c", File: "link.star", Reason: "link:vrf: EOPNOTSUPP # " + nasty},
		{Verdict: scenario.XFail, Name: "link/test_d", Test: "test_d", File: "link.star", Reason: "not yet"},
		{Verdict: scenario.Flaky, Name: "link/test_e", Test: "test_e", File: "link.star", Attempts: 2, First: failed},
		{Verdict: scenario.Timeout, Name: "hang", File: "hang.star", Reason: "interrupted: it took more than 10s"},
		{Verdict: scenario.Broken, Name: "dies", File: "dies.star", Error: "nlsh: dies.star:1:1\n  the worker ended\n"},
	}
}

// told gives a report the samples, on two kernels if asked to.
func told(t *testing.T, r Report, kernels ...string) {
	t.Helper()
	for _, k := range kernels {
		r.On(k)
		for _, s := range samples() {
			r.Add(s)
		}
	}
	if err := r.End(time.Second, ""); err != nil {
		t.Fatal(err)
	}
}

func TestTAP(t *testing.T) {
	var b strings.Builder
	told(t, &TAP{W: &b}, "host")
	got := b.String()
	for _, want := range []string{
		"TAP version 14\nok 1 - host link/test_a\n  ---\n  verdict: pass\n",
		"not ok 2 - host link/test_b\n",
		"  diff: |2\n    @@ line 1 @@\n    -   mtu 1400\n    +   mtu 1401\n",
		"ok 3 - host link/test_c # SKIP link:vrf: EOPNOTSUPP \\# ",
		"not ok 4 - host link/test_d # TODO not yet\n",
		"ok 5 - host link/test_e\n  ---\n  verdict: flaky\n",
		"not ok 6 - host hang\n",
		"not ok 7 - host dies\n",
		"\n1..7\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	b.Reset()
	told(t, &TAP{W: &b})
	if b.String() != "TAP version 14\n1..0\n" {
		t.Errorf("nothing: got %q", b.String())
	}
}

func TestJUnit(t *testing.T) {
	var b strings.Builder
	told(t, &JUnit{W: &b}, "host", "uml:6.1")
	var got junitSuites
	if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 14 || got.Failures != 2 || got.Errors != 4 || got.Skipped != 4 || len(got.Suites) != 6 {
		t.Errorf("got %d tests, %d failures, %d errors, %d skipped in %d suites", got.Tests, got.Failures, got.Errors, got.Skipped, len(got.Suites))
	}
	cases := got.Suites[0].Cases
	if got.Suites[0].Name != "host link" || len(cases) != 5 {
		t.Fatalf("got %+v", got.Suites[0])
	}
	if c := cases[1]; c.Failure == nil || !strings.Contains(c.Failure.Text, "mtu 1401") || c.Line != 7 || !strings.Contains(c.Out, "]]> ") {
		t.Errorf("what failed: got %+v", c)
	}
	if c := cases[2]; c.Skipped == nil || !strings.Contains(c.Skipped.Message, "EOPNOTSUPP") {
		t.Errorf("what was skipped: got %+v", c)
	}
	if c := cases[4]; c.Failure != nil || c.Properties == nil || c.Properties.List[0] != (junitProperty{"flaky", "true"}) || !strings.Contains(c.Err, "mtu 1401") {
		t.Errorf("what is flaky: got %+v", c)
	}
	if c := got.Suites[2].Cases[0]; c.Error == nil || c.Error.Message != "nlsh: dies.star:1:1 the worker ended" {
		t.Errorf("what could not run: got %+v", c)
	}
}

func TestAnnotations(t *testing.T) {
	var b strings.Builder
	told(t, &Annotations{W: &b}, "uml:6.1")
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	const want = "::error file=link.star,line=7,title=fail link/test_b on uml%3A6.1::it printed something else than link.golden has%0A" +
		"  newlink%0A-   mtu 1400%0A+   mtu 1401%0A"
	if len(lines) != 4 || lines[0] != want {
		t.Errorf("got %q, want %q and three more", lines, want)
	}
	if len(lines) > 1 && !strings.HasPrefix(lines[1], "::warning file=link.star,line=1,title=flaky link/test_e on uml%3A6.1::") {
		t.Errorf("got %q for what is flaky", lines[1])
	}
}

func TestJSONLines(t *testing.T) {
	var b strings.Builder
	told(t, &JSONLines{W: &b}, "host")
	dec := json.NewDecoder(strings.NewReader(b.String()))
	n := 0
	for ; ; n++ {
		var r scenario.Result
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if n == 1 && (len(r.Changes) != 1 || r.Changes[0].Field != "mtu") {
			t.Errorf("got %+v, want the field that differs", r.Changes)
		}
	}
	if n != len(samples()) {
		t.Errorf("got %d lines, want %d", n, len(samples()))
	}
}

// noRoom is a file on a full disk.
type noRoom struct{}

var errNoRoom = errors.New("no room")

func (noRoom) Write([]byte) (int, error) { return 0, errNoRoom }

// A report that cannot be written says so, once.
func TestNoRoom(t *testing.T) {
	for _, r := range []Report{
		&JSONLines{W: noRoom{}}, &TAP{W: noRoom{}}, &JUnit{W: noRoom{}}, &HTML{W: noRoom{}}, &Annotations{W: noRoom{}},
		&Text{W: noRoom{}, Again: func(*scenario.Result) string { return "" }},
	} {
		for _, s := range samples() {
			r.Add(s)
		}
		if err := r.End(time.Second, ""); err == nil || err.Error() != errNoRoom.Error() {
			t.Errorf("%T: got %v, want %v", r, err, errNoRoom)
		}
	}
}

func TestHTML(t *testing.T) {
	var b strings.Builder
	told(t, &HTML{W: &b}, "host", "uml:6.1")
	got := b.String()
	for _, want := range []string{
		`<tr data-name="link/test_b" data-bad><td>link/test_b</td><td class="fail"><a href="#r0-1"`,
		`<details id="r0-1" open>`,
		`<span class="got">+   mtu 1401</span>`,
		`&lt;a href=`,
		`download="host-link-test_b.pcap" href="data:application/vnd.tcpdump.pcap;base64,`,
		`>newlink create<title>`,
		`refused label`,
		`route, namespace 2`,
		`<td class="skip">1 skip</td>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in the page", want)
		}
	}
	if n := strings.Count(got, `<svg class="messages"`); n != 4 {
		t.Errorf("got %d diagrams, want those of what failed and of what failed once, for each kernel", n)
	}
	for _, never := range []string{"ZgotmplZ", `<a href="x">`, "http://", "https://", "src="} {
		if strings.Contains(got, never) {
			t.Errorf("got %q, which a page of its own cannot have", never)
		}
	}
}

// Files in several folders may have the same name, and a scenario may run several times.
func TestSameName(t *testing.T) {
	list := []*scenario.Result{
		{Verdict: scenario.Pass, Name: "x/test_a", Test: "test_a", File: "a/x.star"},
		{Verdict: scenario.Fail, Name: "x/test_a", Test: "test_a", File: "b/x.star"},
		{Verdict: scenario.Flaky, Name: "x/test_a", Test: "test_a", File: "a/x.star", First: &scenario.Result{}},
		{Verdict: scenario.Pass, Name: "x/test_a", Test: "test_a", File: "a/x.star"},
	}
	var page, suites strings.Builder
	for _, r := range []Report{&HTML{W: &page}, &JUnit{W: &suites}} {
		for _, res := range list {
			r.Add(res)
		}
		if err := r.End(0, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []string{
		`<tr data-name="x/test_a" data-bad><td>x/test_a</td><td class="flaky"><a href="#r0-2" title="">flaky</a></td></tr>`,
		`<tr data-name="x/test_a" data-bad><td>x/test_a</td><td class="fail"><a href="#r0-1" title="">fail</a></td></tr>`,
	} {
		if !strings.Contains(page.String(), row) {
			t.Errorf("want %q in\n%s", row, page.String())
		}
	}
	for _, suite := range []string{`<testsuite name="x" file="a/x.star" tests="3"`, `<testsuite name="x" file="b/x.star" tests="1" failures="1"`} {
		if !strings.Contains(suites.String(), suite) {
			t.Errorf("want %q in\n%s", suite, suites.String())
		}
	}
}

// What fails at each attempt is shown as it failed last, whole.
func TestFailedTwice(t *testing.T) {
	r := &scenario.Result{
		Verdict: scenario.Fail, Name: "x", Attempts: 2, Golden: "x.golden", Diff: "@@ line 1 @@\n- last\n",
		First: &scenario.Result{Verdict: scenario.Timeout, Name: "x", Reason: "at first"},
	}
	var text, page, tap, junit, notes strings.Builder
	for name, one := range map[string]struct {
		r   Report
		out *strings.Builder
	}{
		"text": {&Text{W: &text, Again: func(*scenario.Result) string { return "" }}, &text}, "html": {&HTML{W: &page}, &page},
		"tap": {&TAP{W: &tap}, &tap}, "junit": {&JUnit{W: &junit}, &junit}, "annotations": {&Annotations{W: &notes}, &notes},
	} {
		one.r.Add(r)
		if err := one.r.End(0, ""); err != nil {
			t.Fatal(err)
		}
		if got := one.out.String(); !strings.Contains(got, "- last") || strings.Contains(got, "at first") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// What a block of YAML cannot have is replaced, and what ends a line for some readers: the next one would not be indented.
func TestPrintable(t *testing.T) {
	const odd = "a\x00\x1b\r\x7f\u0085\u009b\u2028\u2029\ufffe\xffb\t\u00e9\n"
	if got, want := printable(odd), "a"+strings.Repeat("\ufffd", 10)+"b\t\u00e9\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A run that was ended early does not look like one that was not.
func TestCut(t *testing.T) {
	var tap, junit, page, text strings.Builder
	for _, r := range []Report{&TAP{W: &tap}, &JUnit{W: &junit}, &HTML{W: &page}, &Text{W: &text}} {
		r.On("host")
		r.Add(samples()[0])
		if err := r.End(time.Second, "interrupted"); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct{ got, want, never string }{
		{tap.String(), "\nBail out! interrupted\n", "1..1"},
		{junit.String(), `errors="1"`, `errors="0" skipped="0" time="1.000000"`},
		{page.String(), "interrupted: not all have run", ""},
		{text.String(), "interrupted\n1 pass in", ""},
	} {
		if !strings.Contains(c.got, c.want) || c.never != "" && strings.Contains(c.got, c.never) {
			t.Errorf("got %s, want %q", c.got, c.want)
		}
	}
}
