package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
)

// What topo draws is tested in tests/golden/topo.star; here it is the command line, in a namespace called blue.
func TestTopo(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	const inside = `
netns.new("blue")
r = exec(["/proc/self/exe", "topo"] + list(args), ok = [0, 1, 2])
print(r.stdout + r.stderr)
exit(r.status)`
	file := filepath.Join(t.TempDir(), "net.svg")
	for _, c := range []struct {
		args []string
		code int
		want string // in what it prints
	}{
		{[]string{"blue"}, 0, "blue\n"},
		{[]string{"--dot", "-", "blue"}, 0, "graph network {\n"},
		{[]string{"--mermaid", "-", "blue"}, 0, "flowchart LR\n"},
		{[]string{"--svg", file, "blue"}, 0, ""},
		{nil, 0, "(here)\nblue\n"},
		{[]string{"nosuch"}, 1, `netns.open: netns "nosuch": no such namespace`},
		{[]string{"--svg", "a", "--dot", "b"}, 2, "none of the others can be"},
	} {
		got := nlsh(t, "", append([]string{"--rootless", "-c", inside, "--"}, c.args...)...)
		if got.code != c.code || !strings.Contains(got.out, c.want) {
			t.Errorf("topo %v: exit %d, got %q %q, want exit %d and %q", c.args, got.code, got.out, got.errOut, c.code, c.want)
		}
	}
	drawn, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(drawn), "<svg ") || !strings.Contains(string(drawn), ">blue</text>") {
		t.Errorf("--svg: got %v, %.100q", err, drawn)
	}
}
