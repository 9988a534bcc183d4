package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
)

// A pager gets the text whole, and the keys that are meant for it; Ctrl-C is one of them. What it leaves the terminal like is no matter.
func TestTerminalPager(t *testing.T) {
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\ntrap 'echo INTERRUPT' INT\ncat >%[1]s/text\nstty -echo -icanon </dev/tty\necho READY\na=\nwhile test \"$a\" != keys; do read a </dev/tty; done\necho \"got:$a\"\n", dir)
	pager := filepath.Join(dir, "pager")
	if err := os.WriteFile(pager, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	x := start(t, setting{cols: 90, rows: 20, env: []string{"NLSH_PAGER=" + pager}})
	x.keys("help('rt-link')" + enter)
	x.see("READY")
	x.keys(ctrlC + "x\n") // the line wakes a shell that was interrupted just before it waits
	x.see("INTERRUPT")
	x.keys("keys\n")
	x.see("got:keys")
	x.do("6 * 7", "\n42\n")
	x.end(ctrlD, 0)
	text, err := os.ReadFile(filepath.Join(dir, "text"))
	if want := nlsh(t, "", "doc", "rt-link").out; err != nil || strings.Join(strings.Fields(string(text)), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}

// What is typed has colours, unless somebody does not want any.
func TestTerminalColors(t *testing.T) {
	const coloured = "\x1b[35mnot\x1b[m \x1b[36m4\x1b[m"
	for env, want := range map[string]bool{"NLSH=": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		x := start(t, setting{env: []string{"NO_COLOR=", env}})
		x.keys("not 4")
		x.see("not 4")
		x.mu.Lock()
		got := x.screen.Render()
		x.mu.Unlock()
		if strings.Contains(got, coloured) != want {
			t.Errorf("%s: got %q", env, got)
		}
		x.do("", "\nFalse\n")
	}
}

// rootless is a session in a namespace of its own.
func rootless(t *testing.T) *vterm {
	t.Helper()
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	return start(t, setting{cols: 100, rows: 60, args: []string{"--rootless"}})
}

// What is sent and received is shown between input and result; other families are not, if one was named.
func TestTerminalTrace(t *testing.T) {
	x := rootless(t)
	x.do("rt = nl.open('route')", "route")
	x.do(":trace", "off\n")
	x.do(":trace on", "on")
	x.do("rt.newlink(ifname = 'br7', linkinfo = {'kind': 'bridge'}, flags = 'create')", "<- route ack")
	x.see("-> route newlink(ifname = \"br7\"")
	x.do("try_(rt.newlink, ifname = 'br7', linkinfo = {'kind': 'nosuch'}, flags = ['create', 'excl']).ok", "<- route EEXIST")
	x.see("\nFalse\n")
	x.do("a = nl.open('route', netns = netns.new('blue'))", "blue")
	x.do("len(a.getlink.dump())", "<- route [netns blue] done")
	x.see("-> route [netns blue] getlink() dump")
	x.keys(ctrlL)
	x.do(":trace route bytes", "bytes")
	x.do("rt.getlink(ifname = 'br7').ifname", "\"br7\"\nnlsh>")
	x.see("0000")
	x.do(":trace nlctrl", "nlctrl")
	x.keys(ctrlL)
	x.do("rt.getlink(ifname = 'lo').ifname", "\"lo\"\nnlsh>")
	if strings.Contains(x.shown(), "<- route") {
		t.Errorf("route is shown, though nlctrl is wanted:\n%s", x.shown())
	}
	x.do(":trace nosuch", `:trace: got unknown family "nosuch"`)
	x.do(":trace", "\n  nlctrl\n")
	x.do(":trace off", "off")
	x.end(ctrlD, 0)
}

// Events come above the line that is being typed, which is complete below them.
func TestTerminalMonitor(t *testing.T) {
	x := rootless(t)
	x.do(":monitor link route", "route")
	x.do(":monitor", "\n  link route\n")
	x.do("rt = nl.open('route')", "route")
	x.keys("def later(): sleep('100ms'); rt.newlink(ifname = 'br7', linkinfo = {'kind': 'bridge'}, flags = 'create')" + enter + enter)
	x.do("t = spawn(later)", "later")
	x.keys("1 + 4")
	x.see("route:link newlink index=")
	x.at("nlsh> 1 + 4", 11)
	x.do("1", "\n42\n")
	x.do(":monitor nosuch", "want a multicast group")
	x.do(":monitor off", "off")
	x.do(":monitor", "\n  off\n")
	x.end(ctrlD, 0)
}

// A task goes on between the prompts, whatever Ctrl-C does there, and an error of it is shown at once.
func TestTerminalTasks(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	x := start(t, setting{cols: 100, rows: 50})
	x.keys(fmt.Sprintf("def work(): print('got', read_file(%q)); fail('broken')", fifo) + enter + enter)
	x.do("t = spawn(work)", "t = ")
	x.keys("typed" + ctrlC)
	x.prompt()
	x.do(":tasks", "work")
	x.keys("1 + 4")
	x.see("nlsh> 1 + 4")
	if err := os.WriteFile(fifo, []byte("news"), 0); err != nil {
		t.Fatal(err)
	}
	x.see("got news")
	x.see("\n  broken")
	x.at("nlsh> 1 + 4", 11)
	x.do("1", "\n42\n")
	x.end(ctrlD, 0)
	if n := strings.Count(x.shown(), "\n  broken"); n != 1 {
		t.Errorf("the error is shown %d times", n)
	}
}

// A transcript of a terminal has what was shown, and nothing of how it was typed.
func TestTerminalTranscript(t *testing.T) {
	x := start(t, setting{})
	x.do("1 + 1", "\n2\n")
	x.keys("x = (" + ctrlC)
	x.prompt()
	x.keys("y = (" + enter + ctrlC)
	x.prompt()
	x.keys("z = (" + enter)
	x.at("  ...", 6)
	x.keys(ctrlC)
	x.prompt()
	x.do("print('a')", "\na\n")
	x.keys("def f(): return 7" + enter + enter)
	x.prompt()
	x.do("f()", "\n7\n")
	x.do(":transcript t.md", "t.md")
	x.end(ctrlD, 0)
	text, err := os.ReadFile(filepath.Join(x.home, "t.md"))
	const want = "```nlsh\nnlsh> 1 + 1\n2\nnlsh> print('a')\na\nnlsh> def f(): return 7\n  ...\nnlsh> f()\n7\n```\n"
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}

const stopping = "def f(n):\n    measure = n + 1\n    breakpoint()\n    return measure\nprint('got', f(41))\n"

// The last error can be looked at, and a program stands still where it says so.
func TestTerminalDebug(t *testing.T) {
	x := start(t, setting{cols: 100, rows: 60, files: map[string]string{"stop.star": stopping}})
	x.keys("def f(n): return nl.open(n).nosuch" + enter + enter)
	x.do("f('route')", "nosuch")
	x.keys(":debug" + enter)
	x.see(`n = "route"`)
	x.at("debug>", 7)
	x.keys("n + '!'" + enter)
	x.see(`"route!"`)
	x.keys("[print('rea' + 'dy'), sleep('1h')]" + enter)
	x.line("ready")
	x.keys(ctrlC)
	x.see("interrupted")
	x.at("debug>", 7)
	x.keys(ctrlD)
	x.prompt()
	x.keys(":load stop.star" + enter)
	x.see("measure = 42")
	x.at("debug>", 7)
	x.keys("meas" + tab + " * 2" + enter)
	x.see("\n84\n")
	x.keys(":continue" + enter)
	x.see("got 42")
	x.prompt()
	x.keys("breakpoint(); sleep('1h')" + enter)
	x.at("debug>", 7)
	x.keys(":continue" + enter + ctrlC)
	x.see("interrupted")
	x.prompt()
	x.end(ctrlD, 0)
}

// A script stands still too, and goes on or is stopped.
func TestTerminalBreakpoint(t *testing.T) {
	x := begun(t, setting{args: []string{"stop.star"}, files: map[string]string{"stop.star": stopping}})
	x.see("measure = 42")
	x.at("debug>", 7)
	x.keys("[measure] * 2" + enter)
	x.see("[42, 42]")
	x.at("debug>", 7)
	x.end(ctrlD, 0)
	x.see("got 42")

	x = begun(t, setting{args: []string{"stop.star"}, files: map[string]string{"stop.star": stopping}})
	x.at("debug>", 7)
	x.end(":quit"+enter, 1)
	x.see("stopped by :quit")

	x = begun(t, setting{args: []string{"-c", "breakpoint()\nwhile True: pass"}})
	x.at("debug>", 7)
	x.end(":continue"+enter+ctrlC, 130) // for the loop, though the prompt reads it

	got := nlsh(t, "", "-c", "breakpoint()")
	if want := "  breakpoint: got no terminal to ask at, want one (run the script on a terminal, or by :load in a session)\n"; got.code != 1 || !strings.Contains(got.errOut, want) {
		t.Errorf("got %+v, want %s", got, want)
	}
}

// Lines of what is typed are shown before they run, if that is wanted.
func TestTerminalLines(t *testing.T) {
	x := start(t, setting{args: []string{"-x"}})
	x.do("x = 1", "+ <1>:1: x = 1")
	x.do("x += 1; print('is', x)", "+ <2>:1: x += 1; print('is', x)\nis 2\n")
	x.end(ctrlD, 0)
}

// Where the output goes to a file, what is typed is a program: nobody would see a prompt.
func TestTerminalOutputElsewhere(t *testing.T) {
	master, slave := mustPty(t)
	cmd := command(t)
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, &out, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := master.WriteString("print(6 * 7)\n" + ctrlD); err != nil {
		t.Fatal(err)
	}
	if got := exitCode(t, cmd.Wait()); got != 0 || out.String() != "42\n" {
		t.Errorf("got status %d, %q", got, out.String())
	}
}
