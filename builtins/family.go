package builtins

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"syscall"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// family is an open family; its operations are its attributes.
type family struct {
	env     *environ
	f       *session.Family
	o       session.Options
	ops     map[string]*operation
	inNetns map[*netnsValue]*family // opened for netns = ... of a call
	close   func() error
	closed  string // where it was closed
	waits   receiver
}

var _ starlark.HasAttrs = (*family)(nil)

func (f *family) Type() string          { return "family" }
func (f *family) Freeze()               {}
func (f *family) Truth() starlark.Bool  { return starlark.Bool(!f.f.Closed()) }
func (f *family) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: family") }

func (f *family) String() string {
	if ns := f.f.NetNS(); ns != nil {
		return fmt.Sprintf("<family %s in %s>", f.f.Name, ns)
	}
	return fmt.Sprintf("<family %s>", f.f.Name)
}

// Attr finds an operation, or what a family has beside them.
func (f *family) Attr(name string) (starlark.Value, error) {
	if op := f.ops[name]; op != nil {
		return op, nil
	}
	op, err := f.f.Op(name)
	if err == nil {
		v := &operation{family: f, op: op}
		f.ops[name] = v
		return v, nil
	}
	switch name {
	case "batch":
		return newFunc(f.f.Name+".batch", batchDoc, batchParams, f.batch), nil
	case "request":
		return newFunc(f.f.Name+".request", requestDoc, requestParams, f.request), nil
	case "events":
		return newFunc(f.f.Name+".events", eventsDoc, eventsParams, f.eventsCall), nil
	case "recv":
		return newFunc(f.f.Name+".recv", eventRecvDoc, eventRecvParams, f.recv), nil
	case "barrier":
		return newFunc(f.f.Name+".barrier", barrierDoc, barrierParams, f.barrier), nil
	case "settle":
		return newFunc(f.f.Name+".settle", settleDoc, settleParams, f.settle), nil
	case "drain":
		return newFunc(f.f.Name+".drain", drainDoc, nil, f.drain), nil
	case "join":
		return newFunc(f.f.Name+".join", groupJoinDoc, groupParams, f.membership(f.f.Join)), nil
	case "leave":
		return newFunc(f.f.Name+".leave", leaveDoc, groupParams, f.membership(f.f.Leave)), nil
	case "close":
		return newFunc(f.f.Name+".close", closeDoc, nil, f.closeCall), nil
	case "name":
		return starlark.String(f.f.Name), nil
	case "ops":
		return f.opNames(), nil
	case "groups":
		return f.groupNames(), nil
	}
	return nil, noAttr("family "+f.f.Name, name, f.AttrNames())
}

// AttrNames lists operations and methods.
func (f *family) AttrNames() []string {
	names := append(f.f.OpNames(), "barrier", "batch", "close", "drain", "events", "groups", "join", "leave", "name", "ops", "recv", "request", "settle")
	sort.Strings(names)
	return names
}

func (f *family) opNames() starlark.Value {
	var elems []starlark.Value
	for _, name := range f.f.OpNames() {
		elems = append(elems, starlark.String(name))
	}
	return starlark.NewList(elems)
}

func (f *family) groupNames() starlark.Value {
	var elems []starlark.Value
	for _, g := range f.f.Groups {
		elems = append(elems, starlark.String(g.Name))
	}
	return starlark.NewList(elems)
}

const closeDoc = `closes the sockets of the family; closing again does nothing

    rt.close()`

func (f *family) closeCall(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	if f.closed == "" {
		f.closed = th.CallFrame(1).Pos.String()
	}
	return starlark.None, f.close()
}

// usable is an error where the family was closed, and says where.
func (f *family) usable() error {
	if !f.f.Closed() {
		return nil
	}
	if f.closed != "" {
		return fmt.Errorf("the family was closed at %s", f.closed)
	}
	return session.ErrClosed
}

// in is the family in another namespace: one more, opened when first needed.
func (f *family) in(th *starlark.Thread, ns *netnsValue) (*family, error) {
	if ns == nil || ns.h == f.o.NetNS {
		return f, nil
	}
	if other := f.inNetns[ns]; other != nil && !other.f.Closed() {
		return other, nil
	}
	o := f.o
	o.NetNS, o.Groups = ns.h, nil
	other, err := f.env.openFamily(th, f.f.Name, o)
	if err != nil {
		return nil, err
	}
	if f.inNetns == nil {
		f.inNetns = map[*netnsValue]*family{}
	}
	f.inNetns[ns] = other
	return other, nil
}

