package main

import (
	"flag"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/report"
	"github.com/nlsh/nlsh/internal/scenario"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The folders, as seen from here.
const (
	goldenDir  = "../../tests/golden"
	scriptsDir = "../../scripts"
)

// TestGolden runs what nlsh test runs: every script of tests/golden, and of scripts, whether or not it has a golden file yet.
//
//	go test ./cmd/nlsh -run TestGolden -update
func TestGolden(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	found := goldenScenarios(t)
	files := map[string][]scenario.Scenario{}
	for _, s := range found {
		files[s.File] = append(files[s.File], s)
	}
	for _, list := range files {
		name, _, _ := strings.Cut(list[0].Name, "/")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runGolden(t, list)
		})
	}
	orphans, err := scenario.Orphans([]string{goldenDir, scriptsDir})
	if err != nil {
		t.Error(err)
	}
	for _, file := range orphans {
		t.Errorf("%s: there is no script for it", file)
	}
}

func goldenScenarios(t *testing.T) []scenario.Scenario {
	t.Helper()
	var scripts []string
	for _, dir := range []string{goldenDir, scriptsDir} {
		list, err := filepath.Glob(filepath.Join(dir, "*.star"))
		if err != nil || len(list) == 0 {
			t.Fatal("no scripts in", dir, err)
		}
		scripts = append(scripts, list...)
	}
	found, err := scenario.Find(scripts)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// runGolden runs the scenarios of a file.
func runGolden(t *testing.T, list []scenario.Scenario) {
	again := func(r *scenario.Result) string {
		return "nlsh test " + r.File + "; to accept it: go test ./cmd/nlsh -run TestGolden -update"
	}
	o := scenario.Options{Timeout: time.Minute, Update: *update, NoWrite: true, SpecPath: specsBeside}
	results, err := scenario.Run(t.Context(), o, list, testPool(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		t.Run(r.Test, func(t *testing.T) {
			if r.Verdict == scenario.Skip {
				t.Skip(r.Reason)
			}
			if r.Verdict.Bad() {
				var text strings.Builder
				(&report.Text{W: &text, Again: again}).Add(r)
				t.Error(text.String())
			}
		})
	}
}

// specsBeside is where the kernel's own specs are, as seen from here: beside the checkout, if nothing else is said.
func specsBeside(name string) string {
	if dir := new(testSettings).specPath(name); dir != "" {
		return dir
	}
	s := testSettings{settings: settings{specs: []string{"../../../shared/ynl/specs"}}}
	return s.specPath(name)
}

// testPool is workers that are this test binary.
func testPool(workers int) *scenario.Pool {
	return &scenario.Pool{Workers: min(workers, runtime.NumCPU()), Args: []string{"test", "--worker"}, Env: []string{asNlsh + "=1"}}
}
