package specs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/nlsh/nlsh/specs"
)

// constants are the names that all specs give in C.
func constants(t *testing.T) map[string]int64 {
	all := map[string]int64{}
	for _, s := range specs.All() {
		s.Constants(func(name string, v int64) {
			if old, dup := all[name]; dup && old != v {
				t.Errorf("%s: %s is %d, and %d elsewhere", s.Name, name, v, old)
			}
			all[name] = v
		})
	}
	return all
}

func TestConstants(t *testing.T) {
	all := constants(t)
	for name, want := range map[string]int64{
		"RTM_NEWLINK": 16, "RTM_GETROUTE": 26, "RTM_NEWRULE": 32, "RTM_NEWMULTICAST": 56, "NLM_F_REQUEST": 1, "NLM_F_EXCL": 0x200,
		"NLM_F_DUMP": 0x300, "NLM_F_BULK": 0x200, "NLM_F_CAPPED": 0x100, "NETLINK_ROUTE": 0, "NETLINK_GENERIC": 16, "NETLINK_EXT_ACK": 11,
		"NLMSG_DONE": 3, "NLA_F_NESTED": 1 << 15, "IFLA_MTU": 4, "IFLA_INFO_KIND": 1, "IFLA_VXLAN_ID": 1, "RTA_OIF": 4, "IFA_LOCAL": 2, "NDA_LLADDR": 2,
		"FRA_PRIORITY": 6, "CTRL_CMD_GETPOLICY": 10, "CTRL_ATTR_FAMILY_NAME": 2, "IFF_UP": 1, "IFF_POINTOPOINT": 16, "IFF_LOWER_UP": 1 << 16,
		"RTNLGRP_LINK": 1, "AF_INET6": 10, "SO_RCVBUF": 8, "GENL_ID_CTRL": 16, "RTN_UNICAST": 1, "RTM_NEWNEXTHOP": 104, "RTM_GETMDB": 86, "RTM_NEWVLAN": 112, "RTM_NEWNSID": 88, "NHA_GATEWAY": 6, "MDBA_SET_ENTRY": 1,
		"NETCONFA_INPUT": 7, "RTPROT_KERNEL": 2, "RTM_F_CLONED": 0x200,
	} {
		if got, ok := all[name]; !ok || got != want {
			t.Errorf("%s: got %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"RTM_NEWLINK_NTF", "IFLA_", "UP"} {
		if v, ok := all[name]; ok {
			t.Errorf("%s: got %d, want no such name", name, v)
		}
	}
}

var (
	define = regexp.MustCompile(`(?m)^#\s*define\s+([A-Z]\w+)\s+(0x[0-9a-fA-F]+|\d+)\s*(?:/\*.*)?$`)
	headed = []string{"*.h", "can/*.h"}
)

// TestConstantsInHeaders holds the names against the uapi headers of the
// machine, where a plain reader can make out the number.
func TestConstantsInHeaders(t *testing.T) {
	all, compared := constants(t), 0
	compare := func(file, name string, num int64) {
		if got, ok := all[name]; ok {
			if compared++; got != num {
				t.Errorf("%s: got %d, %s says %d", name, got, filepath.Base(file), num)
			}
		}
	}
	for _, pattern := range headed {
		files, _ := filepath.Glob(filepath.Join("/usr/include/linux", pattern))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range define.FindAllStringSubmatch(string(data), -1) {
				if n, err := strconv.ParseInt(m[2], 0, 64); err == nil {
					compare(file, m[1], n)
				}
			}
			// An enumerator that is computed throws the count off: those enums are left out.
			for _, body := range enumBody.FindAllStringSubmatch(comment.ReplaceAllString(string(data), ""), -1) {
				for name, n := range plainEnum(body[1]) {
					compare(file, name, n)
				}
			}
		}
	}
	if compared == 0 {
		t.Skip("no kernel headers in /usr/include/linux")
	}
	if compared < 900 {
		t.Errorf("%d of %d names compared, want most", compared, len(all))
	}
	t.Logf("%d of %d names compared", compared, len(all))
}

// plainEnum reads the body of an enum whose numbers are all plain, nil for
// any other.
func plainEnum(body string) map[string]int64 {
	numbers, next := map[string]int64{}, int64(0)
	for _, m := range regexp.MustCompile(`[^,]+`).FindAllString(body, -1) {
		e := enumerator.FindStringSubmatch(regexp.MustCompile(`^\s+|\s+$`).ReplaceAllString(m, ""))
		if e == nil {
			if regexp.MustCompile(`^\s*(__)?\w*MAX\w*\s*=|^\s*$`).MatchString(m) {
				continue // the end of the enum
			}
			return nil
		}
		if e[2] != "" {
			n, err := strconv.ParseInt(e[2], 0, 64)
			if err != nil {
				var ok bool
				if n, ok = numbers[e[2]]; !ok {
					return nil
				}
			}
			next = n
		}
		numbers[e[1]] = next
		next++
	}
	return numbers
}
