package builtins_test

import (
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// documented is a builtin as help and the reference see it.
type documented interface {
	starlark.Value
	Name() string
	Doc() string
	Params() [][3]string
}

// eachBuiltin calls fn with the builtins that can be reached from v by attributes.
func eachBuiltin(v starlark.Value, depth int, fn func(documented)) {
	if d, ok := v.(documented); ok {
		fn(d)
	}
	a, ok := v.(starlark.HasAttrs)
	if !ok || depth == 0 {
		return
	}
	for _, name := range a.AttrNames() {
		if name == "close" {
			continue // found, but not to be called
		}
		if member, err := a.Attr(name); err == nil && member != nil {
			eachBuiltin(member, depth-1, fn)
		}
	}
}

// allBuiltins are those of the modules and of the values they make.
func allBuiltins(t *testing.T) map[string]documented {
	t.Helper()
	all := map[string]documented{}
	add := func(d documented) {
		name := d.Name()
		if _, form, ok := strings.Cut(name, "getlink."); ok {
			name = "operation." + form
		} else if strings.HasPrefix(name, "route.") && strings.Count(name, ".") > 1 {
			return // a form of another operation
		}
		all[name] = d
	}
	p := &program{t: t, reg: registry(), ns: newNetns(t), globals: starlark.StringDict{
		"look": starlark.NewBuiltin("look", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			for _, v := range args {
				eachBuiltin(v, 3, add)
			}
			return starlark.None, nil
		}),
	}}
	if err := p.run("test.star", `rt = nl.open("route"); a = netns.new(); s = nl.socket("usersock")
look(nl, netns, pp, try_, hexdump, rt, a, rt.getlink, s, rt.getlink.msg(), rt.getlink.dump(), rt.getlink.stream(), nl.serve("route", {}))
look(raise_, scope, on_exit, spawn, yield_, spawn(len, "a"), exec, list_dir, read_link, read_file, write_file, sleep, log, progress, flag)`); err != nil {
		t.Fatal(err)
	}
	return all
}

// Every builtin is documented: what it does, in one line, and each parameter.
func TestDocs(t *testing.T) {
	all := allBuiltins(t)
	for _, name := range []string{
		"nl.open", "nl.here", "nl.load_spec", "nl.families", "nl.attr", "nl.bytes", "nl.constants", "nl.decode", "nl.export",
		"nl.nest", "nl.pack", "nl.policy", "nl.raw", "nl.socket", "nl.unpack", "socket.send", "socket.recv", "socket.exchange", "socket.join",
		"socket.leave", "socket.option", "socket.set_option", "hexdump", "netns.new", "netns.open", "netns.list", "netns.enter", "netns.run", "pp", "try_",
		"raise_", "scope", "on_exit", "spawn", "yield_", "task.join", "task.cancel", "exec", "list_dir", "read_link", "read_file", "write_file", "sleep",
		"log.debug", "log.info", "log.warn", "log.error", "progress",
		"flag.parse", "flag.bool", "flag.string", "flag.int", "flag.duration", "flag.arg", "flag.args",
		"route.batch", "route.request", "operation.dump", "operation.stream", "operation.msg",
		"message.copy", "message.match", "dump.where", "dump.group_by", "stream.count", "stream.sort_by",
		"nl.select", "nl.serve", "nl.error", "route.events", "route.recv", "route.drain", "route.join", "route.leave",
		"route.step", "route.run", "route.stop", "route.notify",
	} {
		if all[name] == nil {
			t.Errorf("%s: not found by its attributes", name)
		}
	}
	for name, d := range all {
		first, _, _ := strings.Cut(d.Doc(), "\n")
		if first == "" || strings.HasSuffix(first, ".") {
			t.Errorf("%s: the doc begins with %q, want a line without a full stop", name, first)
		}
		for _, p := range d.Params() {
			if p[0] == "" || p[1] == "" || p[2] == "" {
				t.Errorf("%s: parameter %v, want name, type and meaning", name, p)
			}
		}
	}
}

// example is the code in a doc: its indented lines.
func example(doc string) string {
	var b strings.Builder
	for line := range strings.Lines(doc) {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			b.WriteString(code)
		}
	}
	return b.String()
}

// The examples run, where the names that they use stand for something.
func TestExamples(t *testing.T) {
	preamble := `
rt = nl.open("route")
a = netns.new("example")
blue = netns.new("blue")
tmp = "` + t.TempDir() + `"
`
	ran := 0
	for name, d := range allBuiltins(t) {
		code := example(d.Doc())
		if code == "" {
			continue
		}
		ran++
		code = strings.ReplaceAll(code, "pid = 42", "pid = 1") // one that may be there or not
		code = strings.ReplaceAll(code, "/proc/42/", "/proc/self/")
		if name == "netns.new" || name == "netns.open" {
			code = strings.ReplaceAll(code, "netns.open(pid = 1)", "try_(netns.open, pid = 1)") // nobody may not look into it
		}
		p := &program{t: t, reg: registry(), ns: newNetns(t)}
		if err := p.run(name, preamble+code); err != nil {
			t.Errorf("%s", host.Format(err, false))
		}
	}
	if ran < 9 {
		t.Errorf("%d examples: want at least those of the large builtins", ran)
	}
}

func TestGlobals(t *testing.T) {
	p := &program{t: t, reg: registry()}
	if err := p.run("test.star", `
print(nl, netns, type(nl), bool(nl))
print(dir(nl), dir(netns))
print(try_(lambda: {nl: 1}).error)
print(nl.families())
print(type(nl.open), nl.open)
def f(x = [try_(len, "a"), netns.host]): pass
`); err != nil {
		t.Fatal(err)
	}
	want := `<module nl> <module netns> module True
["attr", "bytes", "constants", "decode", "error", "export", "families", "here", "load_spec", "nest", "open", "pack", "policy", "raw", "select", "serve", "socket", "unpack"] ["enter", "host", "list", "new", "open"]
unhashable: module
["addrlabel", "bridge-vlan", "mdb", "netconf", "nexthop", "nlctrl", "nsid", "rt-addr", "rt-link", "rt-neigh", "rt-route", "rt-rule"]
builtin_function_or_method <built-in function nl.open>
`
	if got := p.out.String(); got != want {
		t.Errorf("got\n%s", got)
	}
	for name, v := range builtins.Globals(builtins.Config{Registry: registry()}) {
		v.Freeze()
		if name == "" || v.Type() == "" {
			t.Errorf("%q: %v", name, v)
		}
	}
}
