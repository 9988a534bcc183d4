// Package netnstest runs the tests of a package in namespaces of their own, so
// that they may do to the network what they like, as any user, and leave nothing behind.
//
//	func TestMain(m *testing.M) { netnstest.Main(m) }
//
//	func TestLink(t *testing.T) {
//		ns := netnstest.New(t) // skips where the machine refuses namespaces
//		...
//	}
//
// Tests that talk to the kernel begin with [Require] or [New]; all others run
// everywhere. It refuses to run production code: only tests import it.
//
// Trap: the main goroutine is locked to the main thread, as in nlsh itself, and
// tests run on other goroutines, hence on other threads. /proc/net in a test is
// the playground's; inside a namespace read /proc/thread-self/net.
package netnstest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
)

// refusedEnv carries the reason for which there is no playground from Main to
// Require. It is in the environment so that test helpers started by exec see it too.
const refusedEnv = "NLSH_TEST_REFUSED"

// As nlsh does: a test that needs a thread of its own never gets the main one,
// which could not be thrown away.
func init() { runtime.LockOSThread() }

// Main runs the tests in a playground (see netns.Rootless) and exits with their
// status. Where the machine refuses one, it runs them outside, and those that
// need one skip.
func Main(m *testing.M) {
	if !netns.InPlayground() {
		code, err := netns.Rootless(netns.RootlessOptions{})
		if err == nil {
			os.Exit(code)
		}
		giveUpUnlessRefused(err)
	} else if err := netns.EnterPlayground(); err != nil {
		giveUpUnlessRefused(err)
	}
	os.Exit(m.Run())
}

// giveUpUnlessRefused notes a refusal for Require. Anything else is a defect,
// which must not pass for a skip.
func giveUpUnlessRefused(err error) {
	var refused *netns.RefusedError
	if !errors.As(err, &refused) {
		fmt.Fprintln(os.Stderr, "netnstest:", err)
		os.Exit(1)
	}
	os.Setenv(refusedEnv, err.Error())
}

// Require skips the test where there is no playground, and says which setting
// of the machine is the reason.
func Require(tb testing.TB) {
	tb.Helper()
	if reason := os.Getenv(refusedEnv); reason != "" {
		tb.Skipf("needs network namespaces: %s", reason)
	}
	if !netns.InPlayground() {
		tb.Fatal("not in a playground: TestMain must call netnstest.Main")
	}
}

// New gives the test a namespace of its own, closed when the test ends. Its
// loopback is down.
func New(tb testing.TB) *netns.Handle {
	tb.Helper()
	Require(tb)
	h, err := netns.New()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { h.Close() })
	return h
}
