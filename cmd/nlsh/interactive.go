package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/repl"
	"github.com/nlsh/nlsh/stdlib"
)

// interactive is the shell without a script, on a terminal.
func interactive(ctx context.Context, s settings) (exit int, err error) {
	var o repl.Options
	look := style(os.Stdout)
	look.Earlier = func() string { return o.Names.Earlier() }
	editor, err := repl.NewTerminal(os.Stdin, os.Stdout, look, func(before string) (string, []repl.Candidate) { return o.Names.Alone(o.Host, before) })
	if err != nil {
		return 0, &failure{err}
	}
	defer editor.Close()
	screen := repl.NewRecorder(editor, editor.Writer())
	settings := &repl.Settings{Columns: func() int { return repl.Width(os.Stdout) }}
	pager := repl.NewPager(editor, screen, os.Stdout, func() bool { return settings.On(repl.WithPager) }, os.LookupEnv)
	o, err = sessionOptions(s, screen, screen, settings, pager)
	if err != nil {
		return 0, &failure{err}
	}
	if netns.InPlayground() {
		o.Banner += "\n" + playgroundHint
	}
	o.Names.Globals = func() starlark.StringDict { return o.Scope.Names(o.Host.Globals()) }
	if ctx == nil {
		ctx = context.Background()
	}
	o.History, o.Init, o.Color = repl.OpenHistory(repl.HistoryFile()), initFile(s), colours(os.Stdout)
	return repl.Run(ctx, o), nil
}

// playgroundHint is for a session in namespaces of its own.
const playgroundHint = `The network here is your own, and gone when you leave. Try: load("@std//ip.star", "ip"); ip.link.add("br0", type = "bridge"); ls()`

// sessionOptions joins what a session is made of. Its programs print to out; long texts go through the pager, if there is one.
func sessionOptions(s settings, editor repl.Editor, out io.Writer, set *repl.Settings, pager *repl.Pager) (o repl.Options, err error) {
	if s.registry, err = specRegistry(s); err != nil {
		return o, err
	}
	watching := builtins.NewWatching(s.registry, func() bool { return !set.On(repl.WithLong) })
	s.tap = both(s.tap, watching.Tap)
	show := func(th *starlark.Thread, v starlark.Value) (string, error) {
		return builtins.Shown(th, v, builtins.Look{Width: set.Width(), Tables: set.On(repl.WithTable), Long: set.On(repl.WithLong)})
	}
	stops := &repl.Breakpoints{Open: func() (repl.Editor, error) { return editor, nil }, Show: show, Settings: set, Scope: &repl.Scope{}}
	s.stop = stops.Stop
	c, err := config(s)
	if err != nil {
		return o, err
	}
	c.Interactive, c.Color, c.Width = true, func() bool { return set.On(repl.WithColor) }, set.Width
	var ended repl.Ended
	var lines io.Writer
	if s.lines {
		lines = out
	}
	hostOptions := host.Options{
		Lines: lines, Globals: builtins.Globals(c), Stdout: out, Stderr: out, Std: stdlib.FS(), Explain: builtins.Explain, Eager: true, Ended: ended.Add,
	}
	if pager != nil {
		hostOptions.Page = pager.Page
	}
	h := host.New(hostOptions)
	ref := builtins.NewReference(h.Globals(), c.Registry).Fit(set.Width).Library(stdlib.FS())
	names := &repl.Names{}
	complete(names, h, ref)
	return repl.Options{
		Host: h, Editor: editor, Exit: os.Exit, Pager: pager, Page: hostOptions.Page, Names: names,
		Banner: "nlsh " + version() + ": :help lists commands, help() the language, TAB completes, Ctrl-D leaves",
		Show:   show,
		Help:   ref.About, Source: ref.Source, JSON: builtins.WriteJSON,
		Trace: watching.Trace, Monitor: watching.Monitor, Settings: set, Ended: &ended, Scope: stops.Scope,
	}, nil
}

// terminalStops is for scripts, which may stand still where there is a terminal to ask on. end gives that back.
func terminalStops() (stop func(*starlark.Thread) error, end func()) {
	var editor *repl.Terminal
	screen := os.Stdout
	if !isTerminal(screen) { // its output goes elsewhere
		screen = os.Stderr
	}
	settings := &repl.Settings{Columns: func() int { return repl.Width(screen) }}
	settings.Turn(colours(screen), repl.WithColor)
	stops := &repl.Breakpoints{
		Open: func() (repl.Editor, error) {
			if editor != nil {
				return editor, nil
			}
			var err error
			editor, err = repl.NewTerminal(os.Stdin, screen, style(screen), func(string) (string, []repl.Candidate) { return "", nil })
			return editor, err
		},
		Show: func(th *starlark.Thread, v starlark.Value) (string, error) {
			return builtins.Shown(th, v, builtins.Look{Width: settings.Width(), Tables: true})
		},
		Settings: settings,
	}
	return stops.Stop, func() {
		if editor != nil {
			editor.Close()
		}
	}
}

// style is what the editor is like.
func style(screen *os.File) repl.Style {
	return repl.Style{Vi: os.Getenv("NLSH_VI") != "", Color: colours(screen)}
}

// both is two taps in one; the first may be nil.
func both(a, b func(session.Tapped)) func(session.Tapped) {
	if a == nil {
		return b
	}
	return func(t session.Tapped) {
		a(t)
		b(t)
	}
}

// initFile is the file that a session begins with, "" if there is none.
func initFile(s settings) string {
	dir, err := os.UserConfigDir()
	if err != nil || s.noInit {
		return ""
	}
	file := filepath.Join(dir, "nlsh", "init.star")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

func colours(f *os.File) bool {
	return isTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
