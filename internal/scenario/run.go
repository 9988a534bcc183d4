package scenario

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/golden"
)

// Options say which scenarios are run, and how.
type Options struct {
	Run      *regexp.Regexp // of names; nil is all
	Tag      string
	Shard    [2]int  // of so many parts (the second), this one (from 1); 0 is all
	Repeat   int     // how often each is run; 0 is 1
	Shuffle  *uint64 // the seed of a random order
	Retries  int     // of what has failed
	Timeout  time.Duration
	Scale    float64
	Specs    []string
	SpecPath func(name string) string // where a spec of the kernel is, "" if nowhere
	Tap      bool
	Mutate   string

	Skips *Skips // which scenarios may be skipped; nil is all

	Update  bool // golden files are rewritten
	Variant bool // as variants of the kernel, where the common one has something else
	NoWrite bool // nothing is written, not even what was printed beside the golden file

	Done func(*Result) // called as each scenario is judged; may be nil
}

// updateRuns is how often a scenario is run before what it prints becomes its golden file.
const updateRuns = 3

// Select returns the scenarios that the options ask for.
func Select(found []Scenario, o Options) []Scenario {
	var list []Scenario
	for _, s := range found {
		if o.Run != nil && !o.Run.MatchString(s.Name) || o.Tag != "" && !slices.Contains(s.Tags, o.Tag) {
			continue
		}
		list = append(list, s)
	}
	if o.Shard[1] == 0 {
		return list
	}
	var part []Scenario
	for i, s := range list {
		if i%o.Shard[1] == o.Shard[0]-1 {
			part = append(part, s)
		}
	}
	return part
}

// Run runs the scenarios and judges them. found is all there are: those of a golden file that are not selected stay as they are
// in it. The results are in the order of the scenarios, and of their repetitions. An error is one of the run, not of a scenario; the
// results are then those that there are.
func Run(ctx context.Context, o Options, found []Scenario, exec Executor) ([]*Result, error) {
	r := &run{o: o, found: found, selected: Select(found, o), golden: newShelf(o, found), began: map[int]bool{}}
	if r.o.Repeat < 1 {
		r.o.Repeat = 1
	}
	if o.Update {
		r.o.Repeat, r.o.Retries = max(r.o.Repeat, updateRuns), 0
	}
	err := r.execute(ctx, exec)
	if err == nil && o.Update {
		r.accept()
		err = r.golden.write()
	}
	if err == nil {
		r.stale()
		r.unskipped()
		err = r.golden.keep(r.results)
	}
	for _, res := range r.results {
		if res != nil && o.Done != nil && (o.Update || res.Attempts > 0 && !r.began[res.ID]) {
			o.Done(res)
		}
	}
	return slices.DeleteFunc(r.results, func(res *Result) bool { return res == nil }), err
}

// run is a run.
type run struct {
	o        Options
	found    []Scenario
	selected []Scenario
	golden   *shelf
	results  []*Result // by id; nil for what was not run
	began    map[int]bool
}

func (r *run) scenario(id int) *Scenario { return &r.selected[id/r.o.Repeat] }

// execute runs everything, and what fails again.
func (r *run) execute(ctx context.Context, exec Executor) error {
	var jobs []Job
	r.results = make([]*Result, len(r.selected)*r.o.Repeat)
	for id := range r.results {
		s := r.scenario(id)
		if s.Problem != "" {
			r.done(&Result{ID: id, Verdict: Fail, Error: s.Problem, Attempts: 1})
			continue
		}
		job, missing := r.job(id, s)
		if missing != "" {
			r.done(&Result{ID: id, Verdict: Skip, Reason: missing, Attempts: 1})
			continue
		}
		jobs = append(jobs, job)
	}
	if r.o.Shuffle != nil {
		random := rand.New(rand.NewPCG(*r.o.Shuffle, 0))
		random.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
	}
	for attempt := 1; len(jobs) > 0; attempt++ {
		var again []Job
		byID := map[int]Job{}
		for _, job := range jobs {
			byID[job.ID] = job
		}
		err := exec.Run(ctx, jobs, func(res *Result) {
			res.Attempts = attempt
			r.judge(res)
			if res.Verdict.Bad() && attempt <= r.o.Retries {
				again = append(again, byID[res.ID])
				if r.results[res.ID] == nil {
					r.results[res.ID] = res
				}
				return
			}
			r.retried(res)
			r.done(res)
		})
		if err != nil {
			return err
		}
		jobs = again
	}
	return nil
}

// retried is about a scenario that has failed before.
func (r *run) retried(res *Result) {
	first := r.results[res.ID]
	if first == nil {
		return
	}
	res.First = first
	if res.Verdict == Pass {
		res.Verdict = Flaky
		res.Reason = fmt.Sprintf("it passed at attempt %d", res.Attempts)
	}
}

// done keeps a result.
func (r *run) done(res *Result) {
	s := r.scenario(res.ID)
	res.File, res.Test, res.Line, res.Name = s.File, s.Test, s.Line, s.Name
	r.o.Skips.judge(res)
	r.results[res.ID] = res
	if r.o.Done != nil && !r.o.Update {
		r.began[res.ID] = true
		r.o.Done(res)
	}
}

