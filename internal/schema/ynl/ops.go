package ynl

import (
	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
)

// counters number the operations: one sequence (unified) or one for each
// direction.
type counters struct {
	directional bool
	request     int64
	reply       int64
}

func (l *loader) operations() {
	ops := get(l.doc, "operations")
	if ops == nil {
		return
	}
	l.check(ops, "operations", opsKeys)
	l.spec.Model = l.str(ops, "enum-model")
	switch l.spec.Model {
	case "":
		l.spec.Model = "unified"
	case "unified", "directional":
	default:
		l.errorf(get(ops, "enum-model"), "enum-model: got %q, want unified or directional", l.spec.Model)
	}
	l.spec.OpPrefix = l.prefix(ops, "cmd")
	header := l.ref(ops, "operations", "fixed-header", "struct", l.defs)
	count := &counters{directional: l.spec.Model == "directional"}
	seen := map[string]bool{}
	for _, n := range l.list(ops, "list") {
		if !l.check(n, "operation", opKeys) {
			continue
		}
		op := l.operation(n, header, count)
		if seen[op.Key] {
			l.errorf(n, "operation %s comes twice", op.Name)
		}
		seen[op.Key] = true
		l.late = append(l.late, func() { l.followed(n, op.Name, op.Header, op.Set != 0 || op.Payload != schema.KindNone) })
		l.spec.Ops = append(l.spec.Ops, op)
	}
	l.notifications(ops)
}

func (l *loader) operation(n *yaml.Node, header schema.Ref, count *counters) schema.Op {
	name := l.must(n, "operation", "name")
	op := schema.Op{
		Name: name, Key: schema.Key(name), Doc: oneLine(l.str(n, "doc")), Since: l.str(n, "since"), Ntf: -1,
		Header: header, Set: l.ref(n, name, "attribute-set", "attribute set", l.sets),
		Notify: l.str(n, "notify"), Event: get(n, "event") != nil, Group: l.str(n, "mcgrp"), CName: l.str(n, "c-name"),
	}
	if get(n, "fixed-header") != nil {
		op.Header = l.ref(n, name, "fixed-header", "struct", l.defs)
	}
	for _, flag := range l.strings(n, "flags") {
		switch flag {
		case "admin-perm":
			op.Admin = true
		case "uns-admin-perm":
			op.UnsAdm = true
		default:
			l.errorf(get(n, "flags"), "%s: unknown flag %q, want admin-perm or uns-admin-perm", name, flag)
		}
	}
	if word := l.str(n, "payload"); word != "" {
		op.Payload, _ = schema.KindOf(word)
		if k := op.Payload; k != schema.KindString && k != schema.KindStrings && k != schema.KindBinary {
			l.errorf(get(n, "payload"), "%s: got payload %q, want string, strings or binary", name, word)
		}
	}
	switch word := l.str(n, "transaction"); word {
	case "":
	case "begin":
		op.Bracket = schema.Begin
	case "end":
		op.Bracket = schema.End
	default:
		l.errorf(get(n, "transaction"), "%s: got transaction %q, want begin or end", name, word)
	}
	op.Do, op.Dump = l.mode(n, name, "do"), l.mode(n, name, "dump")
	if ev := get(n, "event"); ev != nil && ev.Kind == yaml.MappingNode {
		l.check(ev, name+" event", sideKeys)
		op.Do.ReplyAttrs = l.strings(ev, "attributes")
	}
	l.number(n, &op, count)
	return op
}

// mode reads do or dump; numbers that are not given are -1.
func (l *loader) mode(n *yaml.Node, name, key string) schema.Mode {
	m := schema.Mode{Request: -1, Reply: -1}
	node := get(n, key)
	if node == nil {
		m.Has = hasKey(deref(n), key)
		return m
	}
	m.Has = true
	where := name + " " + key
	m.Unordered = l.bool(node, "unordered")
	if !l.check(node, where, modeKeys) {
		return m
	}
	if req := get(node, "request"); req != nil && l.check(req, where+" request", requestKeys) {
		m.ReqSet = l.ref(req, where+" request", "attribute-set", "attribute set", l.sets)
		m.ReqAttrs = l.strings(req, "attributes")
		if v, ok := l.numIn(req, "value", 0, maxType); ok {
			m.Request = int32(v)
		}
	}
	if rep := get(node, "reply"); rep != nil && l.check(rep, where+" reply", sideKeys) {
		m.ReplyAttrs = l.strings(rep, "attributes")
		if v, ok := l.numIn(rep, "value", 0, maxType); ok {
			m.Reply = int32(v)
		}
	}
	return m
}

// maxType is the highest type that a message can have.
const maxType = 0xffff

// number gives an operation its numbers, see docs/specs.md section 1.
func (l *loader) number(n *yaml.Node, op *schema.Op, c *counters) {
	value, given := l.numIn(n, "value", 0, maxType)
	defer func() {
		if max(c.request, c.reply) > maxType {
			l.errorf(n, "%s: number %d, want 0 to %d", op.Name, max(c.request, c.reply), maxType)
			c.request, c.reply = 0, 0
		}
	}()
	if !c.directional {
		c.request++
		if given {
			c.request = value
		}
		v := int32(c.request)
		switch {
		case op.Notify != "" || op.Event:
			op.Ntf = v
		default:
			fill(&op.Do, v, v)
			fill(&op.Dump, v, v)
		}
		return
	}
	if op.Notify != "" || op.Event {
		c.reply++
		if given {
			c.reply = value
		}
		op.Ntf = int32(c.reply)
		return
	}
	first, key := &op.Do, "do"
	if !op.Do.Has {
		first, key = &op.Dump, "dump"
	}
	if !first.Has {
		c.request++ // a reserved number
		return
	}
	node := get(n, key)
	c.request++
	if first.Request >= 0 {
		c.request = int64(first.Request)
	}
	reply := int32(-1)
	if rep := get(node, "reply"); rep != nil || node != nil && hasKey(node, "reply") {
		c.reply++
		if first.Reply >= 0 {
			c.reply = int64(first.Reply)
		}
		reply = int32(c.reply)
	}
	fill(&op.Do, int32(c.request), reply)
	fill(&op.Dump, int32(c.request), reply)
}

// fill gives a mode the numbers that it does not state itself.
func fill(m *schema.Mode, request, reply int32) {
	if !m.Has {
		return
	}
	if m.Request < 0 {
		m.Request = request
	}
	if m.Reply < 0 {
		m.Reply = reply
	}
}

// notifications take set and header from the operation they report on, unless
// they have their own.
func (l *loader) notifications(ops *yaml.Node) {
	for i := range l.spec.Ops {
		op := &l.spec.Ops[i]
		if op.Notify == "" {
			continue
		}
		of := l.spec.FindOp(op.Notify)
		if of == nil {
			l.errorf(get(l.opNode(ops, i), "notify"), "%s: there is no operation %q%s", op.Name, op.Notify,
				suffix(schema.Suggest(op.Notify, l.opNames())))
			continue
		}
		if op.Set == 0 {
			op.Set = of.Set
		}
		if op.Header == 0 {
			op.Header = of.Header
		}
	}
}

// opNode is the mapping that the operation i came from.
func (l *loader) opNode(ops *yaml.Node, i int) *yaml.Node {
	return byName(get(ops, "list"), l.spec.Ops[i].Name)
}

func (l *loader) opNames() []string {
	names := make([]string, len(l.spec.Ops))
	for i := range l.spec.Ops {
		names[i] = l.spec.Ops[i].Name
	}
	return names
}
