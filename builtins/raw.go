package builtins

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/wire"
)

// rawMessage is a message as bytes, which need not make sense.
type rawMessage struct {
	data   []byte
	proto  int    // the protocol of the socket it came from, -1 if it was built
	sender uint32 // port it came from
	group  uint32 // it was sent to
}

var (
	_ starlark.HasAttrs   = (*rawMessage)(nil)
	_ starlark.Comparable = (*rawMessage)(nil)
)

func (m *rawMessage) Type() string          { return "raw_message" }
func (m *rawMessage) Freeze()               {} // never changes
func (m *rawMessage) Truth() starlark.Bool  { return true }
func (m *rawMessage) Hash() (uint32, error) { return starlark.Bytes(m.data).Hash() }

// String is the call that builds the message.
func (m *rawMessage) String() string {
	if len(m.data) < wire.HeaderLen {
		return fmt.Sprintf("nl.raw(bytes = %s)", starlark.Bytes(m.data))
	}
	h := wire.ParseHeader(m.data)
	s := fmt.Sprintf("nl.raw(type = %d, flags = 0x%x, seq = %d, port = %d, body = %s", h.Type, h.Flags, h.Seq, h.Port, m.body())
	if int(h.Len) != len(m.data) {
		s += fmt.Sprintf(", length = %d", h.Len)
	}
	return s + ")"
}

func (m *rawMessage) body() starlark.Bytes {
	return starlark.Bytes(m.data[min(wire.HeaderLen, len(m.data)):])
}

// CompareSameType compares the bytes.
func (m *rawMessage) CompareSameType(op syntax.Token, y starlark.Value, _ int) (bool, error) {
	same := bytes.Equal(m.data, y.(*rawMessage).data)
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, fmt.Errorf("raw_message %s raw_message: messages have no order", op)
}

// Attr finds a member of the header, or bytes. Where there is no whole header,
// its members are None.
func (m *rawMessage) Attr(name string) (starlark.Value, error) {
	switch name {
	case "body":
		return m.body(), nil
	case "bytes":
		return starlark.Bytes(m.data), nil
	case "sender":
		return starlark.MakeUint64(uint64(m.sender)), nil
	case "group":
		return starlark.MakeUint64(uint64(m.group)), nil
	}
	var h wire.Header
	if len(m.data) >= wire.HeaderLen {
		h = wire.ParseHeader(m.data)
	}
	n := uint64(0)
	switch name {
	case "length":
		n = uint64(h.Len)
	case "type":
		n = uint64(h.Type)
	case "flags":
		n = uint64(h.Flags)
	case "seq":
		n = uint64(h.Seq)
	case "port":
		n = uint64(h.Port)
	default:
		return nil, noAttr("raw_message", name, m.AttrNames())
	}
	if len(m.data) < wire.HeaderLen {
		return starlark.None, nil
	}
	return starlark.MakeUint64(n), nil
}

// AttrNames lists the parts.
func (m *rawMessage) AttrNames() []string {
	return []string{"body", "bytes", "flags", "group", "length", "port", "sender", "seq", "type"}
}

const rawDoc = `builds a message byte for byte, a wrong one too

Nothing is checked: length = 3 says 3, whatever follows. body is bytes or a list of them, such as nl.attr makes.

    lo = [b"\0" * 16, nl.attr(3, b"lo\0")]
    m = nl.raw(type = nl.RTM_GETLINK, flags = nl.NLM_F_REQUEST | nl.NLM_F_ACK, body = lo)
    bad = nl.raw(type = 18, flags = "request", length = 1000)`

var rawParams = []param{
	{"type", "int or string = None", "message type, by number or by its name in C"},
	{"flags", "int or list of strings = None", `message flags: a number, or names like "create"`},
	{"seq", "int = None", "sequence number"},
	{"port", "int = None", "port id in the header"},
	{"body", "bytes or list = None", "what follows the header: bytes, messages, or a list of them"},
	{"length", "int = None", "length that the header says; the real one by default"},
	{"bytes", "bytes = None", "the whole message, in place of everything else"},
}

func (env *environ) nlRaw(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var typ, flags, body, length, whole starlark.Value
	seq, port := starlark.MakeInt(0), starlark.MakeInt(0)
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "type??", &typ, "flags??", &flags, "seq?", &seq, "port?", &port,
		"body??", &body, "length??", &length, "bytes??", &whole); err != nil {
		return nil, err
	}
	m, err := env.buildRaw(th, typ, flags, seq, port, body, length, whole)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return m, nil
}

