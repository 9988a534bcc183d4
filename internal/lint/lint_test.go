package lint_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/lint"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
)

func config() *lint.Config {
	reg := session.NewRegistry(specs.All(), specs.Errata())
	return &lint.Config{
		Dialect:        &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true},
		Predeclared:    []string{"args", "exit", "nl", "netns", "pp", "try_"},
		Universe:       starlark.Universe.Keys(),
		Params:         map[string][]string{"nl.open": {"name", "netns", "groups", "timeout"}, "pp": {"value"}, "try_": {"fn", "*args, **kwargs"}},
		Members:        map[string][]string{"nl": {"open", "families", "load_spec"}, "netns": {"new", "open"}},
		FamilyAttrs:    []string{"batch", "close", "request"},
		OperationAttrs: []string{"doc", "dump", "msg", "stream"},
		Specs:          reg.Specs,
		All:            specs.All(),
		Control: map[string]func(string) error{
			"timeout": nil, "netns": nil, "ok": nil,
			"flags": func(text string) error { _, err := reg.Flags(text); return err },
		},
		Module: func(_, name string) []byte {
			if name == "m.star" {
				return []byte("def f(): inner = 1\nx, y = 1, 2\nif x: z = 3\n_private = 4\n")
			}
			return nil
		},
	}
}

func check(text string) []string {
	var list []string
	for _, f := range config().Check("x.star", []byte(text)) {
		list = append(list, f.String())
	}
	return list
}

