package session_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

// liar is a kernel that answers whatever it was told, and then ends the answer
// properly, so that nothing waits.
type liar struct {
	route, ctrl *session.Family
	say         atomic.Pointer[lie]
}

// lie is an answer: a message of a type with a body that may be anything.
type lie struct {
	typ, flags uint16
	body       []byte
	raw        bool // body is the datagram, of which only the sequence number is right
}

func newLiar(tb testing.TB) *liar {
	l := &liar{}
	reg := kernel(tb, l.answer)
	l.say.Store(&lie{typ: 16, body: append([]byte{1, 2, 0, 0}, socktest.TLV(1, u16(16)...)...)})
	o := session.Options{Timeout: 2 * time.Second} // reached where something waits for ever
	l.ctrl, l.route = mustOpen(tb, reg, "nlctrl", o), mustOpen(tb, reg, "route", o)
	return l
}

func (l *liar) answer(req []byte) [][]byte {
	say := l.say.Load()
	msg := socktest.Flag(socktest.Reply(req, say.typ, say.body...), say.flags)
	if say.raw {
		msg = slices.Clone(say.body)
		if len(msg) >= 12 {
			binary.NativeEndian.PutUint32(msg[8:], wire.ParseHeader(req).Seq)
		}
	}
	end := socktest.Ack(req)
	if h := wire.ParseHeader(req); h.Flags&wire.FlagDump == wire.FlagDump {
		end = socktest.Done(req, 0)
	}
	if len(msg) == 0 { // an empty datagram would hang up
		return [][]byte{end}
	}
	return [][]byte{msg, end}
}

// ways are the calls that read answers.
var ways = []struct {
	generic bool
	op      string
	call    func(*session.Family, *session.Request) error
	mode    session.Mode
}{
	{false, "getlink", doAndLook, session.Do},
	{false, "getlink", dumpAndLook, session.Dump},
	{false, "getroute", dumpAndLook, session.Dump},
	{false, "getroute", streamAndLook, session.Dump},
	{false, "newlink", batchAndLook, session.Do},
	{true, "getfamily", doAndLook, session.Do},
	{true, "getfamily", dumpAndLook, session.Dump},
	{true, "getpolicy", streamAndLook, session.Dump},
}

// tell makes every kind of call while the kernel says that.
func (l *liar) tell(tb testing.TB, say lie) {
	l.say.Store(&say)
	for _, w := range ways {
		f := l.route
		fields := m{"family": "inet"}
		if w.generic {
			f, fields = l.ctrl, nil
		}
		err := w.call(f, mustBuild(tb, f, w.op, w.mode, fields))
		var timeout *sock.TimeoutError
		if err != nil && err.Error() == "" || errors.As(err, &timeout) {
			tb.Errorf("%s: got error %q, though the answer ended", w.op, err)
		}
		if f.Closed() {
			tb.Fatalf("%s: the family was closed: %v", w.op, err)
		}
	}
}

func doAndLook(f *session.Family, req *session.Request) error {
	r, err := f.Do(context.Background(), req, session.CallOptions{})
	look(r)
	return err
}

func look(r *session.Reply) {
	if r == nil {
		return
	}
	for i := range r.Msgs {
		lookAt(&r.Msgs[i].Msg, 0)
		_ = r.Msgs[i].Type()
	}
	for _, w := range r.Warnings {
		_ = session.PolicyText(w.Policy)
	}
}

// lookAt decodes everything.
func lookAt(msg *schema.Msg, depth int) {
	if depth > 70 {
		return
	}
	for _, f := range msg.Fields() {
		_ = f.Val.String()
		if inner := f.Val.Msg(); inner != nil {
			lookAt(inner, depth+1)
		}
	}
	_, _ = msg.Unknown(), msg.Err()
}

func dumpAndLook(f *session.Family, req *session.Request) error {
	d, err := f.Dump(context.Background(), req, session.CallOptions{})
	if d == nil {
		return err
	}
	for i := range d.Len() {
		msg, whole := d.Msg(i), d.Message(i)
		lookAt(&msg, 0)
		lookAt(&whole.Msg, 0)
	}
	return err
}

func streamAndLook(f *session.Family, req *session.Request) error {
	s, err := f.Stream(context.Background(), req, false, session.CallOptions{})
	if err != nil {
		return err
	}
	defer s.Close()
	for s.Next(context.Background()) {
		msg := s.Msg()
		lookAt(&msg, 0)
	}
	return s.Err()
}

func batchAndLook(f *session.Family, req *session.Request) error {
	rs, err := f.Batch(context.Background(), []*session.Request{req, req}, session.CallOptions{})
	for i := range rs {
		look(&rs[i].Reply)
		err = errors.Join(err, rs[i].Err)
	}
	return err
}

