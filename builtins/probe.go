package builtins

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"os"
	"slices"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/probe"
)

// probeModule is traffic: whether a network does what netlink has set up.
func (env *environ) probeModule() *module {
	return &module{name: "probe", doc: "traffic between namespaces: whether something answers, and how", members: starlark.StringDict{
		"ping":   newFunc("probe.ping", probePingDoc, slices.Concat(probeDst, probePingParams, probeParams), env.probePing),
		"tcp":    newFunc("probe.tcp", probeTCPDoc, slices.Concat(probeDst, probeTCPParams, probeParams), env.probeTCP),
		"udp":    newFunc("probe.udp", probeUDPDoc, slices.Concat(probeDst, probeUDPParams, probeParams), env.probeUDP),
		"listen": newFunc("probe.listen", probeListenDoc, probeListenParams, env.probeListen),
	}}
}

var probeDst = []param{{"dst", "string", `an IP address; with a zone where it is link-local ("fe80::1%eth0")`}}

// probeParams are what every probe takes.
var probeParams = []param{
	{"netns", "netns = None", "where it starts; the current one by default"},
	{"timeout", `duration = "1s"`, "how long to wait for the answer"},
	{"source", "string = None", "an address to come from"},
	{"dev", "string = None", "an interface to leave by (SO_BINDTODEVICE)"},
	{"mark", "int = None", "mark of the packets, for routing rules and nftables (SO_MARK)"},
	{"tos", "int = None", "type of service; of IPv6, traffic class"},
	{"ttl", "int = None", "time to live; of IPv6, hop limit"},
	{"df", "bool = False", "do not fragment, and send whatever is known of the path (IP_PMTUDISC_PROBE)"},
}

// probeArgs are the arguments of a probe.
type probeArgs struct {
	dst, source addrPortArg
	ns          *netnsValue
	timeout     starlark.Value
	dev         string
	mark        int64
	tos, ttl    int
	df          bool

	o     probe.Options
	limit time.Duration
}

// unpack reads them, and pairs, which are the probe's own.
func (a *probeArgs) unpack(env *environ, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, pairs ...any) error {
	all := append([]any{"dst", &a.dst}, pairs...)
	all = append(all, "netns??", &a.ns, "timeout??", &a.timeout, "source??", &a.source, "dev??", &a.dev,
		"mark??", &a.mark, "tos??", &a.tos, "ttl??", &a.ttl, "df?", &a.df)
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, all...); err != nil {
		return err
	}
	if err := a.check(env); err != nil {
		return fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return nil
}

func (a *probeArgs) check(env *environ) (err error) {
	for _, n := range []struct {
		name       string
		value, max int64
	}{{"mark", a.mark, math.MaxUint32}, {"tos", int64(a.tos), 255}, {"ttl", int64(a.ttl), 255}} {
		if n.value < 0 || n.value > n.max {
			return fmt.Errorf("for parameter %s: got %d, want 0 to %d", n.name, n.value, n.max)
		}
	}
	if a.source.IsValid() && a.dst.Is4() != a.source.Is4() {
		return fmt.Errorf("for parameter source: got %s, want an address of the family of dst (%s)", a.source, a.dst)
	}
	if a.limit, err = duration(a.timeout); err != nil {
		return err
	}
	if a.limit == 0 {
		a.limit = time.Second
	}
	a.limit = env.scaled(a.limit)
	a.o = probe.Options{Device: a.dev, Mark: uint32(a.mark), TOS: a.tos, TTL: a.ttl, DF: a.df}
	if a.source.IsValid() {
		a.o.Source = netip.AddrPortFrom(a.source.Addr, 0)
	}
	if a.ns != nil {
		return a.ns.usable()
	}
	return nil
}

// addrPortArg is an address that may have a zone.
type addrPortArg struct{ netip.Addr }

