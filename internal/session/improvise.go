package session

import (
	"context"
	"fmt"
	"math"
	"sort"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
)

// Spec makes a spec of a policy: operations and attributes are called by their
// number, op_3 and attr_1. Attributes that the policy says nothing about take
// bytes.
func (p *Policy) Spec() *schema.Spec {
	s := &schema.Spec{
		Name: p.Family, Doc: "described by the kernel's own policy", Source: "the kernel", Protocol: "genetlink-legacy",
		ProtoNum: genericProto, Version: int(p.Version), Model: "unified",
	}
	if p.Header > 0 {
		name := "user-header"
		s.Structs = []schema.Struct{{Name: name, Size: int32(p.Header), Align: 1, Members: []schema.Member{{
			Row:  schema.Row{Name: name, Key: schema.Key(name), Kind: schema.KindBinary, Len: int32(p.Header)},
			Size: int32(p.Header),
		}}}}
	}
	refs := map[int]schema.Ref{}
	for _, idx := range p.indexes() {
		s.Sets = append(s.Sets, schema.Set{Name: fmt.Sprintf("policy-%d", idx)})
		refs[idx] = schema.Ref(len(s.Sets))
	}
	top := p.tops()
	for idx, ref := range refs {
		fill := 0
		if top[idx] {
			fill = p.MaxAttr
		}
		number(s.Set(ref), p.Sets[idx], fill, refs)
	}
	s.Sets = append(s.Sets, schema.Set{Name: "attributes"})
	plain := schema.Ref(len(s.Sets))
	number(s.Set(plain), nil, p.MaxAttr, nil)
	for _, op := range p.Ops {
		s.Ops = append(s.Ops, op.row(refs, plain, len(s.Structs)))
	}
	return s
}

// genericProto is NETLINK_GENERIC.
const genericProto = unix.NETLINK_GENERIC

func (p *Policy) indexes() []int {
	var list []int
	for idx := range p.Sets {
		list = append(list, idx)
	}
	sort.Ints(list)
	return list
}

// tops are the policies of operations, as opposed to those of nests.
func (p *Policy) tops() map[int]bool {
	top := map[int]bool{}
	for _, op := range p.Ops {
		top[op.Do], top[op.Dump] = true, true
	}
	return top
}

func (op *PolicyOp) row(refs map[int]schema.Ref, plain schema.Ref, header int) schema.Op {
	name := fmt.Sprintf("op-%d", op.Num)
	num := int32(op.Num)
	row := schema.Op{
		Name: name, Key: schema.Key(name), Ntf: -1, Set: plain, Header: schema.Ref(header),
		Do: schema.Mode{Has: op.HasDo, Request: num, Reply: num}, Dump: schema.Mode{Has: op.HasDump, Request: num, Reply: num},
	}
	for _, flag := range op.Flags {
		row.Admin = row.Admin || flag == "admin-perm"
		row.UnsAdm = row.UnsAdm || flag == "uns-admin-perm"
	}
	row.Do.ReqSet, row.Dump.ReqSet = refs[op.Do], refs[op.Dump]
	switch { // answers usually have the attributes of requests
	case row.Do.ReqSet != 0:
		row.Set = row.Do.ReqSet
	case row.Dump.ReqSet != 0:
		row.Set = row.Dump.ReqSet
	}
	if !row.Do.Has && !row.Dump.Has {
		row.Event, row.Ntf = true, num
	}
	return row
}

// number fills a set with the attributes of a policy, and with bytes up to a
// number where the policy has gaps.
func number(set *schema.Set, attrs PolicySet, upTo int, refs map[int]schema.Ref) {
	known := map[uint16]PolicyAttr{}
	for _, a := range attrs {
		known[a.Num] = a
		upTo = max(upTo, int(a.Num))
	}
	for num := 1; num <= upTo; num++ {
		a, ok := known[uint16(num)]
		if !ok && set.Name != "attributes" && len(attrs) > 0 && upTo > maxGap {
			continue
		}
		name := fmt.Sprintf("attr-%d", num)
		row := schema.Attr{Row: schema.Row{Name: name, Key: schema.Key(name), Kind: schema.KindBinary}, Num: uint16(num)}
		if ok {
			a.fill(&row, refs)
		}
		set.Attrs = append(set.Attrs, row)
	}
	set.ByKey = make([]uint16, len(set.Attrs))
	for i := range set.ByKey {
		set.ByKey[i] = uint16(i)
	}
	sort.Slice(set.ByKey, func(i, j int) bool { return set.Attrs[set.ByKey[i]].Key < set.Attrs[set.ByKey[j]].Key })
}

// maxGap is up to which number gaps are filled: a kernel that says more is odd.
const maxGap = 1024

// policyKinds are the types of policies whose kind has another name.
func policyKind(typ string) schema.Kind {
	switch typ {
	case "nul-string":
		typ = "string"
	case "nested":
		typ = "nest"
	case "nested-array":
		typ = "indexed-array"
	}
	if k, ok := schema.KindOf(typ); ok && typ != "none" {
		return k
	}
	return schema.KindBinary
}

func (a *PolicyAttr) fill(row *schema.Attr, refs map[int]schema.Ref) {
	row.Doc = a.Type
	row.Kind = policyKind(a.Type)
	row.Set = refs[a.Nested]
	if row.Kind == schema.KindIndexedArray {
		row.Elem = schema.KindNest
	}
	if (row.Kind == schema.KindNest || row.Kind == schema.KindIndexedArray) && row.Set == 0 {
		row.Kind, row.Elem = schema.KindBinary, schema.KindNone
	}
	for _, b := range a.Bounds {
		if v := b.Value; v.Kind() == schema.Int || v.Kind() == schema.Uint && v.Uint64() <= math.MaxInt64 {
			row.Checks = append(row.Checks, schema.Check{Name: b.Name, Value: v.Int64()})
		}
	}
}

// improvise describes a family that no spec describes, if the kernel has it.
// Whatever the kernel has to say otherwise, the want of a spec is the news.
func (r *Registry) improvise(ctx context.Context, name string, o Options) *schema.Spec {
	if spec, err := r.Find(controllerName); err != nil || spec == nil || len(name) > maxFamilyName {
		return nil
	}
	if _, proto := r.protocol(name); proto {
		return nil // there is no such family, only a spec that is missing
	}
	p, err := r.Policy(ctx, name, -1, o)
	if err != nil {
		return nil
	}
	return p.Spec()
}

// maxFamilyName is GENL_NAMSIZ without the final NUL (linux/genetlink.h).
const maxFamilyName = 15
