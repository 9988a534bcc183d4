package sock_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// ifname reads the name out of a link message.
func ifname(m []byte) string {
	a, _ := wire.Find(m[wire.HeaderLen+unix.SizeofIfInfomsg:], unix.IFLA_IFNAME)
	return string(bytes.TrimRight(a.Data, "\x00"))
}

func TestLiveLink(t *testing.T) {
	c := open(t, netnstest.New(t), sock.Options{})
	out, err := c.Do(guarded(t), getLo)
	wantNil(t, err)
	if len(out.Replies) != 1 || ifname(out.Replies[0]) != "lo" {
		t.Errorf("got %d replies", len(out.Replies))
	}
	d, err := c.Dump(guarded(t), getLink, sock.DumpOptions{})
	wantNil(t, err)
	if d.Len() == 0 || ifname(d.At(0)) != "lo" {
		t.Errorf("got %d links", d.Len())
	}
	if c.Port() == 0 || c.Proto() != unix.NETLINK_ROUTE {
		t.Errorf("port %d, protocol %d", c.Port(), c.Proto())
	}
}

func TestLiveExtAck(t *testing.T) {
	c := open(t, netnstest.New(t), sock.Options{})
	bad := make([]byte, unix.SizeofIfInfomsg)
	bad[4] = 1
	req := msg(unix.RTM_NEWLINK, 0, bad, attr(unix.IFLA_MTU, 1))
	_, err := c.Do(guarded(t), req)
	var kernel *sock.KernelError
	if !errors.As(err, &kernel) {
		t.Fatalf("got %v, want a KernelError", err)
	}
	wantIs(t, err, unix.ERANGE)
	offs, ok := wire.Find(kernel.Ack.TLVs, 2)
	if want := []byte{32, 0, 0, 0}; !ok || !bytes.Equal(offs.Data, want) {
		t.Errorf("offset %v, want that of the attribute", offs.Data)
	}
	if len(kernel.Ack.Echo) != wire.HeaderLen {
		t.Errorf("echo of %d bytes, want the header alone", len(kernel.Ack.Echo))
	}
	// Both switched off: the request comes back, the reason does not.
	wantNil(t, c.SetCapAck(false))
	wantNil(t, c.SetExtAck(false))
	_, err = c.Do(guarded(t), req)
	if !errors.As(err, &kernel) || kernel.Ack.TLVs != nil || len(kernel.Ack.Echo) != len(req) {
		t.Errorf("got %+v", kernel)
	}
	// A dump is refused in its end.
	strict := msg(unix.RTM_GETROUTE, 0, append([]byte{unix.AF_INET, 9}, make([]byte, 10)...))
	wantNil(t, c.SetExtAck(true))
	_, err = c.Dump(guarded(t), strict, sock.DumpOptions{})
	if !errors.As(err, &kernel) || kernel.Errno != unix.EINVAL || kernel.Ack.TLVs == nil {
		t.Errorf("got %v with strict checking", err)
	}
	wantNil(t, c.SetStrict(false))
	_, err = c.Dump(guarded(t), strict, sock.DumpOptions{})
	wantNil(t, err)
}

func TestLiveOptions(t *testing.T) {
	ns := netnstest.New(t)
	opts := []int{unix.NETLINK_EXT_ACK, unix.NETLINK_CAP_ACK, unix.NETLINK_GET_STRICT_CHK}
	for _, off := range []bool{false, true} {
		c := open(t, ns, sock.Options{NoExtAck: off, NoCapAck: off, NoStrict: off})
		for _, opt := range opts {
			if on, err := c.Option(opt); err != nil || on == off {
				t.Errorf("option %d is %v, %v", opt, on, err)
			}
		}
	}
	c := open(t, ns, sock.Options{RecvBuf: 100 << 10, SendBuf: 50 << 10})
	if c.RecvBuf() != 200<<10 || c.SendBuf() != 100<<10 { // the kernel doubles
		t.Errorf("buffers of %d and %d", c.RecvBuf(), c.SendBuf())
	}
	// Without privilege a huge one is cut, and with it is given; no error either way.
	wantNil(t, c.SetRecvBuf(256<<20))
	if c.RecvBuf() <= 200<<10 {
		t.Errorf("buffer of %d", c.RecvBuf())
	}
	cookie, err := c.NetnsCookie()
	wantNil(t, err)
	if want, err := ns.Cookie(); err != nil || cookie != want {
		t.Errorf("cookie %d, want %d, %v", cookie, want, err)
	}
}

