package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/runner"
	"github.com/nlsh/nlsh/internal/scenario"
)

const testHelp = `Runs scenarios, each in a network namespace of its own, and compares what they print with
their golden files. PATH is a script or a folder, by default tests/golden and scripts.

A file with functions test_x(t) has a scenario for each of them, and its golden file, NAME.golden beside it,
a section for each. A file without is a program whose golden file is what it writes.

Exit status: 0 all as wanted, 1 some are not, 2 wrong usage or nothing to run, 130 interrupted.`

const testExamples = `  nlsh test
  nlsh test -run vxlan -v
  nlsh test -update tests/golden/link.star
  nlsh test --shuffle --repeat 10`

// testSettings are what the flags of nlsh test say.
type testSettings struct {
	settings
	worker  bool
	owns    bool // the machine is the worker's
	run     string
	shard   string
	shuffle string
	skips   string
	paths   []string
	kernels []string
	on      []kernel // that
	reports reportFlags

	unreferenced string // "list", "fail", "delete"
	review       bool
	in           *bufio.Reader // of a review
	jobs         int
	stress       int
	list         bool
	verbose      bool
	strict       bool // flaky is a failure
	o            scenario.Options
}

// testCommand is nlsh test; running it sets exit.
func testCommand(exit *int) *cobra.Command {
	var s testSettings
	cmd := &cobra.Command{
		Use:     "test [flags] [PATH...]",
		Short:   "run scenarios and compare them with their golden files",
		Long:    testHelp,
		Example: testExamples,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if s.worker {
				return s.serve()
			}
			*exit, err = s.test(cmd.Context(), args, cmd.OutOrStdout())
			return err
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&s.run, "run", "", "run only scenarios whose name (NAME/test_x) matches `RE`")
	f.StringVar(&s.o.Tag, "tag", "", "run only scenarios of files that say \"# tags: `TAG`\"")
	f.BoolVar(&s.list, "list", false, "print the names of the scenarios instead of running them")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "print a line for each scenario")
	f.BoolVar(&s.o.Update, "update", false, "make what they print the golden files, if it is the same three times")
	f.BoolVar(&s.o.Variant, "variant", false, "with --update: write NAME@KERNEL.golden where this kernel prints something else")
	f.BoolVar(&s.review, "review", false, "ask what is to become of each that prints something else: accept, leave out a field, reject")
	f.BoolVar(&s.o.NoWrite, "no-write", false, "do not leave NAME.golden.new where something else was printed; so in CI")
	f.IntVarP(&s.jobs, "jobs", "j", runtime.NumCPU(), "how many run at once")
	f.IntVar(&s.o.Repeat, "repeat", 1, "run each so often")
	f.StringVar(&s.shuffle, "shuffle", "", "run them in a random order; the same one again with its `SEED`")
	f.Lookup("shuffle").NoOptDefVal = "random"
	f.IntVar(&s.stress, "stress", 0, "run each `K` times, K at once for each CPU")
	f.StringVar(&s.shard, "shard", "", "run part `I/N` only, as in 1/4")
	f.BoolVar(&s.o.Tap, "messages", false, "keep the netlink messages of each scenario in the results of --jsonl (--html has them anyhow)")
	f.DurationVar(&s.o.Timeout, "timeout", 10*time.Second, "how long a scenario may take")
	f.StringVar(&s.timeScale, "time-scale", "", "multiply by `X` what waiting and timeouts may take (default 1)")
	f.IntVar(&s.o.Retries, "retries", 0, "run what fails so often again; if it passes then it is flaky")
	f.BoolVar(&s.strict, "fail-on-flaky", false, "fail if one is flaky")
	f.StringArrayVar(&s.kernels, "kernel", nil, "run them on `KERNEL`: host, uml:FILE, uml:VERSION (user-mode Linux), qemu:FILE (what a PC boots, bzImage or vmlinuz); may be given several times")
	f.StringVar(&s.skips, "expect-skips", "", "fail on any skip but those in `FILE` (NAME/test_x: how the reason begins), and if one of those does not skip")
	s.reports.add(cmd)
	f.StringVar(&s.unreferenced, "unreferenced", "", "`list`, fail on or delete the golden files in the folders whose scripts are gone; of a whole run only")
	specsFlag(cmd, &s.settings)
	f.BoolVar(&s.worker, "worker", false, "run the jobs that come from standard input")
	f.BoolVar(&s.owns, "own-machine", false, "this machine is the run's, as a virtual machine may be: need(\"init_net\") gets its network, and so does every scenario if the kernel has no namespaces")
	f.StringVar(&s.o.Mutate, "mutate", "", "change a bit of what the kernel answers, PATH:BIT#NTH, to see whether a scenario notices")
	for _, name := range []string{"worker", "mutate"} {
		_ = f.MarkHidden(name)
	}
	return cmd
}

