package specs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/specs"
)

// shared is the folder with the kernel's specs. It is not part of the project:
// tests that need it skip where it is absent.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("NLSH_SHARED")
	if dir == "" {
		dir = "../../shared"
	}
	dir = filepath.Join(dir, "ynl")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("kernel specs: %v (set NLSH_SHARED)", err)
	}
	return dir
}

// TestOwnWords: names and numbers are facts, sentences are someone's. No doc of
// ours with more than five words is one of the kernel's.
func TestOwnWords(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared(t), "specs", "*.yaml"))
	theirs := map[string]string{}
	var collect func(file string, n *yaml.Node)
	collect = func(file string, n *yaml.Node) {
		for i, c := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == "doc" {
				theirs[plainWords(c.Value)] = fmt.Sprintf("%s:%d", filepath.Base(file), c.Line)
			}
			collect(file, c)
		}
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		collect(file, &doc)
	}
	n := 0
	for _, s := range specs.All() {
		docs(reflect.ValueOf(*s), func(doc string) {
			if len(strings.Fields(doc)) <= 5 {
				return
			}
			n++
			if at := theirs[plainWords(doc)]; at != "" {
				t.Errorf("%s: %q is copied from %s", s.Name, doc, at)
			}
		})
	}
	if t.Logf("%d docs, %d of the kernel", n, len(theirs)); n < 100 || len(theirs) < 500 {
		t.Error("too few docs compared")
	}
}

// plainWords is text without case, punctuation and line ends.
func plainWords(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') }), " ")
}

// resolved is a file of shared/ynl/resolved: what the kernel's own tool makes of
// a spec.
type resolved struct {
	ProtoNum *int
	Consts   map[string]any
	Enums    map[string]struct{ Entries map[string]int64 }
	Structs  map[string][]row
	Sets     map[string]map[string]row
	SubMsgs  map[string]map[string]struct{ Header, Set *string } `json:"sub_messages"`
	Ops      map[string]struct{ Req, Rsp *int32 }
	Mcast    map[string]*int32
}

type row struct {
	Name, Type, Enum, Struct, Nested, Hint, Selector string
	Value                                            uint16
	SubType                                          string `json:"sub_type"`
	Order                                            string `json:"byte_order"`
	Sub                                              string `json:"sub_message"`
	Multi                                            bool
	AsFlags                                          bool `json:"as_flags"`
}

// TestKernelSpecs: what the kernel's spec has, ours has, with the same numbers
// and types, but for the deviations that have a reason.
func TestKernelSpecs(t *testing.T) {
	used := map[string]bool{}
	for _, s := range specs.All() {
		data, err := os.ReadFile(filepath.Join(shared(t), "resolved", s.Name+".json"))
		if err != nil {
			continue // a family of which the kernel has no spec
		}
		t.Run(s.Name, func(t *testing.T) {
			var want resolved
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			for where, diff := range differences(s, &want) {
				key := s.Name + " " + where
				if all := key[:max(0, strings.LastIndexByte(key, '.'))] + ".*"; deviations[all] != "" {
					key = all
				}
				if deviations[key] == "" {
					t.Errorf("%s: %s", key, diff)
				}
				used[key] = true
			}
		})
	}
	for key := range deviations {
		if !used[key] {
			t.Errorf("%s is no deviation (any more)", key)
		}
	}
}

// differences are the places where a spec of ours lacks something of the
// kernel's, or has it otherwise.
func differences(s *schema.Spec, want *resolved) map[string]string {
	diff := map[string]string{}
	say := func(where, format string, args ...any) { diff[where] = fmt.Sprintf(format, args...) }
	for name, e := range want.Enums {
		ours := s.FindEnum(name)
		for entry, v := range e.Entries {
			if ours == nil {
				say("enum "+name, "missing")
			} else if got, ok := ours.ValueOf(entry); !ok || got != v {
				say("enum "+name+"."+entry, "got %d, %v, want %d", got, ok, v)
			}
		}
	}
	for name, members := range want.Structs {
		ours := s.FindStruct(name)
		if ours == nil {
			say("struct "+name, "missing")
			continue
		}
		if len(ours.Members) != len(members) {
			say("struct "+name, "got %d members, want %d", len(ours.Members), len(members))
		}
		for i, m := range members {
			if i >= len(ours.Members) || ours.Members[i].Name != m.Name {
				say(name+"."+m.Name, "missing, or elsewhere")
			} else if d := m.differs(s, &ours.Members[i].Row); d != "" {
				say(name+"."+m.Name, "%s", d)
			}
		}
	}
	setsDiffer(s, want, say)
	for name, op := range want.Ops {
		if ours := s.FindOp(name); ours == nil {
			say("operation "+name, "missing")
		} else if d := numbersDiffer(ours, op.Req, op.Rsp); d != "" {
			say("operation "+name, "%s", d)
		}
	}
	for name, num := range want.Mcast {
		if num != nil && !hasGroup(s, name, *num) {
			say("group "+name, "missing, or not %d", *num)
		}
	}
	formatsDiffer(s, want, say)
	return diff
}

