package repl

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/nlsh/nlsh/internal/host"
)

func testNames() *Names {
	fn := starlark.NewBuiltin("newlink", nil)
	rt := starlarkstruct.FromStringDict(starlark.String("family"), starlark.StringDict{"newlink": fn, "getlink": fn, "_private": fn, "name": starlark.String("x")})
	globals := starlark.StringDict{
		"rt": rt, "route_table": starlark.MakeInt(1), "_hidden": starlark.MakeInt(1),
		"list": starlark.NewList([]starlark.Value{rt, starlark.String("s")}),
		"d":    starlark.NewDict(1), "<odd>": starlark.None,
	}
	_ = globals["d"].(*starlark.Dict).SetKey(starlark.String("k.x"), rt)
	return &Names{
		Globals: func() starlark.StringDict { return globals },
		Keywords: func(of, v starlark.Value) []string {
			if v == fn {
				return []string{"ifname", "ifi_flags", "mtu"}
			}
			return nil
		},
		Texts: func(of, v starlark.Value, arg Argument) ([]string, bool) {
			switch {
			case v == fn && arg.Keyword == "ifi_flags":
				return []string{"up", "broadcast"}, false
			case v == fn && arg.Keyword == "file":
				return nil, true
			case v == fn && arg.Keyword == "linkinfo" && arg.Key && fmt.Sprint(arg.Path) == "[data]":
				return []string{"vlan_id"}, false
			case v == fn && arg.Keyword == "linkinfo" && arg.Key:
				return []string{"kind", "data"}, false
			case v == fn && arg.Keyword == "linkinfo" && fmt.Sprint(arg.Path) == "[kind]":
				return []string{"vlan", "veth"}, false
			case v == fn && arg.Keyword == "" && arg.Index == 1:
				return []string{"second of " + of.Type()}, false
			}
			return nil, false
		},
		Called: func(of starlark.Value, name string, v starlark.Value, args string) starlark.Value {
			if v == fn && name == "getlink" {
				return starlark.NewList([]starlark.Value{of})
			}
			return nil
		},
		Exports: func(module string) []string { return []string{"of " + module} },
		Modules: func() []string { return []string{"@std//ip.star", "@std//topo.star"} },
	}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct{ before, word, want string }{
		{"r", "r", "range( route_table rt repr( reversed( return_"},
		{"rou", "rou", "route_table"},
		{"rt.", "", "getlink( name newlink("},
		{"rt.ne", "ne", "newlink("},
		{"rt._", "_", "_private("},
		{"x = 1; y = rt.g", "g", "getlink("},
		{"list[0].n", "n", "name newlink("},
		{`d["k.x"].ge`, "ge", "getlink("},
		{`d['k.x'].ge`, "ge", "getlink("},
		{"list[1].upp", "upp", "upper("},
		{"list[i].n", "n", ""},
		{"list[9].n", "n", ""},
		{"f().n", "n", ""},
		{"nosuch.n", "n", ""},
		{"rt.newlink.x.y", "y", ""},
		{"rt.newlink(", "", "ifname_=_ ifi_flags_=_ mtu_=_"},
		{"rt.newlink(if", "if", "ifname_=_ ifi_flags_=_ if_"},
		{"rt.newlink(ifname = ", "", ""},
		{"rt.newlink(ifname = ro", "ro", "route_table"},
		{`rt.newlink(ifname = "v0", m`, "m", "mtu_=_ max( min("},
		{`rt.newlink(ifname = "v0", ifi_flags = ["`, "", `up" broadcast"`},
		{`rt.newlink(ifname = "v0", ifi_flags = ["broadcast", "u`, "u", `up"`},
		{`rt.newlink(ifi_flags = "b`, "b", `broadcast"`},
		{`rt.newlink(mtu = "`, "", ""},
		{`load("@std//t`, "@std//t", `@std//topo.star"`},
		{`load("`, "", `@std//ip.star" @std//topo.star" testdata/`},
		{`load("testdata/folder/`, "testdata/folder/", `testdata/folder/a.star"`},
		{`"a b`, "a b", ""},
		{"x # r", "", ""},
		{`rt.getlink("a)", [1, (2)]).ap`, "ap", "append("},
		{`rt.getlink(1)[0].ge`, "ge", "getlink("},
		{`rt.getlink(1)[-1].ge`, "ge", "getlink("},
		{`rt.getlink(1)[1:].ap`, "ap", "append("},
		{`rt.getlink(1)[0].newlink(if`, "if", "ifname_=_ ifi_flags_=_ if_"},
		{`rt.getlink(1)[0].getlink(2)[0].ge`, "ge", "getlink("},
		{`rt.newlink(1).x`, "x", ""},
		{`f(rt.getlink(1)[0].ge`, "ge", "getlink("},
		{`rt.getlink(1)`, "", ""},
		{`(rt).ge`, "ge", ""},
		{`rt.newlink(linkinfo = {"`, "", `kind":_ data":_`},
		{`rt.newlink(linkinfo = {'k`, "k", `kind':_`},
		{`rt.newlink(linkinfo = {"kind": "v`, "v", `vlan" veth"`},
		{`rt.newlink(linkinfo = {"kind": "vlan", "data": {"v`, "v", `vlan_id":_`},
		{`rt.newlink(linkinfo = {"data": {"vlan_id": 1}, "k`, "k", `kind":_`},
		{`rt.newlink(1, "`, "", `second_of_struct"`},
		{`rt.newlink([1, 2], "`, "", `second_of_struct"`},
		{`rt.newlink(1, 2, "`, "", ""},
		{`rt.newlink(file = "testdata/fo`, "testdata/fo", `testdata/folder/`},
		{`rt.newlink(file = "testdata/folder/`, "testdata/folder/", `testdata/folder/a.star" testdata/folder/b.txt"`},
		{`rt.newlink(file = "testdata/folder/.`, "testdata/folder/.", `testdata/folder/.hidden"`},
		{`rt.newlink(file = "/nosuch/`, "/nosuch/", ""},
		{`load("testdata/folder/a`, "testdata/folder/a", `testdata/folder/a.star"`},
		{`load("m.star", "`, "", `of_m.star"`},
		{":lo", ":lo", ":load_"},
		{":q", ":q", ":quit"},
		{":load testdata/folder/a", "testdata/folder/a", "testdata/folder/a.star"},
		{":time rt.ge", "ge", "getlink("},
		{":ns x", "x", ""},
		{":set ta", "ta", "table"},
		{":set table o", "o", "on off"},
		{":set width ", "", "auto"},
		{":trace o", "o", "on off"},
		{":monitor of", "of", "off"},
		{":monitor a of", "of", "off"},
		{"# r\nrou", "rou", "route_table"},
		{`"""a` + "\n" + `b""" + rou`, "rou", "route_table"},
		{`'it\'s' + rou`, "rou", "route_table"},
		{"_h", "_h", "_hidden"},
		{"wh", "wh", "while_"},
		{"", "", ""},
		{"((((", "", ""},
		{"]])", "", ""},
	} {
		word, list := testNames().Complete(c.before)
		var got []string
		for _, one := range list {
			got = append(got, strings.ReplaceAll(one.Name+one.Tail, " ", "_"))
		}
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		if word != c.word || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: got %q %q, want %q %q", c.before, word, got, c.word, want)
		}
	}
}

