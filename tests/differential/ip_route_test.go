package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func routeKey(v view) string {
	dst := v.s("dst")
	if dst == "" {
		dst = "default"
	}
	return fmt.Sprintf("route %s table %d %s %s/%d tos %d metric %d dev %s", v.s("hdr.rtm-family"), v.n("table"), v.s("hdr.rtm-type"),
		dst, v.n("hdr.rtm-dst-len"), v.n("hdr.rtm-tos"), v.n("priority"), routeDev(v))
}

func routeDev(v view) string {
	if v.has("oif") {
		return v.o.world.link(v.n("oif"))
	}
	return "-"
}

// ipRouteKey says the same of what ip shows. The name of a table is that of
// /etc/iproute2/rt_tables.
func ipRouteKey(family string) func(map[string]string) string {
	return func(f map[string]string) string {
		dst, length, _ := strings.Cut(f["dst"], "/")
		switch {
		case dst == "default":
			length = "0"
		case length == "" && family == "inet":
			length = "32"
		case length == "":
			length = "128"
		}
		table, named := map[string]string{"main": "254", "local": "255", "default": "253"}[f["table"]]
		if !named {
			table = f["table"]
		}
		tos, metric, dev := "0", "0", "-"
		if f["tos"] != "" {
			var n int
			_, _ = fmt.Sscanf(f["tos"], "0x%x", &n)
			tos = fmt.Sprint(n)
		}
		if f["metric"] != "" {
			metric = f["metric"]
		}
		if f["dev"] != "" {
			dev = f["dev"]
		}
		return fmt.Sprintf("route %s table %s %s %s/%s tos %s metric %s dev %s", family, table, f["type"], dst, length, tos, metric, dev)
	}
}

func ipRouteList(t *testing.T) []found {
	t.Helper()
	return slices.Concat(
		show(t, ipRouteKey("inet"), "ip", "-s", "-4", "route", "show", "table", "all"),
		show(t, ipRouteKey("inet6"), "ip", "-s", "-6", "route", "show", "table", "all"))
}

var ipRoutes = &table{
	peer: byIP, key: routeKey,
	rows: slices.Concat([]row{
		text("type", "hdr.rtm-type"),
		{key: "dst", want: func(v view) any { return ipPrefix(v, "dst", "hdr.rtm-dst-len", "default") }},
		{key: "from", want: func(v view) any { return ipPrefix(v, "src", "hdr.rtm-src-len", "") }},
		{key: "tos", want: func(v view) any {
			if v.n("hdr.rtm-tos") == 0 {
				return v.num("encap.tos") // that of a tunnel has the same name
			}
			return fmt.Sprintf("0x%02x", v.n("hdr.rtm-tos"))
		}},
		num("nhid", "nh-id"),
		text("table", "table"), text("protocol", "hdr.rtm-protocol"), text("prefsrc", "prefsrc"), num("metric", "priority"),
		{key: "scope", want: func(v view) any { return ipScope(v.s("hdr.rtm-scope")) }},
		{key: "flags", want: func(v view) any { return ipRouteFlags(v.flags("hdr.rtm-flags")) }},
		{key: "metrics", want: ipMetrics},
		{key: "expires", want: func(v view) any { return nonZero(v.n("cacheinfo.rta-expires") / 100) }},
		{key: "error", want: func(v view) any { return nonZero(v.n("cacheinfo.rta-error")) }},
		set("users", "cacheinfo.rta-clntref"), set("used", "cacheinfo.rta-used"),
		{key: "age", want: func(v view) any { return nonZero(v.n("cacheinfo.rta-lastuse") / 100) }},
		text("pref", "pref"),
		{key: "nexthops", want: func(v view) any {
			var hops []any
			for _, hop := range v.all("multipath") {
				hops = append(hops, part(hop, ipHop))
			}
			if hops == nil {
				return nil
			}
			return hops
		}},
	}, ipGateway("oif"), ipEncap),
	skip: []exception{{path: "nh_info*", why: "ip asks another operation for the nexthop object; nhid is compared"}},
}

// ipPrefix is a prefix as ip shows it: a host without its length.
func ipPrefix(v view, path, length, none string) any {
	n := v.n(length)
	switch {
	case !v.has(path) && n == 0 && none != "":
		return none
	case !v.has(path) && n == 0:
		return nil
	case !v.has(path):
		return fmt.Sprintf("0/%d", n)
	case v.s("hdr.rtm-family") == "inet" && n == 32 || n == 128:
		return v.text(path)
	}
	return fmt.Sprintf("%s/%d", v.s(path), n)
}

