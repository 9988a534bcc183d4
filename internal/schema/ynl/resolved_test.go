package ynl_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
)

// resolvedSpec is a file of shared/ynl/resolved: what the kernel's own tool
// makes of a spec.
type resolvedSpec struct {
	Name     string
	Protocol string
	ProtoNum *int
	Version  int
	Model    string         `json:"enum_model"`
	Consts   map[string]any `json:"consts"`
	Enums    map[string]struct {
		Type    string
		Entries map[string]json.Number
	}
	Structs map[string][]map[string]any
	Sets    map[string]map[string]map[string]any
	SubMsgs map[string]map[string]struct{ Header, Set *string } `json:"sub_messages"`
	Ops     map[string]struct {
		Req, Rsp    *int
		Modes       []string
		Header, Set *string
		Notify      *string
		Mcgrp       *string
		Reserved    bool
	}
	Mcast map[string]*int
}

// TestResolved holds the loader against the kernel's own tool, for every
// number, type and reference of every spec.
func TestResolved(t *testing.T) {
	for _, file := range kernelSpecs(t) {
		t.Run(stem(file), func(t *testing.T) {
			var want resolvedSpec
			readJSON(t, filepath.Join(shared(t), "resolved", stem(file)+".json"), &want)
			got := load(t, file, nil)
			diff(t, "spec", describeSpec(got), describeResolved(&want))
		})
	}
}

// diff compares two descriptions, line by line and in any order.
func diff(t *testing.T, what string, got, want []string) {
	t.Helper()
	count := map[string]int{}
	for _, l := range got {
		count[l]++
	}
	for _, l := range want {
		count[l]--
	}
	var lines []string
	for l, n := range count {
		if n > 0 {
			lines = append(lines, "got  "+l)
		} else if n < 0 {
			lines = append(lines, "want "+l)
		}
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][5:] < lines[j][5:] })
	if len(lines) > 0 {
		t.Errorf("%s: %d of %d lines differ:\n%s", what, len(lines), len(want), strings.Join(lines, "\n"))
	}
}

func describeSpec(s *schema.Spec) []string {
	out := []string{fmt.Sprintf("spec %s %s version %d %s", s.Name, s.Protocol, s.Version, s.Model)}
	for _, c := range s.Consts {
		if c.Text != "" {
			out = append(out, fmt.Sprintf("const %s = %s", c.Name, c.Text))
		} else {
			out = append(out, fmt.Sprintf("const %s = %d", c.Name, c.Num))
		}
	}
	for _, e := range s.Enums {
		for _, entry := range e.Entries {
			out = append(out, fmt.Sprintf("enum %s flags=%v %s = %d", e.Name, e.Flags, entry.Name, entry.Value))
		}
	}
	for i := range s.Structs {
		st := &s.Structs[i]
		for _, m := range st.Members {
			out = append(out, fmt.Sprintf("member %s.%s %s", st.Name, m.Name, describeMember(s, m.Row)))
		}
	}
	for i := range s.Sets {
		set := &s.Sets[i]
		for _, a := range set.Attrs {
			out = append(out, fmt.Sprintf("attr %s.%s = %d multi=%v nested=%s sub=%s selector=%q levels=%v %s", set.Name, a.Name, a.Num, a.Multi,
				nameOf(s.Set(a.Set)), nameOf(s.SubMsg(a.SubMsg)), a.Selector, a.Levels, describeRow(s, &a.Row)))
		}
	}
	for _, sub := range s.SubMsgs {
		for _, f := range sub.Formats {
			out = append(out, fmt.Sprintf("format %s.%s header=%s set=%s", sub.Name, f.Value, nameOf(s.Struct(f.Header)), nameOf(s.Set(f.Set))))
		}
	}
	for i := range s.Ops {
		out = append(out, describeOp(s, &s.Ops[i]))
	}
	for _, g := range s.Groups {
		out = append(out, fmt.Sprintf("group %s = %d", g.Name, g.Value))
	}
	return out
}

func describeOp(s *schema.Spec, op *schema.Op) string {
	var modes []string
	req, rsp := int32(-1), op.Ntf
	switch {
	case op.Notify != "":
		modes = append(modes, "notify")
	case op.Event:
		modes = append(modes, "event")
	default:
		if op.Dump.Has {
			req, rsp = op.Dump.Request, op.Dump.Reply
		}
		if op.Do.Has {
			req, rsp = op.Do.Request, op.Do.Reply
			modes = append(modes, "do")
		}
		if op.Dump.Has {
			modes = append(modes, "dump")
		}
	}
	if len(modes) == 0 {
		return "op " + op.Name + " reserved"
	}
	if !s.Generic() || s.Model == "directional" {
		return fmt.Sprintf("op %s req=%d rsp=%d %v header=%s set=%s notify=%s mcgrp=%s", op.Name, req, rsp, modes,
			nameOf(s.Struct(op.Header)), nameOf(s.Set(op.Set)), op.Notify, op.Group)
	}
	if req < 0 {
		req = rsp // unified: one number for both directions
	}
	return fmt.Sprintf("op %s req=%d rsp=%d %v header=%s set=%s notify=%s mcgrp=%s", op.Name, req, rsp, modes,
		nameOf(s.Struct(op.Header)), nameOf(s.Set(op.Set)), op.Notify, op.Group)
}

