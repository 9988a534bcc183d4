package host_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

func TestLoad(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		out   string // what main.star prints
		err   string // in the displayed error
	}{
		{"cached and frozen", map[string]string{
			"main.star": "load(\"a.star\", \"x\")\nload(\"./sub/../a.star\", y = \"x\")\nload(\"b.star\", z = \"x\")\nprint(x == y, x == z)\nx.append(1)",
			"a.star":    "print(\"once\")\nx = []",
			"b.star":    "load(\"a.star\", y = \"x\")\nx = y",
		}, "once\nTrue True\n", "cannot append to frozen list"},
		{"relative to the loading file", map[string]string{
			"main.star":  "load(\"sub/a.star\", \"x\")\nprint(x)",
			"sub/a.star": "load(\"../b.star\", \"y\")\nload(\"c.star\", \"z\")\nx = y + z",
			"b.star":     "y = 1",
			"sub/c.star": "z = 2",
		}, "3\n", ""},
		{"after a load, relative to the script again", map[string]string{
			"main.star":  "load(\"sub/a.star\", \"x\")\nload(\"a.star\", y = \"x\")\nprint(x, y)",
			"sub/a.star": "x = 1",
			"a.star":     "x = 2",
		}, "1 2\n", ""},
		{"library, and inside it", map[string]string{
			"main.star":        "load(\"@std//a.star\", \"x\")\nprint(x)",
			"@std//a.star":     "load(\"sub/b.star\", \"y\")\nload(\"@std//c.star\", \"z\")\nx = y + z",
			"@std//sub/b.star": "load(\"../c.star\", \"z\")\ny = z",
			"@std//c.star":     "z = 2",
		}, "4\n", ""},
		{"main script is not frozen", map[string]string{
			"main.star": "x = []\ndef f(): x.append(1)\nf()\nf()\nprint(x)",
		}, "[1, 1]\n", ""},
		{"cycle", map[string]string{
			"main.star": "load(\"a.star\", \"x\")",
			"a.star":    "load(\"b.star\", \"x\")",
			"b.star":    "load(\"a.star\", \"x\")",
		}, "", "cannot load a.star: load cycle: a.star -> b.star -> a.star"},
		{"cycle through the script", map[string]string{
			"main.star": "load(\"a.star\", \"x\")",
			"a.star":    "load(\"main.star\", \"x\")",
		}, "", "load cycle: main.star -> a.star -> main.star"},
		{"cycle of one", map[string]string{"main.star": "load(\"main.star\", \"x\")"}, "", "load cycle: main.star -> main.star"},
		{"cycle in the library", map[string]string{
			"main.star":    "load(\"@std//a.star\", \"x\")",
			"@std//a.star": "load(\"a.star\", \"x\")",
		}, "", "load cycle: @std//a.star -> @std//a.star"},
		{"missing", map[string]string{"main.star": "load(\"nowhere.star\", \"x\")"},
			"", "cannot load nowhere.star: no such file: looked for DIR/nowhere.star\n"},
		{"missing extension", map[string]string{"main.star": "load(\"a\", \"x\")", "a.star": ""},
			"", "looked for DIR/a (did you mean \"a.star\"?)"},
		{"misspelt", map[string]string{"main.star": "load(\"sub/lniks.star\", \"x\")", "sub/links.star": ""},
			"", "looked for DIR/sub/lniks.star (did you mean \"sub/links.star\"?)"},
		{"meant the library", map[string]string{"main.star": "load(\"ip.star\", \"x\")", "@std//ip.star": ""},
			"", "(did you mean \"@std//ip.star\"?)"},
		{"missing in the library", map[string]string{"main.star": "load(\"@std//tabel.star\", \"x\")", "@std//table.star": ""},
			"", "cannot load @std//tabel.star: no such module (did you mean \"@std//table.star\"?)"},
		{"library without extension", map[string]string{"main.star": "load(\"@std//ip\", \"x\")", "@std//ip.star": ""},
			"", "no such module (did you mean \"@std//ip.star\"?)"},
		{"nothing near", map[string]string{"main.star": "load(\"@std//zebra.star\", \"x\")", "@std//ip.star": "", "@std//tc.star": ""},
			"", "no such module; there are ip.star, tc.star"},
		{"out of the library", map[string]string{"main.star": "load(\"@std//../x.star\", \"x\")"},
			"", "the path leaves @std"},
		{"unknown root", map[string]string{"main.star": "load(\"@other//x.star\", \"x\")"},
			"", `want "@std//NAME.star", or the path of a file, like "./NAME.star"`},
		{"empty name", map[string]string{"main.star": "load(\"\", \"x\")"}, "", "the name of the module is empty"},
		{"folder", map[string]string{"main.star": "load(\"sub\", \"x\")", "sub/a.star": ""}, "", "DIR/sub is a directory, want a file"},
		{"not UTF-8", map[string]string{"main.star": "load(\"a.star\", \"x\")", "a.star": "x = 1\ny = '\xff'"},
			"", "nlsh: a.star:2:6: not UTF-8: byte 0xff at offset 11\n     2 | y = '?'\n       |      ^\n  loaded by main.star:1:1: at top level\n"},
		{"missing name", map[string]string{"main.star": "load(\"a.star\", \"lnk\")", "a.star": "link = 1"},
			"", "load: name lnk not found in module a.star (did you mean link?)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.files, nil)
			got := host.Format(r.file(context.Background(), "main.star"), false)
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(tt.err, "DIR", dir); !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if r.out.String() != tt.out {
				t.Errorf("printed %q, want %q", r.out.String(), tt.out)
			}
		})
	}
}