// TAB adds what all have in common; where that is nothing, all are listed.
func TestCompleter(t *testing.T) {
	for _, c := range []struct {
		line, word string
		list       []Candidate
		want       string // what is added, and how much of the word there was
		listed     string
	}{
		{"f(⏎  ", "", nil, "[    ] 0", ""},
		{"x.zz", "zz", nil, "[] 0", ""},
		{"x.ab", "ab", []Candidate{{"abc", "("}}, "[c(] 2", ""},
		{"x.ab", "ab", []Candidate{{"abcd", ""}, {"abce", ""}}, "[c] 2", ""},
		{"x.ab", "ab", []Candidate{{"abc", "("}, {"abd", ""}}, "[] 0", "abc  abd\n"},
		{"x.日", "日", []Candidate{{"日本", ""}, {"日語", ""}, {"日x", ""}}, "[] 0", "日本  日x\n日語\n"},
		{"x.日", "日", []Candidate{{"日本語", ""}, {"日本", ""}}, "[本] 1", ""},
	} {
		var listed string
		comp := completer{
			complete: func(string) (string, []Candidate) { return c.word, c.list },
			list:     func(text string) { listed += text },
			width:    func() int { return 12 },
		}
		got, n := comp.Do([]rune(c.line+" more"), len([]rune(c.line)))
		var tails []string
		for _, tail := range got {
			tails = append(tails, string(tail))
		}
		if text := fmt.Sprint(tails, " ", n); text != c.want || listed != c.listed {
			t.Errorf("%q: got %s, listed %q, want %s, %q", c.line, text, listed, c.want, c.listed)
		}
	}
}

