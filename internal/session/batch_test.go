package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

// As much of nftables as a transaction needs.
const bracketed = `
name: fence
protocol: netlink-raw
protonum: 12
definitions:
  - {name: nfgenmsg, type: struct, members: [{name: family, type: u8}, {name: version, type: u8}, {name: res-id, type: u16, byte-order: big-endian}]}
attribute-sets:
  - {name: table, attributes: [{name: name, type: string}]}
operations:
  enum-model: directional
  fixed-header: nfgenmsg
  list:
    - {name: begin, attribute-set: table, transaction: begin, do: {request: {value: 0x10}}}
    - {name: end, attribute-set: table, transaction: end, do: {request: {value: 0x11}}}
    - {name: newtable, attribute-set: table, do: {request: {value: 0xa00}}}
    - {name: gettable, attribute-set: table, do: {request: {value: 0xa01}, reply: {value: 0xa00}}, dump: {reply: {}}}
`

// names builds a request for each word: the brackets, or a table of that name.
func names(t *testing.T, f *session.Family, words ...string) []*session.Request {
	t.Helper()
	var reqs []*session.Request
	for _, w := range words {
		switch w {
		case "begin", "end":
			reqs = append(reqs, mustBuild(t, f, w, session.Do, m{"res-id": 10}))
		case "-":
			reqs = append(reqs, mustBuild(t, f, "newtable", session.Do, m{"family": 2}, "create"))
		default:
			reqs = append(reqs, mustBuild(t, f, "newtable", session.Do, m{"family": 2, "name": w}, "create"))
		}
	}
	return reqs
}

func mustBatch(t *testing.T, f *session.Family, words ...string) []session.Result {
	t.Helper()
	got, err := f.Batch(context.Background(), names(t, f, words...), session.CallOptions{})
	if err != nil || len(got) != len(words) {
		t.Fatalf("%v: got %d results, %v", words, len(got), err)
	}
	return got
}

// TestEventNames: an event goes by the request of its type where that looks as the event does, unless the spec calls it
// a notification.
func TestEventNames(t *testing.T) {
	const first = "  list:\n"
	for op, want := range map[string]string{
		"": "newtable",
		"    - {name: made-ntf, attribute-set: table, value: 0xa00, event: {}}\n":                    "made",
		"    - {name: odd, attribute-set: other, do: {request: {value: 0xa00}}}\n":                   "gettable",
		"    - {name: odd, attribute-set: table, fixed-header: h, do: {request: {value: 0xa00}}}\n":  "gettable",
		"    - {name: odd, attribute-set: table, payload: strings, do: {request: {value: 0xa00}}}\n": "gettable",
		"    - {name: even, attribute-set: table, do: {request: {value: 0xa00}}}\n":                  "even",
	} {
		text := strings.Replace(bracketed, first, first+op, 1)
		text = strings.Replace(text, "attribute-sets:\n", "  - {name: h, type: struct, members: [{name: x, type: u32}]}\nattribute-sets:\n  - {name: other, attributes: [{name: x, type: u8}]}\n", 1)
		r := registry()
		if _, err := r.Load([]byte(text+"mcast-groups: {list: [{name: mgmt, value: 7}]}\n"), "bracketed"); err != nil {
			t.Fatal(err)
		}
		f := mustOpen(t, r, "fence", session.Options{NetNS: netnstest.New(t), Groups: []string{"mgmt"}})
		mustBatch(t, f, "begin", "a", "end")
		if e, err := f.Event(context.Background(), time.Second); err != nil || e.Name() != want {
			t.Errorf("%s: got event %q, %v, want %q", op, e.Name(), err, want)
		}
	}
}

// fences opens the family on a kernel in a closure.
func fences(t *testing.T, answer func(req []byte) [][]byte) *session.Family {
	t.Helper()
	r := registry()
	if _, err := r.Load([]byte(bracketed), "bracketed"); err != nil {
		t.Fatal(err)
	}
	if answer != nil {
		r.Dial = func(o sock.Options) (*sock.Conn, error) { return socktest.Start(t, o, answer).Conn, nil }
	}
	return mustOpen(t, r, "fence", session.Options{NetNS: netnstest.New(t)})
}

