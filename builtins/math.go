package builtins

import (
	"fmt"
	"strings"

	starmath "go.starlark.net/lib/math"
	"go.starlark.net/starlark"
)

// mathModule is Starlark's own module of that name, with documentation, and
// with parameters that have names.
func mathModule() *module {
	m := &module{name: "math", doc: "mathematics", about: mathConstants(), members: starlark.StringDict{
		"pi": starmath.Module.Members["pi"],
		"e":  starmath.Module.Members["e"],
	}}
	for _, f := range mathFuncs {
		inner, ok := starmath.Module.Members[f.name].(*starlark.Builtin)
		if !ok {
			continue // a test compares the table with the module
		}
		var params []param
		for _, name := range strings.Split(f.params, " ") {
			typ := "int or float"
			if strings.HasSuffix(name, "?") {
				typ += " = math.e" // only math.log has one
			}
			params = append(params, param{strings.TrimSuffix(name, "?"), typ, mathMeaning[name]})
		}
		m.members[f.name] = newFunc("math."+f.name, mathDoc(f.does, f.example), params, mathBody(inner, strings.Split(f.params, " ")))
	}
	return m
}

var mathMeaning = map[string]string{
	"x": "a number", "y": "another number", "base?": "of the logarithm; e by default",
}

// mathFuncs are the members; a parameter with a question mark is optional.
var mathFuncs = []struct{ name, params, does, example string }{
	{"ceil", "x", "returns the smallest int that is not below x", "math.ceil(1.2)                  # 2"},
	{"floor", "x", "returns the largest int that is not above x", "math.floor(-1.2)                # -2"},
	{"round", "x", "returns the nearest whole number, as a float; halves go away from zero", "math.round(2.5)                 # 3.0"},
	{"fabs", "x", "returns the absolute value as a float", "math.fabs(-2)                   # 2.0"},
	{"copysign", "x y", "returns x with the sign of y", "math.copysign(2, -1)            # -2.0"},
	{"mod", "x y", "returns the remainder of x / y with the sign of x, which the operator % does not", "math.mod(-7, 4)                 # -3.0"},
	{"remainder", "x y", "returns x minus the multiple of y that is nearest to it (IEEE 754)", "math.remainder(7, 4)            # -1.0"},
	{"pow", "x y", "returns x to the power of y", "math.pow(2, 10)                 # 1024.0"},
	{"exp", "x", "returns e to the power of x", "math.exp(0)                     # 1.0"},
	{"sqrt", "x", "returns the square root; that of a negative number is nan", "math.sqrt(9)                    # 3.0"},
	{"log", "x base?", "returns the logarithm", "math.log(1)                     # 0.0"},
	{"hypot", "x y", "returns the length of the hypotenuse", "math.hypot(3, 4)                # 5.0"},
	{"sin", "x", "returns the sine of an angle in radians", "math.sin(0)                     # 0.0"},
	{"cos", "x", "returns the cosine of an angle in radians", "math.cos(0)                     # 1.0"},
	{"tan", "x", "returns the tangent of an angle in radians", "math.tan(0)                     # 0.0"},
	{"asin", "x", "returns the angle that has a sine", "math.asin(0)                    # 0.0"},
	{"acos", "x", "returns the angle that has a cosine", "math.acos(1)                    # 0.0"},
	{"atan", "x", "returns the angle that has a tangent", "math.atan(0)                    # 0.0"},
	{"atan2", "y x", "returns the angle of the point (x, y), from -pi to pi", "math.atan2(0, 1)                # 0.0"},
	{"sinh", "x", "returns the hyperbolic sine", "math.sinh(0)                    # 0.0"},
	{"cosh", "x", "returns the hyperbolic cosine", "math.cosh(0)                    # 1.0"},
	{"tanh", "x", "returns the hyperbolic tangent", "math.tanh(0)                    # 0.0"},
	{"asinh", "x", "returns the inverse hyperbolic sine", "math.asinh(0)                   # 0.0"},
	{"acosh", "x", "returns the inverse hyperbolic cosine", "math.acosh(1)                   # 0.0"},
	{"atanh", "x", "returns the inverse hyperbolic tangent", "math.atanh(0)                   # 0.0"},
	{"degrees", "x", "turns radians into degrees", "math.degrees(math.pi)           # 180.0"},
	{"radians", "x", "turns degrees into radians", "math.radians(180) == math.pi    # True"},
	{"gamma", "x", "returns the Gamma function, which is (x - 1)! for whole numbers", "math.gamma(5)                   # 24.0"},
}

// mathBody unpacks by name, and calls the function with positions.
func mathBody(inner *starlark.Builtin, names []string) funcBody {
	return func(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		vals := make([]numberArg, len(names))
		pairs := make([]any, 0, 2*len(names))
		for i, name := range names {
			pairs = append(pairs, name, &vals[i])
		}
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, pairs...); err != nil {
			return nil, err
		}
		var given starlark.Tuple
		for _, v := range vals {
			if v.v != nil {
				given = append(given, v.v)
			}
		}
		v, err := inner.CallInternal(th, given, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: got %s, want what it is defined for (%w)", b.Name(), strings.Trim(given.String(), "(,)"), err)
		}
		return v, nil
	}
}

// numberArg is an int or a float.
type numberArg struct{ v starlark.Value }

// Unpack reads it.
func (a *numberArg) Unpack(v starlark.Value) error {
	switch v.(type) {
	case starlark.Int, starlark.Float:
		a.v = v
		return nil
	}
	return fmt.Errorf("got %s, want int or float", v.Type())
}

func mathConstants() []attribute {
	return []attribute{
		{name: "e", typ: "float", doc: "Euler's number"},
		{name: "pi", typ: "float", doc: "the ratio of a circle's circumference to its diameter"},
	}
}

func mathDoc(does, example string) string { return does + "\n\n    " + example }