func TestLiveBatch(t *testing.T) {
	for _, mode := range []sock.AckMode{sock.AckAuto, sock.AckEach, sock.AckLast, sock.AckCaller} {
		c := open(t, netnstest.New(t), sock.Options{})
		upLo(t, c)
		msgs := make([][]byte, 1000)
		bad := map[int]bool{}
		for i := range msgs {
			msgs[i] = newRoute(i)
			if i%100 == 57 {
				msgs[i], bad[i] = newRoute(i-50), true
			}
		}
		outs, err := c.Transact(guarded(t), msgs, sock.TransactOptions{Ack: mode})
		wantNil(t, err)
		for i := range outs {
			err := outs[i].Err()
			if bad[i] != errors.Is(err, unix.EEXIST) || !bad[i] && err != nil {
				t.Errorf("mode %d, message %d: %v", mode, i, err)
			}
		}
		d, err := c.Dump(guarded(t), getRoutes, sock.DumpOptions{})
		wantNil(t, err)
		if d.Len() != 990 {
			t.Errorf("mode %d: %d routes, want 990", mode, d.Len())
		}
	}
}

// Answers that the kernel drops are lost, never success, and nothing waits for them.
func TestLiveBatchOverrun(t *testing.T) {
	for _, mode := range []sock.AckMode{sock.AckEach, sock.AckLast} {
		c := open(t, netnstest.New(t), sock.Options{RecvBuf: 16 << 10})
		upLo(t, c)
		msgs := make([][]byte, 500)
		for i := range msgs {
			msgs[i] = newRoute(i)
			if mode == sock.AckLast {
				msgs[i] = route(unix.RTM_DELROUTE, 0, i) // refused, each of them
			}
		}
		outs, err := c.Transact(guarded(t), msgs, sock.TransactOptions{Ack: mode, Window: len(msgs), Timeout: -1})
		wantNil(t, err)
		lost := 0
		for i := range outs {
			switch {
			case errors.Is(outs[i].Err(), sock.ErrLost):
				lost++
			case outs[i].State != sock.Answered:
				t.Fatalf("mode %d, message %d: %v", mode, i, outs[i].State)
			}
		}
		if lost == 0 || lost == len(msgs) {
			t.Errorf("mode %d: %d of %d lost", mode, lost, len(msgs))
		}
		_, err = c.Do(guarded(t), getLo) // and goes on
		wantNil(t, err)
		if n, err := c.Drops(); err != nil || int(n) != lost {
			t.Errorf("mode %d: %d dropped, %d lost, %v", mode, n, lost, err)
		}
		// With the window that the buffer has room for, nothing is lost.
		outs, err = c.Transact(guarded(t), msgs, sock.TransactOptions{Ack: mode})
		wantNil(t, err)
		for i := range outs {
			if outs[i].State == sock.Lost {
				t.Fatalf("mode %d, message %d lost", mode, i)
			}
		}
	}
}

func TestLiveDump(t *testing.T) {
	const n = 3000
	ns, c := withRoutes(t, n)
	p := sock.NewPool(func() (c *sock.Conn, err error) {
		err = netns.Do(ns, func() (err error) { c, err = sock.Open(sock.Options{}); return err })
		return c, err
	})
	t.Cleanup(func() { p.Close() })
	d, err := p.Dump(guarded(t), getRoutes, sock.DumpOptions{})
	wantNil(t, err)
	seen := map[string]bool{}
	for _, m := range d.All() {
		dst, _ := wire.Find(m[wire.HeaderLen+12:], unix.RTA_DST)
		seen[string(dst.Data)] = true
	}
	if d.Len() != n || len(seen) != n || !d.Filtered {
		t.Errorf("%d messages, %d routes, %+v", d.Len(), len(seen), d.DumpInfo)
	}
	got := 0
	info, err := p.Stream(guarded(t), getRoutes, sock.StreamOptions{}, func([]byte) error { got++; return nil })
	wantNil(t, err)
	if got != n || info.Messages != n {
		t.Errorf("streamed %d, counted %d", got, info.Messages)
	}
	// The kernel's own EBUSY: a dump that nobody reads is running.
	busy, err := p.Get()
	wantNil(t, err)
	wantNil(t, busy.Send(socktest.Flag(bytes.Clone(getRoutes), wire.FlagRequest|wire.FlagDump)))
	p.Put(busy)
	d, err = p.Dump(guarded(t), getRoutes, sock.DumpOptions{})
	wantNil(t, err)
	if d.Len() != n || !busy.Closed() {
		t.Errorf("%d messages, busy socket closed: %v", d.Len(), busy.Closed())
	}
	wantNil(t, c.Send(socktest.Flag(bytes.Clone(getRoutes), wire.FlagRequest|wire.FlagDump)))
	_, err = c.Dump(guarded(t), getRoutes, sock.DumpOptions{})
	wantIs(t, err, unix.EBUSY)
}