// wantUndone holds results against what was refused.
func wantUndone(t *testing.T, got []session.Result, refused ...int) {
	t.Helper()
	for i := range got {
		var ke *session.Error
		var undone *session.UndoneError
		switch err := got[i].Err; {
		case slices.Contains(refused, i):
			if !errors.As(err, &ke) || ke.Index != i {
				t.Errorf("%d: got %v, want a refusal", i, err)
			}
		case !errors.As(err, &undone) || undone.Index != i || undone.Cause != refused[0]:
			t.Errorf("%d: got %v, want it undone because of %d", i, err, refused[0])
		}
	}
}

// The brackets stay without NLM_F_ACK, what is inside has it, and all comes in one datagram.
func TestTransaction(t *testing.T) {
	acks := make(chan bool, 16) // more than there are messages
	f := fences(t, func(req []byte) [][]byte {
		h := wire.ParseHeader(req)
		acks <- h.Flags&wire.FlagAck != 0
		switch {
		case h.Flags&wire.FlagAck == 0:
			return nil
		case slices.Contains(req, 'b'):
			return [][]byte{socktest.Error(req, unix.EEXIST)}
		}
		return [][]byte{socktest.Ack(req)}
	})
	for _, r := range mustBatch(t, f, "begin", "a", "c", "end") {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	asked := []bool{<-acks, <-acks, <-acks, <-acks}
	if !slices.Equal(asked, []bool{false, true, true, false}) {
		t.Errorf("asked for acknowledgements: %v", asked)
	}
	got := mustBatch(t, f, "begin", "a", "b", "c", "b", "end")
	wantUndone(t, got, 2, 4)
	wantErr(t, got[0].Err, "not done, because messages[2] of the transaction was refused")
}

// One that is refused as a whole is answered for its begin.
func TestTransactionRefused(t *testing.T) {
	f := fences(t, func(req []byte) [][]byte {
		if wire.ParseHeader(req).Type == 0x10 {
			return [][]byte{socktest.Error(req, unix.EPERM)}
		}
		return nil
	})
	wantUndone(t, mustBatch(t, f, "begin", "a", "end"), 0)
}

// A bracket in the wrong place is refused before anything is sent.
func TestTransactionBrackets(t *testing.T) {
	f := fences(t, func(req []byte) [][]byte {
		t.Error("something was sent")
		return nil
	})
	const hint = " (a transaction is one batch, from its begin to its end)"
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"begin"}, "messages[0]: got begin, want the end of the transaction"},
		{[]string{"begin", "a"}, "messages[1]: got newtable, want the end of the transaction"},
		{[]string{"a", "end"}, "messages[0]: got newtable, want the begin of the transaction"},
		{[]string{"begin", "begin", "end"}, "messages[1]: got begin, want an operation inside of the transaction"},
		{[]string{"begin", "a", "end", "b", "end"}, "messages[2]: got end, want an operation inside of the transaction"},
	} {
		_, err := f.Batch(context.Background(), names(t, f, c.words...), session.CallOptions{})
		wantErr(t, err, c.want+hint)
	}
}

// The kernel carries out all of it, or nothing; also where it is larger than a send buffer.
func TestLiveTransaction(t *testing.T) {
	f := fences(t, nil)
	if got := mustBatch(t, f, "begin", "end"); errors.Is(got[0].Err, unix.EOPNOTSUPP) {
		t.Skip("transactions: this kernel was built without CONFIG_NF_TABLES")
	}
	wantUndone(t, mustBatch(t, f, "begin", "a", "-", "b", "end"), 2)
	d, err := dump(t, f, "gettable", m{})
	if err != nil || d.Len() != 0 {
		t.Errorf("after a refusal: %d tables, %v", d.Len(), err)
	}
	words := []string{"begin"}
	for range 6000 {
		words = append(words, "a")
	}
	for i, r := range mustBatch(t, f, append(words, "end")...) {
		if r.Err != nil {
			t.Fatal(i, r.Err)
		}
	}
	if d, err = dump(t, f, "gettable", m{}); err != nil || d.Len() != 1 {
		t.Errorf("got %d tables, %v", d.Len(), err)
	}
	words[5000] = "-"
	wantUndone(t, mustBatch(t, f, append(words, "end")...), 5000)
}
