package main

import (
	"strings"

	"github.com/spf13/cobra"
)

const topoHelp = `Prints what is in network namespaces and how it hangs together: links, what they
are on, the other ends of pairs, addresses. Without NETNS: the namespace one is in,
those that have a name, and those of processes. NETNS is a name of ip netns, or a
number: the id of a process.

What nlsh may not look into is left out: as root it sees all.`

// topoCommand is nlsh topo; running it sets exit. What it does is in the library, see stdlib/topo/command.star.
func topoCommand(exit *int) *cobra.Command {
	var s settings
	files := map[string]*string{}
	cmd := &cobra.Command{
		Use:     "topo [flags] [NETNS...]",
		Short:   "what is in network namespaces, as text or a picture",
		Long:    topoHelp,
		Example: "  nlsh topo\n  sudo nlsh topo --svg host.svg\n  nlsh topo --dot - blue red | dot -Tpdf >net.pdf",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			form, file := "text", "-"
			for name, value := range files {
				if *value != "" {
					form, file = name, *value
				}
			}
			expr := `load("@std//topo/command.star", "draw"); draw(args[0], args[1], args[2:])`
			*exit, err = script(cmd.Context(), s, &expr, append([]string{form, file}, args...))
			return err
		},
	}
	forms := []string{"svg", "dot", "mermaid"}
	for _, form := range forms {
		files[form] = cmd.Flags().String(form, "", "write `FILE` as "+strings.ToUpper(form)+", - is standard output")
	}
	cmd.MarkFlagsMutuallyExclusive(forms...)
	return cmd
}
