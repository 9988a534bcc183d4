package golden

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	header  = "# nlsh golden 1"
	mark    = "=== "
	escape  = '\\'
	noEnd   = `\ no newline at the end`
	version = "# nlsh golden "
)

// File is a golden file with sections.
type File struct {
	Sections []Section
}

// Section is what one scenario prints.
type Section struct {
	Name string
	Text string
}

// SyntaxError says what is wrong with a golden file.
type SyntaxError struct {
	Line int
	Msg  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// Plain reports whether a golden file is what a program writes, without sections.
func Plain(text string) bool { return !strings.HasPrefix(text, version) }

// Parse reads a file with sections.
func Parse(text string) (*File, error) {
	if err := Check(text); err != nil {
		return nil, err
	}
	first, rest, _ := strings.Cut(text, "\n")
	if first != header {
		return nil, &SyntaxError{1, fmt.Sprintf("got %.60q, want %q", first, header)}
	}
	f := &File{}
	var body *strings.Builder
	finish := func() {
		if body != nil {
			f.Sections[len(f.Sections)-1].Text = body.String()
		}
	}
	n := 1
	for line := range strings.Lines(rest) {
		n++
		line, ended := strings.CutSuffix(line, "\n")
		name, isMark := strings.CutPrefix(line, mark)
		switch {
		case isMark && name == "":
			return nil, &SyntaxError{n, "got a section without a name"}
		case isMark && f.Find(name) != nil:
			return nil, &SyntaxError{n, fmt.Sprintf("got section %q twice", name)}
		case isMark:
			finish()
			body = &strings.Builder{}
			f.Sections = append(f.Sections, Section{Name: name})
		case body == nil:
			return nil, &SyntaxError{n, fmt.Sprintf("got %.60q, want %q and the name of a scenario", line, mark)}
		case line == noEnd:
			kept := strings.TrimSuffix(body.String(), "\n")
			body.Reset()
			body.WriteString(kept)
		default:
			body.WriteString(strings.TrimPrefix(line, string(escape)))
			body.WriteByte('\n')
		}
		if !ended {
			return nil, &SyntaxError{n, "got a last line without an end, want a newline (was the file cut off?)"}
		}
	}
	finish()
	return f, nil
}

// Check finds what no golden file may have: the marks of a merge conflict, and bytes that are not UTF-8.
func Check(text string) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if conflict(line) {
			return &SyntaxError{n, fmt.Sprintf("got %.20q, the mark of a merge conflict (settle it, or run with -update)", line)}
		}
		if !utf8.ValidString(line) {
			return &SyntaxError{n, "got bytes that are not UTF-8"}
		}
	}
	return nil
}

// conflict reports whether git writes such a line between two versions of a file.
func conflict(line string) bool {
	return strings.HasPrefix(line, "<<<<<<< ") || strings.HasPrefix(line, ">>>>>>> ") || strings.HasPrefix(line, "||||||| ") || line == "======="
}

// Format writes the file.
func (f *File) Format() string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, s := range f.Sections {
		b.WriteString(mark + s.Name + "\n")
		text := Clean(s.Text)
		for line := range strings.Lines(text) {
			if line[0] == escape || strings.HasPrefix(line, mark) || conflict(strings.TrimSuffix(line, "\n")) {
				b.WriteByte(escape)
			}
			b.WriteString(line)
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			b.WriteString("\n" + noEnd + "\n")
		}
	}
	return b.String()
}

// Find finds a section, nil if there is none of that name.
func (f *File) Find(name string) *Section {
	for i := range f.Sections {
		if f.Sections[i].Name == name {
			return &f.Sections[i]
		}
	}
	return nil
}

// Put replaces a section, or adds it.
func (f *File) Put(name, text string) {
	if s := f.Find(name); s != nil {
		s.Text = text
		return
	}
	f.Sections = append(f.Sections, Section{name, text})
}

// Arrange brings the sections into the order of names, in which scenarios stand in their file. A section of another name stays
// behind the one that it followed.
func (f *File) Arrange(names []string) {
	rank := map[string]int{}
	for i, name := range names {
		rank[name] = i
	}
	at := -1
	keys := map[string]int{}
	for _, s := range f.Sections {
		if r, ok := rank[s.Name]; ok {
			at = r
		}
		keys[s.Name] = at
	}
	slices.SortStableFunc(f.Sections, func(a, b Section) int { return keys[a.Name] - keys[b.Name] })
}

// Stale lists the sections that have none of the names.
func (f *File) Stale(names []string) []string {
	var stale []string
	for _, s := range f.Sections {
		if !slices.Contains(names, s.Name) {
			stale = append(stale, s.Name)
		}
	}
	return stale
}

// Drop removes sections.
func (f *File) Drop(names []string) {
	f.Sections = slices.DeleteFunc(f.Sections, func(s Section) bool { return slices.Contains(names, s.Name) })
}

// Clean is an output as a golden file can have it: each byte that is not UTF-8 is written as \x and its number.
func Clean(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, text[0])
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}
