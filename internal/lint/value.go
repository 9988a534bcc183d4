package lint

import (
	"math/big"
	"strings"

	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// constant is the value of what is written out in the script. whole is false
// where entries of a dict were left out because only running tells them.
func constant(e syntax.Expr) (v schema.Value, whole, ok bool) {
	switch e := unparen(e).(type) {
	case *syntax.Literal:
		return literal(e)
	case *syntax.Ident:
		switch {
		case predeclared(e, "True"):
			return schema.BoolValue(true), true, true
		case predeclared(e, "False"):
			return schema.BoolValue(false), true, true
		case predeclared(e, "None"):
			return schema.Value{}, true, true
		}
	case *syntax.UnaryExpr:
		if n, ok := number(e.X); ok && e.Op == syntax.MINUS {
			return schema.IntValue(-n), true, true
		}
	case *syntax.ListExpr:
		return elements(e.List)
	case *syntax.TupleExpr:
		return elements(e.List)
	case *syntax.DictExpr:
		return entries(e.List)
	}
	return v, false, false
}

func number(e syntax.Expr) (int64, bool) {
	if lit, ok := unparen(e).(*syntax.Literal); ok {
		n, ok := lit.Value.(int64)
		return n, ok
	}
	return 0, false
}

func literal(e *syntax.Literal) (schema.Value, bool, bool) {
	switch v := e.Value.(type) {
	case string:
		if e.Token == syntax.BYTES {
			return schema.BytesValue([]byte(v)), true, true
		}
		return schema.TextValue(v), true, true
	case int64:
		return schema.IntValue(v), true, true
	case *big.Int:
		if v.IsUint64() {
			return schema.UintValue(v.Uint64()), true, true
		}
	}
	return schema.Value{}, false, false
}

func elements(list []syntax.Expr) (schema.Value, bool, bool) {
	values, all := make([]schema.Value, len(list)), true
	for i, e := range list {
		v, whole, ok := constant(e)
		if !ok {
			return v, false, false
		}
		values[i], all = v, all && whole
	}
	return schema.ListValue(values), all, true
}

// entries reads a dict. Keys that are not written out make it unknown: they
// may be anything.
func entries(list []syntax.Expr) (schema.Value, bool, bool) {
	var fields []schema.Field
	all := true
	for _, e := range list {
		entry := e.(*syntax.DictEntry)
		v, whole, ok := constant(entry.Value)
		name, isName := stringOf(entry.Key)
		switch {
		case !isName:
			return v, false, false
		case !ok:
			all = false
			continue
		}
		all = all && whole
		fields = append(fields, schema.Field{Name: name, Val: v})
	}
	return schema.FieldsValue(fields), all, true
}

// encode is the error with which the request would be refused, nil if it would
// not be, or if that cannot be known: a selector may be among what is left out.
func encode(s *schema.Spec, op *schema.Op, mode *schema.Mode, fields []schema.Field, whole bool) *schema.Error {
	var b wire.Builder
	b.Begin(wire.Header{})
	enc := schema.Encoder{Spec: s, Out: &b, Resolve: func(schema.Role, string) (uint64, error) { return 1, nil }}
	err := enc.Body(s.Struct(op.Header), s.RequestSet(op, mode), op.Payload, fields)
	se, ok := err.(*schema.Error)
	if !ok || !whole && strings.HasPrefix(se.Want, "bytes, or") {
		return nil
	}
	return se
}
