package stdlib

var ruleRows = []row{
	{name: "rule-add", ip: "ip rule add from 192.0.2.0/24 table 100 pref 1000; ip rule add to 10.0.0.0/8 tos 0x10 pref 900 lookup 1000; ip -6 rule add from 2001:db8::/32 table 7",
		star: `ip.rule.add(from_ = "192.0.2.0/24", table = 100, pref = 1000)
ip.rule.add(to = "10.0.0.0/8", tos = 0x10, pref = 900, table = 1000)
ip.rule.add(from_ = "2001:db8::/32", table = 7)`},
	{name: "rule-add-mark", ip: "ip rule add fwmark 0x1/0xff iif lo oif v9 pref 5; ip rule add not fwmark 7 type prohibit pref 6",
		star: `ip.rule.add(fwmark = "0x1/0xff", iif = "lo", oif = "v9", pref = 5); ip.rule.add(not_ = True, fwmark = 7, type = "prohibit", pref = 6)`},
	{name: "rule-add-ports", ip: "ip rule add ipproto tcp sport 80 dport 1000-2000 table 9 pref 8; ip rule add uidrange 0-0 ipproto udp table 10 protocol static pref 9",
		star: `ip.rule.add(ipproto = "tcp", sport = 80, dport = "1000-2000", table = 9, pref = 8); ip.rule.add(uidrange = "0-0", ipproto = "udp", table = 10, protocol = "static", pref = 9)`},
	{name: "rule-add-goto", ip: "ip rule add pref 10 goto 20; ip rule add pref 20 from 10.0.0.1 suppress_prefixlength 0 suppress_ifgroup 3 lookup main; ip rule add pref 30 type nop",
		star: `ip.rule.add(pref = 10, goto = 20); ip.rule.add(pref = 20, from_ = "10.0.0.1", suppress_prefixlength = 0, suppress_ifgroup = 3, table = "main"); ip.rule.add(pref = 30, type = "nop")`},
	{name: "rule-delete", setup: "ip rule add from 192.0.2.0/24 table 100 pref 1000; ip rule add table 5 pref 3; ip -6 rule add table 5 pref 3",
		ip: "ip rule del pref 1000; ip rule del table 5; ip -6 rule del pref 3", star: `ip.rule.delete(pref = 1000); ip.rule.delete(table = 5); ip.rule.delete(family = "inet6", pref = 3)`},
	{name: "rule-flush", setup: "ip rule add from 192.0.2.0/24 table 100 pref 1000; ip rule add table 5 pref 3", ip: "ip rule flush", star: `ip.rule.flush()`},
	{name: "rule-add-exists", setup: "ip rule add table 5 pref 3", refused: true, ip: "ip rule add table 5 pref 3", star: `ip.rule.add(table = 5, pref = 3)`},
	{name: "rule-delete-absent", refused: true, ip: "ip rule del pref 77", star: `ip.rule.delete(pref = 77)`},
	{name: "rule-goto-back", refused: true, ip: "ip rule add pref 20 goto 10", star: `ip.rule.add(pref = 20, goto = 10)`},
}

var neighRows = []row{
	{name: "neigh-add", setup: addressed, ip: "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0; ip neigh add 2001:db8::9 lladdr 02:00:00:00:00:09 dev v0 nud stale router extern_learn protocol static",
		star: `ip.neigh.add("192.0.2.9", lladdr = "02:00:00:00:00:09", dev = "v0")
ip.neigh.add("2001:db8::9", lladdr = "02:00:00:00:00:09", dev = "v0", nud = "stale", router = True, extern_learn = True, protocol = "static")`},
	{name: "neigh-add-proxy", setup: addressed, ip: "ip neigh add proxy 192.0.2.77 dev v0; ip neigh add proxy 2001:db8::77 dev v1", star: `ip.neigh.add("192.0.2.77", dev = "v0", proxy = True); ip.neigh.add("2001:db8::77", dev = "v1", proxy = True)`},
	{name: "neigh-replace", setup: addressed + "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0", ip: "ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:0a dev v0 nud noarp; ip neigh replace 192.0.2.8 lladdr 02:00:00:00:00:08 dev v0",
		star: `ip.neigh.replace("192.0.2.9", lladdr = "02:00:00:00:00:0a", dev = "v0", nud = "noarp"); ip.neigh.replace("192.0.2.8", lladdr = "02:00:00:00:00:08", dev = "v0")`},
	{name: "neigh-change", setup: addressed + "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0", ip: "ip neigh change 192.0.2.9 lladdr 02:00:00:00:00:0b dev v0", star: `ip.neigh.change("192.0.2.9", lladdr = "02:00:00:00:00:0b", dev = "v0")`},
	{name: "neigh-delete", setup: addressed + "ip neigh add proxy 192.0.2.77 dev v0; ip neigh add proxy 192.0.2.78 dev v0", ip: "ip neigh del proxy 192.0.2.77 dev v0", star: `ip.neigh.delete("192.0.2.77", dev = "v0", proxy = True)`},
	{name: "neigh-add-exists", setup: addressed + "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0", refused: true, ip: "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0", star: `ip.neigh.add("192.0.2.9", lladdr = "02:00:00:00:00:09", dev = "v0")`},
	{name: "neigh-delete-absent", setup: addressed, refused: true, ip: "ip neigh del 192.0.2.99 dev v0", star: `ip.neigh.delete("192.0.2.99", dev = "v0")`},
	{name: "neigh-add-long", setup: addressed, refused: true, ip: "ip neigh change 192.0.2.98 lladdr 02:00:00:00:00:09 dev v0", star: `ip.neigh.change("192.0.2.98", lladdr = "02:00:00:00:00:09", dev = "v0")`},
}