// A script that is reached by a symbolic link finds its neighbours, and a module that is reached
// by two paths is one.
func TestLoadSymlink(t *testing.T) {
	r := newRig(t, map[string]string{
		"opt/main.star": "load(\"a.star\", \"x\")\nload(\"link.star\", y = \"x\")",
		"opt/a.star":    "print(\"once\")\nx = 1",
	}, nil)
	for link, to := range map[string]string{"tool": "opt/main.star", "opt/link.star": "a.star"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.file(context.Background(), "tool"); err != nil || r.out.String() != "once\n" {
		t.Errorf("got %v, printed %q", err, r.out.String())
	}
}

// A module that failed can be loaded again after it was mended; one that did not fail is not run again.
func TestLoadAgain(t *testing.T) {
	r := newRig(t, map[string]string{"a.star": "x = nope"}, nil)
	const script = "load(\"a.star\", \"x\")\nprint(x)"
	if err := r.text(script); err == nil {
		t.Fatal("no error")
	}
	for _, text := range []string{"x = 1", "x = 2"} {
		if err := os.WriteFile("a.star", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := r.text(script); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.out.String(); got != "1\n1\n" {
		t.Errorf("printed %q", got)
	}
}

// What a module opens lives as long as the module, not as long as the scope that loads it.
func TestLoadOwner(t *testing.T) {
	r := newRig(t, map[string]string{"a.star": "open(\"module\")\nx = 1"}, nil)
	mustRun(t, r, func(th *starlark.Thread) error {
		_, err := host.Scope(th, "scope", func() (starlark.Value, error) {
			_, err := r.Exec(th, host.Source{Name: "<test>", Text: []byte("load(\"a.star\", \"x\")\nopen(\"scope\")")})
			return starlark.None, err
		})
		if err := r.Flush(); err != nil {
			return err
		}
		if got := r.out.String(); got != "close scope\n" {
			t.Errorf("printed %q", got)
		}
		return err
	})
}

// Two tasks that load the same module run it once; two that load in a circle get an error.
func TestLoadFromTasks(t *testing.T) {
	for name, tt := range map[string]struct{ a, b, err string }{
		"one module": {"load(\"m.star\", \"x\")", "load(\"m.star\", \"x\")", ""},
		"a circle":   {"load(\"p.star\", \"x\")", "load(\"q.star\", \"x\")", "load cycle"},
	} {
		t.Run(name, func(t *testing.T) {
			pause := starlark.NewBuiltin("pause", func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
				return starlark.None, host.Blocking(th, func() error { return nil })
			})
			r := newRig(t, map[string]string{
				"m.star": "pause()\nprint(\"once\")\nx = 1",
				"p.star": "pause()\nload(\"q.star\", y = \"x\")\nx = 1",
				"q.star": "pause()\nload(\"p.star\", y = \"x\")\nx = 1",
			}, starlark.StringDict{"pause": pause})
			done := make(chan error, 2)
			for _, text := range []string{tt.a, tt.b} {
				place := r.Queue()
				go func() {
					done <- r.Run(host.Job{Place: place}, func(th *starlark.Thread) error {
						_, err := r.Exec(th, host.Source{Name: "<task>", Text: []byte(text)})
						return err
					})
				}()
			}
			texts := host.Format(within(t, done), false) + host.Format(within(t, done), false)
			if !strings.Contains(texts, tt.err) || tt.err == "" && texts != "" {
				t.Errorf("got:\n%s", texts)
			}
			if err := r.Flush(); err != nil || strings.Count(r.out.String(), "once") > 1 {
				t.Errorf("%v, printed %q", err, r.out.String())
			}
		})
	}
}
