package builtins_test

import (
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/specs"
)

// preamble is what the examples of types and the calls with bad input have to
// work with.
const preamble = `
rt = nl.open("route")
a = netns.new("a")
blue = netns.new("blue")
`

// samples are, for each type whose values have methods, an expression for one.
// The attributes of the value are held against typeDocs.
var samples = map[string]string{
	"family":    `rt`,
	"operation": `rt.getlink`,
	"message":   `rt.getlink.msg(ifname = "lo")`,
	"dump":      `rt.getlink.dump()`,
	"stream":    `rt.getlink.stream()`,
	"netns":     `a`,
	"outcome":   `try_(rt.getlink, ifname = "nosuch")`,
	"error":     `try_(rt.getlink, ifname = "nosuch").error`,

	"scenario":     `t`,
	"listener":     `probe.listen("udp")`,
	"probe_result": `probe.ping("127.0.0.1", timeout = "10ms")`,
	"socket":       `nl.socket("usersock")`,
	"regexp":       `re.compile("a")`,
	"match":        `re.search("a", "a")`,
	"options":      `flag.parse([], args = [])`,
	"result":       `exec(["true"])`,
	"server":       `nl.serve("route", {})`,
	"task":         `spawn(len, "a")`,
	"generator":    `random.seed(1)`,
	"raw_message":  `nl.raw(type = 16)`,
	"event":        `[[ev.recv() for _ in [rt.newlink(ifname = "ev0", linkinfo = {"kind": "bridge"}, flags = "create")]][0] for ev in [nl.open("route", groups = ["link"])]][0]`,
}

// noExample says why a builtin has no example, noRun why one is not run.
var (
	noExample = map[string]string{}
	noRun     = map[string]string{
		"scenario.record": "it is of a scenario with symbols: record_test.go",
		"scenario.skip":   "it ends the program: scenario_test.go",
		"need":            "it ends the program where the kernel has no such links: scenario_test.go",
	}
)

func reference() *builtins.Reference {
	reg := registry()
	return builtins.NewReference(builtins.Globals(builtins.Config{Registry: reg, Scenario: new(builtins.Scenario), Interactive: true}), reg)
}

func registered() []*builtins.Doc { return reference().Registered() }

// specNames are "FAMILY.NAME" of all operations, sets, structs and enums.
func specNames() []string {
	var names []string
	for _, s := range specs.All() {
		if s.Name == "netlink" { // facts of netlink itself: no family
			continue
		}
		for i := range s.Ops {
			names = append(names, s.Name+"."+s.Ops[i].Key)
		}
		for i := range s.Sets {
			names = append(names, s.Name+"."+s.Sets[i].Name)
		}
		for i := range s.Structs {
			names = append(names, s.Name+"."+s.Structs[i].Name)
		}
		for i := range s.Enums {
			names = append(names, s.Name+"."+s.Enums[i].Name)
		}
	}
	return names
}

func callable(d *builtins.Doc) bool { return d.Type == "function" || d.Type == "method" }

// Whatever is registered says what it is, and builtins show how they are used.
func TestRegistry(t *testing.T) {
	all := registered()
	if len(all) < 40 {
		t.Errorf("%d entries: want all of modules and types", len(all))
	}
	for _, d := range all {
		switch {
		case d.Summary == "":
			t.Errorf("%s: no doc: give newFunc one; a module has the field doc, and about for members that are no builtins; what newFunc did not make is in foreignDocs, builtins/types.go", d.Name)
		case strings.HasSuffix(d.Summary, "."):
			t.Errorf("%s: the doc begins with %q, want a line without a full stop", d.Name, d.Summary)
		case strings.Contains(d.Summary, "\n"):
			t.Errorf("%s: the summary is more than a line", d.Name)
		}
		if !callable(d) {
			continue
		}
		if d.Example == "" && noExample[d.Name] == "" {
			t.Errorf("%s: no example: end its doc with an empty line and code indented by four spaces, or give the reason in noExample", d.Name)
		}
		for _, p := range d.Params {
			if p.Name == "" || p.Type == "" || p.Doc == "" {
				t.Errorf("%s: parameter %+v, want name, type and meaning", d.Name, p)
			}
		}
	}
	for name := range noExample {
		if i := slices.IndexFunc(all, func(d *builtins.Doc) bool { return d.Name == name }); i < 0 || all[i].Example != "" {
			t.Errorf("noExample: %s has one, or is gone: remove the row", name)
		}
	}
}

// The examples of methods run on values of their types. Those of functions run
// in TestExamples.
func TestMethodExamples(t *testing.T) {
	for _, d := range registered() {
		if d.Type != "method" || d.Example == "" || noRun[d.Name] != "" {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			p := &program{t: t, reg: registry(), ns: newNetns(t)}
			if err := p.run(d.Name, preamble+d.Example); err != nil {
				t.Errorf("%s", host.Format(err, false))
			}
		})
	}
}

