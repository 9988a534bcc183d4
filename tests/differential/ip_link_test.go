package differential

import (
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// ipLinks is "ip -d -s -s -j link".
var ipLinks = &table{
	peer: byIP,
	key:  linkKeyOf,
	rows: slices.Concat(ipLinkHead, []row{
		text2("linkmode", "linkmode", strings.ToUpper),
		text("inet6_addr_gen_mode", "af-spec.inet6.addr-gen-mode"),
		{key: "stats64", want: ipStats},
	}),
}

// ipAddrLinks is what "ip -d -j addr" says of the links.
var ipAddrLinks = &table{peer: byIP, key: linkKeyOf, rows: ipLinkHead,
	skip: []exception{{path: "addr_info*", why: "the addresses are compared as objects of their own"}}}

func linkKeyOf(v view) string { return fmt.Sprintf("link %d", v.n("hdr.ifi-index")) }

// ipLinkHead is what both say.
var ipLinkHead = []row{
	num("ifindex", "hdr.ifi-index"),
	{key: "link", want: func(v view) any {
		if v.has("link-netnsid") || !v.has("link") {
			return nil
		}
		return v.o.world.link(v.n("link"))
	}},
	{key: "link_index", want: func(v view) any {
		if !v.has("link-netnsid") {
			return nil
		}
		return v.num("link")
	}},
	signed("link_netnsid", "link-netnsid"),
	text("ifname", "ifname"),
	{key: "flags", want: ipLinkFlags},
	num("mtu", "mtu"),
	text("qdisc", "qdisc"),
	dev("master", "master"),
	text2("operstate", "operstate", func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "-", "")) }),
	{key: "group", want: func(v view) any {
		if v.n("group") == 0 {
			return "default" // /etc/iproute2/group
		}
		return v.num("group")
	}},
	set("txqlen", "txqlen"),
	text("link_type", "hdr.ifi-type"),
	text("address", "address"),
	text("broadcast", "broadcast"),
	num("promiscuity", "promiscuity"),
	num("allmulti", "allmulti"),
	num("min_mtu", "min-mtu"),
	num("max_mtu", "max-mtu"),
	num("num_tx_queues", "num-tx-queues"),
	num("num_rx_queues", "num-rx-queues"),
	num("gso_max_size", "gso-max-size"),
	num("gso_max_segs", "gso-max-segs"),
	num("tso_max_size", "tso-max-size"),
	num("tso_max_segs", "tso-max-segs"),
	num("gro_max_size", "gro-max-size"),
	text("ifalias", "ifalias"),
	{key: "altnames", want: func(v view) any { return texts(v, "prop-list.alt-ifname") }},
	{key: "xdp", want: func(v view) any {
		if v.n("xdp.attached") == 0 {
			return nil
		}
		return "programs are not part of the topology"
	}},
	{key: "protodown", want: func(v view) any { return true0(v.n("proto-down")) }},
	text("linkinfo.info_kind", "linkinfo.kind"),
	text("linkinfo.info_slave_kind", "linkinfo.slave-kind"),
	{key: "linkinfo.info_data", want: ipKind("kind", "data", ipKinds)},
	{key: "linkinfo.info_slave_data", want: ipKind("slave-kind", "slave-data", ipSlaveKinds)},
}

// text2 is text through a function.
func text2(key, path string, fn func(string) string) row {
	return row{key: key, want: func(v view) any {
		if s, ok := v.text(path).(string); ok {
			return fn(s)
		}
		return nil
	}}
}

// true0 is shown only if it is true.
func true0(n uint64) any {
	if n == 0 {
		return nil
	}
	return true
}

func texts(v view, path string) any {
	var list []string
	for i := 0; v.has(fmt.Sprintf("%s[%d]", path, i)); i++ {
		list = append(list, v.s(fmt.Sprintf("%s[%d]", path, i)))
	}
	if list == nil {
		return nil
	}
	return list
}

