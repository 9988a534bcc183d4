package builtins_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	starmath "go.starlark.net/lib/math"
	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// pureNames are the modules that need no kernel, and values that they make.
const pureNames = `hex, ipaddr, json, math, random, re, struct, time, re.compile("x"), random.seed(1)`

// pureBuiltins finds all their functions.
func pureBuiltins(t *testing.T) map[string]documented {
	t.Helper()
	all := map[string]documented{}
	p := &program{t: t, reg: registry(), globals: starlark.StringDict{
		"look": starlark.NewBuiltin("look", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			for _, v := range args {
				eachBuiltin(v, 1, func(d documented) { all[d.Name()] = d })
			}
			return starlark.None, nil
		}),
	}}
	if err := p.run("test.star", "look("+pureNames+")"); err != nil {
		t.Fatal(err)
	}
	return all
}

// Each function has a doc of one line and an example in which the comment
// after an expression is its value.
func TestPureDocs(t *testing.T) {
	all := pureBuiltins(t)
	if len(all) < 80 {
		t.Fatalf("%d builtins, want all", len(all))
	}
	for name, d := range all {
		first, rest, _ := strings.Cut(d.Doc(), "\n")
		if first == "" || strings.HasSuffix(first, ".") || strings.HasPrefix(first, " ") || rest != "" && !strings.HasPrefix(rest, "\n") {
			t.Errorf("%s: the doc begins with %q, want a line without a full stop, and an empty one", name, first)
		}
		for _, p := range d.Params() {
			if p[0] == "" || p[1] == "" || p[2] == "" {
				t.Errorf("%s: parameter %v, want name, type and meaning", name, p)
			}
		}
		code := example(d.Doc())
		if code == "" {
			t.Errorf("%s: no example", name)
		}
		p := &program{t: t, reg: registry(), globals: asserts(t)}
		if err := p.run(name, checked(code)); err != nil {
			t.Errorf("%s\n%s", host.Format(err, false), code)
		}
	}
}

// checked turns "EXPR  # VALUE" into a comparison.
func checked(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		if i := strings.LastIndex(line, " # "); i > 0 {
			line = "eq(" + line[:i] + ", " + strings.TrimSpace(line[i+3:]) + ")\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestExamplesAreCompared(t *testing.T) {
	if got := checked("a = 1\nf(a)   # [\"#\", 2]\n"); got != "a = 1\neq(f(a)  , [\"#\", 2])\n" {
		t.Errorf("got %q", got)
	}
}

// Each function that takes something has its errors in the tables of bad input.
func TestPureBadInput(t *testing.T) {
	files, err := filepath.Glob("testdata/input/*.star")
	if err != nil {
		t.Fatal(err)
	}
	var tables strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tables.Write(text)
	}
	for name := range pureBuiltins(t) {
		if !strings.Contains(tables.String(), "fails('"+name+": ") {
			t.Errorf("%s: no bad input in testdata/input", name)
		}
	}
}

// All of Starlark's own module is there.
func TestMathIsWhole(t *testing.T) {
	math, ok := builtins.Globals(builtins.Config{Registry: registry()})["math"].(starlark.HasAttrs)
	if !ok {
		t.Fatal("no math")
	}
	for name := range starmath.Module.Members {
		if v, err := math.Attr(name); v == nil || err != nil {
			t.Errorf("math.%s: not there, %v", name, err)
		}
	}
	if got, want := len(math.AttrNames()), len(starmath.Module.Members); got != want {
		t.Errorf("%d members, want %d", got, want)
	}
}

// There are few predeclared names, so that few names of scripts shadow one. About 25 is
// the aim; a new one takes the place of another, or goes into a module. breakpoint has the
// name that it has in Python.
func TestFewGlobals(t *testing.T) {
	if globals := builtins.Globals(builtins.Config{Registry: registry()}); len(globals) > 31 {
		t.Errorf("%d predeclared names, want at most 31 (a module takes one): %v", len(globals), globals.Keys())
	}
}

// live goes on until next fails.
type live struct {
	th   *starlark.Thread
	next func(i int) error
}

func (l *live) String() string             { return "live" }
func (l *live) Type() string               { return "live" }
func (l *live) Freeze()                    {}
func (l *live) Truth() starlark.Bool       { return true }
func (l *live) Hash() (uint32, error)      { return 0, errors.New("unhashable: live") }
func (l *live) Iterate() starlark.Iterator { return &liveIterator{l: l} }

type liveIterator struct {
	l *live
	i int
}

func (it *liveIterator) Next(p *starlark.Value) bool {
	if err := it.l.next(it.i); err != nil {
		return host.Raise(it.l.th, err)
	}
	*p = starlark.MakeInt(it.i)
	it.i++
	return true
}

func (it *liveIterator) Done() {}

// Who reads the first line of a stream does not have to wait for the second;
// and an error of the stream is not taken for its end.
func TestJSONLinesAreLive(t *testing.T) {
	p := &program{t: t, reg: registry()}
	var written []string
	var failed, encoded error
	p.done = func(th *starlark.Thread, _ *host.Owner) {
		v := &live{th, func(i int) error {
			written = append(written, p.out.String())
			if i == 2 {
				return errors.New("lost")
			}
			return nil
		}}
		failed = builtins.WriteJSONLines(th, host.Stdout(th), v)
		encoded = builtins.WriteJSON(th, host.Stdout(th), starlark.NewList([]starlark.Value{v}))
	}
	if err := p.run("test.star", ""); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%q", written[:3]), `["" "0\n" "0\n1\n"]`; got != want {
		t.Errorf("written when the next element was asked for: %s, want %s", got, want)
	}
	if failed == nil || failed.Error() != "lost" || encoded == nil || encoded.Error() != "--json: lost" {
		t.Errorf("got %v and %v, want what the iterator raised", failed, encoded)
	}
}

// What walks over a value in Go notices an interrupt.
func TestEndlessValuesAreInterrupted(t *testing.T) {
	for _, call := range []string{"json.encode(v)", "random.choice(v)", "random.sample(v, 1)", "ipaddr.summarize(v)", "ipaddr.exclude(\"::/0\", v)"} {
		ctx, cancel := context.WithCancel(t.Context())
		p := &program{t: t, reg: registry(), ctx: ctx, globals: starlark.StringDict{}}
		v := &endless{cancel: cancel}
		p.globals["v"] = v
		err := p.run("test.star", call)
		var interrupted *host.Interrupted
		if !errors.As(err, &interrupted) || v.n > 10000 {
			t.Errorf("%s: got %v after %d elements, want an interrupt soon after 3000", call, err, v.n)
		}
	}
}

// endless is one address again and again; in the middle somebody interrupts.
type endless struct {
	cancel func()
	n      int
}

func (e *endless) String() string             { return "endless" }
func (e *endless) Type() string               { return "endless" }
func (e *endless) Freeze()                    {}
func (e *endless) Truth() starlark.Bool       { return true }
func (e *endless) Hash() (uint32, error)      { return 0, errors.New("unhashable: endless") }
func (e *endless) Iterate() starlark.Iterator { return &endlessIterator{e} }

type endlessIterator struct{ e *endless }

func (it *endlessIterator) Next(p *starlark.Value) bool {
	if it.e.n++; it.e.n == 3000 {
		it.e.cancel()
	}
	*p = starlark.String("::1")
	return it.e.n < 1<<20
}

func (it *endlessIterator) Done() {}
