package builtins

import (
	"fmt"
	"math"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// toStarlark turns a decoded value into Starlark's: scalars are plain, sets
// and lists are frozen, nests are messages.
func (env *environ) toStarlark(v schema.Value) starlark.Value {
	switch v.Kind() {
	case schema.Bool:
		return starlark.Bool(v.Uint64() != 0)
	case schema.Int:
		return starlark.MakeInt64(v.Int64())
	case schema.Uint:
		return starlark.MakeUint64(v.Uint64())
	case schema.Text:
		return starlark.String(v.Text())
	case schema.Bytes:
		return starlark.Bytes(v.Bytes())
	case schema.List:
		elems := make([]starlark.Value, len(v.List()))
		for i, e := range v.List() {
			elems[i] = env.toStarlark(e)
		}
		list := starlark.NewList(elems)
		list.Freeze()
		return list
	case schema.FlagSet:
		set := starlark.NewSet(len(v.List()))
		for _, e := range v.List() {
			_ = set.Insert(env.toStarlark(e)) // scalars are hashable and the set is new
		}
		set.Freeze()
		return set
	case schema.Fields:
		return env.entries(v.Fields())
	case schema.Message:
		return env.newMessage(*v.Msg(), nil)
	}
	return starlark.None
}

// entries is a dict of an indexed array or a bitfield. Where an index comes
// twice, which a dict cannot hold, it is a list of (index, value).
func (env *environ) entries(fields []schema.Field) starlark.Value {
	dict := starlark.NewDict(len(fields))
	for _, f := range fields {
		key := fieldKey(f)
		if _, dup, _ := dict.Get(key); dup {
			return env.pairs(fields)
		}
		_ = dict.SetKey(key, env.toStarlark(f.Val)) // strings and ints are hashable
	}
	dict.Freeze()
	return dict
}

func (env *environ) pairs(fields []schema.Field) starlark.Value {
	var elems []starlark.Value
	for _, f := range fields {
		elems = append(elems, starlark.Tuple{fieldKey(f), env.toStarlark(f.Val)})
	}
	list := starlark.NewList(elems)
	list.Freeze()
	return list
}

// fieldKey is the name of a field, or its number where no row knows it.
func fieldKey(f schema.Field) starlark.Value {
	if f.Name != "" {
		return starlark.String(f.Name)
	}
	return starlark.MakeUint64(uint64(f.Type &^ (wire.Nested | wire.NetOrder)))
}

// fromStarlark turns a script's value into input for the encoder. th is where
// an iterator of the script may fail.
func fromStarlark(th *starlark.Thread, v starlark.Value) (schema.Value, error) {
	return fromLevel(th, v, 0)
}

// mostLevels bounds the nests of a message, so that a list or dict that contains itself is an error.
const mostLevels = 1000

func fromLevel(th *starlark.Thread, v starlark.Value, level int) (schema.Value, error) {
	if level > mostLevels {
		return schema.Value{}, &schema.Error{Got: fmt.Sprintf("more than %d levels of %s", mostLevels, v.Type()), Want: "fewer (does it contain itself?)"}
	}
	switch v := v.(type) {
	case starlark.NoneType:
		return schema.Value{}, nil
	case starlark.Bool:
		return schema.BoolValue(bool(v)), nil
	case starlark.Int:
		return fromInt(v)
	case starlark.String:
		return schema.TextValue(string(v)), nil
	case starlark.Bytes:
		return schema.BytesValue([]byte(v)), nil
	case *message:
		return schema.MsgValue(&v.m), nil
	case *netnsValue:
		if v.h.Closed() {
			return schema.Value{}, fmt.Errorf("got %s, which %s", v, v.end())
		}
		return schema.HandleValue(schema.RoleNetnsFD, uint64(v.h.FD()), v.String()), nil
	case starlark.IterableMapping:
		fields, err := fromDict(th, v, level)
		return schema.FieldsValue(fields), err
	case starlark.Iterable:
		return fromIterable(th, v, level)
	}
	return schema.Value{}, fmt.Errorf("got %s, want a value that a message can hold (None, bool, int, string, bytes, list, set, dict, message)", v.Type())
}

func fromInt(v starlark.Int) (schema.Value, error) {
	if u, ok := v.Uint64(); ok {
		return schema.UintValue(u), nil
	}
	if i, ok := v.Int64(); ok {
		return schema.IntValue(i), nil
	}
	return schema.Value{}, &schema.Error{Got: v.String(), Want: "an integer of at most 64 bits"}
}

func fromIterable(th *starlark.Thread, v starlark.Iterable, level int) (schema.Value, error) {
	var list []schema.Value
	it := v.Iterate()
	defer it.Done()
	var elem starlark.Value
	for it.Next(&elem) {
		e, err := fromLevel(th, elem, level+1)
		if err != nil {
			return schema.Value{}, err
		}
		list = append(list, e)
	}
	return schema.ListValue(list), pending(th)
}

// pending is the error of an iterator of th; without a thread nothing that can
// fail is iterated over.
func pending(th *starlark.Thread) error {
	if th == nil {
		return nil
	}
	return host.Pending(th)
}

// fromDict turns a dict into fields: strings name rows, ints are numbers of
// attributes or of elements.
func fromDict(th *starlark.Thread, d starlark.IterableMapping, level int) ([]schema.Field, error) {
	items := d.Items()
	fields := make([]schema.Field, 0, len(items))
	for _, kv := range items {
		var f schema.Field
		switch k := kv[0].(type) {
		case starlark.String:
			f.Name = string(k)
		case starlark.Int:
			n, ok := k.Uint64()
			if !ok || n > math.MaxUint16 {
				return nil, &schema.Error{Got: "key " + k.String(), Want: "a name, or a number up to 65535"}
			}
			f.Type, f.HasNum = uint16(n), true
		default:
			return nil, &schema.Error{Got: "key of type " + kv[0].Type(), Want: "a name or a number"}
		}
		v, err := fromLevel(th, kv[1], level+1)
		if err != nil {
			return nil, err
		}
		f.Val = v
		fields = append(fields, f)
	}
	return fields, nil
}

// duration reads "10s", "250ms" or a number of seconds.
func duration(v starlark.Value) (time.Duration, error) {
	bad := func() error {
		return fmt.Errorf(`for parameter timeout: got %s, want a duration like "10s" or a number of seconds`, v)
	}
	switch v := v.(type) {
	case nil, starlark.NoneType:
		return 0, nil
	case starlark.String:
		d, err := time.ParseDuration(string(v))
		if err != nil || d <= 0 {
			return 0, bad()
		}
		return d, nil
	case starlark.Int, starlark.Float:
		f, _ := starlark.AsFloat(v)
		if !(f > 0 && f < 1e9) {
			return 0, bad()
		}
		return max(1, time.Duration(f*float64(time.Second))), nil // 0 is the default
	}
	return 0, bad()
}

// words reads a string, "a|b", or a list of strings.
func words(th *starlark.Thread, param string, v starlark.Value) ([]string, error) {
	switch v := v.(type) {
	case nil, starlark.NoneType:
		return nil, nil
	case starlark.String:
		return splitWords(string(v)), nil
	case starlark.Iterable:
		var list []string
		it := v.Iterate()
		defer it.Done()
		var elem starlark.Value
		for it.Next(&elem) {
			s, ok := starlark.AsString(elem)
			if !ok {
				return nil, fmt.Errorf("for parameter %s: got list with %s, want strings", param, elem.Type())
			}
			list = append(list, s)
		}
		return list, host.Pending(th)
	}
	return nil, fmt.Errorf("for parameter %s: got %s, want a string or a list of strings", param, v.Type())
}

func splitWords(s string) []string {
	var list []string
	start := -1
	for i := 0; i <= len(s); i++ {
		sep := i == len(s) || s[i] == '|' || s[i] == ',' || s[i] == ' '
		if !sep && start < 0 {
			start = i
		} else if sep && start >= 0 {
			list = append(list, s[start:i])
			start = -1
		}
	}
	return list
}
