package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/runner"
	"github.com/nlsh/nlsh/stdlib"
	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"
)

// script runs expr, or the file that args begin with, and returns the exit status.
func script(ctx context.Context, s settings, expr *string, args []string) (exit int, err error) {
	file := ""
	switch {
	case expr != nil:
	case len(args) > 0:
		file, args = args[0], args[1:]
	case isTerminal(os.Stdin):
		return 0, errors.New("there is no interactive mode yet: want FILE, - or -c CODE")
	default:
		file = "-"
	}
	if s.rootless && !inPlayground() {
		return reexecute()
	}
	pcap, err := record(s.pcap)
	if err != nil {
		return 0, &failure{err}
	}
	defer func() {
		if ended := pcap.close(); ended != nil && err == nil {
			err = &failure{ended}
		}
	}()
	s.tap = pcap.tap()
	globals, show, err := globals(s)
	if err != nil {
		return 0, &failure{err}
	}
	ctx, signals := untilSignal(ctx)
	defer signals.stop()
	h := host.New(host.Options{
		Globals: globals,
		Args:    args,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Std:     stdlib.FS(),
		Show:    show,
		Explain: builtins.Explain,
		Eager:   isTerminal(os.Stdout),
		Arm:     signals.arm,
	})
	return runner.Run(ctx, runner.Options{
		Host:   h,
		File:   file,
		Expr:   expr,
		Stdin:  os.Stdin,
		Strict: s.strict,
		Exit:   os.Exit,
		Print:  s.printer(),
		Color:  isTerminal(os.Stderr) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}), nil
}

// printer writes the value of -c as the flags say; nil is as it prints.
func (s settings) printer() func(*starlark.Thread, io.Writer, starlark.Value) error {
	switch {
	case s.json:
		return builtins.WriteJSON
	case s.jsonl:
		return builtins.WriteJSONLines
	}
	return nil
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
