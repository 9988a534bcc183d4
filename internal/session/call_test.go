package session_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

// newlink is the type of messages about links.
const newlink = 16

func TestDo(t *testing.T) {
	for name, tt := range map[string]struct {
		answer socktest.Answer
		names  []string // of the messages
		warned string
		err    string
	}{
		"one reply": {func(req []byte) [][]byte {
			return [][]byte{socktest.Reply(req, newlink, link(1, "lo")...), socktest.Ack(req)}
		}, []string{`"lo"`}, "", ""},
		"several": {func(req []byte) [][]byte {
			return [][]byte{socktest.Datagram(socktest.Multi(req, newlink, link(1, "a")...), socktest.Multi(req, newlink, link(2, "b")...)), socktest.Done(req, 0)}
		}, []string{`"a"`, `"b"`}, "", ""},
		"acknowledged": {func(req []byte) [][]byte { return [][]byte{socktest.Ack(req)} }, nil, "", ""},
		"warned": {func(req []byte) [][]byte {
			return [][]byte{socktest.Ack(req, socktest.Text("quantum is small"))}
		}, nil, "quantum is small", ""},
		"refused": {func(req []byte) [][]byte { return [][]byte{socktest.Error(req, unix.ENODEV)} }, nil, "",
			"kernel says ENODEV (no such device)"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := do(t, fakeRoute(t, tt.answer), "getlink", m{"ifname": "lo"})
			if tt.err != "" {
				wantErr(t, err, tt.err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for i := range r.Msgs {
				names = append(names, text(t, &r.Msgs[i].Msg, "ifname"))
			}
			warned := ""
			for _, w := range r.Warnings {
				warned += w.Msg
			}
			if !slices.Equal(names, tt.names) || warned != tt.warned {
				t.Errorf("got %v, warnings %q", names, warned)
			}
		})
	}
}

// A reply has the schema that its type says, whatever was asked.
func TestReplyOfAnotherType(t *testing.T) {
	f := fakeRoute(t, func(req []byte) [][]byte {
		return [][]byte{
			socktest.Reply(req, 20, append([]byte{2, 24, 0, 0}, u32(1)...)...), socktest.Reply(req, 999, 1, 2), socktest.Ack(req),
		}
	})
	r := mustDo(t, f, "getlink", m{"ifname": "lo"})
	if len(r.Msgs) != 2 || r.Msgs[0].Op.Key != "newaddr_ntf" || text(t, &r.Msgs[0].Msg, "prefixlen") != "24" {
		t.Errorf("got %+v", r.Msgs)
	}
	if got := r.Msgs[1]; got.Type() != 999 || got.Op.Key != "getlink" {
		t.Errorf("type %d as %s, want what was asked for", got.Type(), got.Op.Key)
	}
}

func TestBatch(t *testing.T) {
	f := fakeRoute(t, func(req []byte) [][]byte {
		if slices.Contains(req, 'b') {
			return [][]byte{socktest.Error(req, unix.EEXIST, socktest.Text("there already"))}
		}
		if slices.Contains(req, 'c') {
			return [][]byte{socktest.Reply(req, newlink, link(3, "c")...), socktest.Ack(req, socktest.Text("mind"))}
		}
		return [][]byte{socktest.Ack(req)}
	})
	var reqs []*session.Request
	for _, name := range []string{"a", "b", "c"} {
		reqs = append(reqs, mustBuild(t, f, "newlink", session.Do, m{"ifname": name}, "create"))
	}
	got, err := f.Batch(context.Background(), reqs, session.CallOptions{})
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if got[0].Err != nil || len(got[0].Msgs) != 0 {
		t.Errorf("first: %+v", got[0])
	}
	wantErr(t, got[1].Err, `kernel says EEXIST "there already"`)
	var ke *session.Error
	if !errors.As(got[1].Err, &ke) || ke.Index != 1 || ke.Request != reqs[1] || ke.Op != "newlink" {
		t.Errorf("second: %+v", ke)
	}
	if got[2].Err != nil || len(got[2].Msgs) != 1 || len(got[2].Warnings) != 1 || got[2].Warnings[0].Msg != "mind" {
		t.Errorf("third: %+v", got[2])
	}
	if none, err := f.Batch(context.Background(), nil, session.CallOptions{}); err != nil || len(none) != 0 {
		t.Errorf("empty: %v, %v", none, err)
	}
}

// What is not known to be done is never reported as done.
func TestBatchCutShort(t *testing.T) {
	f := fakeRoute(t, nil)
	req := mustBuild(t, f, "newlink", session.Do, m{"ifname": "a"})
	got, err := f.Batch(context.Background(), []*session.Request{req}, session.CallOptions{Timeout: time.Millisecond})
	if !errors.Is(err, os.ErrDeadlineExceeded) || len(got) != 1 || !errors.Is(got[0].Err, sock.ErrLost) {
		t.Errorf("got %+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, err = f.Batch(ctx, []*session.Request{req}, session.CallOptions{})
	if !errors.Is(err, context.Canceled) || !errors.Is(got[0].Err, sock.ErrNotSent) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDump(t *testing.T) {
	f := fakeRoute(t, func(req []byte) [][]byte {
		return [][]byte{
			socktest.Datagram(socktest.Multi(req, newlink, link(1, "a")...), socktest.Multi(req, newlink, link(2, "b")...)),
			socktest.Done(req, 0, socktest.Text("there is more")),
		}
	})
	d, err := dump(t, f, "getlink", nil)
	if err != nil {
		t.Fatal(err)
	}
	second := d.Msg(1)
	if d.Len() != 2 || d.Op().Key != "getlink" || text(t, &second, "ifname") != `"b"` || text(t, &second, "index") != "2" {
		t.Errorf("got %d, %s", d.Len(), text(t, &second, "ifname"))
	}
	if m := d.Message(0); m.Type() != newlink || text(t, &m.Msg, "ifname") != `"a"` {
		t.Errorf("got %+v", m)
	}
	if !slices.Equal(d.Notes, []string{"there is more"}) {
		t.Errorf("notes %q", d.Notes)
	}
}

func TestDumpRefused(t *testing.T) {
	for name, answer := range map[string]socktest.Answer{
		"error": func(req []byte) [][]byte {
			return [][]byte{socktest.Error(req, unix.EOPNOTSUPP, socktest.Text("not here"))}
		},
		"done": func(req []byte) [][]byte {
			return [][]byte{socktest.Multi(req, newlink, link(1, "a")...), socktest.Done(req, unix.EOPNOTSUPP, socktest.Text("not here"))}
		},
	} {
		f := fakeRoute(t, answer)
		_, err := dump(t, f, "getlink", nil)
		wantErr(t, err, `kernel says EOPNOTSUPP "not here"`)
		s, err := f.Stream(context.Background(), mustBuild(t, f, "getlink", session.Dump, nil), false, session.CallOptions{})
		if err != nil {
			t.Fatal(name, err)
		}
		for s.Next(context.Background()) {
		}
		wantErr(t, s.Err(), `kernel says EOPNOTSUPP "not here"`)
		s.Close()
	}
}

// interrupted answers dumps, of which the first n say that data changed.
func interrupted(n int) socktest.Answer {
	asked := 0
	return func(req []byte) [][]byte {
		asked++
		msg := socktest.Multi(req, newlink, link(uint32(asked), "a")...)
		if asked <= n {
			socktest.Flag(msg, wire.FlagDumpIntr)
		}
		return [][]byte{msg, socktest.Done(req, 0)}
	}
}

func TestDumpInterrupted(t *testing.T) {
	d, err := dump(t, fakeRoute(t, interrupted(3)), "getlink", nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := d.Msg(0); d.Len() != 1 || text(t, &m, "index") != "4" || d.Attempts != 4 {
		t.Errorf("%d messages after %d attempts", d.Len(), d.Attempts)
	}
	_, err = dump(t, fakeRoute(t, interrupted(99)), "getlink", nil)
	var intr *sock.InterruptedError
	if !errors.As(err, &intr) || intr.Attempts != 5 || intr.Partial == nil || intr.Partial.Len() != 1 {
		t.Errorf("got %v: want what was received last", err)
	}
	f := fakeRoute(t, interrupted(99))
	s, err := f.Stream(context.Background(), mustBuild(t, f, "getlink", session.Dump, nil), true, session.CallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !s.Next(context.Background()) || s.Next(context.Background()) || !errors.As(s.Err(), &intr) {
		t.Errorf("stream: got %v", s.Err())
	}
}

func TestStream(t *testing.T) {
	for _, keep := range []bool{true, false} {
		f := fakeRoute(t, func(req []byte) [][]byte {
			return [][]byte{
				socktest.Multi(req, newlink, link(1, "a")...), socktest.Multi(req, newlink, link(2, "b")...), socktest.Done(req, 0),
			}
		})
		s, err := f.Stream(context.Background(), mustBuild(t, f, "getlink", session.Dump, nil), keep, session.CallOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for s.Next(context.Background()) {
			msg := s.Msg()
			names = append(names, text(t, &msg, "ifname"))
			if wire.ParseHeader(s.Raw()).Type != newlink {
				t.Error("not the whole message")
			}
		}
		if err := errors.Join(s.Err(), s.Close(), s.Close()); err != nil || strings.Join(names, " ") != `"a" "b"` {
			t.Errorf("keep %v: got %v, %v", keep, names, err)
		}
	}
}

// A stream that is left half way is no error, and its socket is not used again.
func TestStreamLeft(t *testing.T) {
	f := fakeRoute(t, func(req []byte) [][]byte {
		return [][]byte{socktest.Multi(req, newlink, link(1, "a")...), socktest.Done(req, 0)}
	})
	for range 2 {
		s, err := f.Stream(context.Background(), mustBuild(t, f, "getlink", session.Dump, nil), false, session.CallOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Next(context.Background()) {
			t.Error(s.Err())
		}
		if err := errors.Join(s.Close(), s.Err()); err != nil {
			t.Error(err)
		}
	}
	if d, err := dump(t, f, "getlink", nil); err != nil || d.Len() != 1 {
		t.Errorf("afterwards: %v", err)
	}
}

// Every call ends with its context and with its deadline.
func TestCallsEnd(t *testing.T) {
	f := fakeRoute(t, nil)
	get, all := mustBuild(t, f, "getlink", session.Do, nil), mustBuild(t, f, "getlink", session.Dump, nil)
	calls := map[string]func(context.Context, session.CallOptions) error{
		"do": func(ctx context.Context, o session.CallOptions) error { _, err := f.Do(ctx, get, o); return err },
		"dump": func(ctx context.Context, o session.CallOptions) error {
			_, err := f.Dump(ctx, all, o)
			return err
		},
		"stream": func(ctx context.Context, o session.CallOptions) error {
			s, err := f.Stream(ctx, all, true, o)
			if err != nil {
				return err
			}
			defer s.Close()
			if s.Next(ctx) {
				t.Error("a message from nowhere")
			}
			return s.Err()
		},
	}
	why := errors.New("somebody pressed a key")
	for name, call := range calls {
		err := call(context.Background(), session.CallOptions{Timeout: time.Millisecond})
		var timeout *sock.TimeoutError
		if !errors.As(err, &timeout) || timeout.After != time.Millisecond {
			t.Errorf("%s: got %v, want a timeout", name, err)
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		done := make(chan error)
		go func() { done <- call(ctx, session.CallOptions{Timeout: -1}) }()
		cancel(why)
		if err := <-done; !errors.Is(err, why) {
			t.Errorf("%s: got %v, want why it was cancelled", name, err)
		}
	}
}

// The timeout of a family is that of its calls.
func TestFamilyTimeout(t *testing.T) {
	f := mustOpen(t, kernel(t, nil), "route", session.Options{Timeout: time.Millisecond})
	_, err := do(t, f, "getlink", nil)
	wantErr(t, err, "no reply within 1ms")
	_, err = dump(t, f, "getlink", nil)
	wantErr(t, err, "no dump within 1ms")
}
