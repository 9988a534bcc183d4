package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/netns"
	"golang.org/x/sys/unix"
)

// terminal is nlsh on a terminal of its own, and what is on the screen of it.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	exited chan error

	mu     sync.Mutex
	cond   *sync.Cond
	screen string
	read   int // how much of it a wait has passed
	over   bool
}

// fresh is a prompt behind which nothing was typed yet.
const fresh = "nlsh>  \b"

// patient is how long something may take to appear.
const patient = 30 * time.Second

// onTerminal starts nlsh on a pseudoterminal of 100 columns.
func onTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	master, slave := pty(t)
	tm := &terminal{t: t, master: master, cmd: command(t, args...), exited: make(chan error, 1)}
	tm.cond = sync.NewCond(&tm.mu)
	tm.cmd.Stdin, tm.cmd.Stdout, tm.cmd.Stderr = slave, slave, slave
	tm.cmd.Env = append(tm.cmd.Env, "NO_COLOR=1", "XDG_STATE_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir(), "TERM=xterm")
	tm.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := tm.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	go tm.watch()
	go func() { tm.exited <- tm.cmd.Wait() }()
	t.Cleanup(func() {
		_ = tm.cmd.Process.Kill()
		master.Close()
	})
	return tm
}

// pty is a new pseudoterminal (pts(4)).
func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudoterminals: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100}); err != nil {
		t.Fatal(err)
	}
	if slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	return master, slave
}

