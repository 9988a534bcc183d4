package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/capture"
	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/scenario"
)

// HTML writes one file that needs nothing else: a table of scenarios and kernels, and for each what it printed, how that differs from what is
// wanted, and the netlink messages, as a diagram and as a file for wireshark.
type HTML struct {
	W io.Writer
	results
}

//go:embed page.html
var frame string // with one place for what is written here

// htmlRow is a scenario and what became of it on each kernel.
type htmlRow struct {
	name  string
	bad   bool
	cells []htmlCell
}

// htmlCell is a verdict.
type htmlCell struct {
	verdict scenario.Verdict
	link    string // of the details
	title   string
}

// End implements [Report]: it writes everything.
func (h *HTML) End(elapsed time.Duration, cut string) error {
	var rows []*htmlRow
	byName := map[string]*htmlRow{}
	var details strings.Builder
	for at, k := range h.kernels {
		for i, r := range k.list {
			key := r.Name + "\x00" + r.File
			row := byName[key]
			if row == nil {
				row = &htmlRow{name: r.Name, cells: make([]htmlCell, len(h.kernels))}
				byName[key] = row
				rows = append(rows, row)
			}
			id := fmt.Sprintf("r%d-%d", at, i)
			if cell := &row.cells[at]; cell.verdict == "" || worse(r.Verdict, cell.verdict) { // of several runs
				*cell = htmlCell{r.Verdict, "#" + id, why(r)}
			}
			row.bad = row.bad || r.Verdict.Bad() || r.Verdict == scenario.Flaky
			if err := detail(&details, id, k.name, r); err != nil {
				return err
			}
		}
	}
	before, after, _ := strings.Cut(frame, "<!-- here -->\n")
	_, err := io.WriteString(h.W, before+h.counts()+cutShort(cut)+h.matrix(rows, elapsed)+"<h2>What became of each</h2>\n"+details.String()+after)
	return err
}

// cutShort says that not all have run.
func cutShort(why string) string {
	if why == "" {
		return ""
	}
	return "<p class=\"fail\">" + escaped(why) + ": not all have run</p>\n"
}

// counts is a table of how many there are of each verdict.
func (h *HTML) counts() string {
	var b strings.Builder
	b.WriteString("<table>\n")
	for _, k := range h.kernels {
		counts := map[scenario.Verdict]int{}
		for _, r := range k.list {
			counts[r.Verdict]++
		}
		fmt.Fprintf(&b, "<tr><th>%s</th>", escaped(k.name))
		for _, v := range scenario.Verdicts() {
			if counts[v] > 0 {
				fmt.Fprintf(&b, `<td class="%s">%d %[1]s</td>`, v, counts[v])
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>\n")
	return b.String()
}

// matrix is the table of scenarios and kernels, and what chooses its rows.
func (h *HTML) matrix(rows []*htmlRow, elapsed time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<p>%d scenarios in %s.\n", len(rows), rounded(elapsed))
	b.WriteString(`<label><input type="checkbox" id="bad"> only what failed or was flaky</label>
<label>name: <input type="search" id="name"></label></p>
<table id="matrix">
<tr><th>scenario</th>`)
	for _, k := range h.kernels {
		fmt.Fprintf(&b, "<th>%s</th>", escaped(cmp.Or(k.name, "verdict")))
	}
	b.WriteString("</tr>\n")
	for _, row := range rows {
		bad := ""
		if row.bad {
			bad = " data-bad"
		}
		fmt.Fprintf(&b, `<tr data-name="%s"%s><td>%[1]s</td>`, escaped(row.name), bad)
		for _, c := range row.cells {
			if c.verdict == "" {
				b.WriteString("<td></td>")
				continue
			}
			fmt.Fprintf(&b, `<td class="%s"><a href="%s" title="%s">%[1]s</a></td>`, c.verdict, c.link, escaped(c.title))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>\n")
	return b.String()
}

// detail is all that is known of a result; of a flaky one, of how it failed.
func detail(b *strings.Builder, id, kernel string, r *scenario.Result) error {
	open, on := "", ""
	if r.Verdict.Bad() {
		open = " open"
	}
	if kernel != "" {
		on = " on " + kernel
	}
	fmt.Fprintf(b, "<details id=%q%s>\n<summary><span class=%q>%[3]s</span> %s%s (%s)</summary>\n", id, open, r.Verdict, escaped(r.Name), escaped(on), rounded(r.Elapsed))
	if text := why(r); text != "" {
		fmt.Fprintf(b, "<p>%s</p>\n", escaped(text))
	}
	failed := failure(r)
	difference(b, failed)
	for _, part := range [...]struct{ title, text string }{{"", failed.Error}, {"standard error", failed.Log}, {"it printed", failed.Output}} {
		if part.title != "" && part.text != "" {
			fmt.Fprintf(b, "<p>%s</p>\n", part.title)
		}
		if part.text != "" {
			fmt.Fprintf(b, "<pre>%s</pre>\n", escaped(part.text))
		}
	}
	err := messages(b, kernel, failed)
	b.WriteString("</details>\n")
	return err
}

// difference shows what was wanted and what was printed.
func difference(b *strings.Builder, r *scenario.Result) {
	diff := r.Diff
	if len(r.Changes) > 0 {
		diff = golden.Explain(r.Changes)
	}
	if diff == "" {
		return
	}
	fmt.Fprintf(b, "<p>%s: - is wanted, + was printed</p>\n<pre>", escaped(r.Golden))
	for line := range strings.Lines(diff) {
		class := map[byte]string{'-': "want", '+': "got", '@': "at"}[line[0]]
		fmt.Fprintf(b, "<span class=%q>%s</span>\n", class, escaped(strings.TrimSuffix(line, "\n")))
	}
	b.WriteString("</pre>\n")
}

// messages shows the messages of a result, and has them as a file.
func messages(b *strings.Builder, kernel string, r *scenario.Result) error {
	if len(r.Messages) == 0 {
		return nil
	}
	var file bytes.Buffer
	w, err := capture.NewWriter(&file)
	for i := 0; i < len(r.Messages) && err == nil; i++ {
		m := &r.Messages[i]
		err = w.Write(capture.Packet{Time: m.Time, ToKernel: m.Dir == "out", Proto: m.Proto, Data: m.Data})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	name := strings.NewReplacer("/", "-", ":", "-").Replace(strings.TrimPrefix(kernel+"-"+r.Name, "-")) + ".pcap"
	note := ""
	if n := len(r.Messages) - mostArrows; n > 0 {
		note = fmt.Sprintf(" and %d more: the file has all of them", n)
	}
	fmt.Fprintf(b, `<p>messages: <a download="%s" href="data:application/vnd.tcpdump.pcap;base64,%s">%[1]s</a>%[3]s</p>`+"\n",
		escaped(name), base64.StdEncoding.EncodeToString(file.Bytes()), note)
	fmt.Fprintf(b, "<div class=\"wide\">%s</div>\n", diagram(r.Messages))
	return nil
}
