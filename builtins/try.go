package builtins

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
)

const tryDoc = `calls fn and returns an outcome instead of raising: ok, value, error

An interrupt, and exit, pass through it.

    o = try_(rt.getlink, ifname = "nosuch")
    if not o.ok:
        print(o.error.name, o.error.extack)`

var tryParams = []param{{"fn", "callable", "what to call"}, {"*args, **kwargs", "any", "what to call it with"}}

func try(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%s: got no function, want one to call", fn.Name())
	}
	if err := wantCallable(fn, args[0]); err != nil {
		return nil, err
	}
	v, err := host.Call(th, args[0], args[1:], kwargs)
	if err != nil && host.Uncatchable(th, err) {
		return nil, err
	}
	if err != nil {
		return &outcome{value: starlark.None, err: &errorValue{err: err}}, nil
	}
	return &outcome{ok: true, value: v}, nil
}

// outcome is what became of a call that was tried, or of one message of a
// batch.
type outcome struct {
	printing
	ok    bool
	value starlark.Value
	err   *errorValue
}

func (o *outcome) Type() string          { return "outcome" }
func (o *outcome) Freeze()               { o.value.Freeze() }
func (o *outcome) Truth() starlark.Bool  { return starlark.Bool(o.ok) }
func (o *outcome) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: outcome") }

func (o *outcome) String() string {
	return o.once("outcome(...)", func() string {
		if o.ok {
			return fmt.Sprintf("outcome(ok = True, value = %s)", o.value)
		}
		return fmt.Sprintf("outcome(ok = False, error = %s)", o.err)
	})
}

// Attr finds ok, value, error.
func (o *outcome) Attr(name string) (starlark.Value, error) {
	switch name {
	case "ok":
		return starlark.Bool(o.ok), nil
	case "value":
		return o.value, nil
	case "error":
		if o.err == nil {
			return starlark.None, nil
		}
		return o.err, nil
	}
	return nil, noAttr("outcome", name, o.AttrNames())
}

// AttrNames lists the attributes.
func (o *outcome) AttrNames() []string { return []string{"error", "ok", "value"} }

// errorValue is an error that a script looks at.
type errorValue struct{ err error }

func (e *errorValue) Type() string          { return "error" }
func (e *errorValue) Freeze()               {}
func (e *errorValue) Truth() starlark.Bool  { return true }
func (e *errorValue) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: error") }
func (e *errorValue) String() string        { return e.text() }

// text is the message without the calls that led to it.
func (e *errorValue) text() string {
	var eval *starlark.EvalError
	err := e.err
	for errors.As(err, &eval) {
		err = eval.Unwrap()
		if err == nil {
			return eval.Msg
		}
	}
	return err.Error()
}

// Attr finds a part of the error; those that it does not have are None.
func (e *errorValue) Attr(name string) (starlark.Value, error) {
	if name == "message" {
		return starlark.String(e.text()), nil
	}
	if v := refusalAttr(e.err, name); v != nil {
		return v, nil
	}
	switch name {
	case "kind":
		return starlark.String(errorKind(e.err)), nil
	case "name":
		return errnoName(errnoOf(e.err)), nil
	case "errno":
		if errno := errnoOf(e.err); errno != 0 {
			return starlark.MakeInt(int(errno)), nil
		}
		return starlark.None, nil
	case "trace":
		return traceOf(e.err), nil
	}
	var undone *session.UndoneError
	if name == "index" && errors.As(e.err, &undone) {
		return numberOrNone(undone.Index), nil
	}
	var ke *session.Error
	if !errors.As(e.err, &ke) {
		for _, known := range e.AttrNames() {
			if known == name {
				return starlark.None, nil
			}
		}
		return nil, noAttr("error", name, e.AttrNames())
	}
	switch name {
	case "extack":
		return orNone(ke.Ext.Msg), nil
	case "attr":
		return orNone(ke.Path), nil
	case "missing":
		return orNone(ke.Missing), nil
	case "policy":
		return orNone(session.PolicyText(ke.Ext.Policy)), nil
	case "offset":
		return numberOrNone(ke.Ext.Offset), nil
	case "index":
		return numberOrNone(ke.Index), nil
	case "request":
		return starlark.Bytes(ke.Request.Bytes), nil
	}
	return nil, noAttr("error", name, e.AttrNames())
}

// AttrNames lists the parts.
func (e *errorValue) AttrNames() []string {
	return []string{"attr", "errno", "extack", "index", "kind", "message", "missing", "name", "offset", "policy", "request", "trace"}
}

func orNone(s string) starlark.Value {
	if s == "" {
		return starlark.None
	}
	return starlark.String(s)
}

func numberOrNone(n int) starlark.Value {
	if n < 0 {
		return starlark.None
	}
	return starlark.MakeInt(n)
}

// errorKind sorts errors by who is to blame; a script may add kinds with raise_.
func errorKind(err error) string {
	var timeout interface{ Timeout() bool }
	var value *schema.Error
	var kernel *session.Error
	var missing *session.MissingError
	var refusal *session.Refusal
	var interrupted *sock.InterruptedError
	var overrun *sock.OverrunError
	var scripts *scriptError
	var cancelled *host.CancelledError
	var undone *session.UndoneError
	var program *execError
	switch {
	case errors.As(err, &scripts):
		return scripts.kind
	case errors.As(err, &cancelled):
		return "cancelled"
	case errors.As(err, &program):
		return "exec"
	case errors.As(err, &kernel), errors.As(err, &refusal):
		return "netlink"
	case errors.As(err, &undone):
		return "undone"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &value):
		return "value"
	case errors.As(err, &missing):
		return "missing"
	case errors.As(err, &interrupted):
		return "interrupted"
	case errors.As(err, &overrun):
		return "overrun"
	case errnoOf(err) != 0:
		return "system"
	}
	return "fail"
}
