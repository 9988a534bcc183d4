package builtins

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
)

// maxJSONDepth is how many levels may be nested.
const maxJSONDepth = 1000

func toJSON(th *starlark.Thread, v starlark.Value, kernel bool) ([]byte, error) {
	e := jsonEncoder{th: th, kernel: kernel}
	err := e.value(v, nil)
	return e.buf, err
}

// jsonError says what JSON does not have, and where it is. The path is put
// together on the way back, so that it costs nothing where there is no error.
type jsonError struct{ path, got, want string }

func (e *jsonError) Error() string {
	msg := "got " + e.got + ", want " + e.want
	if e.path == "" {
		return msg
	}
	return clip(e.path) + ": " + msg
}

// clip shortens what would fill the screen of who reads the error.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

// within puts a step in front of the path of an error.
func within(err error, step string) error {
	var j *jsonError
	if errors.As(err, &j) {
		if j.path != "" && j.path[0] != '[' {
			step += "."
		}
		j.path = step + j.path
	}
	return err
}

const jsonKinds = "a value that JSON has (None, bool, int, float, string, bytes, list, tuple, set, dict, struct, message, dump)"

type jsonEncoder struct {
	th     *starlark.Thread
	buf    []byte
	kernel bool // names as in the spec
}

// level is a value that others are in, for finding one that is in itself.
type level struct {
	v     starlark.Value
	up    *level
	depth int
}

func (l *level) enter(v starlark.Value) (*level, error) {
	depth := 1
	if l != nil {
		depth = l.depth + 1
	}
	if depth > maxJSONDepth {
		return nil, &jsonError{got: fmt.Sprintf("more than %d levels", maxJSONDepth), want: "fewer"}
	}
	switch v.(type) {
	case *starlark.List, *starlark.Dict:
		for o := l; o != nil; o = o.up {
			if o.v == v {
				return nil, &jsonError{got: v.Type() + " that contains itself", want: "one that ends"}
			}
		}
	default:
		v = nil // it cannot change, or is not to be compared
	}
	return &level{v, l, depth}, nil
}

func (e *jsonEncoder) value(v starlark.Value, up *level) error {
	switch v := v.(type) {
	case starlark.NoneType:
		e.buf = append(e.buf, "null"...)
	case starlark.Bool:
		e.buf = strconv.AppendBool(e.buf, bool(v))
	case starlark.Int:
		e.buf = append(e.buf, v.String()...)
	case starlark.Float:
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return &jsonError{got: v.String(), want: "a finite number"}
		}
		e.buf = append(e.buf, v.String()...)
	case starlark.String:
		e.text(string(v))
	case starlark.Bytes:
		e.hex(string(v))
	case *message:
		return e.message(&v.m, v.shape.env)
	case starlark.IterableMapping, starlark.Iterable, *structValue, *outcome, *errorValue:
		return e.nested(v, up)
	default:
		return &jsonError{got: v.Type(), want: jsonKinds}
	}
	return nil
}

func (e *jsonEncoder) nested(v starlark.Value, up *level) error {
	up, err := up.enter(v)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case starlark.IterableMapping:
		return e.dict(v, up)
	case starlark.Iterable:
		return e.array(v, up)
	case starlark.HasAttrs:
		return e.attrs(v, up)
	}
	return nil
}

func (e *jsonEncoder) array(v starlark.Iterable, up *level) error {
	e.buf = append(e.buf, '[')
	it := v.Iterate()
	defer it.Done()
	var elem starlark.Value
	for i := 0; it.Next(&elem); i++ {
		if err := checkpoint(e.th, i); err != nil {
			return err
		}
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		if err := e.value(elem, up); err != nil {
			return within(err, fmt.Sprintf("[%d]", i))
		}
	}
	e.buf = append(e.buf, ']')
	return host.Pending(e.th)
}

