// Package capture writes netlink messages to files that other tools read.
//
//	w, err := capture.NewWriter(file)
//	err = w.Write(capture.Packet{Time: now, ToKernel: true, Proto: unix.NETLINK_ROUTE, Data: msg})
//
// It knows neither sockets nor schemas: a packet is bytes and what a header of
// the format has room for. Who sent it, and from which namespace, has none there and is lost.
package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// The format is that of pcap-savefile(5) with nanoseconds, in the byte order
// of this machine: readers take the order of the messages from it.
const (
	magic     = 0xa1b23c4d
	snapLen   = 1 << 24
	linkType  = 253 // LINKTYPE_NETLINK
	fileLen   = 24
	recordLen = 16
	cookedLen = 16 // in front of each packet, as nlmon(4) has it
)

// Values of the cooked header (net/netlink/af_netlink.c
// __netlink_deliver_tap_skb, linux/if_packet.h).
const (
	toUser        = 6 // PACKET_USER
	toKernel      = 7 // PACKET_KERNEL
	arphrdNetlink = 824
)

// Packet is one datagram.
type Packet struct {
	Time     time.Time
	ToKernel bool
	Proto    int // NETLINK_ROUTE ...
	Data     []byte
}

// Writer writes a pcap file.
type Writer struct {
	w   io.Writer
	buf []byte
}

// NewWriter begins a file.
func NewWriter(w io.Writer) (*Writer, error) {
	ne := binary.NativeEndian
	h := make([]byte, 0, fileLen)
	h = ne.AppendUint32(h, magic)
	h = ne.AppendUint16(h, 2) // version 2.4
	h = ne.AppendUint16(h, 4)
	h = append(h, make([]byte, 8)...) // time zone and accuracy: always 0
	h = ne.AppendUint32(h, snapLen)
	h = ne.AppendUint32(h, linkType)
	if _, err := w.Write(h); err != nil {
		return nil, err
	}
	return &Writer{w: w}, nil
}

// Write adds a packet, in one write.
func (w *Writer) Write(p Packet) error {
	if len(p.Data)+cookedLen > snapLen {
		return fmt.Errorf("pcap: got a packet of %d bytes, want at most %d", len(p.Data), snapLen-cookedLen)
	}
	ne, be := binary.NativeEndian, binary.BigEndian
	size := uint32(cookedLen + len(p.Data))
	b := ne.AppendUint32(w.buf[:0], uint32(p.Time.Unix()))
	b = ne.AppendUint32(b, uint32(p.Time.Nanosecond()))
	b = ne.AppendUint32(b, size)
	b = ne.AppendUint32(b, size)
	way := uint16(toUser)
	if p.ToKernel {
		way = toKernel
	}
	b = be.AppendUint16(b, way)
	b = be.AppendUint16(b, arphrdNetlink)
	b = append(b, make([]byte, 10)...) // no address
	b = be.AppendUint16(b, uint16(p.Proto))
	w.buf = append(b, p.Data...)
	_, err := w.w.Write(w.buf)
	return err
}
