package sock_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

func TestDo(t *testing.T) {
	item := func(req []byte, b ...byte) []byte { return socktest.Reply(req, typeItem, b...) }
	multi := func(req []byte, b ...byte) []byte { return socktest.Multi(req, typeItem, b...) }
	for _, tt := range []struct {
		name    string
		answer  socktest.Answer
		opts    sock.CallOptions
		replies []string
		errno   unix.Errno
		tlvs    bool
	}{
		{name: "acknowledgement", answer: func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} }},
		{name: "refusal", errno: unix.EEXIST, answer: func(req []byte) [][]byte {
			return [][]byte{socktest.Error(req, unix.EEXIST)}
		}},
		{name: "refusal with a reason", errno: unix.EINVAL, tlvs: true, answer: func(req []byte) [][]byte {
			return [][]byte{socktest.Error(req, unix.EINVAL, socktest.Text("no"), socktest.Offset(20))}
		}},
		{name: "warning on success", tlvs: true, answer: func(req []byte) [][]byte {
			return [][]byte{socktest.Ack(req, socktest.Text("quantum is small"))}
		}},
		{name: "reply before acknowledgement", replies: []string{"a"}, answer: func(req []byte) [][]byte {
			return [][]byte{item(req, 'a'), socktest.Ack(req)}
		}},
		{name: "both in one datagram", replies: []string{"abc", "d"}, answer: func(req []byte) [][]byte {
			return [][]byte{socktest.Datagram(item(req, 'a', 'b', 'c'), item(req, 'd'), socktest.Ack(req))}
		}},
		{name: "several parts, end", replies: []string{"a", "b"}, answer: func(req []byte) [][]byte {
			return [][]byte{multi(req, 'a'), multi(req, 'b'), socktest.Done(req, 0)}
		}},
		{name: "several parts, acknowledgement", replies: []string{"a", "b"}, answer: func(req []byte) [][]byte {
			return [][]byte{multi(req, 'a'), multi(req, 'b'), socktest.Ack(req)}
		}},
		{name: "end with an error", replies: []string{"a"}, errno: unix.ENODEV, answer: func(req []byte) [][]byte {
			return [][]byte{multi(req, 'a'), socktest.Done(req, unix.ENODEV)}
		}},
		{name: "noop is skipped", replies: nil, answer: func(req []byte) [][]byte {
			return [][]byte{socktest.Reply(req, wire.TypeNoop), socktest.Ack(req)}
		}},
		{name: "no acknowledgement asked for", replies: []string{"a"}, opts: sock.CallOptions{NoAck: true},
			answer: func(req []byte) [][]byte { return [][]byte{item(req, 'a')} }},
		{name: "no acknowledgement, parts", replies: []string{"a", "b"}, opts: sock.CallOptions{NoAck: true},
			answer: func(req []byte) [][]byte {
				return [][]byte{multi(req, 'a'), multi(req, 'b'), socktest.Done(req, 0)}
			}},
		{name: "reply after acknowledgement", replies: []string{"a"}, opts: sock.CallOptions{ReplyAfterAck: true},
			answer: func(req []byte) [][]byte { return [][]byte{socktest.Ack(req), item(req, 'a')} }},
		{name: "refusal ends that too", errno: unix.EPERM, opts: sock.CallOptions{ReplyAfterAck: true},
			answer: func(req []byte) [][]byte { return [][]byte{socktest.Error(req, unix.EPERM)} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := socktest.New(t, tt.answer)
			out, err := c.DoWith(guarded(t), get(1, 2, 3), tt.opts)
			if tt.errno != 0 {
				wantIs(t, err, tt.errno)
				var kernel *sock.KernelError
				if !errors.As(err, &kernel) || kernel.Errno != tt.errno {
					t.Fatalf("got %v, want a KernelError", err)
				}
			} else {
				wantNil(t, err)
			}
			if out.State != sock.Answered || out.Errno != int(tt.errno) {
				t.Errorf("got %v, errno %d", out.State, out.Errno)
			}
			if (out.Ack.TLVs != nil) != tt.tlvs || out.Warned() != (tt.tlvs && tt.errno == 0) {
				t.Errorf("attributes %v, warned %v", out.Ack.TLVs, out.Warned())
			}
			wantReplies(t, out.Replies, tt.replies)
		})
	}
}

func wantReplies(t *testing.T, got [][]byte, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d replies, want %d", len(got), len(want))
	}
	for i, w := range want {
		if body := string(got[i][wire.HeaderLen:]); body != w {
			t.Errorf("reply %d: got %q, want %q", i, body, w)
		}
	}
}

