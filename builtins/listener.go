package builtins

import (
	"fmt"
	"math"
	"net/netip"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/probe"
)

const probeListenDoc = `listens in a namespace and sends back whatever comes, until the script ends or close()

It works beside the script. What has come is counted: see peers, which shows what address translation has made of a source.

    l = probe.listen("tcp", netns = a)
    probe.tcp("127.0.0.1", l.port, netns = a, send = "hello")
    print(l.count, l.peers)`

var probeListenParams = []param{
	{"proto", "string", "tcp or udp"},
	{"port", "int = 0", "where to listen; by default one that is free, see listener.port"},
	{"addr", "string = None", "an address to listen on; all of IPv4 by default, \"::\" is all of IPv6"},
	{"netns", "netns = None", "where to listen; the current one by default"},
	{"dev", "string = None", "an interface to listen on (SO_BINDTODEVICE)"},
}

func (env *environ) probeListen(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var proto, dev string
	var port int
	var ns *netnsValue
	addr := addrPortArg{netip.IPv4Unspecified()}
	err := starlark.UnpackArgs(fn.Name(), args, kwargs, "proto", &proto, "port??", &port, "addr??", &addr, "netns??", &ns, "dev??", &dev)
	if err != nil {
		return nil, err
	}
	switch {
	case proto != string(probe.TCP) && proto != string(probe.UDP):
		err = fmt.Errorf("for parameter proto: got %q, want one of tcp, udp", proto)
	case port < 0 || port > math.MaxUint16:
		err = fmt.Errorf("for parameter port: got %d, want 0 to 65535", port)
	case ns != nil:
		err = ns.usable()
	}
	l := &listener{proto: proto}
	if err == nil {
		err = inside(ns, func() (err error) {
			l.l, err = probe.Listen(probe.Proto(proto), netip.AddrPortFrom(addr.Addr, uint16(port)), probe.Options{Device: dev})
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	remove := host.OwnerOf(th).Add(l.String(), th.CallFrame(1).Pos, l.l.Close)
	l.close = func() error {
		remove()
		return l.l.Close()
	}
	return l, nil
}

// listener is a socket that echoes beside the script.
type listener struct {
	proto string
	l     *probe.Listener
	close func() error
}

var _ starlark.HasAttrs = (*listener)(nil)

func (l *listener) Type() string          { return "listener" }
func (l *listener) Freeze()               {}
func (l *listener) Truth() starlark.Bool  { return starlark.Bool(!l.l.Closed()) }
func (l *listener) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: listener") }
func (l *listener) String() string        { return fmt.Sprintf("<listener %s %s>", l.proto, l.l.At) }

// Attr finds what is known of the listener.
func (l *listener) Attr(name string) (starlark.Value, error) {
	switch name {
	case "addr":
		return addrOrNone(l.l.At.Addr()), nil
	case "port":
		return starlark.MakeInt(int(l.l.At.Port())), nil
	case "count":
		_, n := l.l.Peers()
		return starlark.MakeInt(n), nil
	case "peers":
		list, _ := l.l.Peers()
		var elems []starlark.Value
		for _, p := range list {
			elems = append(elems, starlark.Tuple{addrOrNone(p.Addr()), starlark.MakeInt(int(p.Port()))})
		}
		return starlark.NewList(elems), nil
	case "close":
		return newFunc("listener.close", listenerCloseDoc, nil, l.closeCall), nil
	}
	return nil, noAttr("listener", name, l.AttrNames())
}

// AttrNames lists the attributes.
func (l *listener) AttrNames() []string { return []string{"addr", "close", "count", "peers", "port"} }

const listenerCloseDoc = `stops listening and ends the connections that there are; closing again does nothing

    probe.listen("udp").close()`

func (l *listener) closeCall(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	if err := l.close(); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}
