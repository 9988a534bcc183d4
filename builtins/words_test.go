package builtins_test

import (
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
)

// A word that people bring along is none of ours, and what it leads to is.
func TestWordsLeadSomewhere(t *testing.T) {
	names := map[string]bool{"exit": true, "args": true, "True": true, "False": true, "None": true}
	kinds := map[string]bool{}
	for _, d := range reference().Registered() {
		kinds[d.Name] = true
		names[d.Name] = names[d.Name] || d.Type != "type" // a type is no name in a script
		for _, m := range d.Members {
			if d.Type == "type" || d.Type == "module" {
				names[d.Name+"."+m] = true
			}
		}
	}
	for word, hint := range builtins.Words() {
		kind, member, dotted := strings.Cut(word, ".")
		if names[word] || starlark.Universe.Has(word) {
			t.Errorf("%s: there is such a name", word)
		}
		if dotted && (member == "" || !kinds[kind]) {
			t.Errorf("%s: there is no %s", word, kind)
		}
		if strings.ContainsAny(hint, " (") {
			continue
		}
		if !names[hint] && !names[kind+"."+hint] {
			t.Errorf("%s: leads to %q, which is not there", word, hint)
		}
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{`import os`, `got import, want primary expression (modules are loaded: load("@std//ip.star", "ip"); nl, json, re, time and more are there without)`},
		{`print(f"{x}")`, `got string literal, want ',' (there are no f-strings: "%s is up" % name, or "{} is up".format(name))`},
		{`print "x"`, `got string literal, want newline`},
		{"try:\n    pass", `got try, want primary expression (try_(fn, *args) calls fn and returns an outcome with ok, value and error)`},
		{`open("x")`, `undefined: open (did you mean "read_file"?)`},
		{`prnt("x")`, `undefined: prnt (did you mean print?)`},
		{`ip.link`, `undefined: ip (load("@std//ip.star", "ip") has iproute2's verbs)`},
	} {
		_, err := host.NewSource("x.star", "", []byte(tt.src))
		if err != nil {
			t.Fatal(err)
		}
		p := &program{t: t, reg: registry()}
		err = p.run("x.star", tt.src)
		if err == nil {
			t.Errorf("%s: runs", tt.src)
			continue
		}
		first, _, _ := strings.Cut(host.Format(err, false), "\n")
		msg := first[strings.Index(first, ": ")+2:]
		msg = msg[strings.Index(msg, ": ")+2:]
		line, _, _ := strings.Cut(tt.src, "\n")
		if got := builtins.Explain(msg, line); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

func TestMissingMembers(t *testing.T) {
	for src, want := range map[string]string{
		`json.loads("1")`: `json has no attribute "loads" (did you mean "json.decode"?)`,
		`time.sleep(1)`:   `time has no attribute "sleep" (sleep("250ms") is a builtin of its own)`,
		`math.foo`:        `math has no attribute "foo"`,
		`log.shout`:       `log has no attribute "shout" (it has debug, error, info, warn)`,
		`nl.open("route", netns = netns.new()).link_add`:                         `family route has no attribute "link_add" (help(family) lists its operations)`,
		`nl.open("route", netns = netns.new()).getlink.dump().filter`:            `dump has no attribute "filter" (did you mean "where"?)`,
		`nl.open("route", netns = netns.new()).getlink(ifname = "lo").get`:       `message getlink has no attribute "get" (m.mtu, or m["mtu"], is None where it is absent; m.has("mtu") tells)`,
		`nl.open("route", netns = netns.new()).getlink(ifname = "lo").ifindex`:   `message getlink has no attribute "ifindex" (did you mean "index"?)`,
		`nl.open("route", netns = netns.new()).getlink(ifname = "lo")["name"]`:   `message getlink has no attribute "name" (did you mean "ifname"?)`,
		`getattr(json, "x", None) or hasattr(json, "x") or fail("as it should")`: `fail: as it should`,
	} {
		p := &program{t: t, reg: registry()}
		err := p.run("x.star", src)
		if err == nil || !slices.Contains(strings.Split(host.Format(err, false), "\n"), "  "+strings.TrimPrefix(want, "fail: ")) {
			t.Errorf("%s\ngot %v\nwant %s", src, err, want)
		}
	}
}
