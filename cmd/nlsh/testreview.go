package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/report"
	"github.com/nlsh/nlsh/internal/review"
	"github.com/nlsh/nlsh/internal/scenario"
)

// reviewOption checks what --review goes with.
func (s *testSettings) reviewOption() error {
	switch {
	case !s.review:
		return nil
	case inCI():
		return errors.New("--review: golden files are not written in CI ($CI is set)")
	case s.o.Update || s.o.Repeat > 1 || s.stress > 0 || s.o.Mutate != "":
		return errors.New("--review: want each scenario once, without --update, --repeat and --stress")
	case slices.Contains([]string{s.reports.jsonl, s.reports.tap, s.reports.junit, s.reports.html}, "-"):
		return errors.New("--review: want standard output for the questions, so no report there (give it a file)")
	}
	s.o.NoWrite = true // what is printed is asked about now
	return nil
}

// reviewOn runs the scenarios on a kernel, and asks about what they print that is not wanted.
func (s *testSettings) reviewOn(ctx context.Context, k kernel, found []scenario.Scenario, rs *reports, add func(*scenario.Result)) error {
	var odd []*scenario.Result
	o := s.optionsOn(k)
	o.Done = func(r *scenario.Result) {
		if review.Wanted(r) {
			odd = append(odd, r)
			return
		}
		add(r)
	}
	_, err := scenario.Run(ctx, o, found, s.pool(k, found))
	out := rs.text.W
	v := &review.Review{In: s.answers(ctx), Out: out}
	v.Show = func(r *scenario.Result, whole bool) { show(out, rs.text.Color, r, whole) }
	v.Accept = func(r *scenario.Result, variant bool) (*scenario.Result, error) {
		return s.one(ctx, k, found, r, func(o *scenario.Options) { o.Update, o.Variant, o.NoWrite = true, variant, false })
	}
	v.Again = func(r *scenario.Result) (*scenario.Result, error) {
		return s.one(ctx, k, found, r, func(*scenario.Options) {})
	}
	for i, r := range odd {
		if err == nil {
			_, _ = fmt.Fprintf(out, "-- %d of %d\n", i+1, len(odd))
			r, err = v.Ask(r)
		}
		add(r)
	}
	if errors.Is(err, review.ErrQuit) {
		s.review = false // the other kernels' results are not asked about
		return nil
	}
	return err
}

// answers is where those of a review come from: one reader for all kernels, since it reads ahead.
func (s *testSettings) answers(ctx context.Context) *bufio.Reader {
	if s.in == nil {
		s.in = bufio.NewReader(typed{ctx, os.Stdin})
	}
	return s.in
}

// typed is what somebody types until ctx ends: Ctrl-C does not end a read from a terminal.
type typed struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader. A read that nobody waits for any more is left to end with the process.
func (t typed) Read(b []byte) (int, error) {
	var n int
	var err error
	own := make([]byte, len(b))
	done := make(chan struct{})
	go func() {
		defer close(done)
		n, err = t.r.Read(own)
	}()
	select {
	case <-done:
		return copy(b, own[:n]), err
	case <-t.ctx.Done():
		return 0, context.Cause(t.ctx)
	}
}

// show writes a result that is asked about.
func show(out io.Writer, colour bool, r *scenario.Result, whole bool) {
	text := review.Explained(r, whole)
	if colour {
		text = report.Coloured(text)
	}
	if r.New {
		text = r.Output
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	reason := ""
	if r.Reason != "" {
		reason = "\n  " + r.Reason
	}
	_, _ = fmt.Fprintf(out, "%s, %s (- is wanted, + was printed)%s\n%s", r.Name, r.Golden, reason, text)
}

// one runs one scenario again. The script is read anew.
func (s *testSettings) one(ctx context.Context, k kernel, found []scenario.Scenario, r *scenario.Result, change func(*scenario.Options)) (*scenario.Result, error) {
	o := s.optionsOn(k)
	o.Run, o.Tag, o.Shard, o.Shuffle, o.Skips = regexp.MustCompile("^"+regexp.QuoteMeta(r.Name)+"$"), "", [2]int{}, nil, nil
	change(&o)
	same := slices.DeleteFunc(slices.Clone(found), func(sc scenario.Scenario) bool { return sc.File != r.File })
	results, err := scenario.Run(ctx, o, same, s.pool(k, same))
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, fmt.Errorf("%s: got %d results, want one", r.Name, len(results))
	}
	return results[0], nil
}
