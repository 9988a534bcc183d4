package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
)

// asWorker makes the test binary be a worker, of a language that has only what these tests need.
const asWorker = "NLSH_TEST_WORKER"

func init() { runtime.LockOSThread() } // a worker is on the main thread

func TestMain(m *testing.M) {
	how := os.Getenv(asWorker)
	if how == "" {
		os.Exit(m.Run())
	}
	if how == "mute" {
		os.Exit(3)
	}
	err := netns.EnterPlayground()
	if err == nil {
		err = Serve(os.Stdin, os.Stdout, tiny(), how == "owner")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// tiny is a language with a word for everything that can go wrong.
func tiny() Language {
	words := func(e *Env) starlark.StringDict {
		word := func(name string, fn func(th *starlark.Thread, arg string) (string, error)) starlark.Value {
			return starlark.NewBuiltin(name, func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
				arg := ""
				if len(args) > 0 {
					arg, _ = starlark.AsString(args[0])
				}
				out, err := fn(th, arg)
				return starlark.String(out), err
			})
		}
		return starlark.StringDict{
			"skip": word("skip", func(_ *starlark.Thread, arg string) (string, error) { return "", &host.SkipError{Reason: arg} }),
			"die": word("die", func(*starlark.Thread, string) (string, error) {
				fmt.Fprintln(os.Stderr, "last words")
				os.Exit(7)
				return "", nil
			}),
			"stop": word("stop", func(*starlark.Thread, string) (string, error) { // in a system call that nothing ends
				var ends [2]int
				if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
					return "", err
				}
				_, err := unix.Read(ends[0], make([]byte, 1))
				return "", err
			}),
			"panic": word("panic", func(*starlark.Thread, string) (string, error) { panic("oh") }),
			"wait": word("wait", func(th *starlark.Thread, _ string) (string, error) {
				<-host.Context(th).Done()
				return "", errors.New("noticed")
			}),
			"run": word("run", func(_ *starlark.Thread, arg string) (string, error) {
				out, err := exec.Command("sh", "-c", arg).CombinedOutput()
				return string(out), err
			}),
			"named": word("named", func(_ *starlark.Thread, arg string) (string, error) {
				h, err := netns.NewNamed(arg)
				if err == nil {
					err = h.Close()
				}
				names, _ := netns.List()
				return strings.Join(names, " "), err
			}),
			"tmp": word("tmp", func(*starlark.Thread, string) (string, error) { return e.Tmp() }),
			"need": word("need", func(th *starlark.Thread, arg string) (string, error) {
				missing, err := e.Need(th, arg)
				if err == nil && missing != "" {
					err = &host.SkipError{Reason: missing}
				}
				return "", err
			}),
			"xfail": word("xfail", func(_ *starlark.Thread, arg string) (string, error) {
				e.XFail(arg)
				return "", nil
			}),
			"inode": word("inode", func(*starlark.Thread, string) (string, error) {
				return os.Readlink("/proc/thread-self/ns/net")
			}),
			"links": word("links", func(*starlark.Thread, string) (string, error) {
				entries, err := os.ReadDir("/sys/class/net")
				return fmt.Sprint(entries), err
			}),
		}
	}
	nothing := &Env{Tmp: func() (string, error) { return "", nil }, XFail: func(string) {}}
	return Language{
		Std: fs.FS(os.DirFS("/nonexistent")),
		Scenario: func(e *Env) (starlark.StringDict, starlark.Value, error) {
			return words(e), starlark.String(e.Kernel), nil
		},
		Program: func([]string) (starlark.StringDict, error) { return words(nothing), nil },
		Probe:   "def missing(what):\n    run('echo >>' + what.split(' ')[1])\n    return None if what.startswith('yes') else 'EOPNOTSUPP   \"no\"'",
	}
}

func pool(workers int) *Pool {
	return &Pool{Workers: workers, Args: []string{"worker"}, Env: []string{asWorker + "=yes"}, Grace: 50 * time.Millisecond}
}

