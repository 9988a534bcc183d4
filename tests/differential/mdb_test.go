package differential

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// testMulticast adds to the topology what it lacks: groups with sources, one of
// hardware addresses, and a router. It comes last.
func testMulticast(t *testing.T, b *bench) {
	for _, cmd := range []string{
		"ip link set br0 type bridge mcast_igmp_version 3 mcast_mld_version 2",
		"ip link set va2 type bridge_slave mcast_router 2",
		"ip link set tap0 type bridge_slave mcast_router 3",
		"bridge mdb add dev br0 port va2 grp 239.1.1.2 src 10.0.0.1 permanent",
		"bridge mdb add dev br0 port va2 grp ff15::2 src 2001:db8::1",
		"bridge mdb add dev br0 port va2 grp 01:02:03:04:05:06 permanent",
	} {
		words := strings.Fields(cmd)
		output(t, words[0], append([]string{"-n", nsName}, words[1:]...)...)
	}
	c := newComparison(t, "multicast groups")
	c.with(ipMDB, func() []*object { return parts(b.dump(t, "getmdb", map[string]any{"family": "bridge"}), entryRE) }, func() []found {
		return listed(show(t, func(map[string]string) string { return "" }, "bridge", "-s", "mdb"), mdbRE, ipMDBKey)
	})
	c.finish(aloneMDB, map[peer]int{byIP: 60})

	c = newComparison(t, "multicast routers")
	c.with(ipRouters, func() []*object { return parts(b.dump(t, "getmdb", map[string]any{"family": "bridge"}), routerRE) }, func() []found {
		return listed(show(t, func(map[string]string) string { return "" }, "bridge", "-s", "mdb"), routersRE, func(f map[string]string) string {
			return "router " + f["0"] + " " + f["port"]
		})
	})
	c.finish(aloneRouters, map[peer]int{byIP: 3})
}

// What is one object in a message of many, and in the list that bridge shows.
var (
	entryRE   = regexp.MustCompile(`^(mdb\.entry\[\d+\]\.info\[\d+\])\.(.+)$`)
	routerRE  = regexp.MustCompile(`^(router\.port\[\d+\])\.(.+)$`)
	mdbRE     = regexp.MustCompile(`^(mdb\[\d+\])\.(.+)$`)
	routersRE = regexp.MustCompile(`^(router\.(\w+)\[\d+\])\.(.+)$`)
)

// parts are the objects inside messages, each with the header of its message.
func parts(messages []*object, inside *regexp.Regexp) []*object {
	var list []*object
	for _, o := range messages {
		found := map[string]*object{}
		for _, path := range o.order {
			m := inside.FindStringSubmatch(path)
			if m == nil {
				continue
			}
			one := found[m[1]]
			if one == nil {
				one = &object{leaves: map[string]*leaf{}, world: o.world}
				found[m[1]] = one
				list = append(list, one)
				for _, h := range o.order {
					if strings.HasPrefix(h, "hdr.") {
						one.put(h, &leaf{val: o.leaves[h].val, num: o.leaves[h].num, hasNum: o.leaves[h].hasNum})
					}
				}
			}
			one.put(m[2], o.leaves[path])
		}
	}
	return list
}

// listed are the elements of lists inside what a program shows.
func listed(shown []found, inside *regexp.Regexp, key func(map[string]string) string) []found {
	each := map[string]map[string]string{}
	for i, s := range shown {
		for path, value := range s.fields {
			m := inside.FindStringSubmatch(path)
			if m == nil {
				continue
			}
			name := fmt.Sprint(i, m[1])
			if each[name] == nil {
				each[name] = map[string]string{}
			}
			if len(m) == 4 { // the bridge is a key
				each[name]["0"] = m[2]
			}
			each[name][m[len(m)-1]] = strings.TrimSpace(value) // timers are padded
		}
	}
	var list []found
	for _, f := range each {
		list = append(list, found{key: key(f), fields: f})
	}
	return list
}

func mdbKey(v view) string {
	return fmt.Sprintf("mdb %s %s %s src %q vid %d", v.o.world.link(v.n("hdr.ifindex")), v.o.world.link(v.n("ifindex")), v.s("addr.u"), v.s("source"), v.n("vid"))
}

func ipMDBKey(f map[string]string) string {
	vid := f["vid"]
	if vid == "" {
		vid = "0"
	}
	return fmt.Sprintf("mdb %s %s %s src %q vid %s", f["dev"], f["port"], f["grp"], f["src"], vid)
}

// timer is a time in 1/100 s, as bridge shows it.
func timer(key, path string) row {
	return row{key: key, want: func(v view) any {
		if !v.has(path) {
			return nil
		}
		return fmt.Sprintf("%.2f", float64(v.n(path))/100)
	}}
}

var mdbFlags = map[string]string{"fast-leave": "fast_leave", "star-excl": "added_by_star_ex"}

var ipMDB = &table{
	peer: byIP, key: mdbKey,
	rows: []row{
		num("index", "hdr.ifindex"), dev("dev", "hdr.ifindex"), dev("port", "ifindex"), text("src", "source"), text("filter_mode", "group-mode"),
		text("protocol", "rtprot"), set("vid", "vid"), timer("timer", "timer"),
		{key: "grp", want: func(v view) any {
			group, proto := v.s("addr.u"), v.s("addr.proto")
			if want := map[bool]string{true: "ipv6", false: "ip"}[strings.Contains(group, ":")]; proto != want && proto != "l2" {
				return group + " is not of " + proto
			}
			return group
		}},
		{key: "state", want: func(v view) any { return strings.TrimSuffix(v.s("state"), "orary") }},
		{key: "source_list", want: func(v view) any {
			var list []any
			for _, s := range v.all("src-list.entry") {
				list = append(list, part(s, []row{text("address", "address"), timer("timer", "timer")}))
			}
			if list == nil {
				return nil
			}
			return list
		}},
		{key: "flags", want: func(v view) any {
			list := v.flags("flags")
			for i, f := range list {
				if other := mdbFlags[f]; other != "" {
					list[i] = other
				}
			}
			return list
		}},
	},
}

var ipRouters = &table{
	peer: byIP, key: func(v view) string {
		return "router " + v.o.world.link(v.n("hdr.ifindex")) + " " + v.o.world.link(v.n("ifindex"))
	},
	rows: []row{
		dev("0", "hdr.ifindex"), dev("port", "ifindex"), timer("timer", "timer"),
		{key: "type", want: func(v view) any {
			return map[string]string{"perm": "permanent", "temp": "temp", "temp-query": "temp"}[v.s("type")]
		}},
	},
}
