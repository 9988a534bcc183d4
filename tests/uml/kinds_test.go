package uml

import "slices"

// kindTables compare info_data, by kind of link.
var kindTables = map[string]table{
	"bond":      bondTable,
	"bridge":    bridgeTable,
	"vlan":      vlanTable,
	"macvlan":   macvlanTable,
	"macvtap":   macvlanTable,
	"ipvlan":    ipvlanTable,
	"ipvtap":    ipvlanTable,
	"macsec":    macsecTable,
	"hsr":       hsrTable,
	"xfrm":      xfrmTable,
	"vrf":       vrfTable,
	"ipip":      ipTunnelTable,
	"sit":       ipTunnelTable,
	"gre":       greTable,
	"gretap":    greTable,
	"erspan":    greTable,
	"ip6gre":    gre6Table,
	"ip6gretap": gre6Table,
	"ip6erspan": gre6Table,
	"ip6tnl":    ip6TunnelTable,
	"vti":       vtiTable,
	"vti6":      vtiTable,
	"geneve":    geneveTable,
	"vxlan":     vxlanTable,
	"bareudp":   bareudpTable,
	"gtp":       gtpTable,
	"amt":       amtTable,
	"tun":       tunTable,
	"netkit":    {noPeer: "netkit is younger than iproute2 6.1"},

	// Kinds that have no data, or do not report it.
	"dummy": {}, "ifb": {}, "nlmon": {}, "vcan": {}, "team": {}, "wireguard": {}, "pfcp": {}, "batadv": {}, "veth": {}, "vxcan": {},
	"virt_wifi": {},
}

// portTables compare info_slave_data, by kind of the link above.
var portTables = map[string]table{
	"bond":   bondPortTable,
	"bridge": bridgePortTable,
	"vrf":    vrfTable,
	"team":   {}, "batadv": {},
}

var protocols = map[string]any{"8021q": "802.1Q", "8021ad": "802.1ad"}

var bondTable = table{
	rows: []row{
		{"mode", "mode", plain},
		{"active_slave", "active-slave", ifname},
		{"miimon", "miimon", plain},
		{"updelay", "updelay", plain},
		{"downdelay", "downdelay", plain},
		{"peer_notify_delay", "peer-notif-delay", plain},
		{"use_carrier", "use-carrier", plain},
		{"arp_interval", "arp-interval", plain},
		{"arp_missed_max", "missed-max", plain},
		{"arp_ip_target", "arp-ip-target", plain},
		{"ns_ip6_target", "ns-ip6-target", plain},
		{"arp_validate", "arp-validate", arpValidate},
		{"arp_all_targets", "arp-all-targets", plain},
		{"primary", "primary", ifname},
		{"primary_reselect", "primary-reselect", plain},
		{"fail_over_mac", "fail-over-mac", plain},
		{"xmit_hash_policy", "xmit-hash-policy", plain},
		{"resend_igmp", "resend-igmp", plain},
		{"num_peer_notif", "num-peer-notif", plain},
		{"all_slaves_active", "all-slaves-active", plain},
		{"min_links", "min-links", plain},
		{"lp_interval", "lp-interval", plain},
		{"packets_per_slave", "packets-per-slave", plain},
		{"ad_lacp_active", "ad-lacp-active", onOff},
		{"ad_lacp_rate", "ad-lacp-rate", plain},
		{"ad_select", "ad-select", plain},
		{"ad_info.aggregator", "ad-info.aggregator", plain},
		{"ad_info.num_ports", "ad-info.num-ports", plain},
		{"ad_info.actor_key", "ad-info.actor-key", plain},
		{"ad_info.partner_key", "ad-info.partner-key", plain},
		{"ad_info.partner_mac", "ad-info.partner-mac", plain},
		{"ad_actor_sys_prio", "ad-actor-sys-prio", plain},
		{"ad_user_port_key", "ad-user-port-key", plain},
		{"ad_actor_system", "ad-actor-system", plain},
		{"tlb_dynamic_lb", "tlb-dynamic-lb", plain},
	},
	unshown: map[string]string{"coupled-control": younger},
}

func arpValidate(f field) any {
	if shown := underscored(f); shown != "none" {
		return shown
	}
	return nil // ip has no word for 0 in JSON
}

