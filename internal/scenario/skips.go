package scenario

import (
	"fmt"
	"os"
	"strings"
)

// Skips are the skips that a run is to have: no others, and all of these.
type Skips struct {
	All bool // the run is to have all of them

	file  string
	lines []skipLine
}

type skipLine struct {
	number       int
	name, reason string
}

// ReadSkips reads a file with a line "NAME/test_x: how the reason begins" for each scenario that is to be skipped. Empty lines and
// those that begin with # do not count.
func ReadSkips(file string) (*Skips, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := &Skips{file: file}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, reason, ok := strings.Cut(line, ":")
		name, reason = strings.TrimSpace(name), strings.TrimSpace(reason)
		if !ok || name == "" || reason == "" {
			return nil, fmt.Errorf("%s:%d: got %q, want the name of a scenario, a colon, and how the reason begins", file, number, line)
		}
		s.lines = append(s.lines, skipLine{number, name, reason})
	}
	return s, nil
}

// judge fails a scenario that is skipped for another reason than expected, or is not skipped though it should be.
func (s *Skips) judge(r *Result) {
	if s == nil || r.Verdict.Bad() {
		return
	}
	line := s.find(r.Name)
	switch {
	case line == nil && r.Verdict == Skip:
		r.Verdict, r.Reason = Fail, "this skip is not expected: "+r.Reason
	case line == nil:
	case r.Verdict != Skip:
		r.Verdict, r.Reason = Fail, fmt.Sprintf("it is not skipped any more (remove it from %s:%d)", s.file, line.number)
	case !strings.HasPrefix(r.Reason, line.reason):
		r.Verdict, r.Reason = Fail, fmt.Sprintf("it is skipped for another reason than %s:%d says: %s", s.file, line.number, r.Reason)
	}
}

func (s *Skips) find(name string) *skipLine {
	for i := range s.lines {
		if s.lines[i].name == name {
			return &s.lines[i]
		}
	}
	return nil
}

// unused are the lines of scenarios that there are not.
func (s *Skips) unused(found []Scenario) (list []skipLine) {
	names := map[string]bool{}
	for _, f := range found {
		names[f.Name] = true
	}
	for _, line := range s.lines {
		if !names[line.name] {
			list = append(list, line)
		}
	}
	return list
}
