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
	if _, err := scenario.Run(ctx, o, found, s.pool(k, found)); err != nil {
		return err
	}
	out := rs.text.W
	v := &review.Review{In: s.answers(), Out: out}
	v.Show = func(r *scenario.Result, whole bool) { show(out, rs.text.Color, r, whole) }
	v.Accept = func(r *scenario.Result, variant bool) (*scenario.Result, error) {
		return s.one(ctx, k, found, r, func(o *scenario.Options) { o.Update, o.Variant, o.NoWrite = true, variant, false })
	}
	v.Again = func(r *scenario.Result) (*scenario.Result, error) {
		return s.one(ctx, k, found, r, func(*scenario.Options) {})
	}
	for i, r := range odd {
		_, _ = fmt.Fprintf(out, "-- %d of %d\n", i+1, len(odd))
		decided, err := v.Ask(r)
		add(decided)
		if err != nil {
			for _, rest := range odd[i+1:] {
				add(rest)
			}
			if errors.Is(err, review.ErrQuit) {
				return nil
			}
			return err
		}
	}
	return nil
}

// answers is where those of a review come from: one reader for all kernels, since it reads ahead.
func (s *testSettings) answers() *bufio.Reader {
	if s.in == nil {
		s.in = bufio.NewReader(os.Stdin)
	}
	return s.in
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
