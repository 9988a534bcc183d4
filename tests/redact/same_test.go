// Package redact holds that golden files are the same everywhere: one topology, in fresh namespaces of the running
// kernel and of the kernels of user-mode Linux, gives one text.
//
// The kernels are not part of the project; see tests/uml. Without them the namespaces of the running kernel are
// compared.
package redact

import (
	"context"
	_ "embed"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/guest/guesttest"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
)

// guest is where the test puts its text when another kernel runs it.
var guest = flag.String("guest", "", "write the text of both modes to files of this folder, and nothing else")

func TestMain(m *testing.M) { netnstest.Main(m) }

//go:embed topology.star
var topology string

//go:embed kinds.star
var kinds string

// scenario runs the topology in a namespace of its own and returns what it recorded.
func scenario(t *testing.T, script, mode string) string {
	t.Helper()
	ns := netnstest.New(t)
	ended := make(chan struct{})
	var text string
	var err error
	go func() { // on a thread that is thrown away
		runtime.LockOSThread()
		defer close(ended)
		if err = netns.Enter(ns); err == nil {
			text, err = record(script, mode)
		}
	}()
	<-ended
	if err != nil {
		t.Fatal(host.Format(err, false))
	}
	return text
}

func record(script, mode string) (string, error) {
	var out strings.Builder
	globals := builtins.Globals(builtins.Config{
		Registry: session.NewRegistry(specs.All(), specs.Errata()), Redact: redact.NewTable(), Record: true,
	})
	globals["MODE"] = starlark.String(mode)
	h := host.New(host.Options{Globals: globals, Stdout: &out, Stderr: os.Stderr})
	source, err := host.NewSource("scenario.star", ".", []byte(script))
	if err != nil {
		return "", err
	}
	owner := host.NewOwner("test", nil)
	err = h.Run(host.Job{Context: context.Background(), Owner: owner}, func(th *starlark.Thread) error {
		_, err := h.Exec(th, source)
		return err
	})
	if closed := owner.Close(); err == nil {
		err = closed
	}
	if flushed := h.Flush(); err == nil {
		err = flushed
	}
	return out.String(), err
}

// TestGuest is what other kernels run.
func TestGuest(t *testing.T) {
	if *guest == "" {
		t.Skip("this is for another kernel (TestSame)")
	}
	for name, script := range scripts() {
		for _, mode := range modes {
			if err := os.WriteFile(filepath.Join(*guest, name+mode), []byte(scenario(t, script, mode)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// modes are what MODE of the scripts can be.
var modes = [...]string{"plain", "full"}

func scripts() map[string]string { return map[string]string{"topology-": topology, "kinds-": kinds} }

// TestSame compares two namespaces of this kernel.
func TestSame(t *testing.T) {
	if *guest != "" {
		t.Skip("this is the guest")
	}
	want := scenario(t, topology, "plain")
	keep(t, "here", want)
	compare(t, "a second namespace", want, scenario(t, topology, "plain"))
	compare(t, "a second namespace in full", scenario(t, topology, "full"), scenario(t, topology, "full"))
}

// TestKernels compares this kernel with older ones, and then links of every kind that both of those have. Symbols of
// those differ, since 6.12 has more kinds.
func TestKernels(t *testing.T) {
	if *guest != "" {
		t.Skip("this is the guest")
	}
	boot := guesttest.Boot(t)
	want := scenario(t, topology, "plain")
	old, young := boots(t, boot, "6.1"), boots(t, boot, "6.12")
	compare(t, "6.12", want, young["topology-plain"])
	compare(t, "6.1", want, old["topology-plain"])

	number := regexp.MustCompile(`#[0-9]+>`)
	kinds, others := sections(old["kinds-plain"]), sections(young["kinds-plain"])
	compared := 0
	for name, text := range kinds {
		if other, ok := others[name]; ok && changed[name] == "" {
			compared++
			compare(t, name+" of 6.12", number.ReplaceAllString(text, ">"), number.ReplaceAllString(other, ">"))
		}
	}
	if t.Logf("%d kinds of links", compared); compared < 50 {
		t.Error("too few")
	}
}

// changed are kinds that are otherwise since 6.1, and how.
var changed = map[string]string{
	"geneve-external": "point-to-point on 6.12, not on 6.1",
}

// sections are the parts of a text by their labels.
func sections(text string) map[string]string {
	parts := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") {
			name, _, _ = strings.Cut(line, ":")
		}
		parts[name] += line
	}
	return parts
}

// compare shows where two texts part.
func compare(t *testing.T, who, want, got string) {
	t.Helper()
	keep(t, who, got)
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			from := max(0, i-4)
			t.Errorf("%s differs in line %d:\nhere\n%s\nthere\n%s", who, i+1, lines(a, from, i+6), lines(b, from, i+6))
			return
		}
	}
	if len(b) > len(a) {
		t.Errorf("%s has more:\n%s", who, lines(b, len(a), len(a)+8))
	}
}

func lines(l []string, from, to int) string {
	return strings.Join(l[min(from, len(l)):min(to, len(l))], "\n")
}

// keep writes a text where a person can compare it, if asked to.
func keep(t *testing.T, who, text string) {
	dir := os.Getenv("NLSH_KEEP")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(who, " ", "-")), []byte(text), 0o644); err != nil {
		t.Error(err)
	}
}

// boots runs the topology on another kernel.
func boots(t *testing.T, boot, kernel string) map[string]string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// Without the first, every namespace begins with nine tunnels where their modules are in.
	const script = `echo 1 >/proc/sys/net/core/fb_tunnels_only_for_init_net; exec "$0" -test.run '^TestGuest$' -guest "$1"`
	cmd := exec.CommandContext(ctx, boot, "sh", "-c", script, exe, out)
	cmd.Env = append(os.Environ(), "UML_KERNEL="+kernel, "UML_TIMEOUT=60")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", kernel, err, text)
	}
	texts := map[string]string{}
	for name := range scripts() {
		for _, mode := range modes {
			text, err := os.ReadFile(filepath.Join(out, name+mode))
			if err != nil {
				t.Fatal(err)
			}
			texts[name+mode] = string(text)
			keep(t, kernel+"-"+name+mode, string(text))
		}
	}
	return texts
}