// live runs the scenarios of a script in real workers.
func live(t *testing.T, o Options, p *Pool, script string) []*Result {
	t.Helper()
	if err := netns.Supported(); err != nil {
		t.Skip("needs network namespaces: ", err)
	}
	tree(t, map[string]string{"x.star": script})
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	o.NoWrite = true
	results, err := Run(t.Context(), o, mustFind(t), p)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func TestWorker(t *testing.T) {
	results := live(t, Options{}, pool(2), `
def test_prints(t): print(t, "hello")
def test_fails(t): fail("no")
def test_skips(t): skip("not   here")
def test_dies(t): die()
def test_panics(t): panic()
def test_exits(t): exit(3)
def test_leaves(t): exit()
def test_expected(t):
    xfail("known")
    fail("so it is")
def test_quiet(t): pass
`)
	by := map[string]*Result{}
	for _, r := range results {
		by[r.Test] = r
	}
	for test, want := range map[string]struct {
		verdict             Verdict
		reason, text, print string
	}{
		"test_prints":   {Fail, "there is no golden file", "", "hello\n"},
		"test_fails":    {Fail, "", "nlsh: x.star:3:24: in test_fails\n  no\n", ""},
		"test_skips":    {Skip, "not here", "", ""},
		"test_dies":     {Broken, "its worker died: exit status 7", "last words\n", ""},
		"test_panics":   {Broken, "", "internal error: oh", ""},
		"test_exits":    {Fail, "it called exit(3)", "", ""},
		"test_leaves":   {Fail, "there is no golden file", "", ""},
		"test_expected": {XFail, "known", "so it is", ""},
		"test_quiet":    {Fail, "there is no golden file", "", ""},
	} {
		r := by[test]
		if r == nil || r.Verdict != want.verdict || !strings.HasPrefix(r.Reason, want.reason) || !strings.Contains(r.Error, want.text) || !strings.HasSuffix(r.Output, want.print) {
			t.Errorf("%s: got %+v, want %+v", test, r, want)
		}
	}
	if len(results) != 9 || by["test_prints"].Kernel == "" || by["test_prints"].Elapsed <= 0 {
		t.Errorf("got %s", verdicts(results))
	}
}

// Who notices that it is interrupted tells where it was; who does not is killed, and another worker goes on.
func TestTimeouts(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip("needs network namespaces: ", err)
	}
	tree(t, map[string]string{"x.star": `
def test_notices(t):
    print("begun")
    wait()
def test_does_not(t): stop()
def test_loops(t):
    while True: pass
def test_after(t): skip("it runs")
`})
	var jobs []Job
	for i, s := range mustFind(t) {
		// The last one must not run into it, and the first two must get as far as what they are about.
		limit := []time.Duration{time.Second, time.Second, time.Millisecond, time.Minute}[i]
		jobs = append(jobs, Job{ID: i, File: s.path, Test: s.Test, Name: s.Name, Timeout: limit})
	}
	var results []*Result
	if err := pool(1).Run(t.Context(), jobs, func(r *Result) { results = append(results, r) }); err != nil {
		t.Fatal(err)
	}
	wantVerdicts(t, results, "x/test_notices timeout; x/test_does_not timeout; x/test_loops timeout; x/test_after skip")
	if r := results[0]; r.Output != "begun\n" || r.Reason != "interrupted: it took more than 1s" || !strings.Contains(r.Error, "x.star:4:9: in test_notices") {
		t.Errorf("got %+v", r)
	}
	if r := results[1]; !strings.HasSuffix(r.Reason, "and was killed") {
		t.Errorf("got %+v", r)
	}
}

// Each scenario begins with nothing of the one before: same worker, another namespace, no names, no files, no programs.
func TestEachStartsAfresh(t *testing.T) {
	results := live(t, Options{}, pool(1), `
def test_a(t):
    print(inode())
    print(named("left"), links())
    print(run("ip link add left0 type dummy 2>&1 || ip link add left0 type veth peer name left1; (setsid sleep 4711 >/dev/null 2>&1 &) ; echo x > " + tmp() + "/file"))
    print(links())
def test_b(t):
    print(inode())
    print(named("right"), links())
    print(run("ls " + tmp() + "; for p in /proc/[0-9]*; do cat $p/cmdline; done"))
`)
	a, b := strings.Split(results[0].Output, "\n"), strings.Split(results[1].Output, "\n")
	if len(a) < 4 || len(b) < 3 || a[0] == b[0] || !strings.HasPrefix(a[0], "net:[") {
		t.Fatalf("got %q, %q", results[0].Output, results[1].Output)
	}
	if !strings.HasPrefix(a[1], "left [") || !strings.HasPrefix(b[1], "right [") {
		t.Errorf("names: got %q, %q", a[1], b[1])
	}
	if strings.Contains(b[1], "left0") || strings.Contains(results[1].Output, "file") {
		t.Errorf("the second scenario sees %q", results[1].Output)
	}
	if strings.Contains(results[1].Output, "4711") {
		t.Error("a program that had detached itself still runs")
	}
}

