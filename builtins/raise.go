package builtins

import (
	"errors"
	"fmt"
	"syscall"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
)

const raiseDoc = `raises an error: one that try_ has caught, or a new one

A caught error goes on as if it had not been caught: the place where it began is shown first.

    o = try_(rt.getlink, ifname = "lo", timeout = "1s")
    if not o.ok and o.error.name != "ENODEV":
        raise_(o.error)
    print(try_(raise_, "no more addresses", kind = "exhausted").error.kind)`

var raiseParams = []param{
	{"error", "error or string", "what try_ has caught, or the text of a new error"},
	{"kind", "string = None", `of a new error: what error.kind says; "fail" by default`},
}

func raise(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var what starlark.Value
	var kind string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "error", &what, "kind??", &kind); err != nil {
		return nil, err
	}
	switch v := what.(type) {
	case *errorValue:
		if kind != "" {
			return nil, fmt.Errorf("%s: for parameter kind: got %q with an error, want it with a text only (an error has a kind)", fn.Name(), kind)
		}
		return nil, fmt.Errorf("%w", v.err) // wrapped, it has this call in its trace too
	case starlark.String:
		if kind == "" {
			kind = "fail"
		}
		return nil, &scriptError{kind: kind, text: string(v)}
	case *outcome:
		return nil, fmt.Errorf("%s: for parameter error: got outcome, want error or string (outcome.error)", fn.Name())
	}
	return nil, fmt.Errorf("%s: for parameter error: got %s, want error or string", fn.Name(), what.Type())
}

// scriptError is an error that a script has made.
type scriptError struct{ kind, text string }

func (e *scriptError) Error() string { return e.text }

// errnoOf is the errno in an error: of the kernel's answer, or of a system call; 0 if there is none.
func errnoOf(err error) syscall.Errno {
	var ke *session.Error
	if errors.As(err, &ke) {
		return ke.Errno
	}
	var errno syscall.Errno
	errors.As(err, &errno)
	return errno
}

// errnoName is the name of an errno, None for 0.
func errnoName(errno syscall.Errno) starlark.Value {
	switch name := session.ErrnoName(errno); {
	case errno == 0:
		return starlark.None
	case name != "":
		return starlark.String(name)
	}
	return starlark.String(fmt.Sprintf("errno %d", int(errno)))
}

// traceOf is the places on the way to an error, the innermost first.
func traceOf(err error) starlark.Value {
	var elems []starlark.Value
	for _, line := range host.Trace(err) {
		elems = append(elems, starlark.String(line))
	}
	return starlark.NewList(elems)
}
