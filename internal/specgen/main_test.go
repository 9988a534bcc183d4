package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestUpToDate compiles the specs once more and wants the tables that are in
// the tree.
func TestUpToDate(t *testing.T) {
	const dir = "../../specs"
	out := t.TempDir()
	if err := run(dir, out); err != nil {
		t.Fatal(err)
	}
	made := tables(t, out)
	for name := range tables(t, dir) {
		if made[name] == nil {
			t.Errorf("%s comes from no YAML file: remove it", name)
		}
	}
	for name, want := range made {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what its YAML file compiles to (%v): run go generate ./specs", name, err)
		}
	}
}

func tables(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "zz_*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables in %s: %v", dir, err)
	}
	found := map[string][]byte{}
	for _, file := range files {
		if found[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// TestFaults is what specgen says when it cannot go on.
func TestFaults(t *testing.T) {
	const none = "errata: []\n"
	for name, files := range map[string]map[string]string{
		"no errata":     {},
		"faulty errata": {"errata.yaml": "- x\n"},
		"faulty spec":   {"errata.yaml": none, "a.yaml": "name: a\nfoo: 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := run(dir, t.TempDir()); err == nil {
				t.Error("got no error")
			}
		})
	}
}