func describeRow(s *schema.Spec, r *schema.Row) string {
	kind, elem := r.Kind.String(), r.Elem.String()
	switch r.Kind {
	case schema.KindStruct, schema.KindScalarArray:
		kind = "binary"
	}
	if r.Elem == schema.KindNone {
		elem = ""
	}
	order := ""
	if r.BigEndian {
		order = "big-endian"
	}
	return fmt.Sprintf("%s sub-type=%s order=%s hint=%s enum=%s as-flags=%v struct=%s",
		kind, elem, order, r.Hint, nameOf(s.Enum(r.Enum)), r.AsFlags, nameOf(s.Struct(r.Struct)))
}

// describeMember leaves out what the record does not have of members.
func describeMember(s *schema.Spec, r schema.Row) string {
	r.AsFlags = false
	return describeRow(s, &r)
}

func nameOf(v any) string {
	switch v := v.(type) {
	case *schema.Set:
		if v != nil {
			return v.Name
		}
	case *schema.Struct:
		if v != nil {
			return v.Name
		}
	case *schema.Enum:
		if v != nil {
			return v.Name
		}
	case *schema.SubMsg:
		if v != nil {
			return v.Name
		}
	}
	return ""
}

func describeResolved(w *resolvedSpec) []string {
	out := []string{fmt.Sprintf("spec %s %s version %d %s", w.Name, w.Protocol, w.Version, w.Model)}
	for name, v := range w.Consts {
		out = append(out, fmt.Sprintf("const %s = %v", name, v))
	}
	for name, e := range w.Enums {
		for entry, v := range e.Entries {
			out = append(out, fmt.Sprintf("enum %s flags=%v %s = %s", name, e.Type == "flags", entry, v))
		}
	}
	for name, members := range w.Structs {
		for _, m := range members {
			out = append(out, fmt.Sprintf("member %s.%v %s", name, m["name"], describeMap(m)))
		}
	}
	for name, set := range w.Sets {
		for attr, a := range set {
			levels := []any{}
			if l, ok := a["type_value"].([]any); ok && a["type"] == "nest-type-value" {
				levels = l
			}
			out = append(out, fmt.Sprintf("attr %s.%s = %v multi=%v nested=%s sub=%s selector=%q levels=%v %s", name, attr, a["value"],
				a["multi"] == true, str(a["nested"]), str(a["sub_message"]), str(a["selector"]), levels, describeMap(a)))
		}
	}
	for name, sub := range w.SubMsgs {
		for value, f := range sub {
			out = append(out, fmt.Sprintf("format %s.%s header=%s set=%s", name, value, deref(f.Header), deref(f.Set)))
		}
	}
	for name, op := range w.Ops {
		if op.Reserved {
			out = append(out, "op "+name+" reserved")
			continue
		}
		req, rsp := -1, -1
		if op.Req != nil {
			req = *op.Req
		}
		if op.Rsp != nil {
			rsp = *op.Rsp
		}
		out = append(out, fmt.Sprintf("op %s req=%d rsp=%d %v header=%s set=%s notify=%s mcgrp=%s", name, req, rsp, op.Modes,
			deref(op.Header), deref(op.Set), deref(op.Notify), deref(op.Mcgrp)))
	}
	for name, v := range w.Mcast {
		n := 0
		if v != nil {
			n = *v
		}
		out = append(out, fmt.Sprintf("group %s = %d", name, n))
	}
	return out
}

func describeMap(m map[string]any) string {
	return fmt.Sprintf("%s sub-type=%s order=%s hint=%s enum=%s as-flags=%v struct=%s", str(m["type"]), str(m["sub_type"]),
		str(m["byte_order"]), str(m["hint"]), str(m["enum"]), m["as_flags"] == true, str(m["struct"]))
}

func str(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestStructSizes holds the layout of structs against sizeof in C, for those
// where packing and alignment differ (structcheck.txt). Corrected specs must
// agree with the C compiler everywhere.
func TestStructSizes(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(shared(t), "structcheck.txt"))
	if err != nil {
		t.Fatal(err)
	}
	errata := loadErrata(t)
	specs := map[string]*schema.Spec{}
	for _, file := range kernelSpecs(t) {
		specs[stem(file)] = load(t, file, errata)
	}
	n := 0
	for _, line := range strings.Split(string(data), "\n") {
		var family, name string
		var size, packed, natural int32
		if _, err := fmt.Sscanf(line, "SIZE %s %s sizeof %d packed %d natural %d", &family, &name, &size, &packed, &natural); err != nil {
			continue
		}
		n++
		st := specs[family].FindStruct(name)
		if st == nil {
			t.Errorf("%s has no struct %s", family, name)
		} else if st.Size != size {
			t.Errorf("%s.%s: got %d bytes, want %d (sizeof in C)", family, name, st.Size, size)
		}
	}
	if n < 10 {
		t.Errorf("only %d structs compared", n)
	}
}
