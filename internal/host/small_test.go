package host

import (
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// Values that would be long to write are not small, and it is found out soon.
func TestSmall(t *testing.T) {
	one := func(v starlark.Value) starlark.Value { return starlark.NewList([]starlark.Value{v}) }
	wide := starlark.Value(starlark.None)
	for range 12 { // 40^12 elements
		list := make([]starlark.Value, 40)
		for i := range list {
			list[i] = wide
		}
		wide = starlark.NewList(list)
	}
	cyclic := starlark.NewList(nil)
	if err := cyclic.Append(cyclic); err != nil {
		t.Fatal(err)
	}
	dict := starlark.NewDict(1)
	if err := dict.SetKey(starlark.String("k"), wide); err != nil {
		t.Fatal(err)
	}
	record := starlarkstruct.FromStringDict(starlarkstruct.Default, starlark.StringDict{"a": wide})
	for name, c := range map[string]struct {
		v    starlark.Value
		want bool
	}{
		"none": {starlark.None, true}, "short": {one(starlark.MakeInt(1)), true}, "text": {one(starlark.String("text")), true},
		"wide": {wide, false}, "cyclic": {cyclic, false}, "dict": {dict, false}, "struct": {record, false},
		"long text": {one(starlark.String(strings.Repeat("x", 1001))), false}, "tuple": {starlark.Tuple{wide}, false},
	} {
		if got := Small(c.v, 1000); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