func TestDoNumbersACopy(t *testing.T) {
	k := socktest.Start(t, sock.Options{}, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} })
	msg := get(1)
	before := bytes.Clone(msg)
	for range 2 {
		_, err := k.Conn.Do(guarded(t), msg)
		wantNil(t, err)
	}
	if !bytes.Equal(msg, before) {
		t.Error("the caller's message was changed")
	}
	for i, req := range k.Requests() {
		want := wire.Header{Len: 17, Type: typeGet, Flags: wire.FlagRequest | wire.FlagAck, Seq: uint32(i + 1)}
		if h := wire.ParseHeader(req); h != want {
			t.Errorf("got %+v, want %+v", h, want)
		}
	}
}

// Answers to something else do not end a request, and do not get lost in
// the count.
func TestDoIgnoresOthers(t *testing.T) {
	k := socktest.Start(t, sock.Options{Port: 7}, func(req []byte) [][]byte {
		other := socktest.Reply(req, typeItem, 'x')
		h := wire.ParseHeader(other)
		h.Seq += 5
		h.Put(other)
		port := socktest.Reply(req, typeItem, 'y')
		h = wire.ParseHeader(port)
		h.Port = 8
		h.Put(port)
		ours := socktest.Reply(req, typeItem, 'z')
		h = wire.ParseHeader(ours)
		h.Port = 7
		h.Put(ours)
		return [][]byte{other, port, socktest.Datagram(other, ours), socktest.Ack(req)}
	})
	out, err := k.Conn.Do(guarded(t), get())
	wantNil(t, err)
	wantReplies(t, out.Replies, []string{"z"})
	if n := k.Conn.Ignored(); n != 3 {
		t.Errorf("ignored %d, want 3", n)
	}
}

func TestDoMalformedReply(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(req []byte) []byte
		off    int
	}{
		{"less than a header", func(req []byte) []byte { return socktest.Ack(req)[:10] }, 0},
		{"header says more", func(req []byte) []byte { return socktest.Cut(socktest.Ack(req), 4) }, 0},
		{"length 0", func(req []byte) []byte { return make([]byte, 16) }, 0},
		{"length 15", func(req []byte) []byte { return append([]byte{15}, make([]byte, 15)...) }, 0},
		{"garbage behind a message", func(req []byte) []byte {
			return append(socktest.Reply(req, typeItem), 1, 2, 3, 4)
		}, 16},
		{"acknowledgement without code", func(req []byte) []byte { return socktest.Reply(req, wire.TypeError) }, 16},
		{"acknowledgement without header", func(req []byte) []byte {
			return socktest.Reply(req, wire.TypeError, 0, 0, 0, 0)
		}, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := true
			c := socktest.New(t, func(req []byte) [][]byte {
				if bad {
					bad = false
					return [][]byte{tt.answer(req)}
				}
				return [][]byte{socktest.Ack(req)}
			})
			_, err := c.Do(guarded(t), get())
			wantFormat(t, err, tt.off)
			_, err = c.Do(guarded(t), get()) // the Conn stays usable
			wantNil(t, err)
		})
	}
}

func TestDoMalformedRequest(t *testing.T) {
	c := socktest.New(t, nil)
	for name, req := range map[string][]byte{
		"nothing":    nil,
		"short":      make([]byte, 8),
		"length 0":   make([]byte, 16),
		"too long":   append([]byte{20}, make([]byte, 15)...),
		"two in one": append(get(), get()...),
	} {
		var f *wire.FormatError
		if _, err := c.Do(bg, req); !errors.As(err, &f) {
			t.Errorf("%s: got %v, want a FormatError", name, err)
		}
		if _, err := c.Transact(bg, [][]byte{get(), req}, sock.TransactOptions{}); !errors.As(err, &f) {
			t.Errorf("%s: got %v of Transact, want a FormatError", name, err)
		}
		if _, err := c.Dump(bg, req, sock.DumpOptions{}); !errors.As(err, &f) {
			t.Errorf("%s: got %v of Dump, want a FormatError", name, err)
		}
	}
	if c.Closed() {
		t.Error("closed")
	}
}

