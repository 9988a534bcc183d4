package main

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/scenario"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
	"github.com/nlsh/nlsh/stdlib"
)

// probe is the program of need(), and of runs that have one namespace only.
const probe = `load("@std//need.star", _missing = "missing")
load("@std//bare.star", _clean = "clean", _snapshot = "snapshot")
missing, clean, snapshot = _missing, _clean, _snapshot`

// language is what a worker is handed.
func language(s settings) scenario.Language {
	return scenario.Language{
		Std:      stdlib.FS(),
		Explain:  builtins.Explain,
		Scenario: scenarioGlobals,
		Program: func(dirs []string) (starlark.StringDict, error) {
			s := s
			s.specs = dirs
			globals, _, err := globals(s)
			return globals, err
		},
		Probe: probe,
	}
}

// scenarioGlobals are the predeclared names of a scenario, and its t.
func scenarioGlobals(e *scenario.Env) (starlark.StringDict, starlark.Value, error) {
	reg := session.NewRegistry(specs.All(), specs.Errata())
	for _, dir := range e.Job.Specs {
		if err := reg.AddDir(dir); err != nil {
			return nil, nil, fmt.Errorf("--specs: %w", err)
		}
	}
	s := &builtins.Scenario{Name: e.Job.Name, Kernel: e.Kernel, Tmp: e.Tmp, Need: e.Need, XFail: e.XFail, Shared: e.Shared}
	tap, err := taps(reg, e)
	if err != nil {
		return nil, nil, err
	}
	globals := builtins.Globals(builtins.Config{
		Registry: reg, Redact: redact.NewTable(), Scenario: s, TimeScale: e.Job.Scale, Tap: tap,
	})
	return globals, s.T, nil
}

// taps is what looks at the traffic of a scenario, nil for nothing.
func taps(reg *session.Registry, e *scenario.Env) (func(session.Tapped), error) {
	var list []func(session.Tapped)
	if e.Job.Mutate != "" {
		m, err := session.ParseMutation(e.Job.Mutate)
		if err != nil {
			return nil, err
		}
		list = append(list, reg.Mutate(m))
	}
	if e.Tap != nil {
		list = append(list, func(m session.Tapped) { e.Tap(message(reg, m)) })
	}
	if len(list) == 0 {
		return nil, nil
	}
	return func(m session.Tapped) {
		for _, tap := range list {
			tap(m)
		}
	}, nil
}

// message is a datagram as a result has it.
func message(reg *session.Registry, m session.Tapped) scenario.Message {
	dir := "in"
	if m.Sent {
		dir = "out"
	}
	return scenario.Message{Time: m.Time, Dir: dir, Proto: m.Proto, Family: m.Family, NetNS: fmt.Sprint(m.NetNS), What: reg.Summary(m), Data: append([]byte(nil), m.Data...)}
}
