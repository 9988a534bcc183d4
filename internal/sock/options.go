package sock

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// skDrops is SK_MEMINFO_DROPS (linux/sock_diag.h), an index into what
// SO_MEMINFO returns.
const (
	skDrops = 8
	skVars  = 9
)

// SetOption switches an option of level SOL_NETLINK.
func (c *Conn) SetOption(opt int, on bool) error {
	v := 0
	if on {
		v = 1
	}
	return c.setInt(unix.SOL_NETLINK, opt, v, fmt.Sprintf("set option %d", opt))
}

// SetExtAck switches extended acknowledgements.
func (c *Conn) SetExtAck(on bool) error { return c.SetOption(unix.NETLINK_EXT_ACK, on) }

// SetCapAck switches acknowledgements that do not echo the request.
func (c *Conn) SetCapAck(on bool) error { return c.SetOption(unix.NETLINK_CAP_ACK, on) }

// SetStrict switches the strict checking of dump requests.
func (c *Conn) SetStrict(on bool) error { return c.SetOption(unix.NETLINK_GET_STRICT_CHK, on) }

// Option reads an option of level SOL_NETLINK.
func (c *Conn) Option(opt int) (bool, error) {
	op := fmt.Sprintf("get option %d", opt)
	if err := c.usable(op); err != nil {
		return false, err
	}
	v, err := unix.GetsockoptInt(c.fd, unix.SOL_NETLINK, opt)
	if err != nil {
		return false, c.opError(op, err)
	}
	return v != 0, nil
}

func (c *Conn) setInt(level, opt, v int, op string) error {
	if err := c.usable(op); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(c.fd, level, opt, v); err != nil {
		return c.opError(op, err)
	}
	return nil
}

// Join joins a multicast group. Any number will do: the bind mask that ends
// at 32 is not used.
func (c *Conn) Join(group uint32) error {
	op := fmt.Sprintf("join group %d", group)
	if !c.stand {
		if err := c.setInt(unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, int(group), op); err != nil {
			return err
		}
		// Which group an event was sent to is in the control data only.
		if err := c.SetOption(unix.NETLINK_PKTINFO, true); err != nil && !isNoOption(err) {
			return err
		}
	}
	c.member, c.control = true, !c.stand
	return nil
}

// Leave leaves a multicast group.
func (c *Conn) Leave(group uint32) error {
	if c.stand {
		return nil
	}
	return c.setInt(unix.SOL_NETLINK, unix.NETLINK_DROP_MEMBERSHIP, int(group), fmt.Sprintf("leave group %d", group))
}

// Groups lists the groups that the socket is a member of, as the kernel sees it.
func (c *Conn) Groups() ([]uint32, error) {
	const op = "list groups"
	if err := c.usable(op); err != nil {
		return nil, err
	}
	buf := make([]byte, 128)
	for {
		// The kernel fills what there is room for, and says how much there is.
		n := uint32(len(buf))
		if errno := c.getsockopt(unix.SOL_NETLINK, unix.NETLINK_LIST_MEMBERSHIPS, buf, &n); errno != 0 {
			return nil, c.opError(op, errno)
		}
		if int(n) <= len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, n)
	}
	var groups []uint32
	for i := 0; i+4 <= len(buf); i += 4 {
		word := binary.NativeEndian.Uint32(buf[i:])
		for bit := uint32(0); bit < 32; bit++ {
			if word&(1<<bit) != 0 {
				groups = append(groups, uint32(i)*8+bit+1)
			}
		}
	}
	return groups, nil
}

func (c *Conn) getsockopt(level, opt int, buf []byte, n *uint32) unix.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(c.fd), uintptr(level), uintptr(opt),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(n)), 0)
	return errno
}

// SetRecvBuf asks for a receive buffer: with privilege of any size, otherwise
// of what net.core.rmem_max allows, without an error. RecvBuf tells.
func (c *Conn) SetRecvBuf(n int) error {
	return c.setBuf(unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, n, "set receive buffer")
}

// SetSendBuf asks for a send buffer, as SetRecvBuf. It bounds one message.
func (c *Conn) SetSendBuf(n int) error {
	return c.setBuf(unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, n, "set send buffer")
}

func (c *Conn) setBuf(force, plain, n int, op string) error {
	err := c.setInt(unix.SOL_SOCKET, force, n, op)
	if err != nil {
		err = c.setInt(unix.SOL_SOCKET, plain, n, op)
	}
	if err == nil {
		c.readBufs()
	}
	return err
}

// readBufs learns the sizes that the kernel really gave; the chunks of
// Transact depend on them.
func (c *Conn) readBufs() {
	c.rcvbuf, _ = unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	c.sndbuf, _ = unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
}

// RecvBuf is the receive buffer that the kernel gave, in its own accounting:
// twice what was asked for.
func (c *Conn) RecvBuf() int { return c.rcvbuf }

// SendBuf is the send buffer that the kernel gave.
func (c *Conn) SendBuf() int { return c.sndbuf }

// Drops counts what the kernel dropped because the receive buffer was full,
// since the socket was opened.
func (c *Conn) Drops() (uint32, error) {
	const op = "read drops"
	if err := c.usable(op); err != nil {
		return 0, err
	}
	buf := make([]byte, skVars*4)
	n := uint32(len(buf))
	if errno := c.getsockopt(unix.SOL_SOCKET, unix.SO_MEMINFO, buf, &n); errno != 0 {
		return 0, c.opError(op, errno)
	}
	if int(n) < len(buf) {
		return 0, c.opError(op, unix.ENOPROTOOPT)
	}
	return binary.NativeEndian.Uint32(buf[skDrops*4:]), nil
}

// NetnsCookie identifies the network namespace that the socket belongs to.
func (c *Conn) NetnsCookie() (uint64, error) {
	const op = "read namespace cookie"
	if err := c.usable(op); err != nil {
		return 0, err
	}
	cookie, err := unix.GetsockoptUint64(c.fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return 0, c.opError(op, err)
	}
	return cookie, nil
}
