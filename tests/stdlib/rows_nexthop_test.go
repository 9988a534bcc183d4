package stdlib

const hops = addressed + `
ip nexthop add id 1 via 192.0.2.2 dev v0
ip nexthop add id 2 via 192.0.2.3 dev v0 protocol static
ip nexthop add id 3 via 2001:db8::2 dev v0
ip nexthop add id 10 group 1,3/2
ip route add 10.0.0.0/8 nhid 10
`

var nexthopRows = []row{
	{name: "nexthop-add", setup: addressed,
		ip: "ip nexthop add id 1 via 192.0.2.2 dev v0 protocol static; ip nexthop add id 2 via 2001:db8::2 dev v0; ip nexthop add id 3 blackhole; ip nexthop add id 4 dev v1; ip -6 nexthop add id 5 dev v1; ip -6 nexthop add id 6 blackhole; ip nexthop add id 7 via 203.0.113.9 dev v0 onlink",
		star: `ip.nexthop.add(1, via = "192.0.2.2", dev = "v0", protocol = "static"); ip.nexthop.add(2, via = "2001:db8::2", dev = "v0")
ip.nexthop.add(3, blackhole = True); ip.nexthop.add(4, dev = "v1"); ip.nexthop.add(5, dev = "v1", family = "inet6")
ip.nexthop.add(6, blackhole = True, family = "inet6"); ip.nexthop.add(7, via = "203.0.113.9", dev = "v0", onlink = True)`},
	{name: "nexthop-add-group", setup: hops, ip: "ip nexthop add id 11 group 1/2,200; ip nexthop add id 12 group 1/2 type mpath protocol 99; ip route add 10.9.0.0/16 nhid 11; ip nexthop add id 13 group 3",
		star: `ip.nexthop.add(11, group = "1/2,200"); ip.nexthop.add(12, group = [1, (2, 1)], type = "mpath", protocol = 99)
ip.route.add("10.9.0.0/16", nhid = 11); ip.nexthop.add(13, group = [{"id": 3}])`},
	{name: "nexthop-add-resilient", setup: hops, ip: "ip nexthop add id 11 group 1/2 type resilient buckets 8 idle_timer 60 unbalanced_timer 300",
		star: `ip.nexthop.add(11, group = "1/2", type = "resilient", buckets = 8, idle_timer = 60, unbalanced_timer = 300)`},
	{name: "nexthop-add-fdb", setup: addressed, ip: "ip nexthop add id 20 via 192.0.2.9 fdb; ip nexthop add id 21 via 192.0.2.8 fdb; ip nexthop add id 22 group 20/21 fdb",
		star: `ip.nexthop.add(20, via = "192.0.2.9", fdb = True); ip.nexthop.add(21, via = "192.0.2.8", fdb = True); ip.nexthop.add(22, group = "20/21", fdb = True)`},
	{name: "nexthop-add-encap", needs: "ip link set lo up; ip route add 10.0.0.0/8 encap ip id 5 dst 10.1.1.1 dev lo", setup: addressed,
		ip:   "ip nexthop add id 1 encap ip id 5 dst 10.1.1.1 ttl 9 via 192.0.2.2 dev v0",
		star: `ip.nexthop.add(1, via = "192.0.2.2", dev = "v0", encap = {"type": "ip", "id": 5, "dst": "10.1.1.1", "ttl": 9})`},
	{name: "nexthop-add-mpls", needs: "ip link set lo up; ip route add 10.0.0.0/8 encap mpls 100 dev lo", setup: addressed,
		ip:   "ip nexthop add id 1 encap mpls 100/200 via 192.0.2.2 dev v0",
		star: `ip.nexthop.add(1, via = "192.0.2.2", dev = "v0", encap = {"type": "mpls", "labels": "100/200"})`},
	{name: "nexthop-replace", setup: hops, ip: "ip nexthop replace id 1 via 192.0.2.77 dev v0 protocol bgp; ip nexthop replace id 9 dev v1; ip nexthop replace id 10 group 2",
		star: `ip.nexthop.replace(1, via = "192.0.2.77", dev = "v0", protocol = "bgp"); ip.nexthop.replace(9, dev = "v1"); ip.nexthop.replace(10, group = [2])`},
	{name: "nexthop-delete", setup: hops, ip: "ip nexthop del id 1", star: `ip.nexthop.delete(1)`},
	{name: "nexthop-delete-last", setup: hops, ip: "ip nexthop del id 1; ip nexthop del id 3", star: `ip.nexthop.delete(1); ip.nexthop.delete(3)`},
	{name: "nexthop-flush", setup: hops, ip: "ip nexthop flush", star: `ip.nexthop.flush()`},
	{name: "nexthop-flush-protocol", setup: hops, ip: "ip nexthop flush protocol 4", star: `ip.nexthop.flush(protocol = "static")`},
	{name: "nexthop-flush-dev", setup: hops + "ip nexthop add id 4 dev v1", ip: "ip nexthop flush dev v1", star: `ip.nexthop.flush(dev = "v1")`},
	{name: "nexthop-flush-groups", setup: hops, ip: "ip nexthop flush groups", star: `ip.nexthop.flush(groups = True)`},
	{name: "nexthop-add-exists", setup: hops, refused: true, ip: "ip nexthop add id 1 dev v1", star: `ip.nexthop.add(1, dev = "v1")`},
	{name: "nexthop-add-unreachable", setup: addressed, refused: true, ip: "ip nexthop add id 1 via 203.0.113.9 dev v0", star: `ip.nexthop.add(1, via = "203.0.113.9", dev = "v0")`},
	{name: "nexthop-add-group-absent", setup: hops, refused: true, ip: "ip nexthop add id 11 group 1/77", star: `ip.nexthop.add(11, group = "1/77")`},
	{name: "nexthop-add-resilient-empty", setup: hops, refused: true, ip: "ip nexthop add id 11 group 1 type resilient buckets 0", star: `ip.nexthop.add(11, group = "1", type = "resilient", buckets = 0)`},
	{name: "nexthop-delete-absent", setup: hops, refused: true, ip: "ip nexthop del id 77", star: `ip.nexthop.delete(77)`},
	{name: "nexthop-bucket-none", setup: hops, refused: true, ip: "ip nexthop bucket get id 10 index 0", star: `ip.nexthop.bucket.get(10, 0)`},
}

