package builtins_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

var library = fstest.MapFS{
	"tools.star": {Data: []byte("\"\"\"Tools of all kinds.\n\nMore of them.\n\"\"\"\n\nx = 5\n\ndef hammer(nail, times = 3, *more, where = x + 1, **words):\n    \"\"\"Hits a nail.\n\n    Args:\n      nail: it\n    \"\"\"\n\ndef _saw(): pass\ndef file(): pass\n")},
	"bad.star":   {Data: []byte("def (")},
	"none.star":  {Data: nil},
	"in/a.star":  {Data: []byte("def inside(): pass")},
}

// explored is what a session prints for a text, or the error.
func explored(t *testing.T, width int, src string) string {
	t.Helper()
	var out strings.Builder
	reg := kernel(t, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} })
	globals := builtins.Globals(builtins.Config{Registry: reg, Interactive: true, Width: func() int { return width }, Library: library})
	h := host.New(host.Options{Globals: globals, Stdout: &out})
	source, err := host.NewSource("explore.star", "", []byte("rt = nl.open(\"route\")\n"+src))
	if err != nil {
		t.Fatal(err)
	}
	owner := host.NewOwner("test", nil)
	err = h.Run(host.Job{Owner: owner}, func(th *starlark.Thread) error {
		_, err := h.Exec(th, source)
		return err
	})
	if closed := owner.Close(); closed != nil {
		t.Error(closed)
	}
	if err := h.Flush(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		return cause(err).Error()
	}
	return out.String()
}

// Each line of ls and find is one of these.
func TestExplore(t *testing.T) {
	for src, want := range map[string][]string{
		`ls()`: {"rt-link      route; Network interfaces: create, change, delete, list, count.", "nlctrl       generic netlink; ",
			"\nmodules, to load\n\n", "@std//tools.star  Tools of all kinds.\n"},
		`ls("rt-link")`:                       {"rt-link: Network interfaces: ", "\noperations:\n", "rt-link.getlink ", "  do, dump; Read one link", "\nmulticast groups: link, ", "rt-link.link-attrs ", "attributes; A link."},
		`ls(rt)`:                              {"rt-link: ", "rt-addr: ", "rt-neigh.neighbour-attrs "},
		`ls("route")`:                         {"rt-link: ", "rt-neigh.neighbour-attrs "},
		`ls(rt.newlink)`:                      {"rt-link.newlink: operation (do)", "operstate ", "one of unknown, notpresent, down", "largest packet, in bytes"},
		`ls(rt.getlink.dump)`:                 {"rt-link.getlink: operation (do, dump)", "largest packet, in bytes"},
		`ls(rt.newlink.msg())`:                {"message newlink: type message", "largest packet, in bytes"},
		`ls("rt-link.mtu")`:                   {},
		`ls(nl)`:                              {"open ", "function; opens a family"},
		`ls(netns)`:                           {"host "},
		`ls(try_(len, []))`:                   {"value "},
		`ls("nl.open")`:                       {"nl.open(name, "},
		`ls(struct(a = 1))`:                   {"struct: 1 names", "\na"},
		`ls(5)`:                               {"int: a value of Starlark itself"},
		`ls("rt-lnk")`:                        {`ls: for parameter value: got unknown name "rt-lnk"`, `did you mean "rt-link"?`},
		`find("mtu")`:                         {"rt-link.link-attrs.mtu ", "u32; largest packet, in bytes", "rt-route.rtax-lock.mtu "},
		`find("bridge vlan")`:                 {"bridge-vlan ", "family; VLANs of bridges", "bridge-vlan.newvlan "},
		`find("FILE write")`:                  {"write_file "},
		`find("oper-state")`:                  {`find: for parameter text: got "oper-state"`, `did you mean "operstate"?`},
		`find("  ")`:                          {"find: for parameter text: got no words, want some"},
		`help("@std//tools.star")`:            {"@std//tools.star: a module to load\n\nTools of all kinds.\n\nMore of them.\n\nfunctions:\n  hammer  Hits a nail.\n  file\n"},
		`ls("@std//tools.star")`:              {"@std//tools.star: a module to load\n"},
		`help("@std//tools.star:hammer")`:     {"def hammer(nail, times = 3, *more, where = ..., **words)\n\nHits a nail.\n\n    Args:\n      nail: it\n\nTo load: load(\"@std//tools.star\", \"hammer\")\n"},
		`help("@std//tools.star:_saw")`:       {"unknown name"},
		`help("@std//tols.star")`:             {`did you mean "@std//tools.star"?`},
		`find("hits nail")`:                   {"1 found; ", "@std//tools.star:hammer  function to load; Hits a nail.\n"},
		`find("a")`:                           {"... 100 of ", "; more words find less\n"},
		`help("rt-link.ifinfomsg.ifi_flags")`: {"rt-link.ifinfomsg.ifi_flags: member of a struct", "no-arp"},
		`help("rt-link.operstate.dormant")`:   {"rt-link.operstate: enum", "dormant"},
		`help("rt-link.operstate.nosuch")`:    {`help: for parameter value: got unknown name "rt-link.operstate.nosuch"`},
	} {
		got := explored(t, 90, src)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: got\n%swant in it %q", src, got, part)
			}
		}
	}
}

// The best comes first, and each is a line that is no wider than the screen and begins with a name that help knows.
func TestFindOrder(t *testing.T) {
	got := strings.Split(strings.TrimSpace(explored(t, 60, `find("operstate")`)), "\n")
	if len(got) < 4 || !strings.HasPrefix(got[2], "rt-link.link-attrs.operstate ") {
		t.Errorf("got %q", got)
	}
	reg := registry()
	ref := builtins.NewReference(builtins.Globals(builtins.Config{Registry: reg}), reg).Library(library)
	for _, text := range []string{"bridge", "write", "address", "10", "socket"} {
		for _, line := range strings.Split(strings.TrimSpace(explored(t, 80, `find("`+text+`")`)), "\n")[2:] {
			name, _, _ := strings.Cut(line, " ")
			if strings.HasPrefix(line, "...") {
				continue
			}
			if _, err := ref.Text(name); err != nil || len([]rune(line)) > 80 {
				t.Errorf("%q: %s: %v", text, line, err)
			}
		}
	}
}

// Help is as wide as the terminal.
func TestHelpWidth(t *testing.T) {
	for _, width := range []int{1, 60, 150} {
		widest := 0
		for _, line := range strings.Split(explored(t, width, `help("rt-link.newlink")`), "\n") {
			widest = max(widest, len(line))
		}
		if want := max(width, 40); widest > want || widest < want-20 {
			t.Errorf("%d columns: the widest line has %d", width, widest)
		}
	}
}
