package builtins

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

const breakpointDoc = `lets the program stand still, and asks on the terminal what to do

At the prompt that appears code runs with the names of the call, and :where, :locals, :up and :down look at those around it. Ctrl-D or :continue lets the
program go on, :quit ends it. Tasks run meanwhile. Variables cannot be changed there: what the code binds stays at the prompt.

Errors: where standard input is no terminal, as in a pipeline or a scenario, and in a task.

    def add(n):
        if n < 0:
            breakpoint()
        return n + 1`

func (env *environ) breakpoint(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	err := errors.New("got no terminal to ask at, want one (run the script on a terminal, or by :load in a session)")
	if env.stop != nil {
		err = env.stop(th)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}
