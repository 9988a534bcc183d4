package ynl_test

import (
	"fmt"

	"github.com/nlsh/nlsh/internal/schema"
)

// valid walks a spec and reports what no loaded spec may have: a reference to
// nothing, a set out of order, a member outside its struct.
func valid(s *schema.Spec) error {
	in := func(what string, r schema.Ref, n int) error {
		if r < 0 || int(r) > n {
			return fmt.Errorf("%s: reference %d of %d", what, r, n)
		}
		return nil
	}
	row := func(what string, r *schema.Row) error {
		if err := in(what, r.Enum, len(s.Enums)); err != nil {
			return err
		}
		if (r.Kind == schema.KindStruct || r.Elem == schema.KindStruct) && r.Struct == 0 || r.Len < 0 {
			return fmt.Errorf("%s: %s of struct %d, length %d", what, r.Kind, r.Struct, r.Len)
		}
		return in(what, r.Struct, len(s.Structs))
	}
	for i := range s.Sets {
		set := &s.Sets[i]
		for j := range set.Attrs {
			a := &set.Attrs[j]
			what := set.Name + "." + a.Name
			switch {
			case row(what, &a.Row) != nil:
				return row(what, &a.Row)
			case in(what, a.Set, len(s.Sets)) != nil || in(what, a.SubMsg, len(s.SubMsgs)) != nil:
				return fmt.Errorf("%s: set %d, sub-message %d", what, a.Set, a.SubMsg)
			case j > 0 && set.Attrs[j-1].Num >= a.Num:
				return fmt.Errorf("%s: not sorted by number", what)
			case j > 0 && set.Attrs[set.ByKey[j-1]].Key >= set.Attrs[set.ByKey[j]].Key:
				return fmt.Errorf("%s: not sorted by key", what)
			case set.ByNum(a.Num) != a || set.Find(a.Key) != a:
				return fmt.Errorf("%s: not found by number and key", what)
			case a.Kind == schema.KindNest && a.Set == 0, a.Kind == schema.KindSubMessage && a.SubMsg == 0,
				a.Kind == schema.KindNestTypeValue && (a.Set == 0 || len(a.Levels) == 0):
				return fmt.Errorf("%s: a %s of nothing", what, a.Kind)
			case a.Kind == schema.KindRecords && (a.Struct == 0 || s.Struct(a.Struct).Find(a.LengthMember) == nil):
				return fmt.Errorf("%s: records without a length", what)
			}
		}
	}
	for i := range s.Structs {
		if err := validStruct(s, &s.Structs[i], row); err != nil {
			return err
		}
	}
	for i := range s.Ops {
		op := &s.Ops[i]
		if in(op.Name, op.Set, len(s.Sets)) != nil || in(op.Name, op.Header, len(s.Structs)) != nil ||
			in(op.Name, op.Do.ReqSet, len(s.Sets)) != nil || in(op.Name, op.Dump.ReqSet, len(s.Sets)) != nil {
			return fmt.Errorf("%s: a reference to nothing", op.Name)
		}
	}
	return nil
}

func validStruct(s *schema.Spec, st *schema.Struct, row func(string, *schema.Row) error) error {
	end := int32(0)
	for j := range st.Members {
		m := &st.Members[j]
		what := st.Name + "." + m.Name
		switch {
		case row(what, &m.Row) != nil:
			return row(what, &m.Row)
		case m.Off < end || m.Size < 0 || m.Off+m.Size > st.Size:
			return fmt.Errorf("%s: %d bytes at %d, the last one ended at %d, the struct has %d", what, m.Size, m.Off, end, st.Size)
		case m.Size == 0 && j < len(st.Members)-1:
			return fmt.Errorf("%s: no size, and not the last", what)
		case m.Count != "" && st.Find(m.Count) == nil:
			return fmt.Errorf("%s: no member %s", what, m.Count)
		}
		end = m.Off + m.Size
	}
	return nil
}
