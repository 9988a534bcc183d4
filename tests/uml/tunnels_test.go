package uml

import (
	"fmt"

	"github.com/nlsh/nlsh/internal/schema"
)

// encapRows are UDP under a tunnel, shown where there is some.
var encapRows = []row{
	{"encap.type", "encap-type", when(hasEncap, plain)},
	{"encap.sport", "encap-sport", when(hasEncap, plain)},
	{"encap.dport", "encap-dport", when(hasEncap, plain)},
	{"encap.csum", "encap-flags", when(hasEncap, encapFlag("csum"))},
	{"encap.csum6", "encap-flags", when(hasEncap, encapFlag("csum6"))},
	{"encap.remcsum", "encap-flags", when(hasEncap, encapFlag("remcsum"))},
}

func hasEncap(f field) bool {
	v, ok := f.sibling("encap-type").val()
	return ok && v.Text() != "none"
}

func encapFlag(name string) convert { return func(f field) any { return f.bit(name) } }

// keyRows are the keys and switches of GRE headers.
var keyRows = []row{
	{"ikey", "ikey", when(siblingBit("iflags", "key"), dotted)},
	{"okey", "okey", when(siblingBit("oflags", "key"), dotted)},
	{"iseq", "iflags", bit("seq")},
	{"oseq", "oflags", bit("seq")},
	{"icsum", "iflags", bit("csum")},
	{"ocsum", "oflags", bit("csum")},
	{"erspan_index", "erspan-index", plain},
	{"erspan_ver", "erspan-ver", plain},
	{"erspan_dir", "erspan-dir", erspanDirection},
	{"erspan_hwid", "erspan-hwid", format("%#x")},
}

func erspanDirection(f field) any {
	return present(func(v schema.Value) any { return [2]string{"ingress", "egress"}[v.Uint64()&1] })(f)
}

var ipTunnelTable = table{rows: with(encapRows,
	row{"external", "collect-metadata", plain},
	row{"proto", "proto", named(map[string]any{"any": "any", "ipip": "ipip", "ipv6": "ip6ip", "mpls": "mpls"})},
	row{"remote", "remote", anyone},
	row{"local", "local", anyone},
	row{"link", "link", unless0(ifname)},
	row{"ttl", "ttl", plain},
	row{"tos", "tos", unless0(format("%#x"))},
	row{"pmtudisc", "pmtudisc", truth},
	row{"isatap", "flags", bit("isatap")},
	row{"prefix", "6rd-prefix", plain},
	row{"prefixlen", "6rd-prefixlen", plain},
	row{"relay_prefix", "6rd-relay-prefix", when(sibling("6rd-relay-prefixlen"), plain)},
	row{"relay_prefixlen", "6rd-relay-prefixlen", unless0(plain)},
	row{"fwmark", "fwmark", unless0(format("%#x"))},
)}

var greTable = table{rows: with(encapRows, with(keyRows,
	row{"external", "collect-metadata", plain},
	row{"remote", "remote", anyone},
	row{"local", "local", anyone},
	row{"link", "link", unless0(ifname)},
	row{"ttl", "ttl", plain},
	row{"tos", "tos", unless0(format("%#x"))},
	row{"pmtudisc", "pmtudisc", truth},
	row{"ignore_df", "ignore-df", unless0(truth)},
	row{"fwmark", "fwmark", unless0(format("%#x"))},
)...)}

// outer6Rows are tunnels over IPv6.
var outer6Rows = with(encapRows,
	row{"remote", "remote", anyone},
	row{"local", "local", anyone},
	row{"link", "link", unless0(ifname)},
	row{"ttl", "ttl", plain},
	row{"encap_limit", "encap-limit", when(not(siblingBit("flags", "ign-encap-limit")), plain)},
	row{"tclass", "flowinfo", when(not(siblingBit("flags", "use-orig-tclass")), trafficClass)},
	row{"flowlabel", "flowinfo", when(not(siblingBit("flags", "use-orig-flowlabel")), flowLabel)},
	row{"fwmark", "fwmark", when(not(siblingBit("flags", "use-orig-fwmark")), unless0(format("%#x")))},
	row{"ip6_tnl_f_ign_encap_limit", "flags", bit("ign-encap-limit")},
	row{"ip6_tnl_f_use_orig_tclass", "flags", bit("use-orig-tclass")},
	row{"ip6_tnl_f_use_orig_flowlabel", "flags", bit("use-orig-flowlabel")},
	row{"ip6_tnl_f_rcv_dscp_copy", "flags", bit("rcv-dscp-copy")},
	row{"ip6_tnl_f_use_orig_fwmark", "flags", bit("use-orig-fwmark")},
)

