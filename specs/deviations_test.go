package specs_test

// deviations are the places where our specs differ from the kernel's YNL specs
// (7.2) on purpose, with the reason. A name that ends in .* stands for all entries.
var deviations = map[string]string{
	"nlctrl policy-attrs.mask": "linux/netlink.h: 12; seen so on the wire",
	"nlctrl policy-attrs.pad":  "linux/netlink.h: 11",

	"rt-addr addr-attrs.target-netnsid": "net/ipv4/devinet.c ifa_ipv4_policy: NLA_S32",

	"rt-link link-attrs.af-spec":                        "AF_BRIDGE requests and answers have other content: selected by ifi-family",
	"rt-link link-attrs.devlink-port":                   "net/core/rtnetlink.c rtnl_devlink_port_fill: a nest of DEVLINK_ATTR_*",
	"rt-link link-attrs.protinfo":                       "by ifi-family: IFLA_BRPORT_*, IFLA_INET6_*",
	"rt-link link-attrs.proto-down-reason":              "net/core/rtnetlink.c ifla_proto_down_reason_policy: a nest",
	"rt-link linkinfo-attrs.xstats":                     "by kind: struct bridge, can, ... statistics",
	"rt-link linkinfo-netkit-attrs.peer-info":           "drivers/net/netkit.c: an ifinfomsg with link attributes",
	"rt-link linkinfo-bridge-attrs.fdb-flush":           "net/bridge/br_netlink.c: NLA_FLAG",
	"rt-link linkinfo-bridge-attrs.mcast-querier-state": "net/bridge/br_multicast.c br_multicast_dump_querier_state: a nest",
	"rt-link linkinfo-bridge-attrs.vlan-protocol":       "net/bridge/br_netlink.c: nla_put_be16",
	"rt-link linkinfo-iptun-attrs.flags":                "net/ipv6/sit.c: stored as given, bit 0 tested in host order",
	"rt-link linkinfo-ip6tnl-attrs.flags":               "net/ipv6/ip6_tunnel.c: nla_put_u32",
	"rt-link bond-slave-attrs.prio":                     "drivers/net/bonding/bond_netlink.c: NLA_S32",
	"rt-link ifla-bridge-id.prio":                       "linux/if_link.h: two bytes, most significant first",
	"rt-link ifla-vf-vlan-info.vlan-proto":              "linux/if_link.h: __be16",
	"rt-link stats-attrs.link-xstats":                   "net/core/rtnetlink.c: a nest of LINK_XSTATS_TYPE_*",
	"rt-link stats-attrs.link-xstats-slave":             "net/core/rtnetlink.c: a nest of LINK_XSTATS_TYPE_*",
	"rt-link stats-attrs.af-spec":                       "net/core/rtnetlink.c: a nest of AF_*",
	"rt-link enum ifla-inet6-stats.*":                   "IPSTATS_MIB_* were put in another order in 2025; the spec has the old one",

	"rt-neigh neighbour-attrs.port":          "drivers/net/vxlan/vxlan_core.c: nla_get_be16",
	"rt-neigh neighbour-attrs.fdb-ext-attrs": "linux/neighbour.h: NFEA_* are inside",

	"rt-route route-attrs.encap":         "linux/lwtunnel.h: by encap-type, which comes after it",
	"rt-route route-attrs.multipath":     "linux/rtnetlink.h: an array of rtnexthop, each with attributes",
	"rt-route route-attrs.newdst":        "net/mpls/af_mpls.c nla_put_labels: an array of be32",
	"rt-route route-attrs.expires":       "net/ipv4/ipmr_base.c sends 8 bytes, net/ipv6/route.c takes 4",
	"rt-route route-attrs.sport":         "net/ipv4/route.c: nla_get_be16",
	"rt-route route-attrs.dport":         "net/ipv4/route.c: nla_get_be16",
	"rt-route route-attrs.pad":           "linux/rtnetlink.h RTA_PAD: alignment",
	"rt-route struct rta-cacheinfo":      "linux/rtnetlink.h: eight members",
	"rt-route rta-cacheinfo.rta-expires": "linux/rtnetlink.h: __s32",

	"rt-rule struct rtgenmsg":                   "linux/rtnetlink.h: one byte",
	"rt-rule rtgenmsg.pad":                      "linux/rtnetlink.h: one byte",
	"rt-rule fib-rule-attrs.tun-id":             "net/core/fib_rules.c: nla_get_be64",
	"rt-rule fib-rule-attrs.suppress-prefixlen": "net/core/fib_rules.c: an int, -1 is not set",
	"rt-rule fib-rule-attrs.suppress-ifgroup":   "net/core/fib_rules.c: an int, -1 is not set",
}

// elsewhere are the parts that no operation of their own spec leads to, with
// the reason. NAME * is all of a spec.
var elsewhere = map[string]string{
	"netlink *":                "the shapes of netlink itself: found by name, by code that shows messages",
	"rt-link rtgenmsg":         "the shortest header that a dump may have",
	"rt-rule rtgenmsg":         "the shortest header that a dump may have",
	"rt-link ipv4-devconf":     "names of the elements of an array: af-spec.inet.conf",
	"rt-link ipv6-devconf":     "names of the elements of an array: af-spec.inet6.conf",
	"rt-link ifla-icmp6-stats": "names of the elements of an array: af-spec.inet6.icmp6stats",
	"rt-link ifla-inet6-stats": "names of the elements of an array: af-spec.inet6.stats",
}
