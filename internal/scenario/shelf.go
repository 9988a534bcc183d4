package scenario

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/golden"
)

// shelf has the golden files of a run, each read once.
type shelf struct {
	o      Options
	tests  map[string][]string  // of each common file, in the order of the scenario file
	sheets map[[2]string]*sheet // by common file and kernel
}

// sheet is a golden file for a kernel.
type sheet struct {
	common string // the file without variant
	kernel string
	file   string // that counts
	exists bool
	text   string
	plain  bool
	parsed *golden.File // nil for that of a program
	under  *golden.File // of a variant: the common one, which has the sections that are the same
	err    error
	tests  []string // of its file, in order
	dirty  bool
}

func newShelf(o Options, found []Scenario) *shelf {
	h := &shelf{o: o, tests: map[string][]string{}, sheets: map[[2]string]*sheet{}}
	for _, s := range found {
		if s.Test != "" {
			h.tests[s.Golden] = append(h.tests[s.Golden], s.Test)
		}
	}
	return h
}

// of finds the golden file that counts on a kernel.
func (h *shelf) of(common, kernel string) (*sheet, error) {
	key := [2]string{common, kernel}
	s := h.sheets[key]
	if s == nil {
		s = &sheet{common: common, kernel: kernel, tests: h.tests[common]}
		h.sheets[key] = s
		s.read()
	}
	return s, s.err
}

func (s *sheet) read() {
	store := golden.At(s.common)
	s.file = store.Used(s.kernel)
	s.text, s.exists, s.err = store.Read(s.kernel)
	if s.err != nil || !s.exists {
		return
	}
	if s.plain = golden.Plain(s.text); s.plain {
		s.err = golden.Check(s.text)
	} else {
		s.parsed, s.err = golden.Parse(s.text)
	}
	if s.err != nil {
		s.err = fmt.Errorf("%s: %w", s.file, s.err)
		return
	}
	if s.parsed != nil && s.file != s.common {
		s.readUnder(store)
	}
}

func (s *sheet) readUnder(store golden.Store) {
	text, ok, err := store.Read("")
	if err == nil && ok && !golden.Plain(text) {
		s.under, err = golden.Parse(text)
	}
	if err != nil {
		s.err = fmt.Errorf("%s: %w", s.common, err)
	}
}

// section is what a scenario is to print, or why that is not known. file is where that stands.
func (s *sheet) section(test string) (want, file, why string) {
	switch {
	case !s.exists:
		return "", s.file, fmt.Sprintf("there is no golden file %s", s.file)
	case test == "":
		return s.text, s.file, ""
	case s.parsed == nil:
		return "", s.file, fmt.Sprintf("%s is the golden file of a program, without sections", s.file)
	}
	if found := s.parsed.Find(test); found != nil {
		return found.Text, s.file, ""
	}
	if s.under == nil {
		return "", s.file, fmt.Sprintf("%s has no section %s", s.file, test)
	}
	if found := s.under.Find(test); found != nil {
		return found.Text, s.common, ""
	}
	return "", s.common, fmt.Sprintf("%s has no section %s", s.common, test)
}

// compareWith fails a scenario that has printed something else.
func (r *Result) compareWith(want string) {
	r.Wanted = want
	if got := golden.Clean(r.Output); got != want {
		r.Verdict, r.Diff, r.Changes = Fail, golden.Diff(want, got), golden.Changes(want, got)
	}
}

// all lists the files in the order of their names.
func (h *shelf) all() []*sheet {
	return slices.SortedFunc(maps.Values(h.sheets), func(a, b *sheet) int { return strings.Compare(a.file, b.file) })
}

