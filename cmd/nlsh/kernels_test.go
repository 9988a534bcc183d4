package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/guest"
	"github.com/nlsh/nlsh/internal/guest/guesttest"
	"github.com/nlsh/nlsh/internal/scenario"
)

func TestFindKernels(t *testing.T) {
	t.Setenv("NLSH_KERNELS", t.TempDir())
	for _, c := range []struct{ name, want string }{
		{"6.12", `--kernel: got "6.12", want host, uml:FILE or uml:VERSION (`},
		{"uml:", `--kernel: got "uml:", want host, `},
		{"qemu:", `--kernel: got "qemu:", want host, uml:FILE or uml:VERSION (user-mode Linux; make kernels builds some), or qemu:FILE (`},
		{"qemu:/no/such", `--kernel: kernel: stat /no/such: no such file or directory`},
		{"qemu:/proc/self/exe", `--kernel: kernel: /proc/self/exe: want a bzImage: `},
		{"uml:/no/such", `--kernel: kernel: got "/no/such", want a file or a version that is there`},
		{"uml:9.9", `--kernel: kernel: got "9.9", want a file or a version that is there (looked for 9.9, `},
	} {
		if got, err := findKernels([]string{"host", c.name}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v, want %s", c.name, got, err, c.want)
		}
	}
	if got, err := findKernels(nil); err != nil || len(got) != 1 || got[0].guest != nil {
		t.Errorf("got %v, %v, want the kernel of this machine", got, err)
	}
}

// guestScenes are what may become of a scenario in a guest. The last ones own it.
const guestScenes = `
def test_pass(t):
    rt = nl.open("route")
    rt.newlink(ifname = "dummy7", linkinfo = {"kind": "dummy"}, flags = ["create", "excl"])
    t.record(rt.getlink(ifname = "dummy7"), "ifname", "index")
def test_fail(t): print("something else")
def test_skip(t): need("link:nosuch")
def test_slow(t): sleep("1h")
def test_files(t):
    write_file(t.tmp + "/x", "kept")
    print(read_file(t.tmp + "/x"))
`

const ownScenes = `need("init_net")

def _once(t):
    rt = nl.open("route")
    print([l.ifname for l in rt.getlink.dump() if l.ifname == "own0"])
    rt.newlink(ifname = "own0", linkinfo = {"kind": "dummy"}, flags = ["create", "excl"])
def test_own(t): _once(t)
def test_again(t): _once(t)
def test_panic(t): write_file("/proc/sysrq-trigger", "b")
`

func writeGuestScenes(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Chdir(dir)
	t.Setenv("CI", "") // where nothing is written
	mustWrite(t, "x.star", guestScenes)
	mustWrite(t, "x.golden", "# nlsh golden 1\n=== test_pass\nnewlink\n  index <if:dummy7>\n  ifname \"dummy7\"\n=== test_fail\nthis\n=== test_skip\n=== test_slow\n=== test_files\nkept\n")
	mustWrite(t, "own.star", ownScenes)
	mustWrite(t, "own.golden", "# nlsh golden 1\n=== test_own\n[]\n=== test_again\n[]\n=== test_panic\n")
	return dir
}

// guestKernel is a version of which there is a kernel.
func guestKernel(t *testing.T) string {
	t.Helper()
	guesttest.Require(t)
	for _, version := range []string{"6.12", "6.1"} {
		if _, err := guest.Find(version, guest.Folders()...); err == nil {
			return version
		}
	}
	t.Skip("no user-mode Linux kernels in ", guest.Folders(), " (make kernels builds them)")
	return ""
}

// The same scenarios on two kernels: every verdict, a guest that dies, and fresh ones for those that own their machine.
func TestTestInGuest(t *testing.T) {
	version := guestKernel(t)
	writeGuestScenes(t)
	got := nlsh(t, "", "test", "-v", "--no-write", "--timeout", "2s", "--kernel", "host", "--kernel", "uml:"+version, ".")
	host, inGuest, _ := strings.Cut(got.out, "== uml:"+version+"\n")
	for _, part := range []string{"skip    own/test_own: init_net: this run does not own the machine", "pass    x/test_files (", "TIMEOUT x/test_slow ("} {
		if !strings.Contains(host, part) {
			t.Errorf("on this machine: got %s, want %q in it", host, part)
		}
	}
	for _, part := range []string{
		"pass    x/test_pass (", "FAIL    x/test_fail (", "    - this\n    + something else\n", "skip    x/test_skip: link:nosuch: EOPNOTSUPP", "TIMEOUT x/test_slow (",
		"pass    x/test_files (", "pass    own/test_own (", "pass    own/test_again (", "ERROR   own/test_panic (", "its worker died: kernel ",
		"\n  again: nlsh test --kernel host --kernel uml:" + version + " -run '/test_fail$' x.star\n", "\numl:" + version + " ", "  own/test_own: host skip, uml:" + version + " pass\n",
	} {
		if !strings.Contains(inGuest, part) {
			t.Errorf("in the guest: got %s, want %q in it", inGuest, part)
		}
	}
	if got.code != 1 {
		t.Errorf("got status %d, %s", got.code, got.errOut)
	}
	nothingIn(t, ".", "x.star", "x.golden", "own.star", "own.golden")
}

