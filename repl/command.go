package repl

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// command is what a line that begins with a colon does.
type command struct {
	name, args, doc string
	run             func(s *session, arg string) error
}

// commands returns all of them; it is a function since :help is one.
func commands() []command {
	return append([]command{
		{"help", "[NAME]", "lists the commands, or tells about NAME", (*session).help},
		{"quit", "", "ends the session, as Ctrl-D does", func(s *session, _ string) error { s.over = true; return nil }},
		{"who", "", "lists the names that were bound in this session", (*session).who},
		{"time", "CODE", "runs CODE and says how long that took", (*session).time},
		{"timeit", "CODE", "runs CODE again and again, for a second, and says how long it takes", (*session).timeit},
		{"load", "FILE", "runs a file as if it had been typed", func(s *session, arg string) error { return s.load(arg) }},
		{"save", "FILE", "writes the statements of this session that succeeded, as a script", (*session).save},
		{"ns", "[NAME]", "goes to a named network namespace, or back to the one in which nlsh was started", (*session).ns},
	}, moreCommands()...)
}

func isCommand(line string) bool {
	return len(line) > 1 && line[0] == ':' && isName(line[1:2])
}

// command runs a line that begins with a colon: one of ours, or a function command_x.
func (s *session) command(line string) {
	name, arg, _ := strings.Cut(strings.TrimSpace(line[1:]), " ")
	arg = strings.TrimSpace(arg)
	if fn := s.Host.Globals()["command_"+name]; fn != nil {
		s.run(":"+name, func(th *starlark.Thread) error {
			_, err := host.Call(th, fn, starlark.Tuple{starlark.String(arg)}, nil)
			return err
		})
		return
	}
	var names []string
	for _, c := range commands() {
		if c.name == name {
			if err := c.run(s, arg); err != nil {
				s.complain(fmt.Errorf(":%s: %w", name, err))
			}
			return
		}
		names = append(names, ":"+c.name)
	}
	for fn := range s.Host.Globals() {
		if own, ok := strings.CutPrefix(fn, "command_"); ok {
			names = append(names, ":"+own)
		}
	}
	hint := ""
	if near := host.Nearest(":"+name, names); near != "" {
		hint = fmt.Sprintf(" (did you mean %s?)", near)
	}
	s.complain(fmt.Errorf("got :%s, want one of %s%s", name, strings.Join(names, ", "), hint))
}

func (s *session) help(arg string) error {
	if arg != "" {
		s.question(arg + "?")
		return nil
	}
	lines := [][2]string{}
	for _, c := range commands() {
		lines = append(lines, [2]string{strings.TrimSpace(":" + c.name + " " + c.args), c.doc})
	}
	lines = append(lines, [2]string{"NAME?", "tells about NAME"}, [2]string{"NAME??", "shows the text of a function, the schema of an operation"},
		[2]string{"_, _1, _2", "the last result, and all of them"})
	widest := 0
	for _, l := range lines {
		widest = max(widest, len(l[0]))
	}
	var text strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&text, "  %-*s  %s\n", widest, l[0], l[1])
	}
	s.Editor.Print(text.String())
	return nil
}

// question is NAME?, or NAME?? for what is behind it.
func (s *session) question(line string) {
	what := strings.TrimSpace(strings.TrimRight(line, "?"))
	ask := s.Help
	if strings.HasSuffix(line, "??") && s.Source != nil {
		ask = s.Source
	}
	s.run("?", func(th *starlark.Thread) error {
		v := s.names().walk(what)
		return ask(th, what, v)
	})
}

// names is what questions are walked by: the names of the completion, where there is one.
func (s *session) names() *Names {
	if s.Names != nil {
		return s.Names
	}
	return &Names{Globals: s.Host.Globals}
}

func (s *session) who(string) error {
	var names []string
	for name := range s.Host.Globals() {
		if isName(name) && !strings.HasPrefix(name, "_") && !s.given[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		s.Editor.Print(fmt.Sprintf("  %-16s %s\n", name, s.Host.Globals()[name].Type()))
	}
	return nil
}

func (s *session) time(code string) error {
	if code == "" {
		return errors.New("want CODE")
	}
	s.timing = true
	defer func() { s.timing = false }()
	began := time.Now()
	if s.evaluate("<time>", code) {
		s.Editor.Print(fmt.Sprintf("  %s\n", time.Since(began).Round(time.Microsecond)))
	}
	return nil
}

// timeitFor is how long :timeit goes on.
const timeitFor = time.Second

func (s *session) timeit(code string) error {
	if code == "" {
		return errors.New("want CODE")
	}
	src, err := host.NewSource("<timeit>", "", []byte(code))
	if err != nil {
		return err
	}
	s.timing = true
	defer func() { s.timing = false }()
	var times []time.Duration
	ok := s.run("<timeit>", func(th *starlark.Thread) error {
		for began := time.Now(); time.Since(began) < timeitFor; {
			one := time.Now()
			if _, err := s.Host.Interact(th, src); err != nil {
				return err
			}
			times = append(times, time.Since(one))
		}
		return nil
	})
	if ok {
		slices.Sort(times)
		s.Editor.Print(fmt.Sprintf("  %s (median of %d, least %s)\n", times[len(times)/2], len(times), times[0]))
	}
	return nil
}

// load runs a file in the names of the session.
func (s *session) load(file string) error {
	if file == "" {
		return errors.New("want FILE")
	}
	err := s.runFile(file, true)
	if err == nil { // there is such a file, whatever is in it
		s.bring(brought{file: file})
	}
	return err
}

// runFile runs a file, and keeps what it is for :save if that is wanted.
func (s *session) runFile(file string, keep bool) error {
	src, err := host.ReadFile(file)
	if err != nil {
		return err
	}
	if s.run(file, func(th *starlark.Thread) error {
		_, err := s.Host.Interact(th, src)
		return err
	}) && keep {
		s.done = append(s.done, string(src.Text))
	}
	return nil
}

func (s *session) save(file string) error {
	if file == "" {
		return errors.New("want FILE")
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, one := range s.done {
		text.WriteString(strings.TrimRight(one, "\n") + "\n")
	}
	_, err = f.WriteString(text.String())
	return errors.Join(err, f.Close())
}

func (s *session) ns(name string) error {
	code := "netns.enter(netns.host)"
	if name != "" {
		code = fmt.Sprintf("netns.enter(netns.open(%s))", starlark.String(name))
	}
	if s.evaluate("<ns>", code) {
		s.where = name
		if t := s.watch.tracing; t != nil {
			return s.traceAs(t)
		}
	}
	return nil
}
