package sock_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// Attributes and groups that x/sys does not name alike on all versions.
const (
	rtnlgrpBrvlan = 33
	rtnlgrpTunnel = 35
	rtnlgrpStats  = 36

	rtmNewTunnel     = 120
	vxlanCollect     = 25 // IFLA_VXLAN_COLLECT_METADATA
	vxlanVNIFilter   = 30 // IFLA_VXLAN_VNIFILTER
	vniEntry         = 1  // VXLAN_VNIFILTER_ENTRY
	vniStart         = 1  // VXLAN_VNIFILTER_ENTRY_START
	rtmNewNSID       = 88
	netnsaNSID       = 1
	netnsaFD         = 3
	linkinfoKind     = 1
	linkinfoData     = 2
	sizeofRtgenAlign = 4
)

// need runs a request without which the test makes no sense on this kernel.
func need(t *testing.T, c *sock.Conn, feature string, req []byte) {
	t.Helper()
	if _, err := c.Do(guarded(t), req); errors.Is(err, unix.EOPNOTSUPP) {
		t.Skipf("the kernel lacks %s", feature)
	} else if err != nil {
		t.Fatalf("%s: %v", feature, err)
	}
}

func TestLiveGroups(t *testing.T) {
	c := open(t, netnstest.New(t), sock.Options{Groups: []uint32{1, 31, 32, rtnlgrpBrvlan}})
	wantNil(t, c.Join(rtnlgrpStats))
	wantGroups(t, c, 1, 31, 32, rtnlgrpBrvlan, rtnlgrpStats)
	wantNil(t, c.Leave(31))
	wantGroups(t, c, 1, 32, rtnlgrpBrvlan, rtnlgrpStats)
	wantIs(t, c.Join(0), unix.EINVAL)
	wantIs(t, c.Join(1<<20), unix.EINVAL)
	wantGroups(t, c, 1, 32, rtnlgrpBrvlan, rtnlgrpStats)
}

func wantGroups(t *testing.T, c *sock.Conn, want ...uint32) {
	t.Helper()
	got, err := c.Groups()
	wantNil(t, err)
	if !slices.Equal(got, want) {
		t.Fatalf("member of %d, want %d", got, want)
	}
}

// Events of a group that the bind mask has no bit for do arrive. Tunnel
// events need the least of a kernel: vxlan with a VNI filter (v5.18).
func TestLiveGroupAbove32(t *testing.T) {
	ns := netnstest.New(t)
	c, ev := open(t, ns, sock.Options{}), open(t, ns, sock.Options{Groups: []uint32{rtnlgrpTunnel}})
	need(t, c, "vxlan with a VNI filter", msg(unix.RTM_NEWLINK, wire.FlagCreate|wire.FlagExcl, ifinfo,
		str(unix.IFLA_IFNAME, "vx0"), nest(unix.IFLA_LINKINFO, str(linkinfoKind, "vxlan"),
			nest(linkinfoData, attr(vxlanCollect, 1), attr(vxlanVNIFilter, 1)))))
	out, err := c.Do(guarded(t), msg(unix.RTM_GETLINK, 0, ifinfo, str(unix.IFLA_IFNAME, "vx0")))
	wantNil(t, err)
	index := out.Replies[0][wire.HeaderLen+4:][:4]
	_, err = c.Do(guarded(t), msg(rtmNewTunnel, 0, append([]byte{unix.AF_BRIDGE, 0, 0, 0}, index...),
		nest(vniEntry|unix.NLA_F_NESTED, u32(vniStart, 10))))
	wantNil(t, err)
	d, err := ev.Recv(guarded(t), 0)
	wantNil(t, err)
	it := d.Messages()
	if !it.Next() || it.Header().Type != rtmNewTunnel || d.Group != rtnlgrpTunnel || d.Port != 0 {
		t.Errorf("got type %d of group %d from %d", it.Header().Type, d.Group, d.Port)
	}
}

// A request on a socket that is subscribed to what it causes: the answer is
// the answer, and the event is an event.
func TestLiveDoWhileSubscribed(t *testing.T) {
	c := open(t, netnstest.New(t), sock.Options{Groups: []uint32{unix.RTNLGRP_LINK}})
	out, err := c.Do(guarded(t), msg(unix.RTM_NEWLINK, wire.FlagCreate|wire.FlagExcl, ifinfo,
		str(unix.IFLA_IFNAME, "va0"), nest(unix.IFLA_LINKINFO, str(linkinfoKind, "veth"))))
	wantNil(t, err)
	if len(out.Replies) != 0 {
		t.Errorf("%d events were taken for replies", len(out.Replies))
	}
	names := map[string]bool{}
	for len(names) < 2 { // both ends
		d, err := c.Recv(guarded(t), 0)
		wantNil(t, err)
		if d.Group != unix.RTNLGRP_LINK {
			t.Fatalf("event of group %d", d.Group)
		}
		names[ifname(d.Data)] = true
	}
	if !names["va0"] {
		t.Errorf("got %v", names)
	}
}

