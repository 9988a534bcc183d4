package report

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/scenario"
)

// mostArrows is how many messages a diagram has.
const mostArrows = 300

// Measures of a diagram, in pixels.
const (
	laneStep  = 250 // from one to the next
	laneFirst = 110
	rowStep   = 22
	rowFirst  = 50
)

// diagram draws messages from top to bottom: the script at the left, and the kernel as each family in each namespace.
func diagram(messages []scenario.Message) string {
	shown := messages[:min(len(messages), mostArrows)]
	l := lanes{at: map[string]int{}, spaces: map[string]int{}}
	for i := range shown {
		l.of(&shown[i])
	}
	width, height := laneFirst+laneStep*len(l.names)+110, rowFirst+rowStep*len(shown)+10
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="messages" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`, width, height)
	for i, name := range append([]string{"script"}, l.names...) {
		x := laneFirst + laneStep*i
		fmt.Fprintf(&b, `<line class="lane" x1="%d" y1="26" x2="%[1]d" y2="%d"/><text class="head" x="%[1]d" y="18">%[3]s</text>`, x, height, escaped(name))
	}
	for i := range shown {
		m := &shown[i]
		from, to := laneFirst, laneFirst+laneStep*(1+l.of(m))
		y, label := rowFirst+rowStep*i, (from+to)/2
		tip, class := to-7, "out"
		if m.Dir != "out" {
			from, to, class = to, from, "in"
			tip = to + 7
		}
		if strings.HasPrefix(m.What, "refused") {
			class += " refused"
		}
		fmt.Fprintf(&b, `<text class="time" x="4" y="%d">%s</text>`, y+4, m.Time.Sub(shown[0].Time).Round(10*time.Microsecond))
		fmt.Fprintf(&b, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%[3]d"/><path class="%[1]s" d="M%[4]d %[3]d L%[5]d %[6]d L%[5]d %[7]d Z"/>`, class, from, y, to, tip, y-4, y+4)
		fmt.Fprintf(&b, `<text class="%s label" x="%d" y="%d">%s<title>%d bytes</title></text>`, class, label, y-5, escaped(shortened(m.What)), len(m.Data))
	}
	b.WriteString("</svg>")
	return b.String()
}

// mostLabel is how many characters a label has room for.
const mostLabel = 38

func shortened(s string) string {
	if r := []rune(s); len(r) > mostLabel {
		return string(r[:mostLabel-1]) + "…"
	}
	return s
}

func escaped(s string) string { return html.EscapeString(printable(s)) }

// lanes are the kernel's sides of a diagram.
type lanes struct {
	names  []string
	at     map[string]int
	spaces map[string]int // namespaces, in the order in which they come
}

func (l *lanes) of(m *scenario.Message) int {
	if _, ok := l.spaces[m.NetNS]; !ok {
		l.spaces[m.NetNS] = len(l.spaces) + 1
	}
	family := m.Family
	if family == "" {
		family = fmt.Sprintf("protocol %d", m.Proto)
	}
	name := fmt.Sprintf("%s, namespace %d", family, l.spaces[m.NetNS])
	n, ok := l.at[name]
	if !ok {
		n = len(l.names)
		l.at[name] = n
		l.names = append(l.names, name)
	}
	return n
}
