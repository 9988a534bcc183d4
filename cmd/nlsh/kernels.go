package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nlsh/nlsh/internal/guest"
	"github.com/nlsh/nlsh/internal/scenario"
)

// kernel is one that scenarios run on.
type kernel struct {
	name  string        // as the user calls it
	guest *guest.Kernel // nil is that of this machine
}

// findKernels reads what --kernel says.
func findKernels(names []string) (list []kernel, err error) {
	for _, name := range names {
		what, file, _ := strings.Cut(name, ":")
		switch {
		case name == "host":
			list = append(list, kernel{name: name})
		case what == "uml" && file != "":
			k, err := guest.Find(file, guest.Folders()...)
			if err != nil {
				return nil, fmt.Errorf("--kernel: %w", err)
			}
			list = append(list, kernel{name, &k})
		default:
			return nil, fmt.Errorf("--kernel: got %q, want host, uml:FILE or uml:VERSION (user-mode Linux; make kernels builds some)", name)
		}
	}
	if list == nil {
		list = []kernel{{name: "host"}}
	}
	return list, nil
}

// enterGuest makes this process the first one of a guest, if it is that. It then does not return.
func enterGuest() {
	if guest.IsInit() {
		guest.Init()
		os.Exit(1) // which the host sees as a kernel that panics
	}
}

// pool is what runs scenarios on a kernel.
func (s *testSettings) pool(k kernel) *scenario.Pool {
	p := &scenario.Pool{Workers: s.jobs, Args: s.workerArgs(), Plain: s.owns}
	if k.guest != nil {
		p.Args = []string{"test", "--worker", "--own-machine"}
		p.Start = k.start
	}
	return p
}

// machine is a guest with a worker in it.
type machine struct {
	stop context.CancelCauseFunc
	over chan struct{}
	how  string // it ended; final when over is closed
}

var errOver = errors.New("the worker was told to end")

// start boots a guest in which a worker runs, and takes over the files.
func (k kernel) start(ctx context.Context, args []string, in, out, errOut *os.File) (scenario.Process, error) {
	ctx, stop := context.WithCancelCause(ctx)
	m := &machine{stop: stop, over: make(chan struct{})}
	go func() {
		defer close(m.over)
		exit, err := k.guest.Run(ctx, guest.Command{Args: append([]string{os.Args[0]}, args...), Env: append(os.Environ(), scenario.InGuest+"=1"), Stdin: in, Stdout: out, Stderr: errOut})
		if m.how = fmt.Sprintf("exit status %d", exit); err != nil {
			m.how = err.Error()
		}
		for _, f := range []io.Closer{in, out, errOut} {
			_ = f.Close()
		}
	}()
	return m, nil
}

// Kill implements [scenario.Process].
func (m *machine) Kill() { m.stop(errOver) }

// Wait implements [scenario.Process].
func (m *machine) Wait() string {
	<-m.over
	m.stop(nil)
	return m.how
}
