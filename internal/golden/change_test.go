package golden

import (
	"slices"
	"strings"
	"testing"
)

const told = `told: list
  - event newroute group ipv4-route
      dst 198.51.100.0
      multipath
        - flags []
          hops 0
          gateway 192.0.0.2
        - flags []
          hops 255
          gateway 192.0.1.2
  - event delroute group ipv4-route
      dst 198.51.100.0
link: newlink
  ifname "v0"
  linkinfo.kind "veth"
`

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		name, old, new string // in told
		want           Change
	}{
		{"a field of an element", "hops 255", "hops 1",
			Change{"told [0]: event newroute group ipv4-route", "told", "multipath[1].hops", "multipath.hops", "255", "1", 0}},
		{"a field that is not there", "      dst 198.51.100.0\n      multipath", "      multipath",
			Change{"told [0]: event newroute group ipv4-route", "told", "dst", "dst", "198.51.100.0", "", 0}},
		{"a field more", "  ifname \"v0\"\n", "  ifname \"v0\"\n  mtu 1500\n", Change{"link: newlink", "link", "mtu", "mtu", "", "1500", 1}},
		{"an element that is not there", "        - flags []\n          hops 0\n          gateway 192.0.0.2\n", "",
			Change{"told [0]: event newroute group ipv4-route", "told", "multipath[0]", "multipath", "\n  flags []\n  hops 0\n  gateway 192.0.0.2", "", 0}},
		{"an event that did not come", "  - event delroute group ipv4-route\n      dst 198.51.100.0\n", "",
			Change{"told [1]: event delroute group ipv4-route", "told", "", "", "event delroute group ipv4-route\n  dst 198.51.100.0", "", 0}},
		{"a nest gets a second field", `  linkinfo.kind "veth"`, "  linkinfo\n    kind \"veth\"\n    data 0x00", Change{"link: newlink", "link", "linkinfo.data", "linkinfo.data", "", "0x00", 1}},
		{"a field of a nest in one line", `kind "veth"`, `kind "bond"`, Change{"link: newlink", "link", "linkinfo.kind", "linkinfo.kind", `"veth"`, `"bond"`, 1}},
		{"another operation", "link: newlink", "link: dellink", Change{"link: dellink", "link", "", "", "link: newlink", "link: dellink", 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Replace(told, c.old, c.new, 1)
			if got == told {
				t.Fatal("nothing was replaced")
			}
			if changes := Changes(told, got); !slices.Equal(changes, []Change{c.want}) {
				t.Errorf("got %+v, want %+v\n%s", changes, c.want, Explain(changes))
			}
		})
	}
}

// What has no messages is compared by lines.
func TestNoChanges(t *testing.T) {
	for _, c := range [][2]string{{"", ""}, {"a\n", "b\n"}, {"a\n", ""}, {told, told}, {"hello\n" + told, told}, {told, told + "hello world\n"},
		{told, strings.Replace(told, "  ifname", "    ifname", 1)}, {told, strings.Replace(told, ` "v0"`, "", 1)}, {told, told + "  mtu\n"}} {
		if got := Changes(c[0], c[1]); got != nil {
			t.Errorf("%q, %q: got %+v, want none", c[0], c[1], got)
		}
	}
}

func TestExplain(t *testing.T) {
	got := strings.NewReplacer("hops 255", "hops 1", "  - event delroute group ipv4-route\n      dst 198.51.100.0\n", "", `"v0"`, `"v1"`).Replace(told)
	const want = `  told [0]: event newroute group ipv4-route
-   multipath[1].hops 255
+   multipath[1].hops 1
  told [1]: event delroute group ipv4-route
-   event delroute group ipv4-route
-     dst 198.51.100.0
  link: newlink
-   ifname "v0"
+   ifname "v1"
`
	if text := Explain(Changes(told, got)); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// Messages of the same name are told apart, and one that is on one side only from the next.
func TestExplainSameName(t *testing.T) {
	const want = "newlink\n  mtu 1\nnewlink\n  mtu 1\nlist\n  - a\n      x 1\n  - a\n      x 2\n      y 3\n      z 4\n"
	const got = "newlink\n  mtu 2\nnewlink\n  mtu 3\nlist\n  - a\n      x 2\n      y 3\n      z 5\n"
	const text = `  newlink
-   mtu 1
+   mtu 2
  newlink
-   mtu 1
+   mtu 3
  list [0]: a
-   a
-     x 1
  list [0]: a
-   z 4
+   z 5
`
	if got := Explain(Changes(want, got)); got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
}

// Any two texts can be compared; what is the same has no changes, and what has changes is not the same.
func FuzzChanges(f *testing.F) {
	f.Add(told, "")
	f.Add(told, strings.ToUpper(told))
	f.Add("- \n  - a\n -b\n[1].x.y z", "   - - a\n\n b")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, n := range outline(a) {
			if n.whole == "" && n.text != "" {
				t.Errorf("%q has no text", n.text)
			}
		}
		changes := Changes(a, b)
		if a == b && changes != nil {
			t.Errorf("got %+v of the same text", changes)
		}
		Explain(changes)
	})
}
