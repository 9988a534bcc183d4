package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/guest"
	"github.com/nlsh/nlsh/internal/scenario"
)

// kernel is one that scenarios run on.
type kernel struct {
	name   string        // in the report
	guest  *guest.Kernel // nil is that of this machine
	slower float64       // by how much than others; 0 is not
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
			list = append(list, kernel{name: name, guest: &k})
		case what == "qemu" && file != "":
			k, err := guest.QEMU(file)
			if err != nil {
				return nil, fmt.Errorf("--kernel: %w", err)
			}
			on := kernel{name: "qemu:" + k.Release(), guest: &k}
			if slices.ContainsFunc(list, func(other kernel) bool { return other.name == on.name }) {
				on.name = name // the same release, built in another way
			}
			if k.Emulated() {
				on.slower = emulatedScale
			}
			list = append(list, on)
		default:
			return nil, fmt.Errorf("--kernel: got %q, want host, uml:FILE or uml:VERSION (user-mode Linux; make kernels builds some), or qemu:FILE (what a PC boots)", name)
		}
	}
	if list == nil {
		list = []kernel{{name: "host"}}
	}
	return list, nil
}

// enterGuest makes this process the first one of a guest, or what a guest's kernel gets modules by, if it is that. It then does not return.
func enterGuest() {
	if guest.IsModprobe() {
		os.Exit(guest.Modprobe())
	}
	if guest.IsInit() {
		guest.Init()
		os.Exit(1) // which the host sees as a kernel that panics
	}
}

// emulatedScale is how much longer everything may take where a program translates what the guest's processor does.
const emulatedScale = 5

// optionsOn are the options of a run on a kernel.
func (s *testSettings) optionsOn(k kernel) scenario.Options {
	o := s.o
	switch {
	case k.slower > 0:
		o.Scale *= k.slower
	case k.guest != nil: // user-mode Linux waits as long as others, and takes longer to start a program
		o.Timeout *= 2
	}
	return o
}

// pool is what runs scenarios on a kernel. A guest that does not see this machine's files gets those of the scenarios.
func (s *testSettings) pool(k kernel, found []scenario.Scenario) *scenario.Pool {
	p := &scenario.Pool{Workers: s.jobs, Args: s.workerArgs(), Plain: s.owns, Slow: k.slower}
	if k.guest != nil {
		p.Args = []string{"test", "--worker", "--own-machine"}
		p.Start = k.start(nil, nil)
	}
	if k.guest != nil && k.guest.Copies() {
		p.Start = k.start(s.files(found), programs(found))
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

// files are what scenarios may read, for guests that do not see this machine: their folders, specs, and what the current folder has,
// where that is not a whole machine.
func (s *testSettings) files(found []scenario.Scenario) (files []string) {
	add := func(name string) {
		if abs, err := filepath.Abs(name); err == nil && name != "" && !slices.Contains(files, abs) {
			files = append(files, abs)
		}
	}
	for _, one := range found {
		add(filepath.Dir(one.File))
		for _, name := range one.Specs {
			add(s.specPath(name))
		}
	}
	for _, dir := range slices.Concat(s.specs, filepath.SplitList(os.Getenv(specsVariable))) {
		add(dir)
	}
	if guest.Small(".") {
		add(".")
	}
	return files
}

// programs are those that scenarios say they start.
func programs(found []scenario.Scenario) (names []string) {
	for _, one := range found {
		names = append(names, one.Programs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// start returns what boots a guest in which a worker runs that may read the files and start the programs, and takes over its own three.
func (k kernel) start(files, programs []string) func(ctx context.Context, args []string, in, out, errOut *os.File) (scenario.Process, error) {
	return func(ctx context.Context, args []string, in, out, errOut *os.File) (scenario.Process, error) {
		ctx, stop := context.WithCancelCause(ctx)
		m := &machine{stop: stop, over: make(chan struct{})}
		c := guest.Command{
			Args: append([]string{os.Args[0]}, args...), Env: append(os.Environ(), scenario.InGuest+"=1"),
			Files: files, Programs: programs, Stdin: in, Stdout: out, Stderr: errOut,
		}
		go func() {
			defer close(m.over)
			exit, err := k.guest.Run(ctx, c)
			if m.how = fmt.Sprintf("exit status %d", exit); err != nil {
				m.how = err.Error()
			}
			for _, f := range []io.Closer{in, out, errOut} {
				_ = f.Close()
			}
		}()
		return m, nil
	}
}

// Kill implements [scenario.Process].
func (m *machine) Kill() { m.stop(errOver) }

// Wait implements [scenario.Process].
func (m *machine) Wait() string {
	<-m.over
	m.stop(nil)
	return m.how
}
