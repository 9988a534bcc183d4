package session_test

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

func mustRaw(t *testing.T, reg *session.Registry, proto int) *session.RawSocket {
	t.Helper()
	s, err := reg.OpenRaw(proto, session.RawOptions{ExtAck: true, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// An exchange takes the answers with its number; what else comes is kept for Recv.
func TestExchange(t *testing.T) {
	ctx := context.Background()
	var answer atomic.Pointer[socktest.Answer] // the race detector does not see that a request comes after it
	s := mustRaw(t, kernel(t, func(req []byte) [][]byte { return (*answer.Load())(req) }), 0)
	stale := socktest.Message(77, 0, 1, 2, 3, 4)
	for _, c := range []struct {
		name   string
		flags  uint16
		answer socktest.Answer
		want   []uint16 // types of the answers
	}{
		{"one", wire.FlagRequest, func(req []byte) [][]byte { return [][]byte{socktest.Reply(req, 20)} }, []uint16{20}},
		{"one and an acknowledgement", wire.FlagRequest | wire.FlagAck, func(req []byte) [][]byte {
			return [][]byte{stale, socktest.Reply(req, 20), socktest.Ack(req)}
		}, []uint16{20, wire.TypeError}},
		{"several", wire.FlagRequest | wire.FlagDump, func(req []byte) [][]byte {
			return [][]byte{socktest.Multi(req, 20), stale, socktest.Multi(req, 21), socktest.Done(req, 0)}
		}, []uint16{20, 21, wire.TypeDone}},
		{"refusal", wire.FlagRequest, func(req []byte) [][]byte { return [][]byte{socktest.Error(req, syscall.EPERM)} }, []uint16{wire.TypeError}},
	} {
		answer.Store(&c.answer)
		req := socktest.Message(18, c.flags, make([]byte, 16)...)
		replies, err := s.Exchange(ctx, req, 0)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got []uint16
		for _, r := range replies {
			got = append(got, wire.ParseHeader(r.Bytes).Type)
		}
		if len(got) != len(c.want) || got[len(got)-1] != c.want[len(got)-1] {
			t.Errorf("%s: got types %v, want %v", c.name, got, c.want)
		}
		if wire.ParseHeader(req).Seq != 0 {
			t.Errorf("%s: the caller's message was changed", c.name)
		}
		kept, err := s.Check(req, replies)
		var refused *session.Error
		if c.name == "refusal" {
			if !errors.As(err, &refused) || refused.Errno != syscall.EPERM || refused.Request.Op.Key != "getlink" {
				t.Errorf("%s: got %v", c.name, err)
			}
		} else if err != nil || len(kept) != len(c.want)-len(c.want)/2 && c.name != "several" {
			t.Errorf("%s: kept %v, %v", c.name, kept, err)
		}
	}
	for range 2 {
		if m, err := s.Recv(ctx, 0); err != nil || wire.ParseHeader(m.Bytes).Type != 77 {
			t.Errorf("the stale ones: got % x, %v", m.Bytes, err)
		}
	}
}

func TestRawOfMissingProtocol(t *testing.T) {
	var missing *session.MissingError
	_, err := registry().OpenRaw(3, session.RawOptions{}) // firewall: gone since 3.5
	if !errors.As(err, &missing) || missing.Family != "firewall" {
		t.Errorf("got %v", err)
	}
}