// What a kernel can do is asked once in a worker, and what it cannot is the reason of the skip.
func TestNeeds(t *testing.T) {
	asked := filepath.Join(t.TempDir(), "asked")
	results := live(t, Options{}, pool(1), strings.ReplaceAll(`# needs: init_net
def test_a(t): need("yes FILE")
`, "FILE", asked))
	wantVerdicts(t, results, "x/test_a skip")
	if want := "init_net: this run does not own the machine (run it in a guest)"; results[0].Reason != want {
		t.Errorf("got %q, want %q", results[0].Reason, want)
	}
	results = live(t, Options{}, pool(1), strings.ReplaceAll(`
def test_a(t):
    need("yes FILE")
    skip("went on")
def test_b(t):
    need("yes FILE")
    skip("went on")
def test_c(t): need("no FILE")
def test_d(t): need("no FILE")
def test_e(t): need("bad")
`, "FILE", asked))
	wantVerdicts(t, results, "x/test_a skip; x/test_b skip; x/test_c skip; x/test_d skip; x/test_e fail")
	for i, want := range []string{"went on", "went on", "no " + asked + `: EOPNOTSUPP "no"`, "no " + asked + `: EOPNOTSUPP "no"`, ""} {
		if results[i].Reason != want {
			t.Errorf("got %q, want %q", results[i].Reason, want)
		}
	}
	if text, err := os.ReadFile(asked); err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("got %q, %v: want each need to be asked once", text, err)
	}
}

// A program is looked for in $PATH.
func TestNeedsPrograms(t *testing.T) {
	results := live(t, Options{}, pool(1), `
def test_a(t):
    need("program:sh")
    skip("went on")
def test_b(t): need("program:no-such-thing")
def test_c(t): need("program:/bin/sh")
`)
	wantVerdicts(t, results, "x/test_a skip; x/test_b skip; x/test_c fail")
	for i, want := range []string{"went on", "program:no-such-thing: no such program in $PATH", ""} {
		if results[i].Reason != want {
			t.Errorf("got %q, want %q", results[i].Reason, want)
		}
	}
}

// A worker that owns its machine goes to the namespace of the machine, and such scenarios run one at a time.
func TestInitNet(t *testing.T) {
	p := pool(4)
	p.Env = []string{asWorker + "=owner"}
	results := live(t, Options{}, p, `
def test_a(t):
    need("init_net")
    skip(inode())
def test_b(t):
    need("init_net")
    skip(inode())
`)
	wantVerdicts(t, results, "x/test_a skip; x/test_b skip")
	if results[0].Reason != results[1].Reason || !strings.HasPrefix(results[0].Reason, "net:[") {
		t.Errorf("got %q, %q, want one worker and its namespace", results[0].Reason, results[1].Reason)
	}
}

func TestPoolCannotStart(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip("needs network namespaces: ", err)
	}
	tree(t, map[string]string{"x.star": two})
	p := pool(2)
	p.Env = []string{asWorker + "=mute"}
	_, err := Run(t.Context(), Options{Timeout: time.Minute, NoWrite: true}, mustFind(t), p)
	if err == nil || err.Error() != "worker: it could not start: exit status 3" {
		t.Errorf("got %v", err)
	}
}

// A worker is told nonsense.
func TestServeNonsense(t *testing.T) {
	for _, in := range []string{"{", "[]\n"} {
		err := new(worker).serve(strings.NewReader(in), json.NewEncoder(io.Discard))
		if err == nil || !strings.HasPrefix(err.Error(), "job: ") {
			t.Errorf("%q: got %v", in, err)
		}
	}
}
