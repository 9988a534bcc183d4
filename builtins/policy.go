package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

const policyDoc = `returns what the kernel itself says it accepts in a generic netlink family, as a dict

ops has an entry for each operation, by number: do and dump are dicts of its attributes by number, with type, bounds (min, max, min_len, max_len, mask),
and nested for what is inside; None where there is no policy. Names are there where a spec knows them. A policy that is inside itself is given by its index.

    p = nl.policy("nlctrl")
    p["ops"][3]["do"][2]["type"]`

var policyParams = []param{
	{"family", "string or family", "name of the family as the kernel has it"},
	{"op", "int or string = None", "tell of this operation only"},
	{"netns", "netns = None", "the namespace to ask in; the current one by default"},
}

func (env *environ) nlPolicy(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var fam, opArg starlark.Value
	var ns *netnsValue
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "family", &fam, "op??", &opArg, "netns??", &ns); err != nil {
		return nil, err
	}
	v, err := env.policy(th, fam, opArg, ns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return v, nil
}

func (env *environ) policy(th *starlark.Thread, fam, opArg starlark.Value, ns *netnsValue) (starlark.Value, error) {
	name, ok := starlark.AsString(fam)
	if f, isFamily := fam.(*family); isFamily {
		name, ok = f.f.Name, true
	}
	if !ok {
		return nil, fmt.Errorf("for parameter family: got %s, want string or family", fam.Type())
	}
	spec, err := env.reg.Find(name)
	if err != nil {
		return nil, err
	}
	if spec != nil && !spec.Generic() {
		return nil, fmt.Errorf("for parameter family: got %q, want a generic netlink family (only those tell their policy)", name)
	}
	op := -1
	if opArg != nil {
		if op, err = env.policyOp(spec, name, opArg); err != nil {
			return nil, err
		}
	}
	o := session.Options{}
	if ns != nil {
		if o.NetNS, err = ns.h, ns.usable(); err != nil {
			return nil, err
		}
	}
	var p *session.Policy
	err = host.Blocking(th, func() (err error) {
		p, err = env.reg.Policy(host.Context(th), name, op, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return policyDict(p, spec, op), nil
}

// policyOp reads the number of an operation, or its name where a spec knows it.
func (env *environ) policyOp(spec *schema.Spec, family string, v starlark.Value) (int, error) {
	if name, ok := starlark.AsString(v); ok {
		if spec == nil {
			return 0, fmt.Errorf("for parameter op: got %q, want a number (%s has no spec that knows names)", name, family)
		}
		op := spec.FindOp(name)
		if op == nil {
			var names []string
			for i := range spec.Ops {
				names = append(names, spec.Ops[i].Key)
			}
			return 0, fmt.Errorf("for parameter op: got %q, want an operation of %s%s", name, family, hint(schema.Suggest(name, names)))
		}
		return int(max(op.Do.Request, op.Dump.Request, op.Ntf)), nil
	}
	n, err := env.number("op", v, 255)
	return int(n), err
}

// set puts a value into a new dict under a key that is hashable.
func set(d *starlark.Dict, key string, v starlark.Value) { _ = d.SetKey(starlark.String(key), v) }

func policyDict(p *session.Policy, spec *schema.Spec, only int) *starlark.Dict {
	d, ops := new(starlark.Dict), new(starlark.Dict)
	set(d, "family", starlark.String(p.Family))
	set(d, "id", starlark.MakeInt(int(p.ID)))
	set(d, "version", starlark.MakeInt(int(p.Version)))
	set(d, "hdrsize", starlark.MakeInt(p.Header))
	set(d, "maxattr", starlark.MakeInt(p.MaxAttr))
	var groups []starlark.Value
	for _, g := range p.Groups {
		groups = append(groups, starlark.String(g.Name))
	}
	set(d, "groups", starlark.NewList(groups))
	set(d, "ops", ops)
	for _, op := range p.Ops {
		if only >= 0 && op.Num != only {
			continue
		}
		one := new(starlark.Dict)
		var do, dump *schema.Set
		if spec != nil {
			if known := spec.OpOfRequest(op.Num); known != nil {
				set(one, "name", starlark.String(known.Key))
				do, dump = spec.RequestSet(known, &known.Do), spec.RequestSet(known, &known.Dump)
			}
		}
		var flags []starlark.Value
		for _, flag := range op.Flags {
			flags = append(flags, starlark.String(flag))
		}
		set(one, "flags", starlark.NewList(flags))
		set(one, "do", policyAttrs(p, op.Do, spec, do, nil))
		set(one, "dump", policyAttrs(p, op.Dump, spec, dump, nil))
		_ = ops.SetKey(starlark.MakeInt(op.Num), one) // ints are hashable
	}
	return d
}

// maxPolicyDepth is deeper than the kernel nests policies.
const maxPolicyDepth = 10

// policyAttrs is the attributes of one policy; around are the policies that it
// is inside of.
func policyAttrs(p *session.Policy, idx int, spec *schema.Spec, names *schema.Set, around []int) starlark.Value {
	attrs, ok := p.Sets[idx]
	if !ok {
		return starlark.None
	}
	around = append(around, idx)
	d := new(starlark.Dict)
	for _, a := range attrs {
		one := new(starlark.Dict)
		var inner *schema.Set
		if names != nil {
			if known := names.ByNum(a.Num); known != nil {
				set(one, "name", starlark.String(known.Key))
				inner = spec.Set(known.Set)
			}
		}
		set(one, "type", starlark.String(a.Type))
		for _, b := range a.Bounds {
			set(one, schema.Key(b.Name), bound(b.Value))
		}
		if a.Nested >= 0 {
			set(one, "nested", nested(p, a.Nested, spec, inner, around))
		}
		_ = d.SetKey(starlark.MakeInt(int(a.Num)), one)
	}
	return d
}

func nested(p *session.Policy, idx int, spec *schema.Spec, names *schema.Set, around []int) starlark.Value {
	for _, outer := range around {
		if outer == idx {
			return starlark.MakeInt(idx)
		}
	}
	if len(around) >= maxPolicyDepth {
		return starlark.MakeInt(idx)
	}
	return policyAttrs(p, idx, spec, names, around)
}

func bound(v schema.Value) starlark.Value {
	if v.Kind() == schema.Int {
		return starlark.MakeInt64(v.Int64())
	}
	return starlark.MakeUint64(v.Uint64())
}
