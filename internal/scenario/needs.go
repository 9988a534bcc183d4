package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
)

// InitNet is the need of a scenario that works in the machine's own network namespace.
const InitNet = "init_net"

// probeName names the program of the probes in what goes wrong inside.
const probeName = "<need>"

// need finds out whether the kernel can do something, by doing it in a namespace that is then thrown away. The answer is kept:
// a kernel does not change.
func (w *worker) need(ctx context.Context, what string) (missing string, err error) {
	if what == InitNet {
		return w.initNet()
	}
	missing, known := w.needs[what]
	if known {
		return missing, nil
	}
	ns, err := netns.New(netns.LoopbackUp)
	if err != nil {
		return "", err
	}
	defer ns.Close()
	err = netns.Do(ns, func() (err error) {
		missing, err = w.probe(ctx, what)
		return err
	})
	if err == nil {
		w.needs[what] = missing
	}
	return missing, err
}

// initNet goes to the namespace of the start, if that is the machine's and the machine is the worker's.
func (w *worker) initNet() (missing string, err error) {
	if !w.owns {
		return InitNet + ": this run does not own the machine (run it in a guest)", nil
	}
	return "", netns.Enter(w.home)
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

// probe asks the program of the probes. It has an interpreter of its own: its messages are not those of the scenario.
func (w *worker) probe(ctx context.Context, what string) (missing string, err error) {
	globals, err := w.lang.Program(nil)
	if err != nil {
		return "", err
	}
	h := host.New(host.Options{Globals: globals, Std: w.lang.Std, Explain: w.lang.Explain, Programs: &w.probes})
	owner := host.NewOwner(probeName, nil)
	var got starlark.Value
	err = h.Run(host.Job{Name: probeName, Context: ctx, Owner: owner}, func(th *starlark.Thread) error {
		src, err := host.NewSource(probeName, "", []byte(w.lang.Probe))
		if err != nil {
			return err
		}
		members, err := h.Exec(th, src)
		if err == nil {
			got, err = host.Call(th, members["missing"], starlark.Tuple{starlark.String(what)}, nil)
		}
		return err
	})
	if err = errors.Join(err, owner.Close()); err != nil {
		return "", complaint(err)
	}
	if got == starlark.None {
		return "", nil
	}
	text, ok := starlark.AsString(got)
	if !ok {
		return "", fmt.Errorf("need: got %s from its probe, want string or None", got.Type())
	}
	return what + ": " + oneLine(text), nil
}
