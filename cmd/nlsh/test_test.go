package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/scenario"
)

// scenes are scenarios with everything that can become of one, and their golden file.
const scenes = `load("@std//ip.star", "ip")

def veth():
    rt = nl.open("route")
    rt.newlink(ifname = "v0", flags = ["create", "excl"], linkinfo = {"kind": "veth", "data": {"peer": {"ifname": "v1"}}})
    return rt

def test_record(t):
    rt = veth()
    t.record(rt.getlink(ifname = "v0"), "ifname", "index", "address", "mtu", label = "one")
    print(rt.getlink(ifname = "v1").mtu, t.name, t.kernel.split(".")[0] > "5")

def test_tools(t):
    write_file(t.tmp + "/file", "kept")
    print(read_file(t.tmp + "/file"), list_dir(t.tmp), netns.list())
    a = t.netns("blue")
    t.netns()
    print(netns.list(), nl.open("route", netns = a).getlink(ifname = "lo").match(flags = "up"))
    print(read_file("/proc/sys/net/ipv6/conf/default/accept_dad"), list_dir("/sys/class/net"))

def test_silent(t):
    veth()

def test_wrong(t):
    print("something else")

def test_error(t):
    print("before")
    veth().getlink(ifname = "nosuch")

def test_skip(t):
    t.skip("no " + t.name)

def test_need(t):
    need("cap:NET_ADMIN", "link:veth", "kernel:2.6")
    need("link:nosuch")

def test_only_version(t):
    need("kernel:6.3")

def test_bad_need(t):
    need("links:veth")

def test_known(t):
    t.xfail("the kernel has no such link")
    veth().getlink(ifname = "nosuch")

def test_unexpected(t):
    t.xfail("it was broken once")

def test_in_try(t):
    try_(t.skip, "not even then")
    print("went on")

def test_slow(t):
    print("begun")
    sleep("1h")
`

const scenesGolden = `# nlsh golden 1
=== test_record
one: newlink
  index <if:v0>
  address <mac#1>
  ifname "v0"
  mtu 1500
1500 x/test_record True
=== test_tools
kept ["file"] []
["blue"] True
0
 ["lo"]
=== test_silent
=== test_wrong
this
=== test_error
before
=== test_unexpected
=== test_slow
begun
=== test_gone
never
`

func scenesDir(t *testing.T) {
	t.Helper()
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	t.Chdir(t.TempDir())
	t.Setenv("CI", "")
	mustWrite(t, "x.star", scenes)
	mustWrite(t, "x.golden", scenesGolden)
}

func mustWrite(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// results reads what --jsonl wrote.
func results(t *testing.T, file string) map[string]*scenario.Result {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]*scenario.Result{}
	for dec := json.NewDecoder(f); ; {
		r := &scenario.Result{}
		if err := dec.Decode(r); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[r.Test] = r
	}
}

