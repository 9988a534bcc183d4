package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/lint"
)

// notClean says why nlsh check finds something in a script that is to stay so
// and cannot say so itself.
var notClean = map[string]string{}

// What the project ships and tests with is clean: scripts, the library, golden
// scenarios.
func TestScriptsAreClean(t *testing.T) {
	config, err := lintConfig(settings{})
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, dir := range []string{"scripts", "stdlib", "tests/golden", "tests/uml"} {
		list, err := filepath.Glob(filepath.Join("../..", dir, "*.star"))
		if err != nil || len(list) == 0 {
			t.Fatalf("%s: no scripts: %v", dir, err)
		}
		files = append(files, list...)
	}
	for _, file := range files {
		found, err := checkFiles(config, []string{file})
		if err != nil {
			t.Fatal(err)
		}
		reason := notClean[strings.TrimPrefix(filepath.ToSlash(file), "../../")]
		if reason == "" && len(found) > 0 {
			t.Errorf("%v\nIf it is meant, end the file with: # nlsh:ignore-file %s -- why (or give the reason in notClean, cmd/nlsh/check_test.go)", found[0], found[0].Rule)
		}
		if reason != "" && len(found) == 0 {
			t.Errorf("%s: is clean: remove it from notClean", file)
		}
	}
}

func TestCheckCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"clean.star": "print(1)\n", "typo.star": "rt = nl.open(\"route\")\nrt.getlink(ifnam = \"lo\")\n", "own.star": "x = 1\n",
		"two.star": "load(\"own.star\", \"y\")\nprnt(y)\n", "bytes.star": "a = 1\n\xff\n", "std.star": "load(\"@std//table.star\", \"tabel\")\ntabel()\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const typo = "typo.star:2:12: rt-link.getlink: got unknown name \"ifnam\", want an attribute of link-attrs or a member of ifinfomsg (did you mean \"ifname\"?) (field)\n"
	for _, c := range []struct {
		args  string
		stdin string
		code  int
		out   string
	}{
		{"clean.star", "", 0, ""},
		{"clean.star typo.star", "", 1, typo},
		{"two.star", "", 1, "two.star:1:19: own.star has no \"y\" (load)\ntwo.star:2:1: undefined: prnt (did you mean \"print\"?) (undefined)\n"},
		{"std.star", "", 1, "std.star:1:27: @std//table.star has no \"tabel\" (did you mean \"table\"?) (load)\n"},
		{"bytes.star", "", 1, "bytes.star:2:1: not UTF-8: byte 0xff at offset 6 (syntax)\n"},
		{"-", "prnt()", 1, "<stdin>:1:1: undefined: prnt (did you mean \"print\"?) (undefined)\n"},
		{"--json clean.star", "", 0, "[]\n"},
		{"", "", 2, ""},
		{"nosuch.star", "", 2, ""},
		{"--nosuch", "", 2, ""},
		{".", "", 2, ""},
	} {
		got := nlsh(t, c.stdin, append([]string{"check"}, strings.Fields(c.args)...)...)
		if got.code != c.code || got.out != c.out || (got.code == 2) != strings.HasPrefix(got.errOut, "nlsh: ") {
			t.Errorf("check %s: got %+v, want status %d, %q", c.args, got, c.code, c.out)
		}
	}
	got := nlsh(t, "", "check", "--json", "typo.star")
	var found []lint.Finding
	if err := json.Unmarshal([]byte(got.out), &found); err != nil || got.code != 1 || len(found) != 1 || found[0].String()+"\n" != typo {
		t.Errorf("--json: got %+v, %v", got, err)
	}
}

func TestDocCommand(t *testing.T) {
	for _, c := range []struct {
		args        []string
		code        int
		out, errOut string // parts
	}{
		{nil, 0, "rt-link", ""},
		{[]string{"nl.open"}, 0, "nl.open(name, netns = None,", ""},
		{[]string{"netns"}, 0, "netns: type", ""},
		{[]string{"message.raw"}, 0, "message.raw(name)", ""},
		{[]string{"raw"}, 0, "message.raw(name)", ""},
		{[]string{"exit"}, 0, "exit(status = 0)", ""},
		{[]string{"route"}, 0, "getlink", ""},
		{[]string{"rt-link.newlink"}, 0, "attributes link-attrs:", ""},
		{[]string{"route.newlink.mtu"}, 0, "rt-link.newlink.mtu: attribute 4", ""},
		{[]string{"rt-link.newlink.linkinfo.data.vxlan.id"}, 0, "VNI", ""},
		{[]string{"rt-link.newlink.linkinfo.data.vxlan"}, 0, "linkinfo-vxlan-attrs", ""},
		{[]string{"rt-link.newlink.linkinfo.data"}, 0, "formats, by kind:", ""},
		{[]string{"rt-link.link-attrs.mtu"}, 0, "u32", ""},
		{[]string{"rt-link.operstate"}, 0, "lowerlayerdown", ""},
		{[]string{"mtu"}, 0, "rt-route.metrics.mtu", ""},
		{[]string{"rt-link.newlnk"}, 2, "", `did you mean "rt-link.newlink"?`},
		{[]string{"rt-link.newlink.mtuu"}, 2, "", "unknown name"},
		{[]string{"nl.opne"}, 2, "", `did you mean "nl.open"?`},
		{[]string{strings.Repeat("x", 100000)}, 2, "", "unknown name"},
		{[]string{"a", "b"}, 2, "", "accepts at most 1 arg"},
	} {
		got := nlsh(t, "", append([]string{"doc"}, c.args...)...)
		if got.code != c.code || !strings.Contains(got.out, c.out) || !strings.Contains(got.errOut, c.errOut) || c.errOut == "" && got.errOut != "" {
			t.Errorf("doc %.80q: got %.2000v, want status %d, %q, %q", c.args, got, c.code, c.out, c.errOut)
		}
		for line := range strings.Lines(got.out) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 100 {
				t.Errorf("doc %s: a line of %d columns: %s", c.args, n, line)
			}
		}
	}
}