var otherRows = []row{
	{name: "addrlabel-add", setup: veth, ip: "ip addrlabel add prefix 2001:db8::/32 label 77; ip addrlabel add prefix 2001:db8::/48 dev v0 label 78",
		star: `ip.addrlabel.add("2001:db8::/32", 77); ip.addrlabel.add("2001:db8::/48", label = 78, dev = "v0")`},
	{name: "addrlabel-delete", setup: "ip addrlabel add prefix 2001:db8::/32 label 77", ip: "ip addrlabel del prefix 2001:db8::/32 label 77; ip addrlabel del prefix ::/96 label 3",
		star: `ip.addrlabel.delete("2001:db8::/32"); ip.addrlabel.delete("::/96")`},
	{name: "addrlabel-flush", ip: "ip addrlabel flush", star: `ip.addrlabel.flush()`},
	{name: "addrlabel-exists", refused: true, ip: "ip addrlabel add prefix ::/0 label 5", star: `ip.addrlabel.add("::/0", 5)`},
	{name: "ntable-change", setup: veth, ip: "ip ntable change name arp_cache dev v0 base_reachable 10000 retrans 500 gc_stale 20000 delay_probe 2000 app_probes 1 ucast_probes 5 mcast_probes 6 anycast_delay 100 proxy_delay 200 proxy_queue 30 locktime 300; ip ntable change name ndisc_cache dev v1 queue 20",
		star: `ip.ntable.change("arp_cache", dev = "v0", base_reachable = 10000, retrans = 500, gc_stale = 20000, delay_probe = 2000, app_probes = 1,
    ucast_probes = 5, mcast_probes = 6, anycast_delay = 100, proxy_delay = 200, proxy_queue = 30, locktime = 300)
ip.ntable.change("ndisc_cache", dev = "v1", queue = 20)`},
	{name: "ntable-absent", refused: true, ip: "ip ntable change name lost_cache thresh1 5", star: `ip.ntable.change("lost_cache", family = "unspec", thresh1 = 5)`},
	{name: "token-refused", setup: bothUp, refused: true, ip: "ip token set ::10 dev v0", star: `ip.token.set("::10", dev = "v0")`},
	{name: "stats-l3", setup: bothUp, ip: "ip stats set dev v0 l3_stats on", star: `ip.stats.set("v0", l3_stats = True)`},
	{name: "netns-set", ip: "ip netns set " + peerName + " 5", star: `ip.netns.set("` + peerName + `", 5)`},
	{name: "netns-set-auto", ip: "ip netns set " + peerName + " auto", star: `ip.netns.set("` + peerName + `", "auto")`},
	{name: "netns-set-again", setup: "ip netns set " + peerName + " 5", refused: true, ip: "ip netns set " + peerName + " 6", star: `ip.netns.set("` + peerName + `", 6)`},
	{name: "addr-delete-mngtmpaddr", setup: bothUp + "ip addr add 2001:db8::1/64 dev v0 mngtmpaddr", ip: "ip addr del 2001:db8::1/64 dev v0 mngtmpaddr",
		star: `ip.addr.delete("2001:db8::1/64", dev = "v0", mngtmpaddr = True)`},
}
