package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

func testRules(t *testing.T, b *bench) {
	c := newComparison(t, "rules")
	nlsh := func() []*object { return b.dump(t, "getrule", nil) }
	c.with(ipRules, nlsh, func() []found {
		return slices.Concat(ipRuleList(t, "inet", "-4", "rule"), ipRuleList(t, "inet6", "-6", "rule"),
			ipRuleList(t, "ipmr", "-4", "mrule"), ipRuleList(t, "ip6mr", "-6", "mrule"))
	})
	c.with(vishRules, nlsh, func() []found { return vishRuleList(t, b) })
	c.finish(aloneRules, map[peer]int{byIP: 60, byVish: 60})
}

func ipRuleList(t *testing.T, family, flag, object string) []found {
	t.Helper()
	key := func(f map[string]string) string { return "rule " + family + " " + f["priority"] }
	return show(t, key, "ip", flag, object)
}

func ruleKey(v view) string {
	return fmt.Sprintf("rule %s %d", v.s("hdr.family"), v.n("priority"))
}

// host is an end of a rule: ip leaves the length away where it is whole.
func host(lengthOf, path string) func(v view) (string, uint64) {
	return func(v view) (string, uint64) {
		n := v.n(lengthOf)
		if whole := v.s("hdr.family") == "inet" && n == 32 || n == 128; whole {
			n = 0
		}
		return v.s(path), n
	}
}

func ports(key, path string) []row {
	single := func(v view) bool { return v.n(path+".start") == v.n(path+".end") }
	end := func(suffix, member string, alone bool) row {
		return row{key: key + suffix, want: func(v view) any {
			if single(v) != alone {
				return nil
			}
			return v.num(path + "." + member)
		}}
	}
	return []row{end("", "start", true), end("_start", "start", false), end("_end", "end", false)}
}

var ipRules = &table{
	peer: byIP, key: ruleKey,
	rows: slices.Concat([]row{
		{key: "priority", want: func(v view) any { return v.n("priority") }}, // absent is 0
		{key: "not", want: func(v view) any { return whenFlag(v, "invert") }},
		{key: "src", want: func(v view) any {
			addr, _ := host("hdr.src-len", "src")(v)
			switch {
			case addr == "" && v.n("hdr.src-len") > 0:
				return "0/" + fmt.Sprint(v.n("hdr.src-len"))
			case addr == "":
				return "all"
			}
			return addr
		}},
		{key: "srclen", want: func(v view) any {
			if _, n := host("hdr.src-len", "src")(v); n != 0 && v.has("src") {
				return n
			}
			return nil
		}},
		{key: "dst", want: func(v view) any { return v.text("dst") }},
		{key: "dstlen", want: func(v view) any {
			if _, n := host("hdr.dst-len", "dst")(v); n != 0 && v.has("dst") {
				return n
			}
			return nil
		}},
		{key: "tos", want: func(v view) any {
			if v.n("hdr.tos") == 0 {
				return nil
			}
			return fmt.Sprintf("0x%02x", v.n("hdr.tos"))
		}},
		hex("fwmark", "fwmark"),
		{key: "fwmask", want: func(v view) any {
			if v.n("fwmask") == 0xffffffff || !v.has("fwmask") {
				return nil
			}
			return fmt.Sprintf("0x%x", v.n("fwmask"))
		}},
		text("iif", "iifname"), text("oif", "oifname"),
		{key: "iif_detached", want: func(v view) any { return whenFlag(v, "iif-detached") }},
		{key: "oif_detached", want: func(v view) any { return whenFlag(v, "oif-detached") }},
		{key: "l3mdev", want: func(v view) any {
			if v.n("l3mdev") == 0 {
				return nil
			}
			return "<nil>" // no value
		}},
		num("uid_start", "uid-range.start"), num("uid_end", "uid-range.end"), text("ipproto", "ip-proto"),
		num("tun_id", "tun-id"),
		{key: "table", want: func(v view) any {
			if v.n("table") == 0 {
				return nil
			}
			return v.text("table")
		}},
		suppressor("suppress_prefixlen", "suppress-prefixlen"), suppressor("suppress_ifgroup", "suppress-ifgroup"),
		{key: "flow_from", want: func(v view) any { return nonZero(v.n("flow") >> 16) }},
		{key: "flow_to", want: func(v view) any { return nonZero(v.n("flow") & 0xffff) }},
		num("goto", "goto"),
		{key: "unresolved", want: func(v view) any { return whenFlag(v, "unresolved") }},
		{key: "nop", want: func(v view) any {
			if v.s("hdr.action") != "nop" {
				return nil
			}
			return "<nil>"
		}},
		{key: "action", want: func(v view) any {
			switch action := v.s("hdr.action"); action {
			case "to-tbl", "goto", "nop":
				return nil
			default:
				return action
			}
		}},
		text("protocol", "protocol"),
	}, ports("sport", "sport-range"), ports("dport", "dport-range")),
}