// Unpack reads it.
func (a *addrPortArg) Unpack(v starlark.Value) error {
	s, err := textArg(v, wantAddr)
	if err != nil {
		return err
	}
	if a.Addr, err = netip.ParseAddr(s); err != nil {
		return fmt.Errorf("got %q, want %s", s, wantAddr)
	}
	a.Addr = a.Unmap()
	return nil
}

// inside calls fn in a namespace, or where the script is.
func inside(ns *netnsValue, fn func() error) error {
	if ns == nil {
		return fn()
	}
	return netns.Do(ns.h, fn)
}

// ask makes a probe.
func (a *probeArgs) ask(th *starlark.Thread, fn *starlark.Builtin, proto probe.Proto, port int,
	exchange func(ctx context.Context, s *probe.Socket) (probe.Answer, error)) (starlark.Value, error) {
	var s *probe.Socket
	err := inside(a.ns, func() (err error) {
		s, err = probe.Open(proto, netip.AddrPortFrom(a.dst.Addr, uint16(port)), a.o)
		return err
	})
	var answer probe.Answer
	if err == nil {
		defer s.Close()
		err = host.Blocking(th, func() (err error) {
			answer, err = exchange(host.Context(th), s)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return &probeResult{a: answer}, nil
}

const probePingDoc = `sends an ICMP echo request and waits for the reply

That nobody answers is no error: the result is false, and result.error says why. It uses a ping socket where
net.ipv4.ping_group_range allows, a raw socket otherwise: no program is started.

Errors: of what keeps the request from being made: no privilege, no such interface, no such source address.

    up = probe.ping("127.0.0.1")
    print(up.ok, up.error)
    probe.ping("::1", netns = a, size = 1400, df = True)`

var probePingParams = []param{{"size", "int = 56", "bytes after the ICMP header"}}

// maxPayload fits into a datagram of IP with its headers.
const maxPayload = 65507

func (env *environ) probePing(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a probeArgs
	size := 56
	if err := a.unpack(env, fn, args, kwargs, "size??", &size); err != nil {
		return nil, err
	}
	if size < 0 || size > maxPayload {
		return nil, fmt.Errorf("%s: for parameter size: got %d, want 0 to %d", fn.Name(), size, maxPayload)
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i)
	}
	return a.ask(th, fn, probe.ICMP, 0, func(ctx context.Context, s *probe.Socket) (probe.Answer, error) {
		return s.Ping(ctx, data, a.limit)
	})
}

const probeTCPDoc = `connects by TCP; with send, also sends that and waits until as much has come back

What listens must echo then, as probe.listen does.

    l = probe.listen("tcp", netns = a)
    print(probe.tcp("127.0.0.1", l.port, netns = a).ok)
    print(probe.tcp("127.0.0.1", 9, netns = a).error)`

var probeTCPParams = []param{
	{"port", "int", "where to"},
	{"send", "bytes or string = None", "what to send, and to get back"},
}

func (env *environ) probeTCP(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a probeArgs
	var port portArg
	var send payloadArg
	if err := a.unpack(env, fn, args, kwargs, "port", &port, "send??", &send); err != nil {
		return nil, err
	}
	return a.ask(th, fn, probe.TCP, int(port), func(ctx context.Context, s *probe.Socket) (probe.Answer, error) {
		return s.TCP(ctx, send, a.limit)
	})
}

const probeUDPDoc = `sends a UDP datagram and waits for one back

    l = probe.listen("udp", netns = a)
    print(probe.udp("127.0.0.1", l.port, netns = a, send = "hello").data)`

var probeUDPParams = []param{
	{"port", "int", "where to"},
	{"send", `bytes or string = "nlsh"`, "the datagram"},
}

func (env *environ) probeUDP(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a probeArgs
	var port portArg
	send := payloadArg("nlsh")
	if err := a.unpack(env, fn, args, kwargs, "port", &port, "send??", &send); err != nil {
		return nil, err
	}
	if len(send) > maxPayload {
		return nil, fmt.Errorf("%s: for parameter send: got %d bytes, want at most %d", fn.Name(), len(send), maxPayload)
	}
	return a.ask(th, fn, probe.UDP, int(port), func(ctx context.Context, s *probe.Socket) (probe.Answer, error) {
		return s.UDP(ctx, send, a.limit)
	})
}

// portArg is a port to send to.
type portArg int

// Unpack reads it.
func (p *portArg) Unpack(v starlark.Value) error {
	n, err := starlark.AsInt32(v)
	if _, isInt := v.(starlark.Int); !isInt {
		return fmt.Errorf("got %s, want a port from 1 to 65535", v.Type())
	}
	if err != nil || n < 1 || n > math.MaxUint16 {
		return fmt.Errorf("got %s, want a port from 1 to 65535", v)
	}
	*p = portArg(n)
	return nil
}

// payloadArg is bytes, or the bytes of a string.
type payloadArg []byte

// Unpack reads it.
func (p *payloadArg) Unpack(v starlark.Value) error {
	switch v := v.(type) {
	case starlark.Bytes:
		*p = payloadArg(v)
	case starlark.String:
		*p = payloadArg(v)
	default:
		return fmt.Errorf("got %s, want bytes or string", v.Type())
	}
	return nil
}

// probeResult is what became of a probe.
type probeResult struct{ a probe.Answer }

var _ starlark.HasAttrs = (*probeResult)(nil)

func (r *probeResult) Type() string          { return "probe_result" }
func (r *probeResult) Freeze()               {}
func (r *probeResult) Truth() starlark.Bool  { return starlark.Bool(r.a.Err == nil) }
func (r *probeResult) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: probe_result") }

// String leaves out what differs each time.
func (r *probeResult) String() string {
	s := fmt.Sprintf("probe_result(ok = %s", r.Truth())
	if r.a.Err != nil {
		s += fmt.Sprintf(", error = %s", r.failure())
	}
	if r.a.From.IsValid() {
		s += fmt.Sprintf(", sender = %q", r.a.From)
	}
	return s + ")"
}

func (r *probeResult) failure() starlark.Value {
	if r.a.Err == os.ErrDeadlineExceeded {
		return starlark.String("timeout")
	}
	return errnoName(errnoOf(r.a.Err))
}

// Attr finds a part of the result.
func (r *probeResult) Attr(name string) (starlark.Value, error) {
	switch name {
	case "ok":
		return r.Truth(), nil
	case "error":
		return r.failure(), nil
	case "rtt":
		return starlark.Float(r.a.RTT.Seconds()), nil
	case "sender":
		return addrOrNone(r.a.From), nil
	case "source":
		return addrOrNone(r.a.Source.Addr()), nil
	case "source_port":
		return starlark.MakeInt(int(r.a.Source.Port())), nil
	case "ttl":
		return countOrNone(r.a.TTL), nil
	case "icmp":
		if r.a.ICMP == nil {
			return starlark.None, nil
		}
		return starlark.Tuple{starlark.MakeInt(int(r.a.ICMP[0])), starlark.MakeInt(int(r.a.ICMP[1]))}, nil
	case "mtu":
		return countOrNone(r.a.MTU), nil
	case "data":
		return starlark.Bytes(r.a.Data), nil
	}
	return nil, noAttr("probe_result", name, r.AttrNames())
}

// AttrNames lists the attributes.
func (r *probeResult) AttrNames() []string {
	return []string{"data", "error", "icmp", "mtu", "ok", "rtt", "sender", "source", "source_port", "ttl"}
}

func addrOrNone(a netip.Addr) starlark.Value {
	if !a.IsValid() {
		return starlark.None
	}
	return starlark.String(a.Unmap().String())
}

func countOrNone(n int) starlark.Value {
	if n == 0 {
		return starlark.None
	}
	return starlark.MakeInt(n)
}
