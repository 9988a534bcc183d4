package repl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// brought is something that came from a file.
type brought struct {
	file string // of :load
	load string // a load statement
}

// moreCommands are those that came later than the first.
func moreCommands() []command {
	return append(watchCommands(),
		command{"reload", "", "loads the files and modules again that :load and load() brought", (*session).reload},
		command{"json", "CODE", "runs CODE and shows its result as JSON", (*session).json},
		command{"less", "CODE", "runs CODE and shows its result in the pager", (*session).less},
		command{"debug", "", "looks at the calls of the last error: their variables, and what one can compute of them", (*session).debug},
		command{"set", "[NAME VALUE]", "changes a setting; lists them", (*session).setting},
		command{"transcript", "FILE", "writes the session from its start, with what was shown", (*session).transcript},
	)
}

// bring notes what to load again.
func (s *session) bring(b brought) {
	if !slices.Contains(s.brought, b) {
		s.brought = append(s.brought, b)
	}
}

// bringLoads notes the load statements of a text that was typed.
func (s *session) bringLoads(text string) {
	file, err := host.Dialect().Parse("", text, 0)
	if err != nil {
		return
	}
	for _, stmt := range file.Stmts {
		if l, ok := stmt.(*syntax.LoadStmt); ok {
			s.bring(brought{load: loading(l)})
		}
	}
}

// loading is the text of a load statement.
func loading(l *syntax.LoadStmt) string {
	text := "load(" + l.Module.Raw
	for i, to := range l.To {
		text += fmt.Sprintf(", %s = %q", to.Name, l.From[i].Name)
	}
	return text + ")"
}

// reload is :reload. Values that were made by what is loaded stay as they are.
func (s *session) reload(string) error {
	if len(s.brought) == 0 {
		return errors.New("got nothing to load again, want a file or module that was loaded before")
	}
	s.Host.Forget()
	for _, b := range s.brought {
		if b.file != "" {
			if err := s.runFile(b.file, false); err != nil {
				s.complain(fmt.Errorf(":reload: %w", err))
			}
			continue
		}
		s.run("<reload>", func(th *starlark.Thread) error {
			src, err := host.NewSource("<reload>", "", []byte(b.load))
			if err == nil {
				_, err = s.Host.Interact(th, src)
			}
			return err
		})
	}
	return nil
}

// value runs a text, and hands what it is to use, as a result that is kept. None is none.
func (s *session) value(name, code string, use func(*starlark.Thread, starlark.Value) error) error {
	if code == "" {
		return errors.New("want CODE")
	}
	s.run("<"+name+">", func(th *starlark.Thread) error {
		src, err := host.NewSource("<"+name+">", "", []byte(code))
		if err != nil {
			return err
		}
		v, err := s.Host.Interact(th, src)
		if err != nil || v == starlark.None {
			return err
		}
		s.keep(v)
		return use(th, v)
	})
	return nil
}

// json is :json.
func (s *session) json(code string) error {
	if s.JSON == nil {
		return errors.New("this session has no JSON")
	}
	return s.value("json", code, func(th *starlark.Thread, v starlark.Value) error {
		return s.JSON(th, s.Host.Stdout(), v)
	})
}

// less is :less.
func (s *session) less(code string) error {
	text := ""
	err := s.value("less", code, func(th *starlark.Thread, v starlark.Value) (err error) {
		text, err = s.Show(th, v)
		return err
	})
	if err != nil || text == "" {
		return err
	}
	text = strings.TrimSuffix(text, "\n") + "\n"
	if s.Page == nil {
		s.Editor.Print(text)
		return nil
	}
	return s.Page(text) // nothing runs now, so tasks do
}
