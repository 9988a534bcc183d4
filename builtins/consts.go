package builtins

import (
	"fmt"
	"sort"

	"go.starlark.net/starlark"
)

const constantsDoc = `lists the kernel's constants whose names begin with a prefix: a dict of name and number

Each is also an attribute of nl by its name in C.

    nl.constants("NLM_F_")["NLM_F_EXCL"] == nl.NLM_F_EXCL`

var constantsParams = []param{{"prefix", "string = \"\"", "how the names begin; all by default"}}

func (env *environ) nlConstants(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var prefix string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "prefix?", &prefix); err != nil {
		return nil, err
	}
	all := env.reg.Constants()
	var names []string
	for _, name := range all.Names() {
		if len(name) >= len(prefix) && name[:len(prefix)] == prefix {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	d := starlark.NewDict(len(names))
	for _, name := range names {
		n, _ := all.Lookup(name)
		_ = d.SetKey(starlark.String(name), starlark.MakeInt64(n)) // strings are hashable
	}
	return d, nil
}

// constant finds a constant among the attributes of nl. Names that could be one
// get a hint of their own; others are left to the interpreter.
func (env *environ) constant(name string) (starlark.Value, error) {
	if n, ok := env.reg.Constants().Lookup(name); ok {
		return starlark.MakeInt64(n), nil
	}
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		return nil, fmt.Errorf("nl has no constant %q%s", name, hint(env.reg.Constants().Suggest(name)))
	}
	return nil, nil
}
