package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/nlsh/nlsh/internal/runner"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/spf13/cobra"
	"go.starlark.net/starlark"
)

// settings are what the flags say.
type settings struct {
	expr     string
	specs    []string
	log      string
	strict   bool
	rootless bool
	noInit   bool
	json     bool
	jsonl    bool
	version  bool
	lines    bool

	timeScale string
	pcap      string
	tap       func(session.Tapped)
	registry  *session.Registry // nil: one of its own
	stop      func(*starlark.Thread) error
}

const longHelp = `nlsh is the netlink shell: Starlark that speaks every netlink protocol of Linux.

FILE is a script, - is standard input. What follows FILE belongs to the script,
which has it in the list args.

Exit status: 0 done, 1 the script failed, 2 wrong usage, 70 a defect of nlsh,
130 interrupted; the status of exit(status) if the script calls that.`

const examples = `  nlsh links.star eth0
  nlsh -c 'len(args)' a b c
  nlsh --json -c 'nl.open("route").getlink.dump()' | jq '.[].ifname'
  echo 'print("hello")' | nlsh`

// rootCommand returns the command line; running it sets exit.
func rootCommand(exit *int) *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:                   "nlsh [flags] [FILE [ARG...]]",
		Short:                 "the netlink shell",
		Long:                  longHelp,
		Example:               examples,
		Args:                  cobra.ArbitraryArgs,
		DisableFlagsInUseLine: true,
		SilenceErrors:         true, // complain shows them
		SilenceUsage:          true,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if s.version {
				return printVersion(cmd.OutOrStdout())
			}
			var expr *string
			if cmd.Flags().Changed("command") {
				expr = &s.expr
			} else if s.json || s.jsonl {
				return errors.New("--json and --jsonl print the value of -c CODE: want that (a FILE has json.encode)")
			}
			*exit, err = script(cmd.Context(), s, expr, args)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().SetInterspersed(false) // what follows FILE belongs to the script
	cmd.Flags().StringVarP(&s.expr, "command", "c", "", "run `CODE` and print the value of its last expression")
	cmd.Flags().BoolVar(&s.json, "json", false, "print the value of -c as JSON")
	cmd.Flags().BoolVar(&s.jsonl, "jsonl", false, "print the elements of the value of -c as JSON, one on each line, as they come")
	cmd.MarkFlagsMutuallyExclusive("json", "jsonl")
	cmd.Flags().BoolVar(&s.rootless, "rootless", false, "run in user, network and mount namespaces of its own")
	cmd.Flags().BoolVar(&s.noInit, "no-init", false, "without FILE: do not run ~/.config/nlsh/init.star first")
	specsFlag(cmd, &s)
	cmd.Flags().BoolVarP(&s.lines, "lines", "x", false, "write every line to standard error before it runs, as sh -x does")
	cmd.Flags().BoolVar(&s.strict, "strict", false, "fail if the script leaves open what it could have closed")
	cmd.Flags().StringVar(&s.log, "log", "", "write messages from `LEVEL` on: debug, info, warn, error (default info)")
	cmd.Flags().StringVar(&s.timeScale, "time-scale", "", "multiply by `X` the time that waiting for events may take (default 1)")
	cmd.Flags().StringVar(&s.pcap, "pcap", "", "write every netlink message that is sent and received to `FILE`, for wireshark")
	cmd.Flags().BoolVar(&s.version, "version", false, "print the version")
	cmd.Flags().BoolP("help", "h", false, "print this help")
	cmd.AddCommand(docCommand(), checkCommand(exit), topoCommand(exit), testCommand(exit))
	return cmd
}

// codeFirst puts -- before the arguments of -c CODE. Without it cobra takes an argument that is
// the name of a subcommand for one, wherever it stands.
func codeFirst(argv []string) []string {
	if !slices.ContainsFunc(argv, func(a string) bool {
		return strings.HasPrefix(a, "-c") || strings.HasPrefix(a, "--command")
	}) {
		return argv
	}
	flags := rootCommand(new(int)).Flags()
	if flags.Parse(argv) != nil || !flags.Changed("command") || flags.NArg() == 0 {
		return argv // what is wrong with it is found again, and reported
	}
	n := len(argv) - flags.NArg()
	if argv[n-1] == "--" {
		return argv
	}
	return slices.Concat(argv[:n], []string{"--"}, argv[n:])
}

// complain shows an error that kept nlsh from running anything, and returns the exit status.
func complain(err error, hint string) int {
	fmt.Fprintf(os.Stderr, "nlsh: %v\n", err)
	var f *failure
	if errors.As(err, &f) {
		return runner.Failed
	}
	if hint != "" {
		fmt.Fprintln(os.Stderr, hint)
	}
	return runner.Usage
}

// failure is an error that is not the fault of the command line.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

func printVersion(w io.Writer) error {
	_, err := fmt.Fprintln(w, "nlsh", version())
	return err
}
