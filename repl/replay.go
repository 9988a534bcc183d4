package repl

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
)

// blockName is what the fence of a transcript in Markdown says.
const blockName = "nlsh"

// promptRE is the beginning of a line of a transcript in which something was typed.
var promptRE = regexp.MustCompile(`^((?:nlsh|debug)(?: [^ >]+)?> ?)(.*)$`)

// Replay types what was typed in the transcripts of a page of Markdown, all of them in one session, and returns the page with what was
// shown this time: the same text if everything is as it says. A transcript is a fenced block that is called nlsh:
//
//	```nlsh
//	nlsh> def twice(x):
//	  ...     return 2 * x
//	  ...
//	nlsh> twice(4)
//	8
//	```
//
// open makes the session, whose programs print to out.
func Replay(ctx context.Context, page string, open func(editor Editor, out io.Writer) (Options, error)) (string, error) {
	p := &player{}
	if err := p.read(page); err != nil {
		return "", err
	}
	o, err := open(p, p)
	if err != nil {
		return "", err
	}
	o.Editor, o.Banner = p, ""
	if o.History == nil {
		o.History = OpenHistory("")
	}
	if status := Run(ctx, o); status != 0 {
		return p.page(), fmt.Errorf("the session ended with status %d", status)
	}
	if left := p.left(); left > 0 {
		return p.page(), fmt.Errorf("the session ended %d inputs early", left)
	}
	return p.page(), nil
}

// piece is a part of a page: text, or a transcript.
type piece struct {
	text   string
	played bool // it is a transcript
	todo   []*exchange
	done   []*exchange
}

// player is an editor whose user types what is in transcripts.
type player struct {
	mu     sync.Mutex
	pieces []*piece
	at     int // the piece that is played
}

// read takes a page apart.
func (p *player) read(page string) error {
	text := &strings.Builder{}
	flush := func() {
		p.pieces = append(p.pieces, &piece{text: text.String()})
		text.Reset()
	}
	fence, played := "", false // of the block that is open
	for line := range strings.Lines(page) {
		bare := strings.TrimRight(line, "\n")
		mark := bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
		switch {
		case fence == "" && len(mark) >= 3:
			fence, played = mark, bare == mark+blockName
			text.WriteString(line)
			if played {
				flush()
			}
			continue
		case fence != "" && bare == fence && played:
			one, err := exchanges(text.String())
			if err != nil {
				return err
			}
			text.Reset()
			p.pieces = append(p.pieces, one)
			fallthrough
		case fence != "" && bare == fence:
			fence, played = "", false
		}
		text.WriteString(line)
	}
	if played {
		return fmt.Errorf("a transcript has no end: want a line %s", fence)
	}
	flush()
	return nil
}

// exchanges reads one transcript.
func exchanges(text string) (*piece, error) {
	p := &piece{played: true}
	more := strings.TrimRight(morePrompt, " ")
	typing := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := promptRE.FindStringSubmatch(line); m != nil {
			p.todo = append(p.todo, &exchange{prompt: m[1], input: []string{m[2]}})
			typing = true
			continue
		}
		if len(p.todo) == 0 {
			return nil, fmt.Errorf("got %q, want a transcript to begin with a prompt", line)
		}
		last := p.todo[len(p.todo)-1]
		if rest, ok := strings.CutPrefix(line, more); ok && typing {
			last.input = append(last.input, strings.TrimPrefix(rest, " "))
			continue
		}
		typing = false
	}
	return p, nil
}

// left is how many inputs have not been typed.
func (p *player) left() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.pieces {
		n += len(one.todo)
	}
	return n
}

// page is the page with what was shown.
func (p *player) page() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, one := range p.pieces {
		b.WriteString(one.text)
		for _, e := range one.done {
			e.write(&b)
		}
	}
	return b.String()
}

// Line implements [Editor]. A text of several lines is typed as a paste is.
func (p *player) Line(prompt string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := p.last(); last != nil && prompt == morePrompt {
		last.input = append(last.input, "")
		return "", nil
	}
	for ; p.at < len(p.pieces); p.at++ {
		one := p.pieces[p.at]
		if len(one.todo) > 0 {
			next := one.todo[0]
			one.todo = one.todo[1:]
			one.done = append(one.done, &exchange{prompt: prompt, input: next.input})
			return strings.Join(next.input, "\n"), nil
		}
	}
	return "", io.EOF
}

// last is what is going on, nil before it begins.
func (p *player) last() *exchange {
	for i := min(p.at, len(p.pieces)-1); i >= 0; i-- {
		if done := p.pieces[i].done; len(done) > 0 {
			return done[len(done)-1]
		}
	}
	return nil
}

// Write is for what programs print.
func (p *player) Write(b []byte) (int, error) {
	p.Print(string(b))
	return len(b), nil
}

// Print implements [Editor].
func (p *player) Print(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := p.last(); last != nil {
		last.output.WriteString(text)
	}
}

// Recall implements [Editor].
func (p *player) Recall(string) {}

// Close implements [Editor].
func (p *player) Close() {}
