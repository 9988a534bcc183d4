package uml

import (
	"fmt"
	"testing"
)

// refusal is a link that a kernel does not make, and why it cannot be expected to.
type refusal struct {
	kernel string // "" is all of them
	link   string
	errno  string
	extack string
	why    string
}

const unknownType = "Unknown device type"

var refusals = [...]refusal{
	{"6.1", "netkit", "EOPNOTSUPP", unknownType, "came with Linux 6.7"},
	{"6.1", "netkit-l3", "EOPNOTSUPP", unknownType, "came with Linux 6.7"},
	{"6.1", "pfcp", "EOPNOTSUPP", unknownType, "came with Linux 6.10"},
	{"", "ovpn", "EOPNOTSUPP", unknownType, "came with Linux 6.16"},
	{"", "caif", "EOPNOTSUPP", unknownType, "not built into these kernels"},
	{"", "dsa", "EOPNOTSUPP", unknownType, "not built; a port of a switch chip"},
	{"", "ipoib", "EOPNOTSUPP", unknownType, "not built; needs InfiniBand hardware"},
	{"", "rmnet", "EOPNOTSUPP", unknownType, "not built; needs a modem"},
	{"", "vsockmon", "EOPNOTSUPP", unknownType, "not built"},
	{"", "wwan", "EOPNOTSUPP", unknownType, "not built; needs a modem"},
	{"", "can", "EOPNOTSUPP", "None", "made by the driver of a controller; the kind is there to change it"},
	{"", "lowpan", "EINVAL", "None", "needs an IEEE 802.15.4 radio below"},
	{"", "netdevsim", "EOPNOTSUPP", `netdevsim: Please use: echo "[ID] [PORT_COUNT] [NUM_QUEUES]" > /sys/bus/netdevsim/new_device`,
		"guest.sh makes two; they report no kind"},
	{"", "openvswitch", "EOPNOTSUPP", "None", "made by generic netlink"},
	{"", "ppp", "EINVAL", "None", "needs an open /dev/ppp"},
	{"", "tun", "EOPNOTSUPP", "tun/tap creation via rtnetlink is not supported.", "guest.sh makes two"},
}

// deviation is a setting that a kernel reports otherwise than it was told, by design.
type deviation struct {
	kernel   string // "" is all of them
	link     string
	field    string
	reported string // "" is anything
	why      string
}

// Reasons for deviations.
const (
	command    = "tells the kernel what to do, and is no setting"
	unreported = "the kernel does not report it"
	capability = "cap-* flags are the kernel's own"
)

var deviations = [...]deviation{
	{"", "dummy", "num_rx_queues", "None", "these kernels have one processor, so no receive queues (CONFIG_RPS)"},
	{"", "ifb", "num_rx_queues", "None", "these kernels have one processor, so no receive queues (CONFIG_RPS)"},
	{"", "batadv", "linkinfo.data", "None", unreported},
	{"", "veth", "linkinfo.data", "None", "the peer is a link of its own"},
	{"", "vxcan", "linkinfo.data", "None", "the peer is a link of its own"},
	{"", "netkit", "linkinfo.data.peer_info", "None", "the peer is a link of its own"},
	{"", "netkit-l3", "linkinfo.data.peer_info", "None", "the peer is a link of its own"},
	{"", "vlan", "linkinfo.data.flags.mask", "4294967295", "which flags a request changes; all ones in replies"},
	{"", "macvlan", "linkinfo.data.macaddr_mode", "None", command},
	{"", "macsec", "linkinfo.data.port", "None", "reported within sci"},
	{"", "hsr", "linkinfo.data.multicast_spec", "None", "reported within supervision-addr"},
	{"", "prp", "linkinfo.data.multicast_spec", "None", "reported within supervision-addr"},
	{"", "hsr", "linkinfo.data.version", "None", unreported},
	{"", "hsr-ring", "linkinfo.data.interlink", "", unreported},
	{"", "ip6tnl", "linkinfo.data.flags", `set(["rcv-dscp-copy", "use-orig-fwmark", "cap-xmit", "cap-rcv"])`, capability},
	{"", "ip6tnl-external", "linkinfo.data.flags", `set(["allow-local-remote", "cap-per-packet"])`, capability},
	{"", "ip6gre", "linkinfo.data.flags", `set(["rcv-dscp-copy", "use-orig-fwmark", "cap-xmit", "cap-rcv"])`, capability},
	{"", "ip6gretap", "linkinfo.data.flags",
		`set(["ign-encap-limit", "use-orig-tclass", "use-orig-flowlabel", "cap-xmit", "cap-rcv"])`, capability},
	{"", "gtp", "linkinfo.data.create_sockets", "None", command},
	{"", "gtp", "linkinfo.data.local", "None", unreported},
	{"", "bridge", "linkinfo.data.mcast_hash_elasticity", "16", "has no effect any more"},
	{"", "bridge", "linkinfo.data.multi_boolopt.optmask", `set(["no-ll-learn", "mcast-vlan-snooping", "mst-enable"])`,
		"which switches a request changes; all that there are in replies"},
	{"", "vxlan6", "proto_down_reason.mask", "None", command},

	{"", "netkit", "linkinfo.data.headroom", "None", "came after Linux 6.12"},
	{"", "netkit", "linkinfo.data.tailroom", "None", "came after Linux 6.12"},
	{"6.1", "dummy", "gso_ipv4_max_size", "None", "came with Linux 6.3"},
	{"6.1", "dummy", "gro_ipv4_max_size", "None", "came with Linux 6.3"},
	{"6.1", "macvlan", "linkinfo.data.bc_cutoff", "None", "came with Linux 6.4"},
	{"6.1", "macsec", "linkinfo.data.offload", "None", "settable, and reported by macsec's own family only"},
	{"6.1", "vxlan", "linkinfo.data.localbypass", "None", "came with Linux 6.5"},
	{"6.1", "vxlan-gpe", "linkinfo.data.localbypass", "None", "came with Linux 6.5"},
	{"6.1", "vxlan6", "linkinfo.data.label_policy", "None", "came with Linux 6.7"},
	{"6.1", "bridge", "linkinfo.data.fdb_max_learned", "None", "came with Linux 6.7"},
	{"6.1", "bridge-port", "linkinfo.slave_data.mcast_max_groups", "None", "came with Linux 6.3"},
	{"6.1", "bridge-port", "linkinfo.slave_data.neigh_vlan_suppress", "None", "came with Linux 6.4"},
	{"6.1", "bridge-port", "linkinfo.slave_data.backup_nhid", "None", "came with Linux 6.6"},
	{"6.1", "backup-of-port", "linkinfo.slave_data.mab", "None", "came with Linux 6.2"},
}

// refused looks a refusal up: its words are "refused", link, errno, extack.
func (c *comparison) refused(t *testing.T, kernel string, words []string) {
	for i, e := range refusals {
		if (e.kernel == "" || e.kernel == kernel) && e.link == words[1] && e.errno == words[2] && e.extack == words[3] {
			c.needed[fmt.Sprint("refusal ", i)] = true
			return
		}
	}
	t.Errorf("not in refusals: %q", words)
}

// differs looks a deviation up: its words are "differs", link, field, told, reported.
func (c *comparison) differs(t *testing.T, kernel string, words []string) {
	for i, e := range deviations {
		if (e.kernel == "" || e.kernel == kernel) && e.link == words[1] && e.field == words[2] && (e.reported == "" || e.reported == words[4]) {
			c.needed[fmt.Sprint("deviation ", i)] = true
			return
		}
	}
	t.Errorf("not in deviations: %q", words)
}