// ipLinkFlags are in an order of iproute2's own, with NO-CARRIER for "up but
// not running".
func ipLinkFlags(v view) any {
	order := []string{"loopback", "broadcast", "point-to-point", "multicast", "no-arp", "all-multi", "promisc", "master", "slave",
		"debug", "dynamic", "auto-media", "portsel", "no-trailers", "up", "lower-up", "dormant", "echo"}
	flags := v.flags("hdr.ifi-flags")
	list := []string{}
	if slices.Contains(flags, "up") && !slices.Contains(flags, "running") {
		list = append(list, "NO-CARRIER")
	}
	for _, f := range order {
		if i := slices.Index(flags, f); i >= 0 {
			flags = slices.Delete(flags, i, i+1)
			list = append(list, ipLinkFlag(f))
		}
	}
	for _, f := range flags {
		if f != "running" {
			list = append(list, "left over: "+f)
		}
	}
	if !v.has("link-netnsid") && v.o.world.down[v.n("link")] {
		list = append(list, "M-DOWN") // the link below, or the other end
	}
	return list
}

func ipLinkFlag(name string) string {
	switch name {
	case "lower-up":
		return "LOWER_UP"
	case "point-to-point":
		return "POINTOPOINT"
	}
	return strings.ToUpper(strings.ReplaceAll(name, "-", ""))
}

func ipStats(v view) any {
	s := v.sub("stats64")
	return map[string]any{
		"rx": part(s, []row{num("bytes", "rx-bytes"), num("packets", "rx-packets"), num("errors", "rx-errors"), num("dropped", "rx-dropped"),
			num("over_errors", "rx-over-errors"), num("multicast", "multicast"), num("length_errors", "rx-length-errors"),
			num("crc_errors", "rx-crc-errors"), num("frame_errors", "rx-frame-errors"), num("fifo_errors", "rx-fifo-errors"),
			num("missed_errors", "rx-missed-errors"), set("compressed", "rx-compressed"), set("nohandler", "rx-nohandler"),
			set("otherhost_dropped", "rx-otherhost-dropped")}),
		"tx": part(view{o: v.o}, []row{num("carrier_changes", "carrier-changes"), num("bytes", "stats64.tx-bytes"),
			num("packets", "stats64.tx-packets"), num("errors", "stats64.tx-errors"), num("dropped", "stats64.tx-dropped"),
			num("carrier_errors", "stats64.tx-carrier-errors"), num("collisions", "stats64.collisions"),
			num("aborted_errors", "stats64.tx-aborted-errors"), num("fifo_errors", "stats64.tx-fifo-errors"),
			num("window_errors", "stats64.tx-window-errors"), num("heartbeat_errors", "stats64.tx-heartbeat-errors"),
			set("compressed", "stats64.tx-compressed")}),
	}
}

// ipKind is what a table says of the data of a link's kind.
func ipKind(kind, data string, kinds map[string][]row) func(v view) any {
	return func(v view) any {
		info := v.sub("linkinfo")
		rows, known := kinds[info.s(kind)]
		switch {
		case !info.any(data):
			return nil
		case !known:
			return "no rows for the kind " + info.s(kind)
		}
		return part(info.sub(data), rows)
	}
}

// ipUser is a user as ip shows it: the name if there is one.
func ipUser(v view, path string, name func(id string) (string, error)) any {
	n := v.num(path)
	if n == nil {
		return nil
	}
	if s, err := name(fmt.Sprint(n)); err == nil {
		return s
	}
	return n
}

func userName(id string) (string, error) {
	u, err := user.LookupId(id)
	if err != nil {
		return "", err
	}
	return u.Username, nil
}

func groupName(id string) (string, error) {
	g, err := user.LookupGroupId(id)
	if err != nil {
		return "", err
	}
	return g.Name, nil
}

// seconds is a time of 1/100 s.
func seconds(key, path string) row {
	return row{key: key, want: func(v view) any {
		if n, ok := v.num(path).(uint64); ok {
			return strconv.FormatFloat(float64(n)/100, 'f', -1, 64)
		}
		return nil
	}}
}

// ipTokens is "ip -j token", which leaves out links without neighbours.
var ipTokens = &table{
	peer: byIP, key: linkKeyOf,
	only: func(v view) bool { return v.n("hdr.ifi-flags")&(unix.IFF_LOOPBACK|unix.IFF_NOARP) == 0 },
	rows: []row{text("ifname", "ifname"), text("token", "af-spec.inet6.token")},
}

func ipTokenList(t *testing.T, b *bench) []found {
	t.Helper()
	return show(t, func(f map[string]string) string { return "link " + indexOf(b, f["ifname"]) }, "ip", "token")
}
