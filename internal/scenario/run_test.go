package scenario

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fake is an executor that answers out of a function, without a process.
type fake struct {
	answer func(job Job, nth int) Result // nth: how often the scenario has run before
	ran    []string
	times  map[string]int
}

func (f *fake) Run(_ context.Context, jobs []Job, done func(*Result)) error {
	if f.times == nil {
		f.times = map[string]int{}
	}
	for _, job := range jobs {
		f.ran = append(f.ran, job.Name)
		r := f.answer(job, f.times[job.Name])
		f.times[job.Name]++
		r.ID, r.Kernel = job.ID, "6.18"
		if r.Verdict == "" {
			r.Verdict = Pass
		}
		done(&r)
	}
	return nil
}

// prints answers with the same output for all.
func prints(out string) *fake {
	return &fake{answer: func(Job, int) Result { return Result{Output: out} }}
}

// tree writes files and goes there.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func mustFind(t *testing.T, paths ...string) []Scenario {
	t.Helper()
	if len(paths) == 0 {
		paths = []string{"."}
	}
	found, err := Find(paths)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func mustRun(t *testing.T, o Options, exec Executor) []*Result {
	t.Helper()
	o.Timeout = time.Second
	results, err := Run(t.Context(), o, mustFind(t), exec)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// verdicts is all results in short: "a/test_x pass; ...".
func verdicts(results []*Result) string {
	var parts []string
	for _, r := range results {
		parts = append(parts, r.Name+" "+string(r.Verdict))
	}
	return strings.Join(parts, "; ")
}

func wantVerdicts(t *testing.T, results []*Result, want string) {
	t.Helper()
	if got := verdicts(results); got != want {
		t.Errorf("got %s, want %s", got, want)
		for _, r := range results {
			t.Logf("%s: %s %s %s", r.Name, r.Reason, r.Error, r.Diff)
		}
	}
}

func wantFile(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if want == "" && errors.Is(err, os.ErrNotExist) {
		return
	}
	if string(got) != want {
		t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
	}
}

const two = "def test_a(t):\n    pass\ndef test_b(t):\n    pass\n"

func TestJudge(t *testing.T) {
	const gold = "# nlsh golden 1\n=== test_a\nhello\n=== test_b\nbye\n"
	for _, c := range []struct {
		name, golden string
		a            Result // of test_a; test_b prints what it should
		want, reason string
		pending      bool
	}{
		{"as wanted", gold, Result{Output: "hello\n"}, "x/test_a pass; x/test_b pass", "", false},
		{"something else", gold, Result{Output: "hallo\n"}, "x/test_a fail; x/test_b pass", "", true},
		{"an error", gold, Result{Verdict: Fail, Error: "it broke", Output: "hello\n"}, "x/test_a fail; x/test_b pass", "", false},
		{"nothing, where something is wanted", gold, Result{}, "x/test_a fail; x/test_b pass", "", true},
		{"nothing, as wanted", strings.Replace(gold, "hello\n", "", 1), Result{}, "x/test_a pass; x/test_b pass", "", false},
		{"no golden file", "", Result{Output: "hello\n"}, "x/test_a fail; x/test_b fail", "there is no golden file x.golden (to make it: -update)", true},
		{"no section", "# nlsh golden 1\n=== test_b\nbye\n", Result{}, "x/test_a fail; x/test_b pass", "x.golden has no section test_a (to make it: -update)", false},
		{"of a program", "hello\n-- exit status 0\n", Result{}, "x/test_a fail; x/test_b fail", "x.golden is the golden file of a program, without sections (to make it: -update)", false},
		{"stale section", gold + "=== test_old\n", Result{Output: "hello\n"}, "x/test_a pass; x/test_b pass; x/test_old fail", "", false},
		{"conflict", "# nlsh golden 1\n=== test_a\n<<<<<<< HEAD\nhello\n", Result{Output: "hello\n"}, "x/test_a fail; x/test_b fail",
			"x.golden: line 3: got \"<<<<<<< HEAD\", the mark of a merge conflict (settle it, or run with -update)", false},
		{"skip", gold, Result{Verdict: Skip, Reason: "no"}, "x/test_a skip; x/test_b pass", "no", false},
		{"expected to fail, prints something else", gold, Result{Output: "hallo\n", Expected: "known"}, "x/test_a xfail; x/test_b pass", "known", false},
		{"expected to fail, an error", gold, Result{Verdict: Fail, Error: "it broke", Expected: "known"}, "x/test_a xfail; x/test_b pass", "known", false},
		{"expected to fail, passes", gold, Result{Output: "hello\n", Expected: "known"}, "x/test_a fail; x/test_b pass", "it passes, though it is expected to fail: known", false},
		{"expected to fail, worker died", gold, Result{Verdict: Broken, Expected: "known"}, "x/test_a error; x/test_b pass", "", false},
		{"timeout", gold, Result{Verdict: Timeout, Output: "hello\n"}, "x/test_a timeout; x/test_b pass", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"x.star": two}
			if c.golden != "" {
				files["x.golden"] = c.golden
			}
			tree(t, files)
			results := mustRun(t, Options{}, &fake{answer: func(job Job, _ int) Result {
				if job.Test == "test_b" {
					return Result{Output: "bye\n"}
				}
				return c.a
			}})
			wantVerdicts(t, results, c.want)
			if results[0].Reason != c.reason {
				t.Errorf("got reason %q, want %q", results[0].Reason, c.reason)
			}
			_, err := os.Stat("x.golden.new")
			if pending := err == nil; pending != c.pending {
				t.Errorf("x.golden.new is there: %v, want %v", pending, c.pending)
			}
			wantFile(t, "x.golden", c.golden)
		})
	}
}

