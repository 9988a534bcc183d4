package repl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
	"go.starlark.net/starlark"
)

// watch is what a session has on the screen besides its results.
type watch struct {
	tracing *tracing
	stop    func() // of what is monitored, nil for nothing
	groups  []string
}

// tracing is what :trace shows.
type tracing struct {
	family string // "" for all
	bytes  bool
}

// watchCommands are those about what is seen while the session goes on.
func watchCommands() []command {
	return []command{
		{"trace", "on|off|FAMILY [bytes]", "shows every netlink message that is sent and received; bytes explains each byte", (*session).trace},
		{"monitor", "GROUP...|off", "shows events as they come: link, route, FAMILY:GROUP, FAMILY: (all of its groups)", (*session).monitor},
		{"tasks", "", "lists the tasks that run (spawn starts them), with where they were started", (*session).tasks},
	}
}

// trace is :trace.
func (s *session) trace(arg string) error {
	if s.Trace == nil {
		return errors.New("this session has nothing to trace")
	}
	words := strings.Fields(arg)
	bytes := slices.Contains(words, "bytes")
	words = slices.DeleteFunc(words, func(w string) bool { return w == "bytes" })
	switch {
	case len(words) > 1:
		return fmt.Errorf("got %q, want on, off or the name of one family, and bytes", arg)
	case len(words) == 0 && !bytes:
		s.Editor.Print(s.watch.tracing.String() + "\n")
		return nil
	case len(words) == 0 || words[0] == "on":
		return s.traceAs(&tracing{bytes: bytes})
	case words[0] == "off":
		return s.traceAs(nil)
	}
	return s.traceAs(&tracing{words[0], bytes})
}

func (t *tracing) String() string {
	switch {
	case t == nil:
		return "  off"
	case t.family == "" && t.bytes:
		return "  on, with bytes"
	case t.family == "":
		return "  on"
	case t.bytes:
		return "  " + t.family + ", with bytes"
	}
	return "  " + t.family
}

// traceAs begins or ends tracing. It is called again where the session goes to another namespace, which then is the one without a name.
func (s *session) traceAs(t *tracing) error {
	return s.inside(func(th *starlark.Thread) error {
		var err error
		if t == nil {
			err = s.Trace(th, "", false, nil)
		} else {
			err = s.Trace(th, t.family, t.bytes, func(text string) { s.beside(text, t.bytes) })
		}
		if err == nil {
			s.watch.tracing = t
		}
		return err
	})
}

// inside calls fn where statements run, and returns its error for the command to report.
func (s *session) inside(fn func(*starlark.Thread) error) (err error) {
	s.run("<watch>", func(th *starlark.Thread) error {
		err = fn(th)
		return nil
	})
	return err
}

// monitor is :monitor.
func (s *session) monitor(arg string) error {
	words := strings.Fields(arg)
	switch {
	case s.Monitor == nil:
		return errors.New("this session has nothing to monitor")
	case len(words) == 0 && s.watch.stop == nil:
		s.Editor.Print("  off\n")
		return nil
	case len(words) == 0:
		s.Editor.Print("  " + strings.Join(s.watch.groups, " ") + "\n")
		return nil
	case len(words) == 1 && words[0] == "off":
		s.unmonitor()
		return nil
	}
	return s.inside(func(th *starlark.Thread) error {
		stop, err := s.Monitor(th, words, func(text string) { s.beside(text, false) })
		if err != nil {
			return err
		}
		s.unmonitor() // only now: what was there goes on after a mistake
		s.watch.stop, s.watch.groups = stop, words
		return nil
	})
}

func (s *session) unmonitor() {
	if s.watch.stop != nil {
		s.watch.stop()
	}
	s.watch.stop, s.watch.groups = nil, nil
}

// besideLines is how many lines of the screen a message may have that came by itself.
const besideLines = 2

// beside writes lines that are no result: above what is being typed. Long ones are cut, unless all of it is wanted.
func (s *session) beside(text string, whole bool) {
	if !whole && !s.Settings.On(WithLong) {
		var b strings.Builder
		for line := range strings.Lines(text) {
			b.WriteString(cut(strings.TrimSuffix(line, "\n"), besideLines*s.Settings.Width()) + "\n")
		}
		text = b.String()
	}
	s.Editor.Print(text)
}

// cut is a line in at most so many columns.
func cut(line string, most int) string { return runewidth.Truncate(line, most, " ...") }
