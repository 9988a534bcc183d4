package host

import (
	"fmt"

	"go.starlark.net/starlark"
)

// mostElements is how many elements a collection can have that is made at one blow. Starlark's own limit for
// repetition, "x" * n, is of the same order.
const mostElements = 1 << 28

// Many is a value that may have more elements than Len can say.
type Many interface{ Elements() uint64 }

// bounded is the builtins of the language that make room for all elements before they look at the
// first, and which would take the process down where range(n) has more than memory does. They are
// predeclared in front of those of the language, and are the same but for the check.
func bounded() starlark.StringDict {
	all := starlark.StringDict{}
	for _, name := range []string{"enumerate", "list", "reversed", "set", "sorted", "tuple", "zip"} {
		inner := starlark.Universe[name].(*starlark.Builtin)
		all[name] = starlark.NewBuiltin(name, func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			for _, arg := range args {
				n := uint64(max(0, starlark.Len(arg)))
				if many, ok := arg.(Many); ok {
					n = many.Elements()
				}
				if n > mostElements {
					return nil, fmt.Errorf("%s: got %s of %d elements, want at most %d", name, arg.Type(), n, mostElements)
				}
			}
			return inner.CallInternal(th, args, kwargs)
		})
	}
	return all
}
