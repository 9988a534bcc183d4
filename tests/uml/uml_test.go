// Package uml tests links of the kinds that the running kernel lacks, on kernels that have them: user-mode Linux, an
// ordinary process that needs no privilege and boots in a third of a second.
//
// kinds.star makes a link of every kind, reads each back, and deletes them all. In between this package compares what
// nlsh decodes with `ip -d -j link`, in both directions: every key that ip prints comes from a field by a row of a
// table, and every field is in a row, or excused with a reason. Where ip does not know a kind, what was told is
// compared with what is reported. A row or an excuse that nothing needed fails, so that the tables stay true.
//
// vlans.star does the same for what bridges hold, VLANs and multicast groups, and for nexthops: there everything that
// `bridge -j` shows is made of nlsh's dumps and compared as a whole.
//
// The kernels are not part of the project. They are looked for in $NLSH_SHARED/kernels, then in ../shared/kernels
// beside the checkout.
package uml

import (
	"embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/nlsh/nlsh/builtins" // what the binary is made of, so that go test
	"github.com/nlsh/nlsh/internal/guest/guesttest"
	_ "github.com/nlsh/nlsh/internal/runner" // does not take an old result for a new one
	"github.com/nlsh/nlsh/specs"
)

// scripts is what runs in the guest.
//
//go:embed guest.sh kinds.star settings.star
var scripts embed.FS

// kernels are what is booted.
var kernels = [...]string{"6.12", "6.1"}

func TestKindsOfLinks(t *testing.T) {
	boot := guesttest.Boot(t, "ip")
	nlsh := build(t)
	c := &comparison{needed: map[string]bool{}, fields: map[string]int{}}
	booted := 0
	for _, kernel := range kernels {
		t.Run(kernel, func(t *testing.T) {
			booted++
			r := run(t, boot, kernel, nlsh)
			r.checkCreated(t, c)
			r.checkDeleted(t)
			c.links(t, r.ip, decode(t, r.before), decode(t, r.after))
		})
	}
	if booted == len(kernels) && !t.Failed() { // -run may have chosen one
		c.unneeded(t)
	}
	c.report(t)
}

// build makes the binary that runs in the guest.
func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nlsh")
	cmd := exec.Command("go", "build", "-o", file, "github.com/nlsh/nlsh/cmd/nlsh")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// result is what one boot gave.
type result struct {
	kernel         string
	create, delete [][]string // lines of words
	before, after  [][]byte   // messages; ip looked between the two dumps
	ip             []map[string]any
}

// run boots a kernel and runs guest.sh in it.
func run(t *testing.T, boot, kernel, nlsh string) *result {
	t.Helper()
	out := t.TempDir()
	if err := os.CopyFS(out, scripts); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(boot, "sh", filepath.Join(out, "guest.sh"), nlsh, out)
	cmd.Env = append(os.Environ(), "UML_KERNEL="+kernel, "UML_TIMEOUT=60")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	r := &result{kernel: kernel, create: words(t, out, "create"), delete: words(t, out, "delete")}
	r.before, r.after = messages(t, out, "before"), messages(t, out, "after")
	if err := json.Unmarshal(read(t, out, "ip"), &r.ip); err != nil {
		t.Fatalf("ip -d -j link: %v", err)
	}
	return r
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// words reads lines of words with tabs between them.
func words(t *testing.T, dir, name string) (lines [][]string) {
	t.Helper()
	for line := range strings.Lines(string(read(t, dir, name))) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return lines
}

// messages reads lines that are lists of bytes.
func messages(t *testing.T, dir, name string) (list [][]byte) {
	t.Helper()
	for line := range strings.Lines(string(read(t, dir, name))) {
		var wide []uint16 // a []byte would be base64 in JSON
		if err := json.Unmarshal([]byte(line), &wide); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		message := make([]byte, len(wide))
		for i, n := range wide {
			message[i] = byte(n)
		}
		list = append(list, message)
	}
	return list
}

// checkCreated compares what became of each link with what is known of this kernel.
func (r *result) checkCreated(t *testing.T, c *comparison) {
	tried := map[string]bool{}
	for _, line := range r.create {
		switch line[0] {
		case "created":
			tried[line[2]] = true
		case "refused":
			tried[line[1]] = true // links of such kinds are called like the kind
			c.refused(t, r.kernel, line)
		case "differs":
			c.differs(t, r.kernel, line)
		default:
			t.Errorf("%s", line)
		}
	}
	for _, f := range specs.Find("rt-link").SubMsgs {
		if f.Name != "linkinfo-data-msg" {
			continue
		}
		for _, format := range f.Formats {
			if !tried[format.Value] {
				t.Errorf("the spec has a kind that settings.star does not try: %s", format.Value)
			}
		}
	}
}

// checkDeleted wants every link that was created to be gone.
func (r *result) checkDeleted(t *testing.T) {
	gone := map[string]bool{}
	for _, line := range r.delete {
		if line[0] != "deleted" {
			t.Errorf("%s", line)
		}
		gone[line[1]] = true
	}
	for _, line := range r.create {
		if line[0] == "created" && !gone[line[1]] {
			t.Errorf("not deleted: %s", line[1])
		}
	}
}
