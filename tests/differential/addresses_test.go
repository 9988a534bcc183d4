package differential

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

func testAddresses(t *testing.T, b *bench) {
	c := newComparison(t, "addresses")
	nlsh := func() []*object { return b.dump(t, "getaddr", nil) }
	c.with(ipAddrs, nlsh, func() []found { return ipAddrInfo(t) })
	c.with(vishAddrs, nlsh, func() []found { return vishAddrList(t, b) })
	c.finish(aloneAddrs, map[peer]int{byIP: 150, byVish: 90})
}

// addrKey is "addr INDEX ADDRESS": our own address, which is local where there
// is a peer.
func addrKey(v view) string {
	return fmt.Sprintf("addr %d %s/%d", v.n("hdr.ifa-index"), ownAddr(v), v.n("hdr.ifa-prefixlen"))
}

func ownAddr(v view) string {
	if v.has("local") {
		return v.s("local")
	}
	return v.s("address")
}

// addrFlags have a key each in ip's output.
func addrFlag(key, name string) row {
	return row{key: key, want: func(v view) any {
		if slices.Contains(v.flags("flags"), name) {
			return true
		}
		return nil
	}}
}

var ipAddrs = &table{
	peer: byIP, key: addrKey,
	rows: []row{
		text("family", "hdr.ifa-family"), num("prefixlen", "hdr.ifa-prefixlen"),
		{key: "local", want: func(v view) any { return ownAddr(v) }},
		{key: "address", want: func(v view) any { // only that of a peer
			if v.has("local") && v.s("local") != v.s("address") {
				return v.text("address")
			}
			return nil
		}},
		num("metric", "rt-priority"), text("broadcast", "broadcast"), text("anycast", "anycast"), text("label", "label"),
		{key: "scope", want: func(v view) any { return ipScope(v.s("hdr.ifa-scope")) }},
		{key: "secondary", want: func(v view) any { return secondary(v, "inet") }},
		{key: "temporary", want: func(v view) any { return secondary(v, "inet6") }},
		addrFlag("tentative", "tentative"), addrFlag("deprecated", "deprecated"), addrFlag("home", "homeaddress"),
		addrFlag("nodad", "nodad"), addrFlag("mngtmpaddr", "managetempaddr"), addrFlag("noprefixroute", "noprefixroute"),
		addrFlag("autojoin", "mcautojoin"), addrFlag("dadfailed", "dadfailed"), addrFlag("optimistic", "optimistic"),
		addrFlag("stable-privacy", "stable-privacy"),
		{key: "dynamic", want: func(v view) any {
			if slices.Contains(v.flags("flags"), "permanent") {
				return nil
			}
			return true
		}},
		newer(text2("protocol", "proto", func(s string) string { return strings.ReplaceAll(s, "-", "_") })),
		num("valid_life_time", "cacheinfo.ifa-valid"), num("preferred_life_time", "cacheinfo.ifa-prefered"),
	},
}

// secondary is one bit with a meaning for each family.
func secondary(v view, family string) any {
	if v.s("hdr.ifa-family") == family && slices.Contains(v.flags("flags"), "secondary") {
		return true
	}
	return nil
}

// ipScope is the name of a scope in /etc/iproute2/rt_scopes.
func ipScope(name string) string {
	if name == "universe" {
		return "global"
	}
	return name
}

// ipAddrInfo is what "ip addr" has inside of links, each by itself.
func ipAddrInfo(t *testing.T) []found {
	t.Helper()
	var list []found
	for _, link := range show(t, linkKey, "ip", "addr") {
		each := map[int]map[string]string{}
		for path, value := range link.fields {
			rest, ok := strings.CutPrefix(path, "addr_info[")
			if !ok {
				continue
			}
			index, key, _ := strings.Cut(rest, "].")
			i, err := strconv.Atoi(index)
			if err != nil {
				t.Fatalf("ip addr: %s: %v", path, err)
			}
			if each[i] == nil {
				each[i] = map[string]string{}
			}
			each[i][key] = value
		}
		for _, f := range each {
			list = append(list, found{fields: f,
				key: fmt.Sprintf("addr %s %s/%s", link.fields["ifindex"], f["local"], f["prefixlen"])})
		}
	}
	return list
}

var vishAddrs = &table{
	peer: byVish, zero: true, key: addrKey,
	rows: []row{
		{key: "IPNet", want: func(v view) any {
			if v.has("local") && v.s("local") != v.s("address") {
				return v.s("local") + "/32" // the length belongs to the peer
			}
			return fmt.Sprintf("%s/%d", v.s("address"), v.n("hdr.ifa-prefixlen"))
		}},
		{key: "Peer", want: func(v view) any {
			if v.has("local") && v.s("local") != v.s("address") {
				return fmt.Sprintf("%s/%d", v.s("address"), v.n("hdr.ifa-prefixlen"))
			}
			return nil
		}},
		text("Label", "label"), {key: "Flags", want: func(v view) any {
			if v.n("flags")&0xff != v.n("hdr.ifa-flags") {
				return "the header says otherwise: " + v.s("hdr.ifa-flags")
			}
			return v.num("flags")
		}},
		num("Scope", "hdr.ifa-scope"), text("Broadcast", "broadcast"),
		num("PreferedLft", "cacheinfo.ifa-prefered"), num("ValidLft", "cacheinfo.ifa-valid"), num("LinkIndex", "hdr.ifa-index"),
	},
}

func vishAddrList(t *testing.T, b *bench) []found {
	t.Helper()
	var list []found
	b.inside(t, func() error {
		addrs, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
		for _, a := range addrs {
			f := found{fields: fields(a), key: fmt.Sprintf("addr %d %s", a.LinkIndex, a.IPNet)}
			if a.Peer != nil {
				ones, _ := a.Peer.Mask.Size()
				f.key = fmt.Sprintf("addr %d %s/%d", a.LinkIndex, a.IP, ones)
			}
			list = append(list, f)
		}
		return err
	})
	return list
}
