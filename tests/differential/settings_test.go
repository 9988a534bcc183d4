package differential

import (
	"fmt"
	"testing"
)

// testSettings compares what is short: ids of namespaces, settings of IPv4 and
// IPv6, and address labels.
func testSettings(t *testing.T, b *bench) {
	c := newComparison(t, "namespace ids")
	c.with(ipNSIDs, func() []*object { return b.dump(t, "getnsid", nil) }, func() []found {
		return show(t, func(f map[string]string) string { return "nsid " + f["nsid"] }, "ip", "netns", "list-id")
	})
	c.finish(aloneNSIDs, map[peer]int{byIP: 1})

	c = newComparison(t, "netconf")
	c.with(ipNetconf, func() []*object { return b.dump(t, "getnetconf", nil) }, func() []found {
		return show(t, func(f map[string]string) string { return "netconf " + f["family"] + " " + f["interface"] }, "ip", "netconf")
	})
	c.finish(aloneNetconf, map[peer]int{byIP: 150})

	c = newComparison(t, "address labels")
	c.with(ipLabels, func() []*object { return b.dump(t, "getaddrlabel", map[string]any{"ifal-family": "inet6"}) }, func() []found {
		return show(t, func(f map[string]string) string { return "label " + f["address"] + "/" + f["prefixlen"] }, "ip", "addrlabel")
	})
	c.finish(aloneLabels, map[peer]int{byIP: 30})
}

var ipNSIDs = &table{
	peer: byIP, key: func(v view) string { return fmt.Sprintf("nsid %s", v.text("nsid")) },
	rows: []row{signed("nsid", "nsid")},
	skip: []exception{{path: "name", why: "of a file that ip finds in /run/netns"}},
}

// confInterface is an interface, or the enum's name for what is none.
func confInterface(v view) string {
	if s := v.s("ifindex"); s == "all" || s == "default" {
		return s
	}
	return v.o.world.link(v.n("ifindex"))
}

var ipNetconf = &table{
	peer: byIP, key: func(v view) string { return "netconf " + v.s("hdr.ncm-family") + " " + confInterface(v) },
	rows: []row{
		text("family", "hdr.ncm-family"), {key: "interface", want: func(v view) any { return confInterface(v) }},
		onoff("forwarding", "forwarding"), text("rp_filter", "rp-filter"), onoff("mc_forwarding", "mc-forwarding"),
		onoff("proxy_neigh", "proxy-neigh"), onoff("ignore_routes_with_linkdown", "ignore-routes-with-linkdown"), onoff("input", "input"),
	},
}

var ipLabels = &table{
	peer: byIP, key: func(v view) string { return fmt.Sprintf("label %s/%d", v.s("address"), v.n("hdr.ifal-prefixlen")) },
	rows: []row{
		text("address", "address"), num("prefixlen", "hdr.ifal-prefixlen"), num("label", "label"),
		{key: "ifname", want: func(v view) any {
			if v.n("hdr.ifal-index") == 0 {
				return nil
			}
			return v.o.world.link(v.n("hdr.ifal-index"))
		}},
	},
}
