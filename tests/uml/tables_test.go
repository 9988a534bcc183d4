package uml

import "fmt"

// row says where a value that ip prints comes from.
type row struct {
	ip   string // key; parts of an object are joined by dots
	from string // path in nlsh's message, from the place where the table begins
	as   convert
}

// table compares one object of ip's with the attributes of one message.
type table struct {
	rows    []row
	unshown map[string]string // attributes that ip does not print, and why
	noPeer  string            // why ip prints none of them; what was told and what is reported are compared all the same
}

// Reasons why iproute2 6.1 does not print something.
const (
	younger  = "younger than iproute2 6.1"
	notShown = "iproute2 does not print it"
	counters = "printed with -s only"
)

// oddities are values of another form than the spec's row has.
var oddities = map[string]string{
	"linkinfo.data.ttl-inherit": "a flag in requests, a byte in replies",
}

// linkTable is the link itself.
var linkTable = table{
	rows: []row{
		{"ifindex", "ifi-index", plain},
		{"ifname", "ifname", plain},
		{"link", "link", below},
		{"flags", "ifi-flags", linkFlags},
		{"mtu", "mtu", plain},
		{"qdisc", "qdisc", plain},
		{"master", "master", ifname},
		{"operstate", "operstate", upper},
		{"linkmode", "linkmode", upper},
		{"group", "group", group},
		{"txqlen", "txqlen", unless0(plain)},
		{"link_type", "ifi-type", named(linkTypes)},
		{"address", "address", hardware},
		{"link_pointtopoint", "ifi-flags", when(hasBroadcast, bit("point-to-point"))},
		{"broadcast", "broadcast", hardware},
		{"permaddr", "perm-address", permanent},
		{"promiscuity", "promiscuity", plain},
		{"allmulti", "allmulti", plain},
		{"min_mtu", "min-mtu", plain},
		{"max_mtu", "max-mtu", plain},
		{"proto_down", "proto-down", unless0(truth)},
		{"proto_down_reason", "proto-down-reason.value", reasons},
		{"linkinfo.info_kind", "linkinfo.kind", plain},
		{"linkinfo.info_slave_kind", "linkinfo.slave-kind", plain},
		{"inet6_addr_gen_mode", "af-spec.inet6.addr-gen-mode", named(map[string]any{"eui64": "eui64", "none": "none"})},
		{"num_tx_queues", "num-tx-queues", plain},
		{"gso_max_size", "gso-max-size", plain},
		{"gso_max_segs", "gso-max-segs", plain},
		{"tso_max_size", "tso-max-size", plain},
		{"tso_max_segs", "tso-max-segs", plain},
		{"gro_max_size", "gro-max-size", plain},
		{"phys_port_name", "phys-port-name", plain},
		{"phys_switch_id", "phys-switch-id", switchID},
		{"parentbus", "parent-dev-bus-name", plain},
		{"parentdev", "parent-dev-name", plain},
		{"vfinfo_list", "vfinfo-list.info", virtualFunctions},
		{"ifalias", "ifalias", plain},
		{"altnames", "prop-list.alt-ifname", plain},
	},
	unshown: map[string]string{
		"ifi-family":         "always unspec in links",
		"ifi-change":         notShown,
		"carrier":            "printed for links without a queue only",
		"carrier-changes":    counters,
		"carrier-up-count":   counters,
		"carrier-down-count": counters,
		"stats.":             counters,
		"stats64.":           counters,
		"map.":               "of ISA cards",
		"af-spec.inet.":      notShown,
		"af-spec.inet6.":     "printed by ip -6 only, or not at all",
		"gso-ipv4-max-size":  younger,
		"gro-ipv4-max-size":  younger,
		"devlink-port.":      notShown,
		"xdp.attached":       "printed where there is a program",
		"num-vf":             notShown,
	},
}

func below(f field) any {
	v, ok := f.val()
	switch {
	case !ok:
		return absent{}
	case v.Uint64() == 0:
		return nil
	}
	return ifname(f)
}

func hasBroadcast(f field) bool { _, ok := f.sibling("broadcast").val(); return ok }

// reasons lists the bits that hold a link down; they have no names.
func reasons(f field) any {
	list := []any{}
	for n, bits := 0, f.uint(); bits != 0; n, bits = n+1, bits>>1 {
		if bits&1 != 0 {
			list = append(list, fmt.Sprint(n))
		}
	}
	if len(list) == 0 {
		return absent{}
	}
	return list
}

// linkTypes are hardware types as ip names them.
var linkTypes = map[string]any{
	"loopback": "loopback", "ether": "ether", "slip": "slip", "none": "none", "netlink": "netlink", "can": "can",
	"ieee80211-radiotap": "ieee802.11/radiotap", "tunnel": "ipip", "tunnel6": "tunnel6", "sit": "sit", "ipgre": "gre", "ip6gre": "gre6",
}