// lies are answers as they should be, to start from.
func lies() []lie {
	extack := slices.Concat(socktest.Text("no"), socktest.Offset(32), missType(3), missNest(36),
		policy(socktest.TLV(1, u32(4)...), socktest.TLV(4, u64(1)...), socktest.TLV(5, u64(9)...)), socktest.TLV(3, 1, 2))
	request := socktest.Message(newlink, 5, link(1, "lo")...)
	vxlan := append(link(7, "v0"), socktest.TLV(18, append(socktest.TLV(1, []byte("vxlan\x00")...),
		socktest.TLV(2, append(socktest.TLV(1, u32(5)...), socktest.TLV(15, 0x12, 0xb5)...)...)...)...)...)
	hops := append(append([]byte{16, 0, 0, 0}, u32(1)...), socktest.TLV(5, 192, 0, 2, 1)...)
	route := append([]byte{2, 24, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0}, socktest.TLV(9, append(hops, hops...)...)...)
	group := append(socktest.TLV(1, []byte("notify\x00")...), socktest.TLV(2, u32(16)...)...)
	ctrl := append([]byte{1, 2, 0, 0}, append(socktest.TLV(1, u16(16)...), socktest.TLV(7, socktest.TLV(1, group...)...)...)...)
	policies := append([]byte{10, 2, 0, 0}, socktest.TLV(8, socktest.TLV(0, socktest.TLV(1, socktest.TLV(1, u32(2)...)...)...)...)...)
	return []lie{
		{typ: newlink, flags: wire.FlagMulti, body: vxlan},
		{typ: 24, flags: wire.FlagMulti | wire.FlagDumpIntr, body: route},
		{typ: 16, body: ctrl},
		{typ: 16, flags: wire.FlagMulti, body: policies},
		{typ: wire.TypeError, flags: wire.FlagCapped | wire.FlagAckTLVs, body: slices.Concat(u32(1<<32-34), request[:16], extack)},
		{typ: wire.TypeError, flags: wire.FlagAckTLVs, body: slices.Concat(u32(1<<32-22), request, extack)},
		{typ: wire.TypeError, flags: wire.FlagCapped | wire.FlagAckTLVs, body: slices.Concat(u32(0), request[:16], extack)},
		{typ: wire.TypeDone, flags: wire.FlagMulti | wire.FlagAckTLVs, body: append(u32(1<<32-95), extack...)},
		{raw: true, body: slices.Concat(request, socktest.Message(wire.TypeNoop, 0), request)},
	}
}

// Whatever the kernel answers, at whatever length it stops, there is a message
// or an error.
func TestTruncatedReplies(t *testing.T) {
	l := newLiar(t)
	for _, say := range lies() {
		for n := range len(say.body) {
			short := say
			short.body = say.body[:n]
			l.tell(t, short)
		}
	}
}

func TestGarbledReplies(t *testing.T) {
	l := newLiar(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	rounds := 40
	if testing.Short() {
		rounds = 4
	}
	for _, say := range lies() {
		for range rounds {
			bad := say
			bad.body = slices.Clone(say.body)
			for range 1 + rnd.IntN(4) {
				bad.body[rnd.IntN(len(bad.body))] = byte(rnd.Uint32())
			}
			if !bad.raw {
				bad.typ ^= uint16(rnd.IntN(2)) << rnd.IntN(6)
			}
			l.tell(t, bad)
		}
	}
}

func FuzzReply(f *testing.F) {
	for _, say := range lies() {
		f.Add(say.typ, say.flags, say.raw, say.body)
	}
	f.Add(uint16(newlink), uint16(0), false, []byte{})
	f.Add(uint16(16), uint16(wire.FlagMulti), false, []byte{1})
	const reuse = 100 // sockets are slow to make; those of abandoned dumps pile up
	var l *liar
	keep, used := &keeper{TB: f}, 0
	f.Fuzz(func(t *testing.T, typ, flags uint16, raw bool, body []byte) {
		if used%reuse == 0 {
			keep.clean()
			l = newLiar(keep)
		}
		used++
		if len(body) <= 1<<16 {
			l.tell(t, lie{typ, flags, body, raw})
		}
	})
	keep.clean()
}

// keeper lets what was made in one run of a fuzz target live on in the next.
type keeper struct {
	testing.TB
	cleanups []func()
}

func (k *keeper) Helper()                           {}
func (k *keeper) Cleanup(fn func())                 { k.cleanups = append(k.cleanups, fn) }
func (k *keeper) Error(args ...any)                 { panic(fmt.Sprint(args...)) }
func (k *keeper) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (k *keeper) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }

func (k *keeper) clean() {
	for _, fn := range slices.Backward(k.cleanups) {
		fn()
	}
	k.cleanups = nil
}
