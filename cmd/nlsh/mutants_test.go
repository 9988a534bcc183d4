package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/scenario"
)

// wantNoticed is in how many scenarios a changed bit must be noticed.
const wantNoticed = 30

// TestMutants changes one bit of what the kernel answers, in a value that the golden file has: the scenario must fail, with a difference that
// names the field. A suite in which that goes unnoticed looks at nothing. It is enough that some do, unless NLSH_MUTANTS=all says otherwise.
func TestMutants(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("it runs the suite several times: not with -short")
	}
	all := os.Getenv("NLSH_MUTANTS") == "all"
	var left []scenario.Scenario
	mutants := map[string][]mutant{}
	for i, s := range goldenScenarios(t) {
		if s.Test == "" || s.Problem != "" || !all && i%3 != 0 {
			continue
		}
		if mutants[s.Name] = mutantsOf(t, s); len(mutants[s.Name]) > 0 {
			left = append(left, s)
		}
	}
	total, skipped, noticed := len(left), 0, map[string]mutant{}
	for round := 0; len(left) > 0 && (all || len(noticed) < wantNoticed); round++ {
		one := &mutator{Pool: testPool(2), pick: map[string]string{}}
		left = slices.DeleteFunc(left, func(s scenario.Scenario) bool { return round >= len(mutants[s.Name]) })
		for _, s := range left {
			one.pick[s.Name] = mutants[s.Name][round].String()
		}
		o := scenario.Options{Timeout: time.Minute, NoWrite: true, SpecPath: specsBeside}
		results, err := scenario.Run(t.Context(), o, left, one)
		if err != nil {
			t.Fatal(err)
		}
		done := map[string]bool{}
		for _, r := range results {
			if one.pick[r.Name] == "" {
				continue // a section of a scenario that is not run again
			}
			m := mutants[r.Name][round]
			if r.Verdict == scenario.Skip {
				done[r.Name] = true
				skipped++
			} else if m.named(r) {
				done[r.Name] = true
				noticed[r.Name] = m
			}
		}
		left = slices.DeleteFunc(left, func(s scenario.Scenario) bool { return done[s.Name] })
	}
	for _, name := range slices.Sorted(maps.Keys(noticed)) {
		t.Logf("%s: %s", name, noticed[name])
	}
	t.Logf("noticed in %d of %d scenarios, %d of which are skipped here", len(noticed), total, skipped)
	if len(noticed) < min(wantNoticed, total-skipped) {
		t.Errorf("noticed in %d scenarios, want %d", len(noticed), wantNoticed)
	}
}

// mutant is a bit of a value in the nth message that has it.
type mutant struct {
	path string
	nth  int
}

func (m mutant) String() string { return fmt.Sprintf("%s#%d", m.path, m.nth) }

// named says whether the scenario failed by a difference in which the field is named.
func (m mutant) named(r *scenario.Result) bool {
	if r.Verdict != scenario.Fail {
		return false
	}
	leaf := m.path[strings.LastIndexByte(m.path, '.')+1:]
	if slices.ContainsFunc(r.Changes, func(c golden.Change) bool { return c.Field == leaf || strings.HasSuffix(c.Field, "."+leaf) }) {
		return true
	}
	return inLines(r.Diff, leaf)
}

// inLines says whether a difference by lines has the name in a line that differs: in a field that is a part of a message that did not come
// otherwise.
func inLines(diff, leaf string) bool {
	for line := range strings.Lines(diff) {
		if (line[0] == '-' || line[0] == '+') && slices.ContainsFunc(strings.Fields(line), func(word string) bool {
			return word == leaf || strings.HasSuffix(word, "."+leaf)
		}) {
			return true
		}
	}
	return false
}

// mostNth is how many messages are tried for each value: the first that have it may be ones that the scenario does not write down.
const mostNth = 4

// mutantsOf lists what may be changed: the values that the golden file has, each in the first messages that have it.
func mutantsOf(t *testing.T, s scenario.Scenario) (list []mutant) {
	t.Helper()
	text, err := os.ReadFile(s.Golden)
	if err != nil {
		t.Error(err)
		return nil
	}
	f, err := golden.Parse(string(text))
	if err != nil {
		t.Error(err)
		return nil
	}
	section := f.Find(s.Test)
	if section == nil {
		t.Errorf("%s has no section %s", s.Golden, s.Test)
		return nil
	}
	paths := pathsIn(section.Text)
	for nth := 1; nth <= mostNth; nth++ {
		for _, p := range paths {
			list = append(list, mutant{p, nth})
		}
	}
	return list
}

// pathsIn are the names of the values of a section, those inside of others with these.
func pathsIn(text string) (paths []string) {
	type nest struct {
		indent int
		name   string
	}
	var around []nest
	for line := range strings.Lines(text) {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		for len(around) > 0 && around[len(around)-1].indent >= indent {
			around = around[:len(around)-1]
		}
		if indent == 0 || name == "" || name == "-" || value == "None" || value == "True" {
			continue
		}
		path := name
		if len(around) > 0 {
			path = around[len(around)-1].name + "." + name
		}
		if value == "" {
			around = append(around, nest{indent, path})
		} else if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// mutator runs each scenario with a change of its own.
type mutator struct {
	*scenario.Pool
	pick map[string]string
}

// Run implements [scenario.Executor].
func (m *mutator) Run(ctx context.Context, jobs []scenario.Job, done func(*scenario.Result)) error {
	for i := range jobs {
		jobs[i].Mutate = m.pick[jobs[i].Name]
	}
	return m.Pool.Run(ctx, jobs, done)
}
