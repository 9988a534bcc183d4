package schema

import "sort"

// Enum is the enum that r points at, nil for none.
func (s *Spec) Enum(r Ref) *Enum {
	if r == 0 {
		return nil
	}
	return &s.Enums[r-1]
}

// Struct is the struct that r points at, nil for none.
func (s *Spec) Struct(r Ref) *Struct {
	if r == 0 {
		return nil
	}
	return &s.Structs[r-1]
}

// Set is the set that r points at, nil for none.
func (s *Spec) Set(r Ref) *Set {
	if r == 0 {
		return nil
	}
	return &s.Sets[r-1]
}

// SubMsg is the sub-message that r points at, nil for none.
func (s *Spec) SubMsg(r Ref) *SubMsg {
	if r == 0 {
		return nil
	}
	return &s.SubMsgs[r-1]
}

// RequestSet is the set of the attributes in requests of op in the mode m,
// which is the set of its replies but for a few operations.
func (s *Spec) RequestSet(op *Op, m *Mode) *Set {
	if m.ReqSet != 0 {
		return s.Set(m.ReqSet)
	}
	return s.Set(op.Set)
}

// FindSet finds a set by name.
func (s *Spec) FindSet(name string) *Set {
	for i := range s.Sets {
		if s.Sets[i].Name == name {
			return &s.Sets[i]
		}
	}
	return nil
}

// FindStruct finds a struct by name.
func (s *Spec) FindStruct(name string) *Struct {
	for i := range s.Structs {
		if s.Structs[i].Name == name {
			return &s.Structs[i]
		}
	}
	return nil
}

// FindEnum finds an enum by name.
func (s *Spec) FindEnum(name string) *Enum {
	for i := range s.Enums {
		if s.Enums[i].Name == name {
			return &s.Enums[i]
		}
	}
	return nil
}

// FindOp finds an operation by name, in the kernel's or in the scripts' spelling.
func (s *Spec) FindOp(name string) *Op {
	for i := range s.Ops {
		if s.Ops[i].Name == name || s.Ops[i].Key == name {
			return &s.Ops[i]
		}
	}
	return nil
}

// FindConst finds a constant by name.
func (s *Spec) FindConst(name string) *Const {
	for i := range s.Consts {
		if s.Consts[i].Name == name {
			return &s.Consts[i]
		}
	}
	return nil
}

// OpOfReply finds the operation whose replies or notifications have the
// message type (or generic netlink command) num.
func (s *Spec) OpOfReply(num int) *Op {
	var found *Op
	for i := range s.Ops {
		op := &s.Ops[i]
		if op.Ntf == int32(num) {
			return op // the name that an event goes by
		}
		if found == nil && (op.Do.Has && op.Do.Reply == int32(num) || op.Dump.Has && op.Dump.Reply == int32(num)) {
			found = op
		}
	}
	return found
}

// OpOfAnswer finds the operation that a message with the number of a request is of. Where an event of the same
// number has another content (as in mptcp_pm, whose events are counted by themselves), it is not the event.
func (s *Spec) OpOfAnswer(num int) *Op {
	found := s.OpOfReply(num)
	if found == nil || !found.Event {
		return found
	}
	for i := range s.Ops {
		op := &s.Ops[i]
		if op.Set != found.Set && (op.Do.Has && op.Do.Reply == int32(num) || op.Dump.Has && op.Dump.Reply == int32(num)) {
			return op
		}
	}
	return found
}

// OpOfRequest finds the operation whose requests have the type num.
func (s *Spec) OpOfRequest(num int) *Op {
	for i := range s.Ops {
		op := &s.Ops[i]
		if op.Do.Has && op.Do.Request == int32(num) || op.Dump.Has && op.Dump.Request == int32(num) {
			return op
		}
	}
	return nil
}

// ByNum finds an attribute by its number.
func (s *Set) ByNum(num uint16) *Attr {
	a := s.Attrs
	if len(a) == 0 {
		return nil
	}
	// Most sets have no gaps: the attribute is where its number says.
	if i := int(num) - int(a[0].Num); i >= 0 && i < len(a) && a[i].Num == num {
		return &a[i]
	}
	i := sort.Search(len(a), func(i int) bool { return a[i].Num >= num })
	if i < len(a) && a[i].Num == num {
		return &a[i]
	}
	return nil
}

// Find finds an attribute by name, in the kernel's or in the scripts' spelling.
func (s *Set) Find(name string) *Attr {
	if a := s.byKey(name); a != nil {
		return a
	}
	if key := Key(name); key != name {
		if a := s.byKey(key); a != nil && sameName(a.Name, name) {
			return a // "class", "6rd-prefix", "6rd_prefix"
		}
	}
	return nil
}

func (s *Set) byKey(key string) *Attr {
	lo, hi := 0, len(s.ByKey)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if a := &s.Attrs[s.ByKey[mid]]; a.Key < key {
			lo = mid + 1
		} else if a.Key == key {
			return a
		} else {
			hi = mid
		}
	}
	return nil
}

// Find finds a member by name, in the kernel's or in the scripts' spelling, or without the
// prefix that all members share.
func (s *Struct) Find(name string) *Member {
	for i := range s.Members {
		m := &s.Members[i]
		if m.Kind != KindPad && (m.Key == name || m.Name == name) {
			return m
		}
	}
	if s.Prefix == 0 {
		return nil
	}
	for i := range s.Members {
		if m := &s.Members[i]; m.Kind != KindPad && m.Short(s) == name {
			return m
		}
	}
	return nil
}

// Short is the key of m without the prefix that all members of st share.
func (m *Member) Short(st *Struct) string {
	if int(st.Prefix) < len(m.Key) {
		return m.Key[st.Prefix:]
	}
	return m.Key
}

// NameOf is the name of a value, "" if it has none.
func (e *Enum) NameOf(v int64) string {
	if v >= 0 && v < int64(len(e.Entries)) && e.Entries[v].Value == v {
		return e.Entries[v].Name // the usual case: no gap before it
	}
	for i := range e.Entries {
		if e.Entries[i].Value == v {
			return e.Entries[i].Name
		}
	}
	return ""
}

// ValueOf is the value of a name; `_` and `-` are the same, and letter case
// does not matter.
func (e *Enum) ValueOf(name string) (int64, bool) {
	for i := range e.Entries {
		if sameName(e.Entries[i].Name, name) {
			return e.Entries[i].Value, true
		}
	}
	return 0, false
}

// Names lists the entries' names in order.
func (e *Enum) Names() []string {
	names := make([]string, len(e.Entries))
	for i := range e.Entries {
		names[i] = e.Entries[i].Name
	}
	return names
}

func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if foldByte(a[i]) != foldByte(b[i]) {
			return false
		}
	}
	return true
}

func foldByte(c byte) byte {
	switch {
	case c == '_':
		return '-'
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}
