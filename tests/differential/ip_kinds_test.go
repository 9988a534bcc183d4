package differential

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// ipKinds are the rows of info_data. A kind without data is not here.
var ipKinds = map[string][]row{
	"bridge":  ipBridge,
	"vxlan":   ipVxlan,
	"macvlan": ipMacvlan,
	"macvtap": ipMacvlan,
	"tun": {
		text("type", "type"), onoff("pi", "pi"), onoff("vnet_hdr", "vnet-hdr"), onoff("persist", "persist"),
		onoff("multi_queue", "multi-queue"), num("numqueues", "num-queues"), num("numdisabled", "num-disabled-queues"),
		{key: "user", want: func(v view) any { return ipUser(v, "owner", userName) }},
		{key: "group", want: func(v view) any { return ipUser(v, "group", groupName) }},
	},
}

var ipMacvlan = []row{
	text("mode", "mode"), num("bcqueuelen", "bc-queue-len"), num("usedbcqueuelen", "bc-queue-len-used"),
	set("macaddr_count", "macaddr-count"),
	{key: "nopromisc", want: func(v view) any {
		if slices.Contains(v.flags("flags"), "nopromisc") {
			return true
		}
		return nil
	}},
}

var ipSlaveKinds = map[string][]row{"bridge": slices.Concat(ipPort, []row{
	hex("id", "id"), hex("no", "no"),
	num("designated_port", "designated-port"), num("designated_cost", "designated-cost"),
	bridgeID("bridge_id", "bridge-id"), bridgeID("root_id", "root-id"),
	seconds("hold_timer", "hold-timer"), seconds("message_age_timer", "message-age-timer"),
	seconds("forward_delay_timer", "forward-delay-timer"),
	num("topology_change_ack", "topology-change-ack"), num("config_pending", "config-pending"),
	onoff("proxy_arp", "proxyarp"), onoff("proxy_arp_wifi", "proxyarp-wifi"), num("multicast_router", "multicast-router"),
	{key: "group_fwd_mask", want: func(v view) any { return fmt.Sprintf("%x", v.n("group-fwd-mask")) }},
	hex("group_fwd_mask_str", "group-fwd-mask"),
})}

// ipPort is what "ip link" and "bridge link" both say of a port.
var ipPort = []row{
	text("state", "state"), num("priority", "priority"), num("cost", "cost"), onoff("hairpin", "mode"), onoff("guard", "guard"),
	onoff("root_block", "protect"), onoff("fastleave", "fast-leave"), onoff("learning", "learning"), onoff("flood", "unicast-flood"),
	onoff("mcast_flood", "mcast-flood"), onoff("bcast_flood", "bcast-flood"), onoff("mcast_to_unicast", "mcast-to-ucast"),
	onoff("neigh_suppress", "neigh-suppress"), onoff("vlan_tunnel", "vlan-tunnel"), onoff("isolated", "isolated"), onoff("locked", "locked"),
}

var ipBridge = []row{
	num("forward_delay", "forward-delay"), num("hello_time", "hello-time"), num("max_age", "max-age"), num("ageing_time", "ageing-time"),
	num("stp_state", "stp-state"), num("priority", "priority"), num("vlan_filtering", "vlan-filtering"),
	text("vlan_protocol", "vlan-protocol"), num("vlan_default_pvid", "vlan-default-pvid"), num("vlan_stats_enabled", "vlan-stats-enabled"),
	num("vlan_stats_per_port", "vlan-stats-per-port"),
	bridgeID("bridge_id", "bridge-id"), bridgeID("root_id", "root-id"),
	num("root_port", "root-port"), num("root_path_cost", "root-path-cost"), num("topology_change", "topology-change"),
	num("topology_change_detected", "topology-change-detected"),
	seconds("hello_timer", "hello-timer"), seconds("tcn_timer", "tcn-timer"),
	seconds("topology_change_timer", "topology-change-timer"), seconds("gc_timer", "gc-timer"),
	{key: "group_fwd_mask", want: func(v view) any { return fmt.Sprintf("%x", v.n("group-fwd-mask")) }},
	text("group_addr", "group-addr"),
	option("no_linklocal_learn", "no-ll-learn"), option("mcast_vlan_snooping", "mcast-vlan-snooping"),
	num("mcast_snooping", "mcast-snooping"), num("mcast_router", "mcast-router"),
	num("mcast_query_use_ifaddr", "mcast-query-use-ifaddr"), num("mcast_querier", "mcast-querier"),
	num("mcast_hash_elasticity", "mcast-hash-elasticity"), num("mcast_hash_max", "mcast-hash-max"),
	num("mcast_last_member_cnt", "mcast-last-member-cnt"), num("mcast_startup_query_cnt", "mcast-startup-query-cnt"),
	num("mcast_last_member_intvl", "mcast-last-member-intvl"), num("mcast_membership_intvl", "mcast-membership-intvl"),
	num("mcast_querier_intvl", "mcast-querier-intvl"), num("mcast_query_intvl", "mcast-query-intvl"),
	num("mcast_query_response_intvl", "mcast-query-response-intvl"), num("mcast_startup_query_intvl", "mcast-startup-query-intvl"),
	num("mcast_stats_enabled", "mcast-stats-enabled"), num("mcast_igmp_version", "mcast-igmp-version"),
	num("mcast_mld_version", "mcast-mld-version"), num("nf_call_iptables", "nf-call-iptables"),
	num("nf_call_ip6tables", "nf-call-ip6tables"), num("nf_call_arptables", "nf-call-arptables"),
}

