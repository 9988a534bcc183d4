package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// Options say what a session is made of.
type Options struct {
	Host    *host.Host
	Editor  Editor
	History *History
	Color   bool
	Pager   *Pager // nil for none; the host has it too
	Names   *Names // of the completion; nil for none

	// Show writes a result for people.
	Show func(th *starlark.Thread, v starlark.Value) (string, error)
	// Help writes what is known of a value, or of a name where there is no value, as help() does.
	Help func(th *starlark.Thread, what string, v starlark.Value) error
	// Source writes where it comes from: the text of a function, the schema of an operation.
	Source func(th *starlark.Thread, what string, v starlark.Value) error

	Banner string
	Init   string           // a file that is run first, "" for none
	Exit   func(status int) // ends the process in the middle of something; os.Exit
}

// Run is a session: it returns the exit status of the process.
func Run(ctx context.Context, o Options) int {
	s := &session{Options: o, ctx: ctx, owner: host.NewOwner("session", nil), given: map[string]bool{}}
	for name := range s.Host.Globals() {
		s.given[name] = true
	}
	if s.Exit == nil {
		s.Exit = os.Exit
	}
	defer s.Editor.Close()
	s.signals = catch(func(sig syscall.Signal, now bool) {
		s.Editor.Close()
		if !now {
			s.report(s.owner.Close())
		}
		s.Exit(128 + int(sig)) // as shells have it
	})
	defer s.signals.stop()
	if s.Pager != nil {
		s.Pager.guard(s.signals.hold)
	}
	past, err := s.History.Entries()
	if err != nil {
		s.complain(fmt.Errorf("history: %w", err))
	}
	for _, text := range past {
		s.Editor.Recall(text)
	}
	if s.Banner != "" {
		s.Editor.Print(s.Banner + "\n")
	}
	if s.Init != "" {
		if err := s.load(s.Init); err != nil {
			s.complain(err)
		}
		s.done = nil
	}
	for !s.over {
		s.turn()
	}
	s.report(s.owner.Close())
	s.report(s.Host.Flush())
	return s.status
}

// session is what a user does from start to end.
type session struct {
	Options
	ctx    context.Context
	owner  *host.Owner
	count  int      // of results
	done   []string // the texts that succeeded
	status int
	over   bool

	signals *interrupts
	given   map[string]bool // the names that there were at the start
	where   string          // the namespace that :ns has gone to, "" for the one of the start
}

// turn reads one text and runs it.
func (s *session) turn() {
	text, err := s.read()
	switch {
	case errors.Is(err, ErrInterrupt):
		return
	case errors.Is(err, io.EOF):
		s.over = true
		return
	case err != nil:
		s.complain(err)
		s.status, s.over = 1, true
		return
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	if err := s.History.Add(text); err != nil {
		s.complain(fmt.Errorf("history: %w", err))
		s.History = OpenHistory("") // it is said once
	}
	s.Editor.Recall(text)
	s.do(text)
}

// read reads lines until they are a text that can be run.
func (s *session) read() (string, error) {
	prompt, text := "nlsh> ", ""
	if s.where != "" {
		prompt = "nlsh " + s.where + "> "
	}
	for {
		s.signals.forget()
		if s.Names != nil {
			before := text
			s.Names.earlier.Store(&before)
		}
		line, err := s.Editor.Line(prompt)
		if err != nil {
			if errors.Is(err, io.EOF) && text != "" {
				return text, nil // what is missing is then an error of the parser
			}
			return "", err
		}
		text += line + "\n"
		if text == line+"\n" && isCommand(line) || !more(text) {
			return text, nil
		}
		prompt = "  ... "
	}
}

// do runs what was typed: a command, a question, statements.
func (s *session) do(text string) {
	line := strings.TrimSpace(text)
	switch {
	case isCommand(line):
		s.command(line)
	case strings.HasSuffix(line, "?") && !strings.Contains(line, "\n"):
		s.question(line)
	default:
		if s.evaluate(fmt.Sprintf("<%d>", s.count+1), text) {
			s.done = append(s.done, text)
		}
	}
}

// evaluate runs statements, and shows and keeps the value of the last.
func (s *session) evaluate(name, text string) bool {
	return s.run(name, func(th *starlark.Thread) error {
		src, err := host.NewSource(name, "", []byte(text))
		if err != nil {
			return err
		}
		v, err := s.Host.Interact(th, src)
		if err != nil || v == starlark.None {
			return err
		}
		return s.show(th, v)
	})
}

// show keeps a result and writes it.
func (s *session) show(th *starlark.Thread, v starlark.Value) error {
	s.count++
	s.Host.Globals()["_"] = v
	s.Host.Globals()[fmt.Sprintf("_%d", s.count)] = v
	text, err := s.Show(th, v)
	if err != nil {
		return err
	}
	return host.Page(th, strings.TrimSuffix(text, "\n")+"\n")
}

// run calls fn with the interpreter. Ctrl-C interrupts it, and a second one soon after ends the process.
func (s *session) run(name string, fn func(*starlark.Thread) error) bool {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	s.signals.begin(cancel)
	err := s.Host.Run(host.Job{Name: name, Context: ctx, Owner: s.owner}, fn)
	s.signals.end()
	flushErr := s.Host.Flush()
	var exit *host.ExitError
	if errors.As(err, &exit) {
		s.status, s.over = exit.Code, true
	}
	s.report(errors.Join(err, flushErr))
	return err == nil
}

// report shows an error as a script's is shown.
func (s *session) report(err error) {
	if text := host.Format(err, s.Color); text != "" {
		s.Editor.Print(text)
	}
}

func (s *session) complain(err error) { s.Editor.Print("nlsh: " + err.Error() + "\n") }
