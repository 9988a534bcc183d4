package repl

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// inspection is a prompt for looking at the calls of a program that has failed, or that stands still.
type inspection struct {
	frames []host.Frame // the innermost first
	at     int          // the one that is looked at
	width  int
	scope  *Scope // is told of that one

	line  func(prompt, earlier string) (string, error)
	print func(text string)
	// eval runs a text in a frame, and shows what it is. An error of the text is shown; one that is returned ends the prompt.
	eval func(f *host.Frame, text string) error
}

// errStop is how :quit ends a prompt.
var errStop = errors.New("stopped")

// inspectHelp is what can be typed there.
const inspectHelp = `  CODE             runs CODE with the names of the call; what it binds stays in here
  :where           lists the calls
  :locals          lists the variables of the call
  :up, :down       goes to who has called, and back
  :frame N         goes to a call by its number
  :continue        leaves, as Ctrl-D does
  :quit            leaves, and ends a program that stands still
`

// run asks until the end; errStop is that of :quit.
func (in *inspection) run() error {
	before := in.scope.look(&in.frames[in.at])
	defer func() { in.scope.look(before) }()
	for {
		text, err := readText(in.line, "debug> ")
		switch {
		case errors.Is(err, ErrInterrupt):
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		line := strings.TrimSpace(text)
		switch {
		case line == "":
		case isCommand(line):
			over, err := in.command(line)
			if over || err != nil {
				return err
			}
		default:
			if err := in.eval(&in.frames[in.at], text); err != nil {
				return err
			}
		}
	}
}

// command runs a line that begins with a colon. It says whether it was the last.
func (in *inspection) command(line string) (over bool, err error) {
	name, arg, _ := strings.Cut(line[1:], " ")
	switch name {
	case "continue":
		return true, nil
	case "quit":
		return true, errStop
	case "where":
		for i := range in.frames {
			in.print(in.head(i))
		}
	case "locals":
		in.print(in.locals(in.at))
	case "up":
		in.goTo(in.at + 1)
	case "down":
		in.goTo(in.at - 1)
	case "frame":
		n, err := strconv.Atoi(strings.TrimSpace(arg))
		if err != nil {
			n = -1
		}
		in.goTo(n)
	case "help":
		in.print(inspectHelp)
	default:
		in.print(fmt.Sprintf("nlsh: got :%s, want one of :where, :locals, :up, :down, :frame, :continue, :quit, :help\n", name))
	}
	return false, nil
}

// goTo looks at another call.
func (in *inspection) goTo(n int) {
	if n < 0 || n >= len(in.frames) {
		in.print(fmt.Sprintf("nlsh: got no call there, want one from 0 to %d\n", len(in.frames)-1))
		return
	}
	in.at = n
	in.scope.look(&in.frames[n])
	in.print(in.head(n) + in.locals(n))
}

// head is a line about a call.
func (in *inspection) head(n int) string {
	mark := " "
	if n == in.at {
		mark = ">"
	}
	return fmt.Sprintf("%s %d  %s\n", mark, n, in.frames[n].Where())
}

// locals is the variables of a call, a line for each.
func (in *inspection) locals(n int) string {
	f := &in.frames[n]
	if f.Lost {
		return "       its variables are lost (:set debug on keeps them)\n"
	}
	var b strings.Builder
	for _, name := range f.Vars {
		b.WriteString(cut(fmt.Sprintf("       %s = %s", name, brief(f.Vals[name])), in.width) + "\n")
	}
	return b.String()
}

// mostElements is how many elements of a value are written in a list of variables, and mostInside how many with those inside of them.
const (
	mostElements = 50
	mostInside   = 10000
)

// brief is the text of a value on one line. What has many elements, or is not at hand, is not written out.
func brief(v starlark.Value) string {
	n := starlark.Len(v)
	if s, ok := v.(starlark.String); ok && n > mostElements {
		end := mostElements
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		return s[:end].String() + " ..."
	}
	if n > mostElements || n >= 0 && !host.Small(v, mostInside) {
		return fmt.Sprintf("<%s of %d>", v.Type(), n)
	}
	if _, ok := v.(starlark.Iterable); ok && n < 0 || !host.Small(v, mostInside) {
		return "<" + v.Type() + ">"
	}
	return strings.ReplaceAll(v.String(), "\n", " ")
}

// readText reads lines until they are a text that can be run.
func readText(line func(prompt, earlier string) (string, error), prompt string) (string, error) {
	text := ""
	for {
		one, err := line(prompt, text)
		if err != nil {
			if errors.Is(err, io.EOF) && text != "" {
				return text, nil // what is missing is then an error of the parser
			}
			return "", err
		}
		text += one + "\n"
		if text == one+"\n" && isCommand(one) || !more(text) {
			return text, nil
		}
		if strings.Contains(one, "\n") && !more(text+"\n") {
			return text, nil // pasted or recalled, which is seen to be whole
		}
		prompt = morePrompt
	}
}

// failure is the last error of a session, and the calls in which it began.
type failure struct {
	text   string
	frames []host.Frame
}

// debug is :debug.
func (s *session) debug(string) error {
	failed := s.failed.Load()
	if failed == nil {
		return errors.New("got no error to look at, want one before")
	}
	if len(failed.frames) == 0 {
		return errors.New("got an error that began in no call, want one of a program that ran")
	}
	in := &inspection{
		frames: slices.Clone(failed.frames), width: s.Settings.Width(), scope: s.Scope, line: s.line, print: s.Editor.Print,
		eval: func(f *host.Frame, text string) error {
			s.run("<debug>", func(th *starlark.Thread) error { return evalIn(th, f, text, s.Show) })
			s.failed.Store(failed) // what fails in here is another matter
			if s.over {
				return errStop
			}
			return nil
		},
	}
	s.Editor.Print(failed.text + in.where())
	if err := in.run(); err != nil && !errors.Is(err, errStop) {
		return err
	}
	return nil
}

// where is all calls, with the variables of the one that is looked at.
func (in *inspection) where() string {
	text := ""
	for i := range in.frames {
		text += in.head(i)
		if i == in.at {
			text += in.locals(i)
		}
	}
	return text
}

// evalIn runs a text in a frame, and shows its value.
func evalIn(th *starlark.Thread, f *host.Frame, text string, show func(*starlark.Thread, starlark.Value) (string, error)) error {
	h := host.Of(th)
	src, err := host.NewSource("<debug>", "", []byte(text))
	if err != nil {
		return err
	}
	v, err := h.InteractIn(th, f, src)
	if err != nil || v == starlark.None {
		return err
	}
	shown, err := show(th, v)
	if err == nil {
		_, err = fmt.Fprintln(h.Stdout(), strings.TrimSuffix(shown, "\n"))
	}
	return err
}
