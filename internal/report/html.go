package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
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
var pageText string

// htmlPage is what the template has.
type htmlPage struct {
	Kernels []string
	Counts  []htmlCount
	Rows    []htmlRow
	Details []htmlDetail
	Elapsed time.Duration
}

type htmlCount struct {
	Kernel string
	Cells  []htmlCell
}

type htmlRow struct {
	Name  string
	Bad   bool
	Cells []htmlCell
}

// htmlCell is a verdict, or the number of them.
type htmlCell struct {
	Verdict scenario.Verdict
	Text    string
	Link    string // of the details
	Title   string
}

type htmlDetail struct {
	ID      string
	Kernel  string
	Open    bool
	Result  *scenario.Result
	Why     string
	Diff    []htmlLine
	Elapsed time.Duration
	Diagram template.HTML
	Pcap    template.URL
	File    string // the name under which the browser keeps the messages
	Note    string
}

// htmlLine is a line of a diff with its class.
type htmlLine struct{ Class, Text string }

// End implements [Report]: it writes everything.
func (h *HTML) End(elapsed time.Duration) error {
	page := htmlPage{Elapsed: rounded(elapsed)}
	rows := map[string]int{}
	for at, k := range h.kernels {
		page.Kernels = append(page.Kernels, k.name)
		page.Counts = append(page.Counts, countsOf(k))
		for i, r := range k.list {
			row, ok := rows[r.Name]
			if !ok {
				row = len(page.Rows)
				rows[r.Name] = row
				page.Rows = append(page.Rows, htmlRow{Name: r.Name, Cells: make([]htmlCell, len(h.kernels))})
			}
			d, err := detailOf(k.name, r)
			if err != nil {
				return err
			}
			d.ID = fmt.Sprintf("r%d-%d", at, i)
			page.Details = append(page.Details, d)
			cell := &page.Rows[row].Cells[at]
			if cell.Verdict == "" || r.Verdict.Bad() { // of several runs the worst
				*cell = htmlCell{r.Verdict, string(r.Verdict), "#" + d.ID, why(r)}
			}
			page.Rows[row].Bad = page.Rows[row].Bad || r.Verdict.Bad() || r.Verdict == scenario.Flaky
		}
	}
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(h.W, page)
}

func countsOf(k *onKernel) htmlCount {
	counts := map[scenario.Verdict]int{}
	for _, r := range k.list {
		counts[r.Verdict]++
	}
	c := htmlCount{Kernel: k.name}
	for _, v := range scenario.Verdicts() {
		if counts[v] > 0 {
			c.Cells = append(c.Cells, htmlCell{Verdict: v, Text: fmt.Sprintf("%d %s", counts[v], v)})
		}
	}
	return c
}

func detailOf(kernel string, r *scenario.Result) (htmlDetail, error) {
	d := htmlDetail{Kernel: kernel, Open: r.Verdict.Bad(), Result: r, Why: why(r), Elapsed: rounded(r.Elapsed)}
	failed := r
	if r.First != nil {
		failed = r.First
	}
	diff := failed.Diff
	if len(failed.Changes) > 0 {
		diff = golden.Explain(failed.Changes)
	}
	for line := range strings.Lines(diff) {
		class := map[byte]string{'-': "want", '+': "got", '@': "at"}[line[0]]
		d.Diff = append(d.Diff, htmlLine{class, strings.TrimSuffix(line, "\n")})
	}
	if len(r.Messages) == 0 {
		return d, nil
	}
	d.Diagram = diagram(r.Messages)
	if n := len(r.Messages) - mostArrows; n > 0 {
		d.Note = fmt.Sprintf("and %d more: the file has all of them", n)
	}
	var b bytes.Buffer
	w, err := capture.NewWriter(&b)
	for i := 0; i < len(r.Messages) && err == nil; i++ {
		m := &r.Messages[i]
		err = w.Write(capture.Packet{Time: m.Time, ToKernel: m.Dir == "out", Proto: m.Proto, Data: m.Data})
	}
	if err != nil {
		return d, fmt.Errorf("%s: %w", r.Name, err)
	}
	d.Pcap = template.URL("data:application/vnd.tcpdump.pcap;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
	d.File = strings.NewReplacer("/", "-", ":", "-").Replace(strings.TrimPrefix(kernel+"-"+r.Name, "-")) + ".pcap"
	return d, nil
}
