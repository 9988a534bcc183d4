package probe

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// maxPeers is how many peers a listener remembers.
const maxPeers = 1000

// Listener answers TCP connections or UDP datagrams with what they say.
type Listener struct {
	At netip.AddrPort

	stop io.Closer
	done sync.WaitGroup

	mu    sync.Mutex
	count int
	peers []netip.AddrPort
	open  map[net.Conn]bool // nil once closed
}

// Listen opens a socket in the namespace of the calling thread, and echoes
// what comes there until Close. Port 0 is any.
func Listen(proto Proto, at netip.AddrPort, o Options) (*Listener, error) {
	family, typ := unix.AF_INET, unix.SOCK_STREAM
	if !at.Addr().Is4() {
		family = unix.AF_INET6
	}
	if proto == UDP {
		typ = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(family, typ|sockFlags, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), string(proto))
	defer file.Close() // what follows has a copy
	if err := listenAt(fd, proto, at, o); err != nil {
		return nil, err
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return nil, fmt.Errorf("getsockname: %w", err)
	}
	l := &Listener{At: addrPort(sa), open: map[net.Conn]bool{}}
	if proto == UDP {
		return l, l.serveUDP(file)
	}
	return l, l.serveTCP(file)
}

func listenAt(fd int, proto Proto, at netip.AddrPort, o Options) error {
	if err := o.apply(fd, at.Addr().Is4(), false); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("reuse address: %w", err)
	}
	if at.Addr().Is6() { // ::, too, is of IPv6 only
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return fmt.Errorf("v6only: %w", err)
		}
	}
	if err := bind(fd, at); err != nil {
		return fmt.Errorf("bind %s: %w", at, err)
	}
	if proto == TCP {
		if err := unix.Listen(fd, unix.SOMAXCONN); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	return nil
}

func (l *Listener) serveTCP(file *os.File) error {
	ln, err := net.FileListener(file)
	if err != nil {
		return err
	}
	l.stop = ln
	l.done.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if peer, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
				l.note(peer.AddrPort())
			}
			if !l.keep(conn) {
				return
			}
			l.done.Go(func() {
				_, _ = io.Copy(conn, conn) // the other side sees how it ended
				l.forget(conn)
			})
		}
	})
	return nil
}

func (l *Listener) serveUDP(file *os.File) error {
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return err
	}
	l.stop = conn
	l.done.Go(func() {
		b := make([]byte, 64<<10)
		for {
			n, from, err := conn.ReadFrom(b)
			if n == 0 && err != nil && !l.isOpen() {
				return
			}
			if err != nil {
				continue // a refusal of an earlier answer
			}
			if peer, ok := from.(*net.UDPAddr); ok {
				l.note(peer.AddrPort())
			}
			_, _ = conn.WriteTo(b[:n], from)
		}
	})
	return nil
}

func (l *Listener) note(peer netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if len(l.peers) < maxPeers {
		l.peers = append(l.peers, netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()))
	}
}

// Peers are those who came, the first thousand of them, and how many there were.
func (l *Listener) Peers() ([]netip.AddrPort, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]netip.AddrPort(nil), l.peers...), l.count
}

func (l *Listener) isOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open != nil
}

// keep remembers a connection for Close, and closes it if that was.
func (l *Listener) keep(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		_ = conn.Close()
		return false
	}
	l.open[conn] = true
	return true
}

func (l *Listener) forget(conn net.Conn) {
	_ = conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, conn)
}

// Closed reports whether the listener was closed.
func (l *Listener) Closed() bool { return !l.isOpen() }

// Close ends it and every connection that it has. Closing again does nothing.
func (l *Listener) Close() error {
	l.mu.Lock()
	if l.open == nil {
		l.mu.Unlock()
		return nil
	}
	for conn := range l.open {
		_ = conn.Close()
	}
	l.open = nil
	l.mu.Unlock()
	err := l.stop.Close()
	l.done.Wait()
	return err
}
