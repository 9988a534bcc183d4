package netns_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"golang.org/x/sys/unix"
)

func TestRootlessExitCode(t *testing.T) {
	for _, who := range []string{"rootless", "rootless-nocaps"} {
		for does, want := range map[string]int{"exit": 7, "kill": 128 + 9} {
			cmd := helper(t, who, does)
			if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != want {
				t.Errorf("%s %s: exit code %d, want %d\n%s", who, does, cmd.ProcessState.ExitCode(), want, out)
			}
		}
	}
}

// A playground inside this one, with a user namespace and without.
func TestPlayground(t *testing.T) {
	netnstest.Require(t)
	mustNamed(t, "outer")
	defer netns.Delete("outer")
	for _, who := range []string{"rootless", "rootless-nocaps"} {
		out, err := helper(t, who, "report").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", who, err)
		}
		want := regexp.MustCompile(`^uid 0 again <nil> names \[] <nil> in true
created netns "inner" <nil>
lo in /sys <nil>
comm ` + helperName + `
net (.*)
$`)
		if m := want.FindSubmatch(out); m == nil || string(m[1]) == thread() {
			t.Errorf("%s, outside in %s: got\n%swant %s", who, thread(), out, want)
		}
		wantNames(t, "outer") // what happens inside stays inside
	}
	if err := netns.Supported(); err != nil {
		t.Error(err)
	}
}

// SIGTERM is passed on; SIGINT is not, since a terminal sends it to both.
func TestRootlessSignals(t *testing.T) {
	cmd, out := start(t, "rootless", "signals")
	if err := cmd.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 8 || string(rest) != "terminated\n" {
		t.Errorf("exit code %d and %q, want 8 and that it got SIGTERM", code, rest)
	}
}

// Nothing outlives a parent that was killed: the child holds the other end of
// the pipe.
func TestRootlessDiesWithParent(t *testing.T) {
	// The orphan comes to us, so that it is no zombie of an init that may not care.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	for _, who := range []string{"rootless", "rootless-nocaps"} {
		cmd, out := start(t, who, "signals")
		cmd.Process.Kill()
		if rest, err := io.ReadAll(out); err != nil || len(rest) != 0 {
			t.Errorf("%s: %q, %v", who, rest, err)
		}
		cmd.Wait()
		var ws unix.WaitStatus
		if _, err := unix.Wait4(-1, &ws, 0, nil); err != nil || ws.Signal() != unix.SIGKILL {
			t.Errorf("%s: the child ended with %#x, %v, want SIGKILL", who, ws, err)
		}
	}
}

// start runs a helper until it says that it is ready.
func start(t *testing.T, name string, args ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := helper(t, name, args...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		cmd.Process.Kill()
		t.Fatalf("%s: got %q, %v, want ready", name, line, err)
	}
	return cmd, out
}

// Where user namespaces are refused, tests skip and name the setting.
func TestRefused(t *testing.T) {
	cmd := helper(t, "refused", "-test.run=^(TestNew|TestOpenRefuses)$", "-test.v")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	const reason = "rootless: kernel says ENOSPC: got user.max_user_namespaces = 0, want 15000"
	for _, want := range []string{
		"supported: " + reason, "needs network namespaces: " + reason,
		"--- SKIP: TestNew ", "--- PASS: TestOpenRefuses ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
