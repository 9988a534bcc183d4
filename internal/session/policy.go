package session

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// Policy is what the kernel itself says it accepts in a generic netlink family.
type Policy struct {
	Family  string
	ID      uint16
	Version uint8
	Header  int // bytes of the family's own header
	MaxAttr int // greatest attribute number at the top, 0 if not told
	Ops     []PolicyOp
	Sets    map[int]PolicySet // by the kernel's index
	Groups  []schema.Group

	nameless []int // policies of dumps whose operation the kernel did not name
}

// PolicyOp is one operation. Do and Dump are indexes into Sets, -1 if the
// operation has no such form or it accepts no attributes.
type PolicyOp struct {
	Num            int
	Flags          []string // as the spec of the controller names them
	Do, Dump       int
	HasDo, HasDump bool
}

// PolicySet is the attributes of one policy, by number.
type PolicySet []PolicyAttr

// PolicyAttr is what the kernel accepts for one attribute.
type PolicyAttr struct {
	Num    uint16
	Type   string // u32, nul-string, nested, ...
	Bounds []PolicyBound
	Nested int // index of the policy for what is inside, -1 if there is none
}

// PolicyBound is one limit: min, max, min-len, max-len, mask.
type PolicyBound struct {
	Name  string
	Value schema.Value
}

// controller opens the family that knows the others.
func (r *Registry) controller(ctx context.Context, o Options) (*Family, error) {
	o.Groups = nil
	return r.Open(ctx, controllerName, o)
}

const controllerName = "nlctrl"

// KernelFamilies lists the generic netlink families that the kernel has.
func (r *Registry) KernelFamilies(ctx context.Context, o Options) ([]string, error) {
	ctrl, err := r.controller(ctx, o)
	if err != nil {
		return nil, err
	}
	defer ctrl.Close()
	d, err := ctrl.dumpOf(ctx, "getfamily", nil)
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range d.Len() {
		m := d.Msg(i)
		if v, ok, _ := m.Get("family-name"); ok {
			names = append(names, v.Text())
		}
	}
	sort.Strings(names)
	return names, nil
}

func (f *Family) dumpOf(ctx context.Context, name string, fields []schema.Field) (*Dumped, error) {
	op, err := f.Op(name)
	if err != nil {
		return nil, err
	}
	req, err := op.Build(Dump, fields, 0)
	if err != nil {
		return nil, err
	}
	return f.Dump(ctx, req, CallOptions{})
}

// Policy asks the kernel what a generic netlink family accepts. op limits it to
// one operation; a negative one asks for all. A family without a policy has
// operations and no sets.
func (r *Registry) Policy(ctx context.Context, name string, op int, o Options) (*Policy, error) {
	ctrl, err := r.controller(ctx, o)
	if err != nil {
		return nil, err
	}
	defer ctrl.Close()
	get, err := ctrl.Op("getfamily")
	if err != nil {
		return nil, err
	}
	named := []schema.Field{{Name: "family-name", Val: schema.TextValue(name)}}
	req, err := get.Build(Do, named, 0)
	if err != nil {
		return nil, err
	}
	reply, err := ctrl.Do(ctx, req, CallOptions{})
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil, &MissingError{Family: name, What: "generic netlink family", Provider: r.provider(name)}
	case err != nil:
		return nil, err
	case len(reply.Msgs) == 0:
		return nil, fmt.Errorf("the kernel answered nothing about generic netlink family %q", name)
	}
	p := &Policy{Family: name, Sets: map[int]PolicySet{}}
	if err := p.describe(&reply.Msgs[0]); err != nil {
		return nil, err
	}
	if op >= 0 {
		named = append(named, schema.Field{Name: "op", Val: schema.UintValue(uint64(op))})
	}
	d, err := ctrl.dumpOf(ctx, "getpolicy", named)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.EOPNOTSUPP) { // no policy; a kernel before 5.7
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	for i := range d.Len() {
		m := d.Msg(i)
		p.take(&m)
	}
	p.name(op)
	for _, set := range p.Sets {
		sort.Slice(set, func(i, j int) bool { return set[i].Num < set[j].Num })
	}
	return p, nil
}

