package builtins

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

const structDoc = `makes a value with the given attributes

Structs compare by what they hold and print as the call that makes them. Their attributes cannot be changed, but a + b has
those of both, where b wins.

    struct(name = "eth0", up = True)                # struct(name = "eth0", up = True)
    struct(a = 1) + struct(b = 2)                   # struct(a = 1, b = 2)`

var structParams = []param{{"**kwargs", "any", "the attributes"}}

func structFunc() *Func { return newFunc("struct", structDoc, structParams, makeStruct) }

func makeStruct(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) > 0 {
		return nil, fmt.Errorf("%s: got %d positional arguments, want name = value", fn.Name(), len(args))
	}
	return starlarkstruct.FromKeywords(starlarkstruct.Default, kwargs), nil
}
