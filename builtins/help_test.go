package builtins_test

import (
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
)

// helpOf is what help prints of an expression.
func helpOf(t *testing.T, expr string) string {
	t.Helper()
	p := &program{t: t, reg: registry(), ns: newNetns(t)}
	if err := p.run("help.star", preamble+"help("+expr+")\n"); err != nil {
		t.Fatal(host.Format(err, false))
	}
	return p.out.String()
}

func TestHelp(t *testing.T) {
	for expr, parts := range map[string][]string{
		``:                          {"builtins:\n", "  nl.open ", "types:\n", "  message ", "families:\n", "  rt-link "},
		`nl.open`:                   {"nl.open(name, netns = None, groups = None,", "parameters:\n", "  strict    bool, True by default; ", "example:\n    rt = nl.open(\"route\")\n"},
		`nl`:                        {"nl: module\n", "  load_spec  function; reads a spec"},
		`netns`:                     {"netns: module\n", "  host   netns; "},
		`rt`:                        {"route: a family", "rt-addr:\n", "  newlink        do; ", "multicast groups:\n"},
		`rt.newlink`:                {"rt-link.newlink: operation (do)\n", "fixed header ifinfomsg:\n", "attributes link-attrs:\n", "  mtu  ", "  linkinfo  "},
		`rt.newlink.msg`:            {"route.newlink.msg(fields = None, timeout = None,", "example:\n"},
		`rt.getlink(ifname = "lo")`: {"message getlink: type message\n", "attributes link-attrs:\n"},
		`"message"`:                 {"message: type\n", "  to_dict  method; "},
		`"has"`:                     {"message.has(name)\n"},
		`try_(len, 1)`:              {"outcome: type\n", "  error  error; "},
		`try_`:                      {"try_(fn, *args, **kwargs)\n", "  fn"},
		`try_(len, 1).error`:        {"error: type\n", "  extack   string; "},
		`exit`:                      {"exit(status = 0)\n"},
		`len`:                       {"len: a builtin of Starlark itself\n"},
		`[1]`:                       {"list: a value of Starlark itself\n"},
		`None`:                      {"NoneType: a value of Starlark itself\n"},
		`lambda: 1`:                 {"def lambda()\n"},
		`"rt-link.newlink.mtu"`:     {"rt-link.newlink.mtu: attribute 4 (mtu)\n", "Type: u32.\n"},
		`"rt-link.operstate"`:       {"rt-link.operstate: enum\n", "up              6\n"},
		`"rt-link.ifinfomsg"`:       {"rt-link.ifinfomsg: struct of 16 bytes\n"},
	} {
		got := helpOf(t, expr)
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("help(%s): no %q in\n%s", expr, part, got)
			}
		}
		for line := range strings.Lines(got) {
			if line = strings.TrimRight(line, "\n"); len([]rune(line)) > 100 || strings.TrimRight(line, " ") != line {
				t.Errorf("help(%s): a line of %d columns, want at most 100 and no spaces at its end: %q", expr, len([]rune(line)), line)
			}
		}
	}
}

// Everything that is registered can be asked for by its name, and fits.
func TestHelpOfEverything(t *testing.T) {
	ref := reference()
	var names []string
	for _, d := range ref.Registered() {
		names = append(names, d.Name)
	}
	names = append(names, registry().Names()...)
	names = append(names, specNames()...)
	for _, name := range names {
		text, err := ref.Text(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for line := range strings.Lines(text) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 100 {
				t.Errorf("%s: a line of %d columns, want at most 100 (96 in the example of a doc): %s", name, n, line)
			}
		}
	}
}

func TestHelpOfUnknownNames(t *testing.T) {
	for name, want := range map[string]string{
		"nl.opne":                  `got unknown name "nl.opne", want a builtin, a type, a family, an operation or an attribute (did you mean "nl.open"?)`,
		"rt-lnik":                  `got unknown name "rt-lnik", want a builtin, a type, a family, an operation or an attribute (did you mean "rt-link"?)`,
		"rt-link.getlnk":           `got unknown name "rt-link.getlnk", want a builtin, a type, a family, an operation or an attribute (did you mean "rt-link.getlink"?)`,
		"rt-link.getlink.mtu.x":    `got unknown name "rt-link.getlink.mtu.x", want a builtin, a type, a family, an operation or an attribute (did you mean "rt-link.getlink"?)`,
		"rt-link.getlink.family.x": `got unknown name "rt-link.getlink.family.x", want a builtin, a type, a family, an operation or an attribute (did you mean "rt-link.getlink"?)`,
		".":                        `got unknown name ".", want a builtin, a type, a family, an operation or an attribute (without a name, everything is listed)`,
	} {
		_, err := reference().Text(name)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v\nwant %s", name, err, want)
		}
	}
}