func setsDiffer(s *schema.Spec, want *resolved, say func(where, format string, args ...any)) {
	for name, attrs := range want.Sets {
		ours := s.FindSet(name)
		if ours == nil {
			say("set "+name, "missing")
			continue
		}
		for attr, a := range attrs {
			if got := ours.Find(attr); got == nil {
				say(name+"."+attr, "missing, number %d", a.Value)
			} else if got.Num != a.Value {
				say(name+"."+attr, "got number %d, want %d", got.Num, a.Value)
			} else if d := a.attrDiffers(s, got); d != "" {
				say(name+"."+attr, "%s", d)
			}
		}
	}
}

func formatsDiffer(s *schema.Spec, want *resolved, say func(where, format string, args ...any)) {
	for name, formats := range want.SubMsgs {
		for value, f := range formats {
			where, found := "sub-message "+name+"."+value, false
			for i := range s.SubMsgs {
				for _, ours := range s.SubMsgs[i].Formats {
					if s.SubMsgs[i].Name == name && ours.Value == value {
						found = true
						if set := s.Set(ours.Set); f.Set != nil && (set == nil || set.Name != *f.Set) {
							say(where, "another set, want %s", *f.Set)
						}
					}
				}
			}
			if !found {
				say(where, "missing")
			}
		}
	}
}

func hasGroup(s *schema.Spec, name string, num int32) bool {
	for _, g := range s.Groups {
		if g.Name == name {
			return g.Value == num
		}
	}
	return false
}

// numbersDiffer compares what the record has of an operation: of do and dump it
// keeps one.
func numbersDiffer(op *schema.Op, req, rsp *int32) string {
	has := func(n *int32, of ...int32) bool {
		for _, v := range of {
			if n == nil || *n == v {
				return true
			}
		}
		return false
	}
	if !has(req, op.Do.Request, op.Dump.Request) || !has(rsp, op.Do.Reply, op.Dump.Reply, op.Ntf) {
		return fmt.Sprintf("got %+v %+v %d, want %v, %v", op.Do, op.Dump, op.Ntf, *req, *rsp)
	}
	return ""
}

// differs compares types. Ours may know more: an enum, a hint, a struct for bytes.
func (r row) differs(s *schema.Spec, ours *schema.Row) string {
	got := row{Type: ours.Kind.String(), Enum: r.Enum, Struct: r.Struct, Hint: r.Hint, SubType: r.SubType}
	if ours.Kind == schema.KindStruct || ours.Kind == schema.KindScalarArray {
		got.Type = "binary"
	}
	if r.Enum != "" {
		got.Enum = nameOf(s.Enum(ours.Enum) == nil, func() string { return s.Enum(ours.Enum).Name })
	}
	if r.Struct != "" {
		got.Struct = nameOf(s.Struct(ours.Struct) == nil, func() string { return s.Struct(ours.Struct).Name })
	}
	if r.Hint != "" {
		got.Hint = ours.Hint.String()
	}
	if r.SubType != "" {
		got.SubType = ours.Elem.String()
	}
	if ours.BigEndian {
		got.Order = "big-endian"
	}
	want := row{Type: r.Type, Enum: r.Enum, Struct: r.Struct, Hint: r.Hint, SubType: r.SubType, Order: r.Order}
	if got != want {
		return fmt.Sprintf("got %+v, want %+v", got, want)
	}
	return ""
}

func (r row) attrDiffers(s *schema.Spec, a *schema.Attr) string {
	if d := r.differs(s, &a.Row); d != "" {
		return d
	}
	set := nameOf(s.Set(a.Set) == nil, func() string { return s.Set(a.Set).Name })
	sub := nameOf(s.SubMsg(a.SubMsg) == nil, func() string { return s.SubMsg(a.SubMsg).Name })
	if set != r.Nested || sub != r.Sub || a.Selector != r.Selector || a.Multi != r.Multi {
		return fmt.Sprintf("got nest of %q, sub-message %q by %q, multi %v, want %q, %q by %q, %v", set, sub, a.Selector, a.Multi, r.Nested, r.Sub, r.Selector, r.Multi)
	}
	return ""
}

func nameOf(none bool, name func() string) string {
	if none {
		return ""
	}
	return name()
}