func (env *environ) buildRaw(th *starlark.Thread, typ, flags, seq, port, body, length, whole starlark.Value) (*rawMessage, error) {
	if whole != nil {
		if typ != nil || flags != nil || body != nil || length != nil {
			return nil, fmt.Errorf("got bytes and other parts, want bytes alone (they are the whole message)")
		}
		b, err := rawBytes(th, "bytes", whole)
		return &rawMessage{data: b, proto: -1}, err
	}
	b, err := rawBytes(th, "body", body)
	if err != nil {
		return nil, err
	}
	h := wire.Header{Len: uint32(wire.HeaderLen + len(b))}
	var n [5]uint64
	for i, part := range [...]struct {
		name string
		v    starlark.Value
		max  uint64
	}{{"type", typ, math.MaxUint16}, {"flags", flags, math.MaxUint16}, {"seq", seq, math.MaxUint32}, {"port", port, math.MaxUint32}, {"length", length, math.MaxUint32}} {
		if part.name == "flags" {
			n[i], err = env.flagBits(th, part.v)
		} else {
			n[i], err = env.number(part.name, part.v, part.max)
		}
		if err != nil {
			return nil, err
		}
	}
	h.Type, h.Flags, h.Seq, h.Port = uint16(n[0]), uint16(n[1]), uint32(n[2]), uint32(n[3])
	if length != nil {
		h.Len = uint32(n[4])
	}
	data := make([]byte, wire.HeaderLen, wire.HeaderLen+len(b))
	h.Put(data)
	return &rawMessage{data: append(data, b...), proto: -1}, nil
}

// number reads a number, or a constant by its name in C. None is 0.
func (env *environ) number(param string, v starlark.Value, limit uint64) (uint64, error) {
	switch v := v.(type) {
	case nil, starlark.NoneType:
		return 0, nil
	case starlark.Int:
		if n, ok := v.Uint64(); ok && n <= limit {
			return n, nil
		}
		return 0, fmt.Errorf("for parameter %s: got %s, want 0 to %d", param, v, limit)
	case starlark.String:
		n, ok := env.reg.Constants().Lookup(string(v))
		if !ok {
			return 0, fmt.Errorf("for parameter %s: got unknown constant %s, want a name like \"NLMSG_DONE\"%s", param, v, hint(env.reg.Constants().Suggest(string(v))))
		}
		if n < 0 || uint64(n) > limit {
			return 0, fmt.Errorf("for parameter %s: got %s, which is %d, want 0 to %d", param, v, n, limit)
		}
		return uint64(n), nil
	}
	return 0, fmt.Errorf("for parameter %s: got %s, want int", param, v.Type())
}

func hint(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// flagBits reads message flags: a number, or names.
func (env *environ) flagBits(th *starlark.Thread, v starlark.Value) (uint64, error) {
	if _, isInt := v.(starlark.Int); isInt || v == nil {
		return env.number("flags", v, math.MaxUint16)
	}
	names, err := words(th, "flags", v)
	if err != nil {
		return 0, err
	}
	mask, err := env.reg.Flags(names...)
	return uint64(mask), err
}

// rawBytes reads bytes, a message, or a list of those one after the other; messages in it begin at multiples of 4.
func rawBytes(th *starlark.Thread, param string, v starlark.Value) ([]byte, error) {
	switch v := v.(type) {
	case nil, starlark.NoneType:
		return nil, nil
	case starlark.Bytes:
		return []byte(v), nil
	case *rawMessage:
		return v.data, nil
	case *message:
		if v.raw != nil {
			return v.raw, nil
		}
		return v.m.Data, nil
	case starlark.IterableMapping, *starlark.Set:
	case starlark.Iterable:
		return joinBytes(th, param, v)
	}
	hint := ""
	switch v.(type) {
	case starlark.String:
		hint = ` (b"...", with its \0 if there is to be one)`
	case starlark.Int:
		hint = ` (nl.pack("=I", 7) makes bytes of numbers)`
	}
	return nil, fmt.Errorf("for parameter %s: got %s, want bytes, a message or a list of them%s", param, v.Type(), hint)
}

func joinBytes(th *starlark.Thread, param string, list starlark.Iterable) ([]byte, error) {
	var out []byte
	const mostNested = 100
	if strings.Count(param, "[") > mostNested { // it may contain itself
		name, _, _ := strings.Cut(param, "[")
		return nil, fmt.Errorf("for parameter %s: got more than %d lists inside one another, want fewer (does it contain itself?)", name, mostNested)
	}
	it := list.Iterate()
	defer it.Done()
	var elem starlark.Value
	for i := 0; it.Next(&elem); i++ {
		if elem == starlark.None {
			return nil, fmt.Errorf("for parameter %s[%d]: got NoneType, want bytes, a message or a list of them", param, i)
		}
		b, err := rawBytes(th, fmt.Sprintf("%s[%d]", param, i), elem)
		if err != nil {
			return nil, err
		}
		if _, ok := elem.(*rawMessage); ok {
			for len(out) < wire.Align(len(out)) {
				out = append(out, 0) // a message begins where the one before it ends, rounded up
			}
		}
		if out = append(out, b...); len(out) > maxRaw {
			return nil, fmt.Errorf("for parameter %s: got more than %d bytes", param, maxRaw)
		}
	}
	return out, host.Pending(th)
}

// maxRaw keeps a mistake from eating the memory of the machine. No socket
// takes that much.
const maxRaw = 256 << 20
