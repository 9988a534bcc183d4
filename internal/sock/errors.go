package sock

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// Sentinels; test with errors.Is.
var (
	// ErrClosed says that the Conn was closed, by its owner or because a dump
	// on it was abandoned.
	ErrClosed = errors.New("socket is closed")

	// ErrLost is the outcome of a request that was sent and whose answer the
	// kernel dropped, or that was not answered in time. It may have succeeded.
	ErrLost = errors.New("answer lost (it may have been carried out)")

	// ErrNotSent is the outcome of a request that an earlier failure kept
	// from being sent.
	ErrNotSent = errors.New("not sent")

	// ErrBusy says that a cursor is open on the Conn. It is EBUSY, as the
	// kernel answers a second dump.
	ErrBusy error = busyError{}
)

type busyError struct{}

func (busyError) Error() string        { return "a dump is running on the socket" }
func (busyError) Is(target error) bool { return target == unix.EBUSY }

// errOverrun is ENOBUFS from receiving: the kernel dropped something.
// errDrained is "nothing there" where the caller asked not to wait.
var (
	errOverrun = errors.New("receive buffer overrun")
	errDrained = errors.New("nothing to receive")
)

// OpError is a system call that failed.
type OpError struct {
	Op    string // open, bind, join group 36, send, receive ...
	Proto int    // the netlink protocol, -1 where the socket is a stand-in
	Err   error
}

func (e *OpError) Error() string {
	if e.Proto < 0 {
		return e.Op + ": " + e.Err.Error()
	}
	return fmt.Sprintf("%s: netlink protocol %d: %v", e.Op, e.Proto, e.Err)
}

func (e *OpError) Unwrap() error { return e.Err }

// KernelError is a request that the kernel refused. errors.Is sees the errno.
type KernelError struct {
	Errno syscall.Errno
	Ack   wire.Ack // with the extended acknowledgement, if any
}

func (e *KernelError) Error() string { return "kernel says " + errnoName(e.Errno) }

func (e *KernelError) Unwrap() error { return e.Errno }

func errnoName(e syscall.Errno) string {
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return fmt.Sprintf("errno %d", int(e))
}

// TimeoutError says what was waited for, and for how long.
type TimeoutError struct {
	Op    string // what was waited for: "reply", "dump", "event", "send"
	After time.Duration
}

func (e *TimeoutError) Error() string { return fmt.Sprintf("no %s within %v", e.Op, e.After) }

// Timeout is true.
func (e *TimeoutError) Timeout() bool { return true }

// Is makes a TimeoutError an os.ErrDeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// TruncatedError is a datagram that was larger than the whole receive buffer
// and is lost but for nothing: its remains are not handed out. The buffer has
// grown, so asking again works.
type TruncatedError struct{ Len, Room int }

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("datagram of %d bytes lost, room for %d (the buffer has grown, ask again)", e.Len, e.Room)
}

// OverrunError is a gap: the kernel dropped datagrams that the receive buffer
// had no room for.
type OverrunError struct {
	Lost uint64 // as SO_MEMINFO counted; 0 is unknown
}

func (e *OverrunError) Error() string {
	if e.Lost == 0 {
		return "receive buffer overrun, an unknown number of datagrams lost"
	}
	return fmt.Sprintf("receive buffer overrun, %d datagrams lost", e.Lost)
}

// Is makes an OverrunError an ENOBUFS.
func (e *OverrunError) Is(target error) bool { return target == unix.ENOBUFS }

// InterruptedError is a dump during which the data changed, as the kernel
// said each time it was tried: entries may be missing or there twice.
type InterruptedError struct {
	Attempts int
	Partial  *Dump // the last attempt; nil for a stream, which handed it out
}

func (e *InterruptedError) Error() string {
	times := "once"
	if e.Attempts > 1 {
		times = fmt.Sprintf("%d times", e.Attempts)
	}
	return strings.Join([]string{"dump is inconsistent: the data changed while it was read, tried", times}, " ")
}

// Is makes an InterruptedError an EINTR.
func (e *InterruptedError) Is(target error) bool { return target == unix.EINTR }
