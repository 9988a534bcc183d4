package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func testNeighbours(t *testing.T, b *bench) {
	c := newComparison(t, "neighbours")
	nlsh := func() []*object { return b.dump(t, "getneigh", nil) }
	c.with(ipNeighs, nlsh, func() []found { return show(t, ipNeighKey, "ip", "-s", "neigh", "show", "nud", "all") })
	c.with(vishNeighs, nlsh, func() []found {
		return vishNeighList(t, b, func() ([]netlink.Neigh, error) { return netlink.NeighList(0, 0) })
	})
	c.finish(aloneNeighs, map[peer]int{byIP: 100, byVish: 100})

	c = newComparison(t, "proxies")
	nlsh = func() []*object { return b.dump(t, "getneigh", map[string]any{"ndm-flags": "proxy"}) }
	c.with(ipNeighs, nlsh, func() []found { return show(t, ipNeighKey, "ip", "-s", "neigh", "show", "proxy") })
	c.with(vishNeighs, nlsh, func() []found {
		return vishNeighList(t, b, func() ([]netlink.Neigh, error) { return netlink.NeighProxyList(0, 0) })
	})
	c.finish(aloneNeighs, map[peer]int{byIP: 6, byVish: 8})
}

func testForwarding(t *testing.T, b *bench) {
	c := newComparison(t, "forwarding entries")
	nlsh := func() []*object { return b.dump(t, "getneigh", map[string]any{"ndm-family": "bridge"}) }
	c.with(ipFDB, nlsh, func() []found { return show(t, ipFDBKey, "bridge", "-s", "fdb") })
	c.with(vishFDB, nlsh, func() []found {
		return vishNeighList(t, b, func() ([]netlink.Neigh, error) { return netlink.NeighList(0, unix.AF_BRIDGE) })
	})
	c.finish(aloneFDB, map[peer]int{byIP: 150, byVish: 150})
}

func neighKey(v view) string {
	return fmt.Sprintf("neigh %s %s", v.o.world.link(v.n("hdr.ndm-ifindex")), v.s("dst"))
}

func ipNeighKey(f map[string]string) string { return "neigh " + f["dev"] + " " + f["dst"] }

// null is a key without a value, shown where a flag is set.
func null(key, path, name string) row {
	return row{key: key, want: func(v view) any {
		if slices.Contains(v.flags(path), name) {
			return "<nil>"
		}
		return nil
	}}
}

// hundredths are whole seconds of a time in 1/100 s.
func hundredths(key, path string) row {
	return row{key: key, want: func(v view) any {
		if n, ok := v.num(path).(uint64); ok {
			return n / 100
		}
		return nil
	}}
}

var ipNeighs = &table{
	peer: byIP, key: neighKey,
	rows: []row{
		text("dst", "dst"), dev("dev", "hdr.ndm-ifindex"),
		{key: "lladdr", want: func(v view) any {
			if v.has("lladdr") && emptyMAC(v) {
				return unlike("a device without addresses sends an empty one, and ip shows the byte behind it")
			}
			return v.text("lladdr")
		}},
		null("router", "hdr.ndm-flags", "router"), null("proxy", "hdr.ndm-flags", "proxy"),
		null("extern_learn", "hdr.ndm-flags", "ext-learned"), null("offload", "hdr.ndm-flags", "offloaded"),
		null("managed", "flags-ext", "managed"),
		set("refcnt", "cacheinfo.refcnt"), hundredths("used", "cacheinfo.used"), hundredths("confirmed", "cacheinfo.confirmed"),
		hundredths("updated", "cacheinfo.updated"), num("probes", "probes"),
		{key: "state", want: func(v view) any {
			list := []string{}
			for _, s := range v.flags("hdr.ndm-state") {
				list = append(list, strings.ToUpper(s))
			}
			if len(list) == 0 {
				return nil
			}
			return list
		}},
		text("protocol", "protocol"), num("vlan", "vlan"), num("vni", "vni"),
	},
}

