package session

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// Summary says what is in a datagram, in a few words: "newlink create, excl", "getlink 12 times, done", "refused: EEXIST".
func (r *Registry) Summary(t Tapped) string {
	var parts []string
	last, times := "", 0
	flush := func() {
		if times > 1 {
			last += fmt.Sprintf(" %d times", times)
		}
		if times > 0 {
			parts = append(parts, last)
		}
	}
	walk := wire.WalkMessages(t.Data)
	for walk.Next() {
		what := r.summary(t.SpecsOf(r, walk.Message()), walk.Message(), t.Sent)
		if what != last {
			flush()
			last, times = what, 0
		}
		times++
	}
	flush()
	if walk.Err() != nil {
		parts = append(parts, "malformed")
	}
	return strings.Join(parts, ", ")
}

func (r *Registry) summary(specs []*schema.Spec, raw []byte, sent bool) string {
	h := wire.ParseHeader(raw)
	switch {
	case h.Type == unix.NLMSG_ERROR && len(raw) >= wire.HeaderLen+4:
		errno := -int32(binary.NativeEndian.Uint32(raw[wire.HeaderLen:]))
		if errno == 0 {
			return "ack"
		}
		if name := ErrnoName(syscall.Errno(errno)); name != "" {
			return "refused: " + name
		}
		return fmt.Sprintf("refused: %d", errno)
	case h.Type == unix.NLMSG_DONE:
		return "done"
	}
	m, err := r.Describe(specs, "", raw)
	if err != nil || m.Op == nil {
		return fmt.Sprintf("type %d", h.Type)
	}
	if !sent {
		return EventName(m.Op)
	}
	skip := uint16(wire.FlagRequest | wire.FlagAck) // nearly all have them
	var told []string
	if h.Flags&wire.FlagDump == wire.FlagDump && m.Op.Dump.Has {
		skip |= wire.FlagDump
		told = []string{"dump"}
	}
	told = append(told, r.FlagNames(h.Flags&^skip, m.Op.Key)...)
	return strings.TrimSpace(m.Op.Key + " " + strings.Join(told, ", "))
}
