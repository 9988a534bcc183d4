package builtins

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	starjson "go.starlark.net/lib/json"
	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// jsonModule writes and reads JSON.
func jsonModule() *module {
	return &module{name: "json", doc: "JSON", members: starlark.StringDict{
		"encode": newFunc("json.encode", jsonEncodeDoc, jsonEncodeParams, jsonEncode),
		"decode": newFunc("json.decode", jsonDecodeDoc, jsonDecodeParams, jsonDecode),
		"indent": newFunc("json.indent", jsonIndentDoc, jsonIndentParams, jsonIndent),
	}}
}

const jsonEncodeDoc = `returns a value as JSON

Messages are objects with the names and in the order of to_dict. Dumps, streams, sets, tuples and whatever else can be
iterated over are arrays. Dicts keep their order; keys are strings, or ints, which become strings. Bytes are a string of
hex digits. Ints are written in full, whatever their size; some readers, such as jq before 1.7, round them beyond 2^53.

    json.encode({"data": b"\x01\xff", "up": True})     # "{\"data\":\"01ff\",\"up\":true}"
    json.encode(set(["up", "running"]))     # "[\"up\",\"running\"]"`

var jsonEncodeParams = []param{
	{"value", "any", "what to write"},
	{"indent", "int = 0", "number of spaces for each level; 0, the default, is all in one line"},
	{"names", "string = \"script\"", `of the fields of messages: "script", the default, as in to_dict, or "kernel", as in the spec`},
}

func jsonEncode(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	n, names := 0, "script"
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "value", &v, "indent?", &n, "names?", &names); err != nil {
		return nil, err
	}
	if names != "script" && names != "kernel" {
		return nil, fmt.Errorf("%s: for parameter names: got %q, want \"script\" or \"kernel\"", fn.Name(), names)
	}
	if err := checkIndent(n); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	text, err := toJSON(th, v, names == "kernel")
	if err == nil && n > 0 {
		text, err = indented(text, n)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.String(text), nil
}

func checkIndent(n int) error {
	if n < 0 || n > 40 {
		return fmt.Errorf("for parameter indent: got %d, want 0 to 40", n)
	}
	return nil
}

func indented(text []byte, n int) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", strings.Repeat(" ", n)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

const jsonDecodeDoc = `returns the value that JSON stands for

Numbers with a point or an exponent are floats, others are ints of any size. Nesting goes 1000 levels deep.

    json.decode("{\"a\": [1, 2.5, null]}")      # {"a": [1, 2.5, None]}
    json.decode("{", default = None)            # None`

var jsonDecodeParams = []param{{"text", "string or bytes", "the JSON"}, {"default", "any = None", "what to return if the text is not JSON; by default that is an error"}}

func jsonDecode(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text, other starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "text", &text, "default?", &other); err != nil {
		return nil, err
	}
	s, err := jsonText(fn, text)
	if err != nil {
		return nil, err
	}
	v, err := fromJSON(th, s)
	switch {
	case err == nil:
		return v, nil
	case other != nil:
		return other, nil
	}
	return nil, fmt.Errorf("%s: %w", fn.Name(), err)
}

func fromJSON(th *starlark.Thread, s string) (starlark.Value, error) {
	if at := tooDeep(s); at >= 0 {
		return nil, fmt.Errorf("at offset %d, more than %d levels", at, maxJSONDepth)
	}
	decode, ok := starjson.Module.Members["decode"].(*starlark.Builtin)
	if !ok {
		return nil, errors.New("no decoder")
	}
	v, err := decode.CallInternal(th, starlark.Tuple{starlark.String(s)}, nil)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json.decode: "))
	}
	return v, nil
}

func jsonText(fn *starlark.Builtin, v starlark.Value) (string, error) {
	switch v := v.(type) {
	case starlark.String:
		return string(v), nil
	case starlark.Bytes:
		return string(v), nil
	}
	return "", fmt.Errorf("%s: for parameter text: got %s, want string or bytes", fn.Name(), v.Type())
}

// tooDeep finds where a text opens more brackets than the decoder, which
// recurses, should follow. It is -1 if it never does.
func tooDeep(s string) int {
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxJSONDepth {
				return i
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return -1
}

const jsonIndentDoc = `returns JSON over several lines

    print(json.indent(json.encode({"a": [1, 2]})))`

var jsonIndentParams = []param{{"text", "string or bytes", "the JSON"}, {"indent", "int = 2", "number of spaces for each level; 2 by default"}}

func jsonIndent(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text starlark.Value
	n := 2
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "text", &text, "indent?", &n); err != nil {
		return nil, err
	}
	s, err := jsonText(fn, text)
	if err != nil {
		return nil, err
	}
	if err := checkIndent(n); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	out, err := indented([]byte(s), n)
	if err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			err = fmt.Errorf("at offset %d, %w", max(0, syntax.Offset-1), err)
		}
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.String(out), nil
}

// WriteJSON writes a value as one line of JSON. This is what json.encode makes.
func WriteJSON(th *starlark.Thread, w io.Writer, v starlark.Value) error {
	text, err := toJSON(th, v, false)
	if err != nil {
		return fmt.Errorf("--json: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// WriteJSONLines writes a line of JSON for each element of what can be iterated
// over; a line for anything else, a dict among them. Lines of what has no length,
// such as a stream, do not wait for others: the next one may be long in coming.
func WriteJSONLines(th *starlark.Thread, w io.Writer, v starlark.Value) error {
	elems, ok := v.(starlark.Iterable)
	if _, mapping := v.(starlark.IterableMapping); !ok || mapping {
		elems = starlark.Tuple{v}
	}
	_, kept := elems.(starlark.Sequence)
	it := elems.Iterate()
	defer it.Done()
	e := jsonEncoder{th: th}
	var elem starlark.Value
	for i := 0; it.Next(&elem); i++ {
		if err := checkpoint(th, i); err != nil {
			return err
		}
		e.buf = e.buf[:0]
		if err := e.value(elem, nil); err != nil {
			if ok {
				err = within(err, fmt.Sprintf("[%d]", i))
			}
			return fmt.Errorf("--jsonl: %w", err)
		}
		_, err := w.Write(append(e.buf, '\n'))
		if err == nil && !kept {
			err = host.Flush(th)
		}
		if err != nil {
			return err
		}
	}
	return host.Pending(th)
}
