package netns_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"golang.org/x/sys/unix"
)

// helperEnv makes the test binary run one of helpers on its main thread instead
// of the tests: what a test goroutine cannot do, or would not survive.
const helperEnv = "NETNS_TEST_HELPER"

// helperName is what a helper is called, and ps must show.
const helperName = "netns-helper"

var helpers map[string]func() int

func TestMain(m *testing.M) {
	helpers = map[string]func() int{
		"new-on-main":     helpNewOnMain,
		"do-on-main":      helpDoOnMain,
		"lost-on-main":    helpLostOnMain,
		"rootless":        helpRootless,
		"rootless-nocaps": helpRootlessNoCaps,
		"refused":         func() int { return helpRefused(m) },
	}
	if help := helpers[os.Getenv(helperEnv)]; help != nil {
		os.Exit(help())
	}
	netnstest.Main(m)
}

// helper prepares this binary as the helper of that name.
func helper(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	netnstest.Require(t)
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = "/some/where/" + helperName
	cmd.Env = append(os.Environ(), helperEnv+"="+name)
	return cmd
}

// helpNewOnMain has the main thread free for the scheduler and creates
// namespaces from the main goroutine until goroutines have run on it.
func helpNewOnMain() int {
	runtime.UnlockOSThread() // netnstest locked it
	runtime.GOMAXPROCS(1)
	home := thread()
	for range 50 {
		h, err := netns.New()
		if err != nil {
			fmt.Println(err)
			return 1
		}
		h.Close()
		leader, _ := os.Readlink("/proc/self/ns/net")
		if thread() != home || leader != home {
			fmt.Printf("moved: was in %s, thread is in %s, process in %s\n", home, thread(), leader)
			return 1
		}
	}
	return 0
}

func helpDoOnMain() int {
	home := thread()
	h, err := netns.New()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	var inside, leader string
	err = netns.Do(h, func() error {
		inside = thread()
		leader, _ = os.Readlink("/proc/self/ns/net")
		return nil
	})
	if err != nil || inside == home || leader != inside || thread() != home {
		fmt.Println(home, inside, leader, thread(), err)
		return 1
	}
	if err := netns.Enter(h); err != nil || thread() != inside {
		fmt.Println("enter:", thread(), err)
		return 1
	}
	return 0
}

func helpLostOnMain() int {
	h, err := netns.New()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(netns.Do(h, dropSysAdmin))
	return 0
}

// helpRootless is nlsh --rootless in small: its argument says what the program
// does once it is in its playground.
func helpRootless() int {
	if os.Getenv("NETNS_TEST_INNER") == "" {
		code, err := netns.Rootless(netns.RootlessOptions{Env: []string{"NETNS_TEST_INNER=1"}})
		if err != nil {
			fmt.Println(err)
			return 99
		}
		return code
	}
	if err := netns.EnterPlayground(); err != nil {
		fmt.Println(err)
		return 98
	}
	switch os.Args[1] {
	case "exit":
		return 7
	case "kill":
		unix.Kill(os.Getpid(), unix.SIGKILL)
	case "signals":
		signals := make(chan os.Signal, 4)
		signal.Notify(signals, unix.SIGINT, unix.SIGTERM)
		fmt.Println("ready")
		fmt.Println(<-signals)
		return 8
	case "report":
		return report()
	case "limit":
		return reportLimit()
	}
	return 97
}

// report prints how the inside of a playground looks.
func report() int {
	again := netns.EnterPlayground()
	before, err := netns.List()
	fmt.Println("uid", os.Geteuid(), "again", again, "names", before, err, "in", netns.InPlayground())
	h, err := netns.NewNamed("inner")
	fmt.Println("created", h, err)
	_, err = os.Stat("/sys/class/net/lo")
	fmt.Println("lo in /sys", err)
	comm, _ := os.ReadFile("/proc/self/comm")
	fmt.Printf("comm %s", comm)
	fmt.Println("net", thread())
	return 0
}

// reportLimit prints what creating says when no namespace is left. The limit is
// that of the playground's user namespace.
func reportLimit() int {
	if err := os.WriteFile("/proc/sys/user/max_net_namespaces", []byte("0"), 0); err != nil {
		fmt.Println(err)
		return 1
	}
	_, named := netns.NewNamed("blue")
	_, anonymous := netns.New()
	names, err := netns.List()
	fmt.Printf("%v\n%v\n%v %q %v\n", named, anonymous, errors.Is(named, unix.ENOSPC), names, err)
	return 0
}

// helpRootlessNoCaps is a root without the privilege, who needs a user namespace.
func helpRootlessNoCaps() int {
	if os.Getenv("NETNS_TEST_INNER") == "" {
		if err := dropSysAdmin(); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	return helpRootless()
}

// helpRefused runs the tests where no user namespace may be made. It has a user
// namespace of its own, in which the limit is its own too.
func helpRefused(m *testing.M) int {
	os.Unsetenv("NLSH_ROOTLESS")
	os.Unsetenv(helperEnv)
	err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
	if err = errors.Join(err, dropSysAdmin()); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("supported:", netns.Supported())
	netnstest.Main(m)
	return 0
}

// thread names the calling thread's namespace: "net:[4026531840]".
func thread() string {
	link, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		return err.Error()
	}
	return link
}

// dropSysAdmin takes CAP_SYS_ADMIN from the calling thread, and from no other.
func dropSysAdmin() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	for _, set := range []*uint32{&data[0].Effective, &data[0].Permitted, &data[0].Inheritable} {
		*set &^= 1 << unix.CAP_SYS_ADMIN
	}
	return unix.Capset(&header, &data[0])
}

// onThread runs fn on a thread that is thrown away.
func onThread(fn func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		runtime.LockOSThread()
		fn()
	})
	wg.Wait()
}

// openNamespaces counts this process's descriptors of namespaces and sockets.
// Go's own (epoll, eventfd) come and go.
func openNamespaces(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, fd := range fds {
		link, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		if strings.Contains(link, ":[") || strings.HasPrefix(link, "/run/netns") {
			count++
		}
	}
	return count
}

// noLeak checks that what follows in the test leaves no descriptor open.
func noLeak(t *testing.T) {
	t.Helper()
	before := openNamespaces(t)
	t.Cleanup(func() {
		if after := openNamespaces(t); after != before {
			t.Errorf("%d descriptors of namespaces and sockets before, %d after", before, after)
		}
	})
}

func mustOpen(t *testing.T, h *netns.Handle, err error) *netns.Handle {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}
