package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
)

// nlModule is netlink: families and specs.
func (env *environ) nlModule() *module {
	return &module{name: "nl", doc: "netlink: families, their operations, specs", members: starlark.StringDict{
		"open":      newFunc("nl.open", openDoc, openParams, env.nlOpen),
		"load_spec": newFunc("nl.load_spec", loadSpecDoc, loadSpecParams, env.nlLoadSpec),
		"families":  newFunc("nl.families", familiesDoc, nil, env.nlFamilies),
	}}
}

const openDoc = `opens a family: a protocol with all its specs ("route"), or one spec ("rt-link", "ethtool")

The operations of the family are attributes of the result. Its sockets stay in the namespace in which they were opened,
and are closed when the script ends.

    rt = nl.open("route")
    lo = rt.getlink(ifname = "lo")`

var openParams = []param{
	{"name", "string", "protocol, spec or generic netlink family"},
	{"netns", "netns = None", "the namespace to open it in, None for the current one"},
	{"groups", "list of strings = None", "multicast groups to join"},
	{"timeout", "duration = None", `of each call, "10s" or seconds; None is 5 s`},
	{"strict", "bool = True", "let the kernel check requests strictly (NETLINK_GET_STRICT_CHK)"},
	{"ext_ack", "bool = True", "ask for reasons with errors (NETLINK_EXT_ACK)"},
	{"cap_ack", "bool = True", "spare the echo of the request in acknowledgements (NETLINK_CAP_ACK)"},
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

It takes the place of a spec of the same name, for families that are opened afterwards.

    # nl.load_spec("Documentation/netlink/specs/ethtool.yaml")
    # eth = nl.open("ethtool")`

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

const familiesDoc = `lists the families that have a spec

    print(", ".join(nl.families()))`

func (env *environ) nlFamilies(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs); err != nil {
		return nil, err
	}
	var elems []starlark.Value
	for _, name := range env.reg.Names() {
		elems = append(elems, starlark.String(name))
	}
	return starlark.NewList(elems), nil
}