func TestLiveOverrun(t *testing.T) {
	const n = 2000
	ns := netnstest.New(t)
	c := open(t, ns, sock.Options{})
	ev := open(t, ns, sock.Options{Groups: []uint32{unix.RTNLGRP_IPV4_ROUTE}, RecvBuf: 32 << 10})
	upLo(t, c)
	for len(drain(t, ev)) > 0 {
	}
	for round := range 3 { // after a gap it goes on, and counts the next one anew
		msgs := make([][]byte, n)
		for i := range msgs {
			msgs[i] = newRoute(round*n + i)
		}
		_, err := c.Transact(guarded(t), msgs, sock.TransactOptions{})
		wantNil(t, err)
		got := 0
		var overrun *sock.OverrunError
		for {
			_, err := ev.Recv(guarded(t), 0)
			if errors.As(err, &overrun) {
				break
			}
			wantNil(t, err)
			got++
		}
		if got == 0 || overrun.Lost == 0 || got+int(overrun.Lost) != n {
			t.Errorf("round %d: %d received and %d lost of %d", round, got, overrun.Lost, n)
		}
		// The gap is behind us: what follows is there.
		_, err = c.Do(guarded(t), route(unix.RTM_DELROUTE, 0, round*n))
		wantNil(t, err)
		d, err := ev.Recv(guarded(t), 0)
		wantNil(t, err)
		if wire.ParseHeader(d.Data).Type != unix.RTM_DELROUTE {
			t.Errorf("round %d: got type %d", round, wire.ParseHeader(d.Data).Type)
		}
	}
}

func drain(t *testing.T, c *sock.Conn) (all []sock.Datagram) {
	t.Helper()
	for {
		d, ok, err := c.TryRecv()
		wantNil(t, err)
		if !ok {
			return all
		}
		all = append(all, d)
	}
}

// Events that are dropped while a request is answered are not lost in silence.
func TestLiveOverrunDuringDo(t *testing.T) {
	const n = 1000
	ns := netnstest.New(t)
	c := open(t, ns, sock.Options{})
	ev := open(t, ns, sock.Options{Groups: []uint32{unix.RTNLGRP_IPV4_ROUTE}, RecvBuf: 32 << 10})
	upLo(t, c)
	for len(drain(t, ev)) > 0 {
	}
	msgs := make([][]byte, n)
	for i := range msgs {
		msgs[i] = newRoute(i)
	}
	_, err := c.Transact(guarded(t), msgs, sock.TransactOptions{})
	wantNil(t, err)
	// The answer finds the queue full: it may be dropped, but never hang.
	_, err = ev.Do(guarded(t), getLo)
	if err != nil {
		wantIs(t, err, sock.ErrLost)
	}
	got := 0
	var overrun *sock.OverrunError
	for !errors.As(err, &overrun) {
		if _, err = ev.Recv(guarded(t), 0); err == nil {
			got++
		}
	}
	if sum := got + int(overrun.Lost); sum < n || sum > n+2 { // and the two answers
		t.Errorf("%d received and %d lost of %d", got, overrun.Lost, n)
	}
	_, err = ev.Do(guarded(t), getLo)
	wantNil(t, err)
}

func TestLiveAllNSID(t *testing.T) {
	here, there := netnstest.New(t), netnstest.New(t)
	c, far := open(t, here, sock.Options{}), open(t, there, sock.Options{})
	need(t, c, "namespace ids", msg(rtmNewNSID, 0, make([]byte, sizeofRtgenAlign),
		u32(netnsaNSID, 7), u32(netnsaFD, uint32(there.FD()))))
	ev := open(t, here, sock.Options{Groups: []uint32{unix.RTNLGRP_LINK}, AllNSID: true})
	upLo(t, far)
	d, err := ev.Recv(guarded(t), 0)
	wantNil(t, err)
	if d.NSID != 7 || ifname(d.Data) != "lo" {
		t.Errorf("%q of namespace %d, want lo of 7", ifname(d.Data), d.NSID)
	}
	upLo(t, c)
	if d, err = ev.Recv(guarded(t), 0); err != nil || d.NSID != -1 {
		t.Errorf("own events have namespace %d, %v", d.NSID, err)
	}
}

