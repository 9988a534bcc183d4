package sock_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// numbered builds n messages that carry their numbers.
func numbered(n int, flags uint16) [][]byte {
	msgs := make([][]byte, n)
	for i := range msgs {
		msgs[i] = socktest.Message(typeGet, flags, binary.NativeEndian.AppendUint32(nil, uint32(i))...)
	}
	return msgs
}

func number(req []byte) int { return int(binary.NativeEndian.Uint32(req[wire.HeaderLen:])) }

func asked(req []byte) bool { return wire.ParseHeader(req).Flags&wire.FlagAck != 0 }

// likeKernel refuses every tenth, and acknowledges what asks for it.
func likeKernel(req []byte) [][]byte {
	switch {
	case number(req)%10 == 9:
		return [][]byte{socktest.Error(req, unix.EEXIST)}
	case asked(req):
		return [][]byte{socktest.Ack(req)}
	}
	return nil
}

func TestTransact(t *testing.T) {
	for _, tt := range []struct {
		name  string
		n     int
		opts  sock.TransactOptions
		sends int
		acks  int // how many asked for one
		state sock.State
	}{
		{name: "none"},
		{name: "one", n: 1, sends: 1, acks: 1, state: sock.Answered},
		{name: "few", n: 64, sends: 1, acks: 64, state: sock.Answered},
		{name: "many", n: 1000, sends: 5, acks: 5, state: sock.Implied}, // 208 each, as 208 KiB have room for
		{name: "each", n: 300, opts: sock.TransactOptions{Ack: sock.AckEach}, sends: 2, acks: 300, state: sock.Answered},
		{name: "last", n: 20, opts: sock.TransactOptions{Ack: sock.AckLast}, sends: 1, acks: 1, state: sock.Implied},
		{name: "window", n: 100, opts: sock.TransactOptions{Window: 7, Ack: sock.AckLast}, sends: 15, acks: 15, state: sock.Implied},
		{name: "single", n: 300, opts: sock.TransactOptions{Single: true, Ack: sock.AckLast}, sends: 1, acks: 1, state: sock.Implied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := socktest.Start(t, sock.Options{}, likeKernel)
			wantNil(t, k.Conn.SetRecvBuf(212992/2)) // what the rule is written for, wherever we are
			outs, err := k.Conn.Transact(guarded(t), numbered(tt.n, 0), tt.opts)
			wantNil(t, err)
			if len(outs) != tt.n {
				t.Fatalf("got %d outcomes, want %d", len(outs), tt.n)
			}
			for i := range outs {
				refused := i%10 == 9
				if errors.Is(outs[i].Err(), unix.EEXIST) != refused || (outs[i].Err() != nil) != refused {
					t.Fatalf("message %d: %v", i, outs[i].Err())
				}
				if s := outs[i].State; s != sock.Answered && s != tt.state {
					t.Fatalf("message %d: %v", i, s)
				}
			}
			acks := 0
			for i, req := range k.Requests() {
				if asked(req) {
					acks++
				}
				if number(req) != i {
					t.Fatalf("message %d was sent as number %d", number(req), i)
				}
			}
			if k.Datagrams() != tt.sends || acks != tt.acks {
				t.Errorf("%d sends, %d acknowledgements asked for, want %d and %d", k.Datagrams(), acks, tt.sends, tt.acks)
			}
		})
	}
}

func TestTransactReplies(t *testing.T) {
	c := socktest.New(t, func(req []byte) [][]byte {
		reply := socktest.Reply(req, typeItem, byte('a'+number(req)))
		return append([][]byte{reply}, socktest.Ack(req, socktest.Text("warning")))
	})
	outs, err := c.Transact(guarded(t), numbered(20, wire.FlagEcho), sock.TransactOptions{})
	wantNil(t, err)
	for i := range outs {
		wantReplies(t, outs[i].Replies, []string{string(rune('a' + i))})
		if !outs[i].Warned() {
			t.Errorf("message %d: the warning is lost", i)
		}
	}
}

// The caller's flags are the caller's, but for NLM_F_REQUEST, without which the
// kernel says nothing and does nothing, and those of the ack mode.
func TestTransactFlags(t *testing.T) {
	for mode, want := range map[sock.AckMode][]uint16{
		sock.AckEach:   {5, 5 | wire.FlagCreate, 5},
		sock.AckLast:   {1, 1 | wire.FlagCreate, 5},
		sock.AckCaller: {1, 1 | wire.FlagCreate, 5},
	} {
		k := socktest.Start(t, sock.Options{}, likeKernel)
		msgs := numbered(3, 0)
		socktest.Flag(msgs[1], wire.FlagCreate)
		if mode == sock.AckCaller {
			socktest.Flag(msgs[2], wire.FlagAck)
		}
		_, err := k.Conn.Transact(guarded(t), msgs, sock.TransactOptions{Ack: mode})
		wantNil(t, err)
		for i, req := range k.Requests() {
			if got := wire.ParseHeader(req).Flags; got != want[i] {
				t.Errorf("mode %d, message %d: flags %#x, want %#x", mode, i, got, want[i])
			}
		}
	}
}

func TestTransactBuffer(t *testing.T) {
	c := socktest.New(t, likeKernel)
	outs, err := c.TransactBuffer(guarded(t), socktest.Datagram(numbered(20, 0)...), sock.TransactOptions{})
	wantNil(t, err)
	if len(outs) != 20 || outs[9].Errno != int(unix.EEXIST) {
		t.Errorf("got %d outcomes", len(outs))
	}
	_, err = c.TransactBuffer(bg, append(get(), 1, 2), sock.TransactOptions{})
	wantFormat(t, err, 16)
}

