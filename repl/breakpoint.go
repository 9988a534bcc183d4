package repl

import (
	"errors"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
)

// Breakpoints is where a program that stands still asks what to do.
type Breakpoints struct {
	// Open returns the editor to ask with, each time the same. Its error is that of the call.
	Open func() (Editor, error)
	// Show is the text of a result.
	Show     func(th *starlark.Thread, v starlark.Value) (string, error)
	Settings *Settings
	Scope    *Scope // is told what is looked at; may be nil
}

// ErrStopped is the error of a program that was ended where it stood still.
var ErrStopped = errors.New("stopped by :quit")

// Stop lets the program stand still until whoever is asked lets it go on. Meanwhile other tasks run.
func (b *Breakpoints) Stop(th *starlark.Thread) error {
	if host.InTask(th) {
		return errors.New("got a task, want the program itself: the terminal belongs to that")
	}
	h := host.Of(th)
	frames := h.Frames(th)
	if len(frames) == 0 {
		return nil // it was not called by a program
	}
	h.Arm() // a signal must not end the process while the terminal is raw
	editor, err := b.Open()
	if err != nil {
		return err
	}
	in := &inspection{
		frames: frames, width: b.Settings.Width(), scope: b.Scope, print: editor.Print,
		line: func(prompt, _ string) (line string, err error) {
			err = host.Blocking(th, func() (err error) {
				line, err = editor.Line(prompt)
				return err
			})
			if err == nil {
				err = host.Context(th).Err()
			}
			return line, err
		},
		eval: func(f *host.Frame, text string) error {
			err := evalIn(th, f, text, b.Show)
			if err == nil || host.Uncatchable(th, err) {
				return err
			}
			editor.Print(host.Format(h.Locate(err), b.Settings.On(WithColor)))
			return nil
		},
	}
	editor.Print(in.where())
	if err = in.run(); errors.Is(err, errStop) {
		err = ErrStopped
	}
	return err
}
