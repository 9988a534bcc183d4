package house

import (
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// Third parties, spelled once.
const (
	starlark = "go.starlark.net" // and everything below it
	sysUnix  = "golang.org/x/sys/unix"
	yamlV3   = "go.yaml.in/yaml/v3"
	vishNs   = "github.com/vishvananda/netns"
	cobra    = "github.com/spf13/cobra"
	columns  = "github.com/mattn/go-runewidth"
)

// everything, in a row, is every production package of this module.
const everything = "*"

// rows says what the code of a folder may import beyond the standard library: folders of this
// module, and packages of others. A folder without a row is an error, so that a package cannot
// appear without somebody deciding where it sits. docs/architecture.md explains the arrows.
// Tests may import more.
var rows = map[string][]string{
	"internal/wire":            {},
	"internal/schema":          {"internal/wire"},
	"internal/schema/ynl":      {"internal/schema", yamlV3},
	"internal/specgen":         {"internal/schema", "internal/schema/ynl"},
	"internal/capture":         {},
	"internal/docgen":          {"builtins", "internal/session", "specs"},
	"internal/lint":            {"internal/schema", "internal/wire", starlark},
	"internal/redact":          {"internal/schema", "internal/wire"},
	"specs":                    {"internal/schema"},
	"internal/sock":            {"internal/wire", sysUnix},
	"internal/sock/socktest":   {"internal/wire", "internal/sock", "internal/netns", "internal/netns/netnstest", sysUnix},
	"internal/netns":           {sysUnix, vishNs},
	"internal/netns/netnstest": {"internal/netns"},
	"internal/guest":           {"internal/netns", "github.com/ulikunitz/xz", sysUnix},
	"internal/guest/guesttest": {},
	"internal/session":         {"internal/wire", "internal/schema", "internal/schema/ynl", "internal/sock", "internal/netns", sysUnix},
	"internal/host":            {starlark},
	"internal/probe":           {sysUnix},
	"internal/runner":          {"internal/host", starlark, sysUnix}, // sysUnix: names of signals
	"internal/golden":          {},
	"internal/scenario":        {"internal/golden", "internal/host", "internal/netns", "internal/runner", starlark, sysUnix},
	"internal/report":          {"internal/capture", "internal/golden", "internal/scenario"},
	"internal/review":          {"internal/golden", "internal/host", "internal/scenario", starlark},
	"repl":                     {"internal/host", starlark, sysUnix, "github.com/chzyer/readline", columns},
	"stdlib":                   {},
	"builtins": {"internal/wire", "internal/schema", "internal/schema/ynl", "internal/sock", "internal/netns",
		"internal/session", "internal/host", "internal/redact", "internal/probe", starlark, sysUnix, columns},
	"cmd/nlsh": {everything, starlark, sysUnix, cobra},

	// These hold tests only.
	"internal/house":     {},
	"tests/differential": {},
	"tests/redact":       {},
	"tests/stdlib":       {},
	"tests/uml":          {},
}

// refusedNames are names of folders that say nothing about what is inside.
var refusedNames = []string{"util", "utils", "common", "helpers", "types", "misc", "base"}

func TestEveryFolderHasARow(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if seen[s.dir] {
			continue
		}
		seen[s.dir] = true
		if _, ok := rows[s.dir]; !ok {
			t.Errorf("%s: folder without a row: decide what it may import, and add it to rows in internal/house/imports_test.go and to docs/architecture.md", s.dir)
		}
		for _, part := range strings.Split(s.dir, "/") {
			if slices.Contains(refusedNames, part) {
				t.Errorf("%s: a folder called %q says nothing: name it after what it holds", s.dir, part)
			}
		}
	}
}

func TestImportsPointOneWay(t *testing.T) {
	for _, s := range sources(t) {
		row, ok := rows[s.dir]
		if !ok || s.isTest() {
			continue
		}
		for _, spec := range s.ast.Imports {
			imp := strings.Trim(spec.Path.Value, `"`)
			if why := refuseImport(s, row, imp); why != "" {
				t.Errorf("%s: imports %s: %s", s.at(spec), imp, why)
			}
		}
	}
}

// refuseImport says what is wrong with an import, "" if nothing is.
func refuseImport(s *source, row []string, imp string) string {
	folder, ours := strings.CutPrefix(imp, module+"/")
	switch {
	case imp == "testing" || strings.HasPrefix(imp, "testing/") || ours && testPackage(folder):
		if s.production() {
			return "code that ships must not import what is for tests: move this to a _test.go file"
		}
		if !ours {
			return ""
		}
	case !strings.Contains(strings.Split(imp, "/")[0], "."):
		return "" // the standard library
	case ours && slices.Contains(row, everything):
		return ""
	}
	for _, allowed := range row {
		if ours && folder == allowed || !ours && (imp == allowed || strings.HasPrefix(imp, allowed+"/")) {
			return ""
		}
	}
	return "the arrow points the wrong way: " + s.dir + " may import " + strings.Join(row, ", ") +
		" and the standard library; hand the value down from above, or change the row in internal/house/imports_test.go and say why in docs/architecture.md"
}

// The bytes of netlink must be usable by everybody: nothing below wire but the standard library.
func TestWireStandsAlone(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./internal/wire")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	for _, dep := range strings.Fields(string(out)) {
		if strings.Contains(dep, ".") && dep != path.Join(module, "internal/wire") {
			t.Errorf("internal/wire depends on %s: it may use nothing but the standard library", dep)
		}
	}
}

// The test of the test: it must be able to say no.
func TestRefuseImport(t *testing.T) {
	for _, c := range []struct {
		dir, imp string
		refused  bool
	}{
		{"internal/wire", "fmt", false},
		{"internal/wire", sysUnix, true},
		{"internal/wire", module + "/internal/schema", true},
		{"internal/schema", module + "/internal/wire", false},
		{"internal/schema", module + "/internal/wire/deeper", true},
		{"internal/host", starlark + "/starlark", false},
		{"internal/host", starlark + "x/starlark", true},
		{"internal/host", "testing", true},
		{"internal/session", module + "/internal/netns/netnstest", true},
		{"internal/netns/netnstest", "testing", false},
		{"internal/netns/netnstest", module + "/internal/sock", true},
		{"cmd/nlsh", module + "/builtins", false},
		{"cmd/nlsh", module + "/internal/sock/socktest", true},
		{"cmd/nlsh", "example.org/x", true},
	} {
		s := &source{path: c.dir + "/x.go", dir: c.dir}
		if why := refuseImport(s, rows[c.dir], c.imp); (why != "") != c.refused {
			t.Errorf("%s imports %s: got %q, want refused %v", c.dir, c.imp, why, c.refused)
		}
	}
}