// An acknowledgement that is missing among others is not success.
func TestTransactMissing(t *testing.T) {
	c := socktest.New(t, func(req []byte) [][]byte {
		if number(req) == 3 {
			return nil
		}
		return [][]byte{socktest.Ack(req)}
	})
	outs, err := c.Transact(guarded(t), numbered(6, 0), sock.TransactOptions{})
	wantNil(t, err)
	for i := range outs {
		if lost := errors.Is(outs[i].Err(), sock.ErrLost); lost != (i == 3) {
			t.Errorf("message %d: %v", i, outs[i].Err())
		}
	}
}

// Silence in the second chunk: the first is known, the second lost, the third not sent.
func TestTransactTimeout(t *testing.T) {
	c := socktest.New(t, func(req []byte) [][]byte {
		if number(req) >= 10 {
			return nil
		}
		return [][]byte{socktest.Ack(req)}
	})
	c.SetTimeout(1)
	opts := sock.TransactOptions{Window: 10}
	var outs []sock.Outcome
	for { // the first chunk has to make it within the timeout, which no clock can promise
		var err error
		outs, err = c.Transact(guarded(t), numbered(30, 0), opts)
		wantIs(t, err, os.ErrDeadlineExceeded)
		if outs[10].State != sock.NotSent {
			break
		}
		opts.Timeout = max(opts.Timeout, 1e6) * 2
	}
	for i, want := range map[int]error{0: nil, 9: nil, 10: sock.ErrLost, 19: sock.ErrLost, 20: sock.ErrNotSent, 29: sock.ErrNotSent} {
		if err := outs[i].Err(); err != want {
			t.Errorf("message %d: got %v, want %v", i, err, want)
		}
	}
}

func TestTransactCancelled(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(guarded(t))
	k := socktest.Start(t, sock.Options{}, func(req []byte) [][]byte {
		if number(req) == 5 {
			cancel(why)
		}
		return [][]byte{socktest.Ack(req)}
	})
	outs, err := k.Conn.Transact(ctx, numbered(30, 0), sock.TransactOptions{Window: 10, Timeout: -1})
	wantIs(t, err, why)
	if outs[29].Err() != sock.ErrNotSent || k.Conn.Closed() {
		t.Errorf("last is %v", outs[29].Err())
	}
	_, err = k.Conn.Do(guarded(t), numbered(1, 0)[0]) // usable, in spite of answers left
	wantNil(t, err)
}

// Inside of brackets all are acknowledged, or the last where there are many;
// the brackets never.
func TestTransactInside(t *testing.T) {
	for _, c := range []struct{ n, acks, first int }{{2, 0, 0}, {3, 1, 1}, {64, 62, 1}, {65, 1, 63}} {
		answered := make(chan int, c.n)
		c1 := socktest.New(t, func(req []byte) [][]byte {
			if !asked(req) {
				return nil
			}
			answered <- number(req)
			return [][]byte{socktest.Ack(req)}
		})
		outs, err := c1.Transact(guarded(t), numbered(c.n, 0), sock.TransactOptions{Single: true, Ack: sock.AckInside})
		wantNil(t, err)
		// An answer follows its number, so those that Transact waited for are there.
		if len(answered) != c.acks {
			t.Errorf("%d: acknowledged %d, want %d", c.n, len(answered), c.acks)
		} else if c.acks > 0 {
			if first := <-answered; first != c.first {
				t.Errorf("%d: the first acknowledged is %d, want %d", c.n, first, c.first)
			}
		}
		for i := range outs {
			wantNil(t, outs[i].Err())
		}
	}
}

// A batch that is refused as a whole is answered for its first message only,
// though another was to be acknowledged.
func TestTransactSingleRefused(t *testing.T) {
	c := socktest.New(t, func(req []byte) [][]byte {
		if number(req) == 0 {
			return [][]byte{socktest.Error(req, unix.EPERM)}
		}
		return nil
	})
	outs, err := c.Transact(guarded(t), numbered(3, wire.FlagAck), sock.TransactOptions{Single: true})
	wantNil(t, err)
	for i, want := range []error{unix.EPERM, sock.ErrNotSent, sock.ErrNotSent} {
		wantIs(t, outs[i].Err(), want)
	}
}

func TestTransactMalformedReply(t *testing.T) {
	c := socktest.New(t, func(req []byte) [][]byte {
		if number(req) == 1 {
			return [][]byte{socktest.Cut(socktest.Ack(req), 1)}
		}
		return [][]byte{socktest.Ack(req)}
	})
	outs, err := c.Transact(guarded(t), numbered(3, 0), sock.TransactOptions{})
	wantFormat(t, err, 0)
	if outs[0].Err() != nil || outs[1].Err() != sock.ErrLost {
		t.Errorf("got %v, %v", outs[0].Err(), outs[1].Err())
	}
}

func TestSequenceWraps(t *testing.T) {
	k := socktest.Start(t, sock.Options{}, likeKernel)
	sock.SetSeq(k.Conn, 1<<32-5)
	for range 5 {
		outs, err := k.Conn.Transact(guarded(t), numbered(3, 0), sock.TransactOptions{})
		wantNil(t, err)
		for i := range outs {
			wantNil(t, outs[i].Err())
		}
	}
	for _, req := range k.Requests() {
		if wire.ParseHeader(req).Seq == 0 {
			t.Error("sequence 0 is that of events")
		}
	}
}