func (tm *terminal) watch() {
	buf := make([]byte, 4096)
	for {
		n, err := tm.master.Read(buf)
		tm.mu.Lock()
		tm.screen += string(buf[:n])
		tm.over = err != nil
		tm.cond.Broadcast()
		tm.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// send types keys.
func (tm *terminal) send(keys string) {
	tm.t.Helper()
	if _, err := tm.master.WriteString(keys); err != nil {
		tm.t.Fatal(err)
	}
}

// wait is until these texts have appeared, one behind the other.
func (tm *terminal) wait(texts ...string) {
	tm.t.Helper()
	late := false
	timer := time.AfterFunc(patient, func() {
		tm.mu.Lock()
		late = true
		tm.cond.Broadcast()
		tm.mu.Unlock()
	})
	defer timer.Stop()
	tm.mu.Lock()
	defer tm.mu.Unlock()
	for _, text := range texts {
		for {
			if i := strings.Index(tm.screen[tm.read:], text); i >= 0 {
				tm.read += i + len(text)
				break
			}
			if late || tm.over {
				tm.t.Fatalf("%q did not appear in\n%q", text, tm.screen[tm.read:])
			}
			tm.cond.Wait()
		}
	}
}

// enter types a line at the prompt, and waits for the prompt behind what follows.
func (tm *terminal) enter(line string, texts ...string) {
	tm.t.Helper()
	tm.send(line + "\r")
	tm.wait(texts...)
	tm.wait(fresh)
}

// end is the exit status, once it has ended.
func (tm *terminal) end() int {
	tm.t.Helper()
	select {
	case err := <-tm.exited:
		return exitCode(tm.t, err)
	case <-time.After(patient):
		tm.t.Fatalf("it does not end:\n%q", tm.shown())
		return 0
	}
}

// shown is all that was on the screen.
func (tm *terminal) shown() string {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return tm.screen
}

// rootlessTerminal is a session in a namespace of its own.
func rootlessTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	tm := onTerminal(t, append([]string{"--rootless"}, args...)...)
	tm.wait("Ctrl-D leaves", fresh)
	return tm
}

// What is sent and received is shown between input and result; other families are not, if one was named.
func TestTraceOnTerminal(t *testing.T) {
	tm := rootlessTerminal(t)
	tm.enter(`rt = nl.open("route")`)
	tm.enter(":trace", "off")
	tm.enter(":trace on")
	tm.enter(`rt.newlink(ifname = "br7", linkinfo = {"kind": "bridge"}, flags = "create")`,
		`-> route newlink(ifname = "br7"`, `create`, "<- route ack")
	tm.enter(`try_(rt.newlink, ifname = "br7", linkinfo = {"kind": "nosuch"}, flags = ["create", "excl"]).ok`,
		"-> route newlink(", "<- route EEXIST", "False")
	tm.enter(`a = nl.open("route", netns = netns.new("blue"))`)
	tm.enter(`len(a.getlink.dump())`, "-> route [netns blue] getlink() dump", "<- route [netns blue] newlink(", "<- route [netns blue] done", "\n")
	tm.enter(":trace route bytes")
	tm.enter(`rt.getlink(ifname = "br7").ifname`, "-> route getlink(", "0000", "nlmsg", `"br7"`)
	tm.enter(":trace nlctrl")
	tm.enter(`rt.getlink(ifname = "lo").ifname`, `"lo"`)
	tm.enter(":trace nosuch", `:trace: got unknown family "nosuch"`)
	tm.enter(":trace", "nlctrl")
	tm.enter(":trace off")
	tm.send("\x04")
	if got := tm.end(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	if _, after, _ := strings.Cut(tm.shown(), ":trace nlctrl"); strings.Contains(after, "<- route") {
		t.Error("route is shown, though nlctrl is wanted")
	}
}

// Events come above the line that is being typed, which is complete below them.
func TestMonitorOnTerminal(t *testing.T) {
	tm := rootlessTerminal(t)
	tm.enter(":monitor link route")
	tm.enter(":monitor", "link route")
	tm.enter(`rt = nl.open("route")`)
	tm.enter(`def later(): sleep("200ms"); rt.newlink(ifname = "br7", linkinfo = {"kind": "bridge"}, flags = "create")` + "\r")
	tm.enter(`t = spawn(later)`)
	tm.send("1 + 4")
	tm.wait("route:link newlink(", "nlsh> 1 + 4")
	tm.send("1\r")
	tm.wait("42", fresh)
	tm.enter(":monitor nosuch", "nosuch", "want a multicast group")
	tm.enter(":monitor off")
	tm.enter(":monitor", "off")
	tm.send("\x04")
	if got := tm.end(); got != 0 {
		t.Errorf("exit status %d", got)
	}
}

// A task goes on between the prompts, whatever Ctrl-C does there, and an error of it is shown at once.
func TestTasksOnTerminal(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	tm := onTerminal(t)
	tm.wait(fresh)
	tm.enter(fmt.Sprintf("def work(): print('got', read_file(%q)); fail('broken')\r", fifo))
	tm.enter("t = spawn(work)")
	tm.send("\x03")
	tm.wait("^C", fresh)
	tm.enter(":tasks", "work", "<2>:1:")
	tm.send("1 + 4")
	tm.wait("1 + 4")
	if err := os.WriteFile(fifo, []byte("news"), 0); err != nil {
		t.Fatal(err)
	}
	tm.wait("got news", "broken", "nlsh> 1 + 4")
	tm.send("1\r")
	tm.wait("42", fresh)
	tm.send("\x04")
	if got := tm.end(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	if n := strings.Count(tm.shown(), "\n  broken"); n != 1 {
		t.Errorf("the error is shown %d times", n)
	}
}

// A transcript of a terminal has what was shown, and nothing of how it was typed.
func TestTranscriptOnTerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.md")
	tm := onTerminal(t)
	tm.wait(fresh)
	tm.enter("1 + 1", "2")
	tm.send("x = (")
	tm.send("\x03")
	tm.wait("^C", fresh)
	tm.enter("print('a')", "a")
	tm.enter("def f(): return 7\r")
	tm.enter("f()", "7")
	tm.enter(":transcript " + file)
	tm.send("\x04")
	if got := tm.end(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	text, err := os.ReadFile(file)
	want := "```nlsh\nnlsh> 1 + 1\n2\nnlsh> print('a')\na\nnlsh> def f(): return 7\n  ...\nnlsh> f()\n7\n```\n"
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}

// The last error can be looked at, and a program stands still where it says so: in a session, and as a script.
func TestDebugOnTerminal(t *testing.T) {
	script := filepath.Join(t.TempDir(), "stop.star")
	if err := os.WriteFile(script, []byte("def f(n):\n    measure = n + 1\n    breakpoint()\n    return measure\nprint('got', f(41))\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const debug = "debug>  \b"
	tm := onTerminal(t)
	tm.wait(fresh)
	tm.enter("def f(n): return nl.open(n).nosuch\r")
	tm.enter("f('route')", "in f", "no attribute")
	tm.send(":debug\r")
	tm.wait("> 0", "in f", `n = "route"`, debug)
	tm.send("n + '!'\r")
	tm.wait(`"route!"`, debug)
	tm.send("print('ready'); sleep('1h')\r")
	tm.wait("ready\r\n") // it runs, so the terminal makes a signal of Ctrl-C
	tm.send("\x03")
	tm.wait("interrupted", debug)
	tm.send("\x04")
	tm.wait(fresh)
	tm.send(":load " + script + "\r")
	tm.wait("in f", "measure = 42", debug)
	tm.send("meas")
	tm.send("\t * 2\r")
	tm.wait("84", debug)
	tm.enter(":continue", "got 42")
	tm.send("\x04")
	if got := tm.end(); got != 0 {
		t.Errorf("exit status %d", got)
	}

	tm = onTerminal(t, script)
	tm.wait("in f", "measure = 42", debug)
	tm.send("[measure] * 2\r")
	tm.wait("[42, 42]", debug)
	tm.send("\x04")
	tm.wait("got 42")
	if got := tm.end(); got != 0 {
		t.Errorf("exit status %d", got)
	}

	tm = onTerminal(t, script)
	tm.wait(debug)
	tm.send(":quit\r")
	tm.wait("stopped by :quit")
	if got := tm.end(); got != 1 {
		t.Errorf("exit status %d", got)
	}

	got := nlsh(t, "", "-c", "breakpoint()")
	if want := "  breakpoint: got no terminal to ask at, want one (run the script on a terminal, or by :load in a session)\n"; got.code != 1 || !strings.Contains(got.errOut, want) {
		t.Errorf("got %+v, want %s", got, want)
	}
}

// Lines of what is typed are shown before they run, if that is wanted.
func TestLinesOnTerminal(t *testing.T) {
	tm := onTerminal(t, "-x")
	tm.wait(fresh)
	tm.enter("x = 1", "+ <1>:1: x = 1")
	tm.enter("x += 1; print('is', x)", "+ <2>:1: x += 1; print('is', x)", "is 2")
	tm.send("\x04")
	if got := tm.end(); got != 0 {
		t.Errorf("exit status %d", got)
	}
}
