package builtins

import (
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
)

// Keywords are the names that a call of v takes, in the order in which they are documented; nil where that is not known. It asks the kernel
// nothing, as all that completes.
func Keywords(v starlark.Value) []string {
	switch v := v.(type) {
	case *operation:
		return append(v.fields(), paramNames(callParams[1:])...)
	case *Func:
		if v.op != nil {
			return append(v.op.fields(), paramNames(callParams[1:])...)
		}
		return paramNames(v.params)
	case *starlark.Function:
		var names []string
		for i := range v.NumParams() {
			if name, _ := v.Param(i); name != "" {
				names = append(names, name)
			}
		}
		return names
	}
	return nil
}

// KeywordValues are the names that a keyword of a call of v may be: of an enum, of flags.
func KeywordValues(v starlark.Value, name string) []string {
	op, ok := v.(*operation)
	if f, isFunc := v.(*Func); isFunc {
		op, ok = f.op, f.op != nil
	}
	if !ok {
		return nil
	}
	if name == "flags" {
		return op.family.env.reg.MessageFlags()
	}
	row := schema.Resolve(op.op.Header(), op.requestSet(), op.op.Payload, name).Row()
	if row == nil || row.Enum == 0 {
		return nil
	}
	return op.op.Spec.Enum(row.Enum).Names()
}

func paramNames(params []param) (names []string) {
	for _, p := range params {
		for _, name := range strings.Split(p.name, ", ") {
			if !strings.HasPrefix(name, "*") {
				names = append(names, name)
			}
		}
	}
	return names
}
