package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// operation is an operation of a family: called, it does; dump, stream and msg
// are its other forms.
type operation struct {
	family *family
	op     *session.Op

	dumpFn, streamFn, msgFn *Func // made when first asked for
}

var (
	_ starlark.Callable = (*operation)(nil)
	_ starlark.HasAttrs = (*operation)(nil)
)

func (op *operation) Type() string          { return "operation" }
func (op *operation) Freeze()               {}
func (op *operation) Truth() starlark.Bool  { return true }
func (op *operation) Hash() (uint32, error) { return starlark.String(op.name()).Hash() }
func (op *operation) String() string        { return "<operation " + op.name() + ">" }

// Name is what the operation is called in backtraces and errors.
func (op *operation) Name() string { return op.name() }

func (op *operation) name() string { return op.family.f.Name + "." + op.op.Key }

// Doc is what the spec says of the operation.
func (op *operation) Doc() string { return op.op.Doc }

// Attr finds a form of the operation.
func (op *operation) Attr(name string) (starlark.Value, error) {
	switch name {
	case "dump":
		return op.form(&op.dumpFn, name, dumpDoc, op.dump), nil
	case "stream":
		return op.form(&op.streamFn, name, streamDoc, op.stream), nil
	case "msg":
		return op.form(&op.msgFn, name, msgDoc, op.msg), nil
	case "doc":
		return starlark.String(op.op.Doc), nil
	case "fields":
		return op.fieldNames(), nil
	}
	return nil, noAttr("operation "+op.name(), name, op.AttrNames())
}

// form makes a form of the operation once: loops ask for it over and over.
func (op *operation) form(fn **Func, name, doc string, body funcBody) *Func {
	if *fn == nil {
		*fn = newFunc(op.name()+"."+name, doc, callParams, body)
		(*fn).op = op
	}
	return *fn
}

// AttrNames lists the forms.
func (op *operation) AttrNames() []string { return []string{"doc", "dump", "fields", "msg", "stream"} }

func (op *operation) fieldNames() starlark.Value {
	var elems []starlark.Value
	for _, name := range op.fields() {
		elems = append(elems, starlark.String(name))
	}
	return starlark.NewList(elems)
}

// fields are the names of what a request may have.
func (op *operation) fields() []string {
	return schema.Names(op.op.Header(), op.requestSet(), op.op.Payload)
}

func (op *operation) requestSet() *schema.Set {
	mode := &op.op.Do
	if !mode.Has {
		mode = &op.op.Dump
	}
	return op.op.Spec.RequestSet(op.op.Op, mode)
}

var callParams = []param{
	{"fields", "dict or message = None", "fields by name; or give each as a keyword"},
	{"timeout", "duration = None", `"10s" or seconds; 5 s unless the family was opened with another`},
	{"ok", "list of strings = None", `errnos that are expected: the call then returns None`},
	{"flags", "list of strings = None", `message flags: "create", "excl", "replace", "append", "echo"`},
	{"netns", "netns = None", "the namespace to do it in"},
}

// CallInternal does the operation: one request and its reply.
func (op *operation) CallInternal(th *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	req, c, at, err := op.build(th, session.Do, args, kwargs)
	if err != nil {
		return nil, tidy(fmt.Errorf("%s: %w", op.name(), err))
	}
	v, err := at.do(th, req, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op.name(), err)
	}
	return v, nil
}

// build encodes the request of a call, for the family it is to be sent on.
func (op *operation) build(th *starlark.Thread, mode session.Mode, args starlark.Tuple, kwargs []starlark.Tuple) (*session.Request, *control, *family, error) {
	fields, c, err := op.arguments(th, args, kwargs)
	if err != nil {
		return nil, nil, nil, err
	}
	flags, err := op.family.env.reg.Flags(c.flags...)
	if err != nil {
		return nil, nil, nil, err
	}
	f, err := op.family.in(th, c.netns)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := f.usable(); err != nil {
		return nil, nil, nil, err
	}
	o := op.op
	if f != op.family { // numbers and names are those of the other namespace
		if o, err = f.f.Op(op.op.Name); err != nil {
			return nil, nil, nil, err
		}
	}
	req, err := o.Build(mode, fields, flags)
	return req, c, f, err
}

// do sends a request and makes a value of its reply.
func (f *family) do(th *starlark.Thread, req *session.Request, c *control) (starlark.Value, error) {
	var reply *session.Reply
	err := host.Blocking(th, func() (err error) {
		reply, err = f.f.Do(host.Context(th), req, c.call)
		return err
	})
	switch {
	case err != nil && c.expected(err):
		return starlark.None, nil
	case err != nil:
		return nil, err
	}
	for _, w := range reply.Warnings {
		note(th, req.Op.Key+": kernel warns: "+w.Msg)
	}
	return f.env.result(reply), nil
}

// note tells the user what is worth knowing and no error.
func note(th *starlark.Thread, text string) {
	fmt.Fprintln(host.Of(th).Stderr(), "nlsh: note: "+text)
}

const dumpDoc = `asks for everything and returns it complete, or raises

A dump that the kernel says was interrupted is asked for again, a bounded number of times.
The result is a sequence of messages; it has len, an index, slices, and can be iterated over.

    for l in rt.getlink.dump():
        print(l.index, l.ifname)`

