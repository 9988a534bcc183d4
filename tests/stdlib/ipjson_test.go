package stdlib

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
)

// network is what the JSON is compared on. Lines with "try" are for kernels
// that have the feature; what they leave out nobody shows.
const network = `
ip netns add ipjson-far
ip netns set ipjson-far 7
ip link add v0 index 10 address 02:00:00:00:0a:00 type veth peer name far0 address 02:00:00:00:0b:00 netns ipjson-far
ip link add v1 index 11 address 02:00:00:00:0a:01 numtxqueues 2 type veth peer name v2 index 12 address 02:00:00:00:0a:02
ip link add br0 index 13 address 02:00:00:00:0a:03 type bridge stp_state 0 forward_delay 0
try ip link set br0 type bridge vlan_filtering 1
try ip link add vx0 address 02:00:00:00:0a:04 type vxlan id 42 local 192.0.2.1 remote 192.0.2.2 dev v0 dstport 4789 srcport 32768 40000 ttl 16 ageing 600 nolearning
try ip link add vx1 address 02:00:00:00:0a:05 type vxlan dstport 4790 external
try ip link add vx2 address 02:00:00:00:0a:06 type vxlan id 43 group 239.1.1.1 dev v0 dstport 4791 gbp
try ip link add mv0 link v0 address 02:00:00:00:0a:07 type macvlan mode bridge
try ip link add mt0 link v1 address 02:00:00:00:0a:08 type macvtap mode private
try ip link add ifb0 address 02:00:00:00:0a:09 type ifb
try ip link add d0 address 02:00:00:00:0a:0a type dummy
try ip tuntap add mode tun name t0
ip link set v2 master br0
try ip link set vx0 master br0
ip link set v2 type bridge_slave cost 42 priority 8 hairpin on guard on isolated on
ip link set v0 alias "to the far side" group 5 txqueuelen 500
ip link property add dev v0 altname uplink0 altname another-name
ip link set v1 mtu 1400
ip link set v0 up; ip link set v1 up; ip link set v2 up; ip link set br0 up
try ip link set vx0 up
try ip link set mv0 up
try ip link set mv0 protodown on
ip -n ipjson-far link set far0 up

ip addr add 192.0.2.1/24 brd + label v0:main dev v0
ip addr add 192.0.2.101/24 dev v0 valid_lft 86400 preferred_lft 43200
ip addr add 192.0.2.201 peer 198.51.100.1/32 dev v0
ip addr add 10.11.0.1/24 dev v1 noprefixroute metric 77
ip addr add 10.12.0.1/16 dev br0 scope link
ip addr add 192.0.2.99/32 dev lo
ip addr add 2001:db8::1/64 dev v0 nodad
ip addr add 2001:db8::beef/64 dev v0 nodad valid_lft 86400 preferred_lft 0
ip addr add 2001:db8:12::1/64 dev br0 home

ip nexthop add id 1 via 192.0.2.2 dev v0
ip nexthop add id 2 via 10.11.0.2 dev v1 onlink
ip nexthop add id 4 via 2001:db8::2 dev v0
ip nexthop add id 10 group 1,3/2,5
ip route add 172.16.1.0/24 via 192.0.2.2 proto static metric 10
ip route add 172.16.2.1 via 192.0.2.2 proto 77 metric 20
ip route add 172.17.0.0/24 via 192.0.2.2 mtu 1200 advmss 1100 initcwnd 20 initrwnd 30 rto_min 250ms rtt 100ms rttvar 20ms window 65535 reordering 5 hoplimit 9 quickack 1
ip route add 172.17.1.0/24 via 192.0.2.2 mtu lock 1300 ssthresh 7 cwnd 9
try ip route add 172.17.8.0/24 via 192.0.2.2 congctl cubic
ip route add 172.17.2.0/24 via 192.0.2.2 features ecn
ip route add 172.17.3.0/24 proto bird nexthop via 192.0.2.2 dev v0 weight 1 nexthop via 10.11.0.2 dev v1 weight 3 onlink
ip route add 172.17.5.0/24 nhid 1
ip route add 172.17.6.0/24 nhid 10
ip route add 172.17.7.0/24 via inet6 2001:db8::2 dev v0
ip route add blackhole 172.18.0.0/16
ip route add unreachable 172.19.0.0/16 metric 5
ip route add prohibit 172.20.0.0/16
ip route add throw 172.21.0.0/16 table 100
ip route add 172.22.0.0/16 via 192.0.2.2 table 100 src 192.0.2.99
ip route add default via 192.0.2.2 table 100 realm 3/4
ip route add 172.23.0.0/16 dev v1 table 70000 scope link
ip route add 172.24.0.0/16 via 192.0.2.2 tos 0x10
ip route add 172.24.0.0/16 via 192.0.2.2 tos 0x20
ip route add default via 192.0.2.2 dev v0 metric 1024
try ip route add 172.26.0.0/16 encap seg6 mode encap segs 2001:db8:66::1,2001:db8:66::2 dev v0
try ip route add 172.27.0.0/16 encap ip id 300 dst 192.0.2.2 ttl 64 dev vx1
try ip route add 172.28.0.0/16 encap mpls 100/200 via 192.0.2.2
ip -6 route add 2001:db8:200::/48 via 2001:db8::2 dev v0 metric 512 pref high
ip -6 route add 2001:db8:201::/48 via 2001:db8::2 dev v0 mtu 1280 hoplimit 33
ip -6 route add 2001:db8:202::/48 nexthop via 2001:db8::2 dev v0 weight 2 nexthop via 2001:db8:12::2 dev br0 weight 4
ip -6 route add blackhole 2001:db8:203::/48
ip -6 route add 2001:db8:204::/48 via 2001:db8::2 dev v0 expires 3600
ip -6 route add 2001:db8:205::/48 nhid 4
try ip -6 route add from 2001:db8:10::/64 2001:db8:206::/48 via 2001:db8::2 dev v0
try ip -6 route add 2001:db8:207::/48 encap seg6 mode inline segs 2001:db8:66::1 dev v0
try ip -6 route add 2001:db8:208::/48 encap seg6local action End.X nh6 2001:db8::2 dev v0
try ip -6 route add 2001:db8:20a::/48 encap seg6local action End.DT6 table 100 dev v0
try ip -6 route add 2001:db8:20b::/48 encap seg6local action End.B6.Encaps srh segs 2001:db8::1,2001:db8::3 dev v0
try ip -6 route add 2001:db8:20c::/48 encap ip6 id 300 dst 2001:db8::7 hoplimit 64 dev vx1
ip -6 route add unreachable 2001:db8:209::/48 table 70001 metric 9
ip -6 route add default via 2001:db8::2 dev v0 metric 1024

ip rule add pref 100 from 10.10.0.0/24 table 100
ip rule add pref 110 to 172.22.0.0/16 iif v1 oif gone lookup 70000
ip rule add pref 120 fwmark 0x10/0xff lookup 100 suppress_prefixlength 8
ip rule add pref 125 fwmark 7 lookup 100 suppress_ifgroup 5
ip rule add pref 130 uidrange 0-0 ipproto tcp sport 1000-2000 dport 443 lookup main
ip rule add pref 140 not from 0.0.0.0/0 blackhole
ip rule add pref 150 from 203.0.113.9 goto 200
ip rule add pref 160 goto 900
ip rule add pref 200 nop
ip rule add pref 210 tun_id 42 table 100 protocol static
ip rule add pref 220 iif v1 tos 0x10 prohibit
ip rule add pref 230 from 203.0.113.0/24 table 100 realms 3/4
ip -6 rule add pref 300 from 2001:db8:10::/64 table 70001
ip -6 rule add pref 310 l3mdev unreachable

ip neigh replace 192.0.2.2 lladdr 02:00:00:00:0b:00 nud permanent dev v0
ip neigh replace 192.0.2.33 lladdr 02:00:00:00:0b:33 nud permanent dev v0 extern_learn
ip neigh replace 10.11.0.2 lladdr 02:00:00:00:0b:02 nud permanent dev v1 protocol static
ip neigh replace 2001:db8::2 lladdr 02:00:00:00:0b:00 nud permanent dev v0 router
ip neigh replace 192.0.2.77 lladdr 02:00:00:00:00:77 dev v0 nud stale
ip neigh replace 192.0.2.78 lladdr 02:00:00:00:00:78 dev v0 nud noarp
ip neigh replace 192.0.2.79 lladdr 02:00:00:00:00:79 dev v0 nud noarp extern_learn
ip neigh add proxy 192.0.2.200 dev v0
ip neigh add proxy 2001:db8::200 dev v0
`

