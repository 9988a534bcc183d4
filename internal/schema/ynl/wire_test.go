package ynl_test

import (
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// recording is a file of shared/ynl/wire: datagrams of a live kernel.
type recording struct {
	Spec    string
	Op      string
	Mode    string
	Request []string
	Replies []string
}

// specsFor loads the specs that explain recordings: the kernel's with our
// errata, and our own, as loaded and as compiled, each by the name of its file.
func specsFor(t testing.TB) map[string][]*schema.Spec {
	t.Helper()
	errata := loadErrata(t)
	all := map[string][]*schema.Spec{}
	for _, file := range kernelSpecs(t) {
		all[stem(file)] = append(all[stem(file)], load(t, file, errata))
	}
	own, _ := filepath.Glob("../../../specs/*.yaml")
	for _, file := range own {
		if stem(file) != "errata" {
			all[stem(file)] = append(all[stem(file)], load(t, file, errata))
		}
	}
	for _, s := range specs.All() {
		all[stem(s.Source)] = append(all[stem(s.Source)], s)
	}
	return all
}

// TestWire takes every recorded message apart and puts it together again.
func TestWire(t *testing.T) {
	known := specsFor(t)
	files, err := filepath.Glob(filepath.Join(shared(t), "wire", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	messages := 0
	for _, file := range files {
		if name := filepath.Base(file); strings.HasPrefix(name, "uncovered") || name == "notifications.json" {
			continue // messages of families without a spec; TestNotifications
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			var rec recording
			readJSON(t, file, &rec)
			for _, spec := range known[strings.TrimSuffix(rec.Spec, ".yaml")] {
				op := spec.FindOp(rec.Op)
				for _, dgram := range append(rec.Request, rec.Replies...) {
					messages += checkDatagram(t, spec, op, dgram)
				}
			}
		})
	}
	if t.Logf("%d messages", messages); messages < 1000 {
		t.Errorf("only %d messages", messages)
	}
}

func checkDatagram(t *testing.T, spec *schema.Spec, op *schema.Op, dgram string) (n int) {
	t.Helper()
	data, err := hex.DecodeString(dgram)
	if err != nil {
		t.Fatal(err)
	}
	it := wire.WalkMessages(data)
	for it.Next() {
		body := it.Body()
		switch h := it.Header(); {
		case h.Type < wire.MinType:
			if _, err := wire.ParseAck(it.Message()); err != nil {
				t.Error(err)
			}
			continue
		case spec.Generic():
			body = body[wire.GenlHeaderLen:]
		case op == nil || int(h.Type) != int(op.Do.Request) && int(h.Type) != int(op.Dump.Request):
			if of := spec.OpOfReply(int(h.Type)); of != nil {
				op = of
			}
		}
		if op == nil {
			continue // batch brackets of nftables
		}
		set := spec.Set(op.Set)
		if h := it.Header(); h.Flags&wire.FlagRequest != 0 && !spec.Generic() && spec.OpOfReply(int(h.Type)) != op {
			set = spec.RequestSet(op, &op.Do)
		}
		m := &schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: set, Data: body}
		if err := m.Err(); err != nil {
			t.Errorf("%s: %v", op.Name, err)
			continue
		}
		recode(t, spec.Source+" "+op.Name, m)
		n++
	}
	if it.Err() != nil {
		t.Error(it.Err())
	}
	return n
}

// notifications is shared/ynl/wire/notifications.json: what 38 changes made
// the kernel multicast.
type notifications struct {
	Messages []struct {
		Proto, Group int
		Hex, Note    string
	}
}

// TestNotifications decodes the recorded events by the specs whose protocol
// and message type they have.
func TestNotifications(t *testing.T) {
	var rec notifications
	readJSON(t, filepath.Join(shared(t), "wire", "notifications.json"), &rec)
	known := specsFor(t)
	decoded, without := 0, map[[2]int]int{}
	for _, n := range rec.Messages {
		data, err := hex.DecodeString(n.Hex)
		if err != nil {
			t.Fatal(err)
		}
		typ := wire.ParseHeader(data).Type
		found := false
		for _, list := range known {
			for _, spec := range list {
				if spec.Generic() || spec.ProtoNum != n.Proto {
					continue
				}
				if op := spec.OpOfReply(int(typ)); op != nil {
					decoded += checkDatagram(t, spec, op, n.Hex)
					found = true
				}
			}
		}
		if !found {
			without[[2]int{n.Proto, int(typ)}]++
		}
	}
	t.Logf("%d decodings; protocols and types without an operation: %v", decoded, without)
	for what := range without {
		if what[0] == 0 && what[1] != 37 && what[1] != 101 { // RTM_DELQDISC, RTM_DELCHAIN: the kernel's tc has no notifications
			t.Errorf("no operation has messages of rtnetlink's type %d", what[1])
		}
	}
	if decoded < 100 {
		t.Errorf("only %d notifications decoded", decoded)
	}
}

// TestUncovered decodes the recorded dumps of the types that the kernel has no
// spec of, but we have.
func TestUncovered(t *testing.T) {
	var rec []struct {
		Name    string
		Proto   int
		Type    int
		Req     string
		Replies []string
	}
	readJSON(t, filepath.Join(shared(t), "wire", "uncovered.netns.json"), &rec)
	want := map[int]bool{74: true, 82: true, 86: true, 90: true, 106: true, 118: true}
	decoded := map[int]int{}
	for _, r := range rec {
		if r.Proto != 0 || !want[r.Type] {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			for _, spec := range specs.All() {
				for i := range spec.Ops {
					op := &spec.Ops[i]
					if spec.ProtoNum != 0 || !op.Dump.Has || int(op.Dump.Request) != r.Type {
						continue
					}
					for _, dgram := range r.Replies {
						decoded[r.Type] += checkDatagram(t, spec, op, dgram)
						checkKnown(t, spec, op, dgram)
					}
				}
			}
		})
	}
	for typ := range want {
		if decoded[typ] == 0 {
			t.Errorf("nothing decoded of type %d", typ)
		}
	}
	t.Logf("messages by type of request: %v", decoded)
}

// checkKnown holds that the spec explains every byte: no attribute is unknown,
// no payload odd.
func checkKnown(t *testing.T, spec *schema.Spec, op *schema.Op, dgram string) {
	t.Helper()
	data, err := hex.DecodeString(dgram)
	if err != nil {
		t.Fatal(err)
	}
	for it := wire.WalkMessages(data); it.Next(); {
		if it.Header().Type < wire.MinType {
			continue
		}
		m := &schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: spec.Set(op.Set), Data: it.Body()}
		unexplained(t, op.Name, schema.MsgValue(m))
	}
}

func unexplained(t *testing.T, path string, v schema.Value) {
	t.Helper()
	if v.Odd() && v.Kind() != schema.Bool || v.Kind() == schema.Bytes {
		t.Errorf("%s: the spec does not explain %v", path, v)
	}
	for _, e := range v.List() {
		unexplained(t, path, e)
	}
	if v.Kind() == schema.Message {
		for _, f := range v.Msg().Fields() {
			if f.Name == "" {
				t.Errorf("%s: attribute %d is unknown", path, f.Type)
			}
			unexplained(t, path+"."+f.Name, f.Val)
		}
	}
}
