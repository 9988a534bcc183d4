package builtins

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
)

// netnsModule is network namespaces.
func (env *environ) netnsModule() *module {
	return &module{
		name: "netns",
		doc:  "network namespaces: make, find, enter and leave them",
		about: []attribute{
			{name: "host", typ: "netns", doc: "the namespace in which nlsh was started"},
		},
		members: starlark.StringDict{
			"new":   newFunc("netns.new", netnsNewDoc, netnsNewParams, env.netnsNew),
			"open":  newFunc("netns.open", netnsOpenDoc, netnsOpenParams, env.netnsOpen),
			"list":  newFunc("netns.list", netnsListDoc, nil, netnsList),
			"enter": newFunc("netns.enter", netnsEnterDoc, netnsEnterParams, env.netnsEnter),
		},
		dynamic: map[string]func() (starlark.Value, error){"host": env.netnsHost},
	}
}

// netnsHost is the namespace of the start. It is opened when it is first asked
// for or left.
func (env *environ) netnsHost() (starlark.Value, error) {
	if env.host == nil {
		h, err := netns.Current()
		if err != nil {
			return nil, fmt.Errorf("netns.host: %w", err)
		}
		env.host = &netnsValue{env: env, h: h}
	}
	return env.host, nil
}

// netnsValue is an open namespace.
type netnsValue struct {
	env   *environ
	h     *netns.Handle
	close func() error // also takes it from its owner; nil for the host's

	closed string // where it was closed
}

var _ starlark.HasAttrs = (*netnsValue)(nil)

func (n *netnsValue) Type() string          { return "netns" }
func (n *netnsValue) Freeze()               {}
func (n *netnsValue) Truth() starlark.Bool  { return starlark.Bool(!n.h.Closed()) }
func (n *netnsValue) Hash() (uint32, error) { return starlark.MakeUint64(n.h.Inode()).Hash() }

func (n *netnsValue) String() string {
	if name := n.h.Name(); name != "" {
		return fmt.Sprintf("netns.open(%q)", name)
	}
	return fmt.Sprintf("<netns %d>", n.h.Inode())
}

func (n *netnsValue) usable() error {
	if n.h.Closed() {
		return fmt.Errorf("for parameter netns: got %s, which %s", n, n.end())
	}
	return nil
}

// end says that the namespace is closed, and where that was.
func (n *netnsValue) end() string {
	if n.closed == "" {
		return "is closed"
	}
	return "was closed at " + n.closed
}

// Attr finds what is known of the namespace, and what can be done with it.
func (n *netnsValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "name":
		return orNone(n.h.Name()), nil
	case "inode":
		return starlark.MakeUint64(n.h.Inode()), nil
	case "run":
		return newFunc("netns.run", netnsRunDoc, netnsRunParams, n.run), nil
	case "close":
		return newFunc("netns.close", netnsCloseDoc, nil, n.closeCall), nil
	}
	return nil, noAttr("netns", name, n.AttrNames())
}

// AttrNames lists the attributes.
func (n *netnsValue) AttrNames() []string { return []string{"close", "inode", "name", "run"} }

const netnsNewDoc = `makes a network namespace; it is gone when the script ends

With a name it is one that "ip netns" sees, and that is removed in the end; without, nothing but this value knows it.

With quiet the kernel does there only what it is told: no router solicitations, address checks, link-local or advertised addresses
of IPv6 (sysctls under net.ipv6.conf). What follows from a request is then told at once (family.settle), but for a lost carrier: that
takes up to a second.

    a = netns.new("a")
    ra = nl.open("route", netns = a)
    b = netns.new(quiet = True)`

var netnsNewParams = []param{
	{"name", "string = None", "a name for `ip netns`"},
	{"quiet", "bool = False", "switch off what the kernel does by itself and late: for tests"},
}

func (env *environ) netnsNew(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var quiet bool
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name??", &name, "quiet?", &quiet); err != nil {
		return nil, err
	}
	var setUp []func() error
	if quiet {
		setUp = append(setUp, netns.Quiet)
	}
	v, err := env.makeNetns(th, name, setUp...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return v, nil
}

