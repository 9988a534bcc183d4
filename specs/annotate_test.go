package specs_test

import (
	"math/rand/v2"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// covers holds that the pieces of a message are all its bytes, in order, each once.
func covers(t *testing.T, m *schema.Msg, what string) {
	t.Helper()
	at := 0
	m.Annotate(func(p schema.Piece) {
		if p.Off != at || p.Len <= 0 {
			t.Errorf("%s: piece %+v begins at %d, want %d\n% x", what, p, p.Off, at, m.Data)
		}
		if p.Path == "" && p.What == "" {
			t.Errorf("%s: piece %+v says nothing", what, p)
		}
		at = p.Off + p.Len
	})
	if at != len(m.Data) {
		t.Errorf("%s: %d bytes explained, want %d\n% x", what, at, len(m.Data), m.Data)
	}
}

// garbage is attributes whose numbers a set has, with payloads that fit, do not
// fit, or are attributes themselves, and an end that may be broken.
func garbage(rnd *rand.Rand, m *schema.Msg, set *schema.Set, depth int) []byte {
	var b wire.Builder
	for range rnd.IntN(6) {
		num := uint16(rnd.IntN(0x40))
		var a *schema.Attr
		if set != nil && len(set.Attrs) > 0 && rnd.IntN(8) > 0 {
			a = &set.Attrs[rnd.IntN(len(set.Attrs))]
			num = a.Num
		}
		payload := make([]byte, rnd.IntN(40))
		for i := range payload {
			payload[i] = byte(rnd.Uint32())
		}
		if a != nil && depth < 6 && rnd.IntN(3) > 0 {
			payload = garbage(rnd, m, m.Spec.Set(a.Set), depth+1)
			if a.Kind == schema.KindIndexedArray || a.Kind == schema.KindNestTypeValue {
				var in wire.Builder
				in.Attr(num, payload)
				payload = in.Bytes()
			}
		}
		b.Attr(num|uint16(rnd.IntN(4))<<14, payload)
	}
	out := b.Bytes()
	for range rnd.IntN(2) * rnd.IntN(12) {
		out = append(out, byte(rnd.Uint32()))
	}
	return out
}

func TestAnnotateCoversEveryByte(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, s := range specs.All() {
		for i := range s.Ops {
			op := &s.Ops[i]
			m := &schema.Msg{Spec: s, Header: s.Struct(op.Header), Set: s.Set(op.Set), Payload: op.Payload}
			for range 200 {
				m.Data = nil
				if m.Header != nil {
					m.Data = make([]byte, wire.Align(int(m.Header.Size)))
				}
				m.Data = append(m.Data, garbage(rnd, m, m.Set, 0)...)
				if rnd.IntN(10) == 0 {
					m.Data = m.Data[:rnd.IntN(len(m.Data)+1)]
				}
				if covers(t, m, s.Name+"."+op.Key); t.Failed() {
					return
				}
			}
		}
		for i := range s.Structs {
			for n := range int(s.Structs[i].Size) + 6 {
				covers(t, &schema.Msg{Spec: s, Header: &s.Structs[i], Data: make([]byte, n)}, s.Structs[i].Name)
			}
		}
	}
}

func FuzzAnnotate(f *testing.F) {
	f.Add([]byte{}, uint16(0))
	f.Add([]byte("\x08\x00\x03\x00lo\x00\x00"), uint16(0))
	f.Add(append(make([]byte, 16), "\x10\x00\x12\x80\x0b\x00\x01\x00bridge\x00\x00"...), uint16(3))
	f.Fuzz(func(t *testing.T, data []byte, pick uint16) {
		all := specs.All()
		s := all[int(pick)%len(all)]
		if len(s.Ops) == 0 {
			return
		}
		op := &s.Ops[int(pick>>4)%len(s.Ops)]
		covers(t, &schema.Msg{Spec: s, Header: s.Struct(op.Header), Set: s.Set(op.Set), Payload: op.Payload, Data: data}, op.Key)
	})
}