var vishNeighRows = []row{
	num("LinkIndex", "hdr.ndm-ifindex"), num("Family", "hdr.ndm-family"), num("State", "hdr.ndm-state"), num("Type", "hdr.ndm-type"),
	num("Flags", "hdr.ndm-flags"), num("FlagsExt", "flags-ext"), text("IP", "dst"),
	num("Vlan", "vlan"), num("VNI", "vni"), num("MasterIndex", "master"),
	num("Confirmed", "cacheinfo.confirmed"), num("Used", "cacheinfo.used"), num("Updated", "cacheinfo.updated"),
	{key: "HardwareAddr", want: func(v view) any {
		if emptyMAC(v) {
			return nil
		}
		return v.text("lladdr")
	}},
}

func emptyMAC(v view) bool { return v.s("lladdr") == "" || v.s("lladdr") == `b""` }

var (
	vishNeighs = &table{peer: byVish, zero: true, key: neighKey, rows: vishNeighRows,
		skip: []exception{{path: "LLIPAddr", why: "NHRP only; none here"}}}
	vishFDB = &table{peer: byVish, zero: true, key: fdbKey, rows: vishNeighRows, skip: vishNeighs.skip}
)

func vishNeighList(t *testing.T, b *bench, list func() ([]netlink.Neigh, error)) []found {
	t.Helper()
	var all []found
	b.inside(t, func() error {
		neighs, err := list()
		for _, n := range neighs {
			f := found{fields: fields(n)}
			f.key = fmt.Sprintf("neigh %s %s", b.world.link(uint64(n.LinkIndex)), n.IP)
			if n.Family == unix.AF_BRIDGE {
				f.key = fmt.Sprintf("fdb %s %s %s self=%v", b.world.link(uint64(n.LinkIndex)), n.HardwareAddr, f.fields["IP"], n.Flags&netlink.NTF_SELF != 0)
			}
			all = append(all, f)
		}
		return err
	})
	return all
}

func fdbKey(v view) string {
	return fmt.Sprintf("fdb %s %s %s self=%v", v.o.world.link(v.n("hdr.ndm-ifindex")), v.s("lladdr"), v.s("dst"),
		slices.Contains(v.flags("hdr.ndm-flags"), "self"))
}

func ipFDBKey(f map[string]string) string {
	self := false
	for path, value := range f {
		self = self || strings.HasPrefix(path, "flags[") && value == "self"
	}
	return fmt.Sprintf("fdb %s %s %s self=%v", f["ifname"], f["mac"], f["dst"], self)
}

var ipFDB = &table{
	peer: byIP, key: fdbKey,
	rows: []row{
		text("mac", "lladdr"), dev("ifname", "hdr.ndm-ifindex"), text("dst", "dst"), num("vlan", "vlan"), num("port", "port"),
		num("vni", "vni"), num("src_vni", "src-vni"), dev("viaIf", "ifindex"), signed("linkNetNsId", "link-netnsid"),
		hundredths("used", "cacheinfo.used"), hundredths("updated", "cacheinfo.updated"), dev("master", "master"),
		num("nhid", "nh-id"),
		{key: "flags", want: func(v view) any {
			list := []string{}
			for _, f := range v.flags("hdr.ndm-flags") {
				if other := map[string]string{"ext-learned": "extern_learn", "offloaded": "offload"}[f]; other != "" {
					f = other
				}
				list = append(list, f)
			}
			return list
		}},
		{key: "state", want: func(v view) any { return fdbState(v.flags("hdr.ndm-state")) }},
	},
}

// fdbState is a state of a neighbour in the words of bridge(8).
func fdbState(flags []string) string {
	switch {
	case slices.Contains(flags, "permanent"):
		return "permanent"
	case slices.Contains(flags, "noarp"):
		return "static"
	case slices.Contains(flags, "stale"):
		return "stale"
	}
	return ""
}
