package differential

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

// vishLinks is netlink.LinkList: a struct for each kind, all with LinkAttrs.
var vishLinks = &table{
	peer: byVish, zero: true, key: linkKeyOf,
	rows: slices.Concat(vishAttrs, vishStats(), vishKinds),
	skip: []exception{
		{path: "LinkAttrs.Namespace", why: "for requests only"}, {path: "Fds*", why: "for requests only"},
		{path: "PeerName", why: "for requests only"}, {path: "PeerHardwareAddr", why: "for requests only"}, {path: "PeerNamespace", why: "for requests only"},
		{path: "PeerTxQLen", why: "for requests only"}, {path: "PeerNumTxQueues", why: "for requests only"}, {path: "PeerNumRxQueues", why: "for requests only"},
		{path: "PeerMTU", why: "for requests only"},
		{path: "LinkAttrs.Multi", why: "a copy of a bit of Flags"},
		{path: "LinkAttrs.PhysSwitchID", why: "hardware switches only; none here"}, {path: "LinkAttrs.Vfs", why: "SR-IOV only; none here"},
		{path: "LinkAttrs.Slave", why: "bonds and VRFs only; this kernel has neither"},
		{path: "LinkAttrs.Protinfo", why: "for the family bridge only"},
	},
}

var vishAttrs = []row{
	num("LinkAttrs.Index", "hdr.ifi-index"), num("LinkAttrs.MTU", "mtu"), num("LinkAttrs.TxQLen", "txqlen"), text("LinkAttrs.Name", "ifname"),
	{key: "LinkAttrs.HardwareAddr", want: func(v view) any {
		if strings.Trim(v.s("address"), "0:") == "" {
			return nil // left out if it is all zeros
		}
		return v.text("address")
	}},
	num("LinkAttrs.RawFlags", "hdr.ifi-flags"),
	{key: "LinkAttrs.Flags", want: func(v view) any { return goFlags(v.flags("hdr.ifi-flags")) }},
	{key: "LinkAttrs.Allmulti", want: func(v view) any { return slices.Contains(v.flags("hdr.ifi-flags"), "all-multi") }},
	num("LinkAttrs.ParentIndex", "link"), num("LinkAttrs.MasterIndex", "master"), text("LinkAttrs.Alias", "ifalias"),
	{key: "LinkAttrs.AltNames", want: func(v view) any { return texts(v, "prop-list.alt-ifname") }},
	num("LinkAttrs.Promisc", "promiscuity"),
	{key: "LinkAttrs.Xdp.Attached", want: func(v view) any { return v.n("xdp.attached") != 0 }}, num("LinkAttrs.Xdp.Fd", "xdp.fd"), num("LinkAttrs.Xdp.AttachMode", "xdp.attached"),
	num("LinkAttrs.Xdp.Flags", "xdp.flags"), num("LinkAttrs.Xdp.ProgId", "xdp.prog-id"),
	text("LinkAttrs.EncapType", "hdr.ifi-type"),
	num("LinkAttrs.OperState", "operstate"),
	{key: "LinkAttrs.NetNsID", want: func(v view) any {
		if v.has("link-netnsid") {
			return v.signed("link-netnsid")
		}
		return -1
	}},
	num("LinkAttrs.NumTxQueues", "num-tx-queues"), num("LinkAttrs.NumRxQueues", "num-rx-queues"),
	num("LinkAttrs.TSOMaxSegs", "tso-max-segs"), num("LinkAttrs.TSOMaxSize", "tso-max-size"), num("LinkAttrs.GSOMaxSegs", "gso-max-segs"),
	num("LinkAttrs.GSOMaxSize", "gso-max-size"), num("LinkAttrs.GROMaxSize", "gro-max-size"),
	num("LinkAttrs.GSOIPv4MaxSize", "gso-ipv4-max-size"), num("LinkAttrs.GROIPv4MaxSize", "gro-ipv4-max-size"),
	num("LinkAttrs.Group", "group"), text("LinkAttrs.PermHWAddr", "perm-address"),
	text("LinkAttrs.ParentDev", "parent-dev-name"), text("LinkAttrs.ParentDevBus", "parent-dev-bus-name"),
}

// vishStats are the counters that the library knows, named as in the struct.
func vishStats() []row {
	names := []string{"rx-packets", "tx-packets", "rx-bytes", "tx-bytes", "rx-errors", "tx-errors", "rx-dropped", "tx-dropped",
		"multicast", "collisions", "rx-length-errors", "rx-over-errors", "rx-crc-errors", "rx-frame-errors", "rx-fifo-errors",
		"rx-missed-errors", "tx-aborted-errors", "tx-carrier-errors", "tx-fifo-errors", "tx-heartbeat-errors", "tx-window-errors",
		"rx-compressed", "tx-compressed"}
	var rows []row
	for _, name := range names {
		key := ""
		for _, word := range strings.Split(name, "-") {
			key += strings.ToUpper(word[:1]) + word[1:]
		}
		rows = append(rows, num("LinkAttrs.Statistics."+key, "stats64."+name))
	}
	return rows
}

