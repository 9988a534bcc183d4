package session_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/internal/sock/socktest"
	"github.com/nlsh/nlsh/internal/wire"
)

func n32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }

// genl is a message of the controller.
func genl(cmd byte, attrs ...[]byte) []byte {
	return append([]byte{cmd, 2, 0, 0}, slices.Concat(attrs...)...)
}

func nest(num uint16, in ...[]byte) []byte {
	return socktest.TLV(num|wire.Nested, slices.Concat(in...)...)
}

// strange is a family that no spec describes, with a policy that is inside itself.
func strange(policy syscall.Errno) socktest.Answer {
	const newFamily, getFamily = 1, 3
	ctrl := genl(newFamily, socktest.TLV(1, u16(0x10)...), socktest.TLV(2, []byte("nlctrl\x00")...))
	info := genl(newFamily,
		socktest.TLV(1, u16(0x33)...), socktest.TLV(2, []byte("strange\x00")...), socktest.TLV(3, n32(4)...), socktest.TLV(4, n32(8)...), socktest.TLV(5, n32(3)...),
		nest(6, nest(1, socktest.TLV(1, n32(7)...), socktest.TLV(2, n32(2|8)...)), nest(2, socktest.TLV(1, n32(9)...), socktest.TLV(2, n32(4|8)...))),
		nest(7, nest(1, socktest.TLV(1, []byte("news\x00")...), socktest.TLV(2, n32(77)...))),
	)
	attr := func(set, num uint16, typ uint32, more ...[]byte) []byte {
		return genl(10, nest(8, nest(set, nest(num, socktest.TLV(1, n32(typ)...), slices.Concat(more...)))))
	}
	return func(req []byte) [][]byte {
		h := wire.ParseHeader(req)
		switch {
		case h.Type != 0x10:
			return [][]byte{socktest.Reply(req, h.Type, req[16:]...), socktest.Ack(req)}
		case req[16] == getFamily && bytes.Contains(req, []byte("nlctrl")):
			return [][]byte{socktest.Reply(req, 0x10, ctrl...), socktest.Ack(req)}
		case req[16] == getFamily:
			return [][]byte{socktest.Reply(req, 0x10, info...), socktest.Ack(req)}
		case policy != 0:
			return [][]byte{socktest.Done(req, policy)}
		}
		var out [][]byte
		for _, body := range [][]byte{
			genl(10, nest(9, nest(7, socktest.TLV(1, n32(0)...)))),
			genl(10, nest(9, nest(0, socktest.TLV(2, n32(1)...)))), // op 9, as the kernel says it
			attr(0, 1, 4, socktest.TLV(4, make([]byte, 8)...), socktest.TLV(5, 100, 0, 0, 0, 0, 0, 0, 0)),
			attr(0, 3, 13, socktest.TLV(8, n32(0)...)),
			attr(1, 2, 12, socktest.TLV(7, n32(5)...)),
			attr(1, 1, 999),
		} {
			out = append(out, socktest.Multi(req, 0x10, body...))
		}
		return append(out, socktest.Done(req, 0))
	}
}

func TestPolicyOfStrangeFamily(t *testing.T) {
	p, err := kernel(t, strange(0)).Policy(context.Background(), "strange", -1, session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != 0x33 || p.Header != 8 || p.MaxAttr != 3 || len(p.Ops) != 2 || len(p.Sets) != 2 || p.Groups[0].Value != 77 {
		t.Fatalf("got %+v", p)
	}
	if op := p.Ops[1]; op.Num != 9 || op.Dump != 1 || op.Do != -1 {
		t.Errorf("the dump that the kernel does not name: got %+v", op)
	}
	set := p.Sets[0]
	if a := set[0]; a.Type != "u32" || len(a.Bounds) != 2 || a.Bounds[1].Name != "max" || a.Bounds[1].Value.Uint64() != 100 {
		t.Errorf("got %+v", a)
	}
	if a := set[1]; a.Type != "nested" || a.Nested != 0 {
		t.Errorf("got %+v", a)
	}
	if a := p.Sets[1][0]; a.Num != 1 || a.Type != "999" {
		t.Errorf("a type of the future: got %+v", a)
	}
}

func TestFamilyWithoutSpec(t *testing.T) {
	f := mustOpen(t, kernel(t, strange(0)), "strange", session.Options{})
	if f.ID != 0x33 || f.Version != 4 || !slices.Equal(f.OpNames(), []string{"op_7", "op_9"}) || f.Groups[0].Name != "news" {
		t.Fatalf("got %d %d %v %v", f.ID, f.Version, f.OpNames(), f.Groups)
	}
	r, err := do(t, f, "op_7", m{"user_header": []byte("12345678"), "attr_1": 55, "attr_2": []byte("raw"), "attr_3": m{"attr_1": 7}})
	if err != nil || len(r.Msgs) != 1 {
		t.Fatal(r, err)
	}
	msg := &r.Msgs[0].Msg
	for name, want := range map[string]string{"user_header": `b"12345678"`, "attr_1": "55", "attr_2": `b"raw"`, "attr_3": `{"attr-1": 7}`} {
		if got := text(t, msg, name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	op := mustOp(t, f, "op_7")
	var bad *schema.Error
	if _, err := op.Build(session.Do, fieldsOf(m{"attr_1": "x"}), 0); !errors.As(err, &bad) || bad.Error() != `attr_1: got string "x", want int (u32)` {
		t.Errorf("got %v", err)
	}
	if _, err := mustOp(t, f, "op_9").Build(session.Do, nil, 0); err == nil {
		t.Error("op_9 has no do")
	}
}

// A family without a policy takes bytes under numbers.
func TestFamilyWithoutPolicy(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENODATA, syscall.EOPNOTSUPP} {
		f := mustOpen(t, kernel(t, strange(errno)), "strange", session.Options{})
		r, err := do(t, f, "op_7", m{"attr_1": []byte("abc")})
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, &r.Msgs[0].Msg, "attr_1"); got != `b"abc"` {
			t.Errorf("got %s", got)
		}
	}
}

// What a kernel says about its policies may be nonsense.
func TestPolicyGarbage(t *testing.T) {
	for _, body := range [][]byte{
		nil, {10}, genl(10), genl(10, nest(8, []byte{1, 2, 3})), genl(10, nest(8, nest(0, nest(1)))), genl(10, nest(9, nest(0))),
		genl(10, nest(9, nest(0, socktest.TLV(2, n32(1<<31)...)))), genl(10, nest(8, nest(0x3fff, nest(0x3fff, socktest.TLV(1, n32(13)...), socktest.TLV(8, n32(1<<31)...))))),
		genl(10, socktest.TLV(8), socktest.TLV(9)), genl(10, nest(8, nest(0, nest(0, socktest.TLV(1, n32(10)...))))),
	} {
		good := strange(0)
		reg := kernel(t, func(req []byte) [][]byte {
			if wire.ParseHeader(req).Type == 0x10 && req[16] == 10 {
				return [][]byte{socktest.Multi(req, 0x10, body...), socktest.Done(req, 0)}
			}
			return good(req)
		})
		p, err := reg.Policy(context.Background(), "strange", -1, session.Options{})
		if err != nil {
			t.Errorf("% x: %v", body, err)
			continue
		}
		if s := p.Spec(); len(s.Ops) != 2 {
			t.Errorf("% x: got %v", body, s.Ops)
		}
	}
}