// question is what a script and ip are both asked.
type question struct {
	name   string
	script string // a file of scripts, or Starlark
	args   string
	ip     string
	every  string // of ip: the lists in this key of the objects, one after the other
}

const viaModule = `
load("@std//ipjson.star", "ipjson")
load("@std//listing.star", "print_json")
rt = nl.open("route")
j = ipjson.over(rt)
`

var questions = []question{
	{name: "links", script: "links", args: "--json", ip: "ip -j link"},
	{name: "links in detail", script: "links", args: "--json --details", ip: "ip -d -j link"},
	{name: "one link", script: "links", args: "-j v0", ip: "ip -j link show v0"},
	{name: "routes of both families", script: "routes", args: "--json", ip: "ip -j -4 route; ip -j -6 route"},
	{name: "routes of all tables", script: "routes", args: "--json --family inet all", ip: "ip -j -4 route show table all"},
	{name: "IPv6 routes of all tables", script: "routes", args: "--json -f inet6 all", ip: "ip -j -6 route show table all"},
	{name: "routes of a table", script: "routes", args: "--json 100", ip: "ip -j route show table 100"},
	{name: "local routes", script: "routes", args: "--json local -f inet", ip: "ip -j route show table local"},
	{name: "routes one by one", script: viaModule + `print_json([j.route(r) for r in rt.getroute.dump(family = "inet")])`, ip: "ip -j -4 route show table all"},
	{name: "neighbours", script: "neighbours", args: "--json", ip: "ip -j neigh"},
	{name: "all neighbours", script: "neighbours", args: "--json --all", ip: "ip -j neigh show nud all"},
	{name: "neighbours of a link", script: "neighbours", args: "--json v0", ip: "ip -j neigh show dev v0"},
	{name: "proxies", script: "neighbours", args: "--json --proxy", ip: "ip -j -4 neigh show proxy; ip -j -6 neigh show proxy"},
	{name: "addresses", script: viaModule + `print_json([j.addr(a) for l in rt.getlink.dump() for a in rt.getaddr.dump() if a.index == l.index])`,
		ip: "ip -j addr", every: "addr_info"},
	{name: "rules", script: viaModule + `print_json([j.rule(r) for r in rt.getrule.dump(family = "inet")])`, ip: "ip -j rule"},
	{name: "IPv6 rules", script: viaModule + `print_json([j.rule(r) for r in rt.getrule.dump(family = "inet6")])`, ip: "ip -j -6 rule"},
}

