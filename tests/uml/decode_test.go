package uml

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
	"github.com/nlsh/nlsh/specs"
)

// absent is the value of what is not there; nil is JSON's null.
type absent struct{}

// link is one link as nlsh decodes it: every leaf by its path in the kernel's spelling, "linkinfo.data.mode".
// Repeated attributes are one leaf, a list.
type link struct {
	leaf  map[string]schema.Value
	paths []string // in the order of the message
	used  map[string]bool
	all   *links
}

// links is a whole dump.
type links struct {
	byName  map[string]*link
	byIndex map[uint64]*link
}

// decode reads a dump, one message a line. It fails the test on what no row of the spec explains.
func decode(t *testing.T, messages [][]byte) *links {
	t.Helper()
	spec := specs.Find("rt-link")
	op := spec.FindOp("getlink")
	all := &links{byName: map[string]*link{}, byIndex: map[uint64]*link{}}
	for _, raw := range messages {
		m := schema.Msg{Spec: spec, Header: spec.Struct(op.Header), Set: spec.Set(op.Set), Data: raw[wire.HeaderLen:]}
		l := &link{leaf: map[string]schema.Value{}, used: map[string]bool{}, all: all}
		for _, complaint := range append(l.add("", &m), l.rebuild(&m)...) {
			t.Errorf("%s: %s", l.text("ifname"), complaint)
		}
		all.byName[l.text("ifname")] = l
		all.byIndex[l.number("ifi-index")] = l
	}
	return all
}

// rebuild encodes what was decoded, and wants the bytes of the kernel again. Where the kernel put padding between
// attributes, which is no content, it wants what decodes alike.
func (l *link) rebuild(m *schema.Msg) []string {
	var b wire.Builder
	b.Begin(wire.Header{})
	e := schema.Encoder{Spec: m.Spec, Out: &b}
	err := e.Body(m.Header, m.Set, m.Payload, m.Fields())
	if err != nil {
		return []string{fmt.Sprintf("cannot be encoded again: %v", err)}
	}
	raw, err := b.End()
	if err != nil {
		return []string{fmt.Sprintf("cannot be encoded again: %v", err)}
	}
	again := schema.Msg{Spec: m.Spec, Header: m.Header, Set: m.Set, Data: raw[wire.HeaderLen:]}
	if len(again.Data) == len(m.Data) && !bytes.Equal(again.Data, m.Data) {
		return []string{fmt.Sprintf("encoded again it is other bytes:\n% x\n% x", again.Data, m.Data)}
	}
	second := &link{leaf: map[string]schema.Value{}, used: map[string]bool{}}
	complaints := second.add("", &again)
	for _, path := range l.paths {
		if was, is := l.leaf[path].String(), second.leaf[path].String(); was != is {
			complaints = append(complaints, fmt.Sprintf("%s: was %s, encoded and decoded again it is %s", path, was, is))
		}
	}
	return complaints
}

// add takes in the leaves of a message, and returns what the spec does not explain.
func (l *link) add(prefix string, m *schema.Msg) (complaints []string) {
	if err := m.Err(); err != nil {
		complaints = append(complaints, fmt.Sprintf("%s: %v", prefix, err))
	}
	for _, a := range m.Unknown() {
		complaints = append(complaints, fmt.Sprintf("%s: no row for attribute %d, % x", prefix, a.Num(), a.Data))
	}
	for _, f := range m.Fields() {
		path := prefix + f.Name
		row, multi := rowOf(m, f)
		switch {
		case row == nil: // reported as unknown
		case f.Val.Odd() && oddities[path] == "":
			complaints = append(complaints, fmt.Sprintf("%s: the row makes no such value: %s", path, f.Val))
		case row.Enum != 0 && !row.AsFlags && f.Val.Kind() != schema.Text:
			complaints = append(complaints, fmt.Sprintf("%s: no name for %s", path, f.Val))
		case row.AsFlags && nameless(f.Val):
			complaints = append(complaints, fmt.Sprintf("%s: no name for a bit of %s", path, f.Val))
		}
		if f.Val.Kind() == schema.Message && !multi {
			complaints = append(complaints, l.add(path+".", f.Val.Msg())...)
			continue
		}
		if multi {
			f.Val = schema.ListValue(append(l.leaf[path].List(), f.Val))
		}
		if _, seen := l.leaf[path]; !seen {
			l.paths = append(l.paths, path)
		}
		l.leaf[path] = f.Val
	}
	return complaints
}

// rowOf finds the row of a field, nil if there is none.
func rowOf(m *schema.Msg, f schema.Field) (row *schema.Row, multi bool) {
	switch {
	case f.Header:
		return &m.Header.Find(f.Name).Row, false
	case f.Name == "" || m.Set.Find(f.Name) == nil:
		return nil, false
	}
	a := m.Set.Find(f.Name)
	return &a.Row, a.Multi
}

func nameless(flags schema.Value) bool {
	for _, bit := range flags.List() {
		if bit.Kind() != schema.Text {
			return true
		}
	}
	return false
}

// get is the value at a path, which thereby counts as compared.
func (l *link) get(path string) (schema.Value, bool) {
	v, ok := l.leaf[path]
	l.used[path] = true
	return v, ok
}

func (l *link) text(path string) string {
	v, _ := l.get(path)
	return v.Text()
}

func (l *link) number(path string) uint64 {
	v, _ := l.get(path)
	return v.Uint64()
}

// has reports whether the flags at a path have the one of this name.
func (l *link) has(path, flag string) bool {
	v, _ := l.get(path)
	for _, bit := range v.List() {
		if bit.Text() == flag {
			return true
		}
	}
	return false
}

// name is the name of the link with an index.
func (l *link) name(index uint64) string {
	if other := l.all.byIndex[index]; other != nil {
		return other.text("ifname")
	}
	return fmt.Sprintf("if%d", index)
}
