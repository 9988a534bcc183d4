package host_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

func TestEval(t *testing.T) {
	for script, want := range map[string]string{
		"1 + 2":                  "3",
		"x = 1; x + 1":           "2",
		"x = 1":                  "None",
		"":                       "None",
		"# nothing":              "None",
		"for x in [1, 2]: x":     "None",
		"print(1)":               "None",
		"1, 2":                   "(1, 2)",
		"def f(): return 5\nf()": "5",
		"args":                   `["a1", "a2"]`,
		"x = 0\nwhile x < 3: x += 1\nif x: x = set([x])\nx": "set([3])",
		"\"" + strings.Repeat("x", 100_000) + "\"":          "\"" + strings.Repeat("x", 100_000) + "\"",
	} {
		r := newRig(t, nil, nil)
		mustRun(t, r, func(th *starlark.Thread) error {
			v, err := r.Eval(th, host.Source{Name: "<test>", Text: []byte(script)})
			if err == nil && r.Show(v) != want {
				t.Errorf("%s: got %s, want %s", script, r.Show(v), want)
			}
			return err
		})
	}
}

func TestNewSource(t *testing.T) {
	for _, tt := range []struct{ text, err string }{
		{"x = 1", ""},
		{"\xEF\xBB\xBFx = 1", ""},
		{"\xff", "s:1:1: not UTF-8: byte 0xff at offset 0"},
		{"x = 1\nü\x80", "s:2:2: not UTF-8: byte 0x80 at offset 8"},
		{"\xff\xfex\x00", "s:1:1: not UTF-8: byte 0xff at offset 0"},
	} {
		src, err := host.NewSource("s", "", []byte(tt.text))
		if errText(err) != tt.err || err == nil && string(src.Text) != "x = 1" {
			t.Errorf("%q: got %q, %v", tt.text, src.Text, err)
		}
	}
}

func TestLineEnds(t *testing.T) {
	r := newRig(t, nil, nil)
	err := r.text("#!/usr/bin/env nlsh\r\nprint(1)\r\nfail(\"x\")\r\n")
	if got, want := host.Format(err, false), "nlsh: <test>:3:5: at top level\n  x\n     3 | fail(\"x\")\n       |     ^\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if r.out.String() != "1\n" {
		t.Errorf("printed %q", r.out.String())
	}
}

// A script whose output is gone stops, and cannot go on by catching that.
func TestOutputGone(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, script := range []string{
		"while True: print(\"x\")",
		"def f():\n  while True: print(\"x\")\nwhile True: try_(f)",
	} {
		h := host.New(host.Options{Stdout: full, Globals: testBuiltins()})
		err := h.Run(host.Job{}, func(th *starlark.Thread) error {
			_, err := h.Exec(th, host.Source{Name: "<test>", Text: []byte(script)})
			return err
		})
		var out *host.OutputError
		if !errors.As(err, &out) || !strings.Contains(host.Format(err, false), "standard output: no space left on device") {
			t.Errorf("got %v", err)
		}
	}
}

// What was printed is out before a builtin waits, and with Eager after each line.
func TestFlush(t *testing.T) {
	for _, eager := range []bool{false, true} {
		var out strings.Builder
		h := host.New(host.Options{Stdout: &out, Eager: eager})
		err := h.Run(host.Job{}, func(th *starlark.Thread) error {
			fmt.Fprintln(host.Stdout(th), "x")
			if isOut := out.Len() > 0; isOut != eager {
				t.Errorf("eager %v: written %v", eager, isOut)
			}
			return host.Blocking(th, func() error {
				if out.String() != "x\n" {
					t.Errorf("got %q before a wait", out.String())
				}
				return nil
			})
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestGlobals(t *testing.T) {
	h := host.New(host.Options{Globals: starlark.StringDict{"exit": starlark.None}})
	if h.Globals()["exit"] != starlark.None || h.Globals()["args"] == nil {
		t.Errorf("got %v", h.Globals())
	}
}
