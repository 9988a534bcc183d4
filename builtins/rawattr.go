package builtins

import (
	"encoding/binary"
	"fmt"
	"math"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/wire"
)

const attrDoc = `builds an attribute byte for byte, a wrong one too

    nl.attr(3, b"lo\0")
    nl.attr(4, nl.pack("=I", 1500), length = 2)   # a length that cannot be`

var attrParams = []param{
	{"type", "int or string", "number of the attribute, flags included, or its name in C"},
	{"payload", "bytes or list = None", "bytes, or a list of them"},
	{"nested", "bool = False", "set NLA_F_NESTED"},
	{"net_byteorder", "bool = False", "set NLA_F_NET_BYTEORDER"},
	{"length", "int = None", "length that the header says; the real one by default"},
	{"pad", "bool or int = None", "pad to a multiple of 4 (the default), not at all, or by this many bytes"},
}

func (env *environ) nlAttr(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var typ, payload, length starlark.Value
	var pad starlark.Value = starlark.True
	nested, net := false, false
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "type", &typ, "payload??", &payload, "nested?", &nested, "net_byteorder?", &net,
		"length??", &length, "pad?", &pad); err != nil {
		return nil, err
	}
	flags := uint16(0)
	if nested {
		flags |= wire.Nested
	}
	if net {
		flags |= wire.NetOrder
	}
	b, err := env.buildAttr(th, typ, "payload", payload, flags, length, pad)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return b, nil
}

const nestDoc = `builds an attribute that holds attributes, with NLA_F_NESTED

    nl.nest(18, [nl.attr(1, b"dummy\0")])`

var nestParams = []param{
	{"type", "int or string", "number of the attribute, or its name in C"},
	{"attrs", "bytes or list = None", "what is inside, as nl.attr and nl.nest make it"},
	{"nested", "bool = True", "set NLA_F_NESTED; True by default"},
	{"length", "int = None", "length that the header says; the real one by default"},
	{"pad", "bool or int = None", "pad to a multiple of 4 (the default), not at all, or by this many bytes"},
}

func (env *environ) nlNest(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var typ, attrs, length starlark.Value
	var pad starlark.Value = starlark.True
	nested := true
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "type", &typ, "attrs??", &attrs, "nested?", &nested, "length??", &length, "pad?", &pad); err != nil {
		return nil, err
	}
	flags := uint16(0)
	if nested {
		flags = wire.Nested
	}
	b, err := env.buildAttr(th, typ, "attrs", attrs, flags, length, pad)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return b, nil
}

func (env *environ) buildAttr(th *starlark.Thread, typ starlark.Value, param string, payload starlark.Value, flags uint16, length, pad starlark.Value) (starlark.Bytes, error) {
	if typ == starlark.None {
		return "", fmt.Errorf("for parameter type: got NoneType, want int or string")
	}
	num, err := env.number("type", typ, math.MaxUint16)
	if err != nil {
		return "", err
	}
	b, err := rawBytes(th, param, payload)
	if err != nil {
		return "", err
	}
	size := uint64(wire.AttrHeaderLen + len(b))
	if length != nil {
		if size, err = env.number("length", length, math.MaxUint16); err != nil {
			return "", err
		}
	} else if size > math.MaxUint16 {
		return "", fmt.Errorf("for parameter %s: got %d bytes, want at most %d (with length = you may say what you like)", param, len(b), wire.MaxAttrPayload)
	}
	zeros := wire.Align(len(b)) - len(b)
	switch p := pad.(type) {
	case starlark.Bool:
		if !p {
			zeros = 0
		}
	case starlark.Int:
		n, err := env.number("pad", p, math.MaxUint16)
		if err != nil {
			return "", err
		}
		zeros = int(n)
	default:
		return "", fmt.Errorf("for parameter pad: got %s, want bool or int", pad.Type())
	}
	out := make([]byte, 0, wire.AttrHeaderLen+len(b)+zeros)
	out = binary.NativeEndian.AppendUint16(out, uint16(size))
	out = binary.NativeEndian.AppendUint16(out, uint16(num)|flags)
	out = append(out, b...)
	return starlark.Bytes(append(out, make([]byte, zeros)...)), nil
}

const bytesDoc = `returns the bytes of a message, a raw message, or a list of them

    nl.bytes([nl.attr(1, b"a\0"), nl.attr(2, b"b\0")])`

var bytesParams = []param{{"x", "message, bytes or list", "what is to be bytes"}}

func nlBytes(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "x", &x); err != nil {
		return nil, err
	}
	if x == starlark.None {
		return nil, fmt.Errorf("%s: for parameter x: got NoneType, want bytes, a message or a list of them", fn.Name())
	}
	b, err := rawBytes(th, "x", x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.Bytes(b), nil
}
