package sock

import (
	"context"
	"errors"
	"testing"

	"github.com/nlsh/nlsh/internal/wire"
	"golang.org/x/sys/unix"
)

// FuzzReplies answers requests and dumps with any bytes at all. Whatever they
// are, the call ends, nothing panics, and what comes out is well formed. The
// seed numbers of the requests are 1 to 3.
func FuzzReplies(f *testing.F) {
	head := func(n uint32, typ, flags uint16, seq uint32, body ...byte) []byte {
		b := make([]byte, wire.HeaderLen)
		wire.Header{Len: n, Type: typ, Flags: flags, Seq: seq}.Put(b)
		return append(b, body...)
	}
	f.Add([]byte{})
	f.Add(head(20, wire.TypeDone, wire.FlagMulti, 1, 0, 0, 0, 0))
	f.Add(head(36, wire.TypeError, wire.FlagCapped, 2, append([]byte{0xef, 0xff, 0xff, 0xff}, head(16, 0x20, 5, 2)...)...))
	f.Add(append(head(20, 0x21, wire.FlagMulti|wire.FlagDumpIntr, 3, 1, 2, 3, 4), head(16, wire.TypeDone, 2, 3)...))
	f.Add(head(1<<31, 0x21, 0, 1))
	f.Add(head(19, wire.TypeError, wire.FlagAckTLVs, 1, 0, 0, 0))
	f.Add(head(16, wire.TypeOverrun, 0, 1))
	req := head(16, 0x20, 0, 0)
	f.Fuzz(func(t *testing.T, reply []byte) {
		if len(reply) == 0 || len(reply) > 100<<10 {
			return
		}
		c, peer := pipe(t)
		defer unix.Close(peer)
		c.SetTimeout(1)
		for range 3 {
			if _, err := unix.Write(peer, reply); err != nil {
				t.Skip(err)
			}
		}
		ctx := context.Background()
		out, err := c.Do(ctx, req)
		if err == nil && out.State != Answered {
			t.Errorf("success without an answer: %+v", out)
		}
		for _, m := range out.Replies {
			checkMessage(t, m)
		}
		if _, err := c.Transact(ctx, [][]byte{req}, TransactOptions{}); err != nil && errors.Is(err, ErrClosed) {
			t.Errorf("closed by a request: %v", err)
		}
		d, _ := c.Dump(ctx, req, DumpOptions{Attempts: 1})
		if d == nil {
			return
		}
		for _, m := range d.All() {
			checkMessage(t, m)
		}
	})
}

func checkMessage(t *testing.T, m []byte) {
	if it := wire.WalkMessages(m); !it.Next() || len(it.Message()) != len(m) {
		t.Errorf("handed out %d bytes that are no message: %v", len(m), it.Err())
	}
}
