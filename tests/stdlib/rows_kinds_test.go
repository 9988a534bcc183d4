package stdlib

// tunnel is what a row of a kind needs, and what it changes afterwards.
func tunnel(kind string) string { return "ip link add needed type " + kind }

const underlay = bothUp + "ip addr add 192.0.2.1/24 dev v0\nip addr add 2001:db8::1/64 dev v0 nodad\n"

const grown = underlay + "ip link add g0 type gre local 192.0.2.1 remote 192.0.2.9 key 5 seq ttl 9 tos 4\n"

var kindRows = []row{
	{name: "kind-gre", needs: tunnel("gre remote 192.0.2.1"), setup: underlay, ip: "ip link add g0 type gre local 192.0.2.1 remote 192.0.2.9 ikey 5 okey 1.2.3.4 oseq icsum ttl 9 tos inherit dev v0 nopmtudisc",
		star: `ip.link.add("g0", type = "gre", local = "192.0.2.1", remote = "192.0.2.9", ikey = 5, okey = "1.2.3.4", oseq = True, icsum = True, ttl = 9, tos = "inherit", dev = "v0", nopmtudisc = True)`},
	{name: "kind-gre-set", needs: tunnel("gre remote 192.0.2.1"), setup: grown, ip: "ip link set g0 type gre ttl 77", star: `ip.link.set("g0", type = "gre", ttl = 77)`},
	{name: "kind-gre-set-flags", needs: tunnel("gre remote 192.0.2.1"), setup: grown, ip: "ip link set g0 type gre noseq csum nokey", star: `ip.link.set("g0", type = "gre", noseq = True, csum = True, nokey = True)`},
	{name: "kind-gretap", needs: tunnel("gretap remote 192.0.2.1"), setup: underlay, ip: "ip link add g0 address 02:00:00:00:00:05 type gretap local 192.0.2.1 remote 192.0.2.9 key 7 ignore-df nopmtudisc",
		star: `ip.link.add("g0", type = "gretap", address = "02:00:00:00:00:05", local = "192.0.2.1", remote = "192.0.2.9", key = 7, ignore_df = True, nopmtudisc = True)`},
	{name: "kind-gre-fou", needs: tunnel("gre remote 192.0.2.1 encap fou encap-dport 5555"), setup: underlay, ip: "ip link add g0 type gre local 192.0.2.1 remote 192.0.2.9 encap fou encap-sport auto encap-dport 5555 encap-csum",
		star: `ip.link.add("g0", type = "gre", local = "192.0.2.1", remote = "192.0.2.9", encap = "fou", encap_sport = "auto", encap_dport = 5555, encap_csum = True)`},
	{name: "kind-erspan", needs: tunnel("erspan remote 192.0.2.1 key 5 seq erspan_ver 1 erspan 7"), setup: underlay,
		ip:   "ip link add g0 address 02:00:00:00:00:05 type erspan local 192.0.2.1 remote 192.0.2.9 key 5 seq erspan_ver 2 erspan_dir egress erspan_hwid 9",
		star: `ip.link.add("g0", type = "erspan", address = "02:00:00:00:00:05", local = "192.0.2.1", remote = "192.0.2.9", key = 5, seq = True, erspan_ver = 2, erspan_dir = "egress", erspan_hwid = 9)`},
	{name: "kind-ip6gre", needs: tunnel("ip6gre remote ::1"), setup: underlay, ip: "ip link add g0 type ip6gre local 2001:db8::1 remote 2001:db8::9 key 5 tclass 0x10 flowlabel 0x12345 hoplimit 9 encaplimit none",
		star: `ip.link.add("g0", type = "ip6gre", local = "2001:db8::1", remote = "2001:db8::9", key = 5, tclass = 0x10, flowlabel = 0x12345, hoplimit = 9, encaplimit = "none")`},
	{name: "kind-ip6gre-set", needs: tunnel("ip6gre remote ::1"), setup: underlay + "ip link add g0 type ip6gre local 2001:db8::1 remote 2001:db8::9 key 5 flowlabel 0x12345",
		ip: "ip link set g0 type ip6gre tclass 0x20 allow-localremote", star: `ip.link.set("g0", type = "ip6gre", tclass = 0x20, allow_localremote = True)`},
	{name: "kind-ip6tnl", needs: tunnel("ip6tnl remote ::1"), setup: underlay, ip: "ip link add t0 type ip6tnl local 2001:db8::1 remote 2001:db8::9 mode ipip6 tclass inherit dscp inherit fwmark inherit encaplimit 3",
		star: `ip.link.add("t0", type = "ip6tnl", local = "2001:db8::1", remote = "2001:db8::9", mode = "ipip6", tclass = "inherit", dscp = "inherit", fwmark = "inherit", encaplimit = 3)`},
	{name: "kind-ip6tnl-bare", needs: tunnel("ip6tnl remote ::1"), setup: underlay, ip: "ip link add t0 type ip6tnl remote 2001:db8::9", star: `ip.link.add("t0", type = "ip6tnl", remote = "2001:db8::9")`},
	{name: "kind-ipip", needs: tunnel("ipip remote 192.0.2.1"), setup: underlay, ip: "ip link add t0 type ipip local 192.0.2.1 remote 192.0.2.9 ttl 64 mode any fwmark 5", star: `ip.link.add("t0", type = "ipip", local = "192.0.2.1", remote = "192.0.2.9", ttl = 64, mode = "any", fwmark = 5)`},
	{name: "kind-ipip-set", needs: tunnel("ipip remote 192.0.2.1"), setup: underlay + "ip link add t0 type ipip local 192.0.2.1 remote 192.0.2.9 ttl 64", ip: "ip link set t0 type ipip tos 4", star: `ip.link.set("t0", type = "ipip", tos = 4)`},
	{name: "kind-sit", needs: tunnel("sit remote 192.0.2.1"), setup: underlay, ip: "ip link add s0 type sit local 192.0.2.1 ttl 64 6rd-prefix 2001:db8::/32 6rd-relay_prefix 192.0.0.0/8", star: `ip.link.add("s0", type = "sit", local = "192.0.2.1", ttl = 64, _6rd_prefix = "2001:db8::/32", _6rd_relay_prefix = "192.0.0.0/8")`},
	{name: "kind-sit-set", needs: tunnel("sit remote 192.0.2.1"), setup: underlay + "ip link add s0 type sit local 192.0.2.1 6rd-prefix 2001:db8::/32", ip: "ip link set s0 type sit ttl 9", star: `ip.link.set("s0", type = "sit", ttl = 9)`},
	{name: "kind-vti", needs: tunnel("vti remote 192.0.2.1 key 5"), setup: underlay, ip: "ip link add t0 type vti local 192.0.2.1 remote 192.0.2.9 key 5", star: `ip.link.add("t0", type = "vti", local = "192.0.2.1", remote = "192.0.2.9", key = 5)`},
	{name: "kind-geneve", needs: tunnel("geneve id 5 remote 192.0.2.1"), setup: underlay, ip: "ip link add g0 address 02:00:00:00:00:05 type geneve id 5 remote 192.0.2.9 ttl 9 tos inherit df set dstport 7000 udpcsum",
		star: `ip.link.add("g0", type = "geneve", address = "02:00:00:00:00:05", id = 5, remote = "192.0.2.9", ttl = 9, tos = "inherit", df = "set", dstport = 7000, udpcsum = True)`},
	{name: "kind-vrf", needs: tunnel("vrf table 5"), setup: bothUp, ip: "ip link add red address 02:00:00:00:00:05 type vrf table 77; ip link set v0 vrf red; ip link set red up; ip route add 10.0.0.0/8 dev v0 vrf red",
		star: `ip.link.add("red", type = "vrf", address = "02:00:00:00:00:05", table = 77); ip.link.set("v0", vrf = "red"); ip.link.set("red", up = True); ip.route.add("10.0.0.0/8", dev = "v0", vrf = "red")`},
	{name: "kind-bond-slave", needs: tunnel("bond"), setup: veth + "ip link add b0 address 02:00:00:00:00:05 type bond mode active-backup miimon 100", ip: "ip link set v0 master b0; ip link set v0 type bond_slave queue_id 1; ip link set b0 type bond primary v0 num_grat_arp 3 primary_reselect better",
		star: `ip.link.set("v0", master = "b0"); ip.link.set("v0", type = "bond_slave", queue_id = 1); ip.link.set("b0", type = "bond", primary = "v0", num_grat_arp = 3, primary_reselect = "better")`},
	{name: "kind-ipvlan", needs: "ip link add d0 type veth peer name d1; ip link add link d0 name needed type ipvlan", setup: veth, ip: "ip link add link v0 name i0 type ipvlan mode l3 vepa", star: `ip.link.add("i0", type = "ipvlan", link = "v0", mode = "l3", vepa = True)`},
	{name: "kind-macvlan-source", setup: veth, ip: "ip link add link v0 name m0 address 02:00:00:00:00:05 type macvlan mode source macaddr set 02:00:00:00:00:11 02:00:00:00:00:12; ip link set m0 type macvlan macaddr add 02:00:00:00:00:13; ip link set m0 type macvlan macaddr del 02:00:00:00:00:11",
		star: `ip.link.add("m0", type = "macvlan", link = "v0", address = "02:00:00:00:00:05", mode = "source", macaddr = ("set", ["02:00:00:00:00:11", "02:00:00:00:00:12"]))
ip.link.set("m0", type = "macvlan", macaddr = ("add", "02:00:00:00:00:13")); ip.link.set("m0", type = "macvlan", macaddr = ("del", "02:00:00:00:00:11"))`},
	{name: "kind-macsec", needs: "ip link add d0 type veth peer name d1; ip link add link d0 name needed type macsec", setup: veth, ip: "ip link add link v0 name m0 type macsec sci 0x0200000000010001 encrypt on replay on window 32 validate check cipher gcm-aes-256",
		star: `ip.link.add("m0", type = "macsec", link = "v0", sci = 0x0200000000010001, encrypt = True, replay = True, window = 32, validate = "check", cipher = "gcm-aes-256")`},
	{name: "kind-bareudp", needs: tunnel("bareudp dstport 5 ethertype ipv4"), ip: "ip link add u0 type bareudp dstport 6635 ethertype mpls_uc srcportmin 2000", star: `ip.link.add("u0", type = "bareudp", dstport = 6635, ethertype = 0x8847, srcportmin = 2000)`},
	{name: "kind-dummy", needs: tunnel("dummy"), ip: "ip link add d0 address 02:00:00:00:00:05 type dummy", star: `ip.link.add("d0", type = "dummy", address = "02:00:00:00:00:05")`},
	{name: "kind-gre-exists", needs: tunnel("gre remote 192.0.2.1"), setup: grown, refused: true, ip: "ip link add g1 type gre local 192.0.2.1 remote 192.0.2.9 key 5", star: `ip.link.add("g1", type = "gre", local = "192.0.2.1", remote = "192.0.2.9", key = 5)`},
}
