package uml

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// field is a place in a link: in is the table it belongs to, as "linkinfo.data.".
type field struct {
	*link
	in, name string
}

func (f field) val() (schema.Value, bool) { return f.get(f.in + f.name) }
func (f field) sibling(name string) field { return field{f.link, f.in, name} }
func (f field) bit(name string) bool      { return f.has(f.in+f.name, name) }
func (f field) uint() uint64              { return f.number(f.in + f.name) }

// convert says what `ip -d -j link` prints for a field: a value as encoding/json makes it, or absent{}.
type convert func(f field) any

// moment is a value that runs while the two programs look: ip's lies between two of nlsh's.
type moment float64

func plain(f field) any {
	v, ok := f.val()
	if !ok {
		return absent{}
	}
	return plainly(v)
}

func plainly(v schema.Value) any {
	switch v.Kind() {
	case schema.Bool:
		return v.Uint64() != 0
	case schema.Int:
		return float64(v.Int64())
	case schema.Uint:
		return float64(v.Uint64())
	case schema.Text:
		return v.Text()
	case schema.List:
		list := []any{}
		for _, e := range v.List() {
			list = append(list, plainly(e))
		}
		return list
	case schema.Fields: // an indexed array
		list := []any{}
		for _, e := range v.Fields() {
			list = append(list, plainly(e.Val))
		}
		return list
	case schema.Message:
		object := map[string]any{}
		for _, e := range v.Msg().Fields() {
			object[strings.ReplaceAll(e.Name, "-", "_")] = plainly(e.Val)
		}
		return object
	}
	return v.String()
}

// present makes a convert of what needs the value.
func present(of func(v schema.Value) any) convert {
	return func(f field) any {
		v, ok := f.val()
		if !ok {
			return absent{}
		}
		return of(v)
	}
}

// unless0 leaves out what is zero, false, or the address of nobody.
func unless0(as convert) convert {
	return func(f field) any {
		v, _ := f.val()
		zero := v.Uint64() == 0
		if v.Kind() == schema.Text {
			zero = strings.Trim(v.Text(), "0.:") == ""
		}
		if zero {
			return absent{}
		}
		return as(f)
	}
}

// when leaves out what is shown only if another field says so.
func when(shown func(f field) bool, as convert) convert {
	return func(f field) any {
		f.val() // that it is not shown is a comparison, too
		if !shown(f) {
			return absent{}
		}
		return as(f)
	}
}

func not(p func(f field) bool) func(f field) bool { return func(f field) bool { return !p(f) } }

// sibling reports whether a number beside the field is not zero.
func sibling(name string) func(f field) bool {
	return func(f field) bool { return f.sibling(name).uint() != 0 }
}

// siblingBit reports whether flags beside the field have one.
func siblingBit(name, bit string) func(f field) bool {
	return func(f field) bool { return f.sibling(name).bit(bit) }
}

// bit shows one of the flags as true, or not at all.
func bit(name string) convert {
	return func(f field) any {
		if f.bit(name) {
			return true
		}
		return absent{}
	}
}

// bit01 shows one of the flags as 0 or 1.
func bit01(name string) convert {
	return func(f field) any {
		if f.bit(name) {
			return 1.0
		}
		return 0.0
	}
}

// truth shows a number as true or false.
func truth(f field) any { return present(func(v schema.Value) any { return v.Uint64() != 0 })(f) }

func onOff(f field) any {
	return present(func(v schema.Value) any { return map[bool]string{false: "off", true: "on"}[v.Uint64() != 0] })(f)
}

// format shows a number by a verb of C, whose %#x of zero is 0.
func format(verb string) convert {
	return present(func(v schema.Value) any {
		if verb == "%#x" && v.Uint64() == 0 {
			return "0"
		}
		return fmt.Sprintf(verb, v.Uint64())
	})
}

// named shows the spec's name by another one.
func named(names map[string]any) convert {
	return present(func(v schema.Value) any {
		if n, ok := names[v.Text()]; ok {
			return n
		}
		return "no name for " + v.Text()
	})
}

// numbered shows the spec's name by its place in a list.
func numbered(names ...string) convert {
	return present(func(v schema.Value) any { return float64(slices.Index(names, v.Text())) })
}

func upper(f field) any {
	return present(func(v schema.Value) any { return strings.ToUpper(v.Text()) })(f)
}

// underscored spells a name as ip does.
func underscored(f field) any {
	return present(func(v schema.Value) any { return strings.ReplaceAll(v.Text(), "-", "_") })(f)
}

// ifname shows an index by the name of the link.
func ifname(f field) any {
	return present(func(v schema.Value) any { return f.link.name(v.Uint64()) })(f)
}

// anyone shows the address of nobody as "any".
func anyone(f field) any {
	return present(func(v schema.Value) any {
		if strings.Trim(v.Text(), "0.:") == "" {
			return "any"
		}
		return v.Text()
	})(f)
}

// dotted shows a number as an IPv4 address.
func dotted(f field) any {
	return present(func(v schema.Value) any {
		n := v.Uint64()
		return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
	})(f)
}

