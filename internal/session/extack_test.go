package session_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

// Attributes of an extended acknowledgement that socktest has no name for.
func missType(n uint32) []byte { return socktest.TLV(5, u32(n)...) }
func missNest(n uint32) []byte { return socktest.TLV(6, u32(n)...) }

func u64(v uint64) []byte { return binary.NativeEndian.AppendUint64(nil, v) }

func policy(attrs ...[]byte) []byte { return socktest.TLV(4|wire.Nested, slices.Concat(attrs...)...) }

// at is the offset of the attribute that the numbers lead to, from the top level
// down. body is how much of the message is headers.
func at(tb testing.TB, req []byte, body int, path ...uint16) uint32 {
	tb.Helper()
	off, buf := body, req[body:]
	for i, num := range path {
		a, ok := wire.Find(buf, num)
		if !ok {
			tb.Fatalf("no attribute %v in % x", path[:i+1], req)
		}
		if off += a.Off; i < len(path)-1 {
			off += wire.AttrHeaderLen
			buf = a.Data
		}
	}
	return uint32(off)
}

const linkBody = wire.HeaderLen + 16 // struct ifinfomsg

func vxlan(id int) m {
	return m{"ifname": "v0", "mtu": 1400, "linkinfo": m{"kind": "vxlan", "data": m{"id": id, "port": 4789}}}
}

// extackTexts are requests, what the kernel adds to ERANGE, and the error that
// makes of it. 18 is linkinfo, of which 2 is data.
var extackTexts = map[string]struct {
	op   string
	send m
	tlvs func(t testing.TB, req []byte) [][]byte
	want string
}{
	"nothing": {send: vxlan(1), want: "kernel says ERANGE (numerical result out of range)"},
	"text": {send: vxlan(1), tlvs: func(testing.TB, []byte) [][]byte { return [][]byte{socktest.Text(`bad "thing"`)} },
		want: `kernel says ERANGE "bad \"thing\""`},
	"attribute": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{socktest.Text("no"), socktest.Offset(at(t, req, linkBody, 4))}
	}, want: `mtu: kernel says ERANGE "no" (sent 1400)`},
	"attribute in nests": {send: vxlan(77), tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{socktest.Text("no"), socktest.Offset(at(t, req, linkBody, 18, 2, 1))}
	}, want: `linkinfo.data.id: kernel says ERANGE "no" (sent 77)`},
	"nest itself": {send: vxlan(77), tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{socktest.Offset(at(t, req, linkBody, 18, 2))}
	}, want: `linkinfo.data: kernel says ERANGE (numerical result out of range)`},
	"inside a payload": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{socktest.Offset(at(t, req, linkBody, 4) + 4)}
	}, want: `mtu: kernel says ERANGE (numerical result out of range)`},
	"long value": {send: m{"ifalias": strings.Repeat("x", 200)}, tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{socktest.Offset(at(t, req, linkBody, 20))}
	}, want: `ifalias: kernel says ERANGE (numerical result out of range) (sent "` + strings.Repeat("x", 76) + `...)`},
	"member of the header": {send: m{"index": 7}, tlvs: func(testing.TB, []byte) [][]byte {
		return [][]byte{socktest.Offset(wire.HeaderLen + 4)}
	}, want: `ifi_index: kernel says ERANGE (numerical result out of range) (sent 7)`},
	"message header": {send: vxlan(1), tlvs: func(testing.TB, []byte) [][]byte { return [][]byte{socktest.Offset(4)} },
		want: `kernel says ERANGE (numerical result out of range)`},
	"past the end": {send: vxlan(1), tlvs: func(testing.TB, []byte) [][]byte { return [][]byte{socktest.Offset(1 << 31)} },
		want: `kernel says ERANGE (numerical result out of range)`},
	"just past the end": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte { return [][]byte{socktest.Offset(uint32(len(req)))} },
		want: `kernel says ERANGE (numerical result out of range)`},
	"policy": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{socktest.Text("integer out of range"), socktest.Offset(at(t, req, linkBody, 4)),
			policy(socktest.TLV(1, u32(4)...), socktest.TLV(4, u64(68)...), socktest.TLV(5, u64(1000)...))}
	}, want: `mtu: kernel says ERANGE "integer out of range" (sent 1400, want u32, 68 to 1000)`},
	"missing": {send: vxlan(1), tlvs: func(testing.TB, []byte) [][]byte { return [][]byte{missType(3)} },
		want: `kernel says ERANGE (numerical result out of range) (missing ifname)`},
	"missing in a nest": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{missType(15), missNest(at(t, req, linkBody, 18, 2))}
	}, want: `kernel says ERANGE (numerical result out of range) (missing linkinfo.data.port)`},
	"missing, unknown": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte {
		return [][]byte{missType(999), missNest(at(t, req, linkBody, 18))}
	}, want: `kernel says ERANGE (numerical result out of range) (missing linkinfo.attribute 999)`},
	"missing nowhere": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte { return [][]byte{missType(3), missNest(5000)} },
		want: `kernel says ERANGE (numerical result out of range) (missing attribute 3)`},
	"missing beyond 16 bits": {send: vxlan(1), tlvs: func(t testing.TB, req []byte) [][]byte { return [][]byte{missType(1<<16 + 3)} },
		want: `kernel says ERANGE (numerical result out of range) (missing attribute 65539)`},
	"hop of a route": {op: "newroute", send: m{"family": "inet", "dst": "10.0.0.0", "multipath": []any{
		m{"ifindex": 1, "gateway": "192.0.2.1"}, m{"ifindex": 1, "gateway": "192.0.2.7"},
	}}, tlvs: func(t testing.TB, req []byte) [][]byte {
		// two hops of a header of 8 bytes and an attribute of 8
		return [][]byte{socktest.Text("Nexthop has invalid gateway"), socktest.Offset(at(t, req, wire.HeaderLen+12, 9) + 4 + 16 + 8)}
	}, want: `multipath[1].gateway: kernel says ERANGE "Nexthop has invalid gateway" (sent "192.0.2.7")`},
	"malformed": {send: vxlan(1), tlvs: func(testing.TB, []byte) [][]byte { return [][]byte{{3, 0, 1, 0}} },
		want: `kernel says ERANGE (numerical result out of range)`},
	"short numbers": {send: vxlan(1), tlvs: func(testing.TB, []byte) [][]byte {
		return [][]byte{socktest.TLV(2, 1), socktest.TLV(5), socktest.TLV(6, 1, 2), socktest.TLV(4, 1), socktest.TLV(1)}
	}, want: `kernel says ERANGE (numerical result out of range)`},
}