// What was printed is kept beside the golden file until it is wanted, unless nothing may be written.
func TestPending(t *testing.T) {
	tree(t, map[string]string{"x.star": two, "x.golden": "# nlsh golden 1\n=== test_a\nold\n=== test_b\nold\n", "p.star": "print(1)", "p.golden": "1\n-- exit status 0\n"})
	results := mustRun(t, Options{NoWrite: true}, prints("new\n"))
	wantVerdicts(t, results, "p fail; x/test_a fail; x/test_b fail")
	wantFile(t, "x.golden.new", "")
	if results[1].Diff != "@@ line 1 @@\n- old\n+ new\n" || results[1].Golden != "x.golden" {
		t.Errorf("got %s of %s", results[1].Diff, results[1].Golden)
	}
	mustRun(t, Options{Run: regexp.MustCompile("test_a|p")}, prints("new\n"))
	wantFile(t, "x.golden.new", "# nlsh golden 1\n=== test_a\nnew\n=== test_b\nold\n")
	wantFile(t, "p.golden.new", "new\n")
	mustRun(t, Options{Update: true}, prints("new\n"))
	wantFile(t, "x.golden.new", "")
	wantFile(t, "p.golden.new", "")
	wantFile(t, "p.golden", "new\n")
}

func TestUpdate(t *testing.T) {
	const old = "# nlsh golden 1\n=== test_gone\nx\n=== test_b\nold\n"
	tree(t, map[string]string{"x.star": two, "x.golden": old})
	results := mustRun(t, Options{Update: true, Run: regexp.MustCompile("test_a")}, prints("new\n"))
	wantVerdicts(t, results, "x/test_a pass")
	if !results[0].Written {
		t.Error("it does not say that the file was written")
	}
	wantFile(t, "x.golden", "# nlsh golden 1\n=== test_gone\nx\n=== test_a\nnew\n=== test_b\nold\n")
	exec := prints("new\n")
	wantVerdicts(t, mustRun(t, Options{Update: true}, exec), "x/test_a pass; x/test_b pass")
	wantFile(t, "x.golden", "# nlsh golden 1\n=== test_a\nnew\n=== test_b\nnew\n")
	if exec.times["x/test_a"] != updateRuns {
		t.Errorf("got %d runs before it was accepted, want %d", exec.times["x/test_a"], updateRuns)
	}
	for _, r := range mustRun(t, Options{Update: true}, prints("new\n")) {
		if r.Written {
			t.Errorf("%s: written, though nothing has changed", r.Name)
		}
	}
}

// What is not the same each time, fails, or is expected to fail, does not become what is wanted.
func TestUpdateRefuses(t *testing.T) {
	const gold = "# nlsh golden 1\n=== test_a\nold\n=== test_b\nold\n"
	for name, answer := range map[string]func(Job, int) Result{
		"random":   func(_ Job, nth int) Result { return Result{Output: strings.Repeat("x", nth)} },
		"fails":    func(_ Job, nth int) Result { return Result{Output: "new\n", Verdict: Fail, Error: "no"} },
		"once":     func(_ Job, nth int) Result { return Result{Verdict: []Verdict{Pass, Pass, Timeout}[nth]} },
		"expected": func(_ Job, nth int) Result { return Result{Output: "new\n", Expected: "known"} },
	} {
		t.Run(name, func(t *testing.T) {
			tree(t, map[string]string{"x.star": two, "x.golden": gold})
			for _, r := range mustRun(t, Options{Update: true}, &fake{answer: answer}) {
				if r.Written || r.Verdict == Pass {
					t.Errorf("%s: got %s, written: %v", r.Name, r.Verdict, r.Written)
				}
			}
			wantFile(t, "x.golden", gold)
		})
	}
}

