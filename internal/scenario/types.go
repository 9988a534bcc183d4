package scenario

import (
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/golden"
)

// Verdict is what became of a scenario.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"    // it printed something else, raised an error, or passed though it was expected to fail
	Skip    Verdict = "skip"    // it cannot be run here; Reason says why
	XFail   Verdict = "xfail"   // it failed, as was expected
	Flaky   Verdict = "flaky"   // it failed, and passed when it was tried again
	Timeout Verdict = "timeout" // it took too long
	Broken  Verdict = "error"   // it could not be run: the worker died, a namespace could not be made
)

// Verdicts lists them in the order in which people want to read them.
func Verdicts() []Verdict { return []Verdict{Pass, Flaky, XFail, Skip, Fail, Timeout, Broken} }

// Bad says whether a run with such a scenario has failed.
func (v Verdict) Bad() bool { return v == Fail || v == Timeout || v == Broken }

// Job is what a worker is asked to run.
type Job struct {
	ID      int           `json:"id"`
	File    string        `json:"file"`           // absolute
	Test    string        `json:"test,omitempty"` // function; "" is a program
	Name    string        `json:"name"`           // of the scenario
	Args    [][]string    `json:"args,omitempty"` // of each run of a program; none is one run without
	Needs   []string      `json:"needs,omitempty"`
	Specs   []string      `json:"specs,omitempty"` // files or folders of specs
	Timeout time.Duration `json:"timeout"`
	Scale   float64       `json:"scale,omitempty"` // of the time that waiting may take; 0 is 1
	Tap     bool          `json:"tap,omitempty"`   // keep Messages
	Mutate  string        `json:"mutate,omitempty"`

	exclusive bool
}

// Result is what a worker says of a job, and what the parent makes of it.
type Result struct {
	ID       int             `json:"id"`
	File     string          `json:"file"`           // as it was found
	Test     string          `json:"test,omitempty"` // function; "" is a program, or the whole file
	Line     int             `json:"line,omitempty"` // of the function
	Name     string          `json:"name"`
	Verdict  Verdict         `json:"verdict"`
	Reason   string          `json:"reason,omitempty"`  // of skip, xfail and some failures, in one line
	Output   string          `json:"output"`            // what belongs in the golden file
	Log      string          `json:"log,omitempty"`     // what was written to standard error
	Error    string          `json:"error,omitempty"`   // with backtrace, as people read it
	Golden   string          `json:"golden,omitempty"`  // the file it was compared with
	Diff     string          `json:"diff,omitempty"`    // by line
	Changes  []golden.Change `json:"changes,omitempty"` // by message and field; none where the output has no such form
	Messages []Message       `json:"messages,omitempty"`
	Elapsed  time.Duration   `json:"elapsed_ns"`
	Kernel   string          `json:"kernel,omitempty"` // "6.18"
	Attempts int             `json:"attempts"`
	First    *Result         `json:"first,omitempty"` // of a flaky scenario, the failure

	Expected string `json:"-"` // why it is expected to fail, from the worker
	Wanted   string `json:"-"` // what the golden file has
	New      bool   `json:"-"` // there is nothing yet that it could be compared with
	Written  bool   `json:"-"` // the golden file was rewritten
}

// Message is one netlink message of a scenario's traffic.
type Message struct {
	Time   time.Time `json:"time"`
	Dir    string    `json:"dir"` // "out", "in"
	Proto  int       `json:"proto"`
	Family string    `json:"family,omitempty"` // as it was opened
	NetNS  string    `json:"netns,omitempty"`  // symbol
	What   string    `json:"what,omitempty"`   // for people: "newlink create, excl"
	Data   []byte    `json:"data"`
}

// reply is a Result on its way from a worker.
type reply struct {
	Result
	Expected string `json:"xfail,omitempty"`
}

// hello is what a worker says first.
type hello struct {
	Kernel string `json:"kernel"`
	Error  string `json:"error,omitempty"`
}

// Scenario is one that was found.
type Scenario struct {
	File      string     // as found, for people
	Test      string     // function; "" is a program
	Line      int        // of the function in it, 0 for a program
	Name      string     // NAME/test_x, or NAME
	Golden    string     // the golden file without variant
	Args      [][]string // of each run of a program
	Needs     []string
	Specs     []string
	Tags      []string
	Programs  []string // of those needs, the names of programs
	Exclusive bool     // it needs the machine for itself
	Problem   string   // why it cannot be run: a syntax error

	path string // absolute
}

// kernelOf is the first two numbers of a release: "6.18" of "6.18.3-amd64".
func kernelOf(release string) string {
	parts := strings.SplitN(release, ".", 3)
	if len(parts) < 2 {
		return release
	}
	minor := strings.IndexFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' })
	if minor >= 0 {
		parts[1] = parts[1][:minor]
	}
	return parts[0] + "." + parts[1]
}