var bondPortTable = table{
	rows: []row{
		{"state", "state", upper},
		{"mii_status", "mii-status", named(map[string]any{"up": "UP", "fail": "GOING_DOWN", "down": "DOWN", "back": "GOING_BACK"})},
		{"link_failure_count", "link-failure-count", plain},
		{"perm_hwaddr", "perm-hwaddr", plain},
		{"queue_id", "queue-id", plain},
		{"prio", "prio", plain},
		{"ad_aggregator_id", "ad-aggregator-id", plain},
		{"ad_actor_oper_port_state", "ad-actor-oper-port-state", lacpNumber},
		{"ad_actor_oper_port_state_str", "ad-actor-oper-port-state", lacpWords},
		{"ad_partner_oper_port_state", "ad-partner-oper-port-state", lacpNumber},
		{"ad_partner_oper_port_state_str", "ad-partner-oper-port-state", lacpWords},
	},
	unshown: map[string]string{
		"actor-port-prio":        younger,
		"ad-churn-actor-state":   younger,
		"ad-churn-partner-state": younger,
	},
}

var vlanTable = table{
	rows: []row{
		{"protocol", "protocol", named(protocols)},
		{"id", "id", plain},
		{"flags", "flags.flags", flagNames},
		{"ingress_qos", "ingress-qos.mapping", plain},
		{"egress_qos", "egress-qos.mapping", plain},
	},
	unshown: map[string]string{"flags.mask": "the kernel reports all ones"},
}

var macvlanTable = table{
	rows: []row{
		{"mode", "mode", plain},
		{"nopromisc", "flags", bit("nopromisc")},
		{"nodst", "flags", bit("nodst")},
		{"bcqueuelen", "bc-queue-len", plain},
		{"usedbcqueuelen", "bc-queue-len-used", plain},
		{"macaddr_count", "macaddr-count", unless0(plain)},
		{"macaddr_data", "macaddr-data.macaddr", plain},
	},
	unshown: map[string]string{"bc-cutoff": younger},
}

var ipvlanTable = table{rows: []row{
	{"mode", "mode", plain},
	{"private", "flags", bit("private")},
	{"vepa", "flags", bit("vepa")},
}}

var macsecTable = table{rows: []row{
	{"sci", "sci", format("%016x")},
	{"protect", "protect", truth},
	{"cipher_suite", "cipher-suite", named(map[string]any{"default": "GCM-AES-128", "gcm-aes-256": "GCM-AES-256"})},
	{"icv_len", "icv-len", plain},
	{"encoding_sa", "encoding-sa", plain},
	{"validation", "validation", plain},
	{"offload", "offload", plain},
	{"encrypt", "encrypt", truth},
	{"inc_sci", "inc-sci", truth},
	{"es", "es", truth},
	{"scb", "scb", truth},
	{"replay_protect", "replay-protect", truth},
	{"window", "window", plain},
}}

var hsrTable = table{rows: []row{
	{"slave1", "slave1", ifname},
	{"slave2", "slave2", ifname},
	{"seq_nr", "seq-nr", plain},
	{"supervision_addr", "supervision-addr", plain},
	{"proto", "protocol", numbered("hsr", "prp")},
}}

var xfrmTable = table{
	rows: []row{
		{"external", "collect-metadata", plain},
		{"if_id", "if-id", when(not(hasMetadata), format("%#x"))},
	},
	unshown: map[string]string{"link": "the link of the link"},
}

func hasMetadata(f field) bool { _, ok := f.sibling("collect-metadata").val(); return ok }

var vrfTable = table{rows: []row{{"table", "table", plain}}}

var bareudpTable = table{rows: []row{
	{"dstport", "port", plain},
	{"ethertype", "ethertype", present(etherType)},
	{"srcportmin", "srcport-min", plain},
	{"multiproto", "multiproto-mode", plain},
}}

var gtpTable = table{rows: []row{
	{"role", "role", plain},
	{"hsize", "pdp-hashsize", plain},
	{"restart_count", "restart-count", plain},
}}

var amtTable = table{rows: []row{
	{"mode", "mode", plain},
	{"gateway_port", "gateway-port", plain},
	{"relay_port", "relay-port", plain},
	{"local", "local-ip", plain},
	{"discovery", "discovery-ip", plain},
	{"link", "link", ifname},
	{"max_tunnels", "max-tunnels", plain},
}}

var tunTable = table{rows: []row{
	{"type", "type", plain},
	{"pi", "pi", truth},
	{"vnet_hdr", "vnet-hdr", truth},
	{"multi_queue", "multi-queue", truth},
	{"numqueues", "num-queues", plain},
	{"numdisabled", "num-disabled-queues", plain},
	{"persist", "persist", truth},
	{"user", "owner", plain},
	{"group", "group", plain},
}}

// with is rows and some more.
func with(rows []row, more ...row) []row { return append(slices.Clip(rows), more...) }