func TestTestCommand(t *testing.T) {
	scenesDir(t)
	slow := nlsh(t, "", "test", "--timeout", "200ms", "--jsonl", "slow.jsonl", "-run", "test_slow")
	if r := results(t, "slow.jsonl")["test_slow"]; r == nil || r.Verdict != scenario.Timeout || r.Reason != "interrupted: it took more than 200ms" ||
		slow.code != 1 || !strings.Contains(slow.out, "TIMEOUT x/test_slow (") || !strings.Contains(slow.out, "\n1 timeout in ") {
		t.Errorf("got %+v, %s", r, slow.out)
	}
	mustWrite(t, "x.star", strings.ReplaceAll(scenes, `sleep("1h")`, `t.skip("done")`)) // else all of them would have to be quick
	got := nlsh(t, "", "test", "--jsonl", "r.jsonl", "--time-scale", "1")
	all := results(t, "r.jsonl")
	for test, want := range map[string]struct {
		verdict scenario.Verdict
		text    string // of reason, error or diff
	}{
		"test_record":       {scenario.Pass, ""},
		"test_tools":        {scenario.Pass, ""},
		"test_silent":       {scenario.Pass, ""},
		"test_wrong":        {scenario.Fail, "- this\n+ something else\n"},
		"test_error":        {scenario.Fail, "nlsh: x.star:29:19: in test_error\n  route.getlink: kernel says ENODEV"},
		"test_skip":         {scenario.Skip, "no x/test_skip"},
		"test_need":         {scenario.Skip, "link:nosuch: EOPNOTSUPP"},
		"test_only_version": {scenario.Fail, "need: got nothing to probe"},
		"test_bad_need":     {scenario.Fail, "  need: got \"links:veth\", want init_net or one of cap:, genl:, link:"},
		"test_known":        {scenario.XFail, "the kernel has no such link"},
		"test_unexpected":   {scenario.Fail, "it passes, though it is expected to fail: it was broken once"},
		"test_in_try":       {scenario.Skip, "not even then"},
		"test_slow":         {scenario.Skip, "done"},
		"test_gone":         {scenario.Fail, "x.golden has a section test_gone, and x.star has no such function"},
	} {
		r := all[test]
		if r == nil || r.Verdict != want.verdict || !strings.Contains(r.Reason+"\n"+r.Error+"\n"+r.Diff, want.text) {
			t.Errorf("%s: got %+v, want %+v", test, r, want)
		}
	}
	for _, part := range []string{
		"FAIL    x/test_wrong (", "    - this\n    + something else\n", "  again: nlsh test --time-scale 1 -run '/test_wrong$' x.star\n",
		"\n3 pass, 1 xfail, 4 skip, 6 fail in ",
	} {
		if !strings.Contains(got.out, part) {
			t.Errorf("got %s\nwant %q in it", got.out, part)
		}
	}
	if got.code != 1 || got.errOut != "" || len(all) != 14 || strings.Contains(got.out, "test_record") {
		t.Errorf("got %d, %q, %d results", got.code, got.errOut, len(all))
	}
}

// An update makes the file true, and the run after it passes but for what cannot.
func TestTestUpdate(t *testing.T) {
	scenesDir(t)
	const some = "test_(record|tools|silent|wrong|skip|known)$"
	if got := nlsh(t, "", "test", "-update", "-run", some); got.code != 0 || !strings.Contains(got.out, "pass    x/test_wrong: wrote x.golden (") {
		t.Errorf("got %d %s%s", got.code, got.out, got.errOut)
	}
	want := strings.Replace(scenesGolden, "this\n", "something else\n", 1)
	if text, err := os.ReadFile("x.golden"); err != nil || string(text) != want {
		t.Errorf("got %s, %v", text, err)
	}
	got := nlsh(t, "", "test", "--shuffle=5", "-v", "-run", some, "x.star")
	if got.code != 0 || !strings.HasPrefix(got.out[strings.LastIndex(got.out[:len(got.out)-1], "\n")+1:], "4 pass, 1 xfail, 1 skip in ") || !strings.HasSuffix(got.out, ", seed 5\n") {
		t.Errorf("got %d %s%s", got.code, got.out, got.errOut)
	}
	t.Setenv("CI", "true")
	if got := nlsh(t, "", "test", "--update"); got.code != 2 || !strings.Contains(got.errOut, "not written in CI") {
		t.Errorf("in CI: got %+v", got)
	}
	if got := nlsh(t, "", "test", "-run", "test_error"); got.code != 1 {
		t.Errorf("got %+v", got)
	}
	if pending, err := filepath.Glob("*.new"); err != nil || pending != nil {
		t.Errorf("in CI: got %q, %v, want no file", pending, err)
	}
}

// One bit of what the kernel says, and the scenario that writes it down fails; one that does not, passes.
func TestTestNotices(t *testing.T) {
	scenesDir(t)
	for mutation, code := range map[string]int{"mtu": 1, "mtu:7": 1, "ifname:8": 1, "mtu#9": 0, "group": 0} {
		if got := nlsh(t, "", "test", "--no-write", "-run", "test_record", "--mutate", mutation); got.code != code {
			t.Errorf("%s: got %d %s%s, want %d", mutation, got.code, got.out, got.errOut, code)
		}
	}
}

