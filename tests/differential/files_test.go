package differential

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/specs"
)

// fileLinks is what the kernel says of links in files: "sys/mtu" is
// /sys/class/net/LINK/mtu, "ipv4/x" and "ipv6/x" are in /proc/sys/net, "snmp6/x"
// is a line of /proc/net/dev_snmp6/LINK. Only what a row names is looked at.
var fileLinks = &table{peer: byFiles, key: linkKeyOf, rows: fileRows()}

// oldStats excuses kernels before 6.16, which count in another order than the
// enum has: the test cannot know which.
var oldStats = exception{path: "af-spec.inet6.stats[*", why: "this kernel is older than the order of the counters in the spec"}

func countersInOrder() bool {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return false
	}
	var major, minor int
	_, err := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	return err == nil && (major > 6 || major == 6 && minor >= 16)
}

func fileRows() []row {
	rows := []row{
		num("sys/ifindex", "hdr.ifi-index"), num("sys/type", "hdr.ifi-type"),
		num("sys/mtu", "mtu"), num("sys/tx_queue_len", "txqlen"), text("sys/address", "address"), text("sys/broadcast", "broadcast"),
		{key: "sys/iflink", want: func(v view) any {
			if v.has("link") {
				return v.num("link")
			}
			return v.num("hdr.ifi-index")
		}},
		num("sys/link_mode", "linkmode"), num("sys/netdev_group", "group"), text("sys/ifalias", "ifalias"),
		num("sys/proto_down", "proto-down"), num("sys/carrier_changes", "carrier-changes"),
		num("sys/carrier_up_count", "carrier-up-count"), num("sys/carrier_down_count", "carrier-down-count"),
		text2("sys/operstate", "operstate", func(s string) string { return strings.ReplaceAll(s, "-", "") }),
		{key: "sys/carrier", want: func(v view) any { // unreadable while the link is down
			if n := v.num("carrier"); v.n("hdr.ifi-flags")&1 != 0 {
				return n
			}
			return nil
		}},
	}
	rows = append(rows, num("neigh6/retrans_time_ms", "af-spec.inet6.cacheinfo.retrans-time"))
	for _, m := range specs.Find("rt-link").FindStruct("rtnl-link-stats").Members {
		rows = append(rows, num("sys/statistics/"+strings.ReplaceAll(m.Name, "-", "_"), "stats."+m.Name))
	}
	rows = append(rows, enumRows("ipv4/", "ipv4-devconf", "af-spec.inet.conf", sysctl4)...)
	rows = append(rows, enumRows("ipv6/", "ipv6-devconf", "af-spec.inet6.conf", sysctl6)...)
	if countersInOrder() {
		rows = append(rows, enumRows("snmp6/", "ifla-inet6-stats", "af-spec.inet6.stats", snmp6)...)
	}
	return append(rows, enumRows("snmp6/", "ifla-icmp6-stats", "af-spec.inet6.icmp6stats", icmp6)...)
}

// enumRows are those of an array whose indexes an enum names.
func enumRows(prefix, enum, path string, file func(name string) string) []row {
	var rows []row
	for i, e := range specs.Find("rt-link").FindEnum(enum).Entries {
		name := file(strings.ReplaceAll(e.Name, "-", "_"))
		if name == "" {
			continue
		}
		rows = append(rows, row{key: prefix + name, want: func(v view) any { return settingOf(v, prefix+name, fmt.Sprintf("%s[%d]", path, i)) }})
	}
	return rows
}

// settingOf is an element of an array: a signed number, and where the file has
// seconds and the attribute milliseconds, that.
func settingOf(v view, key, path string) any {
	n, ok := v.num(path).(uint64)
	if !ok {
		return nil
	}
	if strings.HasPrefix(key, "snmp6/") {
		return n
	}
	signed := int32(n)
	switch key {
	case "ipv6/ioam6_id_wide":
		return n
	case "ipv6/router_solicitation_interval", "ipv6/router_solicitation_delay", "ipv6/router_probe_interval",
		"ipv6/router_solicitation_max_interval":
		return signed / 1000
	}
	return signed
}

func sysctl4(name string) string {
	if other, ok := map[string]string{"arpfilter": "arp_filter", "noxfrm": "disable_xfrm", "nopolicy": "disable_policy",
		"src_vmark": "src_valid_mark"}[name]; ok {
		return other
	}
	return name
}

