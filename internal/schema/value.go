package schema

import (
	"fmt"
	"strings"
)

// ValueKind says what a Value holds.
type ValueKind uint8

// What a Value can hold.
const (
	None ValueKind = iota
	Bool
	Int  // negative
	Uint // zero or positive
	Text
	Bytes
	List
	FlagSet // a list of names and, for bits without a name, numbers; each once, in bit order
	Fields  // a message or a map: ordered names and values
	Message // a lazily decoded message
	Handle  // a number that stands for an open thing, for rows of one role only
)

var valueNames = [...]string{"None", "bool", "int", "int", "string", "bytes", "list", "set", "dict", "message", "handle"}

func (k ValueKind) String() string { return valueNames[k] }

// Value is what a row decodes to and encodes from. The zero Value is None. It
// is passed by value and allocates nothing for numbers, text and bytes.
type Value struct {
	kind ValueKind
	odd  bool // decoded from bytes that the row does not produce
	num  uint64
	text string
	data []byte // of Bytes; of odd text: the payload as it was
	more any    // []Value, []Field or *Msg
}

// Field is one named or numbered value of a map or a decoded message.
type Field struct {
	Name   string // the schema's name; "" where no row knows the number
	Type   uint16 // attribute type on the wire, with flags; index in an indexed array
	HasNum bool   // Type counts
	Header bool   // a member of the fixed header
	Val    Value
}

// Of makes a Value of a plain Go value: nil, bool, any integer, string,
// []byte, []any, []string, []Value, []Field, map[string]any (in sorted order),
// *Msg or Value. Anything else is a mistake of the caller and panics.
func Of(v any) Value {
	switch v := v.(type) {
	case nil:
		return Value{}
	case Value:
		return v
	case bool:
		return BoolValue(v)
	case int:
		return IntValue(int64(v))
	case int8:
		return IntValue(int64(v))
	case int16:
		return IntValue(int64(v))
	case int32:
		return IntValue(int64(v))
	case int64:
		return IntValue(v)
	case uint:
		return UintValue(uint64(v))
	case uint8:
		return UintValue(uint64(v))
	case uint16:
		return UintValue(uint64(v))
	case uint32:
		return UintValue(uint64(v))
	case uint64:
		return UintValue(v)
	case string:
		return TextValue(v)
	case []byte:
		return BytesValue(v)
	case []string:
		list := make([]Value, len(v))
		for i := range v {
			list[i] = TextValue(v[i])
		}
		return ListValue(list)
	case []any:
		list := make([]Value, len(v))
		for i := range v {
			list[i] = Of(v[i])
		}
		return ListValue(list)
	case []Value:
		return ListValue(v)
	case []Field:
		return FieldsValue(v)
	case map[string]any:
		return FieldsValue(sortedFields(v))
	case *Msg:
		return MsgValue(v)
	}
	panic(fmt.Sprintf("schema.Of: %T", v))
}

// BoolValue makes a Bool.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Bool, num: 1}
	}
	return Value{kind: Bool}
}

// IntValue makes an Int or a Uint.
func IntValue(n int64) Value {
	if n < 0 {
		return Value{kind: Int, num: uint64(n)}
	}
	return Value{kind: Uint, num: uint64(n)}
}

// UintValue makes a Uint.
func UintValue(n uint64) Value { return Value{kind: Uint, num: n} }

// TextValue makes a Text.
func TextValue(s string) Value { return Value{kind: Text, text: s} }

// BytesValue makes a Bytes; b is kept, not copied.
func BytesValue(b []byte) Value { return Value{kind: Bytes, data: b} }

// ListValue makes a List; l is kept.
func ListValue(l []Value) Value { return Value{kind: List, more: l} }

// FlagsValue makes a FlagSet; l is kept.
func FlagsValue(l []Value) Value { return Value{kind: FlagSet, more: l} }

// FieldsValue makes a Fields; f is kept.
func FieldsValue(f []Field) Value { return Value{kind: Fields, more: f} }

// MsgValue makes a Message.
func MsgValue(m *Msg) Value { return Value{kind: Message, more: m} }

// HandleValue is the number of something open, such as the descriptor of a
// namespace. Only rows of the role take it: elsewhere it would be any number.
// text is what it is called in errors.
func HandleValue(role Role, n uint64, text string) Value {
	return Value{kind: Handle, num: n, text: text, more: role}
}

// oddBytes is a payload that its row could not explain.
func oddBytes(b []byte) Value { return Value{kind: Bytes, data: b, odd: true} }

// Kind says what the value holds.
func (v Value) Kind() ValueKind { return v.kind }

// Odd reports whether the value was decoded from a payload that its row does
// not produce: bytes of a wrong length, text without NUL. It encodes to what
// it was.
func (v Value) Odd() bool { return v.odd }

// Payload is the bytes that an odd value was decoded from, nil for any other.
func (v Value) Payload() []byte {
	if v.odd {
		return v.data
	}
	return nil
}

// IsNone reports whether there is no value.
func (v Value) IsNone() bool { return v.kind == None }

// Uint64 is the number of a Uint or Bool, and the bits of an Int.
func (v Value) Uint64() uint64 { return v.num }

// Int64 is the number of an Int, and of a Uint below 1<<63.
func (v Value) Int64() int64 { return int64(v.num) }

// Text is the text of a Text, "" otherwise.
func (v Value) Text() string { return v.text }

// Bytes is the content of a Bytes, nil otherwise.
func (v Value) Bytes() []byte {
	if v.kind == Bytes {
		return v.data
	}
	return nil
}

// List is the elements of a List or FlagSet, nil otherwise.
func (v Value) List() []Value {
	l, _ := v.more.([]Value)
	return l
}

// Fields is the content of a Fields, nil otherwise.
func (v Value) Fields() []Field {
	f, _ := v.more.([]Field)
	return f
}

// Msg is the message of a Message, nil otherwise.
func (v Value) Msg() *Msg {
	m, _ := v.more.(*Msg)
	return m
}

// Lookup finds a field of a Fields by name.
func (v Value) Lookup(name string) (Value, bool) {
	for _, f := range v.Fields() {
		if f.Name == name {
			return f.Val, true
		}
	}
	return Value{}, false
}

// String writes the value the way a script would, for error messages and tests.
func (v Value) String() string {
	switch v.kind {
	case None:
		return "None"
	case Bool:
		if v.num != 0 {
			return "True"
		}
		return "False"
	case Int:
		return fmt.Sprint(int64(v.num))
	case Uint:
		return fmt.Sprint(v.num)
	case Text:
		return fmt.Sprintf("%q", v.text)
	case Handle:
		return v.text
	case Bytes:
		return fmt.Sprintf("b%q", string(v.data))
	case List, FlagSet:
		var parts []string
		for _, e := range v.List() {
			parts = append(parts, e.String())
		}
		if v.kind == FlagSet {
			return "set([" + strings.Join(parts, ", ") + "])"
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Fields:
		return fieldsString(v.Fields())
	case Message:
		return fieldsString(v.Msg().Fields())
	}
	return "?"
}

func fieldsString(fields []Field) string {
	var parts []string
	for _, f := range fields {
		key := fmt.Sprintf("%q", f.Name)
		if f.Name == "" {
			key = fmt.Sprint(f.Type &^ typeFlags)
		}
		parts = append(parts, key+": "+f.Val.String())
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