// Whoever sends to a socket is not therefore its peer.
func TestLiveSender(t *testing.T) {
	ns := netnstest.New(t)
	o := sock.Options{Proto: unix.NETLINK_USERSOCK}
	a, b, stranger := open(t, ns, o), open(t, ns, o), open(t, ns, o)
	a.SetPeer(b.Port())
	b.SetPeer(a.Port())
	wantNil(t, stranger.SendTo(a.Port(), 0, event("forged")))
	wantNil(t, b.Send(event("real")))
	wantEvent(t, a, "real")
	if a.Ignored() != 1 {
		t.Errorf("ignored %d, want 1", a.Ignored())
	}
	o.AnyPeer = true
	any := open(t, ns, o)
	wantNil(t, stranger.SendTo(any.Port(), 0, event("hello")))
	d, err := any.Recv(guarded(t), 0)
	wantNil(t, err)
	if d.Port != stranger.Port() || d.Group != 0 {
		t.Errorf("from %d, want %d", d.Port, stranger.Port())
	}
	wantIs(t, a.SendTo(1<<30, 0, event("x")), unix.ECONNREFUSED)
	wantIs(t, a.SendTo(0, 33, event("x")), unix.EINVAL)
	wantIs(t, a.Send(nil), unix.EINVAL)
}

func TestLiveMulticastPeers(t *testing.T) {
	ns := netnstest.New(t)
	o := sock.Options{Proto: unix.NETLINK_USERSOCK}
	from := open(t, ns, o)
	o.Groups, o.AnyPeer = []uint32{3}, true
	to := open(t, ns, o)
	wantNil(t, from.SendTo(to.Port(), 3, event("x")))
	d, err := to.Recv(guarded(t), 0)
	wantNil(t, err)
	if d.Group != 3 || d.Port != from.Port() {
		t.Errorf("group %d from %d", d.Group, d.Port)
	}
}

// The fake kernel over real netlink: a request, its answer, across two sockets.
func TestLivePair(t *testing.T) {
	a, b := socktest.Pair(t)
	done := make(chan error, 1)
	go func() {
		d, err := b.Recv(bg, 0)
		if err == nil {
			err = b.Send(socktest.Datagram(socktest.Reply(d.Data, typeItem, 'x'), socktest.Ack(d.Data)))
		}
		done <- err
	}()
	out, err := a.Do(guarded(t), get())
	wantNil(t, err)
	wantReplies(t, out.Replies, []string{"x"})
	wantNil(t, <-done)
	cookie, err := a.NetnsCookie()
	wantNil(t, err)
	if other, err := b.NetnsCookie(); err != nil || other != cookie {
		t.Errorf("namespaces %d and %d", cookie, other)
	}
	home, err := netns.Current()
	wantNil(t, err)
	defer home.Close()
	if here, err := home.Cookie(); err == nil && here == cookie {
		t.Error("not in a namespace of its own")
	}
}

// An nftables batch is one datagram from its begin to its end, which nobody acknowledges.
func TestLiveSingle(t *testing.T) {
	const (
		begin, end = 0x10, 0x11
		newTable   = unix.NFNL_SUBSYS_NFTABLES << 8 // NFT_MSG_NEWTABLE is 0
		tableName  = 1
	)
	nf := func(family byte) []byte { return []byte{family, 0, 0, unix.NFNL_SUBSYS_NFTABLES} }
	c := openNFT(t, netnstest.New(t))
	table := func(name string) []byte {
		return msg(newTable, wire.FlagCreate|wire.FlagAck, []byte{unix.NFPROTO_IPV4, 0, 0, 0}, str(tableName, name))
	}
	batch := [][]byte{msg(begin, 0, nf(0)), table("a"), table("b"), msg(end, 0, nf(0))}
	outs, err := c.Transact(guarded(t), batch, sock.TransactOptions{Single: true})
	wantNil(t, err)
	if errors.Is(outs[1].Err(), unix.EOPNOTSUPP) || errors.Is(outs[0].Err(), unix.EOPNOTSUPP) {
		t.Skip("the kernel lacks nftables")
	}
	for i := range outs {
		wantNil(t, outs[i].Err())
	}
	if outs[1].State != sock.Answered || outs[0].State != sock.Implied {
		t.Errorf("got %v, %v", outs[0].State, outs[1].State)
	}
	batch[1] = msg(newTable, wire.FlagCreate|wire.FlagAck, []byte{unix.NFPROTO_IPV4, 0, 0, 0}) // no name
	outs, err = c.Transact(guarded(t), batch, sock.TransactOptions{Single: true})
	wantNil(t, err)
	wantIs(t, outs[1].Err(), unix.EINVAL)
}

func openNFT(t *testing.T, ns *netns.Handle) (c *sock.Conn) {
	t.Helper()
	err := netns.Do(ns, func() (err error) {
		c, err = sock.Open(sock.Options{Proto: unix.NETLINK_NETFILTER, Timeout: socktest.Deadline})
		return err
	})
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		t.Skip("the kernel lacks nfnetlink")
	}
	wantNil(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}
