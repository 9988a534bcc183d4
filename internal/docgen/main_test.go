package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const reference = "../../docs/reference"

// What go generate would write is what is checked in.
func TestReferenceIsUpToDate(t *testing.T) {
	want := pages()
	files, err := filepath.Glob(filepath.Join(reference, "*"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got[filepath.Base(file)] = string(text)
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("docs/reference/%s is not what the docs in builtins and specs say: go generate ./internal/docgen", name)
		}
	}
	for name := range got {
		if want[name] == "" {
			t.Errorf("docs/reference/%s describes nothing any more: go generate ./internal/docgen", name)
		}
	}
}

func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(dir, "gone.md")
	if err := os.WriteFile(gone, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("the page of a spec that is gone is still there")
	}
	index, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range pages() {
		if name != "README.md" && !slices.Contains(strings.FieldsFunc(string(index), func(r rune) bool { return r == '(' || r == ')' }), name) {
			t.Errorf("README.md does not lead to %s", name)
		}
	}
	if err := run(filepath.Join(gone, "x")); err != nil {
		t.Error(err) // gone was removed: a folder of that name can be made
	}
	if err := run("/dev/null/x"); err == nil {
		t.Error("written below /dev/null")
	}
}