// withSamples calls fn in a script, with a value of each type and each
// function, by name ("nl.open").
func withSamples(t *testing.T, fn func(th *starlark.Thread, values, funcs map[string]starlark.Value)) {
	t.Helper()
	asMap := func(v starlark.Value) map[string]starlark.Value {
		m := map[string]starlark.Value{}
		for _, kv := range v.(*starlark.Dict).Items() {
			m[string(kv[0].(starlark.String))] = kv[1]
		}
		return m
	}
	var b strings.Builder
	b.WriteString(preamble + "look({\n")
	for name, expr := range samples {
		b.WriteString(`"` + name + `": ` + expr + ",\n")
	}
	b.WriteString("}, {\n")
	for _, d := range registered() {
		if d.Type == "function" {
			b.WriteString(`"` + d.Name + `": ` + d.Name + ",\n")
		}
	}
	b.WriteString("})\n")
	p := &program{t: t, reg: registry(), ns: newNetns(t), globals: starlark.StringDict{
		"look": starlark.NewBuiltin("look", func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			fn(th, asMap(args[0]), asMap(args[1]))
			return starlark.None, nil
		}),
	}}
	if err := p.run("samples.star", b.String()); err != nil {
		t.Fatal(host.Format(err, false))
	}
}

func isBuiltin(v starlark.Value) bool {
	_, ours := v.(documented)
	_, theirs := v.(*starlark.Builtin)
	return ours || theirs
}

// typeDocs has the attributes that values have, and their methods are the
// registered ones.
func TestTypesAreDocumented(t *testing.T) {
	docs := map[string]*builtins.Doc{}
	types := map[string]bool{}
	for _, d := range registered() {
		docs[d.Type+" "+d.Name] = d
		types[d.Name] = types[d.Name] || d.Type == "type"
	}
	withSamples(t, func(_ *starlark.Thread, values, _ map[string]starlark.Value) {
		for typ, v := range values {
			if v.Type() != typ {
				t.Errorf("samples: %q is of type %s: %s", typ, v.Type(), v)
			}
			doc := docs["type "+typ]
			if doc == nil {
				t.Errorf("%s: no such type in typeDocs, builtins/types.go", typ)
				continue
			}
			has, ok := v.(starlark.HasAttrs)
			if !ok {
				continue
			}
			for _, name := range has.AttrNames() {
				if slices.Contains(doc.Members, name) {
					continue
				}
				if typ == "family" || typ == "message" || typ == "event" || typ == "options" { // have operations, fields, flags too
					if member, _ := has.Attr(name); typ == "event" || member == nil || !isBuiltin(member) { // an event has all that its message has
						continue
					}
				}
				t.Errorf("%s.%s: not in typeDocs: add {name: %q, typ: method, doc: ..., params: ...}, or with its type if it is not called, to %q in builtins/types.go",
					typ, name, name, typ)
			}
			for _, name := range doc.Members {
				member, err := has.Attr(name)
				if err != nil || member == nil {
					t.Errorf("%s.%s: in typeDocs, but a value has none: %v", typ, name, err)
				}
				d, isFunc := member.(documented)
				want := docs["method "+typ+"."+name]
				switch {
				case isFunc != (want != nil):
					t.Errorf("%s.%s: a %s, want typ: method in typeDocs for what newFunc made, and for nothing else", typ, name, member.Type())
				case isFunc && !strings.HasPrefix(d.Doc(), want.Summary) || isFunc && len(d.Params()) != len(want.Params):
					t.Errorf("%s.%s: typeDocs has another doc or other parameters than its newFunc", typ, name)
				}
			}
		}
	})
	for name := range types {
		if types[name] && samples[name] == "" && name != "call" { // which only a handler gets; serve_test.go looks at one
			t.Errorf("%s: no sample: add an expression for a value of it to samples", name)
		}
	}
}

// What another package made is documented in foreignDocs, or shows that it is not.
func TestForeignModules(t *testing.T) {
	reg := registry()
	globals := builtins.Globals(builtins.Config{Registry: reg})
	globals["json"] = &starlarkstruct.Module{Name: "json", Members: starlark.StringDict{"encode": starlark.None}}
	globals["args"] = starlark.NewList(nil)
	found := map[string]*builtins.Doc{}
	for _, d := range builtins.NewReference(globals, reg).Registered() {
		found[d.Name] = d
	}
	for name, documented := range map[string]bool{"json": false, "json.encode": false, "args": true, "exit": true, "nl": true} {
		if d := found[name]; d == nil || (d.Summary != "") != documented {
			t.Errorf("%s: got %+v, want it found, documented %v", name, d, documented)
		}
	}
}
