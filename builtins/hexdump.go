package builtins

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/wire"
)

const decodeDoc = `makes a typed message of bytes, by a spec

Without op the type of the message decides which operation it belongs to.

    m = rt.newlink.msg(ifname = "br0", mtu = 1400)
    nl.decode("route", nl.bytes(m)).mtu`

var decodeParams = []param{
	{"spec", "string or family", "protocol, spec, or an open family"},
	{"data", "bytes or message", "a whole message with its header"},
	{"op", "string = None", "the operation that it is of"},
}

func (env *environ) nlDecode(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var spec, data starlark.Value
	var op string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "spec", &spec, "data", &data, "op??", &op); err != nil {
		return nil, err
	}
	if data == starlark.None {
		return nil, fmt.Errorf("%s: for parameter data: got NoneType, want bytes or message", fn.Name())
	}
	specs, err := env.specsOf(spec)
	var b []byte
	if err == nil {
		b, err = rawBytes(th, "data", data)
	}
	var m *session.Message
	if err == nil {
		m, err = env.reg.Describe(specs, op, b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return env.fromKernel(m), nil
}

func (env *environ) specsOf(v starlark.Value) ([]*schema.Spec, error) {
	switch v := v.(type) {
	case starlark.String:
		return env.reg.SpecsOf(string(v))
	case *family:
		return v.f.Specs, nil
	}
	return nil, fmt.Errorf("for parameter spec: got %s, want string or family", v.Type())
}

// dissected is bytes and what each of them is.
type dissected struct {
	data   []byte
	pieces []schema.Piece
	mark   int           // -1 for none
	red    *redact.Table // hides bytes, nil for none
	own    bool          // a script built it
}

// dissect takes a value apart for people. A spec is needed for bytes only.
func (env *environ) dissect(th *starlark.Thread, x, spec starlark.Value, op string) (*dissected, error) {
	d := &dissected{mark: -1, red: env.red}
	add := func(p schema.Piece) { d.pieces = append(d.pieces, p) }
	switch spec.(type) { // whether x needs it or not
	case nil, starlark.String, *family:
	default:
		return nil, fmt.Errorf("for parameter spec: got %s, want string or family", spec.Type())
	}
	switch x := x.(type) {
	case *message:
		if x.raw == nil {
			d.data = x.m.Data
			x.m.Annotate(add)
			return d, nil
		}
		d.data, d.own = x.raw, x.req != nil
		env.reg.Annotate(&x.m, x.op, x.raw, add)
		return d, nil
	case *errorValue:
		var ke *session.Error
		if !errors.As(x.err, &ke) || ke.Request == nil {
			return nil, fmt.Errorf("for parameter x: got an error without a request, want one that the kernel sent")
		}
		d.data, d.mark, d.own = ke.Request.Bytes, ke.Ext.Offset, true
		env.reg.Annotate(ke.Request.Msg(), ke.Request.Op.Op, d.data, add)
		if d.mark >= len(d.data) {
			d.mark = -1
		}
		return d, nil
	}
	if x == starlark.None {
		return nil, fmt.Errorf("for parameter x: got NoneType, want a message, bytes or an error")
	}
	var err error
	if d.data, err = rawBytes(th, "x", x); err != nil {
		return nil, err
	}
	m, err := env.describe(x, d.data, spec, op)
	switch {
	case err != nil:
		return nil, err
	case m == nil:
		env.reg.Annotate(nil, nil, d.data, add)
	default:
		env.reg.Annotate(&m.Msg, m.Op, d.data, add)
	}
	return d, nil
}

// describe finds the schema of bytes: by the spec that was named, or by the
// socket that they came from. Without either there is none.
func (env *environ) describe(x starlark.Value, data []byte, spec starlark.Value, op string) (*session.Message, error) {
	if spec != nil {
		specs, err := env.specsOf(spec)
		if err != nil || len(data) < wire.HeaderLen {
			return nil, err // what is shorter is shown as what it is
		}
		m, err := env.reg.Describe(specs, op, data)
		if err != nil && op == "" {
			return nil, nil // so is what the spec does not know
		}
		return m, err
	}
	var specs []*schema.Spec
	if raw, ok := x.(*rawMessage); ok && raw.proto >= 0 {
		specs, _ = env.reg.SpecsOfProtocol(raw.proto)
	}
	if m, err := env.reg.Describe(specs, op, data); err == nil {
		return m, nil
	}
	return nil, nil
}

const hexdumpDoc = `prints the bytes of a message, each with the header member or attribute that it belongs to

An error of the kernel shows its request, with a mark under the bytes that the kernel points at. Bytes need a spec to be explained.

    hexdump(rt.newlink.msg(ifname = "br0", linkinfo = {"kind": "bridge"}), mark = 32)
    hexdump(nl.raw(type = nl.RTM_GETLINK, body = b"\0" * 16), spec = "route")`

var hexdumpParams = []param{
	{"x", "message, bytes or error", "what to print"},
	{"mark", "int = None", "offset of the bytes to mark"},
	{"spec", "string or family = None", "what explains bytes: a protocol, a spec or an open family"},
	{"op", "string = None", "the operation they are of; found by their type by default"},
}

func (env *environ) hexdump(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x, mark, spec starlark.Value
	var op string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "x", &x, "mark??", &mark, "spec??", &spec, "op??", &op); err != nil {
		return nil, err
	}
	d, err := env.dissect(th, x, spec, op)
	if err == nil && mark != nil {
		if len(d.data) == 0 {
			err = fmt.Errorf("for parameter mark: got %s, want none (there are no bytes)", mark)
		} else {
			var n uint64
			n, err = env.number("mark", mark, uint64(len(d.data)-1))
			d.mark = int(n)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	text, err := d.text(host.Context(th), env.colored())
	if err == nil {
		err = host.Page(th, text)
	}
	return starlark.None, err
}

// dumpWidth is how many bytes are on a line.
const dumpWidth = 8

// text is one line for each piece, more for long ones. It ends with ctx: there may be millions.
func (d *dissected) text(ctx context.Context, color bool) (string, error) {
	var b strings.Builder
	for _, p := range d.pieces {
		label, secret := d.label(p)
		for off := p.Off; off < p.Off+p.Len; off += dumpWidth {
			if ctx.Err() != nil {
				return "", context.Cause(ctx)
			}
			end := min(off+dumpWidth, p.Off+p.Len)
			line := fmt.Sprintf("%-*s  %s", 3*dumpWidth-1, shownBytes(d.data[off:end], secret), label)
			line = strings.TrimRight(line, " ")
			mark := ""
			if d.mark >= off && d.mark < end {
				mark = strings.Repeat(" ", 6+3*(d.mark-off)) + strings.TrimRight(strings.Repeat("^^ ", end-d.mark), " ") + "\n"
			}
			if color {
				line, mark = dumpColors(line), painted(red, mark)
				b.WriteString(painted(faint, fmt.Sprintf("%04x", off)) + "  " + line + "\n" + mark)
			} else {
				b.WriteString(fmt.Sprintf("%04x  ", off) + line + "\n" + mark)
			}
			label = ""
		}
	}
	return b.String(), nil
}

// dumpColors gives the label of a line its colour: what it belongs to, padding, or what is wrong.
func dumpColors(line string) string {
	at := 3*dumpWidth - 1
	if len(line) <= at {
		return line
	}
	label := strings.TrimLeft(line[at:], " ")
	gap := line[at : len(line)-len(label)]
	switch {
	case strings.HasPrefix(label, "!!"):
		return line[:at] + gap + painted(red, label)
	case strings.HasPrefix(label, "(") || strings.HasPrefix(label, "??"):
		return painted(faint, line)
	}
	path, value, _ := strings.Cut(label, " ")
	if value != "" {
		value = " " + value
	}
	return line[:at] + gap + painted(cyan, path) + value
}

// label says what a piece is, and whether a golden file must not have its bytes.
func (d *dissected) label(p schema.Piece) (label string, secret bool) {
	if d.red != nil {
		if text, redacted := d.red.Piece(p, d.own); redacted {
			return p.Path + " = " + text, true
		}
	}
	return pieceLabel(p), false
}

// shownBytes is bytes in hexadecimal, or as many dots.
func shownBytes(b []byte, secret bool) string {
	if secret {
		return strings.TrimRight(strings.Repeat(".. ", len(b)), " ")
	}
	return fmt.Sprintf("% x", b)
}

func pieceLabel(p schema.Piece) string {
	switch {
	case p.Path == "" && p.What == "padding":
		return "(padding)"
	case p.Path == "" && strings.HasPrefix(p.What, "malformed"):
		return "!! " + p.What
	case p.Path == "":
		return "?? " + p.What
	case strings.HasPrefix(p.What, "length "):
		return p.Path + ": " + p.What
	case p.What == "":
		return p.Path
	}
	return p.Path + " " + p.What
}
