package session

import (
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/sock"
)

// siocgskns returns a descriptor of the namespace of a socket (SIOCGSKNS,
// linux/sockios.h).
const siocgskns = 0x894c

// redial opens one more socket for the family, for a dump. It belongs to the
// namespace of the first one, also where the caller has gone elsewhere since.
func (f *Family) redial() (conn *sock.Conn, err error) {
	err = f.gate.look(func() error {
		conn, err = f.dialHome()
		return err
	})
	return conn, err
}

func (f *Family) dialHome() (*sock.Conn, error) {
	conn, err := f.dial()
	if err != nil || f.o.NetNS != nil {
		return conn, err
	}
	home, err1 := f.conn.NetnsCookie()
	here, err2 := conn.NetnsCookie()
	if err1 != nil || err2 != nil || home == here {
		return conn, nil // a stand-in for the kernel has no namespace
	}
	conn.Close()
	ns, err := f.namespace()
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	err = netns.Do(ns, func() (err error) {
		conn, err = f.dial()
		return err
	})
	return conn, err
}

// namespace opens the namespace of the family's socket.
func (f *Family) namespace() (*netns.Handle, error) {
	fd, err := unix.IoctlRetInt(f.conn.FD(), siocgskns)
	if err != nil {
		return nil, &sock.OpError{Op: "find the namespace of a socket", Proto: f.Proto, Err: err}
	}
	defer unix.Close(fd)
	return netns.FromFD(fd)
}