// What belongs behind a word is not added where it stands already.
func TestCompleterInside(t *testing.T) {
	c := completer{complete: func(string) (string, []Candidate) { return "ab", []Candidate{{"abc", "("}} }, list: func(string) {}, width: func() int { return 80 }}
	for line, want := range map[string]string{"ab(1)": "c", "ab[1]": "c(", "ab": "c("} {
		if got, n := c.Do([]rune(line), 2); n != 2 || len(got) != 1 || string(got[0]) != want {
			t.Errorf("%s: got %q, %d, want %q", line, got, n, want)
		}
	}
}

func TestColumns(t *testing.T) {
	names := make([]string, mostListed+1)
	for i := range names {
		names[i] = "n"
	}
	if got := columns(names, 1); strings.Count(got, "\n") != mostListed+1 || !strings.HasSuffix(got, "n\n...\n") {
		t.Errorf("got %d lines", strings.Count(got, "\n"))
	}
	if got, want := columns([]string{"a", "b", "c", "dd", "e"}, 10), "a   dd\nb   e\nc\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A defect of the completion does not end the session.
func TestCompleterPanics(t *testing.T) {
	c := completer{complete: func(string) (string, []Candidate) { panic("defect") }}
	if got, n := c.Do([]rune("x"), 1); got != nil || n != 0 {
		t.Errorf("got %q, %d", got, n)
	}
}

func FuzzComplete(f *testing.F) {
	for _, s := range []string{`rt.newlink(ifname = "v0", m`, `d["k.x"].ge`, "x # r", `load("`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, before string) {
		word, list := testNames().Complete(before)
		for _, one := range list {
			if !strings.HasPrefix(one.Name, word) || !strings.HasSuffix(before, word) {
				t.Errorf("%q: got %q for %q", before, one.Name, word)
			}
		}
	})
}

// The variable of a loop is like what it goes over, and lines before the one that is edited count.
func TestCompleteInABlock(t *testing.T) {
	for earlier, want := range map[string]string{
		"for l in rt.getlink(1):\n":          "getlink",
		"for l in rt.getlink(1): # all\n":    "",
		"for l in nosuch:\n":                 "",
		"for l in []:\n":                     "",
		"for l in rt:\n":                     "",
		"for k in rt.getlink(1):\n":          "",
		"x = [l for l in rt.getlink(1)\n":    "getlink",
		"for l in l:\n":                      "",
		"s = '''\n":                          "",
		"rt.newlink(\n":                      "",
		"def f():\n    for l in list[:1]:\n": "getlink",
	} {
		n := testNames()
		n.earlier.Store(&earlier)
		var got []string
		_, list := n.Complete("    l.getl")
		for _, c := range list {
			got = append(got, c.Name)
		}
		if fmt.Sprint(got) != fmt.Sprint(strings.Fields(want)) {
			t.Errorf("%q: got %q, want %s", earlier, got, want)
		}
	}
	n := testNames()
	before := "rt.newlink(ifname = 1,\n"
	n.earlier.Store(&before)
	if _, list := n.Complete("  ifi_f"); len(list) != 1 || list[0].Name != "ifi_flags" {
		t.Errorf("got %v", list)
	}
}

// Completion waits for tasks, for a moment, and looks at no value beside them.
func TestCompleteAlone(t *testing.T) {
	h := host.New(host.Options{})
	n := testNames()
	if word, list := n.Alone(h, "rou"); word != "rou" || len(list) != 1 {
		t.Errorf("got %q, %v", word, list)
	}
	running, end, ended := make(chan bool), make(chan bool), make(chan error)
	go func() {
		ended <- h.Run(host.Job{}, func(*starlark.Thread) error {
			close(running)
			<-end
			return nil
		})
	}()
	<-running
	if word, list := n.Alone(h, "rou"); word != "" || list != nil {
		t.Errorf("got %q, %v beside a task", word, list)
	}
	close(end)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	n.Globals = func() starlark.StringDict { panic("defect") }
	if _, list := n.Alone(h, "rou"); list != nil {
		t.Errorf("got %v of a defect", list)
	}
}

// Where there are no namespaces, there is nothing to choose from: not even a name without letters, nor the names of code.
func TestCompleteNoNamespace(t *testing.T) {
	if word, list := testNames().Complete(":ns "); word != "" || len(list) != 0 {
		t.Errorf("got %q, %q", word, list)
	}
}
