package review

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/scenario"
)

func TestOmit(t *testing.T) {
	for _, c := range []struct{ name, call, label, field, want, err string }{
		{"no omit", `t.record(v)`, "", "mtu", `t.record(v, omit = ["mtu"])`, ""},
		{"with a label", `t.record(v, label = "é")`, "é", "a.b", `t.record(v, label = "é", omit = ["a.b"])`, ""},
		{"one more", `t.record(v, omit = ["x"], full = True)`, "", "mtu", `t.record(v, omit = ["x", "mtu"], full = True)`, ""},
		{"none yet", `t.record(v, omit = [])`, "", "mtu", `t.record(v, omit = ["mtu"])`, ""},
		{"behind wide characters", `print("日本"); t.record(v)`, "", "mtu", `print("日本"); t.record(v, omit = ["mtu"])`, ""},
		{"over lines", "t.record(\n        v,\n        label = \"a\",\n    )", "a", "mtu", "t.record(\n        v,\n        label = \"a\", omit = [\"mtu\"],\n    )", ""},
		{"ends in an operator", `t.record(v, not v)`, "", "mtu", `t.record(v, not v, omit = ["mtu"])`, ""},
		{"in lines of Windows", "t.record(\r\n        v,\r\n    )", "", "mtu", "t.record(\r\n        v, omit = [\"mtu\"],\r\n    )", ""},
		{"there already", `t.record(v, omit = ["x", "mtu"])`, "", "mtu", "", `:2: omit has "mtu" already`},
		{"no such label", `t.record(v)`, "a", "mtu", "", "got 0 calls of record in test_x with that label"},
		{"twice", `t.record(v); t.record(v)`, "", "mtu", "", "got 2 calls"},
		{"computed label", `t.record(v, label = v)`, "", "mtu", "", "got 0 calls"},
		{"omit from elsewhere", `t.record(v, omit = FIELDS)`, "", "mtu", "", ":2: omit is no list that is written here"},
		{"open end", `t.record(v, **more)`, "", "mtu", "", ":2: the call ends in * or **"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.star")
			script := func(call string) string {
				return "def test_x(t):\n    " + call + "\n\ndef test_y(t):\n    t.record(1)\n"
			}
			if err := os.WriteFile(file, []byte(script(c.call)), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Omit(file, "test_x", c.label, c.field)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %s", err, c.err)
				}
				c.want = c.call // as it was
			} else if err != nil {
				t.Error(err)
			}
			text, err := os.ReadFile(file)
			if err != nil || string(text) != script(c.want) {
				t.Errorf("got %s, %v, want %s", text, err, script(c.want))
			}
		})
	}
}

// A script stays executable, and a link to one a link.
func TestOmitKeeps(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "x.star"), filepath.Join(dir, "y.star")
	if err := errors.Join(os.WriteFile(file, []byte("def test_x(t): t.record(1)\n"), 0o644), os.Chmod(file, 0o750), os.Symlink("x.star", link)); err != nil {
		t.Fatal(err)
	}
	if _, err := Omit(link, "test_x", "", "mtu"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(file)
	if err != nil || info.Mode() != 0o750 {
		t.Errorf("got mode %v, %v", info.Mode(), err)
	}
	if to, err := os.Readlink(link); err != nil || to != "x.star" {
		t.Errorf("the link: got %q, %v", to, err)
	}
}

// desk is a review whose scenario behaves as told.
type desk struct {
	Review
	out   strings.Builder
	did   []string
	fails int // so many acceptances are refused
}

func newDesk(answers string, fails int) *desk {
	d := &desk{fails: fails}
	d.In, d.Out = bufio.NewReader(strings.NewReader(answers)), &d.out
	d.Show = func(r *scenario.Result, whole bool) {
		d.did = append(d.did, "show")
		_, _ = d.out.WriteString(Explained(r, whole))
	}
	d.Accept = func(r *scenario.Result, variant bool) (*scenario.Result, error) {
		d.did = append(d.did, map[bool]string{false: "accept", true: "variant"}[variant])
		if d.fails--; d.fails >= 0 {
			return r, nil
		}
		return &scenario.Result{Verdict: scenario.Pass}, nil
	}
	d.Again = func(*scenario.Result) (*scenario.Result, error) {
		d.did = append(d.did, "again")
		return &scenario.Result{Verdict: scenario.Pass}, nil
	}
	return d
}

func odd(file string) *scenario.Result {
	return &scenario.Result{Verdict: scenario.Fail, File: file, Test: "test_x", Diff: "- a\n", Changes: []golden.Change{
		{Message: "it: newlink", Label: "it", Path: "a[0].mtu", Field: "a.mtu", Want: "1", Got: "2"},
		{Message: "it: newlink", Label: "it", Path: "a[1].mtu", Field: "a.mtu", Want: "1", Got: "2"},
		{Message: "it: newlink", Label: "it", Path: "x", Field: "x", Want: "1"},
	}}
}

func TestAsk(t *testing.T) {
	for _, c := range []struct {
		answers string
		fails   int
		did     string
		verdict scenario.Verdict
		err     error
		says    string
	}{
		{"a\n", 0, "show accept", scenario.Pass, nil, ""},
		{"v\n", 0, "show variant", scenario.Pass, nil, ""},
		{"a\na\n", 1, "show accept show accept", scenario.Pass, nil, ""},
		{"r\n", 0, "show", scenario.Fail, nil, ""},
		{"q\n", 0, "show", scenario.Fail, ErrQuit, ""},
		{"", 0, "show", scenario.Fail, ErrQuit, ""},
		{"what\nr\n", 0, "show", scenario.Fail, nil, `got "what", want one of`},
		{"l\nr\n", 0, "show show", scenario.Fail, nil, "- a\n"},
		{"o\n9\nr\n", 0, "show", scenario.Fail, nil, `got "9", want a number from 1 to 2`},
		{"o\n2\nr\n", 0, "show again", scenario.Pass, nil, `x.star:2: omit = ["x"]`},
		{"o\n", 0, "show", scenario.Fail, ErrQuit, "  1  it: a.mtu\n  2  it: x\n"},
	} {
		t.Run(strings.ReplaceAll(c.answers, "\n", " "), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.star")
			if err := os.WriteFile(file, []byte("def test_x(t):\n    t.record(1, label = \"it\")\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			d := newDesk(c.answers, c.fails)
			r, err := d.Ask(odd(file))
			if got := strings.Join(d.did, " "); got != c.did || r.Verdict != c.verdict || !errors.Is(err, c.err) {
				t.Errorf("got %q, %s, %v, want %q, %s, %v", got, r.Verdict, err, c.did, c.verdict, c.err)
			}
			if !strings.Contains(d.out.String(), c.says) {
				t.Errorf("got %q, want %q in it", d.out.String(), c.says)
			}
		})
	}
}

func TestWanted(t *testing.T) {
	for _, c := range []struct {
		r    scenario.Result
		want bool
	}{
		{scenario.Result{Verdict: scenario.Fail, Diff: "x"}, true},
		{scenario.Result{Verdict: scenario.Fail, New: true}, true},
		{scenario.Result{Verdict: scenario.Fail, Error: "x"}, false},
		{scenario.Result{Verdict: scenario.Fail, Reason: "it called exit(3)"}, false},
		{scenario.Result{Verdict: scenario.Timeout, Diff: "x"}, false},
		{scenario.Result{Verdict: scenario.Pass}, false},
	} {
		if got := Wanted(&c.r); got != c.want {
			t.Errorf("%+v: got %v", c.r, got)
		}
	}
}
