package sock_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

const topology = `link set lo up
link add va0 type veth peer name vb0
link add br0 type bridge
link set va0 master br0
link set br0 alias "a bridge"
link add vx0 type vxlan id 42 dstport 4789 local 192.0.2.1
addr add 192.0.2.1/24 dev br0
addr add 2001:db8::1/64 dev br0 nodad
addr add 198.51.100.1 peer 198.51.100.2/32 dev vb0
link set br0 up
link set va0 up
link set vb0 up
route add 203.0.113.0/24 via 192.0.2.2 metric 100
route add 10.0.0.0/8 nexthop via 192.0.2.2 weight 2 nexthop via 192.0.2.3
route add blackhole 10.9.0.0/16
route add 2001:db8:1::/48 via 2001:db8::2
rule add from 192.0.2.0/24 lookup 100 priority 500
neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev br0
`

// TestRecord writes ../wire/testdata anew from the running kernel, where
// NLSH_RECORD names the folder.
func TestRecord(t *testing.T) {
	dir := os.Getenv("NLSH_RECORD")
	if dir == "" {
		t.Skip("records only where NLSH_RECORD names a folder")
	}
	ns := netnstest.New(t)
	err := netns.Do(ns, func() error {
		ip := exec.Command("ip", "-batch", "-")
		ip.Stdin = strings.NewReader(topology)
		out, err := ip.CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip: %v: %s", err, out)
		}
		return nil
	})
	wantNil(t, err)
	family := func(af byte, n int) []byte { return append([]byte{af}, make([]byte, n-1)...) }
	rt, genl := open(t, ns, sock.Options{}), open(t, ns, sock.Options{Proto: unix.NETLINK_GENERIC})
	bad := make([]byte, unix.SizeofIfInfomsg)
	bad[4] = 1
	dump := uint16(wire.FlagRequest | wire.FlagDump)
	ack := uint16(wire.FlagRequest | wire.FlagAck)
	for _, r := range []struct {
		name string
		c    *sock.Conn
		req  []byte
	}{
		{"links", rt, msg(unix.RTM_GETLINK, dump, ifinfo)},
		{"addrs", rt, msg(unix.RTM_GETADDR, dump, family(unix.AF_UNSPEC, 8))},
		{"routes4", rt, msg(unix.RTM_GETROUTE, dump, family(unix.AF_INET, 12))},
		{"routes6", rt, msg(unix.RTM_GETROUTE, dump, family(unix.AF_INET6, 12))},
		{"rules", rt, msg(unix.RTM_GETRULE, dump, family(unix.AF_INET, 12))},
		{"neighs", rt, msg(unix.RTM_GETNEIGH, dump, family(unix.AF_INET, 12))},
		{"families", genl, msg(unix.GENL_ID_CTRL, dump, []byte{unix.CTRL_CMD_GETFAMILY, 2, 0, 0})},
		{"extack", rt, msg(unix.RTM_NEWLINK, ack, bad, attr(unix.IFLA_MTU, 1))},
		{"extack-dump", rt, msg(unix.RTM_GETROUTE, dump, append([]byte{unix.AF_INET, 9}, make([]byte, 10)...))},
		{"ack", rt, msg(unix.RTM_NEWLINK, ack, bad)},
	} {
		record(t, filepath.Join(dir, r.name+".hex"), r.c, r.req)
	}
	wantNil(t, rt.SetCapAck(false))
	record(t, filepath.Join(dir, "extack-uncapped.hex"), rt, msg(unix.RTM_NEWLINK, ack, bad, attr(unix.IFLA_MTU, 1)))
}

// record sends req as it is and writes what comes back, a datagram a line.
func record(t *testing.T, file string, c *sock.Conn, req []byte) {
	t.Helper()
	wantNil(t, c.Send(req))
	var text bytes.Buffer
	for ended := false; !ended; {
		d, err := c.Recv(guarded(t), socktest.Deadline)
		wantNil(t, err)
		fmt.Fprintln(&text, hex.EncodeToString(d.Data))
		for it := d.Messages(); it.Next(); {
			ended = ended || it.Header().Type < wire.MinType
		}
	}
	wantNil(t, os.WriteFile(file, text.Bytes(), 0o644))
}
