package builtins

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/schema"
)

// redacted is fields for scenarios: what is not the same in every run is a
// symbol, as text, or is left out.
func (p *printer) redacted(n *redact.Node, m *schema.Msg, open, shut string, depth int) {
	p.b.WriteString(open)
	count := 0
	for _, kid := range n.Kids {
		if kid.Hidden() {
			continue
		}
		p.sep(count, depth)
		count++
		if open == "(" {
			member := m.Set == nil || m.Set.Find(kid.Key) == nil
			p.b.WriteString(keyword(m, entry{name: kid.Key, member: member && m.Header != nil && m.Header.Find(kid.Key) != nil}) + " = ")
		} else {
			p.b.WriteString(starlark.String(kid.Key).String() + ": ")
		}
		p.redactedValue(kid, depth)
	}
	if p.flags != "" && shut == ")" {
		p.sep(count, depth)
		count++
		p.b.WriteString("flags = " + p.flags)
		p.flags = ""
	}
	p.end(count, depth)
	p.b.WriteString(shut)
}

func (p *printer) redactedValue(n *redact.Node, depth int) {
	switch n.Shape {
	case redact.Group:
		p.redacted(n, nil, "{", "}", depth+p.indent)
		return
	case redact.List:
		p.redactedList(n, depth)
		return
	}
	text, redacted := p.env.red.Leaf(n)
	if redacted || n.Val().IsNone() {
		p.b.WriteString(starlark.String(text).String())
		return
	}
	p.value(n.Val(), depth)
}

func (p *printer) redactedList(n *redact.Node, depth int) {
	nested := len(n.Kids) > 0 && n.Kids[0].Shape == redact.Group
	p.b.WriteString("[")
	for i, kid := range n.Kids {
		if nested {
			p.sep(i, depth+p.indent)
		} else if i > 0 {
			p.b.WriteString(", ")
		}
		p.redactedValue(kid, depth+p.indent)
	}
	if nested {
		p.end(len(n.Kids), depth+p.indent)
	}
	p.b.WriteString("]")
}

// overrun writes a gap. How many events are lost depends on the load of the
// machine.
func (e *event) overrun() string {
	if e.quiet {
		return "overrun()"
	}
	return fmt.Sprintf("overrun(lost = %d)", e.source.Lost)
}

// redactedBytes is the annotated bytes of a value, with dots for those that are
// not the same in every run.
func (env *environ) redactedBytes(th *starlark.Thread, v starlark.Value) (*redact.Node, error) {
	d, err := env.dissect(th, v, nil, "")
	if err != nil {
		return nil, err
	}
	text, err := d.text(host.Context(th), false)
	if err != nil {
		return nil, err
	}
	var lines []*redact.Node
	for line := range strings.Lines(text) {
		lines = append(lines, redact.Text(strings.TrimSuffix(line, "\n")))
	}
	return redact.LinesOf("bytes", lines), nil
}
