package stdlib

import (
	"fmt"
	"strings"
)

const encapRules = " ENCAPTYPE SEGMODE ACTION FLAVORS"

// usages are the commands, and which call a verb is.
var usages = []usage{
	{"ip link", "TYPE", map[string]string{
		"add": `ip.link.add("x0", %s)`, "delete": `ip.link.delete("x0", %s)`, "set": `ip.link.set("lo", %s)`, "show": `ip.link.show(%s)`,
		"property add": `ip.link.property.add(%s)`, "property del": `ip.link.property.delete(%s)`,
		"xstats": `ip.stats.show(%s)`, "afstats": `ip.stats.show(%s)`,
	}},
	{"ip address", "TYPE SCOPE-ID LFT", map[string]string{
		"add": `ip.addr.add("192.0.2.1/24", "lo", %s)`, "change": `ip.addr.change("192.0.2.1/24", "lo", %s)`, "replace": `ip.addr.replace("192.0.2.1/24", "lo", %s)`,
		"del": `ip.addr.delete("192.0.2.1/24", "lo", %s)`, "show": `ip.addr.show(%s)`, "flush": `ip.addr.flush(%s)`,
	}},
	{"ip route", "TYPE SCOPE TABLE_ID RTPROTO PREF TIME BOOL FEATURES FAMILY" + encapRules, map[string]string{
		"add": `ip.route.add("10.0.0.0/8", %s)`, "del": `ip.route.delete("10.0.0.0/8", %s)`, "change": `ip.route.change("10.0.0.0/8", %s)`,
		"append": `ip.route.append("10.0.0.0/8", %s)`, "replace": `ip.route.replace("10.0.0.0/8", %s)`,
		"get": `ip.route.get("10.0.0.1", %s)`, "list": `ip.route.show(%s)`, "flush": `ip.route.flush(%s)`,
	}},
	{"ip rule", "TABLE_ID", map[string]string{"add": `ip.rule.add(%s)`, "del": `ip.rule.delete(%s)`, "list": `ip.rule.show(%s)`, "flush": `ip.rule.flush(%s)`}},
	{"ip neigh", "STATE", map[string]string{
		"add": `ip.neigh.add("192.0.2.1", "lo", %s)`, "del": `ip.neigh.delete("192.0.2.1", "lo", %s)`, "change": `ip.neigh.change("192.0.2.1", "lo", %s)`,
		"replace": `ip.neigh.replace("192.0.2.1", "lo", %s)`, "show": `ip.neigh.show(%s)`, "flush": `ip.neigh.flush(%s)`, "get": `ip.neigh.get("192.0.2.1", "lo", %s)`,
	}},
	{"ip nexthop", "TYPE" + encapRules, map[string]string{
		"add": `ip.nexthop.add(%s)`, "replace": `ip.nexthop.replace(1, %s)`, "del": `ip.nexthop.delete(%s)`, "get": `ip.nexthop.get(%s)`,
		"list": `ip.nexthop.show(%s)`, "flush": `ip.nexthop.flush(%s)`, "bucket list": `ip.nexthop.bucket.show(%s)`, "bucket get": `ip.nexthop.bucket.get(%s)`,
	}},
	{"ip netns", "NETNSID", map[string]string{
		"list": `ip.netns.list(%s)`, "add": `ip.netns.add(%s)`, "set": `ip.netns.set(%s)`, "delete": `ip.netns.delete(%s)`, "identify": `ip.netns.identify(%s)`,
		"exec": `ip.netns.run(%s)`, "list-id": `ip.netns.list_id(%s)`,
	}},
	{"ip addrlabel", "", map[string]string{"add": `ip.addrlabel.add(%s)`, "del": `ip.addrlabel.delete(%s)`, "list": `ip.addrlabel.list(%s)`, "flush": `ip.addrlabel.flush(%s)`}},
	{"ip netconf", "", map[string]string{"show": `ip.netconf.show(%s)`}},
	{"ip maddr", "", map[string]string{"show": `ip.maddr.show(%s)`}},
	{"ip ntable", "", map[string]string{"change": `ip.ntable.change("arp_cache", %s)`, "show": `ip.ntable.show(%s)`}},
	{"ip stats", "GROUP", map[string]string{"show": `ip.stats.show(%s)`, "set": `ip.stats.set("lo", %s)`}},
	{"ip mroute", "TABLE_ID", map[string]string{"show": `ip.mroute.show(%s)`}},
	{"ip token", "", map[string]string{"list": `ip.token.list(%s)`, "set": `ip.token.set("::1", %s)`, "del": `ip.token.delete(%s)`, "get": `ip.token.get(%s)`}},
	{"bridge link", "", map[string]string{"set": `bridge.link.set("lo", %s)`, "show": `bridge.link.show(%s)`}},
	{"bridge fdb", "", map[string]string{
		"add": `bridge.fdb.add("02:00:00:00:00:01", "lo", %s)`, "append": `bridge.fdb.append("02:00:00:00:00:01", "lo", %s)`,
		"del": `bridge.fdb.delete("02:00:00:00:00:01", "lo", %s)`, "replace": `bridge.fdb.replace("02:00:00:00:00:01", "lo", %s)`,
		"show": `bridge.fdb.show(%s)`, "get": `bridge.fdb.get("02:00:00:00:00:01", %s)`, "flush": `bridge.fdb.flush("lo", %s)`,
	}},
	{"bridge mdb", "", map[string]string{"add": `bridge.mdb.add("lo", %s)`, "del": `bridge.mdb.delete("lo", %s)`, "show": `bridge.mdb.show(%s)`}},
	{"bridge vlan", "", map[string]string{
		"add": `bridge.vlan.add("lo", %s)`, "del": `bridge.vlan.delete("lo", %s)`, "set": `bridge.vlan.set("lo", %s)`, "show": `bridge.vlan.show(%s)`,
		"tunnelshow": `bridge.vlan.show(%s)`, "global set": `bridge.vlan.global_.set("lo", 1, %s)`, "global show": `bridge.vlan.global_.show(%s)`,
	}},
	{"bridge vni", "", map[string]string{"add": `bridge.vni.add("lo", %s)`, "del": `bridge.vni.delete("lo", %s)`, "show": `bridge.vni.show(%s)`}},
}

