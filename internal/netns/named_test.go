package netns_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
)

func TestNamed(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	wantNames(t)
	home, mounts := thread(), mountsBelowRun(t)
	blue := mustNamed(t, "blue")
	if thread() != home {
		t.Errorf("NewNamed moved its caller from %s to %s", home, thread())
	}
	if blue.Name() != "blue" || blue.String() != `netns "blue"` {
		t.Errorf("got %v named %q", blue, blue.Name())
	}
	again, err := netns.Open("blue")
	if again = mustOpen(t, again, err); !again.Equal(blue) || again.Name() != "blue" {
		t.Errorf("opened %v named %q, created %v", again.Inode(), again.Name(), blue.Inode())
	}
	byPath, err := netns.OpenPath("/run/netns/blue")
	if !mustOpen(t, byPath, err).Equal(blue) {
		t.Error("the path leads elsewhere")
	}
	mustNamed(t, "amber")
	wantNames(t, "amber", "blue")

	blue.Close()
	wantNames(t, "amber", "blue") // closing deletes no name
	wantError(t, second(netns.NewNamed("blue")), fs.ErrExist, `netns "blue": already exists (open it, or delete it first)`)
	wantError(t, second(netns.Open("green")), fs.ErrNotExist, `netns "green": no such namespace (have: amber, blue)`)
	wantError(t, netns.Delete("green"), fs.ErrNotExist, `netns "green": no such namespace (have: amber, blue)`)
	if err := errors.Join(netns.Delete("blue"), netns.Delete("amber")); err != nil {
		t.Error(err)
	}
	wantNames(t)
	wantError(t, second(netns.Open("blue")), fs.ErrNotExist, `netns "blue": no such namespace (there are none)`)
	if after := mountsBelowRun(t); after != mounts {
		t.Errorf("%d mounts at or below /run/netns before, %d after", mounts, after)
	}
	// Deleted, it lives on in the handle.
	if err := netns.Do(again, func() error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestManyNames(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	var wg sync.WaitGroup
	for i := range 20 { // together, so that preparing /run/netns is contended
		wg.Go(func() {
			h, err := netns.NewNamed(fmt.Sprintf("n%02d", i))
			if err != nil {
				t.Error(err)
				return
			}
			h.Close()
		})
	}
	wg.Wait()
	_, err := netns.Open("x")
	if err == nil || !strings.HasSuffix(err.Error(), ", n10, n11 and 8 more)") {
		t.Errorf("got %v, want the first names only", err)
	}
	for i := range 20 {
		if err := netns.Delete(fmt.Sprintf("n%02d", i)); err != nil {
			t.Error(err)
		}
	}
	wantNames(t)
}

// One of many wins; the others say so and spoil nothing.
func TestOneNameAtOnce(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	var wg sync.WaitGroup
	won := make(chan *netns.Handle, 20)
	for range cap(won) {
		wg.Go(func() {
			h, err := netns.NewNamed("one")
			if err == nil {
				won <- h
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d created it, want 1", len(won))
	}
	h := <-won
	defer h.Close()
	again, err := netns.Open("one")
	if !mustOpen(t, again, err).Equal(h) {
		t.Error("the name leads elsewhere")
	}
	if err := netns.Delete("one"); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	noLeak(t)
	long := strings.Repeat("x", 256)
	for name, want := range map[string]string{
		"":       `netns "": got an empty name, want 1 to 255 bytes`,
		".":      `netns ".": got a path, want a name`,
		"..":     `netns "..": got a path, want a name`,
		"a/b":    `netns "a/b": got a path, want a name`,
		"a\nb":   `netns "a\nb": got control characters or broken UTF-8, want a printable name`,
		"a\x00b": `netns "a\x00b": got control characters or broken UTF-8, want a printable name`,
		"a\xff":  `netns "a\xff": got control characters or broken UTF-8, want a printable name`,
		long:     `netns "` + long[:32] + `...": got a name of 256 bytes, want 1 to 255`,
	} {
		wantError(t, second(netns.NewNamed(name)), fs.ErrInvalid, want)
		wantError(t, second(netns.Open(name)), fs.ErrInvalid, want)
		wantError(t, netns.Delete(name), fs.ErrInvalid, want)
	}
	netnstest.Require(t)
	for _, name := range []string{long[1:], "-x", "...", "a b", "ünï"} {
		mustNamed(t, name)
		if err := netns.Delete(name); err != nil {
			t.Error(err)
		}
	}
}

// A failure half way removes what was made.
func TestNewNamedCleansUp(t *testing.T) {
	out, err := helper(t, "rootless-nocaps", "limit").CombinedOutput()
	const want = `netns "blue": unshare: no space left on device (a limit is reached: see /proc/sys/user/max_net_namespaces)
new netns: unshare: no space left on device (a limit is reached: see /proc/sys/user/max_net_namespaces)
true [] <nil>
`
	if err != nil || string(out) != want {
		t.Errorf("%v, got\n%swant\n%s", err, out, want)
	}
}

// Things that are not namespaces lie about in /run/netns too.
func TestLeftovers(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	err := errors.Join(
		os.WriteFile("/run/netns/crashed", nil, 0),
		os.Symlink("/proc/self/ns/net", "/run/netns/linked"),
		os.Symlink("/nowhere", "/run/netns/dangling"))
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "crashed", "dangling", "linked")
	wantError(t, second(netns.Open("crashed")), fs.ErrInvalid, `netns "crashed": got an ordinary file, want a network namespace`)
	wantError(t, second(netns.NewNamed("dangling")), fs.ErrExist, `netns "dangling": already exists (open it, or delete it first)`)
	linked, err := netns.Open("linked")
	if mustOpen(t, linked, err).Name() != "linked" {
		t.Error("a link to a process's namespace is a name as well")
	}
	for _, name := range []string{"crashed", "dangling", "linked"} {
		if err := netns.Delete(name); err != nil {
			t.Error(err)
		}
	}
	wantNames(t)
	if _, err := os.Stat("/proc/self/ns/net"); err != nil {
		t.Error(err)
	}
}

// iproute2 and this package see each other's names.
func TestIproute2(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	mounts := mountsBelowRun(t)
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip, to compare with iproute2: ", err)
	}
	mustNamed(t, "ours")
	ip(t, "netns", "add", "theirs")
	wantNames(t, "ours", "theirs")
	if got := strings.Fields(ip(t, "netns", "list")); !slices.Contains(got, "ours") || !slices.Contains(got, "theirs") {
		t.Errorf("ip netns list: got %q, want ours and theirs", got)
	}
	theirs, err := netns.Open("theirs")
	theirs = mustOpen(t, theirs, err)
	if got := ip(t, "netns", "exec", "theirs", "readlink", "/proc/self/ns/net"); got != fmt.Sprintf("net:[%d]\n", theirs.Inode()) {
		t.Errorf("ip netns exec is in %q, opened %v", got, theirs.Inode())
	}
	var identified string
	if err := netns.Do(theirs, func() error { identified = ip(t, "netns", "identify"); return nil }); err != nil || identified != "theirs\n" {
		t.Errorf("ip netns identify inside: %q, %v", identified, err)
	}
	ip(t, "netns", "delete", "ours")
	if err := netns.Delete("theirs"); err != nil {
		t.Error(err)
	}
	wantNames(t)
	if after := mountsBelowRun(t); after != mounts {
		t.Errorf("%d mounts at or below /run/netns before, %d after: somebody stacked them", mounts, after)
	}
}

func ip(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		t.Errorf("ip %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func mustNamed(t *testing.T, name string) *netns.Handle {
	t.Helper()
	h, err := netns.NewNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func wantNames(t *testing.T, want ...string) {
	t.Helper()
	if got, err := netns.List(); err != nil || !slices.Equal(got, want) {
		t.Errorf("names %q (%v), want %q", got, err, want)
	}
}

func wantError(t *testing.T, err error, is error, text string) {
	t.Helper()
	if !errors.Is(err, is) || err.Error() != text {
		t.Errorf("got %v\nwant %s", err, text)
	}
}

func second(_ *netns.Handle, err error) error { return err }

// mountsBelowRun counts the mounts at and below /run/netns.
func mountsBelowRun(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), " /run/netns")
}
