package session_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

// A dump that was interrupted is asked for again, and only what came then says whether it is of the family asked for.
func TestAnotherFamilyBeforeInterruption(t *testing.T) {
	const inet, inet6 = 2, 10
	route := func(req []byte, family byte, flags uint16) []byte {
		body := make([]byte, 12) // struct rtmsg
		body[0] = family
		return socktest.Flag(socktest.Reply(req, 24, body...), flags|wire.FlagMulti)
	}
	for name, c := range map[string]struct {
		again []byte // families of the second attempt
		wrong int
	}{"as asked for": {[]byte{inet}, 0}, "nothing": {nil, 0}, "others": {[]byte{inet, inet6, inet6}, 2}} {
		t.Run(name, func(t *testing.T) {
			var attempts atomic.Int32
			f := mustOpen(t, kernel(t, func(req []byte) (out [][]byte) {
				if attempts.Add(1) == 1 {
					return [][]byte{route(req, inet6, wire.FlagDumpIntr), socktest.Done(req, 0)}
				}
				for _, family := range c.again {
					out = append(out, route(req, family, 0))
				}
				return append(out, socktest.Done(req, 0))
			}), "route", session.Options{Timeout: socktest.Deadline})
			d, err := dump(t, f, "getroute", m{"family": inet})
			if d == nil || d.Len() != len(c.again) || attempts.Load() != 2 {
				t.Fatalf("got %v, %v after %d attempts", d, err, attempts.Load())
			}
			var fe *session.FamilyError
			if got := errors.As(err, &fe); got != (c.wrong > 0) || got && fe.Count != c.wrong {
				t.Errorf("got %v, want %d of another family", err, c.wrong)
			}
		})
	}
}
