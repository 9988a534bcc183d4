package builtins_test

import (
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/sock/socktest"
)

const aboutScript = `rt = nl.open("route")
def outer(a, b = 5, *rest, **more):
    """Does this.

    And that.
    """
    return lambda x: x + 1
inner = outer(1)
s = "lo"
m = rt.newlink.msg(ifname = "a", linkinfo = {"kind": "vlan"})
nest = m.linkinfo
many = {"a": 1}
a = [0] * 40
for _ in range(8):
    a = [a] * 40
`

// asked is the answer to NAME? and NAME??.
func asked(t *testing.T, name string, source bool) string {
	t.Helper()
	var out strings.Builder
	reg := kernel(t, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} })
	h := host.New(host.Options{Globals: builtins.Globals(builtins.Config{Registry: reg, Interactive: true}), Stdout: &out})
	src, err := host.NewSource("about.star", "", []byte(aboutScript))
	if err != nil {
		t.Fatal(err)
	}
	owner := host.NewOwner("test", nil)
	ref := builtins.NewReference(h.Globals(), reg)
	err = h.Run(host.Job{Owner: owner}, func(th *starlark.Thread) error {
		if _, err := h.Interact(th, src); err != nil {
			return err
		}
		about := ref.About
		if source {
			about = ref.Source
		}
		return about(th, name, h.Globals()[name])
	})
	if closed := owner.Close(); closed != nil {
		t.Error(closed)
	}
	if err != nil {
		return cause(err).Error()
	}
	if err := h.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAbout(t *testing.T) {
	for name, want := range map[string][]string{
		"outer":                {"def outer(a, b = 5, *rest, **more)\n\nDoes this.\n\nAnd that.\n\nDefined at about.star:2:1.\n"},
		"inner":                {"def lambda(x)\n\nDefined at about.star:7:12.\n"},
		"s":                    {"string of 2 bytes\n\n\"lo\"\n\nhas:\n  capitalize, "},
		"many":                 {"dict of 1\n\n{\"a\": 1}\n"},
		"a":                    {"list of 40\n\nhas:\n  append, "},
		"rt":                   {"route: a family", "Defined in rt-link.yaml.\n"},
		"m":                    {"message newlink: type message\n", "largest packet, in bytes", "Defined in rt-link.yaml.\n"},
		"nest":                 {"message linkinfo-attrs: type message\n", "kind "},
		"nl":                   {"nl: module\n"},
		"rt.newlink.mtu":       {"rt.newlink.mtu: attribute 4 (mtu)\n"},
		"rt.newlink.operstate": {"one of unknown, ", "values of operstate:", "dormant"},
		"m.linkinfo.kind":      {"m.linkinfo.kind: attribute 1 (kind)\n"},
		"rt.newlink.mtuu":      {`operation route.newlink has no attribute "mtuu" (did you mean "mtu"?)`},
		"rt.newlnk":            {`family route has no attribute "newlnk" (did you mean "newlink"?)`},
		"m.mtuu":               {`message newlink has no attribute "mtuu" (did you mean "mtu"?)`},
		"outr":                 {`got unknown name "outr", `, `(did you mean "outer"?)`},
		"s.x.y":                {`string has no attribute "x"`},
		"many.x":               {`dict has no attribute "x"`},
		"rt-link.mtu":          {"rt-link.mtu", "unknown name"},
	} {
		got := asked(t, name, false)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: got\n%swant in it %q", name, got, part)
			}
		}
	}
}

func TestSource(t *testing.T) {
	for name, want := range map[string][]string{
		"outer": {"# about.star:2:1\ndef outer(a, b = 5, *rest, **more):\n", "    return lambda x: x + 1\n"},
		"inner": {"# about.star:7:12\n    return lambda x: x + 1\n"},
		"m": {"rt-link.newlink: do request 16", "    # rt-link.yaml\n  struct ifinfomsg, 16 bytes\n", "    @4   ifi-index: s32 (ifindex)\n  ",
			"  set link-attrs\n", "      4 mtu: u32\n", "          set linkinfo-attrs\n", "              1 kind: string\n", "vlan: set linkinfo-vlan-attrs\n"},
		"nest": {"  set linkinfo-attrs\n      1 kind: string\n"},
		"rt":   {"rt-link.newlink: do request 16", "rt-addr.getaddr: do request 22, "},
		"s":    {"string of 2 bytes"},
		"nl":   {"nl: module"},
		"help": {"help is written in Go; help? tells about it"},
	} {
		got := asked(t, name, true)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: got\n%swant in it %q", name, got, part)
			}
		}
	}
}