// renamed are words that are said otherwise: another option, or another call. A key is a pattern of "command verb word".
var renamed = map[string]string{
	`ip link set (mac|vlan|qos|proto|rate|(max|min)_tx_rate|spoofchk|query_rss|trust|(node|port)_guid|vf)`:                                         `ip.link.vf("lo", 0, %s)`,
	`ip route (add|del|change|append|replace) (segs|mode|action|count|endpoint|flavors|if_id|iif|link_dev|nh4|nh6|ns|oif|size|srh|trace|vrftable)`: `encap(%s)`,
	`ip route (add|del|change|append|replace) nexthop`:                                                                                             "nexthops",
	`ip route (add|del|change|append|replace) weight`:                                                                                              `ip.route.add("10.0.0.0/8", nexthops = [{"via": "192.0.2.1", "weight": 2}])`,
	`bridge fdb flush no(\w+)`:               "$1",
	`bridge vlan (add|del) (tunnel_info|id)`: "tunnel_id",
}

// valueCalls are values that iproute2 and the kernel call differently: the call that must take them.
var valueCalls = map[string]string{
	"ip6ip": kindValue("sit", "mode", "ip6ip"), "mplsip": kindValue("ipip", "mode", "mplsip"), "ip6ip6": kindValue("ip6tnl", "mode", "ip6ip6"), "ipip6": kindValue("ip6tnl", "mode", "ipip6"),
	"ingress": kindValue("ip6gre", "erspan_dir", "ingress"), "egress": kindValue("ip6gre", "erspan_dir", "egress"),
	"802.1Q": kindValue("vlan", "protocol", "802.1Q"), "802.1ad": kindValue("vlan", "protocol", "802.1ad"), "null": kindValue("macvlan", "flag", "null"),
	"End.B6.Encaps": `encap(action = None)`, "seg6local": `encap(action = None)`,
	"enabled": must(`ip.route.add("10.0.0.0/8", dev = "lo", ttl_propagate = "enabled")`), "disabled": must(`ip.route.add("10.1.0.0/16", dev = "lo", ttl_propagate = "disabled")`),
	"forever":   must(`ip.addr.add("192.0.2.7/24", dev = "lo", valid_lft = "forever")`),
	"resilient": must(`ip.nexthop.add(8, dev = "lo"); ip.nexthop.add(9, group = "8", type = "resilient", buckets = 4)`),
	"link":      must(`ip.stats.show(group = "link")`), "xstats": must(`ip.stats.show(group = "xstats")`), "xstats_slave": must(`ip.stats.show(group = "xstats_slave")`),
	"offload": must(`ip.stats.show(group = "offload")`), "afstats": must(`ip.stats.show(group = "afstats")`),
}