// openFamily opens a family for the owner of the thread.
func (env *environ) openFamily(th *starlark.Thread, name string, o session.Options) (*family, error) {
	f := &family{env: env, o: o, ops: map[string]*operation{}}
	err := host.Blocking(th, func() (err error) {
		f.f, err = env.reg.Open(host.Context(th), name, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	end := func() error {
		f.waits.end(session.ErrClosed)
		return f.f.Close()
	}
	remove := host.OwnerOf(th).Add("family "+name, th.CallFrame(1).Pos, end)
	f.close = func() error {
		remove()
		for _, other := range f.inNetns {
			_ = other.close()
		}
		return end()
	}
	return f, nil
}

// control is the keywords that every call takes beside the fields of its
// message.
type control struct {
	call  session.CallOptions
	flags []string
	ok    []syscall.Errno
	netns *netnsValue
}

// controlWord reports whether calls keep a keyword for themselves.
func controlWord(name string) bool {
	return name == "timeout" || name == "flags" || name == "ok" || name == "netns"
}

// take reads one of those keywords; it is false for any other.
func (c *control) take(th *starlark.Thread, name string, v starlark.Value) (taken bool, err error) {
	switch name {
	case "timeout":
		c.call.Timeout, err = duration(v)
	case "flags":
		c.flags, err = words(th, "flags", v)
	case "ok":
		c.ok, err = errnos(th, v)
	case "netns":
		ns, isNetns := v.(*netnsValue)
		if !isNetns && v != starlark.None {
			return true, fmt.Errorf("for parameter netns: got %s, want a netns (netns.open(...))", v.Type())
		}
		if c.netns = ns; ns != nil {
			err = ns.usable()
		}
	default:
		return false, nil
	}
	return true, err
}

// expected reports whether err is one of the errnos in ok.
func (c *control) expected(err error) bool {
	var ke *session.Error
	if !errors.As(err, &ke) {
		return false
	}
	return slices.Contains(c.ok, ke.Errno)
}

// errnos reads the names in ok. It refuses those that no errno has: a typo
// there would go unseen until the error comes.
func errnos(th *starlark.Thread, v starlark.Value) ([]syscall.Errno, error) {
	names, err := words(th, "ok", v)
	if err != nil {
		return nil, err
	}
	var list []syscall.Errno
	for _, name := range names {
		e, ok := session.ErrnoOf(name)
		if !ok {
			return nil, fmt.Errorf("for parameter ok: got %q, want the name of an errno like \"EEXIST\"", name)
		}
		list = append(list, e)
	}
	return list, nil
}

// arguments splits a call into fields of the message and control keywords.
func (op *operation) arguments(th *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) ([]schema.Field, *control, error) {
	var fields []schema.Field
	switch {
	case len(args) > 1:
		return nil, nil, fmt.Errorf("got %d positional arguments, want at most 1 (a dict; everything else has a name)", len(args))
	case len(args) == 1:
		var err error
		if fields, err = positional(th, args[0]); err != nil {
			return nil, nil, err
		}
	}
	c := &control{}
	if fields == nil {
		fields = make([]schema.Field, 0, len(kwargs))
	}
	for _, kv := range kwargs {
		name := string(kv[0].(starlark.String))
		if taken, err := c.take(th, name, kv[1]); err != nil {
			return nil, nil, err
		} else if taken {
			continue
		}
		v, err := fromStarlark(th, kv[1])
		if err != nil {
			return nil, nil, under(name, err)
		}
		fields = append(fields, schema.Field{Name: name, Val: v})
	}
	return fields, c, nil
}

func under(name string, err error) error {
	if se, ok := err.(*schema.Error); ok {
		switch {
		case se.Path == "":
			se.Path = name
		case se.Path[0] == '[':
			se.Path = name + se.Path
		default:
			se.Path = name + "." + se.Path
		}
		return se
	}
	return fmt.Errorf("%s: %w", name, err)
}

// positional reads the one argument without a name: a dict of fields, or a
// message to copy.
func positional(th *starlark.Thread, v starlark.Value) ([]schema.Field, error) {
	switch v := v.(type) {
	case *message:
		return v.m.Fields(), nil
	case starlark.IterableMapping:
		return fromDict(th, v, 0)
	}
	return nil, fmt.Errorf("got %s, want a dict or a message (everything else has a name)", v.Type())
}