// centiseconds is a clock of a bridge.
func centiseconds(f field) any {
	return present(func(v schema.Value) any { return moment(float64(v.Uint64()) / 100) })(f)
}

// switchID shows as many bytes as fit into a buffer of ip.
func switchID(f field) any {
	return present(func(v schema.Value) any { return hex.EncodeToString(v.Bytes()[:min(31, len(v.Bytes()))]) })(f)
}

// hardware shows an address the way ip does for the type of the link: tunnels have IP addresses.
func hardware(f field) any {
	return present(func(v schema.Value) any {
		mac, err := net.ParseMAC(v.Text())
		if err != nil { // 4 and 16 bytes are no MAC address for the standard library
			mac, _ = hex.DecodeString(strings.ReplaceAll(v.Text(), ":", ""))
		}
		switch f.text("ifi-type") {
		case "tunnel", "sit", "ipgre", "tunnel6", "ip6gre":
			if ip, ok := netip.AddrFromSlice(mac); ok {
				return ip.String()
			}
		}
		return v.Text()
	})(f)
}

// permanent is shown only where it is another address than the one in use.
func permanent(f field) any {
	shown, address := hardware(f), hardware(f.sibling("address"))
	if shown == address {
		return absent{}
	}
	return shown
}

// group shows the number of a group of links.
func group(f field) any {
	if f.uint() == 0 {
		return "default"
	}
	return fmt.Sprint(f.uint())
}

// linkFlags shows IFF_* as ip does, which knows of the link below whether it is down.
func linkFlags(f field) any {
	list := []any{}
	v, _ := f.val()
	for _, flag := range v.List() {
		switch name := flag.Text(); name {
		case "running":
		case "lower-up":
			list = append(list, "LOWER_UP")
		default:
			list = append(list, strings.ToUpper(strings.ReplaceAll(strings.ReplaceAll(name, "-to-", "o"), "-", "")))
		}
	}
	if f.bit("up") && !f.bit("running") {
		list = append(list, "NO-CARRIER")
	}
	if below := f.all.byIndex[f.sibling("link").uint()]; below != nil && !below.has("ifi-flags", "up") {
		list = append(list, "M-DOWN")
	}
	return unordered(list)
}

// unordered is a list whose order says nothing.
type unordered []any

func (u unordered) equal(v any) bool {
	list, ok := v.([]any)
	return ok && slices.Equal(sorted(u), sorted(list))
}

func sorted(list []any) []string {
	var words []string
	for _, e := range list {
		words = append(words, fmt.Sprint(e))
	}
	slices.Sort(words)
	return words
}

// flagNames shows flags as a list of words.
func flagNames(f field) any {
	return present(func(v schema.Value) any {
		list := []any{}
		for _, flag := range v.List() {
			list = append(list, strings.ToUpper(strings.ReplaceAll(flag.Text(), "-", "_")))
		}
		return list
	})(f)
}

// lacp are the bits of an LACP port state and their names in ip.
var lacp = [...][2]string{
	{"lacp-activity", "active"}, {"lacp-timeout", "short_timeout"}, {"aggregation", "aggregating"}, {"synchronization", "in_sync"},
	{"collecting", "collecting"}, {"distributing", "distributing"}, {"defaulted", "defaulted"}, {"expired", "expired"},
}

func lacpWords(f field) any {
	return present(func(schema.Value) any {
		list := []any{}
		for _, names := range lacp {
			if f.bit(names[0]) {
				list = append(list, names[1])
			}
		}
		return list
	})(f)
}

func lacpNumber(f field) any {
	return present(func(schema.Value) any {
		n := 0
		for i, names := range lacp {
			if f.bit(names[0]) {
				n |= 1 << i
			}
		}
		return float64(n)
	})(f)
}

// bridgeID shows priority and address of a bridge, the address without leading zeros.
func bridgeID(f field) any {
	addr := f.text(f.in + f.name + ".addr")
	short := strings.TrimPrefix(strings.ReplaceAll(":"+addr, ":0", ":"), ":")
	return fmt.Sprintf("%04x.%s", f.sibling(f.name+".prio").uint(), short)
}

// virtualFunctions shows vfinfo-list.
func virtualFunctions(f field) any {
	v, ok := f.val()
	if !ok {
		return absent{}
	}
	list := []any{}
	for _, vf := range v.List() {
		at := func(attr, member string) any {
			a, _, _ := vf.Msg().Get(attr)
			m, _, _ := a.Msg().Get(member)
			return plainly(m)
		}
		vlan := map[string]any{} // of a VLAN, only what is set
		list = append(list, map[string]any{
			"vf": at("mac", "vf"), "link_type": "ether",
			"address": at("mac", "mac").(string)[:17], "broadcast": at("broadcast", "broadcast").(string)[:17],
			"vlan_list": []any{vlan}, "link_state": at("link-state", "link-state"),
			"rate":     map[string]any{"max_tx": at("rate", "max-tx-rate"), "min_tx": at("rate", "min-tx-rate")},
			"spoofchk": at("spoofchk", "setting") != 0.0, "trust": at("trust", "setting") != 0.0,
			"query_rss_en": at("rss-query-en", "setting") != 0.0,
		})
	}
	return list
}
