package schema

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rowBytes encodes what attributes and members of structs have in common.
func (e *Encoder) rowBytes(r *Row, v Value, fixed bool) ([]byte, error) {
	if v.Kind() == Bytes {
		return v.Bytes(), nil
	}
	switch r.Kind {
	case KindFlag:
		if v.Kind() != Bool {
			return nil, &Error{Got: describe(v), Want: "True or False"}
		}
		return v.data, nil // nothing, or the byte it was decoded from
	case KindString:
		return e.stringBytes(v, fixed)
	case KindBinary:
		return binaryBytes(r, v)
	case KindStruct:
		return e.structOf(e.Spec.Struct(r.Struct), v)
	case KindScalarArray:
		return e.arrayBytes(r, v)
	case KindBitfield32:
		return e.bitfield(r, v)
	}
	if !r.Kind.Integer() {
		return nil, &Error{Got: describe(v), Want: "bytes", Hint: "the kernel does not use it"}
	}
	n, err := e.number(r, v)
	if err != nil {
		return nil, err
	}
	return e.numberBytes(r, n), nil
}

// numberBytes is valid until the next value is encoded, as is stringBytes:
// everybody copies.
func (e *Encoder) numberBytes(r *Row, n uint64) []byte {
	width := r.Kind.Width()
	if width == 0 { // uint, sint: the shorter one that holds it
		width = 4
		if r.Kind == KindUint && n > math.MaxUint32 ||
			r.Kind == KindSint && (int64(n) > math.MaxInt32 || int64(n) < math.MinInt32) {
			width = 8
		}
	}
	e.scratch = append(e.scratch[:0], 0, 0, 0, 0, 0, 0, 0, 0)[:width]
	putNumber(e.scratch, r, n)
	return e.scratch
}

// putNumber writes n in the width of p.
func putNumber(p []byte, r *Row, n uint64) {
	var order binary.ByteOrder = binary.NativeEndian
	if r.BigEndian {
		order = binary.BigEndian
	}
	switch len(p) {
	case 1:
		p[0] = byte(n)
	case 2:
		order.PutUint16(p, uint16(n))
	case 4:
		order.PutUint32(p, uint32(n))
	case 8:
		order.PutUint64(p, n)
	}
}

func (e *Encoder) stringBytes(v Value, fixed bool) ([]byte, error) {
	if v.Kind() != Text {
		return nil, &Error{Got: describe(v), Want: "string"}
	}
	if v.odd {
		return v.data, nil
	}
	if i := strings.IndexByte(v.text, 0); i >= 0 {
		return nil, &Error{Got: describe(v), Want: "a string without NUL", Hint: "bytes are sent as they are"}
	}
	e.scratch = append(e.scratch[:0], v.text...)
	if !fixed {
		e.scratch = append(e.scratch, 0)
	}
	return e.scratch, nil
}

func binaryBytes(r *Row, v Value) ([]byte, error) {
	if v.Kind() == Text && r.Hint != HintNone {
		p, want := parseHint(r.Hint, v.Text())
		if want != "" {
			return nil, &Error{Got: describe(v), Want: want}
		}
		return p, nil
	}
	if m := v.Msg(); m != nil {
		return m.Data, nil
	}
	want := "bytes"
	if r.Hint != HintNone {
		_, want = parseHint(r.Hint, "\x00")
	}
	hint := ""
	if v.Kind() == Text && r.Hint == HintNone {
		hint = fmt.Sprintf("b%q is bytes", clip(v.Text()))
	}
	return nil, &Error{Got: describe(v), Want: want, Hint: hint}
}

// number finds the number that v stands for in this row, and checks that the
// row can hold it.
func (e *Encoder) number(r *Row, v Value) (uint64, error) {
	switch v.Kind() {
	case Bool, Uint, Int:
		return v.num, checkRange(r, v)
	case Handle:
		if v.more.(Role) == r.Role {
			return v.num, checkRange(r, UintValue(v.num))
		}
	case Text:
		return e.numberOfText(r, v)
	case List, FlagSet:
		if enum := e.Spec.Enum(r.Enum); enum != nil && (enum.Flags || r.AsFlags) {
			return flagsNumber(r, enum, v.List())
		}
	case Message:
		if r.Role == RoleIfindex {
			if n, ok := v.Msg().ifindex(); ok {
				return n, nil
			}
			return 0, &Error{Got: "a message without an interface index", Want: "a link"}
		}
	}
	return 0, &Error{Got: describe(v), Want: e.wantNumber(r)}
}

// ifindex is the first number of the header whose role is ifindex: what a link
// message given for an interface stands for.
func (m *Msg) ifindex() (uint64, bool) {
	if m.Header == nil {
		return 0, false
	}
	for i := range m.Header.Members {
		if mem := &m.Header.Members[i]; mem.Role == RoleIfindex {
			return m.memberNumber(mem)
		}
	}
	return 0, false
}

func (e *Encoder) wantNumber(r *Row) string {
	enum := e.Spec.Enum(r.Enum)
	switch {
	case enum != nil && (enum.Flags || r.AsFlags):
		return "a number, or names of " + enum.Name + ` as a list or "a|b"`
	case enum != nil && r.Role == RoleIfindex:
		return "an interface: index, name or link; or " + strings.Join(enum.Names(), ", ")
	case enum != nil:
		return "a number, or a name of " + enum.Name
	case r.Role == RoleIfindex:
		return "an interface: index, name or link"
	case r.Role == RoleNetnsFD:
		return "a netns, or the descriptor of one"
	case r.addressed():
		return "an IPv4 address"
	}
	return "int (" + r.Kind.String() + ")"
}