// ipGateway are the rows of a next hop, of its own or of the whole route.
func ipGateway(device string) []row {
	return []row{
		text("gateway", "gateway"), dev("dev", device), dev("iif", "iif"),
		{key: "via", want: func(v view) any {
			if !v.any("via") {
				return nil
			}
			return map[string]any{"family": v.s("via.rtvia-family"), "host": v.s("via.rtvia-addr")}
		}},
		{key: "flow", want: func(v view) any {
			if !v.has("flow") {
				return nil
			}
			realms := map[string]any{"to": v.n("flow") & 0xffff}
			if from := v.n("flow") >> 16; from != 0 {
				realms["from"] = from
			}
			return realms
		}},
	}
}

var ipHop = slices.Concat(ipGateway("rtnh-ifindex"), ipEncap, []row{
	{key: "weight", want: func(v view) any { return v.n("rtnh-hops") + 1 }},
	{key: "flags", want: func(v view) any { return ipRouteFlags(v.flags("rtnh-flags")) }},
})

// ipRouteFlags are in an order of iproute2's own.
func ipRouteFlags(flags []string) []string {
	list := []string{}
	for _, f := range []string{"dead", "onlink", "pervasive", "offload", "trap", "notify", "linkdown", "unresolved", "rt-offload",
		"rt-trap", "offload-failed"} {
		if i := slices.Index(flags, f); i >= 0 {
			flags = slices.Delete(slices.Clone(flags), i, i+1)
			list = append(list, strings.ReplaceAll(f, "-", "_"))
		}
	}
	return append(list, flags...)
}

// ipMetrics: the times are in parts of a millisecond, the features in words.
func ipMetrics(v view) any {
	if !v.any("metrics") {
		return nil
	}
	scaled := func(key, path string, by uint64) row {
		return row{key: key, want: func(v view) any {
			if !v.has(path) {
				return nil
			}
			return v.n(path) / by
		}}
	}
	m := part(v.sub("metrics"), []row{num("mtu", "mtu"), num("window", "window"), scaled("rtt", "rtt", 8), scaled("rttvar", "rttvar", 4),
		num("ssthresh", "ssthresh"), num("cwnd", "cwnd"), num("advmss", "advmss"), num("reordering", "reordering"),
		num("hoplimit", "hoplimit"), num("initcwnd", "initcwnd"), num("rto_min", "rto-min"), num("initrwnd", "initrwnd"),
		num("quickack", "quickack"), text("congestion", "cc-algo"), num("fastopen_no_cookie", "fastopen-no-cookie")})
	for _, f := range v.flags("metrics.features") {
		m[f] = "<nil>"
	}
	return []any{m}
}

// ipEncap is flat in ip's output; where it repeats a key of the route, the
// second is "dst#2".
var ipEncap = []row{
	{key: "encap", want: func(v view) any {
		if s := v.s("encap-type"); s != "" {
			return strings.ReplaceAll(s, "-", "") // seg6local
		}
		return nil
	}},
	text("mode", "encap.srh.mode"),
	{key: "segs", want: func(v view) any {
		segs := segments(v)
		slices.Reverse(segs) // the last comes first on the wire
		if segs == nil {
			return nil
		}
		return segs
	}},
	{key: "action", want: func(v view) any {
		if !v.has("encap.action") {
			return nil
		}
		base, rest, _ := strings.Cut(v.s("encap.action"), "-") // end-dx6-x as End.DX6.X
		name := strings.ToUpper(base[:1]) + base[1:]
		if rest != "" {
			name += "." + strings.ToUpper(strings.ReplaceAll(rest, "-", "."))
		}
		return name
	}},
	text("nh4", "encap.nh4"), text("nh6", "encap.nh6"), text("vrftable", "encap.vrftable"),
	num("id", "encap.id"), text("src", "encap.src"), text("dst#2", "encap.dst"), num("ttl", "encap.ttl"),
	{key: "tos#2", want: func(v view) any {
		if v.n("hdr.rtm-tos") == 0 {
			return nil
		}
		return v.num("encap.tos")
	}},
}

// segments are those of a segment routing header, which must be coherent (RFC 8754).
func segments(v view) []string {
	h := v.sub("encap.srh.srh")
	if !h.has("type") {
		return nil
	}
	var segs []string
	for i := uint64(0); i <= h.n("first-segment"); i++ {
		segs = append(segs, h.s(fmt.Sprintf("segments[%d]", i)))
	}
	if h.n("type") != 4 || h.n("hdrlen") != 2*uint64(len(segs)) || h.n("segments-left") != h.n("first-segment") {
		segs = append(segs, "an incoherent header")
	}
	return segs
}
