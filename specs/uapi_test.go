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
}

// TestHeaders holds numbers against the uapi headers of the machine, which may
// be older or newer: only names that both have are compared.
func TestHeaders(t *testing.T) {
	for _, u := range uapiSets {
		t.Run(u.header, func(t *testing.T) {
			file := filepath.Join("/usr/include/linux", u.header)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Skipf("no header: %v", err)
			}
			numbers := enumWith(string(text), u.first)
			if len(numbers) == 0 {
				t.Fatalf("%s: no enum with %s", file, u.first)
			}
			set, compared := specs.Find(u.spec).FindSet(u.set), 0
			for i := range set.Attrs {
				a := &set.Attrs[i]
				name := u.prefix + strings.ToUpper(strings.ReplaceAll(a.Name, "-", "_"))
				num, ok := numbers[name]
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
			if compared < len(set.Attrs)*3/4 {
				t.Errorf("only %d of %d attributes compared", compared, len(set.Attrs))
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
