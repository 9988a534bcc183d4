package stdlib

// The bridge does not listen for multicast groups: taking one apart that does
// keeps the whole kernel waiting for a second.
const bridged = bothUp + `
ip link add br0 address 02:00:00:00:00:03 type bridge forward_delay 0 mcast_snooping 0
ip link set br0 up
ip link set v0 master br0
ip link set v1 master br0
`

const vxlanned = `
ip link add vx0 address 02:00:00:00:00:01 type vxlan id 42 dstport 4789
ip link set vx0 up
`

const (
	snoop    = "ip link set br0 type bridge mcast_snooping 1\n"
	snooping = bridged + snoop
)

const flushed = bridged + `
bridge fdb add 02:00:00:00:00:a0 dev v0 master static
bridge fdb add 02:00:00:00:00:a1 dev v0 master dynamic sticky
bridge fdb add 02:00:00:00:00:a2 dev v0 master local
bridge fdb add 02:00:00:00:00:a3 dev v1 master dynamic extern_learn
bridge fdb add 02:00:00:00:00:a4 dev v1 master dynamic
`

const vnis = "ip link add vx0 address 02:00:00:00:00:01 type vxlan dstport 4789 external vnifilter\nip link set vx0 up\n"

const filtered = bridged + `
ip link set br0 type bridge vlan_filtering 1
bridge vlan add dev v0 vid 10
bridge vlan add dev v1 vid 100-110
`

const vlanTunnels = filtered + `
ip link add vx0 address 02:00:00:00:00:05 type vxlan dstport 4789 external
ip link set vx0 master br0
bridge link set dev vx0 vlan_tunnel on
bridge vlan add dev vx0 vid 10
bridge vlan add dev vx0 vid 20-25
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
	{name: "bridge-fdb-flush", setup: flushed, ip: "bridge fdb flush dev br0 static; bridge fdb flush dev v1 master", star: `bridge.fdb.flush("br0", static = True); bridge.fdb.flush("v1", master = True)`},
	{name: "bridge-fdb-flush-not", setup: flushed, ip: "bridge fdb flush dev br0 brport v0 nopermanent nosticky", star: `bridge.fdb.flush("br0", brport = "v0", permanent = False, sticky = False)`},
	{name: "bridge-fdb-flush-dynamic", setup: flushed, ip: "bridge fdb flush dev br0 dynamic added_by_user", star: `bridge.fdb.flush("br0", dynamic = True, added_by_user = True)`},
	{name: "bridge-mdb-add", setup: snooping, ip: "bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent; bridge mdb add dev br0 port v1 grp 239.1.1.1 temp; bridge mdb add dev br0 port v1 grp ff15::1 permanent; bridge mdb add dev br0 port v0 grp 01:02:03:04:05:06 permanent; bridge mdb add dev br0 port br0 grp 239.1.1.2 temp",
		star: `bridge.mdb.add("br0", port = "v0", grp = "239.1.1.1", permanent = True); bridge.mdb.add("br0", port = "v1", grp = "239.1.1.1", temp = True)
