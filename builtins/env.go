package builtins

import (
	"os"
	"strings"

	"go.starlark.net/starlark"
)

// environment is the variables of the process as a frozen dict, the global env.
func environment() *starlark.Dict {
	vars := os.Environ()
	dict := starlark.NewDict(len(vars))
	for _, kv := range vars {
		if name, value, ok := strings.Cut(kv, "="); ok {
			_ = dict.SetKey(starlark.String(name), starlark.String(value)) // strings are hashable
		}
	}
	dict.Freeze()
	return dict
}
