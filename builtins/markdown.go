package builtins

import (
	"fmt"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

const generatedNotice = "<!-- Made by go generate ./internal/docgen; edit the docs in builtins/*.go and specs/*.yaml instead. -->\n\n"

// Markdown makes the pages of docs/reference, by file name.
func (r *Reference) Markdown() map[string]string {
	files := map[string]string{"builtins.md": r.builtinsMarkdown()}
	var index strings.Builder
	index.WriteString(generatedNotice + "# Reference\n\n- [Builtins and types](builtins.md)\n")
	for _, s := range r.specs() {
		file := s.Name + ".md"
		files[file] = specMarkdown(s)
		fmt.Fprintf(&index, "- [%s](%s): %s\n", s.Name, file, escape(oneLine(s.Doc)))
	}
	files["README.md"] = index.String()
	return files
}

func (r *Reference) builtinsMarkdown() string {
	var b strings.Builder
	b.WriteString(generatedNotice + "# Builtins and types\n")
	for _, d := range r.Registered() {
		level := 3
		switch {
		case d.Type == "module" || d.Type == "type" || !strings.Contains(d.Name, "."):
			level = 2
		case d.Type != "function" && d.Type != method:
			continue // in the table of its type or module
		}
		b.WriteString("\n" + r.docPage(d).markdown(level))
	}
	return b.String()
}

// specMarkdown has each struct, set and enum once; operations refer to them.
func specMarkdown(s *schema.Spec) string {
	var b strings.Builder
	family := familyPage(s.Name, []*schema.Spec{s})
	for i := range family.sections[0].rows {
		op := &s.Ops[i]
		var parts []string
		if st := s.Struct(op.Header); st != nil {
			parts = append(parts, st.Name)
		}
		if set := opSet(s, op); set != nil {
			parts = append(parts, set.Name)
		}
		if len(parts) > 0 {
			family.sections[0].rows[i].doc = strings.TrimSpace(op.Doc + " [" + strings.Join(parts, " + ") + "]")
		}
	}
	b.WriteString(generatedNotice + family.markdown(1))
	for i := range s.Structs {
		b.WriteString("\n" + structPage(s, &s.Structs[i]).markdown(2))
	}
	for i := range s.Sets {
		b.WriteString("\n" + setPage(s, &s.Sets[i]).markdown(2))
	}
	for i := range s.SubMsgs {
		sub := &s.SubMsgs[i]
		sec := formatSection(s, &schema.Attr{}, sub)
		sec.heading = ""
		p := page{title: s.Name + "." + sub.Name + ": formats", sections: []section{sec}}
		b.WriteString("\n" + p.markdown(2))
	}
	for i := range s.Enums {
		b.WriteString("\n" + enumPage(s, &s.Enums[i]).markdown(2))
	}
	return b.String()
}
