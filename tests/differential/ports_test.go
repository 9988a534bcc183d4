package differential

import (
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
)

// below makes rows of a part of an object rows of the whole.
func below(path string, rows []row) []row {
	list := slices.Clone(rows)
	for i, r := range rows {
		list[i].want = func(v view) any {
			if !v.any(path) {
				return nil
			}
			return r.want(v.sub(path))
		}
	}
	return list
}

// ipPorts is "bridge -d -j link". The bridge itself is among what nlsh gets, and
// bridge(8) shows it like a port.
var ipPorts = &table{
	peer: byIP, key: linkKeyOf,
	rows: slices.Concat(ipLinkHead[:6], []row{num("mtu", "mtu"), dev("master", "master"), num("mcast_router", "protinfo.multicast-router"),
		text("state", "protinfo.state")}, below("protinfo", ipPort[1:])),
}

// vishPorts is netlink.LinkGetProtinfo of each port.
var vishPorts = &table{
	peer: byVish, zero: true, key: linkKeyOf,
	only: func(v view) bool { return v.any("protinfo") },
	rows: below("protinfo", []row{onoff("Hairpin", "mode"), onoff("Guard", "guard"), onoff("FastLeave", "fast-leave"),
		onoff("RootBlock", "protect"), onoff("Learning", "learning"), onoff("Flood", "unicast-flood"), onoff("ProxyArp", "proxyarp"),
		onoff("ProxyArpWiFi", "proxyarp-wifi"), onoff("Isolated", "isolated"), onoff("NeighSuppress", "neigh-suppress"),
		onoff("VlanTunnel", "vlan-tunnel")}),
}

func vishPortList(t *testing.T, b *bench) []found {
	t.Helper()
	var list []found
	b.inside(t, func() error {
		links, err := netlink.LinkList()
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.Attrs().MasterIndex == 0 {
				continue
			}
			info, err := netlink.LinkGetProtinfo(l)
			if err != nil {
				return err
			}
			list = append(list, found{key: "link " + fields(l)["LinkAttrs.Index"], fields: fields(info)})
		}
		return nil
	})
	return list
}