// option is one of the switches that a bridge has in one attribute.
func option(key, name string) row {
	return row{key: key, want: func(v view) any {
		if !slices.Contains(v.flags("multi-boolopt.optmask"), name) {
			return nil
		}
		if slices.Contains(v.flags("multi-boolopt.optval"), name) {
			return 1
		}
		return 0
	}}
}

// bridgeID is a bridge as spanning tree names it: ip writes the address without
// leading zeros.
func bridgeID(key, path string) row {
	return row{key: key, want: func(v view) any {
		if !v.any(path) {
			return nil
		}
		bytes := strings.Split(v.s(path+".addr"), ":")
		for i, b := range bytes {
			bytes[i] = strings.TrimPrefix(b, "0")
		}
		return fmt.Sprintf("%04x.%s", v.n(path+".prio"), strings.Join(bytes, ":"))
	}}
}

var ipVxlan = []row{
	{key: "external", want: func(v view) any { return true0(v.n("collect-metadata")) }},
	{key: "vnifilter", want: func(v view) any { return true0(v.n("vnifilter")) }},
	num("id", "id"),
	{key: "group", want: func(v view) any { return vxlanRemote(v, true) }},
	{key: "remote", want: func(v view) any { return vxlanRemote(v, false) }},
	{key: "group6", want: func(v view) any { return v.text("group6") }},
	text("local", "local"), text("local6", "local6"),
	{key: "link", want: func(v view) any {
		if v.n("link") == 0 {
			return nil
		}
		return v.o.world.link(v.n("link"))
	}},
	num("port_range.low", "port-range.low"), num("port_range.high", "port-range.high"), num("port", "port"),
	onoff("learning", "learning"),
	{key: "proxy", want: func(v view) any { return true0(v.n("proxy")) }},
	{key: "rsc", want: func(v view) any { return true0(v.n("rsc")) }},
	{key: "l2miss", want: func(v view) any { return true0(v.n("l2miss")) }},
	{key: "l3miss", want: func(v view) any { return true0(v.n("l3miss")) }},
	set("tos", "tos"),
	num("ttl", "ttl"),
	{key: "df", want: func(v view) any { return v.text("df") }},
	set("label", "label"),
	num("ageing", "ageing"),
	set("limit", "limit"),
	onoff("udp_csum", "udp-csum"), onoff("udp_zero_csum6_tx", "udp-zero-csum6-tx"), onoff("udp_zero_csum6_rx", "udp-zero-csum6-rx"),
	{key: "remcsum_tx", want: func(v view) any { return true0(v.n("remcsum-tx")) }},
	{key: "remcsum_rx", want: func(v view) any { return true0(v.n("remcsum-rx")) }},
	{key: "gbp", want: func(v view) any { return present(v, "gbp") }},
	{key: "gpe", want: func(v view) any { return present(v, "gpe") }},
	{key: "remcsum_nopartial", want: func(v view) any { return present(v, "remcsum-nopartial") }},
}

func present(v view, path string) any {
	if v.has(path) {
		return true
	}
	return nil
}

// vxlanRemote is the other end: ip calls it a group if it is multicast.
func vxlanRemote(v view, multicast bool) any {
	ip := net.ParseIP(v.s("group"))
	if ip == nil || ip.IsMulticast() != multicast {
		return nil
	}
	return ip.String()
}
