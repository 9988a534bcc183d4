package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
	"github.com/nlsh/nlsh/stdlib"
)

// specsVariable lists folders of specs, as --specs does.
const specsVariable = "NLSH_SPECS"

// globals returns the predeclared names, and what makes the text of a result; nil is the
// value's String.
func globals(s settings) (starlark.StringDict, func(starlark.Value) string, error) {
	c, err := config(s)
	if err != nil {
		return nil, nil, err
	}
	return builtins.Globals(c), nil, nil
}

// config is what the predeclared names are made of.
func config(s settings) (c builtins.Config, err error) {
	reg := s.registry
	if reg == nil {
		if reg, err = specRegistry(s); err != nil {
			return c, err
		}
	}
	level, err := logLevel(s.log)
	if err != nil {
		return c, err
	}
	scale, err := timeScale(s.timeScale)
	if err != nil {
		return c, err
	}
	return builtins.Config{Registry: reg, Log: level, Terminal: isTerminal(os.Stderr), TimeScale: scale, Tap: s.tap, Stop: s.stop, Library: stdlib.FS()}, nil
}

// specRegistry has the specs that nlsh ships, and those that the user points at.
func specRegistry(s settings) (*session.Registry, error) {
	reg := session.NewRegistry(specs.All(), specs.Errata())
	for _, dir := range s.specs {
		if err := reg.AddDir(dir); err != nil {
			return nil, fmt.Errorf("--specs: %w", err)
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv(specsVariable)) {
		if err := reg.AddDir(dir); err != nil {
			return nil, fmt.Errorf("%s: %w", specsVariable, err)
		}
	}
	return reg, nil
}

// timeScaleVariable is the time scale, where --time-scale does not say.
const timeScaleVariable = "NLSH_TIME_SCALE"

// timeScale reads what the timeouts of waiting for events are multiplied by.
func timeScale(flag string) (float64, error) {
	text, source := flag, "--time-scale"
	if text == "" {
		text, source = os.Getenv(timeScaleVariable), timeScaleVariable
	}
	if text == "" {
		return 1, nil
	}
	scale, err := strconv.ParseFloat(text, 64)
	if err != nil || !(scale >= 0.01 && scale <= 1000) {
		return 0, fmt.Errorf("%s: got %q, want a factor from 0.01 to 1000", source, text)
	}
	return scale, nil
}

// logVariable names the level of log, where --log does not.
const logVariable = "NLSH_LOG"

// logLevel reads the least level that log writes.
func logLevel(flag string) (level slog.Level, err error) {
	name, source := flag, "--log"
	if flag == "" {
		name, source = os.Getenv(logVariable), logVariable
	}
	switch name {
	case "debug":
		level = slog.LevelDebug
	case "", "info":
		level = slog.LevelInfo
	case "warn":
		level = slog.LevelWarn
	case "error":
		level = slog.LevelError
	default:
		err = fmt.Errorf("%s: got %q, want one of debug, info, warn, error", source, name)
	}
	return level, err
}