func (e *Encoder) numberOfText(r *Row, v Value) (uint64, error) {
	s := v.Text()
	if enum := e.Spec.Enum(r.Enum); enum != nil {
		if enum.Flags || r.AsFlags {
			return flagsNumber(r, enum, splitFlags(s))
		}
		if n, ok := enum.ValueOf(s); ok {
			return uint64(n), checkRange(r, IntValue(n))
		}
		if n, ok := parseNumber(s); ok {
			return n.num, checkRange(r, n)
		}
		if r.Role != RoleIfindex || e.Resolve == nil { // an enum names what is no interface: all, default
			return 0, &Error{Got: describe(v), Want: oneOf(enum.Names()), Hint: Suggest(s, enum.Names())}
		}
	}
	switch {
	case r.Role == RoleIfindex || r.Role == RoleNetnsFD:
		if e.Resolve == nil {
			break
		}
		n, err := e.Resolve(r.Role, s)
		if err != nil {
			return 0, &Error{Got: describe(v), Want: e.wantNumber(r), Hint: err.Error()}
		}
		return n, checkRange(r, UintValue(n))
	case r.addressed():
		p, want := parseHint(HintIPv4, s)
		if want != "" {
			return 0, &Error{Got: describe(v), Want: want}
		}
		return uint64(binary.BigEndian.Uint32(p)), nil
	case r.Hint == HintHex:
		if n, ok := parseNumber(s); ok {
			return n.num, checkRange(r, n)
		}
	}
	return 0, &Error{Got: describe(v), Want: e.wantNumber(r)}
}

// parseNumber reads a number as text, decimal or hexadecimal, which is how other
// tools show the numbers that have no other form.
func parseNumber(s string) (Value, bool) {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return IntValue(n), true
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return UintValue(n), err == nil
}

func splitFlags(s string) []Value {
	var list []Value
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '|' || r == ',' || r == ' ' }) {
		list = append(list, TextValue(part))
	}
	return list
}

func flagsNumber(r *Row, enum *Enum, list []Value) (uint64, error) {
	var mask uint64
	for _, f := range list {
		switch f.Kind() {
		case Uint:
			mask |= f.num
		case Text:
			bit, ok := enum.ValueOf(f.Text())
			if n, isNum := parseNumber(f.Text()); !ok && isNum && n.Kind() == Uint {
				mask |= n.num
				continue
			}
			if ok && (bit < 0 || bit > 63) {
				return 0, &Error{Got: describe(f), Want: "a bit of " + enum.Name, Hint: fmt.Sprintf("%s is number %d", f.Text(), bit)}
			}
			if !ok {
				return 0, &Error{Got: describe(f), Want: oneOf(enum.Names()), Hint: Suggest(f.Text(), enum.Names())}
			}
			mask |= 1 << uint(bit)
		default:
			return 0, &Error{Got: describe(f), Want: "a name of " + enum.Name + ", or a mask"}
		}
	}
	if bits := 8 * r.Kind.Width(); bits > 0 && bits < 64 && mask>>bits != 0 {
		return 0, &Error{Got: fmt.Sprint(mask), Want: fmt.Sprintf("0 to %d (%s)", uint64(1)<<bits-1, r.Kind)}
	}
	return mask, nil // also the top bit of a signed row
}

// oneOf lists names, but not endlessly.
func oneOf(names []string) string {
	const most = 12
	if len(names) > most {
		return "one of " + strings.Join(names[:most], ", ") + fmt.Sprintf(", ... (%d in all)", len(names))
	}
	return "one of " + strings.Join(names, ", ")
}

// checkRange refuses numbers that the row cannot hold.
func checkRange(r *Row, v Value) error {
	bits := 8 * r.Kind.Width()
	if bits == 0 {
		bits = 64
		if r.Kind == KindBitfield32 {
			bits = 32
		}
	}
	switch {
	case v.Kind() == Int && !r.Kind.Signed():
		return &Error{Got: v.String(), Want: rangeText(r, bits)}
	case v.Kind() == Int && bits < 64 && v.Int64() < -1<<(bits-1):
		return &Error{Got: v.String(), Want: rangeText(r, bits)}
	case v.Kind() != Int && r.Kind.Signed() && v.num > 1<<(bits-1)-1:
		return &Error{Got: v.String(), Want: rangeText(r, bits)}
	case v.Kind() != Int && bits < 64 && v.num > 1<<bits-1:
		return &Error{Got: v.String(), Want: rangeText(r, bits)}
	}
	return nil
}

func rangeText(r *Row, bits int) string {
	if r.Kind.Signed() {
		return fmt.Sprintf("%d to %d (%s)", int64(-1)<<(bits-1), uint64(1)<<(bits-1)-1, r.Kind)
	}
	return fmt.Sprintf("0 to %d (%s)", ^uint64(0)>>(64-bits), r.Kind)
}

// bitfield writes value and selector; flags alone are set and selected.
func (e *Encoder) bitfield(r *Row, v Value) ([]byte, error) {
	half := Row{Kind: KindU32, Enum: r.Enum, AsFlags: r.AsFlags}
	var value, selector uint64
	if v.Kind() == Fields {
		for _, f := range v.Fields() {
			if f.Name != "value" && f.Name != "selector" {
				return nil, &Error{Got: fmt.Sprintf("unknown name %q", f.Name), Want: "value or selector"}
			}
			n, err := e.number(&half, f.Val)
			if err != nil {
				return nil, under(f.Name, err)
			}
			if f.Name == "value" {
				value = n
			} else {
				selector = n
			}
		}
	} else {
		n, err := e.number(&half, v)
		if err != nil {
			return nil, err
		}
		value, selector = n, n
	}
	p := make([]byte, 8)
	putNumber(p[:4], &half, value)
	putNumber(p[4:], &half, selector)
	return p, nil
}
