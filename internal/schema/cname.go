package schema

import "strings"

// Constants calls fn with each number of the spec that has a name in C, as the
// kernel's headers spell it: RTM_NEWLINK, NLM_F_EXCL. Names follow from the
// prefix of a set, an enum or the operations; without one there are none.
func (s *Spec) Constants(fn func(name string, value int64)) {
	for i := range s.Consts {
		if c := &s.Consts[i]; c.CName != "" && c.Text == "" {
			fn(c.CName, c.Num)
		}
	}
	for i := range s.Enums {
		s.Enums[i].constants(fn)
	}
	for i := range s.Sets {
		for j := range s.Sets[i].Attrs {
			a := &s.Sets[i].Attrs[j]
			each(fn, a.CName, s.Sets[i].Prefix, a.Name, int64(a.Num))
		}
	}
	for i := range s.Ops {
		if num, ok := s.opNumber(&s.Ops[i]); ok {
			each(fn, s.Ops[i].CName, s.OpPrefix, s.Ops[i].Name, num)
		}
	}
	for i := range s.Groups {
		if g := &s.Groups[i]; g.CName != "" && !s.Generic() {
			fn(g.CName, int64(g.Value))
		}
	}
}

func (e *Enum) constants(fn func(name string, value int64)) {
	for i := range e.Entries {
		entry := &e.Entries[i]
		v := entry.Value
		if e.Flags {
			v = 1 << uint(v)
		}
		each(fn, entry.CName, e.Prefix, entry.Name, v)
	}
}

// each hands over one name, if it is known.
func each(fn func(string, int64), cname, prefix, name string, value int64) {
	switch {
	case cname != "":
		fn(cname, value)
	case prefix != "":
		fn(prefix+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), value)
	}
}

// opNumber is the type of an operation's message. The notification "newlink-ntf"
// has none of its own where it is what "newlink" is too.
func (s *Spec) opNumber(op *Op) (int64, bool) {
	switch {
	case op.Do.Has && op.Do.Request >= 0:
		return int64(op.Do.Request), true
	case op.Dump.Has && op.Dump.Request >= 0:
		return int64(op.Dump.Request), true
	case op.Ntf < 0:
		return 0, false
	}
	if strings.HasSuffix(op.Name, "-ntf") && op.CName == "" && !s.Generic() {
		return 0, false
	}
	return int64(op.Ntf), true
}
