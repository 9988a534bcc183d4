package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/lint"
	"github.com/nlsh/nlsh/internal/runner"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/stdlib"
)

// checkCommand is nlsh check; running it sets exit.
func checkCommand(exit *int) *cobra.Command {
	var s settings
	asJSON := false
	cmd := &cobra.Command{
		Use:     "check [flags] FILE...",
		Short:   "parse, resolve and lint scripts without running them",
		Long:    checkHelp(),
		Example: "  nlsh check *.star",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			config, err := lintConfig(s)
			if err != nil {
				return &failure{err}
			}
			found, err := checkFiles(config, args)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				*exit = runner.Failed
			}
			return printFindings(cmd.OutOrStdout(), found, asJSON)
		},
	}
	specsFlag(cmd, &s)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as a JSON array of file, line, col, rule, text")
	return cmd
}

func checkHelp() string {
	var b strings.Builder
	b.WriteString("Looks for mistakes in scripts and prints FILE:LINE:COL: TEXT (RULE) for each.\n\nRules:\n")
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "  %-17s %s\n", r[0], r[1])
	}
	b.WriteString("\nA comment \"# nlsh:ignore RULE\" on the line or alone before it says that something is meant,\n" +
		"\"# nlsh:ignore-file RULE\" anywhere does for the whole file.\n\n" +
		"Exit status: 0 nothing found, 1 something found, 2 wrong usage.")
	return b.String()
}

func checkFiles(config *lint.Config, files []string) ([]lint.Finding, error) {
	found := []lint.Finding{} // [] in JSON where there are none
	for _, file := range files {
		src, err := readScript(file)
		var se syntax.Error
		switch {
		case errors.As(err, &se):
			found = append(found, lint.Finding{File: file, Line: int(se.Pos.Line), Col: int(se.Pos.Col), Rule: lint.RuleSyntax, Text: se.Msg})
		case err != nil:
			return nil, err
		default:
			found = append(found, config.Check(src.Name, src.Text)...)
		}
	}
	return found, nil
}

// readScript reads a script that the linter can walk.
func readScript(file string) (src host.Source, err error) {
	if file != "-" {
		src, err = host.ReadFile(file)
	} else {
		src, err = readStdin()
	}
	if err == nil {
		_, err = host.Parse(src)
	}
	return src, err
}

func readStdin() (host.Source, error) {
	text, err := io.ReadAll(host.Bounded(os.Stdin))
	if err != nil {
		return host.Source{}, err
	}
	return host.NewSource("<stdin>", "", text)
}

func printFindings(w io.Writer, found []lint.Finding, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(found)
	}
	for _, f := range found {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}

// lintConfig is what scripts may use, from the registry of builtins and the specs.
func lintConfig(s settings) (*lint.Config, error) {
	reg, err := specRegistry(s)
	if err != nil {
		return nil, err
	}
	ref, err := reference(s)
	if err != nil {
		return nil, err
	}
	c := &lint.Config{
		Dialect:  host.Dialect(),
		Universe: starlark.Universe.Keys(),
		Params:   map[string][]string{},
		Members:  map[string][]string{},
		Specs:    reg.Specs,
		Control:  map[string]func(string) error{},
		Module:   moduleText,
		Explain:  builtins.Explain,
		Meant:    builtins.Meant,
	}
	for _, d := range ref.Registered() {
		register(c, d)
	}
	c.Control["flags"] = func(text string) error {
		_, err := reg.Flags(text)
		return err
	}
	c.Control["ok"] = func(text string) error {
		if _, ok := session.ErrnoOf(text); !ok {
			return fmt.Errorf("ok: got %q, want the name of an errno like \"EEXIST\"", text)
		}
		return nil
	}
	for _, name := range reg.Names() {
		if spec, err := reg.Find(name); err == nil && spec != nil {
			c.All = append(c.All, spec)
		}
	}
	return c, nil
}

// register tells the linter of one builtin, type or module.
func register(c *lint.Config, d *builtins.Doc) {
	var params []string
	for _, p := range d.Params {
		params = append(params, p.Name)
	}
	switch {
	case d.Type == "type" && d.Name == "family":
		c.FamilyAttrs = d.Members
	case d.Type == "type" && d.Name == "operation":
		c.OperationAttrs = d.Members
	case d.Type == "type":
	case d.Type == "module":
		c.Members[d.Name] = d.Members
		c.Predeclared = append(c.Predeclared, d.Name)
	case d.Type == "function":
		c.Params[d.Name] = params
		fallthrough
	case !strings.Contains(d.Name, "."):
		c.Predeclared = append(c.Predeclared, d.Name) // "nl.open" too, which no script can assign to
	case d.Name == "operation.dump":
		for _, p := range params {
			c.Control[p] = nil
		}
		delete(c.Control, "fields")
	}
}

// moduleText is the text of a module that load names, nil if it cannot be read.
func moduleText(from, name string) []byte {
	if std, ok := strings.CutPrefix(name, "@std//"); ok {
		text, err := fs.ReadFile(stdlib.FS(), std)
		if err != nil {
			return nil
		}
		return text
	}
	if strings.HasPrefix(name, "//") {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(from), name))
	if err != nil {
		return nil
	}
	return text
}