// Each script is followed by what is found in it, without "x.star:".
func TestFindings(t *testing.T) {
	const route = "rt = nl.open('route')\n"
	for _, c := range []struct{ text, want string }{
		{"print(1)", ""},
		{"def f(:", "1:8: got ':', want ')' (syntax)"},
		{"x = 'a", "1:5: unexpected EOF in string (syntax)"},
		{"return 1", "1:1: return statement not within a function (syntax)"},
		{"def f(a, a): pass", "1:10: duplicate parameter: a (syntax)"},

		{"prnt(1)", `1:1: undefined: prnt (did you mean "print"?) (undefined)`},
		{"print(qqqqqqq)", "1:7: undefined: qqqqqqq (undefined)"},
		{"nll.open('route')", `1:1: undefined: nll (did you mean "nl"?) (undefined)`},

		{"load('m.star', 'f')\nf()", ""},
		{"load('m.star', 'f')\n[f for _ in '']\ndef g(): return f", ""},
		{"load('m.star', 'f', 'x')\nf()", "1:22: x is loaded and not used (unused-load)"},
		{"load('m.star', g = 'f')", "1:16: g is loaded and not used (unused-load)"},
		{"load('m.star', 'f')\ndef h(f): return f", "1:17: f is loaded and not used (unused-load)"},
		{"load('m.star', 'z', 'y')\nprint(y, z)", ""},
		{"load('m.star', 'xx')\nprint(xx)", `1:17: m.star has no "xx" (did you mean "x"?) (load)`},
		{"load('m.star', 'inner')\nprint(inner)", `1:17: m.star has no "inner" (load)`},
		{"load('nobody-knows.star', 'a')\nprint(a)", ""},

		{"nl = 1", "1:1: nl hides the builtin of that name (shadowed-builtin)"},
		{"len = 1\nlen = 2", "1:1: len hides the builtin of that name (shadowed-builtin)"},
		{"def pp(): pass", "1:5: pp hides the builtin of that name (shadowed-builtin)"},
		{"[1 for type in '']", "1:8: type hides the builtin of that name (shadowed-builtin)"},
		{"for a, (args, b) in []: pass", "1:9: args hides the builtin of that name (shadowed-builtin)"},
		{"load('m.star', print = 'f')\nprint()", "1:16: print hides the builtin of that name (shadowed-builtin)"},
		{"def f(type, netns = None, *args, **kw): return type", ""},
		{"d = {}\nd['len'] = 1", ""},

		{"try_(len, 1)", "1:1: nobody looks at the outcome of try_, so an error goes unseen (_ = try_(...) says that this is meant) (ignored-outcome)"},
		{"def f():\n  for a in args:\n    if a:\n      try_(f)", "4:7: nobody looks at the outcome of try_, so an error goes unseen (_ = try_(...) says that this is meant) (ignored-outcome)"},
		{"_ = try_(len, 1)\nif try_(len, 1): pass\nprint(try_(len, 1).ok)", ""},
		{"def f(try_): try_(1)", ""},

		{"def f(l): return l.flags == 'up'", `1:26: flags is a set of flags, which no string is equal to ("up" in ....flags?) (flags-compare)`},
		{"def f(l): return 'up' != l.ifi_flags", `1:23: ifi_flags is a set of flags, which no string is equal to ("up" in ....ifi_flags?) (flags-compare)`},
		{"def f(l): return l['flags'] == 'up'", `1:29: flags is a set of flags, which no string is equal to ("up" in ....flags?) (flags-compare)`},
		{"def f(l): return 'up' in l.flags or l.flags == set(['up']) or l.ifname == 'up' or l.operstate == 'up'", ""},

		{"def f():\n  return 1\n  print(2)", "3:3: never reached: it follows return (unreachable)"},
		{"while True:\n  break\n  print(2)", "3:3: never reached: it follows break (unreachable)"},
		{"for a in '':\n  continue\n  print(2)\n  print(3)", "3:3: never reached: it follows continue (unreachable)"},
		{"exit(1)\nprint(2)", "2:1: never reached: it follows exit (unreachable)"},
		{"def f():\n  if args: fail('x')\n  else: return\n  print(2)", ""},
		{"def f():\n  pass\n  return", ""},

		{route + "rt.getlnk()", `2:4: family route has no "getlnk" (did you mean "getlink"?) (operation)`},
		{route + "rt.getlink.dmp()", `2:12: operation getlink has no "dmp" (did you mean "dump"?) (operation)`},
		{"nl.open('rt-link').getaddr()", `1:20: family rt-link has no "getaddr" (operation)`},
		{route + "rt.batch([]); rt.close(); rt.getlink.dump().notes", ""},
		{"x = nl.open('nobody')\nx.what()", ""},
		{"def f(rt): rt.getlnk()", ""},
		{route + "nl.load_spec('my.yaml')\nrt.getlnk(ifnam = 1)", ""},
		{"rt = nl.open('route')\nrt = 3\nrt.getlnk()", ""},
		{"rt = nl.open('route')\nfor rt in []: rt.getlnk()", ""},
		{"a, b = nl.open('route'), 1\na.getlnk()\nb.getlnk()", `2:3: family route has no "getlnk" (did you mean "getlink"?) (operation)`},
		{"def f():\n  rt = nl.open('route')\n  return lambda: rt.getlnk()", `3:21: family route has no "getlnk" (did you mean "getlink"?) (operation)`},
		{"def f(nl):\n  rt = nl.open('route')\n  rt.getlnk()", ""},

		{"nl.opne('route')", `1:4: nl has no "opne" (did you mean "open"?) (keyword)`},
		{"nl.open('route', nets = 1)", `1:18: nl.open has no parameter "nets" (did you mean "netns"?) (keyword)`},
		{"pp(val = 1)", `1:4: pp has no parameter "val" (did you mean "value"?) (keyword)`},
		{"print(nl.NLM_F_EXCL, len(x = 1))\n_ = try_(len, y = 2)", ""},
		{"def f(pp): pp(val = 1)", ""},
	} {
		got := strings.ReplaceAll(strings.Join(check(c.text), "\n"), "x.star:", "")
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

// What is written out of a request is refused as the call would refuse it.
func TestFields(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{"getlink(ifname = 'lo')", ""},
		{"getlink(ifnam = 'lo')", `2:12: rt-link.getlink: got unknown name "ifnam", want an attribute of link-attrs or a member of ifinfomsg (did you mean "ifname"?)`},
		{"getlink(ifnam = args[0])", `2:12: rt-link.getlink: got unknown name "ifnam", want an attribute of link-attrs or a member of ifinfomsg (did you mean "ifname"?)`},
		{"getlink.dump(mastr = 1)", `2:17: rt-link.getlink: got unknown name "mastr", want an attribute of link-attrs or a member of ifinfomsg (did you mean "master"?)`},
		{"newlink.msg({'mtu': 'big'})", `2:17: rt-link.newlink: mtu: got string "big", want int (u32)`},
		{"newlink(mtu = 1 << 40, ifname = 'a' + 'b')", ""},
		{"newlink(mtu = -1)", `2:12: rt-link.newlink: mtu: got -1, want 0 to 4294967295 (u32)`},
		{"newlink(master = 'br0', index = 3, ifi_flags = ['up', args], change = 'up')", ""},
		{"newlink(ifi_flags = 'up|runing')", `2:12: rt-link.newlink: ifi_flags: got string "runing", want one of up, broadcast, debug, loopback, point-to-point, no-trailers, running, no-arp, promisc, all-multi, master, slave, ... (19 in all) (did you mean "running"?)`},
		{"newaddr(family = 'inet7', scope = 'lnk')", `2:12: rt-addr.newaddr: ifa_family: got string "inet7", want one of unspec, unix, inet, ax25, ipx, appletalk, netrom, bridge, atmpvc, x25, inet6, rose, ... (48 in all) (did you mean "inet"?)
2:30: rt-addr.newaddr: ifa_scope: got string "lnk", want one of universe, site, link, host, nowhere (did you mean "link"?)`},
		{"newlink(linkinfo = {'kind': 'vxlan', 'data': {'idd': 1}})", `2:50: rt-link.newlink: linkinfo.data: got unknown name "idd", want an attribute of linkinfo-vxlan-attrs (did you mean "id"?)`},
		{"newlink(linkinfo = {'kind': args[0], 'data': {'idd': 1}})", ""},
		{"newlink(linkinfo = {'kind': 'vxlan', 'data': {'id': args[0]}}, **{})", ""},
		{"newlink(linkinfo = {args[0]: 1})", ""},
		{"newlink(*args)", ""},
		{"newlink(flags = ['create', 'exlc'])", `2:31: flags: got "exlc", want one of request, multi, ack, echo, dump-intr, dump-filtered, root, match, atomic, replace, excl, create, append, nonrec, bulk (did you mean "excl"?)`},
		{"newlink(flags = 'create|excl', timeout = 'x', ok = ['EEXIST'])", ""},
		{"newlink_ntf(what = 1)", ""},
	} {
		var got []string
		for _, f := range check("rt = nl.open('route')\nrt." + c.call) {
			got = append(got, strings.TrimSuffix(strings.TrimPrefix(f, "x.star:"), " (field)"))
		}
		if text := strings.Join(got, "\n"); text != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.call, text, c.want)
		}
	}
}

