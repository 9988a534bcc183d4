package builtins

import (
	"encoding/hex"
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// hexModule turns bytes into hex digits and back.
func hexModule() *module {
	return &module{name: "hex", doc: "bytes as hexadecimal text", members: starlark.StringDict{
		"encode": newFunc("hex.encode", hexEncodeDoc, hexEncodeParams, hexEncode),
		"decode": newFunc("hex.decode", hexDecodeDoc, hexDecodeParams, hexDecode),
	}}
}

const hexEncodeDoc = `returns bytes as hex digits

    hex.encode(b"\x02\x00\xff")                         # "0200ff"
    hex.encode(b"\x02\x00\xff\x01", sep = " ", group = 2)       # "0200 ff01"`

var hexEncodeParams = []param{
	{"data", "bytes or string", "what to write"},
	{"sep", "string = \"\"", "what to put between groups; nothing by default"},
	{"group", "int = 1", "bytes in a group; 1 by default"},
	{"upper", "bool = False", "A to F instead of a to f; False by default"},
}

func hexEncode(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var data starlark.Value
	var sep string
	group, upper := 1, false
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "data", &data, "sep?", &sep, "group?", &group, "upper?", &upper); err != nil {
		return nil, err
	}
	raw, err := byteArg(b, "data", data)
	if err != nil {
		return nil, err
	}
	if group < 1 {
		return nil, fmt.Errorf("%s: for parameter group: got %d, want at least 1", b.Name(), group)
	}
	text := hex.EncodeToString([]byte(raw))
	if upper {
		text = strings.ToUpper(text)
	}
	if sep == "" {
		return starlark.String(text), nil
	}
	var out strings.Builder
	for i := 0; i < len(text); i += 2 {
		if i > 0 && i/2%group == 0 {
			out.WriteString(sep)
		}
		out.WriteString(text[i : i+2])
	}
	return starlark.String(out.String()), nil
}

// byteArg reads bytes, or the bytes of a string.
func byteArg(b *starlark.Builtin, param string, v starlark.Value) (string, error) {
	switch v := v.(type) {
	case starlark.Bytes:
		return string(v), nil
	case starlark.String:
		return string(v), nil
	}
	return "", fmt.Errorf("%s: for parameter %s: got %s, want bytes or string", b.Name(), param, v.Type())
}

const hexDecodeDoc = `returns the bytes that hex digits stand for

White space and the separators : - . , _ may be anywhere between the bytes, and 0x before one.

    hex.decode("02:00:FF")                  # b"\x02\x00\xff"
    hex.decode("0x02, 0x00")                # b"\x02\x00"`

var hexDecodeParams = []param{{"text", "string", "hex digits, two for each byte"}}

func hexDecode(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text); err != nil {
		return nil, err
	}
	var out []byte
	for i := 0; i < len(text); {
		if strings.IndexByte(" \t\r\n:-.,_", text[i]) >= 0 {
			i++
			continue
		}
		rest := text[i:]
		digits := rest
		if strings.HasPrefix(rest, "0x") || strings.HasPrefix(rest, "0X") {
			digits = rest[2:]
		}
		pair := digits[:min(2, len(digits))]
		n, err := hex.AppendDecode(out, []byte(pair))
		if err != nil || pair == "" {
			return nil, fmt.Errorf("%s: for parameter text: got %q at %d, want two hex digits", b.Name(), rest[:min(len(rest), len(rest)-len(digits)+2)], i)
		}
		out = n
		i += len(rest) - len(digits) + 2
	}
	return starlark.Bytes(out), nil
}
