package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// A rig is a host in a folder of its own, with the builtins that tests need.
type rig struct {
	*host.Host
	t     *testing.T
	out   bytes.Buffer
	owner *host.Owner
}

func newRig(t *testing.T, files map[string]string, extra starlark.StringDict) *rig {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	std := fstest.MapFS{}
	for name, text := range files {
		if mod, ok := strings.CutPrefix(name, "@std//"); ok {
			std[mod] = &fstest.MapFile{Data: []byte(text)}
			continue
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := &rig{t: t, owner: host.NewOwner("script", nil)}
	globals := testBuiltins()
	for name, v := range extra {
		globals[name] = v
	}
	r.Host = host.New(host.Options{Globals: globals, Args: []string{"a1", "a2"}, Stdout: &r.out, Std: std})
	return r
}

// file runs a script file and returns its error; what it printed is in r.out.
func (r *rig) file(ctx context.Context, name string) error {
	r.t.Helper()
	src, err := host.ReadFile(name)
	if err != nil {
		return err
	}
	return r.source(ctx, src)
}

func (r *rig) text(text string) error {
	r.t.Helper()
	return r.source(context.Background(), host.Source{Name: "<test>", Text: []byte(text)})
}

func (r *rig) source(ctx context.Context, src host.Source) error {
	err := r.Run(host.Job{Name: "test", Context: ctx, Owner: r.owner}, func(th *starlark.Thread) error {
		_, err := r.Exec(th, src)
		return err
	})
	return errors.Join(err, r.Flush())
}

type builtinFunc = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

func testBuiltins() starlark.StringDict {
	d := starlark.StringDict{}
	for name, fn := range map[string]builtinFunc{
		"newlink": newlink, "stream": newStream, "count": count, "try_": try, "scope": scope,
		"open": open, "boom": boom, "each": each,
	} {
		d[name] = starlark.NewBuiltin(name, fn)
	}
	return d
}

// kernelError is like what the kernel's refusals will be.
type kernelError struct{ msg string }

func (e *kernelError) Error() string { return e.msg }
func (e *kernelError) Details() []string {
	return []string{"policy: u32, at most 16777215", "0000  10 00\n0004  01"}
}

func newlink(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return nil, fmt.Errorf("rt.newlink: %w", &kernelError{`linkinfo.data.id: kernel says ERANGE "too big" (sent 16777216)`})
}

func boom(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	panic("a nil table")
}

// each(fn, x...) calls fn for each x and says for which one it failed.
func each(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	for i, x := range args[1:] {
		if _, err := starlark.Call(th, args[0], starlark.Tuple{x}, nil); err != nil {
			return nil, fmt.Errorf("each: item %d: %w", i, err)
		}
	}
	return starlark.None, nil
}

// try_(fn, args...) returns the text of the error, or None.
func try(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	_, err := host.Call(th, args[0], args[1:], kwargs)
	switch {
	case err == nil:
		return starlark.None, nil
	case host.Uncatchable(th, err):
		return nil, err
	}
	return starlark.String(err.Error()), nil
}

// scope(fn) calls fn with an owner of its own.
func scope(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	return host.Scope(th, "scope", func() (starlark.Value, error) { return starlark.Call(th, args[0], nil, nil) })
}

// open(name, fails = False) opens a resource; closing it prints.
func open(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var fails bool
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "name", &name, "fails?", &fails); err != nil {
		return nil, err
	}
	out := host.Stdout(th)
	host.OwnerOf(th).Add(name, th.CallFrame(1).Pos, func() error {
		fmt.Fprintln(out, "close", name)
		if fails {
			return syscall.EBUSY
		}
		return nil
	})
	return starlark.None, nil
}

// stream(n, fail = "") yields 0 to n-1, then ends or fails.
type stream struct {
	made *starlark.Thread
	n    int
	fail string
}

func newStream(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	s := &stream{made: th}
	return s, starlark.UnpackArgs(b.Name(), args, kwargs, "n", &s.n, "fail?", &s.fail)
}

func (s *stream) String() string             { return "stream" }
func (s *stream) Type() string               { return "stream" }
func (s *stream) Freeze()                    {}
func (s *stream) Truth() starlark.Bool       { return true }
func (s *stream) Hash() (uint32, error)      { return 0, errors.New("unhashable") }
func (s *stream) Iterate() starlark.Iterator { return &streamIter{s: s} }

type streamIter struct {
	s *stream
	i int
}

func (it *streamIter) Next(p *starlark.Value) bool {
	if it.i == it.s.n {
		if it.s.fail != "" {
			return host.Raise(host.Current(it.s.made), errors.New(it.s.fail))
		}
		return false
	}
	*p = starlark.MakeInt(it.i)
	it.i++
	return true
}

func (it *streamIter) Done() { fmt.Fprintln(host.Of(it.s.made).Stdout(), "done") }

// count(iterable) is a native consumer.
func count(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	iter := starlark.Iterate(args[0])
	defer iter.Done()
	n := 0
	var v starlark.Value
	for iter.Next(&v) {
		n++
	}
	if err := host.Pending(th); err != nil {
		return nil, err
	}
	return starlark.MakeInt(n), nil
}