// of is a row for links of a kind.
func of(kind string, r row) row {
	return row{key: r.key, want: func(v view) any {
		if info := v.sub("linkinfo"); info.s("kind") == kind {
			return r.want(info.sub("data"))
		}
		return nil
	}}
}

// either is the first row that has something to say.
func either(rows ...row) row {
	return row{key: rows[0].key, want: func(v view) any {
		for _, r := range rows {
			if w := r.want(v); w != nil {
				return w
			}
		}
		return nil
	}}
}

var vishKinds = []row{
	{key: "LinkType", want: func(v view) any { return nil }}, // GenericLink: a kind the library does not know
	of("bridge", onoff("MulticastSnooping", "mcast-snooping")), of("bridge", num("AgeingTime", "ageing-time")),
	of("bridge", num("HelloTime", "hello-time")), of("bridge", onoff("VlanFiltering", "vlan-filtering")),
	of("bridge", num("VlanDefaultPVID", "vlan-default-pvid")), of("bridge", num("GroupFwdMask", "group-fwd-mask")),

	of("vxlan", num("VxlanId", "id")), of("vxlan", num("VtepDevIndex", "link")), of("vxlan", text("SrcAddr", "local")),
	either(of("vxlan", text("Group", "group")), of("tun", num("Group", "group"))), of("vxlan", num("TTL", "ttl")), of("vxlan", num("TOS", "tos")),
	of("vxlan", onoff("Learning", "learning")), of("vxlan", onoff("Proxy", "proxy")), of("vxlan", onoff("RSC", "rsc")),
	of("vxlan", onoff("L2miss", "l2miss")), of("vxlan", onoff("L3miss", "l3miss")), of("vxlan", onoff("UDPCSum", "udp-csum")),
	of("vxlan", onoff("UDP6ZeroCSumTx", "udp-zero-csum6-tx")), of("vxlan", onoff("UDP6ZeroCSumRx", "udp-zero-csum6-rx")),
	of("vxlan", row{key: "NoAge", want: func(v view) any { return v.n("ageing") == 0 }}),
	of("vxlan", row{key: "GBP", want: func(v view) any { return v.has("gbp") }}), of("vxlan", onoff("FlowBased", "collect-metadata")),
	of("vxlan", num("Age", "ageing")), of("vxlan", num("Limit", "limit")), of("vxlan", num("Port", "port")),
	of("vxlan", num("PortLow", "port-range.low")), of("vxlan", num("PortHigh", "port-range.high")),

	either(of("macvlan", row{key: "Mode", want: vishMode}), of("macvtap", row{key: "Mode", want: vishMode}), of("tun", num("Mode", "type"))),
	either(of("macvlan", num("BCQueueLen", "bc-queue-len")), of("macvtap", num("BCQueueLen", "bc-queue-len"))),
	either(of("macvlan", num("UsedBCQueueLen", "bc-queue-len-used")), of("macvtap", num("UsedBCQueueLen", "bc-queue-len-used"))),
	either(of("macvlan", num("MACAddrs", "macaddr-count")), of("macvtap", num("MACAddrs", "macaddr-count"))),
	of("tun", row{key: "NonPersist", want: func(v view) any { return v.n("persist") == 0 }}),
	of("tun", num("Queues", "num-queues")), of("tun", num("DisabledQueues", "num-disabled-queues")), of("tun", num("Owner", "owner")),
	of("tun", row{key: "Flags", want: vishTunFlags}),
}

// vishMode is the library's own number of a macvlan mode.
func vishMode(v view) any {
	return map[string]netlink.MacvlanMode{"private": netlink.MACVLAN_MODE_PRIVATE, "vepa": netlink.MACVLAN_MODE_VEPA,
		"bridge": netlink.MACVLAN_MODE_BRIDGE, "passthru": netlink.MACVLAN_MODE_PASSTHRU, "source": netlink.MACVLAN_MODE_SOURCE}[v.s("mode")]
}

func goFlags(names []string) any {
	var f net.Flags
	for name, bit := range map[string]net.Flags{"up": net.FlagUp, "broadcast": net.FlagBroadcast, "loopback": net.FlagLoopback,
		"point-to-point": net.FlagPointToPoint, "multicast": net.FlagMulticast, "running": net.FlagRunning} {
		if slices.Contains(names, name) {
			f |= bit
		}
	}
	return uint(f)
}

func vishLinkList(t *testing.T, b *bench) []found {
	t.Helper()
	var list []found
	b.inside(t, func() error {
		links, err := netlink.LinkList()
		for _, l := range links {
			f := found{fields: fields(l)}
			f.key = "link " + f.fields["LinkAttrs.Index"]
			list = append(list, f)
		}
		return err
	})
	return list
}

// vishTunFlags are the flags of TUNSETIFF, which the kernel reports one by one.
func vishTunFlags(v view) any {
	var f netlink.TuntapFlag
	if v.n("pi") == 0 {
		f |= netlink.TUNTAP_NO_PI
	}
	if v.n("vnet-hdr") != 0 {
		f |= netlink.TUNTAP_VNET_HDR
	}
	if v.n("multi-queue") != 0 {
		f |= netlink.TUNTAP_MULTI_QUEUE
	}
	return uint16(f)
}
