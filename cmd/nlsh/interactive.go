package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/repl"
	"github.com/nlsh/nlsh/stdlib"
)

// interactive is the shell without a script, on a terminal.
func interactive(ctx context.Context, s settings) (exit int, err error) {
	names := &repl.Names{Keywords: builtins.Keywords, Values: builtins.KeywordValues, Modules: modules}
	editor, err := repl.NewTerminal(os.Stdin, os.Stdout, os.Getenv("NLSH_VI") != "", names.Complete)
	if err != nil {
		return 0, &failure{err}
	}
	defer editor.Close()
	if s.registry, err = specRegistry(s); err != nil {
		return 0, &failure{err}
	}
	watching := builtins.NewWatching(s.registry)
	s.tap = both(s.tap, watching.Tap)
	globals, _, err := globals(s)
	if err != nil {
		return 0, &failure{err}
	}
	var ended repl.Ended
	h := host.New(host.Options{
		Globals: globals, Stdout: editor.Writer(), Stderr: editor.Writer(), Std: stdlib.FS(), Explain: builtins.Explain, Eager: true, Ended: ended.Add,
	})
	settings := &repl.Settings{Columns: func() int { return repl.Width(os.Stdout) }}
	names.Globals = h.Globals
	if ctx == nil {
		ctx = context.Background()
	}
	return repl.Run(ctx, repl.Options{
		Host: h, Editor: editor, History: repl.OpenHistory(repl.HistoryFile()), Init: initFile(s), Exit: os.Exit,
		Color:  colours(os.Stdout),
		Banner: "nlsh " + version() + ": :help lists commands, help() the language, TAB completes, Ctrl-D leaves",
		Show: func(th *starlark.Thread, v starlark.Value) (string, error) {
			return builtins.Shown(th, v, settings.Width())
		},
		Help:  builtins.HelpOn,
		Trace: watching.Trace, Monitor: watching.Monitor, Settings: settings, Ended: &ended,
	}), nil
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

// modules are the paths that load takes, of the library.
func modules() (list []string) {
	entries, err := fs.ReadDir(stdlib.FS(), ".")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".star" {
			list = append(list, "@std//"+e.Name())
		}
	}
	return list
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