// odd is a key that only one side has, or that is another thing there.
type odd struct {
	question, key, why string
	maybe              bool // not with every version of ip, or not on every kernel
}

var odds = []odd{
	{key: "dst#2", why: "ip writes the far end of a tunnel as a second dst", maybe: true},
	{key: "encap_dst", why: "the far end of a tunnel, which ip writes as a second dst", maybe: true},
	{question: "routes", key: "tos", why: "ip writes that of a tunnel where the route has none; here it is encap_tos", maybe: true},
	{key: "encap_tos", why: "that of a tunnel, which ip writes as tos of the route", maybe: true},
	{question: "routes", key: "table#2", why: "ip writes the table that a segment is looked up in as a second one", maybe: true},
	{question: "IPv6 routes", key: "table", why: "ip writes the table that a segment is looked up in as that of the route", maybe: true},
	{question: "routes of both", key: "table", why: "ip writes the table that a segment is looked up in as that of the route", maybe: true},
	{key: "encap_table", why: "the table that a segment is looked up in", maybe: true},
	{key: "expires", why: "it moves", maybe: true},
	{question: "addresses", key: "valid_life_time", why: "it moves", maybe: true},
	{question: "addresses", key: "preferred_life_time", why: "it moves", maybe: true},
	{question: "addresses", key: "protocol", why: "iproute2 6.1 does not show it", maybe: true},
	{question: "links in detail", key: "linkinfo.info_data.gc_timer", why: "it moves", maybe: true},
	{question: "neighbours", key: "lladdr", why: "of a device without addresses it is empty, and ip shows the byte behind it", maybe: true},
	{question: "neighbours of a link", key: "dev", why: "ip leaves out the link that it was asked for"},
}

