package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a session on a terminal.
type terminal struct {
	t      *testing.T
	master *os.File
	screen *bufio.Reader
	wait   func() error
}

// onTerminal starts a session, with what is added to its environment.
func onTerminal(t *testing.T, env ...string) *terminal {
	t.Helper()
	master, slave := mustPty(t)
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 20, Col: 90}); err != nil {
		t.Fatal(err)
	}
	before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t)
	cmd.Env = append(cmd.Env, "HOME="+t.TempDir(), "XDG_STATE_HOME=", "XDG_CONFIG_HOME=", "TERM=xterm", "NO_COLOR=1", "PAGER=cat")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill(); slave.Close() })
	t.Cleanup(func() { late.Stop() })
	return &terminal{t, master, bufio.NewReader(master), func() error {
		err := cmd.Wait()
		if after, gone := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS); gone != nil || *after != *before {
			t.Errorf("the terminal is left as %+v, %v, was %+v", after, gone, before)
		}
		return err
	}}
}

// step waits for a text and types keys.
func (s *terminal) step(wait, keys string) {
	s.t.Helper()
	if err := expect(s.screen, wait); err != nil {
		s.t.Fatalf("%q: %v", wait, err)
	}
	if _, err := s.master.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// leave ends the session.
func (s *terminal) leave() {
	s.t.Helper()
	s.step("nlsh> ", "\x04")
	go io.Copy(io.Discard, s.screen)
	if got := exitCode(s.t, s.wait()); got != 0 {
		s.t.Errorf("got status %d", got)
	}
}

// A pager gets the text whole, and the keys that are meant for it; Ctrl-C is one of them. What it leaves the terminal like is no matter.
func TestTerminalPager(t *testing.T) {
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\ntrap 'echo INTERRUPT' INT\ncat >%[1]s/text\nstty -echo -icanon </dev/tty\necho READY\na=\nwhile test \"$a\" != keys; do read a </dev/tty; done\necho \"got:$a\"\n", dir)
	pager := filepath.Join(dir, "pager")
	if err := os.WriteFile(pager, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s := onTerminal(t, "NLSH_PAGER="+pager)
	s.step("nlsh> ", "help(\"rt-link\")\r")
	s.step("READY", "\x03x\n") // the line wakes a shell that was interrupted just before it waits
	s.step("INTERRUPT", "\x03x\n")
	s.step("INTERRUPT", "keys\n")
	s.step("got:keys", "")
	s.step("nlsh> ", "6 * 7\r")
	s.step("\x1b[?2004l42\r\n", "")
	s.leave()
	text, err := os.ReadFile(filepath.Join(dir, "text"))
	if want := nlsh(t, "", "doc", "rt-link").out; err != nil || strings.Join(strings.Fields(string(text)), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}

// A result that fits is shown without.
func TestTerminalWithoutPager(t *testing.T) {
	s := onTerminal(t, "NLSH_PAGER=false")
	s.step("nlsh> ", "list(range(9))\r")
	s.step("\x1b[?2004l[0, 1, 2, 3, 4, 5, 6, 7, 8]\r\n", "")
	s.leave()
}

// What is typed has colours, unless somebody does not want any.
func TestTerminalColors(t *testing.T) {
	s := onTerminal(t, "NO_COLOR=")
	s.step("nlsh> ", "not 4")
	s.step("\x1b[35mnot\x1b[0m \x1b[36m4\x1b[0m", "\r")
	s.step("\x1b[?2004lFalse\r\n", "")
	s.leave()
	for _, env := range []string{"NO_COLOR=1", "TERM=dumb"} {
		s := onTerminal(t, "NO_COLOR=", env)
		s.step("nlsh> ", "not 4")
		s.step("not 4", "\r")
		s.step("\x1b[?2004lFalse\r\n", "")
		s.leave()
	}
}
