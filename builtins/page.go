package builtins

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// page is a piece of documentation before it is text or Markdown.
type page struct {
	title    string
	sections []section
}

// section is text, then a table, then code; each may be missing.
type section struct {
	heading string
	text    string // paragraphs
	rows    []row
	code    string
}

// row is a line of a table: a name, its type, what it means.
type row struct{ name, typ, doc string }

// textWidth is how many columns help fills where no terminal says otherwise.
const textWidth = 100

// lines is the page for a terminal with so many columns.
func (p *page) lines(width int) string {
	var b strings.Builder
	fill(&b, p.title, 0, 4, width)
	for _, s := range p.sections {
		b.WriteByte('\n')
		depth := 0
		if s.heading != "" {
			fill(&b, s.heading+":", 0, 4, width)
			depth = 2
		}
		for i, par := range paragraphs(s.text) {
			if i > 0 {
				b.WriteByte('\n')
			}
			fill(&b, par, depth, depth, width)
		}
		rowsText(&b, s.rows, depth, width)
		for line := range strings.Lines(s.code) {
			b.WriteString(strings.TrimRight("    "+line, " \n") + "\n")
		}
	}
	return b.String()
}

// maxName is the widest name that the table leaves room for; the text of a
// wider one begins on the next line.
const maxName = 22

func rowsText(b *strings.Builder, rows []row, depth, columns int) {
	width := 0
	for _, r := range rows {
		if n := utf8.RuneCountInString(r.name); n <= maxName {
			width = max(width, n)
		}
	}
	column := depth + width + 2
	for _, r := range rows {
		rest := strings.Trim(r.typ+"; "+oneLine(r.doc), "; ")
		head := strings.Repeat(" ", depth) + r.name
		n := utf8.RuneCountInString(head)
		if n+2 > column || rest == "" {
			b.WriteString(head + "\n")
			if rest != "" {
				fill(b, rest, column, column, columns)
			}
			continue
		}
		var body strings.Builder
		fill(&body, rest, column, column, columns)
		b.WriteString(head + body.String()[n:])
	}
}

// fill writes text in lines of at most width columns, the first indented by
// first, the others by more. A word that is too long is broken.
func fill(b *strings.Builder, text string, first, more, width int) {
	indent, col := first, -1
	for _, word := range strings.Fields(text) {
		for word != "" {
			n := utf8.RuneCountInString(word)
			if col >= 0 && col+1+n <= width {
				b.WriteString(" " + word)
				col += 1 + n
				break
			}
			if col >= 0 {
				b.WriteByte('\n')
				indent = more
			}
			room := max(width-indent, 1)
			runes := []rune(word)
			piece := string(runes[:min(n, room)])
			b.WriteString(strings.Repeat(" ", indent) + piece)
			word, col = string(runes[min(n, room):]), indent+min(n, room)
			if word == "" {
				break
			}
		}
	}
	b.WriteByte('\n')
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// markdown is the page for docs/reference, under a heading of that level.
func (p *page) markdown(level int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", strings.Repeat("#", level), escape(p.title))
	for _, s := range p.sections {
		b.WriteByte('\n')
		if s.heading != "" {
			fmt.Fprintf(&b, "**%s**\n\n", escape(s.heading))
		}
		for i, par := range paragraphs(s.text) {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(escape(oneLine(par)) + "\n")
		}
		if len(s.rows) > 0 {
			if s.text != "" {
				b.WriteByte('\n')
			}
			b.WriteString("| name | type | meaning |\n|---|---|---|\n")
		}
		for _, r := range s.rows {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.name, cell(r.typ), cell(r.doc))
		}
		if s.code != "" {
			b.WriteString("```python\n" + strings.TrimRight(s.code, "\n") + "\n```\n")
		}
	}
	return b.String()
}

func escape(s string) string {
	return strings.NewReplacer("<", "&lt;", "*", `\*`, "_", `\_`).Replace(s)
}

func cell(s string) string { return strings.ReplaceAll(escape(oneLine(s)), "|", `\|`) }
