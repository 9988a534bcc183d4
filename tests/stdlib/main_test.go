package stdlib

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
	"github.com/nlsh/nlsh/stdlib"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

// quiet keeps the kernel from adding IPv6 addresses when it likes to.
const quiet = `
for f in default all; do
	echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad
	echo 1 > /proc/sys/net/ipv6/conf/$f/addr_gen_mode
	echo 0 > /proc/sys/net/ipv6/conf/$f/router_solicitations
done
echo 1 > /proc/sys/net/ipv6/conf/lo/addr_gen_mode
ip link set lo up
`

// needTools skips without iproute2.
func needTools(t *testing.T) {
	t.Helper()
	netnstest.Require(t)
	for _, tool := range []string{"ip", "bridge"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s of iproute2 to compare with", tool)
		}
	}
}

// within calls fn in a namespace, on a thread that is thrown away.
func within(ns *netns.Handle, fn func() error) (err error) {
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		if err = netns.Enter(ns); err == nil {
			err = fn()
		}
	}()
	<-ended
	return err
}

// shell runs commands in a namespace until one fails, and returns what they say.
func shell(ns *netns.Handle, commands string) (said string, err error) {
	err = within(ns, func() error {
		cmd := exec.Command("sh", "-e")
		cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"}
		cmd.Stdin = strings.NewReader(commands)
		out, err := cmd.CombinedOutput()
		said = string(out)
		return err
	})
	return said, err
}

// script runs Starlark in a namespace, with ip and bridge loaded.
func script(ctx context.Context, ns *netns.Handle, src string) (printed string, err error) {
	const loads = `load("@std//ip.star", "ip"); load("@std//bridge.star", "bridge")` + "\n"
	return program(ctx, ns, loads+src)
}

// program runs a script in a namespace.
func program(ctx context.Context, ns *netns.Handle, src string, args ...string) (printed string, err error) {
	err = within(ns, func() error {
		reg := session.NewRegistry(specs.All(), specs.Errata())
		var out strings.Builder
		h := host.New(host.Options{Args: args, Globals: builtins.Globals(builtins.Config{Registry: reg}), Stdout: &out, Stderr: &out, Std: stdlib.FS()})
		source, err := host.NewSource("row.star", "", []byte(src))
		if err != nil {
			return err
		}
		owner := host.NewOwner("test", nil)
		err = h.Run(host.Job{Context: ctx, Owner: owner}, func(th *starlark.Thread) error {
			_, err := h.Exec(th, source)
			return err
		})
		err = errors.Join(err, owner.Close(), h.Flush())
		printed = out.String()
		return err
	})
	return printed, err
}