func (op *operation) dump(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	req, c, f, err := op.build(th, session.Dump, args, kwargs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	var d *session.Dumped
	err = host.Blocking(th, func() (err error) {
		d, err = f.f.Dump(host.Context(th), req, c.call)
		return err
	})
	switch {
	case err != nil && c.expected(err):
		return starlark.None, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	for _, n := range d.Notes {
		note(th, fn.Name()+": "+n)
	}
	return &dump{env: f.env, d: d}, nil
}

const streamDoc = `asks for everything and hands it out as it comes, once, without keeping it

For dumps too large to keep. While a loop waits for the next part, other tasks run. A dump that the kernel says was interrupted raises at the end of the loop.

    n = 0
    for r in rt.getroute.stream(family = "inet"):
        n += 1`

func (op *operation) stream(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	req, c, f, err := op.build(th, session.Dump, args, kwargs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	s := &stream{env: f.env, op: op, made: th, waits: new(receiver)}
	err = host.Blocking(th, func() (err error) {
		s.s, err = f.f.Stream(host.Context(th), req, true, c.call)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	s.remove = host.OwnerOf(th).Add("stream of "+op.name(), th.CallFrame(1).Pos, s.end)
	return s, nil
}

const msgDoc = `builds the message and does not send it

    m = rt.newlink.msg(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = ["create", "excl"])
    rt.request(m)`

func (op *operation) msg(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	mode := session.Do
	if !op.op.Do.Has {
		mode = session.Dump
	}
	req, _, f, err := op.build(th, mode, args, kwargs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	m := f.env.newMessage(*req.Msg(), op.op.Op)
	m.req, m.raw = req, req.Bytes
	return m, nil
}

const requestDoc = `sends a message that msg built and returns its reply, None for a mere acknowledgement

    m = rt.getlink.msg(ifname = "lo")
    print(rt.request(m).index)`

var requestParams = append([]param{{"message", "message", "built by an operation's msg"}}, callParams[1:3]...)

func (f *family) request(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var m *message
	var timeout, ok starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "message", &m, "timeout??", &timeout, "ok??", &ok); err != nil {
		return nil, err
	}
	if m.req == nil {
		return nil, fmt.Errorf("%s: got a message of the kernel, want one that an operation's msg built", fn.Name())
	}
	if err := f.speaks(m.req); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	c, err := f.controls(th, timeout, ok)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	v, err := f.do(th, m.req, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return v, nil
}

func (f *family) controls(th *starlark.Thread, timeout, ok starlark.Value) (*control, error) {
	c := &control{}
	if _, err := c.take(th, "timeout", timeout); err != nil {
		return nil, err
	}
	if _, err := c.take(th, "ok", ok); err != nil {
		return nil, err
	}
	if err := f.usable(); err != nil {
		return nil, err
	}
	return c, nil
}

const batchDoc = `sends many messages in few system calls and returns an outcome for each

An outcome has ok, value and error. One that fails does not keep the others from being carried out.
Messages that begin and end a transaction (batch_begin and batch_end of nftables) go around all others, which are then carried out together or
not at all: if one is refused, the kind of error of those that nothing was wrong with is "undone".

    bridge = {"kind": "bridge"}
    msgs = [rt.newlink.msg(ifname = n, linkinfo = bridge, flags = "create") for n in ["br0", "br1"]]
    for o in rt.batch(msgs):
        if not o.ok:
            print(o.error)`

var batchParams = append([]param{{"messages", "list of messages", "built by operations' msg"}}, callParams[1:3]...)

func (f *family) batch(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var list starlark.Iterable
	var timeout, ok starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "messages", &list, "timeout??", &timeout, "ok??", &ok); err != nil {
		return nil, err
	}
	c, err := f.controls(th, timeout, ok)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	reqs, err := f.requests(th, list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	var results []session.Result
	err = host.Blocking(th, func() (err error) {
		results, err = f.f.Batch(host.Context(th), reqs, c.call)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	elems := make([]starlark.Value, len(results))
	for i := range results {
		for _, w := range results[i].Warnings {
			note(th, fmt.Sprintf("messages[%d]: %s: kernel warns: %s", i, reqs[i].Op.Key, w.Msg))
		}
		if results[i].Err != nil {
			results[i].Err = fmt.Errorf("%s.%s: %w", f.f.Name, reqs[i].Op.Key, results[i].Err)
		}
		elems[i] = f.env.outcome(&results[i], c)
	}
	return starlark.NewList(elems), nil
}

// speaks refuses messages of another protocol, where their numbers mean something else.
func (f *family) speaks(req *session.Request) error {
	if of := req.Op.Family; of.Proto != f.f.Proto {
		return fmt.Errorf("got a message of %s, want one of %s", of.Name, f.f.Name)
	}
	return nil
}

func (f *family) requests(th *starlark.Thread, list starlark.Iterable) ([]*session.Request, error) {
	var reqs []*session.Request
	it := list.Iterate()
	defer it.Done()
	var v starlark.Value
	for it.Next(&v) {
		m, ok := v.(*message)
		if !ok || m.req == nil {
			return nil, fmt.Errorf("messages[%d]: got %s, want a message that an operation's msg built", len(reqs), v.Type())
		}
		if err := f.speaks(m.req); err != nil {
			return nil, fmt.Errorf("messages[%d]: %w", len(reqs), err)
		}
		reqs = append(reqs, m.req)
	}
	return reqs, host.Pending(th)
}

func (env *environ) outcome(r *session.Result, c *control) *outcome {
	switch {
	case r.Err == nil:
		return &outcome{ok: true, value: env.result(&r.Reply)}
	case c.expected(r.Err):
		return &outcome{ok: true, value: starlark.None}
	}
	return &outcome{value: starlark.None, err: &errorValue{err: r.Err}}
}
