package ynl_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// body is a place where messages of a shipped spec belong: what follows the
// message header of one operation, or of its requests.
type body struct {
	spec    *schema.Spec
	header  *schema.Struct
	set     *schema.Set
	payload schema.Kind
}

// bodies lists the different ones.
func bodies() []body {
	var list []body
	seen := map[body]bool{}
	for _, s := range specs.All() {
		for i := range s.Ops {
			op := &s.Ops[i]
			for _, set := range []*schema.Set{s.Set(op.Set), s.RequestSet(op, &op.Do), s.RequestSet(op, &op.Dump)} {
				b := body{s, s.Struct(op.Header), set, op.Payload}
				if !seen[b] {
					seen[b] = true
					list = append(list, b)
				}
			}
		}
	}
	return list
}

func (b body) message(data []byte) *schema.Msg {
	return &schema.Msg{Spec: b.spec, Header: b.header, Set: b.set, Payload: b.payload, Data: data}
}

func (b body) encode(fields []schema.Field) ([]byte, error) {
	var out wire.Builder
	enc := schema.Encoder{Spec: b.spec, Out: &out}
	err := enc.Body(b.header, b.set, b.payload, fields)
	return out.Bytes(), err
}

// anew takes data apart to the last leaf and encodes it from the leaves.
func (b body) anew(t *testing.T, data []byte) []byte {
	t.Helper()
	parts := takeApart(t, b.spec.Name, schema.MsgValue(b.message(data)))
	if m := parts.Msg(); m != nil {
		return m.Data // a lone struct of another length
	}
	out, err := b.encode(parts.Fields())
	if err != nil {
		t.Fatalf("%s: encode what was decoded from %x: %v", b.spec.Name, data, err)
	}
	return out
}

// look asks a message for everything it can be asked for.
func look(m *schema.Msg) {
	_, _, _ = m.Err(), m.Unknown(), schema.MsgValue(m).String()
	for _, name := range schema.Names(m.Header, m.Set, m.Payload) {
		p := m.Resolve(name)
		m.At(p)
		m.Number(p)
	}
	for off := 0; off <= len(m.Data); off += 1 + len(m.Data)/64 {
		m.Locate(off)
	}
}

// recorded are the project's own recordings, by file.
func recorded(t testing.TB) map[string][][]byte {
	t.Helper()
	files, _ := filepath.Glob("../../wire/testdata/*.hex")
	all := map[string][][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Fields(string(text)) {
			b, err := hex.DecodeString(line)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all[filepath.Base(file)] = append(all[filepath.Base(file)], b)
		}
	}
	return all
}

// datagrams are those and, where they are there, the ones of ../shared.
func datagrams(t testing.TB) [][]byte {
	var all [][]byte
	for _, list := range recorded(t) {
		all = append(all, list...)
	}
	dir := os.Getenv("NLSH_SHARED")
	if dir == "" {
		dir = "../../../../shared"
	}
	files, _ := filepath.Glob(filepath.Join(dir, "ynl", "wire", "*.json"))
	for _, file := range files {
		var rec recording
		if text, err := os.ReadFile(file); err != nil || json.Unmarshal(text, &rec) != nil || len(text) > 200_000 {
			continue
		}
		for _, dgram := range append(rec.Request, rec.Replies...) {
			if b, err := hex.DecodeString(dgram); err == nil {
				all = append(all, b)
			}
		}
	}
	return all
}

// TestRecorded takes the project's own recordings apart and puts them together,
// by the compiled specs.
func TestRecorded(t *testing.T) {
	messages := 0
	for file, list := range recorded(t) {
		if strings.Contains(file, "ack") {
			continue // acknowledgements
		}
		for _, dgram := range list {
			messages += recodeDatagram(t, dgram, file == "families.hex")
		}
	}
	if t.Logf("%d messages", messages); messages < 20 {
		t.Errorf("only %d messages", messages)
	}
}

func recodeDatagram(t *testing.T, dgram []byte, generic bool) (n int) {
	t.Helper()
	it := wire.WalkMessages(dgram)
	for it.Next() {
		num, data := int(it.Header().Type), it.Body()
		if num < wire.MinType {
			continue
		}
		if generic {
			num, data = int(data[0]), data[wire.GenlHeaderLen:]
		}
		for _, s := range specs.All() {
			op := s.OpOfReply(num)
			if op == nil || generic != (s.Name == "nlctrl") || !generic && s.ProtoNum != 0 {
				continue
			}
			b := body{s, s.Struct(op.Header), s.Set(op.Set), op.Payload}
			if got := b.anew(t, data); !bytes.Equal(got, data) && !samePadding(got, data) {
				t.Errorf("%s:\ngot  %x\nwant %x", op.Name, got, data)
			}
			n++
		}
	}
	return n
}

// FuzzDecode: no bytes can make a decoder panic, and what was encoded from
// decoded parts is encoded to the same bytes again.
func FuzzDecode(f *testing.F) {
	list := bodies()
	for i, dgram := range datagrams(f) {
		it := wire.WalkMessages(dgram)
		for n := 0; it.Next() && n < 3; n++ {
			f.Add(uint16(i), it.Body())
			f.Add(it.Header().Type, it.Body())
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, data []byte) {
		b := list[int(which)%len(list)]
		look(b.message(data))
		if len(data) < schema.StructSize(b.header) || len(data) > 16_000 {
			return // members cut off come back as zeros; padding may make a nest too long
		}
		once := b.anew(t, data)
		if twice := b.anew(t, once); !bytes.Equal(once, twice) {
			t.Errorf("%s: no fixed point:\ndata  %x\nonce  %x\ntwice %x", b.spec.Name, data, once, twice)
		}
	})
}

// FuzzEncode: no input can make the encoder panic, and what it takes without an
// error comes back from its parts to the same bytes.
func FuzzEncode(f *testing.F) {
	list := bodies()
	for i := range list {
		f.Add(uint16(i), bytes.Repeat([]byte{byte(i), 7, 3, 250, 1, 60, 90, 2}, 20))
	}
	f.Fuzz(func(t *testing.T, which uint16, recipe []byte) {
		b := list[int(which)%len(list)]
		g := &generator{spec: b.spec, left: recipe}
		out, err := b.encode(g.fields(b.header, b.set, 0))
		if err != nil {
			if !strings.Contains(err.Error(), "got ") || !strings.Contains(err.Error(), ", want ") {
				t.Errorf("error without form: %v", err)
			}
			return
		}
		if got := b.anew(t, out); !bytes.Equal(got, out) && b.message(out).Err() == nil {
			if again := b.anew(t, got); !bytes.Equal(again, got) {
				t.Errorf("%s:\ngot  %x\nwant %x", b.spec.Name, got, out)
			}
		}
	})
}