// makeNetns makes a namespace that belongs to the owner of the thread.
func (env *environ) makeNetns(th *starlark.Thread, name string, setUp ...func() error) (v *netnsValue, err error) {
	if name != "" {
		host.Of(th).Arm() // a named namespace outlives the process
	}
	var h *netns.Handle
	err = host.Blocking(th, func() (err error) {
		if name == "" {
			h, err = netns.New(setUp...)
		} else {
			h, err = netns.NewNamed(name, setUp...)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	end := h.Close
	if name != "" {
		end = func() error { return errors.Join(netns.Delete(name), h.Close()) }
	}
	return env.owned(th, h, end), nil
}

// owned gives a namespace to the owner of the thread.
func (env *environ) owned(th *starlark.Thread, h *netns.Handle, end func() error) *netnsValue {
	remove := host.OwnerOf(th).Add(h.String(), th.CallFrame(1).Pos, end)
	return &netnsValue{env: env, h: h, close: func() error {
		remove()
		return end()
	}}
}

const netnsOpenDoc = `opens a network namespace that exists, by one of name, pid or path

    netns.open("blue"); netns.open(pid = 42); netns.open(path = "/proc/42/ns/net")`

var netnsOpenParams = []param{
	{"name", "string = None", "as `ip netns` lists it"}, {"pid", "int = None", "a process that is in it"}, {"path", "string = None", "a file that refers to it"},
}

func (env *environ) netnsOpen(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name, path string
	var pid int
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name??", &name, "pid??", &pid, "path??", &path); err != nil {
		return nil, err
	}
	given := 0
	for _, set := range []bool{name != "", pid != 0, path != ""} {
		if set {
			given++
		}
	}
	if given != 1 {
		return nil, fmt.Errorf("%s: got %d of name, pid, path, want one", fn.Name(), given)
	}
	var h *netns.Handle
	err := host.Blocking(th, func() (err error) {
		switch {
		case name != "":
			h, err = netns.Open(name)
		case pid != 0:
			h, err = netns.OpenPid(pid)
		default:
			h, err = netns.OpenPath(path)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return env.owned(th, h, h.Close), nil
}

const netnsListDoc = `lists the names of the named network namespaces, as "ip netns list" does

    for name in netns.list():
        print(name)`

func netnsList(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	names, err := netns.List()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	elems := make([]starlark.Value, len(names))
	for i, name := range names {
		elems[i] = starlark.String(name)
	}
	return starlark.NewList(elems), nil
}

const netnsEnterDoc = `moves the script into a namespace: what it opens and runs from now on is there

Families that are open stay where they are. netns.enter(netns.host) comes back.

    netns.enter(a)
    print(nl.open("route").getlink(ifname = "lo").flags)
    netns.enter(netns.host)`

var netnsEnterParams = []param{{"netns", "netns", "where to go"}}

func (env *environ) netnsEnter(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var ns *netnsValue
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "netns", &ns); err != nil {
		return nil, err
	}
	if err := ns.usable(); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	if _, err := env.netnsHost(); err != nil {
		return nil, err
	}
	if err := netns.Enter(ns.h); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}

const netnsRunDoc = `calls fn inside the namespace and returns what it returns

What fn opens (sockets, /proc/net, /proc/sys/net, programs) is of that namespace.

    n = a.run(lambda: len(nl.open("route").getlink.dump()))`

var netnsRunParams = []param{{"fn", "callable", "what to call"}, {"*args, **kwargs", "any", "what to call it with"}}

func (n *netnsValue) run(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%s: got no function, want one to call", fn.Name())
	}
	if err := wantCallable(fn, args[0]); err != nil {
		return nil, err
	}
	if n.h.Closed() {
		return nil, fmt.Errorf("%s: %s %s", fn.Name(), n, n.end())
	}
	if _, err := n.env.netnsHost(); err != nil {
		return nil, err
	}
	var v starlark.Value
	called := false
	err := netns.Do(n.h, func() (err error) {
		called = true
		v, err = starlark.Call(th, args[0], args[1:], kwargs)
		return err
	})
	if err != nil && !called {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return v, err
}

const netnsCloseDoc = `gives the namespace up, and removes it if netns.new named it; closing again does nothing

    a.close()`

func (n *netnsValue) closeCall(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	if n.close == nil || n.h.Closed() {
		return starlark.None, nil
	}
	n.closed = th.CallFrame(1).Pos.String()
	if err := n.close(); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}