// A conflict goes with an update of the whole file; of a part, it would take the other sections along.
func TestUpdateOfConflict(t *testing.T) {
	const gold = "# nlsh golden 1\n=== test_a\n<<<<<<< HEAD\nold\n"
	tree(t, map[string]string{"x.star": two, "x.golden": gold})
	results := mustRun(t, Options{Update: true, Run: regexp.MustCompile("test_a")}, prints("new\n"))
	wantVerdicts(t, results, "x/test_a fail")
	wantFile(t, "x.golden", gold)
	wantVerdicts(t, mustRun(t, Options{Update: true}, prints("new\n")), "x/test_a pass; x/test_b pass")
	wantFile(t, "x.golden", "# nlsh golden 1\n=== test_a\nnew\n=== test_b\nnew\n")
}

func TestVariants(t *testing.T) {
	const gold = "# nlsh golden 1\n=== test_a\nold\n=== test_b\nsame\n"
	answer := func(job Job, _ int) Result {
		return Result{Output: map[string]string{"test_a": "new\n", "test_b": "same\n"}[job.Test]}
	}
	tree(t, map[string]string{"x.star": two, "x.golden": gold})
	if r := mustRun(t, Options{Update: true, Variant: true}, &fake{answer: answer})[0]; !r.Written || r.Golden != "x@6.18.golden" {
		t.Errorf("got written %v, %s, want x@6.18.golden", r.Written, r.Golden)
	}
	wantFile(t, "x.golden", gold)
	wantFile(t, "x@6.18.golden", "# nlsh golden 1\n=== test_a\nnew\n")
	results := mustRun(t, Options{}, &fake{answer: answer})
	wantVerdicts(t, results, "x/test_a pass; x/test_b pass")
	if results[0].Golden != "x@6.18.golden" || results[1].Golden != "x.golden" {
		t.Errorf("compared with %s and %s", results[0].Golden, results[1].Golden)
	}
	if orphans, err := Orphans([]string{"."}); err != nil || orphans != nil {
		t.Errorf("got %q, %v: a variant belongs to its scenario", orphans, err)
	}
}

// A variant has what differs, and is gone when nothing does.
func TestVariantOfSections(t *testing.T) {
	const variant = "# nlsh golden 1\n=== test_a\nnew\n"
	files := map[string]string{"x.star": two, "x.golden": "# nlsh golden 1\n=== test_a\nold\n=== test_b\nsame\n", "x@6.18.golden": variant}
	tree(t, files)
	wantVerdicts(t, mustRun(t, Options{}, prints("new\n")), "x/test_a pass; x/test_b fail")
	wantFile(t, "x@6.18.golden.new", variant+"=== test_b\nnew\n")
	wantFile(t, "x@6.18.golden", variant)

	mustRun(t, Options{Update: true}, prints("old\n"))
	wantFile(t, "x@6.18.golden", "# nlsh golden 1\n=== test_b\nold\n")
	wantFile(t, "x.golden", files["x.golden"])
	mustRun(t, Options{Update: true, Run: regexp.MustCompile("test_b")}, prints("same\n"))
	if _, err := os.Stat("x@6.18.golden"); err == nil {
		t.Error("x@6.18.golden is there, and says nothing")
	}

	tree(t, map[string]string{"x.star": two, "x.golden": "# nlsh golden 1\n=== test_a\n<<<<<<< HEAD\n", "x@6.18.golden": variant})
	results := mustRun(t, Options{NoWrite: true}, prints("new\n"))
	wantVerdicts(t, results, "x/test_a fail; x/test_b fail")
	if !strings.HasPrefix(results[0].Reason, "x.golden: line 3") {
		t.Errorf("got %q", results[0].Reason)
	}
}

func TestRetries(t *testing.T) {
	tree(t, map[string]string{"x.star": two, "x.golden": "# nlsh golden 1\n=== test_a\nok\n=== test_b\nok\n"})
	exec := &fake{answer: func(job Job, nth int) Result {
		if job.Test == "test_a" && nth < 2 {
			return Result{Verdict: Fail, Error: []string{"first", "second"}[nth]}
		}
		return Result{Output: map[string]string{"test_a": "ok\n"}[job.Test]}
	}}
	results := mustRun(t, Options{Retries: 2}, exec)
	wantVerdicts(t, results, "x/test_a flaky; x/test_b fail")
	if r := results[0]; r.First == nil || r.First.Error != "first" || r.Attempts != 3 {
		t.Errorf("got %+v, want the first failure of three attempts", r)
	}
	if exec.times["x/test_b"] != 3 {
		t.Errorf("got %d attempts, want 3", exec.times["x/test_b"])
	}
}

