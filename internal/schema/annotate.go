package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nlsh/nlsh/internal/wire"
)

// Piece is a run of bytes of a message and what it is.
type Piece struct {
	Off, Len int    // counted from the start of Data
	Path     string // of the member or attribute; "" for padding and what makes no sense
	What     string // `= "lo"`, "length 8, type 3", "padding", "malformed: ..."

	// Of a value only: it, its row, and the message that it is in.
	Row *Row
	Val Value
	In  *Msg
}

// Annotate explains every byte of the message, in order and without gaps:
// header members, attribute headers, payloads, padding, and what is malformed.
func (m *Msg) Annotate(fn func(Piece)) { m.annotate(&annotator{fn}, 0, "") }

type annotator struct{ fn func(Piece) }

// put hands over a piece, unless it is empty.
func (w *annotator) put(off, n int, path, what string) {
	if n > 0 {
		w.fn(Piece{Off: off, Len: n, Path: path, What: what})
	}
}

// explain hands over a value of m.
func (m *Msg) explain(w *annotator, off, n int, path string, r *Row, v Value) {
	if n > 0 {
		w.fn(Piece{Off: off, Len: n, Path: path, What: equals(v), Row: r, Val: v, In: m})
	}
}

func (m *Msg) annotate(w *annotator, base int, path string) {
	m.annotateHeader(w, base, path)
	rest, at := m.AttrBytes(), base+m.headerLen()
	switch {
	case m.Payload != KindNone:
		w.put(at, len(rest), joinName(path, "payload"), equals(m.rest()))
	case m.Set == nil:
		w.put(at, len(rest), "", "unknown")
	default:
		m.annotateAttrs(w, rest, at, func(a wire.Attr, at int) { m.annotateAttr(w, a, at, path) })
	}
}

// annotateHeader explains the fixed header, of which a part may be missing.
func (m *Msg) annotateHeader(w *annotator, base int, path string) {
	h, at := m.HeaderBytes(), 0
	if m.Header == nil {
		return
	}
	for i := range m.Header.Members {
		mem := &m.Header.Members[i]
		end := int(mem.Off + mem.Size)
		if mem.Size == 0 {
			end = len(h)
		}
		if end > len(h) {
			break
		}
		w.put(base+at, int(mem.Off)-at, "", "padding")
		at = max(at, end)
		v, ok := m.Member(mem)
		switch {
		case mem.Kind == KindPad || !ok:
			w.put(base+int(mem.Off), end-int(mem.Off), "", "padding")
		case v.Msg() != nil:
			v.Msg().annotate(w, base+int(mem.Off), joinName(path, mem.Key))
		default:
			m.explain(w, base+int(mem.Off), end-int(mem.Off), joinName(path, mem.Key), m.Effective(mem), v)
		}
	}
	what := "padding"
	switch {
	case len(h) < int(m.Header.Size):
		what = fmt.Sprintf("malformed: %s has %d bytes, want %d", m.Header.Name, len(h), m.Header.Size)
		if at == len(h) { // nothing is left to say it of
			return
		}
	case m.Set == nil && m.Payload == KindNone && len(h) > int(m.Header.Size):
		what = "unknown"
	}
	w.put(base+at, len(h)-at, "", what)
}

// annotateAttrs walks attributes; each explains its own bytes, padding and
// what cannot be walked are explained here.
func (m *Msg) annotateAttrs(w *annotator, buf []byte, base int, each func(a wire.Attr, at int)) {
	it, end := wire.WalkAttrs(buf), 0
	for it.Next() {
		each(it.Attr, base+it.Attr.Off)
		n := it.Attr.Off + wire.AttrHeaderLen + len(it.Attr.Data)
		end = min(wire.Align(n), len(buf))
		w.put(base+n, end-n, "", "padding")
	}
	what := "malformed"
	var fe *wire.FormatError
	if errors.As(it.Err(), &fe) {
		what = "malformed: " + fe.What
	}
	w.put(base+end, len(buf)-end, "", what)
}

