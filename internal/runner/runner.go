// Package runner runs one program from start to end: it finds the text, gives it an owner, runs
// it on a host, closes what it has opened, shows the error and knows the exit status. It prints
// only through the host and never ends the process.
//
//	code := runner.Run(ctx, runner.Options{Host: h, File: "links.star"})
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// Options say what to run: the file, or the expression if that is not nil.
type Options struct {
	Host   *host.Host
	File   string    // "-" is Stdin
	Expr   *string   // statements; if the last one is an expression, its value is printed
	Stdin  io.Reader // of nlsh
	Color  bool      // in errors
	Strict bool      // what the program has left open, though it could have closed it, is an error

	// Exit ends the process when the program is interrupted in the middle of something that does not notice. What it has opened is closed by then. nil waits for it.
	Exit func(status int)

	// Print writes the value of the expression; nil is its text and a newline.
	Print func(*starlark.Thread, io.Writer, starlark.Value) error
}

// Run runs a program and returns the exit status of the process.
func Run(ctx context.Context, o Options) int {
	src, err := source(ctx, o)
	if err != nil {
		return report(o, err)
	}
	owner := host.NewOwner("script", nil)
	dog := newWatchdog(ctx, o, owner)
	err = o.Host.Run(host.Job{Name: src.Name, Context: ctx, Owner: owner}, func(thread *starlark.Thread) error {
		if o.Expr == nil {
			_, err := o.Host.Exec(thread, src)
			return err
		}
		return eval(thread, src, o.Print)
	})
	dog.returned.Store(true)
	// The flush comes first: what was printed should not wait for a slow close.
	flushErr := o.Host.Flush()
	var out *host.OutputError
	if errors.As(err, &out) { // the script has failed of it already
		flushErr = nil
	}
	leaks := leaked(o, owner, err)
	closeErr := owner.Close()
	if flushErr == nil && out == nil { // tasks and callbacks of on_exit print too
		flushErr = o.Host.Flush()
	}
	dog.closed()
	return report(o, errors.Join(err, leaks, flushErr, closeErr))
}

// leaked is an error for each thing that a program has left open. One that has failed could not
// close anything.
func leaked(o Options, owner *host.Owner, err error) error {
	var exit *host.ExitError
	if !o.Strict || err != nil && !errors.As(err, &exit) {
		return nil
	}
	var errs []error
	for _, r := range owner.Leaks() {
		errs = append(errs, &leakError{r})
	}
	return errors.Join(errs...)
}

// leakError is something that a program has left open.
type leakError struct{ host.Resource }

func (e *leakError) Error() string {
	return fmt.Sprintf("strict: %s, opened at %s, is still open at the end", e.Name, e.Pos)
}

// eval runs a program and prints the value of its final expression, unless that is None.
func eval(thread *starlark.Thread, src host.Source, write func(*starlark.Thread, io.Writer, starlark.Value) error) error {
	h := host.Of(thread)
	v, err := h.Eval(thread, src)
	if err != nil || v == starlark.None {
		return err
	}
	if write != nil {
		return write(thread, h.Stdout(), v)
	}
	text := h.Show(v) // may iterate, and that may fail
	if err := host.Pending(thread); err != nil {
		return err
	}
	_, err = fmt.Fprintln(h.Stdout(), strings.TrimSuffix(text, "\n"))
	return err
}

// source gets the text of the program.
func source(ctx context.Context, o Options) (host.Source, error) {
	switch {
	case o.Expr != nil:
		return host.NewSource("<-c>", "", []byte(*o.Expr))
	case o.File == "-":
		text, err := readAll(ctx, o.Stdin)
		if err != nil {
			return host.Source{}, err
		}
		return host.NewSource("<stdin>", "", text)
	}
	src, err := host.ReadFile(o.File)
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		return src, &fileError{name: o.File, err: pathErr.Err}
	}
	return src, err
}

// readAll reads to the end of r, which a read from a terminal may never reach: the end of ctx
// ends the wait. The reader stays behind then, and with it the process is about to end.
func readAll(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(host.Bounded(r))
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, &host.Interrupted{Cause: context.Cause(ctx)}
	case got := <-done:
		if got.err != nil {
			return nil, &fileError{name: "<stdin>", err: got.err}
		}
		return got.text, nil
	}
}

// fileError says why there is nothing to run.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string {
	msg := fmt.Sprintf("open %s: %v", e.name, e.err)
	if errors.Is(e.err, os.ErrNotExist) {
		if _, err := os.Stat(e.name + ".star"); err == nil {
			msg += fmt.Sprintf(" (did you mean %q?)", e.name+".star")
		}
	}
	return msg
}

func (e *fileError) Unwrap() error { return e.err }
