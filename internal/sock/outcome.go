package sock

import (
	"fmt"
	"syscall"
	"time"

	"github.com/nlsh/nlsh/internal/wire"
)

// State says what is known of a request.
type State uint8

// The states of a request. The zero value is not success.
const (
	NotSent  State = iota // an earlier failure kept it from being sent
	Lost                  // sent; the answer was dropped or did not come
	Answered              // an acknowledgement, an error or a reply came for it
	Implied               // success: no error came, and the acknowledgement of a later one did
)

var stateNames = [...]string{"not sent", "lost", "answered", "implied"}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Outcome is what became of one request.
type Outcome struct {
	State   State
	Errno   int      // positive; 0 unless the kernel refused
	Ack     wire.Ack // the acknowledgement or error, with its attributes: there may be warnings on success
	Replies [][]byte // messages that came in answer, headers included
	Seq     uint32   // what the request was sent with
}

// Err is a *KernelError if the kernel refused the request, ErrLost or
// ErrNotSent if it is not known to be carried out, and nil on success.
func (o *Outcome) Err() error {
	switch {
	case o.State == NotSent:
		return ErrNotSent
	case o.State == Lost:
		return ErrLost
	case o.Errno != 0:
		return &KernelError{Errno: syscall.Errno(o.Errno), Ack: o.Ack}
	}
	return nil
}

// Warned reports whether the acknowledgement carries attributes though the
// request succeeded.
func (o *Outcome) Warned() bool { return o.Errno == 0 && len(o.Ack.TLVs) > 0 }

// CallOptions refine one request.
type CallOptions struct {
	Timeout time.Duration // 0 is the Conn's, negative waits for ever

	// NoAck sends the request without NLM_F_ACK, for peers that know none: it
	// ends with the first reply that is not one of several, or their end.
	NoAck bool

	// ReplyAfterAck waits for a reply beyond the acknowledgement, for
	// protocols that send it later (audit does, from a thread of its own).
	ReplyAfterAck bool
}

// set takes an acknowledgement into the outcome, copied.
func (o *Outcome) set(c *Conn, ack wire.Ack) {
	o.State, o.Errno = Answered, ack.Errno
	o.Ack = c.keepAck(ack)
}

// keepAck copies what an acknowledgement refers to. The echo of a request
// that succeeded is its header, which nobody needs: it is dropped.
func (c *Conn) keepAck(ack wire.Ack) wire.Ack {
	switch {
	case ack.Errno == 0 || ack.Echo == nil:
		ack.Echo = nil
	default:
		ack.Echo = c.kept.clone(ack.Echo)
	}
	if ack.TLVs != nil {
		ack.TLVs = c.kept.clone(ack.TLVs)
	}
	return ack
}