func (e *jsonEncoder) dict(d starlark.IterableMapping, up *level) error {
	items := d.Items()
	e.buf = append(e.buf, '{')
	for i, kv := range items {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		switch k := kv[0].(type) {
		case starlark.String:
			e.text(string(k))
		case starlark.Int:
			if _, twice, _ := d.Get(starlark.String(k.String())); twice {
				return &jsonError{got: fmt.Sprintf("keys %s and %q", k, k.String()), want: "names that differ as text"}
			}
			e.text(k.String())
		default:
			return &jsonError{got: "key of type " + k.Type(), want: "string or int"}
		}
		e.buf = append(e.buf, ':')
		if err := e.value(kv[1], up); err != nil {
			step, ok := starlark.AsString(kv[0])
			if !ok {
				step = kv[0].String()
			}
			return within(err, step)
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

// attrs writes a struct, or a value that is like one.
func (e *jsonEncoder) attrs(v starlark.HasAttrs, up *level) error {
	e.buf = append(e.buf, '{')
	for i, name := range v.AttrNames() {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.text(name)
		e.buf = append(e.buf, ':')
		member, err := v.Attr(name)
		if err == nil {
			err = e.value(member, up)
		}
		if err != nil {
			return within(err, name)
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

// message writes what to_dict would hold, without making it.
func (e *jsonEncoder) message(m *schema.Msg, env *environ) error {
	if e.kernel {
		return e.fields(kernelFields(m), env)
	}
	e.buf = append(e.buf, '{')
	for i, f := range grouped(m) {
		name, ok := starlark.AsString(f.key)
		if !ok {
			name = f.key.String()
		}
		if err := e.member(i, name, f.val, env); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

// kernelFields are the fields as the spec has them: the members of the header,
// then the attributes, repeated ones as a list.
func kernelFields(m *schema.Msg) []schema.Field {
	fields := m.Fields()
	out := fields[:0]
	at := map[string]int{}
	for _, f := range fields {
		if f.Name == "" || f.Header || m.Set == nil {
			out = append(out, f)
			continue
		}
		i, seen := at[f.Name]
		if a := m.Set.Find(f.Name); a != nil && a.Multi {
			if seen {
				out[i].Val = schema.ListValue(append(out[i].Val.List(), f.Val))
				continue
			}
			f.Val = schema.ListValue([]schema.Value{f.Val})
		} else if seen {
			out[i].Val = f.Val // the last one wins
			continue
		}
		at[f.Name] = len(out)
		out = append(out, f)
	}
	return out
}

// fields writes an object; pairs where a name comes twice, which it cannot hold.
func (e *jsonEncoder) fields(fields []schema.Field, env *environ) error {
	names := make([]string, len(fields))
	seen := make(map[string]bool, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		if f.Name == "" {
			names[i] = fieldKey(f).String()
		}
		seen[names[i]] = true
	}
	open, shut := byte('{'), byte('}')
	pairs := len(seen) < len(fields)
	if pairs {
		open, shut = '[', ']'
	}
	e.buf = append(e.buf, open)
	for i, f := range fields {
		var err error
		if pairs {
			err = e.pair(i, fieldKey(f), f.Val, env)
		} else {
			err = e.member(i, names[i], f.Val, env)
		}
		if err != nil {
			return err
		}
	}
	e.buf = append(e.buf, shut)
	return nil
}

func (e *jsonEncoder) member(i int, name string, v schema.Value, env *environ) error {
	if i > 0 {
		e.buf = append(e.buf, ',')
	}
	e.text(name)
	e.buf = append(e.buf, ':')
	if err := e.decoded(v, env); err != nil {
		return within(err, name)
	}
	return nil
}

func (e *jsonEncoder) pair(i int, key starlark.Value, v schema.Value, env *environ) error {
	if i > 0 {
		e.buf = append(e.buf, ',')
	}
	e.buf = append(e.buf, '[')
	if err := e.value(key, nil); err != nil {
		return err
	}
	e.buf = append(e.buf, ',')
	if err := e.decoded(v, env); err != nil {
		return within(err, fmt.Sprintf("[%d]", i))
	}
	e.buf = append(e.buf, ']')
	return nil
}

// decoded writes a value of a message.
func (e *jsonEncoder) decoded(v schema.Value, env *environ) error {
	switch v.Kind() {
	case schema.Uint:
		e.buf = strconv.AppendUint(e.buf, v.Uint64(), 10)
	case schema.Text:
		e.text(v.Text())
	case schema.Message:
		return e.message(v.Msg(), env)
	case schema.Fields:
		return e.fields(v.Fields(), env)
	case schema.List, schema.FlagSet:
		e.buf = append(e.buf, '[')
		for i, elem := range v.List() {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			if err := e.decoded(elem, env); err != nil {
				return within(err, fmt.Sprintf("[%d]", i))
			}
		}
		e.buf = append(e.buf, ']')
	default:
		return e.value(env.toStarlark(v), nil)
	}
	return nil
}

func (e *jsonEncoder) hex(s string) {
	e.buf = append(e.buf, '"')
	e.buf = hex.AppendEncode(e.buf, []byte(s))
	e.buf = append(e.buf, '"')
}

// text writes a string. What is not UTF-8 becomes U+FFFD.
func (e *jsonEncoder) text(s string) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			e.escaped(s)
			return
		}
	}
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, s...)
	e.buf = append(e.buf, '"')
}

func (e *jsonEncoder) escaped(s string) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil { // a string always has an encoding
		return
	}
	e.buf = append(e.buf, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
