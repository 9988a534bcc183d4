package session_test

import (
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// TestDescribeAnswerOrEvent: events that are counted by themselves share numbers with operations. Nobody asked for an event.
func TestDescribeAnswerOrEvent(t *testing.T) {
	reg := registry()
	spec := load(t, reg, `
name: counted
protocol: genetlink
attribute-sets:
  - {name: a, attributes: [{name: x, type: u32}]}
  - {name: e, attributes: [{name: y, type: u32}]}
operations:
  list:
    - {name: get, value: 3, attribute-set: a, do: {request: {attributes: [x]}, reply: {attributes: [x]}}}
    - {name: put, value: 4, attribute-set: a, do: {request: {attributes: [x]}}}
    - {name: closed, value: 3, attribute-set: e, event: {}}
    - {name: put-told, value: 4, attribute-set: a, event: {}}
    - {name: opened, value: 5, attribute-set: e, event: {}}
`)
	for _, c := range []struct {
		cmd       byte
		flags     uint16
		seq       uint32
		want, set string
	}{
		{cmd: 3, want: "closed", set: "e"},
		{cmd: 3, seq: 7, want: "get", set: "a"},
		{cmd: 3, seq: 7, flags: wire.FlagRequest, want: "get", set: "a"},
		{cmd: 4, seq: 7, want: "put-told", set: "a"}, // the same content: it goes by the name of the event, as ever
		{cmd: 5, seq: 7, want: "opened", set: "e"},
	} {
		raw := make([]byte, wire.HeaderLen+wire.GenlHeaderLen)
		wire.Header{Len: uint32(len(raw)), Type: 0x20, Flags: c.flags, Seq: c.seq}.Put(raw)
		raw[wire.HeaderLen] = c.cmd
		m, err := reg.Describe([]*schema.Spec{spec}, "", raw)
		if err != nil {
			t.Fatal(err)
		}
		if m.Op.Name != c.want || m.Set.Name != c.set {
			t.Errorf("command %d, flags %d, seq %d: got %s of %s, want %s of %s", c.cmd, c.flags, c.seq, m.Op.Name, m.Set.Name, c.want, c.set)
		}
	}
}
