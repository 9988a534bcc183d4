package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/stdlib"
)

const docExamples = `  nlsh doc nl.open
  nlsh doc rt-link.newlink
  nlsh doc mtu`

// docCommand is nlsh doc.
func docCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:     "doc [flags] [NAME]",
		Short:   "reference of builtins, families, operations, attributes",
		Long:    "Prints the reference of NAME: a builtin, a type, a family, an operation, an attribute.\nWithout NAME, lists what there is. help(NAME) in a script says the same.",
		Example: docExamples,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := reference(s)
			if err != nil {
				return &failure{err}
			}
			text, err := ref.Text(strings.Join(args, ""))
			if err != nil {
				return err
			}
			_, err = io.WriteString(cmd.OutOrStdout(), text)
			return err
		},
	}
	specsFlag(cmd, &s)
	return cmd
}

// reference is what the globals and the specs say of themselves.
func reference(s settings) (*builtins.Reference, error) {
	reg, err := specRegistry(s)
	if err != nil {
		return nil, err
	}
	return builtins.NewReference(builtins.Globals(builtins.Config{Registry: reg, Scenario: new(builtins.Scenario), Interactive: true}), reg).Library(stdlib.FS()), nil
}

func specsFlag(cmd *cobra.Command, s *settings) {
	cmd.Flags().StringArrayVar(&s.specs, "specs", nil, "look for netlink specs (YAML) in `DIR` too; may be repeated")
}
