package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// TCP connects. With data it also sends that, and waits until as much has come
// back: the other side is expected to echo, as Listen does.
func (s *Socket) TCP(ctx context.Context, data []byte, timeout time.Duration) (Answer, error) {
	return s.run(ctx, timeout, func(x *exchange) error {
		err := x.connect()
		if err == unix.EINPROGRESS {
			err = x.waiting(true, connected)
		}
		if err != nil {
			return err
		}
		x.answer.From = s.dst.Addr()
		if len(data) == 0 {
			return nil
		}
		if _, err := s.file.Write(data); err != nil {
			return err
		}
		back := make([]byte, len(data))
		n, err := io.ReadFull(s.file, back)
		x.answer.Data = back[:n]
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = nil // it does not echo: what came is in the answer
		}
		return err
	})
}

// connected is what became of connect(2), EAGAIN while it is under way.
func connected(fd int) error {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return err
	case errno != 0:
		return unix.Errno(errno)
	}
	if _, err := unix.Getpeername(fd); err == unix.ENOTCONN {
		return unix.EAGAIN
	}
	return nil
}

// UDP sends a datagram and waits for one back.
func (s *Socket) UDP(ctx context.Context, data []byte, timeout time.Duration) (Answer, error) {
	return s.run(ctx, timeout, func(x *exchange) error {
		if err := x.connect(); err != nil {
			return err
		}
		if err := x.send(data); err != nil {
			return err
		}
		return x.receive(func(b []byte) bool {
			x.answer.Data = bytes.Clone(b)
			return true
		})
	})
}

func (x *exchange) send(data []byte) error {
	return x.waiting(true, func(fd int) error { return unix.Sendto(fd, data, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, nil) })
}

// receive hands datagrams to accept until it takes one.
func (x *exchange) receive(accept func([]byte) bool) error {
	b, oob := make([]byte, 64<<10), make([]byte, 256)
	return x.waiting(false, func(fd int) error {
		for {
			n, oobn, _, from, err := unix.Recvmsg(fd, b, oob, unix.MSG_DONTWAIT)
			if err != nil {
				return err
			}
			if accept(b[:n]) {
				x.hops(oob[:oobn])
				x.answer.From = x.s.dst.Addr()
				if a := addrPort(from).Addr(); a.IsValid() {
					x.answer.From = a.Unmap()
				}
				return nil
			}
		}
	})
}

// ICMP echo (RFC 792, RFC 4443): type, code, checksum, identifier, sequence.
const (
	echoLen      = 8
	echoRequest  = 8
	echoReply    = 0
	echo6Request = 128
	echo6Reply   = 129
	sequence     = 1 // one request for each socket
)

// Ping sends an ICMP echo request with data and waits for its reply.
func (s *Socket) Ping(ctx context.Context, data []byte, timeout time.Duration) (Answer, error) {
	return s.run(ctx, timeout, func(x *exchange) error {
		if err := x.connect(); err != nil {
			return err
		}
		request, want, id := byte(echoRequest), byte(echoReply), identifier()
		if !s.dst.Addr().Is4() {
			request, want = echo6Request, echo6Reply
		}
		if err := x.send(s.echo(request, id, data)); err != nil {
			return err
		}
		return x.receive(func(b []byte) bool {
			b = s.icmp(b)
			if len(b) < echoLen || b[0] != want || binary.BigEndian.Uint16(b[6:]) != sequence || !bytes.Equal(b[echoLen:], data) {
				return false
			}
			if s.raw && binary.BigEndian.Uint16(b[4:]) != id {
				return false // of another program: a raw socket hears all
			}
			x.answer.Data = bytes.Clone(b[echoLen:])
			return true
		})
	})
}

// identifier tells the replies of this process from others'. A ping socket
// puts its own in place of it.
func identifier() uint16 { return uint16(time.Now().UnixNano() >> 10) }

func (s *Socket) echo(typ byte, id uint16, data []byte) []byte {
	b := make([]byte, echoLen, echoLen+len(data))
	b[0] = typ
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], sequence)
	b = append(b, data...)
	if s.raw && s.dst.Addr().Is4() { // the kernel does it for the others
		binary.BigEndian.PutUint16(b[2:], checksum(b))
	}
	return b
}

// icmp leaves out the IP header, which raw sockets of IPv4 receive too.
func (s *Socket) icmp(b []byte) []byte {
	if !s.raw || !s.dst.Addr().Is4() || len(b) == 0 {
		return b
	}
	return b[min(len(b), int(b[0]&15)*4):]
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
