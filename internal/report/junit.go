package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/scenario"
)

// JUnit writes the XML that CI servers read: a suite for each file of scenarios (and kernel), a case for each scenario. Attributes are those that
// Jenkins and GitLab know; a flaky scenario passes and has a property that says so.
type JUnit struct {
	W io.Writer
	results
}

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []*junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`

	elapsed time.Duration
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	File string `xml:"file,attr,omitempty"`
	junitCounts
	Cases []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name       string           `xml:"name,attr"`
	Class      string           `xml:"classname,attr"`
	File       string           `xml:"file,attr,omitempty"`
	Line       int              `xml:"line,attr,omitempty"`
	Time       string           `xml:"time,attr"`
	Properties *junitProperties `xml:"properties"`
	Skipped    *junitWhy        `xml:"skipped"`
	Failure    *junitWhy        `xml:"failure"`
	Error      *junitWhy        `xml:"error"`
	Out        string           `xml:"system-out,omitempty"`
	Err        string           `xml:"system-err,omitempty"`
}

type junitProperties struct {
	List []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitWhy struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// End implements [Report]: it writes everything.
func (j *JUnit) End(elapsed time.Duration, cut string) error {
	all := junitSuites{Name: "nlsh"}
	for _, k := range j.kernels {
		byFile := map[string]*junitSuite{}
		for _, r := range k.list {
			name, _, _ := strings.Cut(r.Name, "/") // which files in several folders may have
			if k.name != "" && len(j.kernels) > 1 {
				name = k.name + " " + name
			}
			key := name + "\x00" + r.File
			s := byFile[key]
			if s == nil {
				s = &junitSuite{Name: name, File: filepath.ToSlash(r.File)}
				byFile[key] = s
				all.Suites = append(all.Suites, s)
			}
			s.Cases = append(s.Cases, caseOf(r, name))
			s.count(r)
			all.count(r)
		}
	}
	if cut != "" {
		r := &scenario.Result{Name: "nlsh test", Verdict: scenario.Broken, Reason: cut + ": not all have run"}
		s := &junitSuite{Name: r.Name, Cases: []junitCase{caseOf(r, r.Name)}}
		s.count(r)
		all.count(r)
		all.Suites = append(all.Suites, s)
	}
	for _, s := range all.Suites {
		s.Time = seconds(s.elapsed)
	}
	all.Time = seconds(elapsed)
	if _, err := io.WriteString(j.W, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(j.W)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(j.W, "\n")
	return err
}

func (c *junitCounts) count(r *scenario.Result) {
	c.Tests++
	c.elapsed += r.Elapsed
	switch {
	case r.Verdict == scenario.Fail:
		c.Failures++
	case r.Verdict.Bad():
		c.Errors++
	case r.Verdict == scenario.Skip, r.Verdict == scenario.XFail:
		c.Skipped++
	}
}

func caseOf(r *scenario.Result, class string) junitCase {
	name := r.Test
	if name == "" {
		name = r.Name
	}
	c := junitCase{Name: name, Class: class, File: filepath.ToSlash(r.File), Line: r.Line, Time: seconds(r.Elapsed), Out: printable(r.Output), Err: printable(r.Log)}
	reason := &junitWhy{Message: printable(why(r)), Type: string(r.Verdict), Text: printable(r.Error + r.Diff)}
	switch {
	case r.Verdict == scenario.Skip:
		c.Skipped = &junitWhy{Message: reason.Message}
	case r.Verdict == scenario.XFail: // no reader knows the word
		c.Skipped = &junitWhy{Message: "expected to fail: " + reason.Message}
	case r.Verdict == scenario.Flaky:
		c.Properties = &junitProperties{[]junitProperty{{"flaky", "true"}, {"attempts", fmt.Sprint(r.Attempts)}}}
		if r.First != nil {
			c.Err += "when it failed:\n" + printable(r.First.Error+r.First.Diff)
		}
	case r.Verdict == scenario.Fail:
		c.Failure = reason
	case r.Verdict.Bad():
		c.Error = reason
	}
	return c
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