// words are flags that people know from go test with one dash.
var words = []string{"-run", "-update", "-list", "-timeout", "-shuffle"}

// goFlags gives the flags of nlsh test that are spelled as go test spells them their second dash.
func goFlags(argv []string) []string {
	if len(argv) == 0 || argv[0] != "test" {
		return argv
	}
	argv = slices.Clone(argv)
	for i, arg := range argv {
		if arg == "--" {
			break
		}
		name, _, _ := strings.Cut(arg, "=")
		if slices.Contains(words, name) {
			argv[i] = "-" + arg
		}
	}
	return argv
}

// test runs the scenarios of the paths and returns the exit status.
func (s *testSettings) test(ctx context.Context, paths []string, out io.Writer) (int, error) {
	if err := s.options(); err != nil {
		return 0, err
	}
	if len(paths) == 0 {
		paths = defaultPaths()
		if s.o.Skips != nil {
			s.o.Skips.All = true
		}
	}
	if s.paths = paths; s.unreferenced != "" {
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				return 0, fmt.Errorf("--unreferenced: got %s, want folders", path)
			}
		}
	}
	found, err := scenario.Find(paths)
	if err != nil {
		return 0, err
	}
	selected := scenario.Select(found, s.o)
	if len(selected) == 0 {
		return 0, fmt.Errorf("nothing to run: %d scenarios in %s, and none is asked for", len(found), strings.Join(paths, ", "))
	}
	if s.list {
		for _, one := range selected {
			if _, err := fmt.Fprintln(out, one.Name); err != nil {
				return 0, &failure{err}
			}
		}
		return runner.Done, nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return s.report(ctx, found, out)
}

func defaultPaths() (paths []string) {
	for _, dir := range []string{"tests/golden", "scripts"} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			paths = append(paths, dir)
		}
	}
	if paths == nil {
		return []string{"."}
	}
	return paths
}

// specPath is the folder of the kernel's own specs that has a file, "" if there is none at hand.
func (s *testSettings) specPath(name string) string {
	dirs := slices.Concat(s.specs, filepath.SplitList(os.Getenv(specsVariable)))
	if shared := os.Getenv("NLSH_SHARED"); shared != "" {
		dirs = append(dirs, filepath.Join(shared, "ynl", "specs"))
	}
	if dir, err := filepath.Abs(filepath.Join("..", "shared", "ynl", "specs")); err == nil {
		dirs = append(dirs, dir)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			if abs, err := filepath.Abs(dir); err == nil {
				return abs
			}
		}
	}
	return ""
}

// again is the command that runs a scenario again.
func (s *testSettings) again(r *scenario.Result) string {
	args := []string{"nlsh", "test"}
	for _, dir := range s.specs {
		args = append(args, "--specs", dir)
	}
	for _, name := range s.kernels {
		args = append(args, "--kernel", name)
	}
	if s.timeScale != "" {
		args = append(args, "--time-scale", s.timeScale)
	}
	if r.Test != "" {
		args = append(args, "-run", "'/"+r.Test+"$'")
	}
	return strings.Join(append(args, r.File), " ")
}

// shared says why there is only one network namespace, nil if there may be more.
func shared() error {
	ns, err := netns.New()
	if err != nil {
		return err
	}
	return ns.Close()
}

func (s *testSettings) workerArgs() []string {
	args := []string{"test", "--worker"}
	if s.owns {
		args = append(args, "--own-machine")
	}
	return args
}

// serve is a worker. What is written to standard output by accident is not taken for a result.
func (s *testSettings) serve() error {
	if !netns.InPlayground() && !s.owns {
		return errors.New("--worker: this is for nlsh test to start (it changes what it finds: /sys, network namespaces)")
	}
	fd, err := unix.FcntlInt(uintptr(syscall.Stdout), unix.F_DUPFD_CLOEXEC, 3)
	if err == nil {
		err = unix.Dup3(syscall.Stderr, syscall.Stdout, 0)
	}
	if err == nil {
		err = scenario.Serve(os.Stdin, os.NewFile(uintptr(fd), "results"), language(s.settings), s.owns)
	}
	if err != nil {
		return &failure{err}
	}
	return nil
}
