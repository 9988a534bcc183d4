package builtins

import (
	"errors"
	"fmt"
	"syscall"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/session"
)

const refuseDoc = `makes an error for a handler of nl.serve to return: what the client is told

    no = nl.error("ERANGE", "the id is too large", attr = "id")
    print(no.name, no.extack, no.attr)`

var refuseParams = []param{
	{"errno", "string or int", `name or number of the errno, "EINVAL"`},
	{"text", "string = None", "the reason, for people"},
	{"attr", "string = None", `path of the attribute to blame, "data.id"`},
	{"missing", "string = None", "path of the attribute that should have been there"},
}

func nlError(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var errno starlark.Value
	r := &session.Refusal{}
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "errno", &errno, "text??", &r.Msg, "attr??", &r.Attr, "missing??", &r.Missing); err != nil {
		return nil, err
	}
	switch v := errno.(type) {
	case starlark.String:
		e, ok := session.ErrnoOf(string(v))
		if !ok {
			return nil, fmt.Errorf(`%s: for parameter errno: got %s, want the name of an errno like "EINVAL"`, fn.Name(), v)
		}
		r.Errno = e
	case starlark.Int:
		n, ok := v.Uint64()
		if !ok || n == 0 || n > maxErrno {
			return nil, fmt.Errorf("%s: for parameter errno: got %s, want 1 to %d", fn.Name(), v, maxErrno)
		}
		r.Errno = syscall.Errno(n)
	default:
		return nil, fmt.Errorf("%s: for parameter errno: got %s, want a name or a number", fn.Name(), errno.Type())
	}
	return &errorValue{err: r}, nil
}

// maxErrno is MAX_ERRNO (linux/err.h).
const maxErrno = 4095

// refusalAttr is a part of a refusal that is an error value, nil if err is none or has no such part.
func refusalAttr(err error, name string) starlark.Value {
	var r *session.Refusal
	if !errors.As(err, &r) {
		return nil
	}
	switch name {
	case "name":
		return orNone(session.ErrnoName(r.Errno))
	case "errno":
		return starlark.MakeInt(int(r.Errno))
	case "extack":
		return orNone(r.Msg)
	case "attr":
		return orNone(r.Attr)
	case "missing":
		return orNone(r.Missing)
	}
	return nil
}
