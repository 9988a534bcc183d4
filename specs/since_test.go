package specs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/specs"
)

// TestSinceAgainstHeaders holds since against the uapi headers of the machine: what they do not have is younger than
// they are, what they have is not. Golden files depend on it: they leave out what is younger than 6.1.
func TestSinceAgainstHeaders(t *testing.T) {
	text, err := os.ReadFile("/usr/include/linux/version.h")
	if err != nil {
		t.Skipf("no kernel headers: %v", err)
	}
	version := fmt.Sprintf("%d.%d", macro(t, string(text), "LINUX_VERSION_MAJOR"), macro(t, string(text), "LINUX_VERSION_PATCHLEVEL"))
	words := headerWords(t)
	compared, needed := 0, map[string]bool{}
	for _, s := range specs.All() {
		for i := range s.Sets {
			set := &s.Sets[i]
			for j := range set.Attrs {
				a := &set.Attrs[j]
				name := a.CName
				if name == "" && set.Prefix != "" {
					name = set.Prefix + strings.ToUpper(strings.ReplaceAll(a.Name, "-", "_"))
				}
				if name == "" || a.Kind == schema.KindUnused || a.Kind == schema.KindPad {
					continue
				}
				compared++
				have := words[name]
				switch {
				case have == !after(a.Since, version):
				case otherNames[name] != "":
					needed[name] = true
				case have:
					t.Errorf("%s %s.%s: since %s, but the headers of %s have %s", s.Name, set.Name, a.Name, a.Since, version, name)
				default:
					t.Errorf("%s %s.%s: since %q, but the headers of %s have no %s", s.Name, set.Name, a.Name, a.Since, version, name)
				}
			}
		}
	}
	if t.Logf("%d attributes compared with the headers of %s", compared, version); compared < 500 {
		t.Error("too few")
	}
	if version == "6.1" {
		for name := range otherNames {
			if !needed[name] {
				t.Errorf("%s needs no excuse", name)
			}
		}
	}
}

// otherNames are attributes that no header names so, and why.
var otherNames = map[string]string{
	"IFLA_DSA_CONDUIT": "it was IFLA_DSA_MASTER until 6.7",
}

func macro(t *testing.T, text, name string) int {
	t.Helper()
	m := regexp.MustCompile(name + ` (\d+)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("version.h has no %s", name)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// headerWords is every upper-case word of the headers that no comment hides.
func headerWords(t *testing.T) map[string]bool {
	words := map[string]bool{}
	for _, pattern := range []string{"*.h", "*/*.h"} {
		files, _ := filepath.Glob(filepath.Join("/usr/include/linux", pattern))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range regexp.MustCompile(`\b[A-Z][A-Z0-9_]+\b`).FindAllString(comment.ReplaceAllString(string(data), ""), -1) {
				words[w] = true
			}
		}
	}
	return words
}

// after reports whether release a is younger than b.
func after(a, b string) bool {
	parts := func(s string) (n [2]int) {
		major, minor, _ := strings.Cut(s, ".")
		n[0], _ = strconv.Atoi(major)
		n[1], _ = strconv.Atoi(minor)
		return n
	}
	x, y := parts(a), parts(b)
	return x[0] > y[0] || x[0] == y[0] && x[1] > y[1]
}
