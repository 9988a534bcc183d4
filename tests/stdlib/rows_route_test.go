package stdlib

const routed = addressed + `
ip addr add 198.51.100.1/24 dev v1
ip route add 10.0.0.0/8 via 192.0.2.2
ip route add 10.1.0.0/16 via 192.0.2.3 metric 50
ip route add 10.1.0.0/16 via 192.0.2.4 metric 60 table 100
ip -6 route add 2001:db8:1::/48 via 2001:db8::2
`

var routeRows = []row{
	{name: "route-add-default", setup: addressed, ip: "ip route add default via 192.0.2.254; ip -6 route add default via 2001:db8::ff dev v0 metric 5",
		star: `ip.route.add("default", via = "192.0.2.254"); ip.route.add("default", via = "2001:db8::ff", dev = "v0", metric = 5)`},
	{name: "route-add-dev", setup: addressed, ip: "ip route add 10.0.0.0/8 dev v0 src 192.0.2.1 tos 0x10; ip route add 10.9.9.9 dev v1 scope global proto static",
		star: `ip.route.add("10.0.0.0/8", dev = "v0", src = "192.0.2.1", tos = 0x10); ip.route.add("10.9.9.9", dev = "v1", scope = "global", proto = "static")`},
	{name: "route-add-types", setup: addressed, ip: "ip route add blackhole 10.1.0.0/16; ip route add unreachable 10.2.0.0/16 metric 9; ip route add prohibit 10.3.0.0/16 table 1000; ip route add throw 10.4.0.0/16 table 77; ip -6 route add blackhole 2001:db8:7::/48; ip route add local 10.5.0.1 dev lo; ip route add broadcast 10.6.0.255 dev v0",
		star: `ip.route.add("10.1.0.0/16", type = "blackhole")
ip.route.add("10.2.0.0/16", type = "unreachable", metric = 9)
ip.route.add("10.3.0.0/16", type = "prohibit", table = 1000)
ip.route.add("10.4.0.0/16", type = "throw", table = 77)
ip.route.add("2001:db8:7::/48", type = "blackhole")
ip.route.add("10.5.0.1", type = "local", dev = "lo")
ip.route.add("10.6.0.255", type = "broadcast", dev = "v0")`},
	{name: "route-add-metrics", setup: addressed, ip: "ip route add 10.0.0.0/8 via 192.0.2.2 mtu lock 1300 advmss 1200 hoplimit 9 initcwnd 20 initrwnd 30 window 5000 rtt 30ms rttvar 5ms rto_min 1s quickack 1 congctl reno reordering 5 ssthresh 7 features ecn",
		star: `ip.route.add("10.0.0.0/8", via = "192.0.2.2", mtu = 1300, lock = ["mtu"], advmss = 1200, hoplimit = 9, initcwnd = 20, initrwnd = 30,
    window = 5000, rtt = "30ms", rttvar = "5ms", rto_min = "1s", quickack = 1, congctl = "reno", reordering = 5, ssthresh = 7, features = "ecn")`},
	{name: "route-add-v6-metrics", setup: addressed, ip: "ip route add 2001:db8:1::/48 via 2001:db8::2 dev v0 mtu 1300 pref high expires 600",
		star: `ip.route.add("2001:db8:1::/48", via = "2001:db8::2", dev = "v0", mtu = 1300, pref = "high", expires = 600)`},
	{name: "route-add-nexthops", setup: addressed, ip: "ip route add 10.0.0.0/8 nexthop via 192.0.2.2 weight 3 nexthop via 192.0.2.3 dev v0 nexthop dev v1; ip route add 2001:db8:1::/48 nexthop via 2001:db8::2 weight 2 nexthop via 2001:db8::3",
		star: `ip.route.add("10.0.0.0/8", nexthops = [{"via": "192.0.2.2", "weight": 3}, {"via": "192.0.2.3", "dev": "v0"}, {"dev": "v1"}])
ip.route.add("2001:db8:1::/48", nexthops = [{"via": "2001:db8::2", "weight": 2}, {"via": "2001:db8::3"}])`},
	{name: "route-add-via-v6", setup: addressed, ip: "ip route add 10.0.0.0/8 via inet6 2001:db8::2 dev v0", star: `ip.route.add("10.0.0.0/8", via = "2001:db8::2", dev = "v0")`},
	{name: "route-add-onlink", setup: addressed, ip: "ip route add 10.0.0.0/8 via 203.0.113.1 dev v0 onlink; ip route add 10.9.0.0/16 nexthop via 203.0.113.2 dev v0 onlink nexthop via 192.0.2.7",
		star: `ip.route.add("10.0.0.0/8", via = "203.0.113.1", dev = "v0", onlink = True)
ip.route.add("10.9.0.0/16", nexthops = [{"via": "203.0.113.2", "dev": "v0", "onlink": True}, {"via": "192.0.2.7"}])`},
	{name: "route-add-realms", setup: addressed, ip: "ip route add 10.0.0.0/8 via 192.0.2.2 realms 1/2", star: `ip.route.add("10.0.0.0/8", via = "192.0.2.2", realms = "1/2")`},
	{name: "route-add-encap", setup: addressed, ip: "ip route add 10.0.0.0/8 encap ip id 5 dst 10.1.1.1 ttl 9 via 192.0.2.2; ip -6 route add 2001:db8:5::/48 encap seg6 mode encap segs 2001:db8::5,2001:db8::6 dev v0",
		needs: "ip link set lo up; ip route add 10.0.0.0/8 encap ip id 5 dst 10.1.1.1 dev lo; ip -6 route add 2001:db8:5::/48 encap seg6 mode encap segs 2001:db8::5 dev lo",
		star: `ip.route.add("10.0.0.0/8", via = "192.0.2.2", encap = {"type": "ip", "id": 5, "dst": "10.1.1.1", "ttl": 9})
ip.route.add("2001:db8:5::/48", dev = "v0", encap = {"type": "seg6", "mode": "encap", "segs": "2001:db8::5,2001:db8::6"})`},
	{name: "route-append", setup: routed, ip: "ip route append 10.0.0.0/8 via 192.0.2.9; ip route prepend 10.0.0.0/8 via 192.0.2.8; ip -6 route append 2001:db8:1::/48 via 2001:db8::9",
		star: `ip.route.append("10.0.0.0/8", via = "192.0.2.9"); ip.route.prepend("10.0.0.0/8", via = "192.0.2.8"); ip.route.append("2001:db8:1::/48", via = "2001:db8::9")`},
	{name: "route-change", setup: routed, ip: "ip route change 10.1.0.0/16 via 192.0.2.77 metric 50", star: `ip.route.change("10.1.0.0/16", via = "192.0.2.77", metric = 50)`},
	{name: "route-replace", setup: routed, ip: "ip route replace 10.0.0.0/8 via 192.0.2.77; ip route replace 10.7.0.0/16 dev v1",
		star: `ip.route.replace("10.0.0.0/8", via = "192.0.2.77"); ip.route.replace("10.7.0.0/16", dev = "v1")`},
	{name: "route-delete", setup: routed, ip: "ip route del 10.0.0.0/8; ip route del 10.1.0.0/16 via 192.0.2.4 table 100; ip -6 route del 2001:db8:1::/48",
		star: `ip.route.delete("10.0.0.0/8"); ip.route.delete("10.1.0.0/16", via = "192.0.2.4", table = 100); ip.route.delete("2001:db8:1::/48")`},
	{name: "route-flush-table", setup: routed, ip: "ip route flush table 100", star: `ip.route.flush(table = 100)`},
	{name: "route-flush-root", setup: routed, ip: "ip route flush root 10.0.0.0/8", star: `ip.route.flush(root = "10.0.0.0/8")`},
	{name: "route-flush-proto", setup: routed, ip: "ip route flush proto boot", star: `ip.route.flush(proto = "boot")`},
	{name: "route-flush-dev", setup: routed, ip: "ip route flush dev v1", star: `ip.route.flush(dev = "v1")`},
	{name: "route-add-exists", setup: routed, refused: true, ip: "ip route add 10.0.0.0/8 via 192.0.2.2", star: `ip.route.add("10.0.0.0/8", via = "192.0.2.2")`},
	{name: "route-add-unreachable", setup: addressed, refused: true, ip: "ip route add 10.0.0.0/8 via 203.0.113.1", star: `ip.route.add("10.0.0.0/8", via = "203.0.113.1")`},
	{name: "route-add-host-bits", setup: addressed, refused: true, ip: "ip route add 10.0.0.1/8 via 192.0.2.2", star: `ip.route.add("10.0.0.1/8", via = "192.0.2.2")`},
	{name: "route-delete-absent", setup: addressed, refused: true, ip: "ip route del 10.0.0.0/8", star: `ip.route.delete("10.0.0.0/8")`},
	{name: "route-change-absent", setup: addressed, refused: true, ip: "ip route change 10.0.0.0/8 via 192.0.2.2", star: `ip.route.change("10.0.0.0/8", via = "192.0.2.2")`},
	{name: "route-add-nhid", setup: addressed, refused: true, ip: "ip route add 10.0.0.0/8 nhid 7", star: `ip.route.add("10.0.0.0/8", nhid = 7)`},
	{name: "route-get-none", setup: bothUp, refused: true, ip: "ip route get 10.0.0.1", star: `ip.route.get("10.0.0.1")`},
	{name: "route-get-none-v6", setup: bothUp, refused: true, ip: "ip route get 2001:db8::1", star: `ip.route.get("2001:db8::1")`},
}