// TestJSONIsThatOfIP compares what the scripts print with --json with ip -j, key by key.
func TestJSONIsThatOfIP(t *testing.T) {
	needTools(t)
	ns := netnstest.New(t)
	t.Cleanup(func() { shell(ns, "ip netns del ipjson-far") })
	prepare(t, ns, network)
	used := map[string]bool{}
	for _, q := range questions {
		t.Run(q.name, func(t *testing.T) {
			for key := range q.compare(t, ns) {
				used[key] = true
			}
		})
	}
	for _, o := range odds {
		if !o.maybe && !used[o.key] {
			t.Errorf("%s %s: written down as different (%s), and is not", o.question, o.key, o.why)
		}
	}
}

// compare asks both until nothing changes in between, and returns the keys that differ for a known reason.
func (q *question) compare(t *testing.T, ns *netns.Handle) map[string]bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settleTime)
	defer cancel()
	for {
		before, ours, after := q.askIP(t, ns), q.askScript(t, ns), q.askIP(t, ns)
		complaints, _ := q.differences(before, after)
		if len(complaints) > 0 && ctx.Err() == nil {
			continue
		}
		complaints, known := q.differences(before, ours)
		if len(before) == 0 {
			complaints = append(complaints, "ip shows nothing: it compares nothing")
		}
		if len(complaints) > 0 {
			t.Errorf("%s\n%s", q.ip, strings.Join(complaints, "\n"))
		}
		return known
	}
}

func (q *question) askIP(t *testing.T, ns *netns.Handle) []map[string]string {
	t.Helper()
	said, err := shell(ns, q.ip)
	if err != nil {
		t.Fatal(said, err)
	}
	return objects(t, said, q.every)
}

func (q *question) askScript(t *testing.T, ns *netns.Handle) []map[string]string {
	t.Helper()
	src := q.script
	if !strings.Contains(src, "\n") {
		src = scriptText(t, q.script)
	}
	said, err := program(t.Context(), ns, src, strings.Fields(q.args)...)
	var exit *host.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.Code == 0) {
		t.Fatal(host.Format(err, false))
	}
	return objects(t, said, "")
}

func scriptText(t *testing.T, name string) string {
	t.Helper()
	src, err := os.ReadFile("../../scripts/" + name + ".star")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// differences are the keys that differ: those nobody knows of as complaints.
func (q *question) differences(ip, ours []map[string]string) (complaints []string, known map[string]bool) {
	known = map[string]bool{}
	if len(ip) != len(ours) {
		return []string{fmt.Sprintf("ip has %d objects, nlsh %d", len(ip), len(ours))}, known
	}
	for i, want := range ip {
		got := ours[i]
		paths := maps.Clone(want)
		maps.Copy(paths, got)
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			w, inIP := want[path]
			g, inOurs := got[path]
			switch {
			case inIP == inOurs && w == g:
			case q.odd(path):
				known[path] = true
			default:
				complaints = append(complaints, fmt.Sprintf("%s %s: %s: ip has %s, nlsh %s", want["dst"], want["ifname"], path, shown(w, inIP), shown(g, inOurs)))
			}
		}
	}
	return complaints, known
}

