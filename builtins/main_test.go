package builtins_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/specs"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

func registry() *session.Registry { return session.NewRegistry(specs.All(), specs.Errata()) }

// kernel is a registry whose sockets lead to answer.
func kernel(tb testing.TB, answer socktest.Answer) *session.Registry {
	reg := registry()
	reg.Dial = func(o sock.Options) (*sock.Conn, error) { return socktest.Start(tb, o, answer).Conn, nil }
	return reg
}

// program is a script and what it runs in.
type program struct {
	t       *testing.T
	reg     *session.Registry
	ctx     context.Context
	ns      *netns.Handle                            // nil is where the test is
	globals starlark.StringDict                      // beside those of nlsh
	redact  *redact.Table                            // makes it a scenario, with record
	call    string                                   // function to call when the script has run
	done    func(th *starlark.Thread, o *host.Owner) // before what it opened is closed

	out, errOut strings.Builder
	xfail       string // what t.xfail was told
}

// run runs a program to its end, and closes what it has opened. It has a
// thread of its own, which is thrown away, since scripts may move it.
func (p *program) run(name, src string) (err error) {
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		if p.ns != nil {
			if err = netns.Enter(p.ns); err != nil {
				return
			}
		}
		err = p.runHere(name, src)
	}()
	<-ended
	return err
}

// scenario is what a worker gives a scenario.
func (p *program) scenario() *builtins.Scenario {
	return &builtins.Scenario{
		Name: "test/test_it", Kernel: "6.18", XFail: func(reason string) { p.xfail = reason },
		Tmp: func() (string, error) { return p.t.TempDir(), nil },
		Need: func(_ *starlark.Thread, what string) (string, error) {
			if strings.Contains(what, "nosuch") {
				return what + ": EOPNOTSUPP", nil
			}
			if !strings.Contains(what, ":") {
				return "", fmt.Errorf("got %q, want a probe", what)
			}
			return "", nil
		},
	}
}

func (p *program) runHere(name, src string) error {
	t := p.scenario()
	globals := builtins.Globals(builtins.Config{Registry: p.reg, Redact: p.redact, Record: p.redact != nil, Scenario: t, Interactive: true})
	globals["t"] = t.T
	for name, v := range p.globals {
		globals[name] = v
	}
	h := host.New(host.Options{Globals: globals, Stdout: &p.out, Stderr: &p.errOut})
	source, err := host.NewSource(name, "", []byte(src))
	if err != nil {
		return err
	}
	owner := host.NewOwner("test", nil)
	err = h.Run(host.Job{Context: p.ctx, Owner: owner}, func(th *starlark.Thread) error {
		members, err := h.Exec(th, source)
		if fn := members[p.call]; fn != nil && err == nil {
			_, err = starlark.Call(th, fn, nil, nil)
		}
		if p.done != nil {
			p.done(th, owner)
		}
		return err
	})
	return errors.Join(err, owner.Close(), h.Flush())
}

// TestLanguage runs the functions test_... of the scripts in testdata, each in
// a namespace of its own. Those in testdata/input get a kernel that must not be
// asked anything.
func TestLanguage(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.star")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range functions(string(src)) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".star")+"/"+test, func(t *testing.T) {
				p := &program{t: t, call: test, globals: asserts(t)}
				if strings.Contains(file, "/input/") {
					p.reg = kernel(t, func(req []byte) [][]byte {
						t.Errorf("sent: % x", req)
						return [][]byte{socktest.Ack(req)}
					})
				} else {
					p.reg, p.ns = registry(), netnstest.New(t)
				}
				if err := p.run(file, string(src)); err != nil {
					t.Error(host.Format(err, false))
				}
				if p.out.Len() > 0 {
					t.Logf("printed: %s", p.out.String())
				}
			})
		}
	}
}

// functions lists the tests of a script.
func functions(src string) []string {
	var list []string
	for line := range strings.Lines(src) {
		if name, ok := strings.CutPrefix(line, "def test_"); ok {
			name, _, _ = strings.Cut(name, "(")
			list = append(list, "test_"+name)
		}
	}
	return list
}

// asserts are what the scripts of testdata have beside the language:
//
//	freeze(value)                    freezes it
//	eq(got, want)
//	fails("text", fn, *args, **kwargs)
//	text(fn, *args, **kwargs)             the text with which it fails
func asserts(t *testing.T) starlark.StringDict {
	eq := func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var got, want starlark.Value
		if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 2, &got, &want); err != nil {
			return nil, err
		}
		same, err := starlark.Equal(got, want)
		if err != nil || !same {
			t.Errorf("%s:\ngot  %s\nwant %s", th.CallFrame(1).Pos, got, want)
		}
		return starlark.None, err
	}
	fails := func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		want, ok := starlark.AsString(args[0])
		if !ok {
			return nil, fmt.Errorf("%s: the first argument is the text of the error", b.Name())
		}
		if got := failure(th, args[1:], kwargs); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", th.CallFrame(1).Pos, got, want)
		}
		return starlark.None, nil
	}
	text := func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return starlark.String(failure(th, args, kwargs)), nil
	}
	return starlark.StringDict{
		"freeze": starlark.NewBuiltin("freeze", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			args.Freeze() // as the globals of a module are
			return starlark.None, nil
		}),
		"eq": starlark.NewBuiltin("eq", eq), "fails": starlark.NewBuiltin("fails", fails), "text": starlark.NewBuiltin("text", text),
		"tmp": starlark.String(t.TempDir()),
	}
}

// failure is the text with which a call fails.
func failure(th *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) string {
	_, err := host.Call(th, args[0], args[1:], kwargs)
	if err == nil {
		return "no error"
	}
	return cause(err).Error()
}

// cause is an error without the calls that led to it.
func cause(err error) error {
	var eval *starlark.EvalError
	for errors.As(err, &eval) && eval.Unwrap() != nil {
		err = eval.Unwrap()
	}
	return err
}

// script runs a script against the kernel of a namespace of its own.
func script(t *testing.T, src string) (*program, error) {
	t.Helper()
	p := &program{t: t, reg: registry(), ns: netnstest.New(t)}
	return p, p.run("test.star", strings.TrimLeft(src, "\n"))
}

// wantFailure runs a script that must end in an error of which the display has
// the parts.
func wantFailure(t *testing.T, src string, parts ...string) *program {
	t.Helper()
	p, err := script(t, src)
	text := host.Format(err, false)
	if err == nil || slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) }) {
		t.Errorf("got %swant %q", text, parts)
	}
	return p
}
