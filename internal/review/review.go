// Package review goes through what scenarios have printed that their golden files do not have, and asks what is to become of each: a new
// golden file, a field less in the script, or a failure. It runs nothing and writes no golden file itself: it is handed functions that do.
package review

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/scenario"
)

// ErrQuit says that no more is to be asked.
var ErrQuit = errors.New("the review was ended")

// Review asks.
type Review struct {
	In  *bufio.Reader
	Out io.Writer

	// Show writes what is wrong with a result; whole: by lines, and not only by fields.
	Show func(r *scenario.Result, whole bool)
	// Accept runs the scenario three times, and makes what it prints its golden file, or with variant that of its kernel, if it is the same
	// each time. What it returns is judged anew.
	Accept func(r *scenario.Result, variant bool) (*scenario.Result, error)
	// Again runs the scenario once more.
	Again func(r *scenario.Result) (*scenario.Result, error)
}

// Wanted says whether a result is one to ask about: it has printed something, and that is all that is wrong.
func Wanted(r *scenario.Result) bool {
	return r.Verdict == scenario.Fail && r.Error == "" && (r.Diff != "" || r.New)
}

const menu = "[a]ccept, accept for this kernel as a [v]ariant, leave [o]ut a field, [r]eject, show all [l]ines, [q]uit? "

// Ask asks about one result until there is a decision, and returns what it has become. [ErrQuit] comes with the result as it is then.
func (v *Review) Ask(r *scenario.Result) (*scenario.Result, error) {
	v.Show(r, false)
	for {
		answer, err := v.line(menu)
		if err != nil {
			return r, err
		}
		switch answer {
		case "a", "v":
			next, err := v.Accept(r, answer == "v")
			if err != nil {
				return r, err
			}
			if next.Verdict != scenario.Fail {
				return next, nil
			}
			r = next
			v.Show(r, false)
		case "o":
			next, err := v.leaveOut(r)
			if err != nil {
				return r, err
			}
			if next.Verdict == scenario.Pass {
				return next, nil
			}
			r = next
		case "r":
			return r, nil
		case "l":
			v.Show(r, true)
		case "q":
			return r, ErrQuit
		default:
			v.say("got %q, want one of a, v, o, r, l, q\n", answer)
		}
	}
}

// line reads an answer; the end of the input ends the review.
func (v *Review) line(prompt string) (string, error) {
	v.say("%s", prompt)
	text, err := v.In.ReadString('\n')
	if err != nil && text == "" {
		v.say("\n")
		return "", ErrQuit
	}
	return strings.TrimSpace(text), nil
}

func (v *Review) say(format string, args ...any) { _, _ = fmt.Fprintf(v.Out, format, args...) }

// leaveOut asks which field, changes the script and runs the scenario again. What cannot be done is said, and the result stays.
func (v *Review) leaveOut(r *scenario.Result) (*scenario.Result, error) {
	fields := fieldsOf(r)
	if len(fields) == 0 {
		v.say("no field of a message differs, so none can be left out\n")
		return r, nil
	}
	choice := fields[0]
	if len(fields) > 1 {
		for i, f := range fields {
			v.say("  %d  %s\n", i+1, f)
		}
		answer, err := v.line("which? ")
		if err != nil {
			return r, err
		}
		n, err := strconv.Atoi(answer)
		if err != nil || n < 1 || n > len(fields) {
			v.say("got %q, want a number from 1 to %d\n", answer, len(fields))
			return r, nil
		}
		choice = fields[n-1]
	}
	line, err := Omit(r.File, r.Test, choice.label, choice.field)
	if err != nil {
		v.say("%s\n", err)
		return r, nil
	}
	v.say("%s:%d: omit = [%q]\n", r.File, line, choice.field)
	next, err := v.Again(r)
	if err != nil {
		return r, err
	}
	if next.Verdict != scenario.Pass {
		v.Show(next, false)
	}
	return next, nil
}

// field is one that differs in what a call of t.record has written.
type field struct{ label, field string }

func (f field) String() string {
	if f.label == "" {
		return f.field
	}
	return f.label + ": " + f.field
}

func fieldsOf(r *scenario.Result) (fields []field) {
	for _, c := range r.Changes {
		if f := (field{c.Label, c.Field}); c.Field != "" && !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// Explained is a difference for people.
func Explained(r *scenario.Result, whole bool) string {
	if whole || len(r.Changes) == 0 {
		return r.Diff
	}
	return golden.Explain(r.Changes)
}
