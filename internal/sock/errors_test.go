package sock_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/sock"
	"golang.org/x/sys/unix"
)

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		text string
		is   error
	}{
		{&sock.OpError{Op: "open", Proto: 99, Err: unix.EPROTONOSUPPORT}, "open: netlink protocol 99: protocol not supported", unix.EPROTONOSUPPORT},
		{&sock.OpError{Op: "send", Proto: -1, Err: unix.EPIPE}, "send: broken pipe", unix.EPIPE},
		{&sock.KernelError{Errno: unix.EEXIST}, "kernel says EEXIST", unix.EEXIST},
		{&sock.KernelError{Errno: 524}, "kernel says errno 524", unix.Errno(524)},
		{&sock.TimeoutError{Op: "dump", After: 5 * time.Second}, "no dump within 5s", os.ErrDeadlineExceeded},
		{&sock.TruncatedError{Len: 9, Room: 8}, "datagram of 9 bytes lost, room for 8 (the buffer has grown, ask again)", nil},
		{&sock.OverrunError{Lost: 3}, "receive buffer overrun, 3 datagrams lost", unix.ENOBUFS},
		{&sock.OverrunError{}, "receive buffer overrun, an unknown number of datagrams lost", unix.ENOBUFS},
		{&sock.InterruptedError{Attempts: 1}, "dump is inconsistent: the data changed while it was read, tried once", unix.EINTR},
		{&sock.InterruptedError{Attempts: 5}, "dump is inconsistent: the data changed while it was read, tried 5 times", unix.EINTR},
		{sock.ErrBusy, "a dump is running on the socket", unix.EBUSY},
	} {
		if tt.err.Error() != tt.text {
			t.Errorf("got %q, want %q", tt.err, tt.text)
		}
		if tt.is != nil && !errors.Is(tt.err, tt.is) {
			t.Errorf("%q is not %v", tt.err, tt.is)
		}
	}
}

func TestState(t *testing.T) {
	for s, want := range map[sock.State]string{
		sock.NotSent: "not sent", sock.Lost: "lost", sock.Answered: "answered", sock.Implied: "implied", 9: "state 9",
	} {
		if s.String() != want {
			t.Errorf("got %q, want %q", s, want)
		}
	}
	var zero sock.Outcome
	if zero.Err() != sock.ErrNotSent {
		t.Error("the zero outcome is not a success")
	}
}