func TestExtackText(t *testing.T) {
	for name, tt := range extackTexts {
		t.Run(name, func(t *testing.T) {
			op := tt.op
			if op == "" {
				op = "newlink"
			}
			f := fakeRoute(t, func(req []byte) [][]byte {
				var tlvs [][]byte
				if tt.tlvs != nil {
					tlvs = tt.tlvs(t, req)
				}
				return [][]byte{socktest.Error(req, unix.ERANGE, tlvs...)}
			})
			_, err := do(t, f, op, tt.send)
			wantErr(t, err, tt.want)
		})
	}
}

// The whole of it is kept, and the same in all places that it can come in.
func TestExtackWhole(t *testing.T) {
	tlvs := func(req []byte) [][]byte {
		return [][]byte{
			socktest.Text("why"), socktest.Offset(at(t, req, linkBody, 4)), socktest.TLV(3, 1, 2, 3),
			policy(socktest.TLV(1, u32(2)...)), missType(3), missNest(at(t, req, linkBody, 4)),
		}
	}
	uncapped := func(req []byte, errno unix.Errno) []byte {
		h := wire.ParseHeader(req)
		body := slices.Concat(u32(uint32(-int32(errno))), req, make([]byte, wire.Align(len(req))-len(req)), slices.Concat(tlvs(req)...))
		msg := socktest.Reply(req, wire.TypeError, body...)
		if h.Len != uint32(len(req)) {
			t.Error("a request of another length")
		}
		return socktest.Flag(msg, wire.FlagAckTLVs)
	}
	check := func(name string, e *session.Extack, errno unix.Errno) {
		t.Helper()
		if e.Msg != "why" || !bytes.Equal(e.Cookie, []byte{1, 2, 3}) || e.Policy == nil || e.Missing != 3 || e.Offset < linkBody || e.MissingNest != e.Offset {
			t.Errorf("%s, errno %d: got %+v", name, errno, e)
		}
		if session.PolicyText(e.Policy) != "u8" {
			t.Errorf("%s: policy %s", name, session.PolicyText(e.Policy))
		}
	}
	answers := map[string]func(req []byte, errno unix.Errno) []byte{
		"capped":   func(req []byte, errno unix.Errno) []byte { return socktest.Error(req, errno, tlvs(req)...) },
		"uncapped": uncapped,
		"done":     func(req []byte, errno unix.Errno) []byte { return socktest.Done(req, errno, tlvs(req)...) },
	}
	for name, answer := range answers {
		for _, errno := range []unix.Errno{0, unix.EINVAL} {
			f := fakeRoute(t, func(req []byte) [][]byte { return [][]byte{answer(req, errno)} })
			r, err := do(t, f, "newlink", m{"mtu": 9})
			var ke *session.Error
			switch {
			case errno == 0 && (err != nil || len(r.Warnings) != 1):
				t.Errorf("%s: got %+v, %v, want a warning", name, r, err)
			case errno == 0:
				check(name, &r.Warnings[0], errno)
			case !errors.As(err, &ke) || !errors.Is(err, unix.EINVAL):
				t.Errorf("%s: got %v", name, err)
			default:
				check(name, &ke.Ext, errno)
				if ke.Path != "mtu" || ke.Sent != "9" || ke.Name() != "EINVAL" || ke.Index != -1 {
					t.Errorf("%s: got %+v", name, ke)
				}
			}
		}
	}
}