// describe reads the answer to getfamily.
func (p *Policy) describe(m *Message) error {
	f := &Family{Name: p.Family}
	if err := f.take(m); err != nil {
		return err
	}
	p.ID, p.Version, p.Groups = f.ID, f.Version, f.Groups
	if v, ok, _ := m.Get("hdrsize"); ok {
		p.Header = int(min(v.Uint64(), math.MaxUint16))
	}
	if v, ok, _ := m.Get("maxattr"); ok {
		p.MaxAttr = int(min(v.Uint64(), maxAttrNum))
	}
	ops, _, _ := m.Get("ops")
	for _, e := range ops.Fields() {
		sub := e.Val.Msg()
		if sub == nil {
			continue
		}
		op := PolicyOp{Do: -1, Dump: -1}
		if v, ok, _ := sub.Get("id"); ok {
			op.Num = int(v.Uint64())
		}
		flags, _, _ := sub.Get("flags")
		for _, flag := range flags.List() {
			op.Flags = append(op.Flags, flag.Text())
			op.HasDo = op.HasDo || flag.Text() == "cmd-cap-do"
			op.HasDump = op.HasDump || flag.Text() == "cmd-cap-dump"
		}
		p.Ops = append(p.Ops, op)
	}
	return nil
}

// maxAttrNum is what an attribute's type has room for.
const maxAttrNum = 0x3fff

// take reads one message of the policy dump: which policy an operation has, or
// one attribute of a policy.
func (p *Policy) take(m *schema.Msg) {
	ops, _, _ := m.Get("op-policy")
	for _, e := range ops.Fields() {
		sub := firstMsg(e.Val)
		if sub == nil {
			continue
		}
		num := int(e.Type &^ (wire.Nested | wire.NetOrder))
		do, hasDo, _ := sub.Get("do")
		dump, hasDump, _ := sub.Get("dump")
		switch {
		case !hasDo && !hasDump:
			continue
		case num == 0 && p.find(0) == nil:
			p.nameless = append(p.nameless, int(dump.Uint64()))
			continue
		}
		op := p.op(num)
		if hasDo {
			op.Do, op.HasDo = int(do.Uint64()), true
		}
		if hasDump {
			op.Dump, op.HasDump = int(dump.Uint64()), true
		}
	}
	sets, _, _ := m.Get("policy")
	for _, e := range sets.Fields() {
		idx := int(e.Type &^ (wire.Nested | wire.NetOrder))
		for _, a := range e.Val.Fields() {
			if sub := a.Val.Msg(); sub != nil {
				p.Sets[idx] = append(p.Sets[idx], policyAttr(a.Type&^(wire.Nested|wire.NetOrder), sub))
			}
		}
	}
}

// firstMsg is the message that a value is, or that its only entry is.
func firstMsg(v schema.Value) *schema.Msg {
	if v.Msg() != nil {
		return v.Msg()
	}
	for _, f := range v.Fields() {
		return f.Val.Msg()
	}
	return nil
}

// name gives the policies of operations that can only be dumped to those
// operations. The kernel takes the number from the other form, which there is
// not, and so says 0 (ctrl_dumppolicy_put_op in net/netlink/genetlink.c; seen
// in 6.18). They come in the order of the operations.
func (p *Policy) name(asked int) {
	var to []*PolicyOp
	for i := range p.Ops {
		op := &p.Ops[i]
		if op.HasDump && !op.HasDo && slices.Contains(op.Flags, "cmd-cap-haspol") && (asked < 0 || asked == op.Num) {
			to = append(to, op)
		}
	}
	if len(to) != len(p.nameless) {
		return // nobody knows which is whose
	}
	for i, op := range to {
		op.Dump = p.nameless[i]
	}
}

func (p *Policy) find(num int) *PolicyOp {
	for i := range p.Ops {
		if p.Ops[i].Num == num {
			return &p.Ops[i]
		}
	}
	return nil
}

func (p *Policy) op(num int) *PolicyOp {
	if op := p.find(num); op != nil {
		return op
	}
	p.Ops = append(p.Ops, PolicyOp{Num: num, Do: -1, Dump: -1})
	return &p.Ops[len(p.Ops)-1]
}

func policyAttr(num uint16, m *schema.Msg) PolicyAttr {
	a := PolicyAttr{Num: num, Nested: -1}
	typ, _, _ := m.Get("type")
	if a.Type = typ.Text(); a.Type == "" {
		a.Type = typ.String() // a number that this nlsh does not know
	}
	if v, ok, _ := m.Get("policy-idx"); ok {
		a.Nested = int(v.Uint64())
	}
	for _, b := range [...][2]string{
		{"min-value-u", "min"}, {"max-value-u", "max"}, {"min-value-s", "min"}, {"max-value-s", "max"},
		{"min-length", "min-len"}, {"max-length", "max-len"}, {"mask", "mask"}, {"bitfield32-mask", "mask"},
	} {
		if v, ok, _ := m.Get(b[0]); ok {
			a.Bounds = append(a.Bounds, PolicyBound{b[1], v})
		}
	}
	return a
}
