package ynl_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

func newReader(data []byte) io.Reader { return bytes.NewReader(data) }

// plain turns a JSON scalar into what schema.Of takes.
func plain(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if u, err := strconv.ParseUint(n.String(), 10, 64); err == nil {
		return u
	}
	i, _ := n.Int64()
	return i
}

// compare holds a decoded message against the record's decoding of the same
// bytes. The record has header and attributes in one dictionary, where the
// header wins.
func compare(t *testing.T, path string, spec *schema.Spec, m *schema.Msg, want object) {
	t.Helper()
	got := map[string][]schema.Value{}
	multi := map[string]bool{}
	for _, f := range m.Fields() {
		switch {
		case f.Header:
			got[f.Name] = []schema.Value{f.Val}
			multi[f.Name] = false
			continue
		case exactMember(m.Header, f.Name) != nil:
			continue
		case f.Name == "":
			f.Name = fmt.Sprint(f.Type &^ (wire.Nested | wire.NetOrder)) // unknown attributes go by number
		}
		if a := m.Set.Find(f.Name); a != nil && a.Multi {
			multi[f.Name] = true
		} else {
			got[f.Name] = nil // the last one wins
		}
		got[f.Name] = append(got[f.Name], f.Val)
	}
	for _, w := range want {
		vals, ok := got[w.key]
		delete(got, w.key)
		switch list, isList := w.val.([]any); {
		case !ok:
			t.Errorf("%s.%s: got nothing, want %v", path, w.key, w.val)
		case multi[w.key] && isList:
			if len(list) != len(vals) {
				t.Errorf("%s.%s: got %d values, want %d", path, w.key, len(vals), len(list))
				continue
			}
			for i := range list {
				same(t, fmt.Sprintf("%s.%s[%d]", path, w.key, i), spec, rowAt(m, w.key), vals[i], list[i])
			}
		default:
			same(t, path+"."+w.key, spec, rowAt(m, w.key), vals[len(vals)-1], w.val)
		}
	}
	for name, v := range got {
		t.Errorf("%s.%s: got %v, want nothing", path, name, v)
	}
}

// exactMember finds a member by its whole name; the record knows no shortened ones.
func exactMember(st *schema.Struct, name string) *schema.Member {
	if st == nil {
		return nil
	}
	for i := range st.Members {
		if st.Members[i].Name == name {
			return &st.Members[i]
		}
	}
	return nil
}

func rowAt(m *schema.Msg, name string) *schema.Row {
	if mem := exactMember(m.Header, name); mem != nil {
		return &mem.Row
	}
	if m.Set != nil {
		if a := m.Set.Find(name); a != nil {
			return &a.Row
		}
	}
	return &schema.Row{}
}

// same compares one value with its record.
func same(t *testing.T, path string, spec *schema.Spec, r *schema.Row, got schema.Value, want any) {
	t.Helper()
	switch w := want.(type) {
	case object:
		if got.Kind() == schema.Message {
			compare(t, path, spec, got.Msg(), w)
			return
		}
		sameFields(t, path, spec, r, got.Fields(), w)
		return
	case []any:
		if got.Kind() == schema.Fields {
			sameEntries(t, path, spec, r, got.Fields(), w)
			return
		}
		list := got.List()
		if got.Kind() == schema.FlagSet {
			if g, w := flagNames(list), recordedFlags(w); g != w {
				t.Errorf("%s: got flags %s, want %s", path, g, w)
			}
			return
		}
		if len(list) != len(w) {
			t.Errorf("%s: got %v, want %v", path, got, want)
			return
		}
		for i := range w {
			same(t, fmt.Sprintf("%s[%d]", path, i), spec, r, list[i], w[i])
		}
		return
	}
	if !sameLeaf(got, want) {
		t.Errorf("%s: got %v, want %v", path, got, want)
	}
}

// flagNames writes a set of flags in alphabetical order.
func flagNames(list []schema.Value) string {
	var names []string
	for _, v := range list {
		if v.Kind() == schema.Text {
			names = append(names, v.Text())
		} else {
			names = append(names, fmt.Sprintf("bit %d", bits.TrailingZeros64(v.Uint64())))
		}
	}
	sort.Strings(names)
	return strings.Join(names, " ")
}

// recordedFlags does the same for the record, where a bit without a name is
// Unknown(number) and nothing is in order.
func recordedFlags(list []any) string {
	var names []string
	for _, v := range list {
		name := fmt.Sprint(v)
		if n, ok := strings.CutPrefix(name, "Unknown("); ok {
			name = "bit " + strings.TrimSuffix(n, ")")
		}
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, " ")
}