// excused are words that stdlib does not take, and why. A key is a pattern of "command verb", of "command verb word" and of
// "command = value".
var excused = map[string]string{
	`ip (address|route|rule) (save|restore|showdump)`: "dumps are values: to_dict, json, and batch to send them again",
	`ip netns attach`:     "a mount, not netlink; netns.open(pid = PID) is as good without",
	`ip netns pids`:       "asked of /proc, not of netlink",
	`ip netns monitor`:    "inotify, not netlink; nl.open(\"route\", groups = [\"nsid\"]) has the events of ids",
	`ip maddr (add|del)`:  "ioctl; netlink only tells",
	`ip link delete type`: "the kernel does not look at it",
	`ip link xstats type`: "the kernel sends those of every kind",
	`ip link set (object|section|program|verbose|pinned)`:                  "loading a program is bpf(2); xdp takes its file descriptor",
	`ip link set (on|off)`:                                                 "values, behind those of another option",
	`ip address del (anycast|broadcast|metric|scope)`:                      "the kernel does not look at them",
	`ip route (add|del|change|append|replace) to`:                          "a word that may be left out: as to ADDRESS",
	`ip route (add|del|change|append|replace) (cleanup|prealloc)`:          "no kernel has a flag cleanup; prealloc is the only trace there is",
	`ip route (add|del|change|append|replace) hmac`:                        "behind the segments, where the spec of the header has no field; it needs a key in /proc, too",
	`ip rule (add|del) nat`:                                                "gone from the kernel since 2.6",
	`ip neigh del (extern_learn|lladdr|managed|nud|protocol|router|use)`:   "the kernel does not look at them",
	`ip nexthop bucket list (fdb|groups)`:                                  "the kernel refuses them for buckets",
	`ip stats show (subgroup|suite)`:                                       "fields of the message: s.link_offload_xstats.l3_stats, s.link_xstats.bridge",
	`ip stats = (l3_stats|hw_stats_info|cpu_hit|stp|mcast|suite|bond)`:     "fields of the message, as above",
	`bridge fdb del (dynamic|extern_learn|local|router|static|sticky|use)`: "the kernel does not look at them",
	`bridge fdb get (to|dynamic)`:                                          "to may be left out; dynamic ip reads and does not send",
	`bridge mdb del (permanent|temp)`:                                      "the kernel does not look at them",
	`bridge vlan del (pvid|untagged)`:                                      "the kernel does not look at them",
	`bridge vni del (group|remote)`:                                        "the kernel does not look at them",
	`type \w+ (hwid|version)`:                                              "no options, but what one stands for: erspan_ver version",
	`type ip6\w+ inherit`:                                                  "a value: dscp inherit",
	`type macsec address`:                                                  "sci says the same in one number, of address and port",
	`type (macvlan|macvtap) (add|del|set|flush|for|source)`:                "values: macaddr takes (\"add\", MAC), (\"set\", [MAC, ...]), \"flush\"",
	`type (veth|vxcan) .*`:                                                 "a sentence; peer takes the options of a link, as a dict",
	`type (macvlan|macvtap) = .*`:                                          "a sentence",
	`type ipoib = 0x8001-0xffff`:                                           "a range",
	`ip address = netdevsim`:                                               "made by /sys/bus/netdevsim, not by netlink",
}

// kindValue is a call that encodes an option of a kind.
func kindValue(kind, word, value string) string {
	return must(fmt.Sprintf(`rt.newlink.msg(linkinfo = link_info(%q, {%q: %q}))`, kind, word, value))
}

// must is a call that has to succeed.
func must(call string) string {
	first, second, both := strings.Cut(call, "; ")
	if !both {
		return "[" + first + "]"
	}
	return "[" + first + ", " + second + "]"
}
