package schema

import (
	"fmt"

	"github.com/nlsh/nlsh/internal/wire"
)

func (e *Encoder) arrayBytes(r *Row, v Value) ([]byte, error) {
	if v.Kind() == Bytes {
		return v.Bytes(), nil
	}
	if v.Kind() != List && v.Kind() != FlagSet {
		what := r.Elem.String()
		if st := e.Spec.Struct(r.Struct); r.Elem == KindStruct && st != nil {
			what = st.Name
		}
		return nil, &Error{Got: describe(v), Want: "a list of " + what}
	}
	size := (&Msg{Spec: e.Spec}).elemSize(r)
	elem := elemRow(r)
	var all []byte
	for i, item := range v.List() {
		p, err := e.rowBytes(&elem, item, true)
		if err == nil && len(p) > size {
			err = &Error{Got: fmt.Sprintf("%d bytes", len(p)), Want: fmt.Sprintf("at most %d", size)}
		}
		if err != nil {
			return nil, under(fmt.Sprintf("[%d]", i), err)
		}
		all = append(all, p...)
		all = append(all, make([]byte, size-len(p))...)
	}
	return all, nil
}

// structOf encodes an attribute or element that is a struct.
func (e *Encoder) structOf(st *Struct, v Value) ([]byte, error) {
	switch v.Kind() {
	case Bytes:
		return v.Bytes(), nil
	case Message:
		if m := v.Msg(); m.Header == st && m.Set == nil {
			return m.Data, nil // as long or short as it was
		}
		return e.structBytes(st, v.Msg().Fields())
	case Fields:
		return e.structBytes(st, v.Fields())
	}
	return nil, &Error{Got: describe(v), Want: "a dict of " + st.Name}
}

// structBytes lays out a struct. Members that are not given are zero, counts
// of trailing arrays are filled in.
func (e *Encoder) structBytes(st *Struct, fields []Field) ([]byte, error) {
	p := make([]byte, st.Size)
	var tail []byte
	var given map[*Member]bool // where something is counted
	for i := range st.Members {
		if st.Members[i].Count != "" {
			given = map[*Member]bool{}
		}
	}
	for _, f := range fields {
		mem := st.Find(f.Name)
		if mem == nil {
			sc := scope{header: st}
			return nil, sc.unknown(f.Name, KindNone)
		}
		if f.Val.IsNone() {
			continue
		}
		if given != nil {
			given[mem] = true
		}
		b, err := e.memberBytes(mem, f.Val)
		if len(mem.Hints) > 0 && f.Val.Kind() == Text {
			b, err = e.unionBytes(st, mem, f.Val, fields, p)
		}
		if err != nil {
			return nil, under(mem.Key, err)
		}
		if mem.Size == 0 {
			tail = b
		} else {
			copy(p[mem.Off:mem.Off+mem.Size], b)
		}
	}
	for i := range st.Members {
		mem := &st.Members[i]
		if mem.Count == "" || mem.Size != 0 {
			continue
		}
		if c := st.Find(mem.Count); !given[c] {
			n := UintValue(uint64(len(tail) / max(1, (&Msg{Spec: e.Spec}).elemSize(&mem.Row))))
			if err := checkRange(&c.Row, n); err != nil {
				return nil, under(c.Key, err)
			}
			putNumber(p[c.Off:c.Off+c.Size], &c.Row, n.num)
		}
	}
	if tail != nil {
		last := &st.Members[len(st.Members)-1]
		p = append(p[:last.Off], tail...)
	}
	return p, nil
}

func (e *Encoder) memberBytes(mem *Member, v Value) ([]byte, error) {
	if mem.Kind == KindArray {
		return e.arrayBytes(&mem.Row, v)
	}
	b, err := e.rowBytes(&mem.Row, v, true)
	if err == nil && mem.Size != 0 && len(b) > int(mem.Size) {
		return nil, &Error{Got: fmt.Sprintf("%d bytes", len(b)), Want: fmt.Sprintf("at most %d", mem.Size)}
	}
	return b, err
}

// StructSize is how many bytes the fixed header takes in a message.
func StructSize(st *Struct) int {
	if st == nil {
		return 0
	}
	return wire.Align(int(st.Size))
}