func TestOrderAndParts(t *testing.T) {
	src := ""
	for _, c := range "abcdefghij" {
		src += "def test_" + string(c) + "(t): pass\n"
	}
	tree(t, map[string]string{"x.star": src})
	order := func(o Options) []string {
		o.NoWrite = true
		exec := prints("")
		mustRun(t, o, exec)
		return exec.ran
	}
	plain := order(Options{})
	if !slices.IsSorted(plain) || len(plain) != 10 {
		t.Errorf("got %q, want the order of the file", plain)
	}
	seed, other := uint64(7), uint64(8)
	first, again, third := order(Options{Shuffle: &seed}), order(Options{Shuffle: &seed}), order(Options{Shuffle: &other})
	if !slices.Equal(first, again) || slices.Equal(first, third) || slices.Equal(first, plain) {
		t.Errorf("got %q, %q, %q: one seed is one order", first, again, third)
	}
	if slices.Sort(third); !slices.Equal(third, plain) {
		t.Errorf("got %q, want each once", third)
	}
	var all []string
	for part := 1; part <= 3; part++ {
		all = append(all, order(Options{Shard: [2]int{part, 3}})...)
	}
	if slices.Sort(all); !slices.Equal(all, plain) {
		t.Errorf("got %q of three parts, want each once", all)
	}
	if got := order(Options{Repeat: 3, Run: regexp.MustCompile("^x/test_[ab]$")}); len(got) != 6 {
		t.Errorf("got %q, want two scenarios three times", got)
	}
}

func TestExpectedSkips(t *testing.T) {
	tree(t, map[string]string{"x.star": two + "def test_c(t): pass\ndef test_d(t): pass\n", "skips": `
# why
x/test_a: link:vrf
x/test_b: link:vrf
x/test_d: link:bond
y/test_x: gone
`, "bad": "x/test_a\n"})
	if _, err := ReadSkips("bad"); err == nil || !strings.HasPrefix(err.Error(), `bad:1: got "x/test_a", want `) {
		t.Errorf("got %v", err)
	}
	skips, err := ReadSkips("skips")
	if err != nil {
		t.Fatal(err)
	}
	skips.All = true
	if err := os.WriteFile("x.golden", []byte("# nlsh golden 1\n=== test_b\n=== test_c\n=== test_a\n=== test_d\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	results := mustRun(t, Options{Skips: skips}, &fake{answer: func(job Job, _ int) Result {
		if job.Test == "test_b" {
			return Result{}
		}
		return Result{Verdict: Skip, Reason: "link:vrf: EOPNOTSUPP"}
	}})
	wantVerdicts(t, results, "x/test_a skip; x/test_b fail; x/test_c fail; x/test_d fail; y/test_x fail")
	for i, want := range []string{"link:vrf: EOPNOTSUPP", "it is not skipped any more (remove it from skips:4)", "this skip is not expected: link:vrf: EOPNOTSUPP",
		"it is skipped for another reason than skips:5 says: link:vrf: EOPNOTSUPP", "skips:6: there is no such scenario"} {
		if results[i].Reason != want {
			t.Errorf("got %q, want %q", results[i].Reason, want)
		}
	}
}

