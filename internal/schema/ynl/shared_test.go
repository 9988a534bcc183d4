package ynl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
)

// shared is the folder with kernel specs, their resolved form and recorded
// bytes. It is not part of the project: tests that need it skip where it is
// absent.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("NLSH_SHARED")
	if dir == "" {
		dir = "../../../../shared"
	}
	dir = filepath.Join(dir, "ynl")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("kernel specs and recordings: %v (set NLSH_SHARED)", err)
	}
	return dir
}

// kernelSpecs lists the kernel's spec files.
func kernelSpecs(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared(t), "specs", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no specs: %v", err)
	}
	return files
}

func stem(file string) string { return strings.TrimSuffix(filepath.Base(file), ".yaml") }

func load(t testing.TB, file string, errata *ynl.Errata) *schema.Spec {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ynl.Load(data, filepath.Base(file), errata)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return spec
}

func loadErrata(t testing.TB) *ynl.Errata {
	t.Helper()
	data, err := os.ReadFile("../../../specs/errata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	e, err := ynl.LoadErrata(data, "errata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func readJSON(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
