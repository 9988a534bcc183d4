package repl

import (
	"errors"
	"strings"
	"testing"
)

func TestPagerOf(t *testing.T) {
	found := func(string) (string, error) { return "/bin/less", nil }
	for _, c := range []struct{ env, want string }{
		{"TERM=xterm", "less -FRX"},
		{"TERM=xterm PAGER=more", "more"},
		{"TERM=xterm PAGER=more NLSH_PAGER=most", "most"},
		{"TERM=xterm PAGER=more NLSH_PAGER=", ""},
		{"TERM=xterm PAGER=cat", ""},
		{"TERM=dumb PAGER=more", ""},
		{"PAGER=more", ""},
	} {
		getenv := func(name string) (string, bool) {
			for _, one := range strings.Fields(c.env) {
				if value, ok := strings.CutPrefix(one, name+"="); ok {
					return value, true
				}
			}
			return "", false
		}
		if got := pagerOf(getenv, found); got != c.want {
			t.Errorf("%s: got %q, want %q", c.env, got, c.want)
		}
	}
	getenv := func(name string) (string, bool) { return map[string]string{"TERM": "xterm"}[name], name == "TERM" }
	if got := pagerOf(getenv, func(string) (string, error) { return "", errors.New("none") }); got != "" {
		t.Errorf("got %q where there is no less", got)
	}
}

func TestRowsOf(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a\n": 1, "a\nb": 2, "\n\n": 2, "1234567890\n": 1, "12345678901\n": 2, "\x1b[1m1234567890\x1b[0m\n": 1, "東京東京東京\n": 2,
	} {
		if got := rowsOf(text, 10); got != want {
			t.Errorf("%q: got %d rows, want %d", text, got, want)
		}
	}
}

// page shows a text of 30 rows on a terminal of 20.
func page(t *testing.T, command string) (screen string, err error) {
	t.Helper()
	master, slave := mustPty(t, 20, 80)
	term, err := NewTerminal(slave, slave, Style{}, func(string) (string, []Candidate) { return "", nil })
	if err != nil {
		t.Fatal(err)
	}
	p := NewPager(term, term.Writer(), slave, func() bool { return true }, func(name string) (string, bool) {
		return map[string]string{"TERM": "xterm", "NLSH_PAGER": command}[name], true
	})
	held := 0
	p.guard(func() func() { held++; return func() { held-- } })
	err = p.Page(strings.Repeat("line\n", 30))
	if _, err := slave.WriteString("END\n"); err != nil {
		t.Fatal(err)
	}
	if held != 0 {
		t.Errorf("%s: Ctrl-C is held", command)
	}
	return readUntil(t, master, "END"), err
}

// What cannot be shown by the pager is printed.
func TestPage(t *testing.T) {
	all := strings.Repeat("line\r\n", 30)
	for command, want := range map[string]string{
		"":                     all + "END",
		"wc -l":                "30\r\nEND",
		"wc -l | sed s/3/x/":   "x0\r\nEND",
		"false":                "END",
		"exit 5 # (a shell's)": "END",
		"/nosuch/pager":        all + "END",
	} {
		if got, err := page(t, command); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", command, got, err, want)
		}
	}
}

// A text that fits is printed.
func TestShortPage(t *testing.T) {
	master, slave := mustPty(t, 20, 80)
	term, err := NewTerminal(slave, slave, Style{}, func(string) (string, []Candidate) { return "", nil })
	if err != nil {
		t.Fatal(err)
	}
	p := NewPager(term, term.Writer(), slave, func() bool { return true }, func(name string) (string, bool) {
		return map[string]string{"TERM": "xterm", "NLSH_PAGER": "false"}[name], true
	})
	if err := p.Page(strings.Repeat("line\n", 19)); err != nil {
		t.Fatal(err)
	}
	if _, err := slave.WriteString("END\n"); err != nil {
		t.Fatal(err)
	}
	if got, want := readUntil(t, master, "END"), strings.Repeat("line\r\n", 19)+"END"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is printed while another program has the terminal comes after that.
func TestLend(t *testing.T) {
	master, slave := mustPty(t, 20, 80)
	term, err := NewTerminal(slave, slave, Style{}, func(string) (string, []Candidate) { return "", nil })
	if err != nil {
		t.Fatal(err)
	}
	back, ok := term.lend()
	if !ok {
		t.Fatal("it is not to be had")
	}
	if _, twice := term.lend(); twice {
		t.Error("two have it")
	}
	term.Print("of a task\n")
	if _, err := slave.WriteString("of the pager\n"); err != nil {
		t.Fatal(err)
	}
	back()
	term.Print("END")
	if got, want := readUntil(t, master, "END"), "of the pager\r\nof a task\r\nEND"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