func TestFind(t *testing.T) {
	tree(t, map[string]string{
		"tests/golden/a.star":              "# needs: vxlan genl:ethtool\n# tags: slow\ndef test_two(t): pass\ndef test_one(t): pass\ndef test_two(t): pass\ndef helper(): pass\n",
		"tests/golden/lib.star":            "x = 1",
		"tests/golden/p.star":              "# args: a b\n# args:\n# specs: ethtool.yaml\nprint(args)",
		"tests/golden/p.golden":            "",
		"tests/golden/old.star":            "print(1)",
		"tests/golden/old@6.1.golden":      "",
		"tests/golden/wrong.star":          "def test_x(t)\n",
		"tests/golden/bad.star":            "x x\n",
		"tests/golden/bad.golden":          "-- stderr\n",
		"tests/golden/alone.star":          "# needs: program:sh\ndef test_x(t):\n    need(\"init_net\", \"program:ip\", \"program:sh\", \"link:veth\")\n",
		"tests/golden/gone.golden":         "",
		"tests/golden/testdata/no.star":    "def test_no(t): pass\n",
		"tests/golden/.git/no.star":        "def test_no(t): pass\n",
		"scripts/tour.star":                "print(1)",
		"tests/golden/scripts-tour.golden": "",
		"scripts/new.star":                 "print(2)",
	})
	names := func(list []Scenario) (names []string) {
		for _, s := range list {
			names = append(names, s.Name)
		}
		return names
	}
	found := mustFind(t, "tests/golden", "scripts", "scripts/tour.star")
	want := []string{"a/test_two", "a/test_one", "alone/test_x", "bad", "old", "p", "wrong", "scripts-tour"}
	if got := names(found); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	by := map[string]Scenario{}
	for _, s := range found {
		by[s.Name] = s
	}
	if s := by["a/test_one"]; !slices.Equal(s.Needs, []string{"link:vxlan", "genl:ethtool"}) || !slices.Equal(s.Tags, []string{"slow"}) || s.Exclusive {
		t.Errorf("got %+v", s)
	}
	if s := by["p"]; len(s.Args) != 2 || !slices.Equal(s.Args[0], []string{"a", "b"}) || len(s.Args[1]) != 0 || !slices.Equal(s.Specs, []string{"ethtool.yaml"}) || s.Golden != "tests/golden/p.golden" {
		t.Errorf("got %+v", s)
	}
	if s := by["scripts-tour"]; s.File != "scripts/tour.star" || s.Golden != "tests/golden/scripts-tour.golden" {
		t.Errorf("got %+v", s)
	}
	if by["bad"].Problem != "" || !strings.Contains(by["wrong"].Problem, "wrong.star:2:1") || !by["alone/test_x"].Exclusive {
		t.Errorf("got %+v, %+v, %+v", by["bad"], by["wrong"], by["alone/test_x"])
	}
	if got := by["alone/test_x"].Programs; !slices.Equal(got, []string{"ip", "sh"}) && !slices.Equal(got, []string{"sh", "ip"}) || by["a/test_one"].Programs != nil {
		t.Errorf("got programs %q and %q, want ip and sh, and none", got, by["a/test_one"].Programs)
	}
	named := mustFind(t, "scripts/new.star", "tests/golden/lib.star")
	if got, want := names(named), []string{"scripts-new", "lib"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q: what is named is a scenario", got, want)
	}
	if err := os.WriteFile("tests/golden/at@b.star", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("tests/golden/at@b.golden", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	abs, err := filepath.Abs("tests")
	if err != nil {
		t.Fatal(err)
	}
	orphans, err := Orphans([]string{"tests", "tests/golden", abs})
	if want := []string{"tests/golden/gone.golden"}; err != nil || !slices.Equal(orphans, want) {
		t.Errorf("got %q, %v, want %q", orphans, err, want)
	}
	if _, err := Find([]string{"nosuch"}); err == nil {
		t.Error("got no error for a path that is not there")
	}
	if got := names(Select(found, Options{Tag: "slow"})); !slices.Equal(got, []string{"a/test_two", "a/test_one"}) {
		t.Errorf("got %q of the tag", got)
	}
}

// A file that does not parse, and one whose specs are not at hand, come to a verdict without a worker.
func TestWithoutWorker(t *testing.T) {
	tree(t, map[string]string{"x.star": "def test_x(t)\n", "p.star": "# specs: ethtool.yaml\n", "p.golden": "\n"})
	exec := prints("")
	results := mustRun(t, Options{SpecPath: func(string) string { return "" }}, exec)
	wantVerdicts(t, results, "p skip; x fail")
	if !strings.HasPrefix(results[0].Reason, "specs:ethtool.yaml: ") || !strings.Contains(results[1].Error, "x.star:2:1") || exec.ran != nil {
		t.Errorf("got %q, %q, ran %q", results[0].Reason, results[1].Error, exec.ran)
	}
}

// broken is an executor that gives up.
type broken struct{}

func (broken) Run(context.Context, []Job, func(*Result)) error { return errors.New("no namespaces") }

func TestRunFails(t *testing.T) {
	tree(t, map[string]string{"x.star": two})
	results, err := Run(t.Context(), Options{}, mustFind(t), broken{})
	if err == nil || len(results) != 0 {
		t.Errorf("got %v, %v", verdicts(results), err)
	}
	wantFile(t, "x.golden.new", "")
}

func TestKernelOf(t *testing.T) {
	for release, want := range map[string]string{"6.18.3-amd64": "6.18", "6.1.0-56": "6.1", "6.18-rc3": "6.18", "6.12": "6.12", "odd": "odd"} {
		if got := kernelOf(release); got != want {
			t.Errorf("%s: got %s, want %s", release, got, want)
		}
	}
}
