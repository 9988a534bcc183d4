package probe

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// struct sock_extended_err (linux/errqueue.h): errno, then origin, type, code
// and padding in a byte each, info, data; the address of the offender follows.
const (
	extendedLen = 16
	offOrigin   = 4
	offInfo     = 8

	originICMP  = 2 // SO_EE_ORIGIN_ICMP
	originICMP6 = 3
)

// explain asks who refused: that is in the error queue of the socket, if it
// was another host.
func (x *exchange) explain() {
	_ = x.control(func(fd int) error {
		var b [512]byte
		var oob [256]byte
		for range 8 { // the last one counts: an error of an earlier probe is none of this socket
			_, n, _, _, err := unix.Recvmsg(fd, b[:], oob[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if err != nil {
				return err
			}
			msgs, err := unix.ParseSocketControlMessage(oob[:n])
			if err != nil {
				return err
			}
			for i := range msgs {
				x.offender(&msgs[i])
			}
		}
		return nil
	})
}

func (x *exchange) offender(m *unix.SocketControlMessage) {
	four := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
	six := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
	if !four && !six || len(m.Data) < extendedLen {
		return
	}
	if binary.NativeEndian.Uint32(m.Data) == uint32(unix.EMSGSIZE) {
		x.answer.MTU = int(binary.NativeEndian.Uint32(m.Data[offInfo:]))
	}
	if o := m.Data[offOrigin]; o == originICMP || o == originICMP6 {
		x.answer.ICMP = &[2]uint8{m.Data[offOrigin+1], m.Data[offOrigin+2]}
	}
	if a := rawAddr(m.Data[extendedLen:]); a.IsValid() {
		x.answer.From = a
	}
}

// rawAddr reads a struct sockaddr; one of another family is nobody.
func rawAddr(b []byte) netip.Addr {
	if len(b) < 2 {
		return netip.Addr{}
	}
	switch family := binary.NativeEndian.Uint16(b); {
	case family == unix.AF_INET && len(b) >= 8:
		return netip.AddrFrom4([4]byte(b[4:8]))
	case family == unix.AF_INET6 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap()
	}
	return netip.Addr{}
}

// hops reads the time to live that came with a datagram.
func (x *exchange) hops(oob []byte) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for _, m := range msgs {
		four := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_TTL
		six := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_HOPLIMIT
		if (four || six) && len(m.Data) >= 4 {
			x.answer.TTL = int(binary.NativeEndian.Uint32(m.Data))
		}
	}
}