func TestTestUsage(t *testing.T) {
	scenesDir(t)
	mustWrite(t, "skips", "x/test_skip: no x\n")
	for _, c := range []struct {
		args string
		code int
		part string // of what it writes
	}{
		{"--list -run tools|skip", 0, "x/test_tools\nx/test_skip\n"},
		{"--list --shard 1/13", 0, "x/test_record\n"},
		{"-run nosuch", 2, "nothing to run: 13 scenarios in ., and none is asked for"},
		{"nosuch", 2, "nosuch: no such file or directory"},
		{"--run (", 2, "--run: "},
		{"--shard 3/2", 2, `--shard: got "3/2", want a part of how many, as in 1/4`},
		{"--shard 0/2", 2, "--shard: "},
		{"--shuffle=x", 2, "--shuffle: "},
		{"--timeout 0", 2, "--timeout: "},
		{"-j 0", 2, "--jobs: got 0, want at least 1"},
		{"--repeat 0", 2, "--repeat: "},
		{"--time-scale x", 2, "--time-scale: "},
		{"--mutate :", 2, "--mutate: "},
		{"--expect-skips nosuch", 2, "--expect-skips: "},
		{"--expect-skips skips -run test_skip", 0, "1 skip in "},
		{"--expect-skips skips -run test_need", 1, "this skip is not expected: link:nosuch"},
		{"--no-write --repeat 3 -run test_silent", 0, "3 pass in "},
		{"--no-write --stress 2 -run test_silent", 0, "2 pass in "},
		{"--no-write --retries 1 -run test_wrong", 1, "1 fail in "},
		{"--jsonl - -run test_silent", 0, `"test":"test_silent"`},
		{"--jsonl - --messages -run test_silent", 0, `"messages":[{"time":"`},
		{"--worker", 2, "--worker: this is for nlsh test to start"},
	} {
		got := nlsh(t, "", append([]string{"test"}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.out+got.errOut, c.part) {
			t.Errorf("%s: got %d %s%s, want %d, %s", c.args, got.code, got.out, got.errOut, c.code, c.part)
		}
	}
}

// Ctrl-C ends the scenarios that run, and the status says so.
func TestTestInterrupted(t *testing.T) {
	scenesDir(t)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, "i.star", fmt.Sprintf("def test_i(t):\n    write_file(%q, \"ready\\n\")\n    sleep(\"1h\")\n", fifo))
	cmd := command(t, "test", "--no-write", "i.star")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(fifo); err != nil || string(text) != "ready\n" {
		t.Fatalf("got %q, %v", text, err)
	}
	family := descendants(t, cmd.Process.Pid)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := exitCode(t, cmd.Wait()); got != 130 || len(family) != 1 {
		t.Errorf("got status %d, %d workers", got, len(family))
	}
	for _, p := range family {
		gone(t, p)
	}
}

// Whatever is killed, whenever: no process, no namespace, no mount, no link, no file is left.
func TestTestKilled(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	for _, who := range []string{"parent", "worker"} {
		for _, when := range []string{"made", "probing", "starting"} {
			t.Run(who+" "+when, func(t *testing.T) { killed(t, who == "worker", when) })
		}
	}
}

// killedScript makes one of everything, says so, and stays; the other scenarios are what may be going on meanwhile.
const killedScript = `
def test_made(t):
    a = t.netns("DAEMON")
    rt = nl.open("route")
    rt.newlink(ifname = "k0", flags = ["create", "excl"], linkinfo = {"kind": "veth", "data": {"peer": {"ifname": "k1", "net_ns_fd": a}}})
    write_file(t.tmp + "/DAEMON", "x")
    exec(["sh", "-c", "echo >DAEMON.sh; rm DAEMON.sh; setsid sh -c 'exec sleep DAEMON' >/dev/null 2>&1 &"])
    write_file("FIFO", "made\n")
    sleep("1h")
def test_probing(t):
    write_file("FIFO", "probing\n")
    while True: exec(["true"]); t.netns()
def test_starting(t):
    write_file("FIFO", "starting\n")
`

