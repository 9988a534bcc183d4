package builtins

import (
	"fmt"
	"sync/atomic"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
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
	return &structValue{Struct: starlarkstruct.FromKeywords(starlarkstruct.Default, kwargs)}, nil
}

// structValue is a struct that can be printed also if it contains itself, by way of a list or a dict.
type structValue struct {
	*starlarkstruct.Struct
	printing
}

var (
	_ starlark.HasAttrs   = (*structValue)(nil)
	_ starlark.HasBinary  = (*structValue)(nil)
	_ starlark.Comparable = (*structValue)(nil)
)

func (s *structValue) String() string {
	return s.printing.once("struct(...)", s.Struct.String)
}

// CompareSameType compares by what the structs hold.
func (s *structValue) CompareSameType(op syntax.Token, y starlark.Value, depth int) (bool, error) {
	return s.Struct.CompareSameType(op, y.(*structValue).Struct, depth)
}

// Binary is a + b.
func (s *structValue) Binary(op syntax.Token, y starlark.Value, side starlark.Side) (starlark.Value, error) {
	o, ok := y.(*structValue)
	if !ok {
		return nil, nil
	}
	v, err := s.Struct.Binary(op, o.Struct, side)
	if sum, ok := v.(*starlarkstruct.Struct); ok {
		v = &structValue{Struct: sum}
	}
	return v, err
}

// printing is whether the text of a value is being made. Starlark sees cycles of lists and dicts only.
type printing struct{ busy atomic.Bool }

// once returns text(), or inside if that is under way already.
func (p *printing) once(inside string, text func() string) string {
	if !p.busy.CompareAndSwap(false, true) {
		return inside
	}
	defer p.busy.Store(false)
	return text()
}