// What a guest prints is written on the host, as a variant where the kernel differs.
func TestTestUpdateInGuest(t *testing.T) {
	version := guestKernel(t)
	writeGuestScenes(t)
	got := nlsh(t, "", "test", "-update", "--variant", "--kernel", "uml:"+version, "-run", "test_(pass|fail)", "x.star")
	text, err := os.ReadFile("x@" + version + ".golden")
	if got.code != 0 || err != nil || !strings.Contains(string(text), "=== test_fail\nsomething else\n") {
		t.Errorf("got %+v, %s, %v", got, text, err)
	}
}

// A kernel that a PC boots, which sees copies of the scenarios, what they load and the programs that they name, and nothing else of this machine.
func TestTestInGuestOfQEMU(t *testing.T) {
	file := guesttest.PC(t)
	writeGuestScenes(t)
	if err := os.Mkdir("lib", 0o755); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, "lib/said.star", "SAID = \"said\"\n")
	mustWrite(t, "p.star", `load("lib/said.star", "SAID")
def test_program(t):
    need("program:sh")
    print(exec(["sh", "-c", "echo $0", SAID]).stdout.strip())
def test_other(t): need("program:no-such-program")
def test_self(t): print(exec([read_link("/proc/self/exe"), "-c", "1 + 1"]).stdout.strip())
`)
	mustWrite(t, "p.golden", "# nlsh golden 1\n=== test_program\nsaid\n=== test_other\n=== test_self\n2\n")
	k, err := guest.QEMU(file)
	if err != nil {
		t.Fatal(err)
	}
	name := "qemu:" + k.Release()
	got := nlsh(t, "", "test", "-v", "--no-write", "--timeout", "1s", "--kernel", "host", "--kernel", "qemu:"+file, ".")
	_, inGuest, _ := strings.Cut(got.out, "== "+name+"\n")
	for _, part := range []string{
		"pass    x/test_pass (", "FAIL    x/test_fail (", "    - this\n    + something else\n", "skip    x/test_skip: link:nosuch: EOPNOTSUPP", "TIMEOUT x/test_slow (",
		"pass    x/test_files (", "pass    own/test_own (", "pass    own/test_again (", "ERROR   own/test_panic (", "its worker died: kernel ",
		"pass    p/test_program (", "skip    p/test_other: program:no-such-program: no such program in $PATH", "pass    p/test_self (",
		" --kernel qemu:" + file + " -run '/test_fail$' x.star\n", "\n" + name + " ", "  own/test_own: host skip, " + name + " pass\n",
	} {
		if !strings.Contains(inGuest, part) {
			t.Errorf("in the guest: got %s, want %q in it", inGuest, part)
		}
	}
	if got.code != 1 {
		t.Errorf("got status %d, %s", got.code, got.errOut)
	}
	nothingIn(t, ".", "x.star", "x.golden", "own.star", "own.golden", "p.star", "p.golden", "lib")
}

// What a program translates may take longer, whatever the user's scale is.
func TestOptionsOn(t *testing.T) {
	s := &testSettings{}
	s.o.Scale = 2
	for _, c := range []struct{ by, want float64 }{{1, 2}, {emulatedScale, 2 * emulatedScale}} {
		if got := s.optionsOn(kernel{name: "x", slower: c.by}).Scale; got != c.want {
			t.Errorf("a kernel %g times slower: got scale %g, want %g", c.by, got, c.want)
		}
	}
}

// Guests that see nothing of this machine get what scenarios read.
func TestFilesOfScenarios(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("NLSH_SPECS", "")
	s := &testSettings{}
	s.specs = []string{"specs"}
	found := []scenario.Scenario{{File: "a/x.star"}, {File: "a/y.star", Programs: []string{"sh", "ip"}}, {File: "/b/z.star", Programs: []string{"ip"}}}
	if got, want := s.files(found), []string{dir + "/a", "/b", dir + "/specs", dir}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := programs(found), []string{"ip", "sh"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	t.Chdir("/")
	if got := s.files(found); slices.Contains(got, "/") {
		t.Errorf("got %q: a whole machine", got)
	}
}

// Ctrl-C ends a run in guests, and a signal that cannot be caught too: no process is left.
func TestTestInGuestKilled(t *testing.T) {
	version := guestKernel(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := writeGuestScenes(t)
			done := filepath.Join(dir, "began")
			mustWrite(t, "w.star", fmt.Sprintf("def test_w(t):\n    write_file(%q, \"x\")\n    sleep(\"1h\")\n", done))
			created := watchFor(t, done)
			cmd := command(t, "test", "--no-write", "--timeout", "1h", "--kernel", "uml:"+version, "w.star")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			created(t)
			family := descendants(t, cmd.Process.Pid)
			if len(family) == 0 {
				t.Error("there is no guest")
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			for _, p := range family {
				gone(t, p)
			}
		})
	}
}

// watchFor returns a function that waits until a file is there. A guest makes it on this machine.
func watchFor(t *testing.T, file string) (wait func(*testing.T)) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { events.Close() })
	if _, err := unix.InotifyAddWatch(fd, filepath.Dir(file), unix.IN_CREATE); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) {
		t.Helper()
		if err := events.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(file); err == nil {
				return
			}
			if _, err := events.Read(make([]byte, 4096)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// nothingIn says what is in a folder beside these.
func nothingIn(t *testing.T, dir string, but ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(but, e.Name()) {
			t.Errorf("%s is left", e.Name())
		}
	}
}
