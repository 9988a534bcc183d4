package repl

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
)

// morePrompt is before a line that goes on with a text.
const morePrompt = "  ... "

// exchange is what was typed at one prompt, and what came out.
type exchange struct {
	prompt string
	input  []string // lines
	output strings.Builder
}

// write appends the exchange as it looked on the screen.
func (e *exchange) write(b *strings.Builder) {
	prompt := e.prompt
	for _, line := range e.input {
		b.WriteString(strings.TrimRight(prompt+line, " ") + "\n")
		prompt = morePrompt
	}
	for line := range strings.Lines(plain(e.output.String())) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

// plain is a text without what changes its colour.
func plain(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = strings.TrimLeft(after, "0123456789;")
		if text != "" {
			text = text[1:]
		}
	}
}

// mostRecorded is how many bytes of output a Recorder keeps.
const mostRecorded = 16 << 20

// Recorder is an editor that keeps what is typed and shown, for :transcript. What programs print has to be written to it too.
type Recorder struct {
	Editor
	out io.Writer

	mu   sync.Mutex
	list []*exchange
	size int
}

// NewRecorder puts a recorder before an editor, and before what programs print to.
func NewRecorder(e Editor, out io.Writer) *Recorder { return &Recorder{Editor: e, out: out} }

// Line implements [Editor].
func (r *Recorder) Line(prompt string) (string, error) {
	line, err := r.Editor.Line(prompt)
	if errors.Is(err, ErrInterrupt) && prompt == morePrompt {
		r.giveUp()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.list) - 1
	switch {
	case err != nil:
	case prompt == morePrompt && last >= 0:
		r.list[last].input = append(r.list[last].input, strings.Split(line, "\n")...)
	case strings.TrimSpace(line) != "":
		r.list = append(r.list, &exchange{prompt: prompt, input: strings.Split(line, "\n")})
	}
	return line, err
}

// giveUp forgets the text that is being typed.
func (r *Recorder) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = r.list[:max(0, len(r.list)-1)]
}

// onLeave implements leaver.
func (r *Recorder) onLeave(left func(pressed bool)) {
	if l, ok := r.Editor.(leaver); ok {
		l.onLeave(left)
	}
}

// Print implements [Editor].
func (r *Recorder) Print(text string) {
	r.note(text)
	r.Editor.Print(text)
}

// Write is for what programs print.
func (r *Recorder) Write(p []byte) (int, error) {
	r.note(string(p))
	return r.out.Write(p)
}

// note keeps output. What comes before the first prompt belongs to no input.
func (r *Recorder) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.list); n > 0 && r.size+len(text) <= mostRecorded {
		r.list[n-1].output.WriteString(text)
		r.size += len(text)
	}
}

// Transcript is the session so far, as a block of Markdown that [Replay] takes.
func (r *Recorder) Transcript() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, e := range r.list {
		if !strings.HasPrefix(strings.TrimSpace(e.input[0]), ":transcript") {
			e.write(&b)
		}
	}
	return block(b.String())
}

// block puts a fence around a text that is longer than any in it.
func block(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + blockName + "\n" + text + fence + "\n"
}

// transcript is :transcript.
func (s *session) transcript(file string) error {
	if file == "" {
		return errors.New("want FILE")
	}
	r, ok := s.Editor.(*Recorder)
	if !ok {
		return errors.New("this session is not recorded")
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(r.Transcript())
	return errors.Join(err, f.Close())
}
