package main

import (
	"context"
	"os"
	"path/filepath"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/repl"
	"github.com/nlsh/nlsh/stdlib"
)

// interactive is the shell without a script, on a terminal.
func interactive(ctx context.Context, s settings) (exit int, err error) {
	names := &repl.Names{}
	var h *host.Host
	editor, err := repl.NewTerminal(os.Stdin, os.Stdout, repl.Style{Vi: os.Getenv("NLSH_VI") != "", Color: colours(os.Stdout), Earlier: names.Earlier},
		func(before string) (string, []repl.Candidate) { return names.Alone(h, before) })
	if err != nil {
		return 0, &failure{err}
	}
	defer editor.Close()
	c, err := config(s)
	if err != nil {
		return 0, &failure{err}
	}
	width := func() int { return repl.Width(os.Stdout) }
	c.Interactive, c.Color, c.Width = true, colours(os.Stdout), width
	pager := repl.NewPager(editor, os.Stdout, os.LookupEnv)
	h = host.New(host.Options{
		Globals: builtins.Globals(c), Stdout: editor.Writer(), Stderr: editor.Writer(), Std: stdlib.FS(), Explain: builtins.Explain, Eager: true,
		Page: pager.Page,
	})
	ref := builtins.NewReference(h.Globals(), c.Registry).Fit(width).Library(stdlib.FS())
	complete(names, h, ref)
	if ctx == nil {
		ctx = context.Background()
	}
	return repl.Run(ctx, repl.Options{
		Host: h, Editor: editor, History: repl.OpenHistory(repl.HistoryFile()), Init: initFile(s), Exit: os.Exit, Pager: pager, Names: names,
		Color:  colours(os.Stdout),
		Banner: "nlsh " + version() + ": :help lists commands, help() the language, TAB completes, Ctrl-D leaves",
		Show: func(th *starlark.Thread, v starlark.Value) (string, error) {
			return builtins.Shown(th, v, width())
		},
		Help: ref.About, Source: ref.Source,
	}), nil
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
