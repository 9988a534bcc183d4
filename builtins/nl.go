package builtins

import (
	"fmt"
	"math"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// nlModule is netlink: families and specs.
func (env *environ) nlModule() *module {
	return &module{name: "nl", doc: "netlink: families, their operations, specs", lookup: env.constant, members: starlark.StringDict{
		"open":      newFunc("nl.open", openDoc, openParams, env.nlOpen),
		"here":      newFunc("nl.here", hereDoc, hereParams, env.nlHere),
		"load_spec": newFunc("nl.load_spec", loadSpecDoc, loadSpecParams, env.nlLoadSpec),
		"families":  newFunc("nl.families", familiesDoc, familiesParams, env.nlFamilies),

		"attr":      newFunc("nl.attr", attrDoc, attrParams, env.nlAttr),
		"bytes":     newFunc("nl.bytes", bytesDoc, bytesParams, nlBytes),
		"constants": newFunc("nl.constants", constantsDoc, constantsParams, env.nlConstants),
		"decode":    newFunc("nl.decode", decodeDoc, decodeParams, env.nlDecode),
		"export":    newFunc("nl.export", exportDoc, exportParams, env.nlExport),
		"nest":      newFunc("nl.nest", nestDoc, nestParams, env.nlNest),
		"pack":      newFunc("nl.pack", packDoc, packParams, nlPack),
		"policy":    newFunc("nl.policy", policyDoc, policyParams, env.nlPolicy),
		"raw":       newFunc("nl.raw", rawDoc, rawParams, env.nlRaw),
		"socket":    newFunc("nl.socket", socketDoc, socketParams, env.nlSocket),
		"unpack":    newFunc("nl.unpack", unpackDoc, unpackParams, nlUnpack),

		"select": newFunc("nl.select", selectDoc, selectParams, env.nlSelect),
		"serve":  newFunc("nl.serve", serveDoc, serveParams, env.nlServe),
		"error":  newFunc("nl.error", refuseDoc, refuseParams, nlError),
	}}
}

const openDoc = `opens a family: a protocol with all its specs ("route"), or one spec ("rt-link", "ethtool")

The operations of the family are attributes of the result. Its sockets stay in the namespace in which they were opened,
and are closed when the script ends.

    rt = nl.open("route")
    lo = rt.getlink(ifname = "lo")`

var openParams = []param{
	{"name", "string", "protocol, spec or generic netlink family"},
	{"netns", "netns = None", "the namespace to open it in; the current one by default"},
	{"groups", "list of strings = None", "multicast groups to join"},
	{"peer", "int or server = None", "the port of a process that serves the family (nl.serve), in place of the kernel"},
	{"all_nsid", "bool = False", "events of the namespaces that this one has an id of, too (NETLINK_LISTEN_ALL_NSID)"},
	{"rcvbuf", "int = None", "receive buffer in bytes (SO_RCVBUF); for events 32 MiB by default, as far as the system allows"},
	{"timeout", "duration = None", `of each call, "10s" or seconds; 5 s by default`},
	{"strict", "bool = True", "let the kernel check requests strictly (NETLINK_GET_STRICT_CHK); True by default"},
	{"ext_ack", "bool = True", "ask for reasons with errors (NETLINK_EXT_ACK); True by default"},
	{"cap_ack", "bool = True", "spare the echo of the request in acknowledgements (NETLINK_CAP_ACK); True by default"},
}

func (env *environ) nlOpen(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var ns *netnsValue
	var groups, timeout, peer starlark.Value
	var rcvbuf int
	var allNSID bool
	strict, extAck, capAck := true, true, true
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name, "netns??", &ns, "groups??", &groups, "peer??", &peer,
		"all_nsid?", &allNSID, "rcvbuf??", &rcvbuf, "timeout??", &timeout,
		"strict?", &strict, "ext_ack?", &extAck, "cap_ack?", &capAck); err != nil {
		return nil, err
	}
	o := session.Options{NoStrict: !strict, NoExtAck: !extAck, NoCapAck: !capAck, AllNSID: allNSID, RecvBuf: rcvbuf}
	var err error
	if o.Timeout, err = duration(timeout); err == nil {
		o.Groups, err = words(th, "groups", groups)
	}
	if err == nil {
		o.Peer, err = portOf("peer", peer)
	}
	if err == nil && (rcvbuf < 0 || rcvbuf > math.MaxInt32) {
		err = fmt.Errorf("for parameter rcvbuf: got %d, want 1 to %d", rcvbuf, math.MaxInt32)
	}
	if err == nil && ns != nil {
		o.NetNS, err = ns.h, ns.usable()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	f, err := env.openFamily(th, name, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return f, nil
}

const loadSpecDoc = `reads a spec in the kernel's YAML dialect (YNL) and returns the name of its family

It takes the place of a spec of the same name, for families that are opened afterwards.

    nl.load_spec(text = """
    name: greeting
    protocol: netlink-raw
    protonum: 2
    operations: {list: []}
    """)`

var loadSpecParams = []param{{"file", "string = None", "path of the YAML file"}, {"text", "string = None", "the YAML itself, in place of a file"}}

func (env *environ) nlLoadSpec(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var file, text string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "file??", &file, "text??", &text); err != nil {
		return nil, err
	}
	switch {
	case file == "" && text == "":
		return nil, fmt.Errorf("%s: missing argument for file", fn.Name())
	case file != "" && text != "":
		return nil, fmt.Errorf("%s: got file and text, want one of them", fn.Name())
	}
	var name string
	err := host.Blocking(th, func() error {
		load := func() (*schema.Spec, error) { return env.reg.LoadFile(file) }
		if text != "" {
			load = func() (*schema.Spec, error) { return env.reg.Load([]byte(text), "text") }
		}
		spec, err := load()
		if err == nil {
			name = spec.Name
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.String(name), nil
}

const familiesDoc = `lists the families that have a spec, or those that the kernel has

A generic family of the kernel opens without a spec too, described by the kernel's own policy.

    nl.families(kernel = True)`

var familiesParams = []param{{"kernel", "bool = False", "list the generic netlink families of the running kernel instead"}}

func (env *environ) nlFamilies(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	kernel := false
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "kernel?", &kernel); err != nil {
		return nil, err
	}
	names := env.reg.Names()
	if kernel {
		err := host.Blocking(th, func() (err error) {
			names, err = env.reg.KernelFamilies(host.Context(th), session.Options{})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fn.Name(), err)
		}
	}
	var elems []starlark.Value
	for _, name := range names {
		elems = append(elems, starlark.String(name))
	}
	return starlark.NewList(elems), nil
}
