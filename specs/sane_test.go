package specs_test

import (
	"reflect"
	"sort"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
	"github.com/nlsh/nlsh/specs"
)

func TestFind(t *testing.T) {
	if len(specs.All()) < 7 {
		t.Errorf("only %d specs", len(specs.All()))
	}
	for _, s := range specs.All() {
		if specs.Find(s.Name) != s {
			t.Errorf("%s is not found, or comes twice", s.Name)
		}
	}
	if specs.Find("no-such") != nil {
		t.Error("found what is not there")
	}
	if _, err := ynl.LoadErrata(specs.Errata(), "errata.yaml"); err != nil {
		t.Error(err)
	}
}

// TestSane holds the tables to what their users take for granted.
func TestSane(t *testing.T) {
	for _, s := range specs.All() {
		t.Run(s.Name, func(t *testing.T) {
			if s.Doc == "" || s.Source == "" {
				t.Error("no doc or no source")
			}
			for i := range s.Sets {
				saneSet(t, &s.Sets[i])
			}
			for i := range s.Ops {
				saneOp(t, s, &s.Ops[i])
			}
			reached := reach(s)
			lost := func(what, name string, part any) {
				if !reached[part] && elsewhere[s.Name+" *"] == "" && elsewhere[s.Name+" "+name] == "" {
					t.Errorf("no operation leads to the %s %s", what, name)
				}
			}
			for i := range s.Sets {
				lost("set", s.Sets[i].Name, &s.Sets[i])
			}
			for i := range s.Structs {
				lost("struct", s.Structs[i].Name, &s.Structs[i])
			}
			for i := range s.Enums {
				lost("enum", s.Enums[i].Name, &s.Enums[i])
			}
		})
	}
}

func saneSet(t *testing.T, set *schema.Set) {
	t.Helper()
	if !sort.SliceIsSorted(set.Attrs, func(i, j int) bool { return set.Attrs[i].Num < set.Attrs[j].Num }) {
		t.Errorf("%s is not sorted by number", set.Name)
	}
	if len(set.ByKey) != len(set.Attrs) {
		t.Fatalf("%s: %d keys of %d attributes", set.Name, len(set.ByKey), len(set.Attrs))
	}
	for i := range set.ByKey {
		if i > 0 && set.Attrs[set.ByKey[i-1]].Key >= set.Attrs[set.ByKey[i]].Key {
			t.Errorf("%s is not sorted by key at %s", set.Name, set.Attrs[set.ByKey[i]].Key)
		}
		a := &set.Attrs[i]
		if set.ByNum(a.Num) != a || set.Find(a.Key) != a || set.Find(a.Name) != a || a.Key != schema.Key(a.Name) {
			t.Errorf("%s.%s is not found by its number, key and name", set.Name, a.Name)
		}
	}
}

func saneOp(t *testing.T, s *schema.Spec, op *schema.Op) {
	t.Helper()
	if op.Doc == "" {
		t.Errorf("%s: no doc", op.Name)
	}
	if !op.Do.Has && !op.Dump.Has && op.Ntf < 0 {
		t.Errorf("%s: neither do nor dump nor a notification", op.Name)
	}
	for what, list := range map[string][]string{"request": append(append([]string{}, op.Do.ReqAttrs...), op.Dump.ReqAttrs...),
		"reply": append(append([]string{}, op.Do.ReplyAttrs...), op.Dump.ReplyAttrs...)} {
		for _, name := range list {
			found := false
			for _, set := range []*schema.Set{s.Set(op.Set), s.RequestSet(op, &op.Do), s.RequestSet(op, &op.Dump)} {
				found = found || set != nil && set.Find(name) != nil
			}
			if !found && (s.Struct(op.Header) == nil || s.Struct(op.Header).Find(name) == nil) {
				t.Errorf("%s: its %s lists %q, which is in no set of it", op.Name, what, name)
			}
		}
	}
	if op.Group != "" {
		for i := range s.Groups {
			if s.Groups[i].Name == op.Group {
				return
			}
		}
		t.Errorf("%s: there is no group %s", op.Name, op.Group)
	}
}

// reach collects the sets, structs and enums that operations lead to.
func reach(s *schema.Spec) map[any]bool {
	seen := map[any]bool{}
	var set func(schema.Ref)
	var structure func(schema.Ref)
	row := func(r *schema.Row) {
		if e := s.Enum(r.Enum); e != nil {
			seen[e] = true
		}
		structure(r.Struct)
	}
	structure = func(ref schema.Ref) {
		st := s.Struct(ref)
		if st == nil || seen[st] {
			return
		}
		seen[st] = true
		for i := range st.Members {
			row(&st.Members[i].Row)
		}
	}
	set = func(ref schema.Ref) {
		if s.Set(ref) == nil || seen[s.Set(ref)] {
			return
		}
		seen[s.Set(ref)] = true
		for i := range s.Set(ref).Attrs {
			a := &s.Set(ref).Attrs[i]
			row(&a.Row)
			set(a.Set)
			if sub := s.SubMsg(a.SubMsg); sub != nil {
				for _, f := range sub.Formats {
					structure(f.Header)
					set(f.Set)
				}
			}
		}
	}
	for i := range s.Ops {
		op := &s.Ops[i]
		set(op.Set)
		set(op.Do.ReqSet)
		set(op.Dump.ReqSet)
		structure(op.Header)
	}
	return seen
}

// docs calls f with every doc in v.
func docs(v reflect.Value, f func(string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "Doc" {
				f(v.Field(i).String())
			} else {
				docs(v.Field(i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			docs(v.Index(i), f)
		}
	}
}
