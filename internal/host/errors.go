package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"go.starlark.net/starlark"
)

// ExitError is how exit(code) travels up. It ends the script, and is not shown.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit(%d)", e.Code) }

// Exit returns the error with which a builtin ends the script.
func Exit(code int) error { return &ExitError{Code: code} }

// SkipError is how a scenario says that it cannot be run here. It travels as ExitError does.
type SkipError struct{ Reason string }

func (e *SkipError) Error() string { return "skipped: " + e.Reason }

// leaves says whether an error is no failure but a way to end the program.
func leaves(err error) bool {
	var exit *ExitError
	var skip *SkipError
	return errors.As(err, &exit) || errors.As(err, &skip)
}

// exit is the builtin exit(code = 0).
func exit(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	code := 0
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "code?", &code); err != nil {
		return nil, err
	}
	if code < 0 || code > 255 {
		return nil, fmt.Errorf("exit: for parameter code: got %d, want a number from 0 to 255", code)
	}
	return nil, Exit(code)
}

// Interrupted is the error of a job whose context has ended.
type Interrupted struct {
	Cause error // of the context: context.Canceled, context.DeadlineExceeded, or what cancelled it
	err   error // how the job noticed; has the call stack
}

func (e *Interrupted) Error() string {
	switch {
	case e.Cause == nil, errors.Is(e.Cause, context.Canceled):
		return "interrupted"
	case errors.Is(e.Cause, context.DeadlineExceeded):
		return "interrupted: out of time"
	}
	return e.Cause.Error()
}

// Unwrap leads to the cause; the call stack is found by Stack.
func (e *Interrupted) Unwrap() error { return e.Cause }

// Defect is a panic of nlsh itself.
type Defect struct {
	Value any    // of the panic
	Stack []byte // of the goroutine
}

func (e *Defect) Error() string {
	return fmt.Sprintf("internal error: %v (this is a defect of nlsh)", e.Value)
}

// Unwrap gives the error that was the value of the panic.
func (e *Defect) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// OutputError says that standard output cannot be written.
type OutputError struct{ Err error }

func (e *OutputError) Error() string {
	err := e.Err
	var p *fs.PathError
	if errors.As(err, &p) { // its path is ours, /dev/stdout, whatever the output really is
		err = p.Err
	}
	return fmt.Sprintf("standard output: %v", err)
}

func (e *OutputError) Unwrap() error { return e.Err }

// raised is the error of an iterator with the call stack of the loop that it stopped.
type raised struct {
	cause error
	stack starlark.CallStack
}

func (e *raised) Error() string { return e.cause.Error() }
func (e *raised) Unwrap() error { return e.cause }

// loadError marks the step from one file to another in a chain of errors.
type loadError struct{ err error }

func (e *loadError) Error() string { return e.err.Error() }
func (e *loadError) Unwrap() error { return e.err }

// Locate makes an error of a program display well that Run has not returned: Format finds the sources in it.
func (h *Host) Locate(err error) error { return &located{err: err, host: h} }

// located is an error with the host that has the sources it points into.
type located struct {
	err  error
	host *Host
}

func (e *located) Error() string { return e.err.Error() }
func (e *located) Unwrap() error { return e.err }
