// Command docgen writes docs/reference: the builtins and the specs in Markdown.
//
//	go run . ../../docs/reference       (what `go generate ./internal/docgen` does)
//
// The text is that of help and nlsh doc; there is none here.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
)

//go:generate go run . ../../docs/reference

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(dir); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// run writes the pages into dir, and removes those of specs that are gone.
func run(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pages := pages()
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if pages[filepath.Base(file)] == "" {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func pages() map[string]string {
	reg := session.NewRegistry(specs.All(), specs.Errata())
	return builtins.NewReference(builtins.Globals(builtins.Config{Registry: reg, Scenario: new(builtins.Scenario), Interactive: true}), reg).Markdown()
}
