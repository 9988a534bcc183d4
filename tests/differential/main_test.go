package differential

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

const (
	nsName   = "nlshA" // the namespace under test
	peerName = "nlshB"
)

// bench is the topology and what reads it.
type bench struct {
	ns    *netns.Handle
	route *session.Family
	world *names
}

func newBench(t *testing.T) *bench {
	t.Helper()
	netnstest.Require(t)
	needIP(t)
	buildTopology(t)
	ns, err := netns.Open(nsName)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	reg := session.NewRegistry(specs.All(), specs.Errata())
	route, err := reg.Open(t.Context(), "route", session.Options{NetNS: ns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { route.Close() })
	b := &bench{ns: ns, route: route, world: &names{links: map[uint64]string{}, down: map[uint64]bool{}}}
	for _, o := range b.dump(t, "getlink", nil) {
		v := view{o: o}
		b.world.links[v.n("hdr.ifi-index")] = v.s("ifname")
		b.world.down[v.n("hdr.ifi-index")] = v.n("hdr.ifi-flags")&unix.IFF_UP == 0
	}
	return b
}

// need skips, or fails in CI where what is missing should be there.
func need(t *testing.T, inCI bool, reason string) {
	t.Helper()
	if inCI && os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

func needIP(t *testing.T) {
	t.Helper()
	// A user's PATH often lacks the folders of administrators.
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin:/usr/bin:/bin")
	for _, program := range []string{"ip", "bridge", "tc", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			need(t, true, "needs the program "+program+" (packages iproute2 and bash)")
		}
	}
}

// topologyScript is the script that builds what is compared.
func topologyScript(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("NLSH_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	script, err := os.ReadFile(filepath.Join(shared, "ynl", "topology.sh"))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		need(t, false, "needs ynl/topology.sh in $NLSH_SHARED: "+err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	return forCaller(t, string(script))
}

// forCaller changes the script where an ordinary user, root in a user namespace,
// may not do what it does. What it makes instead both sides see.
func forCaller(t *testing.T, script string) string {
	t.Helper()
	if !mapped(t, 1000) { // the namespace has one user
		script = strings.NewReplacer("user 1000 group 1000", "user 0 group 0", "uidrange 1000-1999", "uidrange 0-0").Replace(script)
	}
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err == nil {
		tun.Close()
		return script
	}
	t.Logf("no tun and tap devices in the topology: %v", err)
	return tunRE.ReplaceAllString(script, "must a ip link add $1 type veth peer name ${1}p")
}

var tunRE = regexp.MustCompile(`must a ip tuntap add .*name (\w+).*`)

// mapped reports whether uid exists in this user namespace.
func mapped(t *testing.T, uid int) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "owned")
	return os.WriteFile(file, nil, 0o600) == nil && os.Chown(file, uid, -1) == nil
}

// buildTopology runs the script. Its background processes, which hold sockets
// that nobody here looks at, are ended at once: they and the files they leave
// in /run go with this test, and nothing else makes traffic while it compares.
func buildTopology(t *testing.T) {
	t.Helper()
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755"); err != nil {
		t.Fatalf("a private /run: %v", err)
	}
	if err := os.Mkdir("/run/netns", 0o755); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	cmd := exec.Command("bash", "-s", "up", nsName, peerName)
	cmd.Stdin = strings.NewReader(topologyScript(t))
	cmd.Env = append(os.Environ(), "TOPO_LOG="+log, "LC_ALL=C", "HOME=/nonexistent")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	out, err := os.CreateTemp(t.TempDir(), "out") // a pipe would stay open as long as the background processes
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	runtime.LockOSThread() // Pdeathsig comes when the thread that forked ends
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if cmd.Process != nil {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	}
	said, _ := os.ReadFile(out.Name())
	refused, _ := os.ReadFile(log)
	if err != nil {
		t.Fatalf("topology.sh: %v\n%s%s", err, said, refused)
	}
	t.Logf("topology: %s%s", said, refused)
}

// dump is everything that op lists, taken apart.
func (b *bench) dump(t *testing.T, op string, fields map[string]any) []*object {
	t.Helper()
	o, err := b.route.Op(op)
	if err != nil {
		t.Fatal(err)
	}
	req, err := o.Build(session.Dump, schema.Of(fields).Fields(), 0)
	if err != nil {
		t.Fatal(err)
	}
	d, err := b.route.Dump(context.Background(), req, session.CallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var list []*object
	for i := range d.Len() {
		m := d.Msg(i)
		list = append(list, newObject(t, &m, b.world))
	}
	return list
}

// inside runs fn in the namespace under test.
func (b *bench) inside(t *testing.T, fn func() error) {
	t.Helper()
	if err := netns.Do(b.ns, fn); err != nil {
		t.Fatal(err)
	}
}

// output is what a program prints in the namespace under test.
func output(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", cmd, err, complaint.Bytes())
	}
	return out
}
