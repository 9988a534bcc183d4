package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func testRoutes(t *testing.T, b *bench) {
	c := newComparison(t, "routes")
	nlsh := func() []*object { return b.dump(t, "getroute", nil) }
	c.with(ipRoutes, nlsh, func() []found { return ipRouteList(t) })
	c.with(vishRoutes, nlsh, func() []found { return vishRouteList(t, b) })
	c.finish(aloneRoutes, map[peer]int{byIP: 700, byVish: 600})
}

var vishRoutes = &table{
	peer: byVish, zero: true, key: routeKey,
	rows: []row{
		num("LinkIndex", "oif"), num("ILinkIndex", "iif"), num("Scope", "hdr.rtm-scope"),
		{key: "Dst", want: func(v view) any {
			dst := v.s("dst")
			if dst == "" {
				dst = map[string]string{"inet": "0.0.0.0", "inet6": "::"}[v.s("hdr.rtm-family")]
			}
			return fmt.Sprintf("%s/%d", dst, v.n("hdr.rtm-dst-len"))
		}},
		text("Src", "prefsrc"), text("Gw", "gateway"),
		num("Protocol", "hdr.rtm-protocol"), num("Priority", "priority"), num("Family", "hdr.rtm-family"),
		{key: "Table", want: wholeTable("hdr.rtm-table")}, num("Type", "hdr.rtm-type"), num("Tos", "hdr.rtm-tos"),
		num("Flags", "hdr.rtm-flags"), num("Realm", "flow"),
		num("Via.AddrFamily", "via.rtvia-family"), text("Via.Addr", "via.rtvia-addr"),
		{key: "MultiPath", want: func(v view) any {
			var hops []any
			for _, hop := range v.all("multipath") {
				hops = append(hops, part(hop, vishHop))
			}
			return hops
		}},
		num("MTU", "metrics.mtu"), num("Window", "metrics.window"), num("Rtt", "metrics.rtt"), num("RttVar", "metrics.rttvar"),
		num("Ssthresh", "metrics.ssthresh"), num("Cwnd", "metrics.cwnd"), num("AdvMSS", "metrics.advmss"),
		num("Reordering", "metrics.reordering"), num("Hoplimit", "metrics.hoplimit"), num("InitCwnd", "metrics.initcwnd"),
		num("Features", "metrics.features"), num("RtoMin", "metrics.rto-min"), num("InitRwnd", "metrics.initrwnd"),
		num("QuickACK", "metrics.quickack"), text("Congctl", "metrics.cc-algo"),
		num("FastOpenNoCookie", "metrics.fastopen-no-cookie"),
		{key: "MTULock", want: func(v view) any { return slices.Equal(v.flags("metrics.lock"), []string{"mtu"}) }},
		{key: "RtoMinLock", want: func(v view) any { return slices.Equal(v.flags("metrics.lock"), []string{"rto-min"}) }},
		{key: "Encap", want: vishEncap},
	},
	skip: []exception{
		{path: "MPLSDst", why: "MPLS only; this kernel has none"}, {path: "NewDst", why: "MPLS only; this kernel has none"},
		{path: "Encap.Flags*", why: "bookkeeping of the library: which attributes there are"},
		{path: "Via", why: "none: nothing to compare"},
	},
}

var vishHop = []row{
	num("LinkIndex", "rtnh-ifindex"), num("Hops", "rtnh-hops"), text("Gw", "gateway"), num("Flags", "rtnh-flags"),
}

// vishEncap is what the library knows of a tunnel: nothing of kind ip.
func vishEncap(v view) any {
	switch v.s("encap-type") {
	case "seg6":
		return part(v, []row{num("Mode", "encap.srh.mode"), {key: "Segments", want: func(v view) any { return segments(v) }}})
	case "seg6-local":
		return part(v, []row{num("Action", "encap.action"), text("In6Addr", "encap.nh6")})
	}
	return nil
}

func vishRouteList(t *testing.T, b *bench) []found {
	t.Helper()
	var list []found
	b.inside(t, func() error {
		for name, family := range map[string]int{"inet": netlink.FAMILY_V4, "inet6": netlink.FAMILY_V6} {
			all := &netlink.Route{Table: unix.RT_TABLE_UNSPEC}
			routes, err := netlink.RouteListFiltered(family, all, netlink.RT_FILTER_TABLE)
			if err != nil {
				return err
			}
			for _, r := range routes {
				list = append(list, found{fields: fields(r), key: vishRouteKey(b, name, r)})
			}
		}
		return nil
	})
	return list
}

func vishRouteKey(b *bench, family string, r netlink.Route) string {
	ones, _ := r.Dst.Mask.Size()
	dst := r.Dst.IP.String()
	if r.Dst.IP.IsUnspecified() && ones == 0 {
		dst = "default"
	}
	device := "-"
	if r.LinkIndex != 0 {
		device = b.world.link(uint64(r.LinkIndex))
	}
	kind := map[int]string{unix.RTN_UNICAST: "unicast", unix.RTN_LOCAL: "local", unix.RTN_BROADCAST: "broadcast", unix.RTN_ANYCAST: "anycast",
		unix.RTN_MULTICAST: "multicast", unix.RTN_BLACKHOLE: "blackhole", unix.RTN_UNREACHABLE: "unreachable",
		unix.RTN_PROHIBIT: "prohibit", unix.RTN_THROW: "throw"}[r.Type]
	return strings.TrimSpace(fmt.Sprintf("route %s table %d %s %s/%d tos %d metric %d dev %s", family, r.Table, kind, dst, ones, r.Tos, r.Priority, device))
}
