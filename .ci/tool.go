// Command tool is what .ci/run needs beyond a shell, so that a machine with only Go can run it.
//
//	go test -json ./... | go run .ci/tool.go report SKIPS   results in short; skips, with their reasons, to SKIPS
//	go run .ci/tool.go static FILE...                       fails unless each FILE needs no loader and no library
package main

import (
	"bufio"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	err := fmt.Errorf("usage: tool report FILE | tool static FILE...")
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "report":
			err = report(os.Stdin, os.Args[2])
		case "static":
			for _, file := range os.Args[2:] {
				if err = static(file); err != nil {
					break
				}
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tool:", err)
		os.Exit(1)
	}
}

func static(file string) error {
	f, err := elf.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			return fmt.Errorf("%s is not static: it has a %v segment", file, p.Type)
		}
	}
	fmt.Printf("%s: static, %v\n", file, f.Machine)
	return nil
}

// event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
}

type totals struct{ passed, failed, skipped int }

// report prints what go test prints without -v, and adds the skips.
func report(in io.Reader, skipFile string) error {
	skips, err := os.OpenFile(skipFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer skips.Close()
	var n totals
	output := map[string][]string{} // of tests that have not ended, by package and name
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil:
			fmt.Print(line) // of the go command itself
		default:
			take(e, output, skips, &n)
		}
		if err != nil {
			break
		}
	}
	fmt.Printf("tests and subtests: %d passed, %d failed, %d skipped\n", n.passed, n.failed, n.skipped)
	return nil
}

func take(e event, output map[string][]string, skips io.Writer, n *totals) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		if e.Test != "" {
			output[key] = append(output[key], e.Output)
		} else if e.Output != "PASS\n" && e.Output != "FAIL\n" && !strings.Contains(e.Output, "[no test files]") {
			fmt.Print(e.Output)
		}
	case "pass", "skip", "fail":
		if e.Test == "" {
			if e.Action == "fail" {
				unfinished(e.Package, output)
			}
			return
		}
		switch e.Action {
		case "pass":
			n.passed++
		case "skip":
			n.skipped++
			fmt.Fprintf(skips, "%s: %s\n", key, reason(output[key]))
		case "fail":
			n.failed++
			fmt.Print(strings.Join(output[key], ""))
		}
		delete(output, key)
	}
}

// unfinished prints what tests said that a crash or a time-out ended.
func unfinished(pkg string, output map[string][]string) {
	for key, lines := range output {
		if strings.HasPrefix(key, pkg+" ") {
			fmt.Print(strings.Join(lines, ""))
			delete(output, key)
		}
	}
}

// reason is what a test said before it was skipped.
func reason(lines []string) string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(s string) bool {
		s = strings.TrimSpace(s)
		return strings.HasPrefix(s, "=== ") || strings.HasPrefix(s, "--- ")
	})
	if text := strings.Join(strings.Fields(strings.Join(lines, " ")), " "); text != "" {
		return text
	}
	return "no reason given"
}
