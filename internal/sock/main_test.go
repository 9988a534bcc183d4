package sock_test

import (
	"context"
	"encoding/binary"
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

func TestMain(m *testing.M) { netnstest.Main(m) }

var bg = context.Background()

// Message types of the made-up protocol that the fake kernel speaks.
const (
	typeGet  = 0x20
	typeItem = 0x21
)

func get(body ...byte) []byte { return socktest.Message(typeGet, 0, body...) }

// guarded is a context that ends before the test binary is killed, so that a
// hang names the test.
func guarded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeoutCause(bg, socktest.Deadline, errors.New("the test hangs"))
	t.Cleanup(cancel)
	return ctx
}

func wantIs(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

func wantNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantFormat checks that err wraps a wire.FormatError at offset off.
func wantFormat(t *testing.T, err error, off int) {
	t.Helper()
	var f *wire.FormatError
	if !errors.As(err, &f) || f.Off != off {
		t.Fatalf("got error %v (%T), want a FormatError at %d", err, err, off)
	}
}

func openFDs(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	wantNil(t, err)
	return len(list)
}

// open opens a socket in ns, closed when the test ends.
func open(t testing.TB, ns *netns.Handle, o sock.Options) *sock.Conn {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = socktest.Deadline
	}
	var c *sock.Conn
	if err := netns.Do(ns, func() (err error) { c, err = sock.Open(o); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// msg builds a message of a real protocol: fixed header, then attributes.
func msg(typ, flags uint16, fixed []byte, attrs ...func(*wire.Builder)) []byte {
	var b wire.Builder
	b.Begin(wire.Header{Type: typ, Flags: flags})
	b.Raw(fixed)
	for _, a := range attrs {
		a(&b)
	}
	m, err := b.End()
	if err != nil {
		panic(err)
	}
	return m
}

func attr(typ uint16, payload ...byte) func(*wire.Builder) {
	return func(b *wire.Builder) { b.Attr(typ, payload) }
}

func str(typ uint16, s string) func(*wire.Builder) { return attr(typ, append([]byte(s), 0)...) }

func u32(typ uint16, v uint32) func(*wire.Builder) {
	return attr(typ, binary.NativeEndian.AppendUint32(nil, v)...)
}

func nest(typ uint16, attrs ...func(*wire.Builder)) func(*wire.Builder) {
	return func(b *wire.Builder) {
		b.Nest(typ)
		for _, a := range attrs {
			a(b)
		}
		b.EndNest()
	}
}

var (
	ifinfo  = make([]byte, unix.SizeofIfInfomsg)
	getLink = msg(unix.RTM_GETLINK, 0, ifinfo)
	getLo   = msg(unix.RTM_GETLINK, 0, ifinfo, str(unix.IFLA_IFNAME, "lo"))
)

// route builds a request about 10.0.0.0 + i /32 on lo, whose index is 1.
func route(typ, flags uint16, i int) []byte {
	rt := unix.RtMsg{
		Family: unix.AF_INET, Dst_len: 32, Table: unix.RT_TABLE_MAIN,
		Protocol: unix.RTPROT_STATIC, Scope: unix.RT_SCOPE_LINK, Type: unix.RTN_UNICAST,
	}
	fixed := []byte{rt.Family, rt.Dst_len, 0, 0, rt.Table, rt.Protocol, rt.Scope, rt.Type, 0, 0, 0, 0}
	dst := binary.BigEndian.AppendUint32(nil, 0x0a000000+uint32(i))
	return msg(typ, flags, fixed, attr(unix.RTA_DST, dst...), u32(unix.RTA_OIF, 1))
}

func newRoute(i int) []byte { return route(unix.RTM_NEWROUTE, wire.FlagCreate|wire.FlagExcl, i) }

var getRoutes = msg(unix.RTM_GETROUTE, 0, append([]byte{unix.AF_INET}, make([]byte, 11)...),
	u32(unix.RTA_TABLE, unix.RT_TABLE_MAIN))

// withRoutes is a namespace that has n routes in its main table.
func withRoutes(t testing.TB, n int) (*netns.Handle, *sock.Conn) {
	t.Helper()
	ns := netnstest.New(t)
	c := open(t, ns, sock.Options{})
	upLo(t, c)
	msgs := make([][]byte, n)
	for i := range msgs {
		msgs[i] = newRoute(i)
	}
	outs, err := c.Transact(bg, msgs, sock.TransactOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range outs {
		if err := outs[i].Err(); err != nil {
			t.Fatalf("route %d: %v", i, err)
		}
	}
	return ns, c
}

func upLo(t testing.TB, c *sock.Conn) {
	t.Helper()
	up := make([]byte, unix.SizeofIfInfomsg)
	up[4] = 1 // ifi_index
	binary.NativeEndian.PutUint32(up[8:], unix.IFF_UP)
	binary.NativeEndian.PutUint32(up[12:], unix.IFF_UP)
	if _, err := c.Do(bg, msg(unix.RTM_NEWLINK, 0, up)); err != nil {
		t.Fatal(err)
	}
}