// put writes what a scenario has printed into its golden file, and reports whether that had something else.
func (h *shelf) put(sc *Scenario, r *Result) bool {
	s, err := h.of(sc.Golden, r.Kernel)
	if err != nil && !h.o.Whole() { // the sections of the others would be lost
		r.Verdict, r.Reason = Fail, err.Error()+": nothing was written"
		return false
	}
	if err == nil {
		if s.likeOthers(r) {
			s.parsed.Drop([]string{r.Test})
			s.dirty, r.Golden = true, s.file
			return true
		}
		if want, _, why := s.section(r.Test); why == "" && want == golden.Clean(r.Output) {
			return false
		}
	}
	if h.o.Variant && s.exists && s.file == s.common {
		s.file = golden.At(s.common).Path(s.kernel)
		s.under, s.parsed = s.parsed, nil
	}
	s.dirty, s.exists, s.err = true, true, nil
	r.Golden = s.file
	if r.Test == "" {
		s.text = golden.Clean(r.Output)
		return true
	}
	if s.parsed == nil {
		s.parsed = &golden.File{}
	}
	s.parsed.Put(r.Test, r.Output)
	return true
}

// likeOthers says that a variant has a section that it does not need: the kernel prints what all others do.
func (s *sheet) likeOthers(r *Result) bool {
	if r.Test == "" || s.under == nil || s.parsed.Find(r.Test) == nil {
		return false
	}
	common := s.under.Find(r.Test)
	return common != nil && common.Text == golden.Clean(r.Output)
}

// write writes the golden files that have changed, without sections of scenarios that are gone if the whole file has run.
func (h *shelf) write() (err error) {
	for _, s := range h.all() {
		if s.parsed != nil && s.tests != nil {
			if stale := s.parsed.Stale(s.tests); h.o.Whole() && len(stale) > 0 {
				s.parsed.Drop(stale)
				s.dirty = true
			}
			s.parsed.Arrange(s.tests)
		}
		if !s.dirty {
			continue
		}
		if s.under != nil && len(s.parsed.Sections) == 0 {
			err = errors.Join(err, os.Remove(s.file), golden.Forget(s.file))
			continue
		}
		if s.parsed != nil {
			s.text = s.parsed.Format()
		}
		err = errors.Join(err, golden.Write(s.file, s.text), golden.Forget(s.file))
	}
	return err
}

// Whole says whether all scenarios of the files were run.
func (o Options) Whole() bool { return o.Run == nil && o.Tag == "" && o.Shard[1] == 0 }

// keep writes what was printed beside the golden files that want something else, and removes what is there from an earlier run
// of scenarios that now pass.
func (h *shelf) keep(results []*Result) (err error) {
	if h.o.NoWrite {
		return nil
	}
	bad, good := map[*sheet][]*Result{}, map[*sheet]bool{}
	for _, r := range results {
		if r == nil || r.Golden == "" {
			continue
		}
		for _, s := range h.sheets {
			if s.file != r.Golden && s.common != r.Golden || s.kernel != r.Kernel {
				continue
			}
			switch {
			case r.Verdict == Fail && (r.Diff != "" || !s.exists) && r.Error == "" && !h.o.Update:
				bad[s] = append(bad[s], r)
			case r.Verdict == Pass:
				good[s] = true
			}
		}
	}
	for s, list := range bad {
		err = errors.Join(err, golden.Write(golden.Pending(s.file), s.with(list)))
	}
	for s := range good {
		if bad[s] == nil && h.o.Whole() {
			err = errors.Join(err, golden.Forget(s.file))
		}
	}
	return err
}

// with is the golden file as it would be if what was printed were wanted.
func (s *sheet) with(results []*Result) string {
	if results[0].Test == "" {
		return golden.Clean(results[0].Output)
	}
	f := &golden.File{}
	if s.parsed != nil {
		f.Sections = slices.Clone(s.parsed.Sections)
	}
	for _, r := range results {
		f.Put(r.Test, r.Output)
	}
	f.Arrange(s.tests)
	return f.Format()
}

func baseOf(name string) string {
	base, _, _ := strings.Cut(name, "/")
	return base
}