func shown(v string, has bool) string {
	if !has {
		return "nothing"
	}
	return v
}

func (q *question) odd(path string) bool {
	return slices.ContainsFunc(odds, func(o odd) bool {
		return o.key == path && (o.question == q.name || strings.Contains(q.name, o.question))
	})
}

// objects are those of one or more arrays, each flat: "linkinfo.info_kind", "flags[0]". A key that comes a second time in
// one object, as ip has it, is "dst#2".
func objects(t *testing.T, text, every string) []map[string]string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var list []map[string]string
	for {
		v, err := ordered(d)
		if errors.Is(err, io.EOF) {
			return list
		}
		array, ok := v.([]any)
		if err != nil || !ok {
			t.Fatalf("%v: not an array: %s", err, text)
		}
		for _, o := range array {
			parts := []any{o}
			if every != "" {
				parts, _ = o.(map[string]any)[every].([]any)
			}
			for _, part := range parts {
				flat := map[string]string{}
				flatten(flat, "", part)
				list = append(list, flat)
			}
		}
	}
}

// ordered decodes a value without losing the keys that come twice.
func ordered(d *json.Decoder) (any, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := ordered(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		m := map[string]any{}
		for d.More() {
			tok, err := d.Token()
			if err != nil {
				return nil, err
			}
			key := fmt.Sprint(tok)
			for _, again := m[key]; again; _, again = m[key] {
				key += "#2"
			}
			if m[key], err = ordered(d); err != nil {
				return nil, err
			}
		}
		_, err = d.Token()
		return m, err
	}
	return tok, nil
}

// flatten writes values so that 1, "1" and null differ, and 0.0 and 0 do not.
func flatten(into map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			flatten(into, strings.TrimPrefix(path+"."+key, "."), e)
		}
		if len(v) == 0 {
			into[path] = "{}"
		}
	case []any:
		for i, e := range v {
			flatten(into, fmt.Sprintf("%s[%d]", path, i), e)
		}
		if len(v) == 0 {
			into[path] = "[]"
		}
	case string:
		into[path] = fmt.Sprintf("%q", v)
	case json.Number:
		f, err := v.Float64()
		into[path] = v.String()
		if err == nil && strings.ContainsAny(v.String(), ".eE") {
			into[path] = fmt.Sprint(f)
		}
	default:
		into[path] = fmt.Sprint(v)
	}
}

// The test of the test: it must be able to say no.
func TestJSONComparisonSaysNo(t *testing.T) {
	for _, c := range []struct{ ip, ours, want string }{
		{`[{"dst": "a", "dst": "b"}]`, `[{"dst": "a", "encap_dst": "b"}]`, ""},
		{`[{"mtu": 1}]`, `[{"mtu": "1"}]`, `mtu: ip has 1, nlsh "1"`},
		{`[{"router": null}]`, `[{}]`, `router: ip has <nil>, nlsh nothing`},
		{`[{"flags": []}]`, `[{"flags": ["UP"]}]`, `flags[0]: ip has nothing, nlsh "UP"`},
		{`[{"t": 0.0}]`, `[{"t": 0}]`, ``},
		{`[{}] [{}]`, `[{}]`, "ip has 2 objects, nlsh 1"},
	} {
		q := question{name: "routes"}
		complaints, _ := q.differences(objects(t, c.ip, ""), objects(t, c.ours, ""))
		if got := strings.Join(complaints, "\n"); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s, %s: got %q, want %q", c.ip, c.ours, got, c.want)
		}
	}
}
