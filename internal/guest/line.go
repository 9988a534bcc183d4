package guest

import (
	"errors"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A guest of QEMU has one line to the host beside its console, a serial port: every kernel for PCs has a driver for that built in, and PCs have two.
// What goes through it are frames. Those from the guest begin with a byte that says what they are; those to it are bytes of its input. A serial port
// has no way to say that it cannot take more (QEMU does not look at RTS), and what the guest has not read in time is lost. So
// the host sends so much that every terminal holds it, and then waits until the guest says that it has it.
const (
	frameOut    = 'o'
	frameErr    = 'e'
	frameStatus = 's'
	frameTaken  = 't' // a frame from the host has been read

	maxPacket = 2048 // to the guest; the buffer of a terminal has 4096
)

// channel writes frames of a kind to a line that several share.
type channel struct {
	line *guestLine
	kind byte
}

// Write implements io.Writer.
func (c channel) Write(b []byte) (n int, err error) {
	for n < len(b) {
		part := b[n:min(len(b), n+maxPacket)]
		if err := c.line.send(c.kind, part); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

// guestLine is the guest's end of the line.
type guestLine struct {
	f    io.ReadWriter
	mu   sync.Mutex
	rest []byte // read, and not yet asked for
}

func (l *guestLine) send(kind byte, b []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return writeFrame(l.f, append([]byte{kind}, b...))
}

// Read implements io.Reader, for what the host sends.
func (l *guestLine) Read(b []byte) (int, error) {
	if len(l.rest) == 0 {
		packet, err := readFrame(l.f)
		if err != nil {
			return 0, err
		}
		if err := l.send(frameTaken, nil); err != nil {
			return 0, err
		}
		l.rest = packet
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// exchange is the host's end of the line, between the guest and the pipes that are a guest's: what comes from in goes to the guest, and what
// comes from that to where it belongs. It closes these when the line ends.
type exchange struct {
	line              *os.File
	in                *os.File
	out, errs, status *os.File
	taken             chan struct{}
}

// start copies in the background. It calls over if the guest says what nobody understands.
func (x *exchange) start(over func()) {
	x.taken = make(chan struct{}, 1)
	go x.feed()
	go x.sort(over)
}

// feed sends what there is to send.
func (x *exchange) feed() {
	b := make([]byte, maxPacket)
	for {
		n, err := x.in.Read(b)
		if err != nil || writeFrame(x.line, b[:n]) != nil {
			return // there is no more, or the guest has ended
		}
		if _, ok := <-x.taken; !ok {
			return
		}
	}
}

// sort hands on what comes.
func (x *exchange) sort(over func()) {
	defer close(x.taken)
	if err := x.receive(); err != io.EOF {
		_, _ = x.status.WriteString("the line to the guest: " + err.Error() + "\n")
		over()
	}
	for _, f := range []*os.File{x.line, x.in, x.out, x.errs, x.status} {
		_ = f.Close()
	}
}

// receive returns how the line ended.
func (x *exchange) receive() error {
	for {
		frame, err := readFrame(x.line)
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, unix.ECONNRESET) {
			err = io.EOF // the guest was ended while it wrote
		}
		if err != nil {
			return err
		}
		var to *os.File
		switch frame[0] {
		case frameTaken:
			select {
			case x.taken <- struct{}{}:
			default: // that was for nothing that was sent
			}
			continue
		case frameOut:
			to = x.out
		case frameErr:
			to = x.errs
		case frameStatus:
			to = x.status
		default:
			return errors.New("out of step")
		}
		// Who does not listen any more does not keep the others from it.
		_, _ = to.Write(frame[1:])
	}
}

// linePair is a line: the host's end, and the one for QEMU.
func linePair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	// So Go waits for it without a thread, and closing it ends a read.
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, errors.Join(err, unix.Close(fds[0]), unix.Close(fds[1]))
	}
	return os.NewFile(uintptr(fds[0]), "line"), os.NewFile(uintptr(fds[1]), "line"), nil
}
