package builtins

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
)

// Scenario is what a scenario has of the program around it. Config.Redact comes with it.
type Scenario struct {
	Name   string                                                             // NAME/test_x
	Kernel string                                                             // "6.18"
	Tmp    func() (string, error)                                             // its folder, made when first asked for
	Need   func(th *starlark.Thread, what string) (missing string, err error) // whether the kernel has something; it is kept
	XFail  func(reason string)                                                // it is expected to fail
	Shared string                                                             // why it cannot have namespaces; "" is that it can

	T starlark.Value // what its function is called with; set by Globals
}

// scenarioValue is t.
type scenarioValue struct {
	env *environ
	s   Scenario
}

var _ starlark.HasAttrs = (*scenarioValue)(nil)

func (t *scenarioValue) String() string        { return fmt.Sprintf("<scenario %s>", t.s.Name) }
func (t *scenarioValue) Type() string          { return "scenario" }
func (t *scenarioValue) Freeze()               {}
func (t *scenarioValue) Truth() starlark.Bool  { return true }
func (t *scenarioValue) Hash() (uint32, error) { return 0, errors.New("unhashable: scenario") }

// Attr finds what is known of the scenario, and what it can do.
func (t *scenarioValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "kernel":
		return starlark.String(t.s.Kernel), nil
	case "name":
		return starlark.String(t.s.Name), nil
	case "netns":
		return newFunc("scenario.netns", scenarioNetnsDoc, scenarioNetnsParams, t.netns), nil
	case "record":
		return t.env.recordFunc("scenario.record", recordDoc), nil
	case "skip":
		return newFunc("scenario.skip", skipDoc, skipParams, t.skip), nil
	case "tmp":
		dir, err := t.s.Tmp()
		if err != nil {
			return nil, fmt.Errorf("scenario.tmp: %w", err)
		}
		return starlark.String(dir), nil
	case "xfail":
		return newFunc("scenario.xfail", xfailDoc, xfailParams, t.xfail), nil
	}
	return nil, noAttr("scenario", name, t.AttrNames())
}

// AttrNames lists the attributes.
func (t *scenarioValue) AttrNames() []string {
	return []string{"kernel", "name", "netns", "record", "skip", "tmp", "xfail"}
}

const scenarioNetnsDoc = `makes a network namespace for the scenario, quiet and with lo up

As netns.new(quiet = True) it does only what it is told: no addresses by itself, no checks whether an address is in use.

    a = t.netns()
    rt = nl.open("route", netns = a)`

var scenarioNetnsParams = []param{{"name", "string = None", "a name for `ip netns`"}}

func (t *scenarioValue) netns(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name??", &name); err != nil {
		return nil, err
	}
	if t.s.Shared != "" {
		return nil, &host.SkipError{Reason: t.s.Shared}
	}
	v, err := t.env.makeNetns(th, name, netns.Quiet, netns.LoopbackUp)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return v, nil
}

const skipDoc = `ends the scenario: it cannot be run here

    t.skip("only one CPU")`

var skipParams = []param{{"reason", "string", "what is missing"}}

func (t *scenarioValue) skip(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	reason, err := reasonArg(fn, args, kwargs)
	if err != nil {
		return nil, err
	}
	return nil, &host.SkipError{Reason: reason}
}

const xfailDoc = `says that the scenario is expected to fail from here on, and why

A scenario that then passes fails. Its golden file has what would be right; -update leaves that alone.

    t.xfail("the kernel forgets the second address")`

var xfailParams = []param{{"reason", "string", "why it fails"}}

func (t *scenarioValue) xfail(_ *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	reason, err := reasonArg(fn, args, kwargs)
	if err != nil {
		return nil, err
	}
	t.s.XFail(reason)
	return starlark.None, nil
}

func reasonArg(fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (reason string, err error) {
	if err = starlark.UnpackArgs(fn.Name(), args, kwargs, "reason", &reason); err == nil && reason == "" {
		err = fmt.Errorf(`%s: for parameter reason: got "", want a reason`, fn.Name())
	}
	return reason, err
}

const needDoc = `skips the scenario unless the kernel has everything that is named

At the top of a file it counts for all scenarios in it. Whether the kernel has something is found out by doing it, in a namespace of its own:

- "link:vrf" makes a link of that kind, "genl:ethtool" asks for the generic netlink family, "proto:AUDIT" opens the protocol,
  "nft:inet" makes a table, "bridge:vlan" asks bridges for their VLANs, "encap:mpls" a route,
  "qdisc:htb", "filter:flower" and "action:gact" are of traffic control,
  "cap:NET_ADMIN" looks at the capability, "sysctl:net.ipv4.ip_forward" at the file.
- "program:sh" looks for a program in $PATH. A guest that does not see the machine's files has those programs only that are named so.
- "init_net" moves the scenario to the machine's own namespace, where the run owns the machine.
- "kernel:6.3" says when it came, for people. It is no probe, and never stands alone.

    need("link:vrf", "kernel:4.3")`

var needParams = []param{{"*names", "string", "what the scenario cannot do without"}}

// documentary begins a need that is for people only.
const documentary = "kernel:"

func (t *scenarioValue) need(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(kwargs) > 0 {
		return nil, fmt.Errorf("%s: unexpected keyword arguments", fn.Name())
	}
	probes := 0
	for i, a := range args {
		name, ok := starlark.AsString(a)
		if !ok {
			return nil, fmt.Errorf("%s: names[%d]: got %s, want string", fn.Name(), i, a.Type())
		}
		if isDocumentary(name) {
			continue
		}
		probes++
		missing, err := t.s.Need(th, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fn.Name(), err)
		}
		if missing != "" {
			return nil, &host.SkipError{Reason: missing}
		}
	}
	if probes == 0 {
		return nil, fmt.Errorf(`%s: got nothing to probe, want names such as "link:vrf" (a version of the kernel tells nothing: features are backported)`, fn.Name())
	}
	return starlark.None, nil
}

func isDocumentary(name string) bool {
	return len(name) > len(documentary) && name[:len(documentary)] == documentary
}
