package stdlib

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// guestEnv says that this is the test binary in a guest.
const guestEnv = "NLSH_STDLIB_GUEST"

// guests are the kernels of user-mode Linux, which have everything built in.
var guests = [...]string{"6.12", "6.1"}

// TestOtherKernels runs the rows that this kernel lacks something for on
// kernels that have it: this very binary, as root of a guest. A row that no
// kernel can run fails.
func TestOtherKernels(t *testing.T) {
	if os.Getenv(guestEnv) != "" {
		t.Skip("this is the guest: it has no kernels to boot")
	}
	if os.Getenv("NLSH_GUESTS") == "" {
		t.Skip("other kernels, for the rows that this one lacks something for: .ci/run uml boots them, or NLSH_GUESTS=1")
	}
	needTools(t)
	boot := findBoot(t)
	lacks := lacking(t)
	var rows []string
	for _, list := range allRows {
		for _, r := range list {
			if _, ok := lacks[r.needs]; ok {
				rows = append(rows, r.name)
			}
		}
	}
	ran := map[string]bool{}
	for _, kernel := range guests {
		t.Run(kernel, func(t *testing.T) {
			for _, name := range runGuest(t, boot, kernel, rows) {
				ran[name] = true
			}
		})
	}
	for _, name := range rows {
		if !ran[name] && !t.Failed() {
			t.Errorf("%s: no kernel ran it: this one lacks something for it, and so do those of user-mode Linux", name)
		}
	}
}

// findBoot finds what boots a kernel, or skips. The kernels are no part of the project.
func findBoot(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("NLSH_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	boot, err := filepath.Abs(filepath.Join(shared, "kernels", "uml.sh"))
	if err == nil {
		_, err = os.Stat(boot)
	}
	if err != nil {
		t.Skipf("no user-mode Linux kernels (NLSH_SHARED says where they are): %v", err)
	}
	for _, tool := range [...]string{"xz", "cc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("user-mode Linux needs %s here: %v", tool, err)
		}
	}
	return boot
}

// runGuest runs rows in a guest, and returns the names of those that passed.
func runGuest(t *testing.T, boot, kernel string, rows []string) (passed []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Namespaces need no tunnels by themselves, whose addresses are random.
	const start = `echo 2 >/proc/sys/net/core/fb_tunnels_only_for_init_net; exec "$0" "$@"`
	cmd := exec.Command(boot, "sh", "-c", start, self, "-test.v", "-test.run", "^TestSameState$/^("+strings.Join(rows, "|")+")$")
	cmd.Env = append(os.Environ(), "UML_KERNEL="+kernel, "UML_TIMEOUT=120", guestEnv+"=1", "UML_ENV=PATH "+guestEnv)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	failed := cmd.Run()
	names := map[string][]string{}
	for lines := bufio.NewScanner(bytes.NewReader(said.Bytes())); lines.Scan(); {
		outcome, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(lines.Text()), "--- "), ": TestSameState/")
		if ok && !strings.HasPrefix(outcome, "===") {
			name, _, _ := strings.Cut(rest, " ")
			names[outcome] = append(names[outcome], name)
		}
	}
	if failed != nil {
		t.Errorf("%v\n%s", failed, said.String())
	}
	t.Logf("passed %d, not there %q", len(names["PASS"]), names["SKIP"])
	if len(names["PASS"])+len(names["SKIP"])+len(names["FAIL"]) != len(rows) {
		t.Errorf("the guest did not say of all %d rows what became of them:\n%s", len(rows), said.String())
	}
	slices.Sort(names["PASS"])
	return names["PASS"]
}
