package stdlib

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/guest/guesttest"
)

// guestEnv says that this is the test binary in a guest.
const guestEnv = "NLSH_STDLIB_GUEST"

func inGuest() bool { return os.Getenv(guestEnv) != "" }

// guests are the kernels of user-mode Linux, which have everything built in.
var guests = [...]string{"6.12", "6.1"}

// TestOtherKernels runs the rows that this kernel lacks something for on
// kernels that have it: this very binary, as root of a guest. There a row is
// not skipped, it fails: what no kernel here can run would test nothing.
func TestOtherKernels(t *testing.T) {
	if inGuest() {
		t.Skip("this is the guest: it has no kernels to boot")
	}
	if os.Getenv("NLSH_GUESTS") == "" {
		t.Skip("other kernels, for the rows that this one lacks something for: .ci/run uml boots them, or NLSH_GUESTS=1")
	}
	t.Parallel() // beside the rows that run here
	needTools(t)
	boot := guesttest.Boot(t)
	lacks := lacking()
	var rows []string
	for _, list := range allRows {
		for _, r := range list {
			if lacks[r.needs](t) != "" {
				rows = append(rows, r.name)
			}
		}
	}
	for _, kernel := range guests {
		t.Run(kernel, func(t *testing.T) {
			t.Parallel()
			runGuest(t, boot, kernel, rows)
		})
	}
}

// runGuest runs rows in a guest, where each must pass.
func runGuest(t *testing.T, boot, kernel string, rows []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Namespaces need no tunnels by themselves, whose addresses are random.
	const start = `echo 2 >/proc/sys/net/core/fb_tunnels_only_for_init_net; exec "$0" "$@"`
	cmd := exec.Command(boot, "sh", "-c", start, self, "-test.v", "-test.run", "^TestSameState$/^("+strings.Join(rows, "|")+")$")
	cmd.Env = append(os.Environ(), "UML_KERNEL="+kernel, "UML_TIMEOUT=240", guestEnv+"=1", "UML_ENV=PATH "+guestEnv)
	said, err := cmd.CombinedOutput()
	passed := strings.Count(string(said), "--- PASS: TestSameState/")
	if err != nil || passed != len(rows) {
		t.Errorf("%d of %d rows passed, %v:\n%s", passed, len(rows), err, said)
	}
}