// In generic netlink, offsets count the second header too.
func TestExtackOfGeneric(t *testing.T) {
	for name, tt := range map[string]struct {
		tlvs func(req []byte) [][]byte
		want string
	}{
		"attribute": {func(req []byte) [][]byte { return [][]byte{socktest.Offset(20)} },
			`family_name: kernel says EINVAL (invalid argument) (sent "x")`},
		"header": {func(req []byte) [][]byte { return [][]byte{socktest.Offset(17)} },
			`kernel says EINVAL (invalid argument)`},
		"missing": {func(req []byte) [][]byte { return [][]byte{missType(1)} },
			`kernel says EINVAL (invalid argument) (missing family_id)`},
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			f := mustOpen(t, kernel(t, func(req []byte) [][]byte {
				if first { // nl.open asks for the numbers
					first = false
					return [][]byte{socktest.Reply(req, 16, append([]byte{1, 2, 0, 0}, socktest.TLV(1, u16(16)...)...)...), socktest.Ack(req)}
				}
				return [][]byte{socktest.Error(req, unix.EINVAL, tt.tlvs(req)...)}
			}), "nlctrl", session.Options{})
			_, err := do(t, f, "getfamily", m{"family-name": "x"})
			wantErr(t, err, tt.want)
		})
	}
}

func TestPolicyText(t *testing.T) {
	for want, attrs := range map[string][][]byte{
		"":                             nil,
		"u32":                          {socktest.TLV(1, u32(4)...)},
		"u8, 1 to 5":                   {socktest.TLV(1, u32(2)...), socktest.TLV(4, u64(1)...), socktest.TLV(5, u64(5)...)},
		"s32, -5 to 5":                 {socktest.TLV(1, u32(8)...), socktest.TLV(2, u64(1<<64-5)...), socktest.TLV(3, u64(5)...)},
		"u16, at least 7":              {socktest.TLV(1, u32(3)...), socktest.TLV(4, u64(7)...)},
		"u16, at most 7":               {socktest.TLV(1, u32(3)...), socktest.TLV(5, u64(7)...)},
		"binary, 2 to 9 bytes":         {socktest.TLV(1, u32(10)...), socktest.TLV(6, u32(2)...), socktest.TLV(7, u32(9)...)},
		"nul-string, at most 15 bytes": {socktest.TLV(1, u32(12)...), socktest.TLV(7, u32(15)...)},
		"binary, at least 4 bytes":     {socktest.TLV(1, u32(10)...), socktest.TLV(6, u32(4)...)},
		"u32, bits of 15":              {socktest.TLV(1, u32(4)...), socktest.TLV(12, u64(15)...)},
		"bitfield32, bits of 7":        {socktest.TLV(1, u32(15)...), socktest.TLV(10, u32(7)...)},
	} {
		f := fakeRoute(t, func(req []byte) [][]byte { return [][]byte{socktest.Error(req, unix.EINVAL, policy(attrs...))} })
		_, err := do(t, f, "getlink", nil)
		var ke *session.Error
		if !errors.As(err, &ke) || session.PolicyText(ke.Ext.Policy) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if session.PolicyText(nil) != "" {
		t.Error("of nothing")
	}
}

func TestErrnoNames(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.EINVAL: "EINVAL", 95: "EOPNOTSUPP", 524: "ENOTSUPP", 3000: "", 11: "EAGAIN",
	} {
		if got := session.ErrnoName(errno); got != want {
			t.Errorf("%d: got %q, want %s", int(errno), got, want)
		}
	}
	for name, want := range map[string]unix.Errno{
		"EINVAL": unix.EINVAL, "ENOTSUP": 95, "EOPNOTSUPP": 95, "ENOTSUPP": 524, "EWOULDBLOCK": 11, "EDEADLOCK": 35,
		"": 0, "EINVALID": 0, "einval": 0,
	} {
		if got, ok := session.ErrnoOf(name); got != want || ok != (want != 0) {
			t.Errorf("%q: got %d, %v, want %d", name, int(got), ok, int(want))
		}
	}
	if got := (&session.Error{Errno: 3000}).Error(); got != "kernel says errno 3000 (errno 3000)" {
		t.Error(got)
	}
}
