package stdlib

const addressed = bothUp + `
ip addr add 192.0.2.1/24 dev v0
ip addr add 2001:db8::1/64 dev v0
`

var addrRows = []row{
	{name: "addr-add", setup: bothUp, ip: "ip addr add 192.0.2.1/24 dev v0", star: `ip.addr.add("192.0.2.1/24", dev = "v0")`},
	{name: "addr-add-broadcast", setup: bothUp, ip: "ip addr add 192.0.2.1/25 broadcast + dev v0; ip addr add 192.0.2.200/26 brd 192.0.2.199 dev v1; ip addr add 198.51.100.9/24 brd - dev v1",
		star: `ip.addr.add("192.0.2.1/25", dev = "v0", broadcast = "+")
ip.addr.add("192.0.2.200/26", dev = "v1", broadcast = "192.0.2.199")
ip.addr.add("198.51.100.9/24", dev = "v1", broadcast = "-")`},
	{name: "addr-add-peer", setup: bothUp, ip: "ip addr add 10.0.0.1 peer 10.0.0.2/31 dev v0; ip addr add 2001:db8::1 peer 2001:db8::2/127 dev v0",
		star: `ip.addr.add("10.0.0.1", peer = "10.0.0.2/31", dev = "v0"); ip.addr.add("2001:db8::1", peer = "2001:db8::2/127", dev = "v0")`},
	{name: "addr-add-words", setup: bothUp, ip: "ip addr add 192.0.2.1/24 dev v0 label v0:one scope link metric 7 noprefixroute",
		star: `ip.addr.add("192.0.2.1/24", dev = "v0", label = "v0:one", scope = "link", metric = 7, noprefixroute = True)`},
	{name: "addr-add-lifetime", setup: bothUp, ip: "ip addr add 192.0.2.1/24 dev v0 valid_lft 3600 preferred_lft 1800; ip addr add 2001:db8::5/64 dev v0 preferred_lft 0 nodad",
		star: `ip.addr.add("192.0.2.1/24", dev = "v0", valid_lft = 3600, preferred_lft = 1800); ip.addr.add("2001:db8::5/64", dev = "v0", preferred_lft = 0, nodad = True)`},
	{name: "addr-add-v6", setup: bothUp, ip: "ip addr add 2001:DB8:0::1/64 dev v0 home mngtmpaddr metric 300; ip addr add 2001:db8:1::1 dev v0",
		star: `ip.addr.add("2001:DB8:0::1/64", dev = "v0", home = True, mngtmpaddr = True, metric = 300); ip.addr.add("2001:db8:1::1", dev = "v0")`},
	{name: "addr-add-loopback", ip: "ip addr add 127.0.0.2/8 dev lo; ip addr add 10.0.0.1 dev lo", star: `ip.addr.add("127.0.0.2/8", dev = "lo"); ip.addr.add("10.0.0.1", dev = "lo")`},
	{name: "addr-autojoin", setup: bothUp, ip: "ip addr add 239.1.1.1/32 dev v0 autojoin", star: `ip.addr.add("239.1.1.1/32", dev = "v0", autojoin = True)`},
	{name: "addr-replace", setup: addressed, ip: "ip addr replace 192.0.2.1/24 dev v0 metric 77 valid_lft 100 preferred_lft 50", star: `ip.addr.replace("192.0.2.1/24", dev = "v0", metric = 77, valid_lft = 100, preferred_lft = 50)`},
	{name: "addr-change", setup: addressed, ip: "ip addr change 2001:db8::1/64 dev v0 metric 77", star: `ip.addr.change("2001:db8::1/64", dev = "v0", metric = 77)`},
	{name: "addr-delete", setup: addressed, ip: "ip addr del 192.0.2.1/24 dev v0; ip addr del 2001:db8::1/64 dev v0",
		star: `ip.addr.delete("192.0.2.1/24", dev = "v0"); ip.addr.delete("2001:db8::1/64", dev = "v0")`},
	{name: "addr-delete-short", setup: addressed, ip: "ip addr del 192.0.2.1 dev v0", star: `ip.addr.delete("192.0.2.1", dev = "v0")`},
	{name: "addr-flush", setup: addressed + "ip addr add 192.0.2.2/24 dev v0; ip addr add 192.0.2.3/24 dev v1", ip: "ip addr flush dev v0", star: `ip.addr.flush(dev = "v0")`},
	{name: "addr-flush-secondary", setup: addressed + "ip addr add 192.0.2.2/24 dev v0; ip addr add 192.0.2.3/24 dev v0", ip: "ip addr flush dev v0 secondary", star: `ip.addr.flush(dev = "v0", secondary = True)`},
	{name: "addr-flush-to", setup: addressed + "ip addr add 10.1.0.1/16 dev v0; ip addr add 10.2.0.1/16 dev v1", ip: "ip addr flush to 10.0.0.0/8", star: `ip.addr.flush(to = "10.0.0.0/8")`},
	{name: "addr-add-exists", setup: addressed, refused: true, ip: "ip addr add 192.0.2.1/24 dev v0", star: `ip.addr.add("192.0.2.1/24", dev = "v0")`},
	{name: "addr-add-v6-exists", setup: addressed, refused: true, ip: "ip addr add 2001:db8::1/64 dev v0", star: `ip.addr.add("2001:db8::1/64", dev = "v0")`},
	{name: "addr-delete-absent", setup: addressed, refused: true, ip: "ip addr del 192.0.2.77/24 dev v0", star: `ip.addr.delete("192.0.2.77/24", dev = "v0")`},
	{name: "addr-delete-v6-short", setup: addressed, refused: true, ip: "ip addr del 2001:db8::1 dev v0", star: `ip.addr.delete("2001:db8::1", dev = "v0")`},
}
