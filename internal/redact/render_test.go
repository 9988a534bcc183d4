package redact_test

import (
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// golden compares a text, written in a test with the tabs of the code in front.
func golden(t *testing.T, got, want string) {
	t.Helper()
	want = strings.TrimPrefix(strings.ReplaceAll(want, "\t", ""), "\n")
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func must(t *testing.T, table *redact.Table, n *redact.Node, o redact.Options) string {
	t.Helper()
	text, err := table.Render(n, o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// vxlan is a link with much of what there can be.
func vxlan(t *testing.T) *schema.Msg {
	return build(t, "rt-link", "getlink", 1, map[string]any{
		"ifi-type": "ether", "ifi-index": 5, "ifi-flags": []any{"up", "running"}, "ifname": "vx0", "mtu": 1400, "num-tx-queues": 4,
		"address": "02:11:22:33:44:55", "carrier-changes": 7, "gso-ipv4-max-size": 65536, "master": 6, "xdp": []schema.Field{},
		"linkinfo":  map[string]any{"kind": "vxlan", "data": map[string]any{"id": 42, "label": 1, "localbypass": 1}},
		"af-spec":   map[string]any{"inet6": map[string]any{"addr-gen-mode": "none"}},
		"prop-list": map[string]any{"alt-ifname": []any{"one", "two words"}},
		"stats64":   make([]byte, 200),
	})
}

func TestMessage(t *testing.T) {
	table := redact.NewTable()
	m := vxlan(t)
	table.Seen(m)
	golden(t, must(t, table, redact.Message(m, "newlink"), redact.Options{}), `
		newlink
		  type ether
		  index <if:vx0>
		  flags [up, running]
		  address <mac#1>
		  ifname "vx0"
		  mtu 1400
		  master <if#1>
		  linkinfo
		    kind "vxlan"
		    data
		      id 42
		      label 1
		  af_spec.inet6.addr_gen_mode none
		  xdp {}
		  prop_list.alt_ifname ["one", "two words"]
		`)
	full := must(t, table, redact.Message(m, "newlink"), redact.Options{Full: true})
	for _, line := range []string{"family unspec", "carrier_changes <n>", "num_tx_queues 4", "gso_ipv4_max_size 65536", "localbypass 1", "rx_packets <n>"} {
		if !strings.Contains(full, "  "+line+"\n") {
			t.Errorf("full lacks %s:\n%s", line, full)
		}
	}
}

func TestProjection(t *testing.T) {
	table := redact.NewTable()
	n := redact.Message(vxlan(t), "newlink")
	golden(t, must(t, table, n, redact.Options{Fields: []string{"linkinfo.kind", "ifname", "vf_ports", "num_tx_queues", "linkinfo.data.localbypass"}}), `
		newlink
		  ifname "vx0"
		  linkinfo
		    kind "vxlan"
		    data.localbypass 1
		  num_tx_queues 4
		  vf_ports None
		`)
	golden(t, must(t, table, n, redact.Options{Fields: []string{"linkinfo", "carrier-changes"}, Omit: []string{"linkinfo.data.id"}, Label: "then"}), `
		then: newlink
		  linkinfo
		    kind "vxlan"
		    data.label 1
		  carrier_changes <n>
		`)
	if text := must(t, table, n, redact.Options{Fields: []string{"stats64"}}); !strings.Contains(text, "    rx_packets <n>\n") {
		t.Errorf("what is left out as a whole does not show when it is asked for: %s", text)
	}
	for _, o := range []redact.Options{{Fields: []string{"ifname", "linkinfo.kindd"}}, {Omit: []string{"ifnam"}}, {Fields: []string{"mtu.x.y"}}} {
		text, err := table.Render(n, o)
		if o.Fields != nil && o.Fields[0] == "mtu.x.y" {
			if err != nil {
				t.Error(err) // nothing says what is inside of a number
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "want a field of what is recorded") {
			t.Errorf("%v: got %q, %v", o, text, err)
		}
	}
	_, err := table.Render(n, redact.Options{Omit: []string{"ifnam"}})
	want(t, "a typing mistake", err.Error(), `omit[0]: got "ifnam", want a field of what is recorded (did you mean "ifname"?)`)
	golden(t, must(t, table, redact.ListOf("dump getlink", nil), redact.Options{Fields: []string{"anything"}}), "dump getlink []\n")
}

// The ports of a group come in the order of the kernel's memory, and the groups
// must not be sorted by that.
func TestPortsOfAGroup(t *testing.T) {
	var texts []string
	for _, ports := range [][]int{{4, 6}, {6, 4}} {
		var infos []any
		for _, p := range ports {
			infos = append(infos, map[string]any{"ifindex": p, "vid": p, "addr": map[string]any{"u": "239.1.1.1"}})
		}
		alone := []any{map[string]any{"ifindex": 5, "vid": 5, "addr": map[string]any{"u": "239.1.1.2"}}}
		m := build(t, "mdb", "getmdb", 0, map[string]any{"mdb": map[string]any{
			"entry": []any{map[string]any{"info": infos}, map[string]any{"info": alone}},
		}})
		texts = append(texts, must(t, redact.NewTable(), redact.Message(m, "getmdb"), redact.Options{}))
	}
	if texts[0] != texts[1] || strings.Count(texts[0], "ifindex <if#") != 3 {
		t.Errorf("got\n%s\nand\n%s\nwant the same", texts[0], texts[1])
	}
}

func TestShadowedMember(t *testing.T) {
	m := build(t, "rt-neigh", "newneigh", 5, map[string]any{"ndm_ifindex": 7, "ndm_state": "noarp", "ifindex": 9})
	n := redact.Message(m, "newneigh")
	golden(t, must(t, redact.NewTable(), n, redact.Options{Fields: []string{"ndm_ifindex", "ndm_state"}}), `
		newneigh
		  state [noarp]
		  header.ifindex <if#1>
		`)
	golden(t, must(t, redact.NewTable(), n, redact.Options{Omit: []string{"ndm-ifindex"}}), `
		newneigh
		  state [noarp]
		  ifindex <if#1>
		`)
}

func TestLists(t *testing.T) {
	table := redact.NewTable()
	var list []*redact.Node
	for _, c := range []struct{ dst, mac string }{
		{"192.0.2.10", "02:00:00:00:00:0a"}, {"192.0.2.9", "02:00:00:00:00:09"}, {"192.0.2.100", "02:00:00:00:00:64"},
	} {
		list = append(list, redact.Message(build(t, "rt-neigh", "getneigh", 1, map[string]any{"dst": c.dst, "lladdr": c.mac}), "newneigh"))
	}
	sorted := `
		dump getneigh
		  - newneigh
		      dst 192.0.2.9
		      lladdr <mac#1>
		  - newneigh
		      dst 192.0.2.10
		      lladdr <mac#2>
		  - newneigh
		      dst 192.0.2.100
		      lladdr <mac#3>
		`
	golden(t, must(t, table, redact.ListOf("dump getneigh", list).Unordered(), redact.Options{}), sorted)
	golden(t, must(t, redact.NewTable(), redact.ListOf("dump getneigh", list), redact.Options{Order: redact.Sorted}), sorted)
	if text := must(t, table, redact.ListOf("l", list).Unordered(), redact.Options{Order: redact.AsTheyCame}); !strings.HasPrefix(text, "l\n  - newneigh\n      dst 192.0.2.10\n") {
		t.Errorf("sorted against the script's will:\n%s", text)
	}
	golden(t, must(t, table, redact.ListOf("list", list[:2]), redact.Options{Fields: []string{"dst"}, Label: "two"}), `
		two: list
		  - newneigh
		      dst 192.0.2.10
		  - newneigh
		      dst 192.0.2.9
		`)
	golden(t, must(t, table, redact.GroupOf("dict", []*redact.Node{
		redact.Entry("plain", redact.Text("1")), redact.Entry("list", redact.ListOf("", []*redact.Node{redact.Text("1"), redact.Text("2")})),
		redact.Entry("inner", redact.GroupOf("dict", []*redact.Node{redact.Entry("m", list[0])})),
	}), redact.Options{}), `
		dict
		  plain 1
		  list [1, 2]
		  inner
		    dict
		      m
		        newneigh
		          dst 192.0.2.10
		          lladdr <mac#2>
		`)
}

// A header repeats what an attribute says better, where it has the room.
func TestRepeatedHeader(t *testing.T) {
	table := redact.NewTable()
	route := func(small, large any) string {
		return must(t, table, redact.Message(build(t, "rt-route", "getroute", 1, map[string]any{"rtm-table": small, "table": large}), "r"), redact.Options{})
	}
	golden(t, route("main", "main"), "r\n  table main\n")
	golden(t, route("compat", 1000), "r\n  header.table compat\n  table 1000\n")
}

// The order of the wire does not matter, what is unknown or malformed is not lost.
func TestOddMessages(t *testing.T) {
	s := specs.Find("rt-link")
	set := s.FindSet("link-attrs")
	var b wire.Builder
	b.Attr(4, []byte{0, 5, 0, 0})
	b.Attr(3, []byte("v0"))
	b.Attr(900, []byte{1, 2})
	m := &schema.Msg{Spec: s, Set: set, Data: append(b.Bytes(), 9, 9, 9, 9)}
	table := redact.NewTable()
	golden(t, must(t, table, redact.Message(m, "m"), redact.Options{}), `
		m
		  ifname "v0" (0x7630)
		  mtu 1280
		  malformed 0x09090909
		`)
	if text := must(t, table, redact.Message(m, "m"), redact.Options{Full: true}); !strings.Contains(text, "[900] 0x0102\n") {
		t.Errorf("full lacks what is unknown:\n%s", text)
	}
	golden(t, must(t, table, redact.Message(m, "m"), redact.Options{Fields: []string{"[900]"}}), "m\n  [900] 0x0102\n")
}

// The bytes of a message with an identity are hidden, those without are not.
func TestPieces(t *testing.T) {
	table := redact.NewTable()
	m := vxlan(t)
	table.Seen(m)
	got := map[string]string{}
	m.Annotate(func(p schema.Piece) {
		if text, redacted := table.Piece(p, false); redacted {
			got[p.Path] = text
		}
	})
	for path, symbol := range map[string]string{
		"ifi_index": "<if:vx0>", "address": "<mac#1>", "carrier_changes": "<n>", "num_tx_queues": "<machine>", "stats64.rx_packets": "<n>", "master": "<if#1>",
	} {
		want(t, path, got[path], symbol)
	}
	for _, path := range []string{"ifname", "mtu", "linkinfo.data.id", "ifi_flags"} {
		if got[path] != "" {
			t.Errorf("%s: got %s, want its bytes", path, got[path])
		}
	}
}
