package builtins

import (
	"fmt"
	"math/big"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
)

// rows is messages of one kind that are looked at one after the other: a dump,
// or a stream. What is here works on their bytes; a message value is made only
// of what is handed out.
type rows interface {
	kind() string      // in errors
	frame() schema.Msg // schema without bytes
	resolve() resolver // for names in conditions
	environ() *environ

	// each calls fn with each message until it is false. The message is valid
	// for the call, and longer with keep. quiet says that fn runs no Starlark
	// and makes no values, so that other tasks may run meanwhile.
	each(th *starlark.Thread, keep, quiet bool, fn func(i int, m *schema.Msg) (bool, error)) error

	// value is the message i as fn got it.
	value(i int) *message
}

// bulkMethods are what dumps and streams have in common.
var bulkMethods = [...]string{"column", "columns", "count", "first", "group_by", "sort_by", "sum", "where"}

// bulkMethod makes one of them, nil if there is none of that name.
func bulkMethod(r rows, name string) starlark.Value {
	type body = func(r rows, th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)
	method := func(doc string, params []param, call body) starlark.Value {
		return newFunc(r.kind()+"."+name, doc, params, func(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			v, err := call(r, th, fn, args, kwargs)
			if err != nil {
				return nil, named(fn, err)
			}
			return v, nil
		})
	}
	switch name {
	case "count":
		return method(countDoc, matchParams, bulkCount)
	case "first":
		return method(firstDoc, matchParams, bulkFirst)
	case "where":
		return method(whereDoc, matchParams, bulkWhere)
	case "sum":
		return method(sumDoc, fieldParam, bulkSum)
	case "column":
		return method(columnDoc, fieldParam, bulkColumn)
	case "columns":
		return method(columnsDoc, columnsParams, bulkColumns)
	case "group_by":
		return method(groupDoc, fieldParam, bulkGroup)
	case "sort_by":
		return method(sortDoc, sortParams, bulkSort)
	}
	return nil
}

// named puts the builtin's name in front of errors that do not have it.
func named(fn *starlark.Builtin, err error) error {
	if _, script := err.(*starlark.EvalError); script {
		return err
	}
	if name := fn.Name() + ":"; len(err.Error()) > len(name) && err.Error()[:len(name)] == name {
		return err
	}
	return fmt.Errorf("%s: %w", fn.Name(), err)
}

var fieldParam = []param{{"name", "string", "a field, with dots into nests: \"linkinfo.kind\""}}

const countDoc = `counts the messages that have all of these values

What may be given is in the doc of a message's match. On a stream nothing is kept.

    print(rt.getlink.dump().count(type = "loopback"))
    print(rt.getroute.stream(family = "inet").count(table = "main", dst = "10.0.0.0/8"))`

func bulkCount(r rows, th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	t, err := r.environ().matcher(r.frame(), r.resolve(), args, kwargs)
	if err != nil {
		return nil, err
	}
	n := 0
	err = r.each(th, t.calls, !t.calls, func(i int, m *schema.Msg) (bool, error) {
		ok, err := t.match(th, m)
		if ok {
			n++
		}
		return true, err
	})
	return starlark.MakeInt(n), err
}

const firstDoc = `is the first message that has all of these values, None if none has

    print(rt.getlink.dump().first(type = "loopback").ifname)`

func bulkFirst(r rows, th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	t, err := r.environ().matcher(r.frame(), r.resolve(), args, kwargs)
	if err != nil {
		return nil, err
	}
	var found starlark.Value = starlark.None
	err = r.each(th, true, false, func(i int, m *schema.Msg) (bool, error) {
		ok, err := t.match(th, m)
		if ok && err == nil {
			found = r.value(i)
		}
		return !ok, err
	})
	return found, err
}

const whereDoc = `is the messages that have all of these values

Of a dump it is a dump, which keeps nothing but their places; of a stream it is a stream.

    for l in rt.getlink.dump().where(flags = "up", master = None):
        print(l.ifname)`

func bulkWhere(r rows, th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	t, err := r.environ().matcher(r.frame(), r.resolve(), args, kwargs)
	if err != nil {
		return nil, err
	}
	switch r := r.(type) {
	case *stream:
		return r.where(t)
	case *dump:
		sel := r.selection()
		err := r.each(th, t.calls, !t.calls, func(i int, m *schema.Msg) (bool, error) {
			ok, err := t.match(th, m)
			if ok {
				sel.order = append(sel.order, uint32(i))
			}
			return true, err
		})
		return sel, err
	}
	return starlark.None, nil
}

const sumDoc = `adds up a field that is a number; a message without it adds nothing

    print(rt.getlink.dump().sum("mtu"))`