// flowinfo is the first word of an IPv6 header: version, traffic class, flow label.
func trafficClass(f field) any {
	return present(func(v schema.Value) any { return fmt.Sprintf("0x%02x", v.Uint64()>>20&0xff) })(f)
}

func flowLabel(f field) any {
	return present(func(v schema.Value) any { return fmt.Sprintf("0x%05x", v.Uint64()&0xfffff) })(f)
}

var gre6Table = table{rows: with(outer6Rows, with(keyRows, row{"external", "collect-metadata", plain})...)}

var ip6TunnelTable = table{rows: with(outer6Rows,
	row{"external", "collect-metadata", plain},
	row{"proto", "proto", named(map[string]any{"any": "any", "ipip": "ipip6", "ipv6": "ip6ip6"})},
	row{"ip6_tnl_f_allow_local_remote", "flags", bit("allow-local-remote")},
)}

var vtiTable = table{rows: []row{
	{"remote", "remote", anyone},
	{"local", "local", anyone},
	{"link", "link", unless0(ifname)},
	{"ikey", "ikey", unless0(dotted)},
	{"okey", "okey", unless0(dotted)},
	{"fwmark", "fwmark", unless0(format("%#x"))},
}}

var geneveTable = table{rows: []row{
	{"external", "collect-metadata", plain},
	{"id", "id", plain},
	{"remote", "remote", plain},
	{"remote6", "remote6", plain},
	{"ttl", "ttl", when(not(sibling("ttl-inherit")), plain)},
	{"tos", "tos", unless0(format("%#x"))},
	{"df", "df", plain},
	{"label", "label", unless0(format("0x%05x"))},
	{"port", "port", plain},
	{"udp_csum", "udp-csum", truth},
	{"udp_zero_csum6_tx", "udp-zero-csum6-tx", truth},
	{"udp_zero_csum6_rx", "udp-zero-csum6-rx", truth},
	{"inner_proto_inherit", "inner-proto-inherit", plain},
}}

var vxlanTable = table{
	rows: []row{
		{"external", "collect-metadata", unless0(truth)},
		{"vnifilter", "vnifilter", unless0(truth)},
		{"id", "id", plain},
		{"group", "group", plain},
		{"remote6", "group6", plain},
		{"local", "local", plain},
		{"local6", "local6", plain},
		{"link", "link", ifname},
		{"port_range.low", "port-range.low", plain},
		{"port_range.high", "port-range.high", plain},
		{"port", "port", plain},
		{"learning", "learning", truth},
		{"proxy", "proxy", unless0(truth)},
		{"rsc", "rsc", unless0(truth)},
		{"l2miss", "l2miss", unless0(truth)},
		{"l3miss", "l3miss", unless0(truth)},
		{"tos", "tos", unless0(format("%#x"))},
		{"ttl", "ttl", when(not(sibling("ttl-inherit")), plain)},
		{"df", "df", plain},
		{"label", "label", unless0(format("0x%05x"))},
		{"ageing", "ageing", plain},
		{"limit", "limit", unless0(plain)},
		{"udp_csum", "udp-csum", truth},
		{"udp_zero_csum6_tx", "udp-zero-csum6-tx", truth},
		{"udp_zero_csum6_rx", "udp-zero-csum6-rx", truth},
		{"remcsum_tx", "remcsum-tx", unless0(truth)},
		{"remcsum_rx", "remcsum-rx", unless0(truth)},
		{"gbp", "gbp", plain},
		{"gpe", "gpe", plain},
	},
	unshown: map[string]string{
		"remcsum-nopartial": notShown,
		"localbypass":       younger,
		"label-policy":      younger,
	},
}

// etherType shows the protocol that bareudp carries.
func etherType(v schema.Value) any {
	if v.Uint64() == 0x8847 {
		return "mpls_uc"
	}
	return fmt.Sprintf("%#x", v.Uint64())
}
