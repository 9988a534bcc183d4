package scenario

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
)

// InitNet is the need of a scenario that works in the machine's own network namespace.
const InitNet = "init_net"

// programNeed begins the need of a program: where a guest has only what it was given, it is given that.
const programNeed = "program:"

// probeName names the program of the probes in what goes wrong inside.
const probeName = "<need>"

// need finds out whether the kernel can do something, by doing it in a namespace that is then thrown away. The answer is kept:
// a kernel does not change.
func (w *worker) need(ctx context.Context, what string) (missing string, err error) {
	if what == InitNet {
		return w.initNet()
	}
	if name, ok := strings.CutPrefix(what, programNeed); ok {
		if name == "" || strings.Contains(name, "/") {
			return "", fmt.Errorf("got %q, want program: with the name of one in $PATH", what)
		}
		if _, err := exec.LookPath(name); err != nil {
			return what + ": no such program in $PATH", nil
		}
		return "", nil
	}
	missing, known := w.needs[what]
	if known {
		return missing, nil
	}
	err = w.aside(ctx, func() (err error) {
		missing, err = w.probe(ctx, what)
		return err
	})
	if err == nil {
		w.needs[what] = missing
	}
	return missing, err
}

// aside calls fn in a namespace that is then thrown away.
func (w *worker) aside(ctx context.Context, fn func() error) error {
	if w.bare != nil {
		return errors.Join(fn(), w.bare.clean(ctx, w))
	}
	ns, err := netns.New(netns.LoopbackUp)
	if err != nil {
		return err
	}
	defer ns.Close()
	return netns.Do(ns, fn)
}

// initNet goes to the namespace of the start, if that is the machine's and the machine is the worker's.
func (w *worker) initNet() (missing string, err error) {
	if w.bare != nil {
		return "", nil
	}
	if !w.owns {
		return InitNet + ": this run does not own the machine (run it in a guest)", nil
	}
	if err := netns.Enter(w.home); err != nil {
		return "", err
	}
	if w.sysfs {
		return "", netns.ShowInSys()
	}
	return "", nil
}

// complaint is what the program of the probes says of a need that makes no sense, by fail; anything else that it ends with is told with
// the calls that led there.
func complaint(err error) error {
	var failed *starlark.EvalError
	if errors.As(err, &failed) {
		if text, ok := strings.CutPrefix(failed.Msg, "fail: "); ok {
			return errors.New(text)
		}
	}
	return errors.New(strings.TrimSuffix(host.Format(err, false), "\n"))
}

// probe asks the program of the probes.
func (w *worker) probe(ctx context.Context, what string) (missing string, err error) {
	got, err := w.ask(ctx, "missing", starlark.String(what))
	if err != nil || got == starlark.None {
		return "", err
	}
	text, ok := starlark.AsString(got)
	if !ok {
		return "", fmt.Errorf("need: got %s from its probe, want string or None", got.Type())
	}
	return what + ": " + oneLine(text), nil
}

// ask calls a function of the program of the probes. It has an interpreter of its own: its messages are not those of the scenario.
func (w *worker) ask(ctx context.Context, name string, args ...starlark.Value) (got starlark.Value, err error) {
	globals, err := w.lang.Program(nil)
	if err != nil {
		return nil, err
	}
	h := host.New(host.Options{Globals: globals, Std: w.lang.Std, Explain: w.lang.Explain, Programs: &w.probes})
	owner := host.NewOwner(probeName, nil)
	err = h.Run(host.Job{Name: probeName, Context: ctx, Owner: owner}, func(th *starlark.Thread) error {
		src, err := host.NewSource(probeName, "", []byte(w.lang.Probe))
		if err != nil {
			return err
		}
		members, err := h.Exec(th, src)
		if err == nil {
			got, err = host.Call(th, members[name], args, nil)
		}
		return err
	})
	if err = errors.Join(err, owner.Close()); err != nil {
		return nil, complaint(err)
	}
	return got, nil
}
