package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/nlsh/nlsh/internal/report"
	"github.com/nlsh/nlsh/internal/runner"
	"github.com/nlsh/nlsh/internal/scenario"
)

// reportFlags are the files that a run writes, by form.
type reportFlags struct {
	jsonl, tap, junit, html string
}

func (r *reportFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.jsonl, "jsonl", "", "write the results to `FILE` (- is standard output), one JSON object on each line")
	f.StringVar(&r.tap, "tap", "", "write them to `FILE` as TAP 14")
	f.StringVar(&r.junit, "junit", "", "write them to `FILE` as JUnit's XML")
	f.StringVar(&r.html, "html", "", "write them to `FILE` as a page: a table of kernels, differences, messages as diagrams and for wireshark")
}

// reports are those of a run.
type reports struct {
	text  *report.Text
	all   []report.Report
	files []*os.File
}

// open begins the reports. Only one of them can be on standard output.
func (s *testSettings) open(out io.Writer) (*reports, error) {
	rs := &reports{}
	onOut := ""
	for _, one := range []struct {
		flag, file string
		of         func(io.Writer) report.Report
	}{
		{"jsonl", s.reports.jsonl, func(w io.Writer) report.Report { return &report.JSONLines{W: w} }},
		{"tap", s.reports.tap, func(w io.Writer) report.Report { return &report.TAP{W: w} }},
		{"junit", s.reports.junit, func(w io.Writer) report.Report { return &report.JUnit{W: w} }},
		{"html", s.reports.html, func(w io.Writer) report.Report { return &report.HTML{W: w} }},
	} {
		w := out
		switch one.file {
		case "":
			continue
		case "-":
			if onOut != "" {
				return nil, errors.Join(fmt.Errorf("--%s, --%s: only one of them can be written to standard output", onOut, one.flag), rs.close())
			}
			onOut = one.flag
		default:
			f, err := os.Create(one.file)
			if err != nil {
				return nil, &failure{errors.Join(fmt.Errorf("--%s: %w", one.flag, err), rs.close())}
			}
			w, rs.files = f, append(rs.files, f)
		}
		rs.all = append(rs.all, one.of(w))
	}
	if onOut != "" {
		out = io.Discard
	}
	rs.text = &report.Text{W: out, Verbose: s.verbose, Again: s.again, Several: len(s.on) > 1, Color: onOut == "" && colours(os.Stdout), Seed: s.o.Shuffle}
	rs.all = append(rs.all, rs.text)
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		rs.all = append(rs.all, &report.Annotations{W: out})
	}
	return rs, nil
}

func (rs *reports) on(kernel string) {
	for _, r := range rs.all {
		r.On(kernel)
	}
}

func (rs *reports) add(res *scenario.Result) {
	for _, r := range rs.all {
		r.Add(res)
	}
}

func (rs *reports) end(elapsed time.Duration, cut string) (err error) {
	for _, r := range rs.all {
		err = errors.Join(err, r.End(elapsed, cut))
	}
	return errors.Join(err, rs.close())
}

func (rs *reports) close() (err error) {
	for _, f := range rs.files {
		err = errors.Join(err, f.Close())
	}
	return err
}

// report runs the scenarios and says how that went.
func (s *testSettings) report(ctx context.Context, found []scenario.Scenario, out io.Writer) (int, error) {
	began := time.Now()
	rs, err := s.open(out)
	if err != nil {
		return 0, err
	}
	exit := runner.Done
	add := func(r *scenario.Result) {
		rs.add(r)
		if r.Verdict.Bad() || s.strict && r.Verdict == scenario.Flaky {
			exit = runner.Failed
		}
	}
	if s.owns {
		if err := shared(); err != nil {
			s.jobs = 1
			rs.text.Note("%s: the scenarios share the machine's network, one after the other", err)
		}
	}
	for _, k := range s.on {
		rs.on(k.name)
		if s.review {
			err = s.reviewOn(ctx, k, found, rs, add)
		} else {
			err = s.runOn(ctx, k, found, add)
		}
		if err != nil {
			break
		}
	}
	if err == nil && ctx.Err() == nil {
		var left bool
		if left, err = s.orphans(rs.text); left {
			exit = runner.Failed
		}
	}
	cut := ""
	switch {
	case ctx.Err() != nil:
		cut = "interrupted"
	case err != nil:
		cut = err.Error()
	}
	endErr := rs.end(time.Since(began), cut)
	switch {
	case ctx.Err() != nil:
		exit = runner.Signal(syscall.SIGINT).Status()
	case err != nil:
		return 0, &failure{errors.Join(err, endErr)}
	}
	if endErr != nil {
		return 0, &failure{endErr}
	}
	return exit, nil
}

// runOn runs the scenarios on a kernel.
func (s *testSettings) runOn(ctx context.Context, k kernel, found []scenario.Scenario, add func(*scenario.Result)) error {
	o := s.optionsOn(k)
	o.Done = add
	_, err := scenario.Run(ctx, o, found, s.pool(k, found))
	return err
}

// orphans is about the golden files whose scripts are gone; bad says that they make the run fail.
func (s *testSettings) orphans(text *report.Text) (bad bool, err error) {
	if s.unreferenced == "" {
		return false, nil
	}
	list, err := scenario.Orphans(s.paths)
	if err != nil {
		return false, err
	}
	for _, file := range list {
		what := "there is no script for it"
		if s.unreferenced == "delete" {
			err = errors.Join(err, os.Remove(file))
			what = "deleted: there was no script for it"
		}
		text.Note("%s: %s", file, what)
	}
	return s.unreferenced == "fail" && len(list) > 0, err
}
