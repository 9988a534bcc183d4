package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The folders, as seen from tests/golden, where the scripts run.
const (
	goldenDir  = "../../tests/golden"
	scriptsDir = "../../scripts"
)

// TestGolden runs every script of tests/golden, and of scripts, and compares
// what it writes and its exit status with NAME.golden. A script is found by
// being there. It runs in namespaces of its own, with its folder as the
// current one. A line "# args: a b" gives it arguments; with several of them it
// runs once with each. "# needs: vxlan" skips it where the kernel has no links
// of that kind, and "# specs: ethtool.yaml" gives it the kernel's specs, and
// skips it where those are not.
//
//	go test ./cmd/nlsh -run TestGolden -update
func TestGolden(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	cases := map[string]string{} // golden file by script
	for dir, prefix := range map[string]string{goldenDir: "", scriptsDir: "scripts-"} {
		scripts, err := filepath.Glob(filepath.Join(dir, "*.star"))
		if err != nil || len(scripts) == 0 {
			t.Fatal("no scripts in", dir, err)
		}
		for _, script := range scripts {
			name := prefix + strings.TrimSuffix(filepath.Base(script), ".star")
			cases[script] = filepath.Join(goldenDir, name+".golden")
		}
	}
	for script, golden := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(golden), ".golden"), func(t *testing.T) {
			t.Parallel()
			got := transcript(t, script)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v\nto make it: go test ./cmd/nlsh -run TestGolden -update", err)
			}
			if got != string(want) {
				t.Errorf("%s\nto see it: cd %s && nlsh --rootless %s\nto accept it: go test ./cmd/nlsh -run TestGolden -update",
					differences(string(want), got), filepath.Dir(script), filepath.Base(script))
			}
		})
	}
	stale(t, cases)
}

// stale finds golden files without a script.
func stale(t *testing.T, cases map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, golden := range cases {
		used[golden] = true
	}
	for _, file := range files {
		if !used[file] {
			t.Errorf("%s: there is no script for it", file)
		}
	}
}

// transcript is what a script writes, and its exit status, once for each list
// of arguments.
func transcript(t *testing.T, script string) string {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	var runs [][]string
	flags := []string{"--rootless"}
	for line := range strings.Lines(string(text)) {
		if args, ok := strings.CutPrefix(line, "# args:"); ok {
			runs = append(runs, strings.Fields(args))
		}
		if kind, ok := strings.CutPrefix(line, "# needs: "); ok {
			needLink(t, strings.TrimSpace(kind))
		}
		if file, ok := strings.CutPrefix(line, "# specs: "); ok {
			dir := kernelSpecs(t, strings.TrimSpace(file))
			needFamily(t, dir, strings.TrimSuffix(strings.TrimSpace(file), ".yaml"))
			flags = append(flags, "--specs", dir)
		}
	}
	if len(runs) < 2 {
		return once(t, flags, script, slices.Concat(runs...))
	}
	var b strings.Builder
	for _, args := range runs {
		fmt.Fprintf(&b, "-- %s\n%s", strings.Join(append([]string{filepath.Base(script)}, args...), " "), once(t, flags, script, args))
	}
	return b.String()
}

// once is what a script writes with some arguments, and its exit status.
func once(t *testing.T, flags []string, script string, args []string) string {
	t.Helper()
	cmd := command(t, slices.Concat(flags, []string{filepath.Base(script)}, args)...)
	cmd.Dir = filepath.Dir(script)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	exit := exitCode(t, cmd.Run())
	var b strings.Builder
	b.WriteString(out.String())
	if errOut.Len() > 0 {
		fmt.Fprintf(&b, "-- stderr\n%s", errOut.String())
	}
	fmt.Fprintf(&b, "-- exit status %d\n", exit)
	return b.String()
}

// kernelSpecs is the folder of the kernel's own specs, which do not belong to
// the checkout, if it has the file.
func kernelSpecs(t *testing.T, file string) string {
	t.Helper()
	shared := os.Getenv("NLSH_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared") // beside the checkout
	}
	dir, err := filepath.Abs(filepath.Join(shared, "ynl", "specs"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		t.Skip("kernel specs and recordings:", err, "(set NLSH_SHARED)")
	}
	return dir
}

// needFamily skips where the kernel does not have a family. That of nftables is
// a part of a protocol, which is there without it: an empty transaction tells.
func needFamily(t *testing.T, specs, family string) {
	t.Helper()
	const try = `
o = try_(nl.open, args[0])
if o and args[0] == "nftables":
    o = o.value.batch([op.msg(res_id = args[0]) for op in [o.value.batch_begin, o.value.batch_end]])[0]
exit(3 if o.error and (o.error.kind == "missing" or o.error.name == "EOPNOTSUPP") else 0)`
	if got := nlsh(t, "", "--rootless", "--specs", specs, "-c", try, family); got.code == 3 {
		t.Skipf("family %s: this kernel was built without", family)
	}
}

// needLink skips where the kernel cannot make links of a kind.
func needLink(t *testing.T, kind string) {
	t.Helper()
	const try = `
o = try_(nl.open("route").newlink, ifname = "n0", linkinfo = {"kind": args[0]}, flags = "create")
exit(3 if o.error and o.error.name == "EOPNOTSUPP" else 0)`
	if got := nlsh(t, "", "--rootless", "-c", try, kind); got.code == 3 {
		t.Skipf("links of kind %s: this kernel was built without", kind)
	}
}

// differences shows the lines that differ, with the line before.
func differences(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	first := 0
	for first < len(w) && first < len(g) && w[first] == g[first] {
		first++
	}
	last := 0
	for last < min(len(w), len(g))-first && w[len(w)-1-last] == g[len(g)-1-last] {
		last++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "from line %d on (- want, + got):\n", first+1)
	for _, line := range w[first : len(w)-last] {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	for _, line := range g[first : len(g)-last] {
		fmt.Fprintf(&b, "+ %s\n", line)
	}
	return b.String()
}

func TestDifferences(t *testing.T) {
	for _, c := range [][3]string{
		{"a\nb\nc\n", "a\nx\nc\n", "from line 2 on (- want, + got):\n- b\n+ x\n"},
		{"a\n", "a\nb\n", "from line 2 on (- want, + got):\n+ b\n"},
		{"a\na\n", "a\n", "from line 2 on (- want, + got):\n- a\n"},
	} {
		if got := differences(c[0], c[1]); got != c[2] {
			t.Errorf("got %q, want %q", got, c[2])
		}
	}
}
