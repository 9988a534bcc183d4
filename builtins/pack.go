package builtins

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"go.starlark.net/starlark"
)

const formatDoc = `

The format is that of Python's struct: < little-endian, > and ! big-endian, = native order, all three without padding; none or @ native with alignment.
x pad, c one byte, b B 1, ? bool, h H 2, i I 4, l L 4 (native: 8), q Q 8, n N (native only) 8, f d float; capitals are unsigned. A number in front repeats,
but 16s is 16 bytes as one value.
`

const packDoc = `makes bytes of values by a format` + formatDoc + `
    nl.pack("=BxHi4s", 2, 24, -1, b"lo") + nl.pack("!H", 4789)
    nl.attr(4, nl.pack("=I", 1500))`

var packParams = []param{{"fmt", "string", "what to make"}, {"*values", "int, bool, float or bytes", "one for each item of the format"}}

const unpackDoc = `takes bytes apart by a format and returns a tuple` + formatDoc + `
    family, index = nl.unpack("=B3xi8x", b"\2\0\0\0\7\0\0\0" + b"\0" * 8)`

var unpackParams = []param{{"fmt", "string", "what is in there"}, {"data", "bytes or message", "exactly as many bytes as the format says"}}

// packItem is one value of a format, or padding.
type packItem struct {
	code byte
	off  int
	size int
}

// packFormat is a format taken apart.
type packFormat struct {
	text  string
	order binary.ByteOrder
	items []packItem
	size  int
}

// maxItems keeps a mistake in a count from eating the memory of the machine.
const maxItems = 1 << 20

// width is the size of a code, 0 if there is no such code.
func width(code byte, native bool) int {
	switch code {
	case 'x', 'c', 'b', 'B', '?', 's':
		return 1
	case 'h', 'H':
		return 2
	case 'i', 'I', 'f':
		return 4
	case 'q', 'Q', 'd':
		return 8
	case 'l', 'L':
		if native {
			return 8
		}
		return 4
	case 'n', 'N':
		if native {
			return 8
		}
	}
	return 0
}

func parseFormat(text string) (*packFormat, error) {
	f := &packFormat{text: text, order: binary.NativeEndian}
	native, i := true, 0
	if len(text) > 0 && strings.IndexByte("@=<>!", text[0]) >= 0 {
		native, i = text[0] == '@', 1
		switch text[0] {
		case '<':
			f.order = binary.LittleEndian
		case '>', '!':
			f.order = binary.BigEndian
		}
	}
	for i < len(text) {
		if text[i] == ' ' || text[i] == '\t' || text[i] == '\n' {
			i++
			continue
		}
		count, start := 1, i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			if i == start {
				count = 0
			}
			if count = count*10 + int(text[i]-'0'); count > maxRaw {
				return nil, fmt.Errorf("for parameter fmt: got a count of more than %d at offset %d", maxRaw, start)
			}
			i++
		}
		if i == len(text) {
			return nil, fmt.Errorf("for parameter fmt: got %q, which ends in a count, want a letter behind it", text)
		}
		size := width(text[i], native)
		if size == 0 {
			hint := ""
			if strings.IndexByte("nN", text[i]) >= 0 {
				hint = " (native only: without = < > !)"
			}
			return nil, fmt.Errorf("for parameter fmt: got %q at offset %d, want one of x c b B ? h H i I l L q Q n N f d s%s", text[i], i, hint)
		}
		if err := f.add(text[i], count, size, native); err != nil {
			return nil, err
		}
		i++
	}
	return f, nil
}

// add appends a code that is repeated count times.
func (f *packFormat) add(code byte, count, size int, native bool) error {
	if native {
		f.size = (f.size + size - 1) / size * size
	}
	if f.size+count*size > maxRaw || code != 's' && code != 'x' && len(f.items)+count > maxItems {
		return fmt.Errorf("for parameter fmt: got a format of more than %d bytes or %d values", maxRaw, maxItems)
	}
	switch code {
	case 'x':
	case 's':
		f.items = append(f.items, packItem{code, f.size, count})
	default:
		for i := range count {
			f.items = append(f.items, packItem{code, f.size + i*size, size})
		}
	}
	f.size += count * size
	return nil
}