func TestLiveGeneric(t *testing.T) {
	c := open(t, netnstest.New(t), sock.Options{Proto: unix.NETLINK_GENERIC})
	get := msg(unix.GENL_ID_CTRL, 0, []byte{unix.CTRL_CMD_GETFAMILY, 1, 0, 0}, str(unix.CTRL_ATTR_FAMILY_NAME, "nlctrl"))
	out, err := c.Do(guarded(t), get)
	wantNil(t, err)
	id, ok := wire.Find(out.Replies[0][wire.HeaderLen+wire.GenlHeaderLen:], unix.CTRL_ATTR_FAMILY_ID)
	if !ok || id.Data[0] != unix.GENL_ID_CTRL {
		t.Errorf("got %v", id)
	}
	d, err := c.Dump(guarded(t), msg(unix.GENL_ID_CTRL, 0, []byte{unix.CTRL_CMD_GETFAMILY, 1, 0, 0}), sock.DumpOptions{})
	wantNil(t, err)
	if d.Len() < 1 {
		t.Error("no families")
	}
	outs, err := c.Transact(guarded(t), [][]byte{get, msg(unix.GENL_ID_CTRL, 0, []byte{99, 1, 0, 0}), get}, sock.TransactOptions{})
	wantNil(t, err)
	if len(outs[0].Replies) != 1 || outs[1].Errno != int(unix.EOPNOTSUPP) || len(outs[2].Replies) != 1 {
		t.Errorf("got %+v", outs)
	}
}

// A message that is larger than SO_SNDBUF makes it grow.
func TestLiveLargeRequest(t *testing.T) {
	c := open(t, netnstest.New(t), sock.Options{SendBuf: 4 << 10})
	many := make([]func(*wire.Builder), 4)
	for i := range many {
		many[i] = attr(0x3ff0, make([]byte, 4<<10)...)
	}
	before := c.SendBuf()
	_, err := c.Do(guarded(t), msg(unix.RTM_GETLINK, 0, ifinfo, append(many, str(unix.IFLA_IFNAME, "lo"))...))
	wantIs(t, err, unix.EINVAL) // unknown attributes: so it arrived
	if c.SendBuf() <= before {
		t.Errorf("send buffer of %d", c.SendBuf())
	}
}

func TestLiveRefusedOpens(t *testing.T) {
	netnstest.Require(t)
	before := openFDs(t)
	_, protoErr := sock.Open(sock.Options{Proto: 31})
	_, groupErr := sock.Open(sock.Options{Groups: []uint32{1 << 20}})
	_, portErr := sock.Open(sock.Options{Port: 1, Proto: 31})
	_, standErr := sock.FromFD(1<<20, sock.Options{})
	for i, tt := range []struct{ got, want error }{
		{protoErr, unix.EPROTONOSUPPORT}, {groupErr, unix.EINVAL}, {portErr, unix.EPROTONOSUPPORT}, {standErr, unix.EBADF},
	} {
		var op *sock.OpError
		if !errors.Is(tt.got, tt.want) || !errors.As(tt.got, &op) {
			t.Errorf("open %d: got %v, want %v", i, tt.got, tt.want)
		}
	}
	if want := "join group 1048576: netlink protocol 0: invalid argument"; groupErr.Error() != want {
		t.Errorf("got %q, want %q", groupErr, want)
	}
	a, err := sock.Open(sock.Options{})
	wantNil(t, err)
	_, err = sock.Open(sock.Options{Port: a.Port()})
	wantIs(t, err, unix.EADDRINUSE)
	wantNil(t, a.Close())
	if n := openFDs(t); n != before {
		t.Errorf("%d files open, %d before", n, before)
	}
}

func TestLiveDeadline(t *testing.T) {
	a, _ := socktest.Pair(t)
	_, err := a.Recv(guarded(t), 1)
	wantIs(t, err, os.ErrDeadlineExceeded)
	_, err = a.DoWith(guarded(t), get(), sock.CallOptions{Timeout: 1}) // the peer is silent
	wantIs(t, err, os.ErrDeadlineExceeded)
}

// Requests to the kernel cost no allocation but for what is kept of the answer.
func TestLiveAllocations(t *testing.T) {
	_, c := withRoutes(t, 1000)
	lo := make([]byte, unix.SizeofIfInfomsg)
	lo[4] = 1
	up := msg(unix.RTM_NEWLINK, 0, lo) // acknowledged, no reply
	if n := testing.AllocsPerRun(100, func() { c.Do(bg, up) }); n > 0.1 {
		t.Errorf("%v allocations for an acknowledged request", n)
	}
	if n := testing.AllocsPerRun(100, func() { c.Do(bg, getLo) }); n > 2.1 {
		t.Errorf("%v allocations for a request and its reply", n)
	}
	count := func([]byte) error { return nil }
	if n := testing.AllocsPerRun(20, func() { c.Stream(bg, getRoutes, sock.StreamOptions{}, count) }); n > 2.1 {
		t.Errorf("%v allocations for a stream of 1000", n)
	}
	if n := testing.AllocsPerRun(20, func() { c.Dump(bg, getRoutes, sock.DumpOptions{}) }); n > 30 {
		t.Errorf("%v allocations for a dump of 1000", n)
	}
}
