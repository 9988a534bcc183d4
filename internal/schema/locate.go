package schema

import (
	"fmt"

	"github.com/nlsh/nlsh/internal/wire"
)

// Located is what lies at an offset of a message.
type Located struct {
	Path  string
	Attr  *Attr // nil for a member of the fixed header and for unknown attributes
	Val   Value
	Exact bool // the offset is that of the attribute's header, not inside it
}

// Locate finds the attribute or header member that the offset off, counted
// from the start of Data, belongs to: the innermost one whose header starts at or
// before it. Offsets between the parts belong to nothing.
func (m *Msg) Locate(off int) (Located, bool) {
	if off < m.headerLen() {
		return m.locateMember(off)
	}
	it := wire.WalkAttrs(m.AttrBytes())
	for base := m.headerLen(); it.Next(); {
		start := base + it.Attr.Off
		end := start + wire.AttrHeaderLen + len(it.Attr.Data)
		if off < start || off >= max(end, start+1) {
			continue
		}
		return m.locateAttr(it.Attr, off-start), true
	}
	return Located{}, false
}

func (m *Msg) locateMember(off int) (Located, bool) {
	if m.Header == nil {
		return Located{}, false
	}
	for i := range m.Header.Members {
		mem := &m.Header.Members[i]
		end := int(mem.Off + mem.Size)
		if mem.Kind == KindPad || off < int(mem.Off) || mem.Size != 0 && off >= end {
			continue
		}
		v, ok := m.Member(mem)
		return Located{Path: mem.Key, Val: v, Exact: off == int(mem.Off)}, ok
	}
	return Located{}, false
}

// locateAttr descends into an attribute; rel counts from its header.
func (m *Msg) locateAttr(raw wire.Attr, rel int) Located {
	var a *Attr
	if m.Set != nil {
		a = m.Set.ByNum(raw.Num())
	}
	if a == nil {
		return Located{Path: fmt.Sprintf("[%d]", raw.Num()), Val: BytesValue(raw.Data), Exact: rel == 0}
	}
	here := Located{Path: a.Key, Attr: a, Val: m.decode(a, raw.Data), Exact: rel == 0}
	if rel >= wire.AttrHeaderLen {
		if in, ok := m.inside(here.Val, a, raw.Data, rel-wire.AttrHeaderLen); ok {
			in.Path = join(here.Path, in.Path)
			return in
		}
	}
	return here
}

// inside looks for off within the value of an attribute whose payload is data.
func (m *Msg) inside(v Value, a *Attr, data []byte, off int) (Located, bool) {
	switch {
	case v.Msg() != nil:
		return v.Msg().Locate(off)
	case (a.Kind == KindIndexedArray || a.Kind == KindNestTypeValue) && (v.Kind() == Fields || a.Unnumbered && v.Kind() == List):
		return entryAt(v, data, off)
	case a.Kind == KindRecords && v.Kind() == List:
		start := 0
		for i, rec := range v.List() {
			n := len(rec.Msg().Data)
			if off >= start && off < start+n {
				in, ok := rec.Msg().Locate(off - start)
				in.Path = join(fmt.Sprintf("[%d]", i), in.Path)
				return in, ok
			}
			start += wire.Align(n)
		}
	}
	return Located{}, false
}

func entryAt(v Value, data []byte, off int) (Located, bool) {
	it := wire.WalkAttrs(data)
	for i := 0; it.Next(); i++ {
		start := it.Attr.Off
		if off < start || off >= start+wire.AttrHeaderLen+len(it.Attr.Data) {
			continue
		}
		elem, path := Value{}, fmt.Sprintf("[%d]", it.Attr.Num())
		if v.Kind() == List { // by position: the numbers say nothing
			elem, path = v.List()[i], fmt.Sprintf("[%d]", i)
		} else {
			elem = v.Fields()[i].Val
		}
		if rel := off - start - wire.AttrHeaderLen; rel >= 0 {
			in, ok := Located{}, false
			switch {
			case elem.Msg() != nil:
				in, ok = elem.Msg().Locate(rel)
			case elem.Kind() == Fields && elem.Fields() != nil && elem.Fields()[0].HasNum: // a level more
				in, ok = entryAt(elem, it.Attr.Data, rel)
			}
			if ok {
				in.Path = join(path, in.Path)
				return in, true
			}
		}
		return Located{Path: path, Val: elem, Exact: off == start}, true
	}
	return Located{}, false
}

// join is the path of what is inside: "a.b", but "a[1]".
func join(path, inner string) string {
	if inner != "" && inner[0] != '[' {
		return path + "." + inner
	}
	return path + inner
}