func sysctl6(name string) string {
	if other, ok := map[string]string{"hoplimit": "hop_limit", "mtu6": "mtu", "rtr_solicits": "router_solicitations",
		"rtr_solicit_interval": "router_solicitation_interval", "rtr_solicit_delay": "router_solicitation_delay",
		"rtr_probe_interval": "router_probe_interval", "rtr_solicit_max_interval": "router_solicitation_max_interval",
		"stable_secret": ""}[name]; ok { // stable_secret is text, and unreadable until it is set
		return other
	}
	return name
}

func snmp6(name string) string {
	if other, ok := map[string]string{"num": "", "inpkts": "Ip6InReceives", "inoctets": "Ip6InOctets", "indelivers": "Ip6InDelivers",
		"outforwdatagrams": "Ip6OutForwDatagrams", "outrequests": "Ip6OutRequests", "outoctets": "Ip6OutOctets",
		"inhdrerrors": "Ip6InHdrErrors", "intoobigerrors": "Ip6InTooBigErrors", "innoroutes": "Ip6InNoRoutes",
		"inaddrerrors": "Ip6InAddrErrors", "inunknownprotos": "Ip6InUnknownProtos", "intruncatedpkts": "Ip6InTruncatedPkts",
		"indiscards": "Ip6InDiscards", "outdiscards": "Ip6OutDiscards", "outnoroutes": "Ip6OutNoRoutes",
		"reasmtimeout": "Ip6ReasmTimeout", "reasmreqds": "Ip6ReasmReqds", "reasmoks": "Ip6ReasmOKs", "reasmfails": "Ip6ReasmFails",
		"fragoks": "Ip6FragOKs", "fragfails": "Ip6FragFails", "fragcreates": "Ip6FragCreates", "inmcastpkts": "Ip6InMcastPkts",
		"outmcastpkts": "Ip6OutMcastPkts", "inbcastpkts": "", "outbcastpkts": "", "inmcastoctets": "Ip6InMcastOctets",
		"outmcastoctets": "Ip6OutMcastOctets", "inbcastoctets": "Ip6InBcastOctets", "outbcastoctets": "Ip6OutBcastOctets",
		"csumerrors": "", "noectpkts": "Ip6InNoECTPkts", "ect1_pkts": "Ip6InECT1Pkts", "ect0_pkts": "Ip6InECT0Pkts",
		"cepkts": "Ip6InCEPkts", "reasm_overlaps": "", "outpkts": "Ip6OutTransmits"}[name]; ok {
		return other
	}
	return "no name for the counter " + name
}

func icmp6(name string) string {
	if other, ok := map[string]string{"num": "", "inmsgs": "Icmp6InMsgs", "inerrors": "Icmp6InErrors", "outmsgs": "Icmp6OutMsgs",
		"outerrors": "Icmp6OutErrors", "csumerrors": "Icmp6InCsumErrors", "ratelimithost": ""}[name]; ok {
		return other
	}
	return "no name for the counter " + name
}

// linkFiles reads them.
func linkFiles(t *testing.T, b *bench) []found {
	t.Helper()
	const script = `cd /sys/class/net && for l in *; do for f in $l/* $l/statistics/*; do
	[ -f $f ] && read -r x <$f && echo "$l sys/${f#*/} $x"; done
	f=/proc/sys/net/ipv6/neigh/$l/retrans_time_ms; [ -r $f ] && read -r x <$f && echo "$l neigh6/retrans_time_ms $x"
	for v in ipv4 ipv6; do for f in /proc/sys/net/$v/conf/$l/*; do [ -r $f ] && read -r x <$f && echo "$l $v/${f##*/} $x"; done; done
	while read -r k x; do echo "$l snmp6/$k $x"; done </proc/net/dev_snmp6/$l; done 2>/dev/null; true`
	wanted := map[string]bool{}
	for _, r := range fileLinks.rows {
		wanted[r.key] = true
	}
	links := map[string]found{}
	for _, line := range bytes.Split(output(t, "ip", "netns", "exec", nsName, "bash", "-c", script), []byte("\n")) {
		parts := strings.SplitN(string(line), " ", 3)
		if len(parts) != 3 || !wanted[parts[1]] || parts[2] == "" {
			continue
		}
		f := links[parts[0]]
		if f.fields == nil {
			f = found{key: "link " + indexOf(b, parts[0]), fields: map[string]string{}}
			links[parts[0]] = f
		}
		f.fields[parts[1]] = strings.TrimSpace(parts[2])
	}
	var list []found
	for _, f := range links {
		list = append(list, f)
	}
	return list
}

func indexOf(b *bench, name string) string {
	for i, n := range b.world.links {
		if n == name {
			return strconv.FormatUint(i, 10)
		}
	}
	return name
}
