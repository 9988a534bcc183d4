package main

import (
	"context"
	"io"
	"os"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/runner"
	"github.com/nlsh/nlsh/stdlib"
	"go.starlark.net/starlark"
)

// script runs expr, or the file that args begin with, and returns the exit status.
func script(ctx context.Context, s settings, expr *string, args []string) (exit int, err error) {
	file, shell := "", false
	switch {
	case expr != nil:
	case len(args) > 0:
		file, args = args[0], args[1:]
	case isTerminal(os.Stdin):
		shell = true
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
	if shell {
		return interactive(ctx, s)
	}
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
		Color:  colours(os.Stderr),
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