// sameFields compares bitfields, and arrays that the record writes as objects.
func sameFields(t *testing.T, path string, spec *schema.Spec, r *schema.Row, got []schema.Field, want object) {
	t.Helper()
	if raw, ok := want.get("?raw"); ok && len(want) > 0 {
		t.Errorf("%s: got fields, want raw %v", path, raw)
		return
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %d entries, want %d", path, len(got), len(want))
		return
	}
	for i, f := range got {
		key := f.Name
		if key == "" {
			key = fmt.Sprint(f.Type &^ (wire.Nested | wire.NetOrder))
		}
		if w := want[i]; w.key != key {
			t.Errorf("%s: got key %s, want %s", path, key, w.key)
		} else {
			same(t, path+"."+key, spec, r, f.Val, w.val)
		}
	}
}

// sameEntries compares indexed arrays: [{index: value}] where elements are
// nests, a plain list otherwise.
func sameEntries(t *testing.T, path string, spec *schema.Spec, r *schema.Row, got []schema.Field, want []any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %d entries, want %d", path, len(got), len(want))
		return
	}
	for i, f := range got {
		w := want[i]
		index := fmt.Sprint(f.Type &^ (wire.Nested | wire.NetOrder))
		if obj, ok := w.(object); ok && len(obj) == 1 && obj[0].key == index {
			w = obj[0].val
		}
		same(t, path+"["+index+"]", spec, r, f.Val, w)
	}
}

func sameLeaf(got schema.Value, want any) bool {
	switch w := want.(type) {
	case bool, nil:
		return got.Kind() == schema.Bool && got.Uint64() == 1
	case json.Number:
		return got.Kind() != schema.Text && got.String() == w.String()
	case string:
		switch got.Kind() {
		case schema.Text:
			return got.Text() == w || strings.TrimRight(got.Text(), "\x00") == w
		case schema.Bytes:
			b, err := hex.DecodeString(strings.ReplaceAll(w, " ", ""))
			return err == nil && bytes.Equal(b, got.Bytes())
		case schema.Uint, schema.Int:
			n, err := strconv.ParseInt(w, 0, 64)
			u, uerr := strconv.ParseUint(w, 0, 64)
			return err == nil && n == got.Int64() || uerr == nil && u == got.Uint64()
		}
	}
	return false
}

// recode takes a message apart to the last leaf, encodes every leaf by its row
// and every level from its parts, and wants the same bytes.
func recode(t *testing.T, path string, m *schema.Msg) {
	t.Helper()
	fields := m.Fields()
	for i, f := range fields {
		fields[i].Val = takeApart(t, path+"."+f.Name, f.Val)
	}
	var b wire.Builder
	enc := schema.Encoder{Spec: m.Spec, Out: &b}
	if err := enc.Body(m.Header, m.Set, m.Payload, fields); err != nil {
		t.Errorf("%s: re-encode: %v", path, err)
		return
	}
	if got, want := b.Bytes(), m.Data; !bytes.Equal(got, want) && !samePadding(got, want) {
		t.Errorf("%s: re-encode:\ngot  %x\nwant %x", path, got, want)
	}
}

// samePadding forgives what no row can know: that the last attribute, or a
// struct, came without its padding.
func samePadding(got, want []byte) bool {
	return len(got) > len(want) && len(got)-len(want) < 4 && bytes.Equal(got[:len(want)], want) &&
		len(bytes.Trim(got[len(want):], "\x00")) == 0
}

// takeApart turns messages inside a value into plain fields, so that encoding
// cannot copy their bytes.
func takeApart(t *testing.T, path string, v schema.Value) schema.Value {
	switch v.Kind() {
	case schema.Message:
		m := v.Msg()
		if m.Set == nil && m.Payload == schema.KindNone && m.Header != nil && len(m.Data) != int(m.Header.Size) && !hasTail(m) {
			return v // shorter or longer than the struct: only as it is
		}
		fields := m.Fields()
		for i := range fields {
			fields[i].Val = takeApart(t, path+"."+fields[i].Name, fields[i].Val)
		}
		return schema.FieldsValue(fields)
	case schema.List:
		list := append([]schema.Value(nil), v.List()...)
		for i := range list {
			list[i] = takeApart(t, path, list[i])
		}
		return schema.ListValue(list)
	case schema.Fields:
		fields := append([]schema.Field(nil), v.Fields()...)
		for i := range fields {
			fields[i].Val = takeApart(t, path, fields[i].Val)
		}
		return schema.FieldsValue(fields)
	}
	return v
}

func hasTail(m *schema.Msg) bool {
	n := len(m.Header.Members)
	return n > 0 && m.Header.Members[n-1].Size == 0 && len(m.Data) >= int(m.Header.Size)
}