// An unpadded request is padded on the way, so that it can be followed.
func TestDoUnpadded(t *testing.T) {
	k := socktest.Start(t, sock.Options{}, func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} })
	_, err := k.Conn.Transact(guarded(t), [][]byte{get(1), get(2, 3)}, sock.TransactOptions{})
	wantNil(t, err)
	if n := len(k.Requests()); n != 2 || k.Datagrams() != 1 {
		t.Errorf("%d requests in %d datagrams", n, k.Datagrams())
	}
}

func TestDoTimeout(t *testing.T) {
	c := socktest.New(t, nil)
	out, err := c.DoWith(guarded(t), get(), sock.CallOptions{Timeout: 1})
	var timeout *sock.TimeoutError
	if !errors.As(err, &timeout) || !timeout.Timeout() || timeout.Op != "reply" || timeout.After != 1 {
		t.Fatalf("got %v, want a TimeoutError", err)
	}
	wantIs(t, err, os.ErrDeadlineExceeded)
	if out.State != sock.Lost || out.Err() != sock.ErrLost {
		t.Errorf("got %v, %v", out.State, out.Err())
	}
}

// The answer to a request that was given up does not answer the next.
func TestDoAfterTimeout(t *testing.T) {
	release, first := make(chan struct{}), true
	c := socktest.New(t, func(req []byte) [][]byte {
		if first {
			first = false
			<-release
			return [][]byte{socktest.Error(req, unix.EEXIST)}
		}
		return [][]byte{socktest.Ack(req)}
	})
	_, err := c.DoWith(guarded(t), get(), sock.CallOptions{Timeout: 1})
	wantIs(t, err, os.ErrDeadlineExceeded)
	close(release)
	_, err = c.Do(guarded(t), get())
	wantNil(t, err)
	if c.Ignored() != 1 {
		t.Errorf("ignored %d, want 1", c.Ignored())
	}
}

// A flood of what is not ours does not keep a call from ending.
func TestDoFlood(t *testing.T) {
	quit := make(chan struct{})
	self := make(chan *socktest.Kernel, 1)
	k := socktest.Start(t, sock.Options{}, func(req []byte) [][]byte {
		k := <-self
		for {
			select {
			case <-quit:
				return nil
			default:
				k.Push(socktest.Message(typeItem, 0))
			}
		}
	})
	self <- k
	t.Cleanup(func() { close(quit); k.Conn.Close() })
	_, err := k.Conn.DoWith(guarded(t), get(), sock.CallOptions{Timeout: 1})
	wantIs(t, err, os.ErrDeadlineExceeded)
	ctx, cancel := context.WithCancel(bg)
	cancel()
	_, err = k.Conn.Do(ctx, get())
	wantIs(t, err, context.Canceled)
}

func TestHangUp(t *testing.T) {
	k := socktest.Start(t, sock.Options{}, nil)
	k.HangUp()
	_, err := k.Conn.Do(guarded(t), get())
	wantIs(t, err, io.ErrUnexpectedEOF)
}

func TestKernelOverrunMessage(t *testing.T) {
	c := socktest.New(t, func(req []byte) [][]byte { return [][]byte{socktest.Reply(req, wire.TypeOverrun)} })
	_, err := c.Do(guarded(t), get())
	wantIs(t, err, unix.ENOBUFS)
}

// Late answers are waited for where the protocol has them.
func TestReplyAfterAckLate(t *testing.T) {
	asked := make(chan []byte, 1)
	k := socktest.Start(t, sock.Options{}, func(req []byte) [][]byte {
		asked <- req
		return [][]byte{socktest.Ack(req)}
	})
	go func() { k.Push(socktest.Reply(<-asked, typeItem, 'l')) }()
	out, err := k.Conn.DoWith(guarded(t), get(), sock.CallOptions{ReplyAfterAck: true})
	wantNil(t, err)
	wantReplies(t, out.Replies, []string{"l"})
}

// What a call returned is not changed by the next.
func TestRepliesAreKept(t *testing.T) {
	n := byte(0)
	c := socktest.New(t, func(req []byte) [][]byte {
		n++
		return [][]byte{socktest.Reply(req, typeItem, n), socktest.Ack(req, socktest.TLV(3, n))}
	})
	var outs []sock.Outcome
	for range 100 {
		out, err := c.Do(guarded(t), get())
		wantNil(t, err)
		outs = append(outs, out)
	}
	for i, out := range outs {
		if got := out.Replies[0][wire.HeaderLen]; got != byte(i+1) || out.Ack.TLVs[4] != byte(i+1) {
			t.Fatalf("reply %d is %d, attribute %d", i, got, out.Ack.TLVs[4])
		}
	}
}
