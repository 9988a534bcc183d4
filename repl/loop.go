package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
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
	Pager   *Pager // of Page and the host, which Ctrl-C is for while it runs; nil for none
	Names   *Names // of the completion; nil for none

	// Show writes a result for people.
	Show func(th *starlark.Thread, v starlark.Value) (string, error)
	// Help writes what is known of a value, or of a name where there is no value, as help() does.
	Help func(th *starlark.Thread, what string, v starlark.Value) error
	// Source writes where it comes from: the text of a function, the schema of an operation.
	Source func(th *starlark.Thread, what string, v starlark.Value) error

	// Trace has the messages of a family, "" for all, written by put from now on, with each byte explained if bytes is set; put nil ends that.
	Trace func(th *starlark.Thread, family string, bytes bool, put func(text string)) error
	// Monitor has events of groups written by put until stop is called.
	Monitor func(th *starlark.Thread, groups []string, put func(text string)) (stop func(), err error)

	// JSON writes a value as JSON, for :json.
	JSON func(th *starlark.Thread, w io.Writer, v starlark.Value) error
	// Page shows a long text, for :less; nil just writes it.
	Page func(text string) error

	Settings *Settings // what :set changes; nil begins with what is usual
	Scope    *Scope    // is told what :debug looks at; may be nil
	Ended    *Ended    // is told by the host of tasks that have failed; may be nil

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
	if s.Settings == nil {
		s.Settings = &Settings{}
	}
	s.Settings.Turn(s.Color, WithColor)
	s.Settings.Turn(true, WithSteps, WithPager, WithTable)
	if s.Ended == nil {
		s.Ended = &Ended{}
	}
	s.Ended.report(s.taskFailed)
	defer s.Editor.Close()
	s.signals = catch(func(sig syscall.Signal, now bool) {
		s.Editor.Close()
		if sig == syscall.SIGQUIT {
			return
		}
		if !now {
			s.report(s.owner.Close())
		}
		s.Exit(128 + int(sig)) // as shells have it
	})
	defer s.signals.stop()
	if l, ok := s.Editor.(leaver); ok {
		l.onLeave(s.signals.left)
	}
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
	s.unmonitor()
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
	texts  int      // that were typed and run
	done   []string // the texts that succeeded
	status int
	over   bool

	signals *interrupts
	given   map[string]bool // the names that there were at the start
	where   string          // the namespace that :ns has gone to, "" for the one of the start
	watch   watch
	brought []brought
	failed  atomic.Pointer[failure] // the last, of a task too
	timing  bool                    // what runs is not to be slowed down
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
	prompt := "nlsh> "
	if s.where != "" {
		prompt = "nlsh " + s.where + "> "
	}
	if s.Names != nil {
		defer s.Names.earlier.Store(nil) // what runs may ask at a breakpoint
	}
	return readText(s.line, prompt)
}

// line reads one line, which goes on with earlier ones.
func (s *session) line(prompt, earlier string) (string, error) {
	if s.Names != nil {
		s.Names.earlier.Store(&earlier)
	}
	if s.signals.forget() && prompt == morePrompt {
		if r, ok := s.Editor.(*Recorder); ok {
			r.giveUp()
		}
		return "", ErrInterrupt // right behind the end of a line of it
	}
	return s.Editor.Line(prompt)
}

// do runs what was typed: a command, a question, statements.
func (s *session) do(text string) {
	line := strings.TrimSpace(text)
	switch {
	case isCommand(line):
		s.command(line)
	case strings.HasSuffix(line, "?") && !strings.Contains(line, "\n") && !scanned(line).comment:
		s.question(line)
	default:
		s.texts++ // no two have one name: what a function of an earlier one looks like is shown in errors
		if s.evaluate(fmt.Sprintf("<%d>", s.texts), text) {
			s.done = append(s.done, text)
			s.bringLoads(text)
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
	s.keep(v)
	text, err := s.Show(th, v)
	if err != nil {
		return err
	}
	return host.Page(th, strings.TrimSuffix(text, "\n")+"\n")
}

// keep makes a value the last result.
func (s *session) keep(v starlark.Value) {
	s.count++
	s.Host.Globals()["_"] = v
	s.Host.Globals()[fmt.Sprintf("_%d", s.count)] = v
}

// run calls fn with the interpreter. Ctrl-C interrupts it, and a second one soon after ends the process.
func (s *session) run(name string, fn func(*starlark.Thread) error) bool {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	s.signals.begin(cancel)
	s.Ended.hold()
	debug := &host.Debug{Steps: s.Settings.On(WithSteps) && !s.timing}
	err := s.Host.Run(host.Job{Name: name, Context: ctx, Owner: s.owner, Tasks: s.ctx, Debug: debug}, fn)
	s.signals.end()
	flushErr := s.Host.Flush()
	var exit *host.ExitError
	if errors.As(err, &exit) {
		s.status, s.over = exit.Code, true
	}
	if err != nil && exit == nil {
		s.failed.Store(&failure{host.Format(err, s.Settings.On(WithColor)), debug.Frames(err)})
	}
	s.report(errors.Join(err, flushErr))
	s.Ended.tell()
	return err == nil
}

// report shows an error as a script's is shown.
func (s *session) report(err error) {
	if text := host.Format(err, s.Settings.On(WithColor)); text != "" {
		s.Editor.Print(text)
	}
}

func (s *session) complain(err error) { s.Editor.Print("nlsh: " + err.Error() + "\n") }
