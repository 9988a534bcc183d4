package stdlib

const bridged = bothUp + `
ip link add br0 address 02:00:00:00:00:03 type bridge forward_delay 0
ip link set br0 up
ip link set v0 master br0
ip link set v1 master br0
`

const vxlanned = `
ip link add vx0 address 02:00:00:00:00:01 type vxlan id 42 dstport 4789
ip link set vx0 up
`

const vlanFiltering = "ip link add b0 type bridge vlan_filtering 1"

var bridgeRows = []row{
	{name: "bridge-link-set", setup: bridged, ip: "bridge link set dev v0 cost 55 priority 9 learning off hairpin on guard on fastleave on root_block on flood off mcast_flood off bcast_flood off neigh_suppress on vlan_tunnel on isolated on locked on mcast_router 2",
		star: `bridge.link.set("v0", cost = 55, priority = 9, learning = False, hairpin = True, guard = True, fastleave = True, root_block = True, flood = False,
    mcast_flood = False, bcast_flood = False, neigh_suppress = True, vlan_tunnel = True, isolated = True, locked = True, mcast_router = 2)`},
	{name: "bridge-link-backup", setup: bridged, ip: "bridge link set dev v0 backup_port v1; bridge link set dev v1 backup_port v0; bridge link set dev v1 nobackup_port",
		star: `bridge.link.set("v0", backup_port = "v1"); bridge.link.set("v1", backup_port = "v0"); bridge.link.set("v1", nobackup_port = True)`},
	{name: "bridge-fdb-add", setup: bridged, ip: "bridge fdb add 02:00:00:00:00:aa dev v0 master static; bridge fdb add 02:00:00:00:00:ab dev v1 master sticky dynamic; bridge fdb add 02:00:00:00:00:ac dev v1 master local; bridge fdb add 33:33:00:00:00:77 dev v0",
		star: `bridge.fdb.add("02:00:00:00:00:aa", dev = "v0", master = True, static = True)
bridge.fdb.add("02:00:00:00:00:ab", dev = "v1", master = True, sticky = True, dynamic = True)
bridge.fdb.add("02:00:00:00:00:ac", dev = "v1", master = True, local = True)
bridge.fdb.add("33:33:00:00:00:77", dev = "v0")`},
	{name: "bridge-fdb-vxlan", setup: vxlanned, ip: "bridge fdb add 02:00:00:00:00:aa dev vx0 dst 192.0.2.9 port 5000 vni 9; bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.7; bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.8",
		star: `bridge.fdb.add("02:00:00:00:00:aa", dev = "vx0", dst = "192.0.2.9", port = 5000, vni = 9)
bridge.fdb.append("00:00:00:00:00:00", dev = "vx0", dst = "192.0.2.7")
bridge.fdb.append("00:00:00:00:00:00", dev = "vx0", dst = "192.0.2.8")`},
	{name: "bridge-fdb-replace", setup: bridged + "bridge fdb add 02:00:00:00:00:aa dev v0 master static", ip: "bridge fdb replace 02:00:00:00:00:aa dev v1 master static", star: `bridge.fdb.replace("02:00:00:00:00:aa", dev = "v1", master = True, static = True)`},
	{name: "bridge-fdb-delete", setup: bridged + "bridge fdb add 02:00:00:00:00:aa dev v0 master static", ip: "bridge fdb del 02:00:00:00:00:aa dev v0 master", star: `bridge.fdb.delete("02:00:00:00:00:aa", dev = "v0", master = True)`},
	{name: "bridge-vlan-add", needs: vlanFiltering, setup: bridged, ip: "bridge vlan add dev v0 vid 10 pvid untagged; bridge vlan add dev v1 vid 100-110; bridge vlan add dev br0 vid 10 self",
		star: `bridge.vlan.add("v0", vid = 10, pvid = True, untagged = True); bridge.vlan.add("v1", vid = "100-110"); bridge.vlan.add("br0", vid = 10, self = True)`},
	{name: "bridge-vlan-delete", needs: vlanFiltering, setup: bridged + "bridge vlan add dev v1 vid 100-110", ip: "bridge vlan del dev v1 vid 103-105; bridge vlan del dev v0 vid 1", star: `bridge.vlan.delete("v1", vid = "103-105"); bridge.vlan.delete("v0", vid = 1)`},
	{name: "bridge-fdb-exists", setup: bridged + "bridge fdb add 02:00:00:00:00:aa dev v0 master static", refused: true, ip: "bridge fdb add 02:00:00:00:00:aa dev v0 master static", star: `bridge.fdb.add("02:00:00:00:00:aa", dev = "v0", master = True, static = True)`},
	{name: "bridge-fdb-absent", setup: bridged, refused: true, ip: "bridge fdb del 02:00:00:00:00:aa dev v0 master", star: `bridge.fdb.delete("02:00:00:00:00:aa", dev = "v0", master = True)`},
	{name: "bridge-vlan-absent-pvid", setup: veth, refused: true, ip: "bridge vlan add dev v0 vid 10", star: `bridge.vlan.add("v0", vid = 10)`},
}