// wholeTable is the attribute; the byte in the header must agree with it.
func wholeTable(header string) func(v view) any {
	return func(v view) any {
		switch n, short := v.n("table"), v.n(header); {
		case n < 256 && short != n, n >= 256 && short != 252: // RT_TABLE_COMPAT
			return fmt.Sprintf("%d, and %d in the header", n, short)
		}
		return v.num("table")
	}
}

func nonZero(n uint64) any {
	if n == 0 {
		return nil
	}
	return n
}

func whenFlag(v view, name string) any {
	if slices.Contains(v.flags("hdr.flags"), name) {
		return "<nil>"
	}
	return nil
}

// suppressor is signed, and -1 where it is off.
func suppressor(key, path string) row {
	return row{key: key, want: func(v view) any {
		if n, ok := v.signed(path).(int64); ok && n != -1 {
			return n
		}
		return nil
	}}
}

var vishRules = &table{
	peer: byVish, zero: true, key: ruleKey,
	rows: []row{
		num("Priority", "priority"), num("Family", "hdr.family"), {key: "Table", want: wholeTable("hdr.table")}, num("Mark", "fwmark"), num("Mask", "fwmask"),
		num("Tos", "hdr.tos"),
		{key: "TunID", want: func(v view) any { // the library reads it in the wrong byte order
			n := v.n("tun-id")
			var swapped uint64
			for range 8 {
				swapped, n = swapped<<8|n&0xff, n>>8
			}
			return swapped
		}},
		either(num("Goto", "goto"), row{key: "Goto", want: func(view) any { return -1 }}),
		{key: "Src", want: func(v view) any { return prefix(v, "src", "hdr.src-len") }},
		{key: "Dst", want: func(v view) any { return prefix(v, "dst", "hdr.dst-len") }},
		either(num("Flow", "flow"), row{key: "Flow", want: func(view) any { return -1 }}),
		text("IifName", "iifname"), text("OifName", "oifname"),
		{key: "SuppressIfgroup", want: func(v view) any { return or(v.signed("suppress-ifgroup"), int64(-1)) }},
		{key: "SuppressPrefixlen", want: func(v view) any { return or(v.signed("suppress-prefixlen"), int64(-1)) }},
		{key: "Invert", want: func(v view) any { return slices.Contains(v.flags("hdr.flags"), "invert") }},
		num("Dport.Start", "dport-range.start"), num("Dport.End", "dport-range.end"),
		num("Sport.Start", "sport-range.start"), num("Sport.End", "sport-range.end"),
		num("IPProto", "ip-proto"), num("UIDRange.Start", "uid-range.start"), num("UIDRange.End", "uid-range.end"),
		num("Protocol", "protocol"),
	},
	skip: []exception{
		{path: "Dport", why: "no range: nothing to compare"}, {path: "Sport", why: "no range: nothing to compare"}, {path: "UIDRange", why: "no range: nothing to compare"},
		{path: "Type", why: "for requests only"},
	},
}

func or(v any, other any) any {
	if v == nil {
		return other
	}
	return v
}

func prefix(v view, path, length string) any {
	if !v.has(path) {
		return nil
	}
	return fmt.Sprintf("%s/%d", v.s(path), v.n(length))
}

func vishRuleList(t *testing.T, b *bench) []found {
	t.Helper()
	var list []found
	b.inside(t, func() error {
		for name, family := range map[string]int{"inet": netlink.FAMILY_V4, "inet6": netlink.FAMILY_V6, "ipmr": 128, "ip6mr": 129} {
			rules, err := netlink.RuleList(family)
			if err != nil {
				return err
			}
			for _, r := range rules {
				list = append(list, found{fields: fields(r), key: strings.TrimSpace(fmt.Sprintf("rule %s %d", name, r.Priority))})
			}
		}
		return nil
	})
	return list
}
