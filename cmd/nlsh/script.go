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
	case isTerminal(os.Stdin) && isTerminal(os.Stdout):
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
	return program(ctx, s, runner.Options{File: file, Expr: expr}, args)
}

// program runs what o names.
func program(ctx context.Context, s settings, o runner.Options, args []string) (exit int, err error) {
	leave := os.Exit
	if isTerminal(os.Stdin) && (isTerminal(os.Stdout) || isTerminal(os.Stderr)) {
		stop, end := terminalStops()
		defer end()
		s.stop = stop
		leave = func(status int) { // not by way of defer
			end()
			os.Exit(status)
		}
	}
	globals, show, err := globals(s)
	if err != nil {
		return 0, &failure{err}
	}
	ctx, signals := untilSignal(ctx)
	defer signals.stop()
	var lines io.Writer
	if s.lines {
		lines = os.Stderr
	}
	o.Host = host.New(host.Options{
		Globals: globals,
		Args:    args,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Std:     stdlib.FS(),
		Show:    show,
		Explain: builtins.Explain,
		Eager:   isTerminal(os.Stdout),
		Arm:     signals.arm,
		Lines:   lines,
	})
	o.Stdin, o.Strict, o.Exit, o.Print, o.Color = os.Stdin, s.strict, leave, s.printer(), colours(os.Stderr)
	return runner.Run(ctx, o), nil
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