func bulkSum(r rows, th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := bulkField(r, fn, args, kwargs)
	if err != nil {
		return nil, err
	}
	frame := r.frame()
	for _, p := range f.places {
		if row := p.Row(); row == nil || !row.Kind.Integer() || row.Enum != 0 || row.Addressed() || p.Attr != nil && p.Attr.Multi {
			return nil, &schema.Error{Path: f.path.name, Got: kindText(frame.Spec, p), Want: "a field that is a number"}
		}
	}
	var low int64 // what fits; the rest is in high
	var high *big.Int
	err = r.each(th, false, true, func(i int, m *schema.Msg) (bool, error) {
		in, p := f.path.find(m)
		if in == nil {
			return true, nil
		}
		n, ok := in.Number(p)
		if !ok {
			return true, nil
		}
		add := int64(n)
		if signed := p.Row().Kind.Signed(); !signed && add < 0 || add > 1<<62 || add < -1<<62 || low > 1<<62 || low < -1<<62 {
			if high == nil {
				high = new(big.Int)
			}
			high.Add(high, big.NewInt(low))
			low = 0
			if !signed {
				high.Add(high, new(big.Int).SetUint64(n))
				return true, nil
			}
		}
		low += add
		return true, nil
	})
	if high != nil {
		return starlark.MakeBigInt(high.Add(high, big.NewInt(low))), err
	}
	return starlark.MakeInt64(low), err
}

// kindText is what a field is, for errors.
func kindText(s *schema.Spec, p schema.Place) string {
	row := p.Row()
	switch {
	case row == nil:
		return "a payload"
	case p.Attr != nil && p.Attr.Multi:
		return "a list"
	case s.IsFlags(row):
		return "flags"
	case row.Enum != 0:
		return "names of " + s.Enum(row.Enum).Name
	case row.Addressed():
		return "addresses"
	}
	return row.Kind.String()
}

// field is a field of many messages.
type field struct {
	path   fieldPath
	places []schema.Place
}

func newField(r rows, name string) (*field, error) {
	frame := r.frame()
	path, places, err := findPath(&frame, name)
	if err != nil {
		return nil, err
	}
	return &field{path, places}, nil
}

// bulkField reads the one argument of sum and column.
func bulkField(r rows, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (*field, error) {
	var name string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name); err != nil {
		return nil, err
	}
	return newField(r, name)
}

// value decodes the field of m, None if it is absent. With nests in it, m is
// what they keep.
func (f *field) value(env *environ, m *schema.Msg) (starlark.Value, error) {
	in, p := f.path.find(m)
	if in == nil || !p.Found() {
		return starlark.None, nil
	}
	if plainRow(p) {
		if n, ok := in.Number(p); ok {
			return starlark.MakeUint64(n), nil
		}
	}
	if nestRow(p) || p.Row() == nil || p.Row().Kind == schema.KindStruct {
		kept := *in
		in = &kept
	}
	v, ok, err := in.At(p)
	if err != nil {
		return nil, fmt.Errorf("%s: malformed message: %w", f.path.name, err)
	}
	if !ok {
		return starlark.None, nil
	}
	return env.toStarlark(v), nil
}

const columnDoc = `lists one field of all messages, None where it is absent

    print(rt.getlink.dump().column("ifname"))`

func bulkColumn(r rows, th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f, err := bulkField(r, fn, args, kwargs)
	if err != nil {
		return nil, err
	}
	var elems []starlark.Value
	err = r.each(th, true, false, func(i int, m *schema.Msg) (bool, error) {
		v, err := f.value(r.environ(), m)
		elems = append(elems, v)
		return true, err
	})
	return starlark.NewList(elems), err
}

const columnsDoc = `lists some fields of all messages, a tuple for each message

    for name, kind in rt.getlink.dump().columns("ifname", "linkinfo.kind"):
        print(name, kind)`

func bulkColumns(r rows, th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(kwargs) > 0 {
		return nil, fmt.Errorf("unexpected keyword argument %s", kwargs[0][0])
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("got no names, want at least one")
	}
	fields := make([]*field, len(args))
	for i, a := range args {
		name, ok := starlark.AsString(a)
		if !ok {
			return nil, fmt.Errorf("for parameter names: got %s, want strings", a.Type())
		}
		var err error
		if fields[i], err = newField(r, name); err != nil {
			return nil, err
		}
	}
	var elems []starlark.Value
	err := r.each(th, true, false, func(i int, m *schema.Msg) (bool, error) {
		row := make(starlark.Tuple, len(fields))
		for i, f := range fields {
			var err error
			if row[i], err = f.value(r.environ(), m); err != nil {
				return false, err
			}
		}
		elems = append(elems, row)
		return true, nil
	})
	return starlark.NewList(elems), err
}

// key is the bytes of a field that can be compared, false where it is absent.
// They are its value: two messages with the same bytes have the same.
func (f *field) key(m *schema.Msg) ([]byte, *schema.Row, bool) {
	in, p := f.path.find(m)
	if in == nil {
		return nil, nil, false
	}
	b, ok := in.Bytes(p)
	if ok && p.Row().Kind == schema.KindString {
		b = p.Row().Text(b)
	}
	return b, p.Row(), ok
}

// plain refuses fields that are no single plain value.
func (f *field) plain(s *schema.Spec) error {
	for _, p := range f.places {
		if p.Row() == nil || p.Attr != nil && p.Attr.Multi || nestRow(p) || p.Row().Kind == schema.KindStruct || p.Row().Kind == schema.KindBitfield32 ||
			p.Row().Kind == schema.KindScalarArray || p.Row().Kind == schema.KindArray {
			return &schema.Error{Path: f.path.name, Got: kindText(s, p), Want: "a field that is a number, a name, text or an address"}
		}
	}
	return nil
}
