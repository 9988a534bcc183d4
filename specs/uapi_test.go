package specs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/specs"
)

// uapiSets are the sets whose numbers a header states.
var uapiSets = []struct {
	spec, set, header, prefix string
	first                     string // an enumerator of the enum
}{
	{"rt-link", "link-attrs", "if_link.h", "IFLA_", "IFLA_IFNAME"},
	{"rt-route", "route-attrs", "rtnetlink.h", "RTA_", "RTA_OIF"},
	{"rt-addr", "addr-attrs", "if_addr.h", "IFA_", "IFA_LABEL"},
	{"rt-neigh", "neighbour-attrs", "neighbour.h", "NDA_", "NDA_LLADDR"},
	{"rt-rule", "fib-rule-attrs", "fib_rules.h", "FRA_", "FRA_PRIORITY"},
	{"nexthop", "nexthop-attrs", "nexthop.h", "NHA_", "NHA_OIF"},
	{"nexthop", "nexthop-res-group-attrs", "nexthop.h", "NHA_RES_GROUP_", "NHA_RES_GROUP_BUCKETS"},
	{"nexthop", "nexthop-res-bucket-attrs", "nexthop.h", "NHA_RES_BUCKET_", "NHA_RES_BUCKET_INDEX"},
	{"nexthop", "nexthop-group-stats-attrs", "nexthop.h", "NHA_GROUP_STATS_", "NHA_GROUP_STATS_ENTRY"},
	{"nexthop", "nexthop-group-stats-entry-attrs", "nexthop.h", "NHA_GROUP_STATS_ENTRY_", "NHA_GROUP_STATS_ENTRY_ID"},
	{"mdb", "mdba-attrs", "if_bridge.h", "MDBA_", "MDBA_MDB"},
	{"mdb", "mdba-mdb-attrs", "if_bridge.h", "MDBA_MDB_", "MDBA_MDB_ENTRY"},
	{"mdb", "mdba-mdb-entry-attrs", "if_bridge.h", "MDBA_MDB_ENTRY_", "MDBA_MDB_ENTRY_INFO"},
	{"mdb", "mdba-mdb-eattrs", "if_bridge.h", "MDBA_MDB_EATTR_", "MDBA_MDB_EATTR_TIMER"},
	{"mdb", "mdba-mdb-srclist-attrs", "if_bridge.h", "MDBA_MDB_SRCLIST_", "MDBA_MDB_SRCLIST_ENTRY"},
	{"mdb", "mdba-mdb-srcattrs", "if_bridge.h", "MDBA_MDB_SRCATTR_", "MDBA_MDB_SRCATTR_TIMER"},
	{"mdb", "mdba-router-attrs", "if_bridge.h", "MDBA_ROUTER_", "MDBA_ROUTER_PORT"},
	{"mdb", "mdba-router-port-attrs", "if_bridge.h", "MDBA_ROUTER_PATTR_", "MDBA_ROUTER_PATTR_TIMER"},
	{"mdb", "mdba-set-attrs", "if_bridge.h", "MDBA_", "MDBA_SET_ENTRY"},
	{"mdb", "mdba-get-attrs", "if_bridge.h", "MDBA_", "MDBA_GET_ENTRY"},
	{"mdb", "mdbe-attrs", "if_bridge.h", "MDBE_ATTR_", "MDBE_ATTR_SOURCE"},
	{"mdb", "mdbe-src-list-attrs", "if_bridge.h", "MDBE_SRC_LIST_", "MDBE_SRC_LIST_ENTRY"},
	{"mdb", "mdbe-srcattrs", "if_bridge.h", "MDBE_SRCATTR_", "MDBE_SRCATTR_ADDRESS"},
	{"bridge-vlan", "bridge-vlandb-attrs", "if_bridge.h", "BRIDGE_VLANDB_", "BRIDGE_VLANDB_ENTRY"},
	{"bridge-vlan", "bridge-vlandb-entry-attrs", "if_bridge.h", "BRIDGE_VLANDB_ENTRY_", "BRIDGE_VLANDB_ENTRY_INFO"},
	{"bridge-vlan", "bridge-vlandb-tinfo-attrs", "if_bridge.h", "BRIDGE_VLANDB_TINFO_", "BRIDGE_VLANDB_TINFO_ID"},
	{"bridge-vlan", "bridge-vlandb-stats-attrs", "if_bridge.h", "BRIDGE_VLANDB_STATS_", "BRIDGE_VLANDB_STATS_RX_BYTES"},
	{"bridge-vlan", "bridge-vlandb-gopts-attrs", "if_bridge.h", "BRIDGE_VLANDB_GOPTS_", "BRIDGE_VLANDB_GOPTS_ID"},
	{"bridge-vlan", "bridge-vlandb-dump-attrs", "if_bridge.h", "BRIDGE_VLANDB_", "BRIDGE_VLANDB_DUMP_FLAGS"},
	{"bridge-vlan", "mdba-router-attrs", "if_bridge.h", "MDBA_ROUTER_", "MDBA_ROUTER_PORT"},
	{"bridge-vlan", "mdba-router-port-attrs", "if_bridge.h", "MDBA_ROUTER_PATTR_", "MDBA_ROUTER_PATTR_TIMER"},
	{"bridge-vlan", "br-mcast-querier-attrs", "if_bridge.h", "BRIDGE_QUERIER_", "BRIDGE_QUERIER_IP_PORT"},
	{"nsid", "netnsa-attrs", "net_namespace.h", "NETNSA_", "NETNSA_FD"},
	{"netconf", "netconf-attrs", "netconf.h", "NETCONFA_", "NETCONFA_INPUT"},
	{"addrlabel", "ifal-attrs", "if_addrlabel.h", "IFAL_", "IFAL_LABEL"},
}

