package builtins

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/schema"
)

const findDoc = `searches the names and docs of builtins, families, operations, attributes and values, best first

It is there in a session only. Several words must all be there. What it finds has a name that help takes.

    find("mtu")
    find("bridge vlan")`

var findParams = []param{{"text", "string", "the words to look for"}}

func (env *environ) find(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "text", &text); err != nil {
		return nil, err
	}
	out, err := env.reference(th).search(text)
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter text: %w", fn.Name(), err)
	}
	return starlark.None, host.Page(th, out)
}

// found is something that has a name and a doc.
type found struct {
	path, name, typ, doc string
	score                int
}

// mostFound is how many lines there are.
const mostFound = 100

// search lists what has all words in its name or doc.
func (r *Reference) search(text string) (string, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return "", errors.New("got no words, want some")
	}
	var list []found
	var names []string
	r.each(func(f found) {
		names = append(names, f.name)
		for _, word := range words {
			s := f.match(word)
			if s == 0 {
				return
			}
			f.score += s
		}
		list = append(list, f)
	})
	if len(list) == 0 {
		hint := schema.Suggest(text, names)
		return "", &schema.Error{Got: fmt.Sprintf("%q", clipped(text)), Want: "a part of a name or a doc", Hint: hint}
	}
	slices.SortStableFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(len(a.path), len(b.path)))
	})
	list, all := list[:min(len(list), mostFound)], len(list)
	rows := make([]row, len(list))
	for i, f := range list {
		rows[i] = row{f.path, f.typ, f.doc}
	}
	out := fmt.Sprintf("%d found; help(NAME) says more\n\n", all) + r.oneLiners(rows)
	if all > len(list) {
		out += fmt.Sprintf("... %d of %d; more words find less\n", len(list), all)
	}
	return out, nil
}

// match says how well a word fits, 0 for not at all.
func (f *found) match(word string) int {
	name, path, doc := strings.ToLower(f.name), strings.ToLower(f.path), strings.ToLower(f.doc)
	same := strings.ReplaceAll(word, "_", "-")
	plain := strings.ReplaceAll(name, "_", "-")
	path = strings.ReplaceAll(path, "_", "-")
	for _, way := range []struct {
		fits  bool
		score int
	}{
		{plain == same, 100}, {hasWord(plain, same), 60}, {beginsWord(plain, same), 50}, {hasWord(doc, word), 30}, {hasWord(path, same), 25},
		{beginsWord(path, same), 20}, {beginsWord(doc, word), 15}, {strings.Contains(plain, same), 10}, {strings.Contains(path, same), 4},
		{strings.Contains(doc, word), 2},
	} {
		if way.fits {
			return way.score
		}
	}
	return 0
}

// hasWord reports whether a text has a word as a whole.
func hasWord(text, word string) bool { return slices.Contains(wordsOf(text), word) }

// beginsWord reports whether a word of a text, or one and what follows, begins so.
func beginsWord(text, word string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		if i += from; i == 0 || !letter(rune(text[i-1])) {
			return true
		}
		from = i + 1
	}
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !letter(r) })
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 0x80 }

// oneLiners is a line for each row, as wide as the terminal.
func (r *Reference) oneLiners(rows []row) string {
	width := 0
	for _, q := range rows {
		width = max(width, min(len(q.name), r.columns()/2))
	}
	var b strings.Builder
	for _, q := range rows {
		text := strings.Trim(q.typ+"; "+oneLine(q.doc), "; ")
		b.WriteString(cut(strings.TrimRight(fmt.Sprintf("%-*s  %s", width, q.name, text), " "), r.columns()) + "\n")
	}
	return b.String()
}

// each calls fn with all that has a name: builtins first, then what is in specs.
func (r *Reference) each(fn func(found)) {
	for _, d := range r.Registered() {
		_, name, dotted := strings.Cut(d.Name, ".")
		if !dotted {
			name = d.Name
		}
		fn(found{path: d.Name, name: name, typ: d.Type, doc: d.Summary})
	}
	for _, m := range r.library() {
		fn(found{path: m.name, name: strings.TrimSuffix(strings.TrimPrefix(m.name, libraryPrefix), ".star"), typ: "module to load", doc: firstLine(m.doc)})
		for _, f := range m.funcs {
			fn(found{path: m.name + ":" + f.name, name: f.name, typ: "function to load", doc: firstLine(f.doc)})
		}
	}
	seen := map[found]bool{} // values that many specs have, as address families
	for _, s := range r.specs() {
		fn(found{path: s.Name, name: s.Name, typ: "family", doc: s.Doc})
		for i := range s.Ops {
			op := &s.Ops[i]
			fn(found{path: s.Name + "." + op.Key, name: op.Key, typ: "operation", doc: op.Doc})
		}
		for i := range s.Sets {
			set := &s.Sets[i]
			for j := range set.Attrs {
				if a := &set.Attrs[j]; a.Kind != schema.KindPad && a.Kind != schema.KindUnused {
					fn(found{path: s.Name + "." + set.Name + "." + a.Key, name: a.Key, typ: a.Kind.String(), doc: a.Doc})
				}
			}
		}
		for i := range s.Structs {
			st := &s.Structs[i]
			for j := range st.Members {
				if m := &st.Members[j]; m.Kind != schema.KindPad {
					fn(found{path: s.Name + "." + st.Name + "." + m.Key, name: m.Short(st), typ: m.Kind.String(), doc: m.Doc})
				}
			}
		}
		for i := range s.Enums {
			e := &s.Enums[i]
			for j := range e.Entries {
				en := &e.Entries[j]
				f := found{path: e.Name, name: en.Name, typ: fmt.Sprintf("value %d", en.Value), doc: en.Doc}
				if seen[f] {
					continue
				}
				seen[f] = true
				f.path = s.Name + "." + e.Name + "." + en.Name
				fn(f)
			}
		}
	}
}
