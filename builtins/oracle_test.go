package builtins_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// The bulk methods and the loop that anybody would write instead, over dumps
// of random messages: for each field, every kind of value that it has.
const oracle = `
def tells(a):
    """whether messages are told apart by the value itself"""
    return type(a) in ["int", "string", "bytes", "bool", "NoneType", "set"]

def is_(x, v):
    """what docs/values.md says of a condition"""
    if x == None or v == None:
        return x == v
    if type(v) == "set":
        return type(x) == "set" and (all([e in x for e in v]) if v else len(x) == 0)
    if type(x) == "list" and type(v) != "list":
        return v in x
    return type(x) == type(v) and x == v

def first(list):
    return list[0] if list else None

def check(op, name, key, msgs, d):
    values = [m[key] for m in msgs]
    def want(what, got, want):
        if got != want:
            print(name, what, "got", got, "want", want, "of", values)
    want("column " + key, d.column(key), values)
    tried = []
    for v in values + [None]:
        if v in tried or not tells(v): continue
        tried.append(v)
        naive = [m for m in msgs if is_(m[key], v)]
        want("count %s = %r" % (key, v), d.count({key: v}), len(naive))
        want("where %s = %r" % (key, v), list(d.where({key: v})), naive)
        want("first %s = %r" % (key, v), d.first({key: v}), first(naive))
        want("match %s = %r" % (key, v), [m.match({key: v}) for m in msgs], [is_(x, v) for x in values])
        want("stream %s = %r" % (key, v), op.stream().count({key: v}), len(naive))
        if v != None:
            f = lambda x: x != None and type(x) == type(v) and x != v
            want("count %s = function" % key, d.count({key: f}), len([x for x in values if f(x)]))
    some = [v for v in tried if type(v) != "set"]
    if len(some) > 1 and not any([type(v) in ["list", "set", "dict", "message"] for v in values]):
        want("one of %s" % some, d.count({key: some}), len([x for x in values if x in some]))
    if all([tells(v) for v in values]):
        groups = {}
        for m in msgs:
            v = tuple(m[key]) if type(m[key]) == "set" else m[key]
            groups.setdefault(v, []).append(m)
        o = try_(d.group_by, key)
        if o.ok or "want a field that is" not in str(o.error):
            want("group_by " + key, [(k, list(g)) for k, g in o.value.items()], list(groups.items()))
            want("stream.group_by " + key, list(op.stream().group_by(key).items()), list(groups.items()))
    kinds = set([type(v) for v in values if v != None])
    if kinds in [set(["int"]), set(["string"])]:
        sortable = [m for m in msgs if m[key] != None]
        if "int" in kinds:
            o = try_(d.sum, key)
            if o.ok or "got names of" not in str(o.error):
                want("sum " + key, o.value, sum([m[key] for m in sortable]))
            for reverse in [False, True]:
                want("sort_by " + key, [m[key] for m in d.where({key: lambda v: v != None}).sort_by(key, reverse = reverse)],
                     sorted([m[key] for m in sortable], reverse = reverse))

def sum(list):
    n = 0
    for e in list: n += e
    return n

route = nl.open("route")
for name in names:
    op = getattr(route, name)
    o = try_(op.dump)
    if not o.ok:
        print(name, o.error)
        continue
    d, msgs = o.value, list(o.value)
    checked.append(len(msgs))
    for i in [0, 1, -1, len(msgs) - 1, -len(msgs)]:
        if d[i] != msgs[i]: print(name, "index", i)
    for key in set([k for m in msgs for k in m.keys() if type(k) == "string" and k != "header"]):
        check(op, name, key, msgs, d)

`

func TestBulkAgainstTheLoop(t *testing.T) {
	answers, names := map[uint16][][]byte{}, starlark.NewList(nil)
	for _, spec := range specs.All() {
		d := &dice{Rand: rand.New(rand.NewPCG(7, 7)), spec: spec}
		for i := range spec.Ops {
			op := &spec.Ops[i]
			if spec.Generic() || spec.Protocol == "" || !op.Dump.Has || op.Dump.Reply < 0 || spec.Name == "netlink" {
				continue
			}
			names.Append(starlark.String(op.Key))
			for range 20 {
				answers[uint16(op.Dump.Request)] = append(answers[uint16(op.Dump.Request)], d.message(op.Dump.Reply, wire.FlagMulti, spec.Struct(op.Header), spec.Set(op.Set)))
			}
		}
	}
	reg := kernel(t, func(req []byte) [][]byte {
		h := wire.ParseHeader(req)
		var all [][]byte
		for _, m := range answers[h.Type] {
			m = append([]byte(nil), m...)
			binary.NativeEndian.PutUint32(m[8:], h.Seq)
			all = append(all, m)
		}
		return [][]byte{socktest.Datagram(append(all, socktest.Done(req, 0))...)}
	})
	checked := starlark.NewList(nil)
	p := &program{t: t, reg: reg, globals: starlark.StringDict{"names": names, "checked": checked}}
	if err := p.run("oracle.star", oracle); err != nil {
		t.Fatal(host.Format(err, false))
	}
	if checked.Len() < 10 {
		t.Errorf("%d operations", checked.Len())
	}
	if p.out.Len() > 0 {
		t.Errorf("%.9000s", p.out.String())
	}
}
