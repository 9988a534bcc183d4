package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// bareScenes leave something of each kind behind, or want what there is not.
const bareScenes = `
def test_a(t):
    rt = nl.open("route")
    rt.newlink(ifname = "v0", flags = ["create", "excl"], linkinfo = {"kind": "veth", "data": {"peer": {"ifname": "v1"}}})
    rt.newaddr(family = "inet", index = "lo", local = "192.0.2.1", prefixlen = 32, flags = ["create", "excl"])
    rt.newroute(family = "inet", dst = "198.51.100.0", dst_len = 24, oif = "lo", table = 254, type = "unicast", scope = "link", protocol = "boot", flags = ["create", "excl"])
    rt.newrule(family = "inet", priority = 7, table = 9, action = "to-tbl", flags = ["create", "excl"])
    print(len(rt.getlink.dump()), [r.priority for r in rt.getrule.dump(family = "inet")])
def test_b(t):
    rt = nl.open("route")
    print([l.ifname for l in rt.getlink.dump()], [r.priority for r in rt.getrule.dump(family = "inet")])
    print(rt.getroute.dump(family = "inet").count(dst = "198.51.100.0/24"), rt.getaddr.dump().count(local = "192.0.2.1"))
def test_need(t):
    need("link:veth", "init_net")
    print(len(nl.open("route").getlink.dump()))
def test_netns(t):
    t.netns()
`

const bareGolden = `# nlsh golden 1
=== test_a
3 [None, 7, 32766, 32767]
=== test_b
["lo"] [None, 32766, 32767]
0 0
=== test_need
1
=== test_netns
`

// On a machine of its own whose kernel has no network namespaces, scenarios share the one network, and leave nothing to the next.
func TestTestWithoutNamespaces(t *testing.T) {
	t.Chdir(t.TempDir())
	mustWrite(t, "x.star", bareScenes)
	mustWrite(t, "x.golden", bareGolden)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The limit is that of a user namespace, and this one has its first network namespace already.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"`, "sh", self, "test", "-v", "--own-machine", "--no-write", "x.star")
	cmd.Env = append(os.Environ(), asNlsh+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skip("user namespaces: ", err)
	}
	if got := exitCode(t, cmd.Wait()); got != 0 {
		t.Errorf("got status %d", got)
	}
	for _, part := range []string{": the scenarios share the machine's network, one after the other\n", "\npass    x/test_a (", "\npass    x/test_b (",
		"\npass    x/test_need (", "\nskip    x/test_netns: new netns: unshare: ", "\n3 pass, 1 skip in "} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("got %s\nwant %q in it", &out, part)
		}
	}
}
