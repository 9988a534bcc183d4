package host

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"go.starlark.net/syntax"
)

// Format returns the text of an error for people, ending in a newline; nothing for nil, for
// exit and for a closed pipe. Several joined errors are shown one after the other. An error of a script looks like this:
//
//	nlsh: vxlan.star:7:15: in make
//	  rt.newlink: linkinfo.data.id: kernel says ERANGE "..." (sent 16777216)
//	     7 |     rt.newlink(ifname = "v0", linkinfo = {...})
//	       |               ^
//	  called from vxlan.star:12:5: at top level
//
// The calls follow the innermost first, as one reads: where it happened, who called that, and
// which file loaded that. Lines that an error gives with a method Details() []string stand
// under the message. Errors in the text of a program (syntax, undefined names) are all listed.
func Format(err error, color bool) string {
	d := &display{color: color}
	d.each(err)
	return d.String()
}

type display struct {
	strings.Builder
	color bool
	host  *Host // has the sources; may be nil
}

// The parts that colours tell apart, as SGR parameters.
const (
	bold = "1"
	red  = "1;31"
	dim  = "2"
)

func (d *display) paint(sgr, s string) string {
	if !d.color || s == "" {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

// each shows the errors that were joined one by one.
func (d *display) each(err error) {
	switch e := err.(type) {
	case nil:
	case *taskError:
		if !silent(e) {
			outer := d.host
			d.host = e.host
			d.one(e)
			d.host = outer
		}
	case *located:
		outer := d.host
		d.host = e.host
		d.each(e.err)
		d.host = outer
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			d.each(err)
		}
	default:
		if !silent(err) {
			d.one(err)
		}
	}
}

// silent says whether nobody wants to read of an error: exit, and a reader that has seen enough,
// as in nlsh ... | head.
func silent(err error) bool {
	var out *OutputError
	return leaves(err) || errors.As(err, &out) && errors.Is(out.Err, syscall.EPIPE)
}

func (d *display) one(err error) {
	t := analyse(err)
	sites := t.sites()
	if len(t.problems) > 0 {
		for _, p := range t.problems {
			d.head(p.Pos, d.host.explained(p))
			d.source(p.Pos)
		}
		d.chain(sites, 0)
		return
	}
	if len(sites) == 0 {
		fmt.Fprintf(d, "%s%s\n", d.paint(bold, "nlsh: "), d.paint(red, indented(t.msg, "  ")))
		d.details(err)
		return
	}
	t.msg += d.host.keywordHint(t.msg, sites[0].pos.Filename())
	d.head(sites[0].pos, sites[0].where)
	fmt.Fprintf(d, "  %s\n", d.paint(red, indented(t.msg, "  ")))
	d.details(err)
	d.source(sites[0].pos)
	d.chain(sites, 1)
}

// explained is what is wrong with the text of a program, in as many words as there are.
func (h *Host) explained(p syntax.Error) string {
	if h == nil || h.explain == nil {
		return p.Msg
	}
	line, _ := h.lineOf(p.Pos.Filename(), int(p.Pos.Line))
	return h.explain(p.Msg, line)
}

func (d *display) head(pos syntax.Position, what string) {
	fmt.Fprintf(d, "%s %s\n", d.paint(bold, fmt.Sprintf("nlsh: %s:", pos)), what)
}

// indented puts the further lines of a text under its first.
func indented(s, by string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n"+by)
}

func (d *display) details(err error) {
	var e interface{ Details() []string }
	if errors.As(err, &e) {
		for _, line := range e.Details() {
			fmt.Fprintf(d, "    %s\n", indented(line, "    "))
		}
	}
}

// source shows the line, where there is one, and marks the column.
func (d *display) source(pos syntax.Position) {
	line, ok := d.host.lineOf(pos.Filename(), int(pos.Line))
	if !ok || strings.TrimSpace(line) == "" {
		return
	}
	text, pad := excerpt(line, int(pos.Col))
	number := fmt.Sprintf("%6d", pos.Line)
	fmt.Fprintf(d, "%s%s\n", d.paint(dim, number+" | "), text)
	blank := strings.Repeat(" ", len(number))
	fmt.Fprintf(d, "%s%s\n", d.paint(dim, blank+" | ")+pad, d.paint(red, "^"))
}

// Of a very long chain only the ends are shown: it is a recursion, and repeats itself.
const (
	chainHead = 8
	chainTail = 4
)

// chain lists the sites from the given one on.
func (d *display) chain(sites []site, from int) {
	for i := from; i < len(sites); i++ {
		if left := len(sites) - chainTail - i; i >= from+chainHead && left > 1 {
			fmt.Fprintf(d, "  %s\n", d.paint(dim, fmt.Sprintf("... %d more calls ...", left)))
			i += left - 1
			continue
		}
		s := sites[i]
		link := s.link
		if i == 0 { // under an error in the text of a module
			link = "loaded by"
		}
		fmt.Fprintf(d, "  %s\n", d.paint(dim, fmt.Sprintf("%s %s: %s", link, s.pos, s.where)))
	}
}