func killed(t *testing.T, worker bool, when string) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	fifo := filepath.Join(dir, "fifo")
	daemon := strconv.Itoa(100000 + os.Getpid()%1000*1000 + int(time.Now().UnixNano()%1000))
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(dir, "k.star")
	mustWrite(t, script, strings.NewReplacer("DAEMON", daemon, "FIFO", fifo).Replace(killedScript))
	before := outside(t)

	cmd := command(t, "test", "--no-write", "-j", "1", "--timeout", "1m", "-run", when, script)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := os.OpenFile(fifo, os.O_RDWR, 0) // does not wait for a writer
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	if err := said.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || line != when+"\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	family := descendants(t, cmd.Process.Pid)
	if len(family) == 0 && when != "starting" { // that one ends by itself
		t.Fatal("there is no worker")
	}
	if worker {
		for _, p := range family[:min(len(family), 1)] {
			if err := unix.PidfdSendSignal(p.fd, unix.SIGKILL, nil, 0); err != nil && when != "starting" {
				t.Fatal(err)
			}
		}
		// The run goes on with another worker, or it was the last scenario.
		if when != "starting" && exitCode(t, cmd.Wait()) != 1 {
			t.Errorf("got %s, want status 1", cmd.ProcessState)
		}
	}
	_ = cmd.Process.Kill() // may have ended
	_ = cmd.Wait()
	for _, p := range family {
		gone(t, p)
	}
	for pid, line := range processes(t) {
		if strings.Contains(line, daemon) {
			t.Errorf("process %d is left: %s", pid, line)
		}
		for _, p := range family {
			if net, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid)); err == nil && p.net != "" && net == p.net && net != before.net {
				t.Errorf("process %d is in the namespace of the worker", pid)
			}
		}
	}
	after := outside(t)
	after.tmp = slices.DeleteFunc(after.tmp, func(name string) bool { return name == "fifo" || name == "k.star" })
	before.tmp = slices.DeleteFunc(before.tmp, func(name string) bool { return name == "fifo" || name == "k.star" })
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("before\n%+v\nafter\n%+v", before, after)
	}
}

// world is what a run must leave as it was.
type world struct {
	net, mounts       string
	names, links, tmp []string
}

func outside(t *testing.T) (w world) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	w.mounts = string(text)
	w.net, _ = os.Readlink("/proc/self/ns/net")
	w.names, _ = netns.List()
	for file, list := range map[string]*[]string{"/sys/class/net": &w.links, os.Getenv("TMPDIR"): &w.tmp} {
		entries, err := os.ReadDir(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			*list = append(*list, e.Name())
		}
	}
	return w
}

// descendant is a process that must be gone.
type descendant struct {
	pid, fd int
	net     string
}

// descendants are what a process has started, and what that has.
func descendants(t *testing.T, pid int) (list []descendant) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range tasks {
		if more, err := os.ReadFile(file); err == nil {
			text = append(append(text, ' '), more...)
		}
	}
	if err != nil && len(tasks) == 0 {
		return nil // it has ended
	}
	seen := map[int]bool{}
	for _, field := range strings.Fields(string(text)) {
		child, err := strconv.Atoi(field)
		if err != nil || seen[child] {
			continue
		}
		seen[child] = true
		fd, err := unix.PidfdOpen(child, 0)
		if err != nil {
			continue // it has ended
		}
		t.Cleanup(func() { unix.Close(fd) })
		net, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", child))
		list = append(append(list, descendant{child, fd, net}), descendants(t, child)...)
	}
	return list
}

// gone waits for the end of a process.
func gone(t *testing.T, p descendant) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, 60000)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n != 1 {
			t.Errorf("process %d does not end: %v", p.pid, err)
		}
		return
	}
}

// processes are the command lines of all there are.
func processes(t *testing.T) map[int]string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]string{}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			all[pid] = strings.ReplaceAll(string(text), "\x00", " ")
		}
	}
	return all
}