bridge.mdb.add("br0", port = "v1", grp = "ff15::1", permanent = True); bridge.mdb.add("br0", port = "v0", grp = "01:02:03:04:05:06", permanent = True)
bridge.mdb.add("br0", port = "br0", grp = "239.1.1.2", temp = True)`},
	{name: "bridge-mdb-add-source", setup: snooping + "ip link set br0 type bridge mcast_igmp_version 3", ip: "bridge mdb add dev br0 port v0 grp 239.1.1.1 src 192.0.2.9 permanent", star: `bridge.mdb.add("br0", port = "v0", grp = "239.1.1.1", src = "192.0.2.9", permanent = True)`},
	{name: "bridge-mdb-delete", setup: snooping + "bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent; bridge mdb add dev br0 port v1 grp 239.1.1.1 permanent", ip: "bridge mdb del dev br0 port v0 grp 239.1.1.1", star: `bridge.mdb.delete("br0", port = "v0", grp = "239.1.1.1")`},
	{name: "bridge-mdb-exists", setup: snooping + "bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent", refused: true, ip: "bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent", star: `bridge.mdb.add("br0", port = "v0", grp = "239.1.1.1", permanent = True)`},
	{name: "bridge-mdb-absent", setup: snooping, refused: true, ip: "bridge mdb del dev br0 port v0 grp 239.1.1.1", star: `bridge.mdb.delete("br0", port = "v0", grp = "239.1.1.1")`},
	{name: "bridge-mdb-l2-temp", setup: snooping, refused: true, ip: "bridge mdb add dev br0 port v0 grp 01:02:03:04:05:06 temp", star: `bridge.mdb.add("br0", port = "v0", grp = "01:02:03:04:05:06")`},
	{name: "bridge-mdb-vid", needs: vlanFiltering, setup: filtered + snoop, ip: "bridge mdb add dev br0 port v0 grp 239.1.1.1 permanent vid 10", star: `bridge.mdb.add("br0", port = "v0", grp = "239.1.1.1", permanent = True, vid = 10)`},
	{name: "bridge-vni-add", setup: vnis, ip: "bridge vni add dev vx0 vni 10; bridge vni add dev vx0 vni 20-30 remote 192.0.2.9",
		star: `bridge.vni.add("vx0", 10); bridge.vni.add("vx0", "20-30", remote = "192.0.2.9")`},
	{name: "bridge-vni-add-group", setup: bothUp + "ip link add vx0 address 02:00:00:00:00:05 type vxlan dstport 4789 dev v0 external vnifilter\n", ip: "bridge vni add dev vx0 vni 40,50-52 group 239.1.1.1", star: `bridge.vni.add("vx0", "40,50-52", group = "239.1.1.1")`},
	{name: "bridge-vni-delete", setup: vnis + "bridge vni add dev vx0 vni 20-30", ip: "bridge vni delete dev vx0 vni 22-25,30", star: `bridge.vni.delete("vx0", "22-25,30")`},
	{name: "bridge-vni-absent", setup: vnis, refused: true, ip: "bridge vni delete dev vx0 vni 22", star: `bridge.vni.delete("vx0", 22)`},
	{name: "bridge-vlan-tunnel", needs: vlanFiltering, setup: vlanTunnels, ip: "bridge vlan add dev vx0 vid 10 tunnel_info id 1010; bridge vlan add dev vx0 vid 20-25 tunnel_info id 2020-2025; bridge vlan del dev vx0 vid 22 tunnel_info id 2022",
		star: `bridge.vlan.add("vx0", vid = 10, tunnel_id = 1010); bridge.vlan.add("vx0", vid = "20-25", tunnel_id = "2020-2025"); bridge.vlan.delete("vx0", vid = 22, tunnel_id = 2022)`},
	{name: "bridge-vlan-set", needs: vlanFiltering, setup: filtered, ip: "bridge vlan set dev v0 vid 10 state blocking; bridge vlan set dev v1 vid 100-105 state learning", star: `bridge.vlan.set("v0", vid = 10, state = "blocking"); bridge.vlan.set("v1", vid = "100-105", state = "learning")`},
	{name: "bridge-vlan-set-router", needs: vlanFiltering, setup: filtered + snoop + "ip link set br0 type bridge mcast_vlan_snooping 1", ip: "bridge vlan set dev v0 vid 10 mcast_router 2", star: `bridge.vlan.set("v0", vid = 10, mcast_router = 2)`},
	{name: "bridge-vlan-global", needs: vlanFiltering, setup: filtered + snoop + "ip link set br0 type bridge mcast_vlan_snooping 1; bridge vlan add dev br0 vid 10 self",
		ip: "bridge vlan global set dev br0 vid 10 mcast_snooping 0 mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2 mcast_last_member_count 5 mcast_last_member_interval 200 mcast_startup_query_count 3 mcast_startup_query_interval 2000 mcast_membership_interval 30000 mcast_querier_interval 20000 mcast_query_interval 10000 mcast_query_response_interval 900",
		star: `bridge.vlan.global_.set("br0", vid = 10, mcast_snooping = False, mcast_querier = True, mcast_igmp_version = 3, mcast_mld_version = 2,
    mcast_last_member_count = 5, mcast_last_member_interval = 200, mcast_startup_query_count = 3, mcast_startup_query_interval = 2000, mcast_membership_interval = 30000,
    mcast_querier_interval = 20000, mcast_query_interval = 10000, mcast_query_response_interval = 900)`},
	{name: "bridge-vlan-set-absent", needs: vlanFiltering, setup: filtered, refused: true, ip: "bridge vlan set dev v0 vid 77 state blocking", star: `bridge.vlan.set("v0", vid = 77, state = "blocking")`},
}