// annotateAttr explains an attribute whose header is at an offset.
func (m *Msg) annotateAttr(w *annotator, raw wire.Attr, at int, path string) {
	var a *Attr
	if m.Set != nil {
		a = m.Set.ByNum(raw.Num())
	}
	if a == nil || a.Kind == KindUnused {
		here := join(path, fmt.Sprintf("[%d]", raw.Num()))
		w.put(at, wire.AttrHeaderLen, here, attrHead(raw)+", unknown")
		w.put(at+wire.AttrHeaderLen, len(raw.Data), here, "")
		return
	}
	here := joinName(path, a.Key)
	w.put(at, wire.AttrHeaderLen, here, attrHead(raw))
	at += wire.AttrHeaderLen
	if a.Kind == KindPad {
		w.put(at, len(raw.Data), "", "padding")
		return
	}
	m.annotateValue(w, a, raw.Data, at, here)
}

// annotateValue explains the payload of an attribute.
func (m *Msg) annotateValue(w *annotator, a *Attr, p []byte, at int, path string) {
	var in *Msg
	ok := m.level < wire.MaxDepth
	switch a.Kind {
	case KindNest:
		in, ok = m.inner(nil, m.Spec.Set(a.Set), p, 1)
	case KindStruct:
		in = &Msg{Spec: m.Spec, Header: m.Spec.Struct(a.Struct), Data: p, Outer: m, level: m.level + 1}
	case KindSubMessage:
		if f := pickFormat(m.Spec.SubMsg(a.SubMsg), m.selectorValue(a.Selector)); f != nil && (f.Header != 0 || f.Set != 0) {
			in, ok = m.inner(m.Spec.Struct(f.Header), m.Spec.Set(f.Set), p, 1)
		}
	case KindIndexedArray, KindNestTypeValue:
		if ok {
			m.annotateLevels(w, a, p, at, path, max(1, len(a.Levels)))
			return
		}
	case KindRecords:
		if ok {
			m.annotateRecords(w, a, p, at, path)
			return
		}
	}
	if in != nil && ok {
		in.annotate(w, at, path)
		return
	}
	m.explain(w, at, len(p), path, &a.Row, m.decode(a, p))
}

// annotateLevels explains attributes whose types are indexes or values, n
// levels of them.
func (m *Msg) annotateLevels(w *annotator, a *Attr, p []byte, at int, path string, n int) {
	m.annotateAttrs(w, p, at, func(raw wire.Attr, at int) {
		here := join(path, fmt.Sprintf("[%d]", raw.Num()))
		w.put(at, wire.AttrHeaderLen, here, attrHead(raw))
		at += wire.AttrHeaderLen
		if n > 1 {
			m.annotateLevels(w, a, raw.Data, at, here, n-1)
			return
		}
		if a.Kind == KindNestTypeValue || a.Elem == KindNest {
			if in, ok := m.inner(nil, m.Spec.Set(a.Set), raw.Data, 1+max(1, len(a.Levels))); ok {
				in.annotate(w, at, here)
				return
			}
		}
		elem := elemRow(&a.Row)
		m.explain(w, at, len(raw.Data), here, &elem, m.row(&elem, raw.Data, false))
	})
}

// annotateRecords explains structs with attributes behind them.
func (m *Msg) annotateRecords(w *annotator, a *Attr, p []byte, at int, path string) {
	list := m.records(a, p).List()
	for i, rec := range list {
		n := len(rec.Msg().Data)
		rec.Msg().annotate(w, at, join(path, fmt.Sprintf("[%d]", i)))
		end := min(wire.Align(n), len(p))
		w.put(at+n, end-n, "", "padding")
		p, at = p[end:], at+end
	}
	w.put(at, len(p), path, "malformed records")
}

// attrHead is what an attribute's own header says.
func attrHead(a wire.Attr) string {
	s := fmt.Sprintf("length %d, type %d", wire.AttrHeaderLen+len(a.Data), a.Num())
	if a.Type&wire.Nested != 0 {
		s += " nested"
	}
	if a.Type&wire.NetOrder != 0 {
		s += " net-byteorder"
	}
	return s
}

// maxShown bounds the text of one value.
const maxShown = 72

// equals shows a value; that of mere bytes is seen already.
func equals(v Value) string {
	if v.Kind() == Bytes {
		return ""
	}
	s := v.String()
	if v.Kind() == FlagSet {
		var names []string
		for _, e := range v.List() {
			names = append(names, strings.Trim(e.String(), `"`))
		}
		s = "0"
		if len(names) > 0 {
			s = strings.Join(names, "|")
		}
	}
	if len(s) > maxShown {
		s = s[:maxShown-3] + "..."
	}
	return "= " + s
}

func joinName(path, name string) string {
	if path == "" {
		return name
	}
	return join(path, name)
}
