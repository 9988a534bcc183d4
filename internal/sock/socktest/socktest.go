// Package socktest is a kernel in a closure, for tests of what talks to one:
//
//	c := socktest.New(t, func(req []byte) [][]byte {
//		return [][]byte{socktest.Error(req, unix.EEXIST, socktest.Text("no"))}
//	})
//	_, err := c.Do(ctx, msg)
//
// The Conn is a real one, over a socketpair in place of netlink, so the code
// under test is the code that runs. [Start] gives more than that: events, late
// answers, the requests that were seen. [Pair] is two real netlink sockets.
//
// Production code does not import it.
//
// Traps: the closure runs on a goroutine of its own, so it must use t.Error and not
// t.Fatal. An empty datagram ends the connection. What a kernel would do inside
// sendmsg happens later here, so an answer may be waited for.
package socktest

import (
	"sync"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// Deadline is generous: it is for tests that would otherwise hang, not part of
// what is tested.
const Deadline = 30 * time.Second

// Answer makes the answer to one request, as datagrams. None is silence: the
// caller runs into its timeout. To delay an answer, wait for a channel.
type Answer func(req []byte) [][]byte

// Kernel is the other side of a Conn.
type Kernel struct {
	Conn *sock.Conn

	tb     testing.TB
	fd     int
	answer Answer
	ended  chan struct{}

	mu   sync.Mutex
	seen [][]byte
	sent int // datagrams received, each may hold several requests
}

// New returns a Conn to a kernel that answers each message with answer.
func New(tb testing.TB, answer Answer) *sock.Conn {
	tb.Helper()
	return Start(tb, sock.Options{}, answer).Conn
}

// Start is New with options, of which those that are not about a socket of
// the kernel count, and with the kernel's side in hand. A nil answer is silence.
func Start(tb testing.TB, o sock.Options, answer Answer) *Kernel {
	tb.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		tb.Fatal(err)
	}
	if o.Timeout == 0 {
		o.Timeout = Deadline
	}
	c, err := sock.FromFD(fds[0], o)
	if err != nil {
		unix.Close(fds[1])
		tb.Fatal(err)
	}
	k := &Kernel{Conn: c, tb: tb, fd: fds[1], answer: answer, ended: make(chan struct{})}
	go k.run()
	tb.Cleanup(k.stop)
	return k
}

func (k *Kernel) stop() {
	k.tb.Helper()
	k.Conn.Close() // ends run
	unix.Shutdown(k.fd, unix.SHUT_RDWR)
	select {
	case <-k.ended:
		unix.Close(k.fd)
	case <-time.After(Deadline):
		k.tb.Error("socktest: an answer is still being waited for")
	}
}

// run answers until the Conn is closed.
func (k *Kernel) run() {
	defer close(k.ended)
	buf := make([]byte, 4<<20)
	for {
		n, err := unix.Read(k.fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return
		}
		k.mu.Lock()
		k.sent++
		k.mu.Unlock()
		it := wire.WalkMessages(append([]byte(nil), buf[:n]...))
		for it.Next() {
			req := it.Message()
			k.mu.Lock()
			k.seen = append(k.seen, req)
			k.mu.Unlock()
			if k.answer == nil {
				continue
			}
			for _, datagram := range k.answer(req) {
				k.Push(datagram)
			}
		}
		if it.Err() != nil {
			k.tb.Errorf("socktest: malformed request: %v", it.Err())
		}
	}
}

// Push sends a datagram unasked: an event, or an answer that is late. It may
// be called from any goroutine.
func (k *Kernel) Push(datagram []byte) {
	for {
		_, err := unix.Write(k.fd, datagram)
		switch err {
		case unix.EINTR:
			continue
		case nil, unix.EPIPE, unix.ECONNRESET, unix.EBADF: // the Conn is closed
		default:
			k.tb.Errorf("socktest: push: %v", err)
		}
		return
	}
}

// HangUp ends the connection from the kernel's side.
func (k *Kernel) HangUp() { unix.Shutdown(k.fd, unix.SHUT_WR) }

// Requests are the messages that were seen so far.
func (k *Kernel) Requests() [][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([][]byte(nil), k.seen...)
}

// Datagrams is how many sends they came in.
func (k *Kernel) Datagrams() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sent
}

// Pair returns two NETLINK_USERSOCK sockets in a namespace of their own, each
// the other's peer. It skips where there are no namespaces (see netnstest).
func Pair(tb testing.TB) (a, b *sock.Conn) {
	tb.Helper()
	ns := netnstest.New(tb)
	o := sock.Options{Proto: unix.NETLINK_USERSOCK, Timeout: Deadline}
	err := netns.Do(ns, func() (err error) {
		if a, err = sock.Open(o); err == nil {
			tb.Cleanup(func() { a.Close() })
			b, err = sock.Open(o)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { b.Close() })
	a.SetPeer(b.Port())
	b.SetPeer(a.Port())
	return a, b
}