func TestIgnore(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"prnt(1) # nlsh:ignore undefined", ""},
		{"# nlsh:ignore undefined, unused-load -- it is there\nprnt(1)", ""},
		{"# nlsh:ignore undefined\n\nprnt(1)", `3:1: undefined: prnt (did you mean "print"?) (undefined)`},
		{"prnt(1) # nlsh:ignore operation", `1:1: undefined: prnt (did you mean "print"?) (undefined)`},
		{"prnt(1)\nprnt(2)\n# nlsh:ignore-file undefined -- reason", ""},
		{"print(1) # nlsh:ignore undefind", fmt.Sprintf("1:10: no rule %q, want one of %s (ignore)", "undefind", strings.Join(rules(), ", "))},
		{"def f():\n  # nlsh:ignore ignored-outcome\n  try_(f)\n  x = 1 # nlsh:ignore shadowed-builtin\n  return x", ""},
		{"print('# nlsh:ignore undefined'); prnt(1)", `1:35: undefined: prnt (did you mean "print"?) (undefined)`},
	} {
		if got := strings.ReplaceAll(strings.Join(check(c.text), "\n"), "x.star:", ""); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

// docs/check.md has the rules, in their order.
func TestRulesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			if name := strings.TrimSpace(cells[1]); name != "rule" && !strings.HasPrefix(name, "-") {
				got = append(got, name)
			}
		}
	}
	if want := rules(); !slices.Equal(got, want) {
		t.Errorf("docs/check.md has the rules %q, want %q", got, want)
	}
}

func rules() []string {
	var names []string
	for _, r := range lint.Rules() {
		names = append(names, r[0])
	}
	return names
}

// Nothing that can be written makes the checker panic.
func FuzzCheck(f *testing.F) {
	for _, text := range []string{
		"rt = nl.open('route')\nrt.newlink(linkinfo = {'kind': 'vxlan', 'data': {1: b'x'}}, ifname = -'a', **{})",
		"def f(*, a = 1, **k): return [a for a, (b, c) in k if a == b]", "load('m.star', 'f')\n(x) = [1, 2][0:1]",
		"# nlsh:ignore\nwhile 1: pass", "lambda *: 1", "rt.newroute(multipath = [{'gateway': 1}, 3])",
	} {
		f.Add(text)
	}
	c := config()
	f.Fuzz(func(t *testing.T, text string) {
		found := c.Check("x.star", []byte(text))
		if !slices.IsSortedFunc(found, func(a, b lint.Finding) int { return a.Line - b.Line }) {
			t.Errorf("not in the order of the text: %v", found)
		}
	})
}
