package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
)

// nlModule is netlink: families and specs.
func (env *environ) nlModule() *module {
	return &module{name: "nl", lookup: env.constant, members: starlark.StringDict{
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
	}}
}

const openDoc = `opens a family: a protocol with all its specs ("route"), or one spec ("rt-link", "ethtool")

The operations of the family are attributes of the result. Its sockets stay in the namespace in which they were opened,
and are closed when the script ends.

    rt = nl.open("route")
    lo = rt.getlink(ifname = "lo")`

var openParams = []param{
	{"name", "string", "protocol, spec or generic netlink family"},
	{"netns", "netns", "the namespace to open it in; the current one by default"},
	{"groups", "list of strings", "multicast groups to join"},
	{"timeout", "duration", `of each call, "10s" or seconds; 5 s by default`},
	{"strict", "bool", "let the kernel check requests strictly (NETLINK_GET_STRICT_CHK); True by default"},
	{"ext_ack", "bool", "ask for reasons with errors (NETLINK_EXT_ACK); True by default"},
	{"cap_ack", "bool", "spare the echo of the request in acknowledgements (NETLINK_CAP_ACK); True by default"},
}

func (env *environ) nlOpen(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var ns *netnsValue
	var groups, timeout starlark.Value
	strict, extAck, capAck := true, true, true
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name, "netns??", &ns, "groups??", &groups, "timeout??", &timeout,
		"strict?", &strict, "ext_ack?", &extAck, "cap_ack?", &capAck); err != nil {
		return nil, err
	}
	o := session.Options{NoStrict: !strict, NoExtAck: !extAck, NoCapAck: !capAck}
	var err error
	if o.Timeout, err = duration(timeout); err == nil {
		o.Groups, err = words(th, "groups", groups)
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

It takes the place of a spec of the same name, for families that are opened afterwards.`

var loadSpecParams = []param{{"file", "string", "path of the YAML file"}}

func (env *environ) nlLoadSpec(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var file string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "file", &file); err != nil {
		return nil, err
	}
	var name string
	err := host.Blocking(th, func() error {
		spec, err := env.reg.LoadFile(file)
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

var familiesParams = []param{{"kernel", "bool", "list the generic netlink families of the running kernel instead"}}

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