// newSets are those that the headers of 2022 lack.
var newSets = map[string]bool{"nexthop-group-stats-attrs": true, "nexthop-group-stats-entry-attrs": true, "mdba-get-attrs": true,
	"mdbe-src-list-attrs": true, "mdbe-srcattrs": true}

// TestHeaders holds numbers against the uapi headers of the machine, which may
// be older or newer: only names that both have are compared.
func TestHeaders(t *testing.T) {
	for _, u := range uapiSets {
		t.Run(u.header+" "+u.set, func(t *testing.T) {
			file := filepath.Join("/usr/include/linux", u.header)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Skipf("no header: %v", err)
			}
			numbers := enumWith(string(text), u.first)
			if len(numbers) == 0 && newSets[u.set] {
				t.Skipf("%s has no %s yet", file, u.first)
			}
			if len(numbers) == 0 {
				t.Fatalf("%s: no enum with %s", file, u.first)
			}
			set, compared, wanted := specs.Find(u.spec).FindSet(u.set), 0, 0
			for i := range set.Attrs {
				a := &set.Attrs[i]
				name := u.prefix + strings.ToUpper(strings.ReplaceAll(a.Name, "-", "_"))
				num, ok := numbers[name]
				if ok || a.Since == "" { // what is new may be newer than the header
					wanted++
				}
				if !ok {
					t.Logf("%s has no %s (ours: %s = %d)", u.header, name, a.Name, a.Num)
					continue
				}
				compared++
				if num != int(a.Num) {
					t.Errorf("%s: got %d, want %d", name, a.Num, num)
				}
				delete(numbers, name)
			}
			if compared < wanted*3/4 || compared == 0 {
				t.Errorf("only %d of %d attributes compared", compared, wanted)
			}
			for name, num := range numbers {
				if a := set.ByNum(uint16(num)); a == nil && num != 0 && !strings.HasPrefix(name, "__") {
					t.Errorf("%s = %d is missing", name, num)
				}
			}
		})
	}
}

var (
	comment    = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|(?m:^#[^\n]*)`)
	enumBody   = regexp.MustCompile(`(?s)\benum\b[^{;]*\{(.*?)\}`)
	enumerator = regexp.MustCompile(`^(\w+)(?:\s*=\s*(\w+))?$`)
)

// enumWith reads the enum of C text that has a given enumerator.
func enumWith(text, member string) map[string]int {
	for _, body := range enumBody.FindAllStringSubmatch(comment.ReplaceAllString(text, ""), -1) {
		numbers, next := map[string]int{}, 0
		for _, line := range strings.Split(body[1], ",") {
			m := enumerator.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				continue
			}
			if m[2] != "" {
				n, err := strconv.ParseInt(m[2], 0, 32)
				if err != nil { // the name of one before it
					n = int64(numbers[m[2]])
				}
				next = int(n)
			}
			numbers[m[1]] = next
			next++
		}
		if _, ok := numbers[member]; ok {
			return numbers
		}
	}
	return nil
}