func nlPack(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(kwargs) > 0 {
		return nil, fmt.Errorf("%s: got keyword argument %s, want values by position", fn.Name(), kwargs[0][0])
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("%s: missing argument for fmt", fn.Name())
	}
	text, ok := starlark.AsString(args[0])
	if !ok {
		return nil, fmt.Errorf("%s: for parameter fmt: got %s, want string", fn.Name(), args[0].Type())
	}
	f, err := parseFormat(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	if values := args[1:]; len(values) != len(f.items) {
		return nil, fmt.Errorf("%s: got %d values, want %d for %q", fn.Name(), len(values), len(f.items), text)
	}
	out := make([]byte, f.size)
	for i, it := range f.items {
		if err := f.put(out[it.off:it.off+it.size], it, args[1+i]); err != nil {
			return nil, fmt.Errorf("%s: value %d: %w", fn.Name(), i+1, err)
		}
	}
	return starlark.Bytes(out), nil
}

// put writes one value.
func (f *packFormat) put(out []byte, it packItem, v starlark.Value) error {
	switch it.code {
	case 's', 'c':
		b, ok := v.(starlark.Bytes)
		if !ok {
			return fmt.Errorf("got %s, want bytes (%c)", v.Type(), it.code)
		}
		if it.code == 'c' && len(b) != 1 || len(b) > it.size {
			return fmt.Errorf("got %d bytes, want %s%d (%c)", len(b), map[byte]string{'s': "at most "}[it.code], it.size, it.code)
		}
		copy(out, b)
		return nil
	case '?':
		b, ok := v.(starlark.Bool)
		if !ok {
			return fmt.Errorf("got %s, want bool (?)", v.Type())
		}
		if b {
			out[0] = 1
		}
		return nil
	case 'f', 'd':
		x, ok := starlark.AsFloat(v)
		if !ok {
			return fmt.Errorf("got %s, want float (%c)", v.Type(), it.code)
		}
		if it.code == 'd' {
			f.order.PutUint64(out, math.Float64bits(x))
			return nil
		}
		if !math.IsInf(x, 0) && math.IsInf(float64(float32(x)), 0) {
			return fmt.Errorf("got %s, which is too large for 4 bytes (f)", v)
		}
		f.order.PutUint32(out, math.Float32bits(float32(x)))
		return nil
	}
	n, ok := v.(starlark.Int)
	if !ok {
		return fmt.Errorf("got %s, want int (%c)", v.Type(), it.code)
	}
	bits, err := intBits(n, it)
	if err != nil {
		return err
	}
	f.putBits(out, bits)
	return nil
}

// intBits checks that a number fits.
func intBits(n starlark.Int, it packItem) (uint64, error) {
	width := uint(it.size * 8)
	if it.code >= 'A' && it.code <= 'Z' {
		limit := uint64(math.MaxUint64) >> (64 - width)
		if u, ok := n.Uint64(); ok && u <= limit {
			return u, nil
		}
		return 0, fmt.Errorf("got %s, want 0 to %d (%c)", n, limit, it.code)
	}
	limit := int64(math.MaxInt64) >> (64 - width)
	if i, ok := n.Int64(); ok && i <= limit && i >= -limit-1 {
		return uint64(i), nil
	}
	return 0, fmt.Errorf("got %s, want %d to %d (%c)", n, -limit-1, limit, it.code)
}

func (f *packFormat) putBits(out []byte, n uint64) {
	switch len(out) {
	case 1:
		out[0] = byte(n)
	case 2:
		f.order.PutUint16(out, uint16(n))
	case 4:
		f.order.PutUint32(out, uint32(n))
	default:
		f.order.PutUint64(out, n)
	}
}

func (f *packFormat) bits(in []byte) uint64 {
	switch len(in) {
	case 1:
		return uint64(in[0])
	case 2:
		return uint64(f.order.Uint16(in))
	case 4:
		return uint64(f.order.Uint32(in))
	}
	return f.order.Uint64(in)
}

func nlUnpack(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	var data starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "fmt", &text, "data", &data); err != nil {
		return nil, err
	}
	if data == starlark.None {
		return nil, fmt.Errorf("%s: for parameter data: got NoneType, want bytes or message", fn.Name())
	}
	f, err := parseFormat(text)
	var b []byte
	if err == nil {
		b, err = rawBytes(th, "data", data)
	}
	if err == nil && len(b) != f.size {
		err = fmt.Errorf("got %d bytes, want %d for %q", len(b), f.size, text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	tuple := make(starlark.Tuple, len(f.items))
	for i, it := range f.items {
		tuple[i] = f.get(b[it.off:it.off+it.size], it)
	}
	return tuple, nil
}

// get reads one value.
func (f *packFormat) get(in []byte, it packItem) starlark.Value {
	switch it.code {
	case 's', 'c':
		return starlark.Bytes(in)
	case '?':
		return starlark.Bool(in[0] != 0)
	case 'f':
		return starlark.Float(math.Float32frombits(uint32(f.bits(in))))
	case 'd':
		return starlark.Float(math.Float64frombits(f.bits(in)))
	}
	n := f.bits(in)
	if it.code >= 'A' && it.code <= 'Z' {
		return starlark.MakeUint64(n)
	}
	shift := uint(64 - 8*it.size)
	return starlark.MakeInt64(int64(n<<shift) >> shift)
}
