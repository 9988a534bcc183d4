package builtins

import (
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

const scopeDoc = `calls fn and closes what it opened when it returns, or fails

What is opened outside of a scope lives until the script ends. What fn returns is returned.

    def look():
        there = netns.new()
        return len(nl.open("route", netns = there).getlink.dump())
    print(scope(look))    # the family and the namespace are closed`

var scopeParams = []param{{"fn", "callable", "what to call"}, {"*args, **kwargs", "any", "what to call it with"}}

func scope(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	inner, err := callee(fn, args)
	if err != nil {
		return nil, err
	}
	return host.Scope(th, "scope of "+inner.Name(), func() (starlark.Value, error) {
		return host.Call(th, inner, args[1:], kwargs)
	})
}

// callee is the first argument of a builtin that calls it with the others.
func callee(fn *starlark.Builtin, args starlark.Tuple) (starlark.Callable, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%s: got no function, want one to call", fn.Name())
	}
	inner, ok := args[0].(starlark.Callable)
	if !ok {
		return nil, fmt.Errorf("%s: for parameter fn: got %s, want callable", fn.Name(), args[0].Type())
	}
	return inner, nil
}

const onExitDoc = `has fn called when the script (or scope, or task) ends: after success, an error and Ctrl-C alike

It is called in its turn with what is closed then: what was opened before on_exit is still open, what was opened
afterwards is closed already. It must be done within the timeout, because nothing else ends it.

    before = read_file("/proc/sys/net/core/somaxconn")
    on_exit(lambda: print("it was", before.strip()))`

var onExitParams = []param{
	{"fn", "callable", "what to call, without arguments"},
	{"timeout", "duration = None", `how long it may take, "10s" or seconds; 5 s by default`},
}

const onExitLimit = 5 * time.Second

func onExit(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var inner starlark.Callable
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "fn", &inner, "timeout??", &timeout); err != nil {
		return nil, err
	}
	limit, err := duration(timeout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	if limit == 0 {
		limit = onExitLimit
	}
	host.Of(th).Arm() // a signal must not end the process without it
	host.OnExit(th, limit, inner)
	return starlark.None, nil
}
