package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
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
)

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
	nothingLeft(t, before, family, daemon)
}

// kills is how many runs TestTestKilledAnywhere kills.
func kills(t *testing.T) int {
	text := os.Getenv("NLSH_KILLS")
	if text == "" {
		return 2
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal("NLSH_KILLS: ", err)
	}
	return n
}

// Runs of the real scenarios are killed when so many have run; NLSH_KILLS=100 kills a hundred of them.
func TestTestKilledAnywhere(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	scenarios, err := filepath.Abs(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range kills(t) {
		if t.Failed() {
			break
		}
		who, lines := []string{"parent", "worker"}[i%2], random.IntN(40)
		t.Run(fmt.Sprintf("%s after %d", who, lines), func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("TMPDIR", dir)
			before := outside(t)
			cmd := command(t, "test", "--no-write", "-j", "2", "--jsonl", "-", fmt.Sprintf("--shuffle=%d", random.Uint32()), scenarios)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			read := bufio.NewReader(out)
			for n := 0; n < lines; {
				line, err := read.ReadString('\n')
				if err != nil {
					t.Fatalf("the run ended after %d scenarios: %v", n, err)
				}
				if !strings.Contains(line, `"verdict":"skip"`) { // some are skipped before any has begun
					n++
				}
			}
			family := descendants(t, cmd.Process.Pid)
			if who == "worker" && len(family) > 0 {
				_ = unix.PidfdSendSignal(family[random.IntN(len(family))].fd, unix.SIGKILL, nil, 0) // may have ended
				if _, err := read.ReadString('\n'); err != nil {
					t.Log("that was the last:", err)
				}
				family = append(family, descendants(t, cmd.Process.Pid)...)
			}
			_ = cmd.Process.Kill() // may have ended
			_ = cmd.Wait()
			nothingLeft(t, before, family, "")
		})
	}
	if t.Failed() {
		t.Log("seed ", seed)
	}
}

// nothingLeft waits for the family to end, and looks for what it may have left: daemon is a word in the command line of what it has started.
func nothingLeft(t *testing.T, before world, family []descendant, daemon string) {
	t.Helper()
	for _, p := range family {
		gone(t, p)
	}
	for pid, line := range processes(t) {
		if daemon != "" && strings.Contains(line, daemon) {
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
