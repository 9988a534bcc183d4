package probe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/probe"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

// deadline is generous: it is for tests that would hang.
const deadline = 30 * time.Second

// loopback is a namespace whose lo is up: probes of one to itself.
func loopback(t *testing.T) *netns.Handle {
	t.Helper()
	ns := netnstest.New(t)
	err := netns.Do(ns, netns.LoopbackUp)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func open(t *testing.T, ns *netns.Handle, proto probe.Proto, dst string, o probe.Options) *probe.Socket {
	t.Helper()
	var s *probe.Socket
	err := netns.Do(ns, func() (err error) {
		s, err = probe.Open(proto, netip.MustParseAddrPort(dst), o)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func listen(t *testing.T, ns *netns.Handle, proto probe.Proto, at string) *probe.Listener {
	t.Helper()
	var l *probe.Listener
	err := netns.Do(ns, func() (err error) {
		l, err = probe.Listen(proto, netip.MustParseAddrPort(at), probe.Options{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// Both ways of sending an echo request: as the namespace begins, with a raw
// socket, and with a ping socket once it may be had. An odd length has a checksum of its own.
func TestPing(t *testing.T) {
	ns := loopback(t)
	for _, group := range []string{"nobody", "0 0"} {
		err := netns.Do(ns, func() error {
			if group == "nobody" {
				return nil
			}
			return os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte(group), 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, dst := range []string{"127.0.0.1:0", "[::1]:0"} {
			for _, size := range []int{0, 1, 56, 1399, 20000} {
				data := bytes.Repeat([]byte{0xa5}, size)
				a, err := open(t, ns, probe.ICMP, dst, probe.Options{}).Ping(context.Background(), data, deadline)
				if err != nil || a.Err != nil || !bytes.Equal(a.Data, data) || a.TTL != 64 || a.RTT <= 0 ||
					a.From != netip.MustParseAddrPort(dst).Addr() {
					t.Errorf("groups %s, %s, %d bytes: got %v, %v, ttl %d, from %s, %d bytes", group, dst, size, err, a.Err, a.TTL, a.From, len(a.Data))
				}
			}
		}
	}
}

// Two at a time do not take each other's replies.
func TestPingsAtOnce(t *testing.T) {
	ns := loopback(t)
	ended := make(chan error)
	for i := range 20 {
		s := open(t, ns, probe.ICMP, "127.0.0.1:0", probe.Options{})
		go func() {
			a, err := s.Ping(context.Background(), []byte{byte(i)}, deadline)
			if err == nil && (a.Err != nil || !bytes.Equal(a.Data, []byte{byte(i)})) {
				err = errors.Join(a.Err, errors.New("another's reply"))
			}
			ended <- err
		}()
	}
	for range 20 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestRefused(t *testing.T) {
	ns := loopback(t)
	for _, dst := range []string{"127.0.0.1:9", "[::1]:9"} {
		a, err := open(t, ns, probe.TCP, dst, probe.Options{}).TCP(context.Background(), nil, deadline)
		if err != nil || a.Err != unix.ECONNREFUSED {
			t.Errorf("tcp %s: got %v, %v", dst, err, a.Err)
		}
		a, err = open(t, ns, probe.UDP, dst, probe.Options{}).UDP(context.Background(), []byte("x"), deadline)
		if err != nil || a.Err != unix.ECONNREFUSED || a.From != netip.MustParseAddrPort(dst).Addr() || a.ICMP == nil {
			t.Errorf("udp %s: got %v, %v from %s, icmp %v", dst, err, a.Err, a.From, a.ICMP)
		}
	}
}

func TestEcho(t *testing.T) {
	ns := loopback(t)
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		l := listen(t, ns, probe.TCP, at)
		a, err := open(t, ns, probe.TCP, l.At.String(), probe.Options{}).TCP(context.Background(), []byte("hello"), deadline)
		if err != nil || a.Err != nil || string(a.Data) != "hello" {
			t.Errorf("tcp %s: got %v, %v, %q", at, err, a.Err, a.Data)
		}
		if peers, n := l.Peers(); n != 1 || peers[0] != a.Source {
			t.Errorf("tcp %s: peers %v, want %s", at, peers, a.Source)
		}
		u := listen(t, ns, probe.UDP, at)
		a, err = open(t, ns, probe.UDP, u.At.String(), probe.Options{}).UDP(context.Background(), nil, deadline)
		if err != nil || a.Err != nil || len(a.Data) != 0 {
			t.Errorf("udp %s: got %v, %v, %q of an empty datagram", at, err, a.Err, a.Data)
		}
	}
}

// What does not echo is not waited for once it has ended.
func TestNoEcho(t *testing.T) {
	ns := loopback(t)
	var ln net.Listener
	if err := netns.Do(ns, func() (err error) { ln, err = net.Listen("tcp", "127.0.0.1:0"); return err }); err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, conn, 5)
		_, _ = conn.Write([]byte("he"))
		conn.Close()
	}()
	a, err := open(t, ns, probe.TCP, ln.Addr().String(), probe.Options{}).TCP(context.Background(), []byte("hello"), deadline)
	if err != nil || a.Err != nil || string(a.Data) != "he" {
		t.Errorf("got %v, %v, %q", err, a.Err, a.Data)
	}
}

// The end of the time is an answer, the end of the context is an error.
func TestEnds(t *testing.T) {
	ns := loopback(t)
	var silent net.PacketConn
	if err := netns.Do(ns, func() (err error) { silent, err = net.ListenPacket("udp", "127.0.0.1:0"); return err }); err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dst := silent.LocalAddr().String()
	a, err := open(t, ns, probe.UDP, dst, probe.Options{}).UDP(context.Background(), []byte("x"), time.Millisecond)
	if err != nil || a.Err != os.ErrDeadlineExceeded || a.From.IsValid() {
		t.Errorf("got %v, %v from %s", err, a.Err, a.From)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	enough := errors.New("enough")
	s := open(t, ns, probe.UDP, dst, probe.Options{})
	go func() {
		_, _, _ = silent.ReadFrom(make([]byte, 9)) // that of the first
		_, _, _ = silent.ReadFrom(make([]byte, 9))
		cancel(enough) // it waits, or is about to
	}()
	if _, err = s.UDP(ctx, []byte("y"), deadline); err != enough {
		t.Errorf("got %v, want the cause", err)
	}
	if _, err = open(t, ns, probe.UDP, dst, probe.Options{}).UDP(ctx, nil, deadline); err != enough {
		t.Errorf("got %v, want the cause", err)
	}
}

// Closing ends connections that are open, and what listens.
func TestListenerClose(t *testing.T) {
	ns := loopback(t)
	l := listen(t, ns, probe.TCP, "127.0.0.1:0")
	var conn net.Conn
	err := netns.Do(ns, func() (err error) { conn, err = net.Dial("tcp", l.At.String()); return err })
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // it is accepted
		t.Fatal(err)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil || !l.Closed() {
		t.Errorf("got %v", err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v from a connection that was closed", err)
	}
	again := listen(t, ns, probe.TCP, l.At.String())
	if again.At != l.At {
		t.Errorf("got %s, want %s again", again.At, l.At)
	}
}

func TestOpenFails(t *testing.T) {
	ns := loopback(t)
	for want, o := range map[string]probe.Options{
		`device "nosuch": no such device`:                   {Device: "nosuch"},
		`source 192.0.2.1: cannot assign requested address`: {Source: netip.MustParseAddrPort("192.0.2.1:0")},
	} {
		err := netns.Do(ns, func() error {
			_, err := probe.Open(probe.TCP, netip.MustParseAddrPort("127.0.0.1:9"), o)
			return err
		})
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	err := netns.Do(ns, func() error {
		_, err := probe.Listen(probe.TCP, netip.MustParseAddrPort("192.0.2.1:9"), probe.Options{})
		return err
	})
	if err == nil || !strings.HasPrefix(err.Error(), "bind 192.0.2.1:9: ") {
		t.Errorf("got %v", err)
	}
}