func (r *run) job(id int, s *Scenario) (job Job, missing string) {
	job = Job{
		ID: id, File: s.path, Test: s.Test, Name: s.Name, Args: s.Args, Needs: s.Needs, Specs: r.o.Specs,
		Timeout: r.o.Timeout, Scale: r.o.Scale, Tap: r.o.Tap, Mutate: r.o.Mutate, exclusive: s.Exclusive,
	}
	if r.o.Scale > 1 {
		job.Timeout = time.Duration(float64(job.Timeout) * r.o.Scale)
	}
	for _, name := range s.Specs {
		dir := ""
		if r.o.SpecPath != nil {
			dir = r.o.SpecPath(name)
		}
		if dir == "" {
			return job, fmt.Sprintf("specs:%s: the kernel's specs are not at hand (set NLSH_SHARED, or give --specs)", name)
		}
		job.Specs = append(slices.Clone(job.Specs), dir)
	}
	return job, ""
}

// judge compares what a scenario has printed with its golden file. What failed by itself is not compared.
func (r *run) judge(res *Result) {
	s := r.scenario(res.ID)
	res.File, res.Test, res.Line, res.Name = s.File, s.Test, s.Line, s.Name
	store, err := r.golden.of(s.Golden, res.Kernel)
	res.Golden = s.Golden
	if store != nil {
		res.Golden = store.file
	}
	if res.Verdict == Pass {
		r.compare(res, store, err)
	}
	if res.Expected == "" || res.Verdict == Skip || res.Verdict == Broken {
		return
	}
	if res.Verdict == Pass {
		res.Verdict, res.Reason = Fail, "it passes, though it is expected to fail: "+res.Expected
		return
	}
	res.Verdict, res.Reason = XFail, res.Expected
}

func (r *run) compare(res *Result, store *sheet, err error) {
	if r.o.Update && res.Expected == "" {
		return // accept will look
	}
	if err != nil {
		res.Verdict, res.Reason = Fail, err.Error()
		return
	}
	want, file, why := store.section(res.Test)
	res.Golden = file
	if why != "" {
		res.Verdict, res.Reason, res.New = Fail, why+" (to make it: -update)", true
		return
	}
	res.compareWith(want)
}

// accept makes what scenarios have printed their golden files, if it was the same each time.
func (r *run) accept() {
	for id := 0; id < len(r.results); id += r.o.Repeat {
		group := r.results[id : id+r.o.Repeat]
		first := group[0]
		for _, res := range group[1:] {
			if first.Verdict == Pass && res.Verdict != Pass {
				first = res
			}
			if first.Verdict == Pass && res.Output != first.Output {
				first.compareWith(res.Output)
				first.Verdict, first.Reason = Fail, fmt.Sprintf("it does not print the same in %d runs: nothing was written%s", r.o.Repeat, volatile(first.Changes))
			}
		}
		for i := range group[1:] {
			group[i+1] = nil
		}
		r.results[id] = first
		if first.Verdict == Pass {
			first.Written = r.golden.put(r.scenario(id), first)
		}
	}
}

// volatile says which fields are to be left out for an output to be the same each time, "" if no field is the reason.
func volatile(changes []golden.Change) string {
	var fields []string
	for _, c := range changes {
		if c.Field == "" {
			return "" // other messages came
		}
		if f := strconv.Quote(c.Field); !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	if fields == nil {
		return ""
	}
	return "; to leave out what differs: omit = [" + strings.Join(fields, ", ") + "]"
}

// stale finds the sections of golden files of which the scenario is gone.
func (r *run) stale() {
	if !r.o.Whole() {
		return // of a part one cannot tell
	}
	files := map[string]*Scenario{}
	for i := range r.found {
		files[r.found[i].Golden] = &r.found[i]
	}
	for _, sheet := range r.golden.all() {
		s := files[sheet.common]
		if sheet.parsed == nil {
			continue
		}
		for _, name := range sheet.parsed.Stale(sheet.tests) {
			res := &Result{ID: len(r.results), File: s.File, Test: name, Name: baseOf(s.Name) + "/" + name, Verdict: Fail, Golden: sheet.file, Attempts: 1,
				Reason: fmt.Sprintf("%s has a section %s, and %s has no such function (to remove it: -update)", sheet.file, name, s.File)}
			r.results = append(r.results, res)
		}
	}
}

// unskipped finds the expected skips of scenarios that there are not.
func (r *run) unskipped() {
	if r.o.Skips == nil || !r.o.Skips.All || !r.o.Whole() {
		return
	}
	for _, line := range r.o.Skips.unused(r.found) {
		r.results = append(r.results, &Result{ID: len(r.results), Name: line.name, Verdict: Fail, Attempts: 1,
			Reason: fmt.Sprintf("%s:%d: there is no such scenario", r.o.Skips.file, line.number)})
	}
}

// ErrNone says that there is nothing to run.
var ErrNone = errors.New("no scenarios")
