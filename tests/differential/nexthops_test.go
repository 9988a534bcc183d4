package differential

import (
	"fmt"
	"slices"
	"testing"
)

func testNexthops(t *testing.T, b *bench) {
	c := newComparison(t, "nexthops")
	c.with(ipNexthops, func() []*object { return b.dump(t, "getnexthop", nil) }, func() []found {
		return show(t, func(f map[string]string) string { return "nexthop " + f["id"] }, "ip", "nexthop")
	})
	c.finish(aloneNexthops, map[peer]int{byIP: 30})

	c = newComparison(t, "nexthop buckets")
	c.with(ipBuckets, func() []*object { return b.dump(t, "getnexthopbucket", nil) }, func() []found {
		return show(t, func(f map[string]string) string { return "bucket " + f["id"] + " " + f["bucket.index"] }, "ip", "nexthop", "bucket")
	})
	c.finish(aloneBuckets, map[peer]int{byIP: 30})
}

// clock is the seconds of a time in 1/100 s.
func clock(key, path string) row {
	return row{key: key, want: func(v view) any {
		if !v.has(path) {
			return nil
		}
		return float64(v.n(path)) / 100
	}}
}

// without is a key without a value, shown where a flag is there.
func without(key, path string) row {
	return row{key: key, want: func(v view) any {
		if !v.has(path) {
			return nil
		}
		return "<nil>"
	}}
}

var ipNexthops = &table{
	peer: byIP, key: func(v view) string { return fmt.Sprintf("nexthop %d", v.n("id")) },
	rows: slices.Concat([]row{
		num("id", "id"), dev("dev", "oif"), text("protocol", "hdr.nh-protocol"), without("blackhole", "blackhole"), without("fdb", "fdb"),
		{key: "gateway", want: func(v view) any {
			want := ""
			switch gateway := v.s("gateway"); {
			case v.has("gateway") && gateway[4] == ':':
				want = "inet6"
			case v.has("gateway") || v.has("blackhole"):
				want = "inet"
			default:
				want = "unspec"
			}
			if family := v.s("hdr.nh-family"); family != want {
				return "the header says " + family
			}
			return v.text("gateway")
		}},
		{key: "scope", want: func(v view) any { return ipScope(v.s("hdr.nh-scope")) }},
		{key: "flags", want: func(v view) any { return ipRouteFlags(v.flags("hdr.nh-flags")) }},
		{key: "group", want: func(v view) any {
			var list []any
			for _, m := range v.all("group") {
				member := map[string]any{"id": m.n("id")}
				if weight := m.n("weight") + m.n("weight-high")<<8 + 1; weight > 1 {
					member["weight"] = weight
				}
				list = append(list, member)
			}
			if list == nil {
				return nil
			}
			return list
		}},
		{key: "type", want: func(v view) any {
			if v.s("group-type") == "res" {
				return "resilient"
			}
			return nil
		}},
		{key: "resilient_args", want: func(v view) any {
			if !v.any("res-group") {
				return nil
			}
			return part(v.sub("res-group"), []row{num("buckets", "buckets"), clock("idle_timer", "idle-timer"),
				clock("unbalanced_timer", "unbalanced-timer"), clock("unbalanced_time", "unbalanced-time")})
		}},
	}, ipEncap),
}

var ipBuckets = &table{
	peer: byIP, key: func(v view) string { return fmt.Sprintf("bucket %d %d", v.n("id"), v.n("res-bucket.index")) },
	rows: []row{
		num("id", "id"),
		{key: "bucket", want: func(v view) any {
			return part(v.sub("res-bucket"), []row{num("index", "index"), num("nhid", "nh-id"), clock("idle_time", "idle-time")})
		}},
		{key: "flags", want: func(v view) any { return ipRouteFlags(v.flags("hdr.nh-flags")) }},
	},
}
