package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/netns"
	"golang.org/x/sys/unix"
)

// asNlsh makes the test binary be nlsh: tests run the real command line, in a process of its own.
const asNlsh = "NLSH_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asRefused) != "" {
		refuseNamespaces()
	}
	enterGuest()
	if page := os.Getenv(asReplay); page != "" {
		os.Exit(replay(page))
	}
	if os.Getenv(asNlsh) != "" {
		main()
	}
	os.Exit(m.Run())
}

type result struct {
	code        int
	out, errOut string
}

// command returns an nlsh that is killed when it hangs.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	// The race detector would sleep a second at each exit.
	cmd.Env = append([]string{"GORACE=atexit_sleep_ms=0"}, append(os.Environ(), asNlsh+"=1")...)
	return cmd
}

func nlsh(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := command(t, args...)
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errOut
	return result{exitCode(t, cmd.Run()), out.String(), errOut.String()}
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode() // -1 for one that a signal killed
	}
	t.Fatal(err)
	return 0
}

func TestCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"args.star": "print(args)", "fail.star": "fail(\"no\")", "completion": "print(\"script\")",
		"table.star": "load(\"@std//table.star\", \"table\")\ntable([{\"if\": \"lo\", \"a\": {\"b\": 1}}, {\"if\": \"é0\"}], [\"if\", \"a.b\"])",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const hint = "try 'nlsh --help'\n"
	tests := []struct {
		name  string
		args  []string
		stdin string
		want  result
	}{
		{"script", []string{"args.star"}, "", result{0, "[]\n", ""}},
		{"flags after the script are its own", []string{"args.star", "-c", "--help", "--", "x"}, "", result{0, "[\"-c\", \"--help\", \"--\", \"x\"]\n", ""}},
		{"end of flags", []string{"--", "args.star", "x"}, "", result{0, "[\"x\"]\n", ""}},
		{"code", []string{"-c", "1 + 1"}, "", result{0, "2\n", ""}},
		{"code, glued", []string{"-cargs", "a"}, "", result{0, "[\"a\"]\n", ""}},
		{"code, long", []string{"--command=args", "a", "-x"}, "", result{0, "[\"a\", \"-x\"]\n", ""}},
		{"empty code", []string{"-c", ""}, "print(1)", result{}},
		{"code, end of flags", []string{"-c", "args", "--", "-a"}, "", result{0, "[\"-a\"]\n", ""}},
		{"code, argument like a subcommand", []string{"-c", "args", "completion", "bash"}, "", result{0, "[\"completion\", \"bash\"]\n", ""}},
		{"argument like a subcommand", []string{"args.star", "completion"}, "", result{0, "[\"completion\"]\n", ""}},
		{"script like a subcommand", []string{"./completion"}, "", result{0, "script\n", ""}},
		{"stdin", nil, "print(args)", result{0, "[]\n", ""}},
		{"stdin as a file", []string{"-", "x"}, "print(args)", result{0, "[\"x\"]\n", ""}},
		{"stdin, empty", nil, "", result{}},
		{"library", []string{"table.star"}, "", result{0, "if  a.b\nlo  1\né0\n", ""}},
		{"script fails", []string{"fail.star"}, "", result{1, "", "nlsh: fail.star:1:5: at top level\n  no\n     1 | fail(\"no\")\n       |     ^\n"}},
		{"exit", []string{"-c", "exit(9)"}, "", result{9, "", ""}},
		{"no such script", []string{"nofile"}, "", result{2, "", "nlsh: open nofile: no such file or directory\n"}},
		{"folder", []string{"."}, "", result{2, "", "nlsh: open .: is a directory, want a file\n"}},
		{"unknown flag", []string{"--bogus", "args.star"}, "", result{2, "", "nlsh: unknown flag: --bogus\n" + hint}},
		{"unknown flag with code", []string{"-c", "1", "-q"}, "", result{2, "", "nlsh: unknown shorthand flag: 'q' in -q\n" + hint}},
		{"flag without its value", []string{"-c"}, "", result{2, "", "nlsh: flag needs an argument: 'c' in -c\n" + hint}},
		{"json", []string{"--json", "-c", "{\"b\": [1, None], \"a\": b\"\\xff\"}"}, "", result{0, "{\"b\":[1,null],\"a\":\"ff\"}\n", ""}},
		{"json of nothing", []string{"--json", "-c", "x = 1"}, "", result{}},
		{"jsonl", []string{"--jsonl", "-c", "[1, {\"a\": 2}, [3]]"}, "", result{0, "1\n{\"a\":2}\n[3]\n", ""}},
		{"jsonl of one", []string{"--jsonl", "-c", "{\"a\": 2}"}, "", result{0, "{\"a\":2}\n", ""}},
		{"json, not a value", []string{"--json", "-c", "[{\"a\": len}]"}, "", result{1, "", "nlsh: --json: [0].a: got builtin_function_or_method, want a value that JSON has (None, bool, int, float, string, bytes, list, tuple, set, dict, struct, message, dump)\n"}},
		{"jsonl, not a value", []string{"--jsonl", "-c", "[1, len]"}, "", result{1, "1\n", "nlsh: --jsonl: [1]: got builtin_function_or_method, want a value that JSON has (None, bool, int, float, string, bytes, list, tuple, set, dict, struct, message, dump)\n"}},
		{"json of a file", []string{"--json", "args.star"}, "", result{2, "", "nlsh: --json and --jsonl print the value of -c CODE: want that (a FILE has json.encode)\n" + hint}},
		{"json and jsonl", []string{"--json", "--jsonl", "-c", "1"}, "", result{2, "", "nlsh: if any flags in the group [json jsonl] are set none of the others can be; [json jsonl] were all set\n" + hint}},
		{"lines", []string{"-x", "args.star", "a"}, "", result{0, "[\"a\"]\n", "+ args.star:1: print(args)\n"}},
		{"lines of code, that fails", []string{"--lines", "-c", "x = 1\nfail(x)"}, "", result{1, "", "+ <-c>:1: x = 1\n+ <-c>:2: fail(x)\nnlsh: <-c>:2:5: at top level\n  1\n     2 | fail(x)\n       |     ^\n"}},
		{"specs", []string{"--specs", ".", "--specs", "..", "-c", "1"}, "", result{0, "1\n", ""}},
		{"specs, no such folder", []string{"--specs", "nofolder", "-c", "1"}, "", result{1, "", "nlsh: --specs: stat nofolder: no such file or directory\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := nlsh(t, tt.stdin, tt.args...); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	for flag, want := range map[string]string{
		"--help": "Usage:\n  nlsh [flags] [FILE [ARG...]]\n", "-h": "Exit status: 0 done", "--version": "nlsh ",
	} {
		if got := nlsh(t, "", flag); got.code != 0 || got.errOut != "" || !strings.Contains(got.out, want) {
			t.Errorf("%s: got %+v", flag, got)
		}
	}
	if got := nlsh(t, "", "completion", "bash"); got.code != 0 || !strings.Contains(got.out, "__start_nlsh") {
		t.Errorf("completion: got %d, %d bytes, %s", got.code, len(got.out), got.errOut)
	}
}

// started runs a script that prints a line and goes on for ever, and returns when it has begun.
func started(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return r
}

// A pipe is not written to before there is a buffer full: hence the many lines.
const endless = "print(\"\\n\" * 20000)\nwhile True: pass"

func TestSignalsEndTheScript(t *testing.T) {
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		if signal.Ignored(sig) {
			t.Logf("%v: whoever started the tests has it ignored (nohup), and so does nlsh", sig)
			continue
		}
		cmd := command(t, "-c", endless)
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		started(t, cmd)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if got := exitCode(t, cmd.Wait()); got != want || !strings.Contains(errOut.String(), "at top level\n  interrupted") {
			t.Errorf("%v: got %d, %s", sig, got, errOut.String())
		}
	}
}

func TestClosedPipe(t *testing.T) {
	cmd := command(t, "-c", "while True: print(\"x\" * 20000)")
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if got := exitCode(t, cmd.Wait()); got != 141 || errOut.Len() > 0 {
		t.Errorf("got %d, %s", got, errOut.String())
	}
}

// On a terminal and without a script there is a session, and the terminal is as before after it.
func TestTerminalSession(t *testing.T) {
	master, slave := mustPty(t)
	before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := command(t)
	cmd.Env = append(cmd.Env, "HOME="+home, "XDG_STATE_HOME=", "XDG_CONFIG_HOME=", "TERM=xterm")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // Ctrl-C is for whom the terminal belongs to
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	screen := bufio.NewReader(master)
	late := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill(); slave.Close() })
	defer late.Stop()
	const run = "\x1b[?2004l" // what was typed is run
	for _, step := range []struct{ wait, keys string }{
		{"nlsh> ", "6 * 7\r"},
		{run + "42\r\n", "nl.op\t\"route\").getlink(ifname = \"lo\").ifname\r"},
		{run + "\"lo\"\r\n", "\x1b[200~def f():\n\n    return 5\n\x1b[201~\r"},
		{run, "f()\r"},
		{run + "5\r\n", "while True: pass\r"},
		{run, "\r"},
		{run, "\x03"},
		{"interrupted", ""},
		{"nlsh> ", "\x04"},
	} {
		if err := expect(screen, step.wait); err != nil {
			t.Fatalf("%q: %v", step.wait, err)
		}
		if _, err := master.WriteString(step.keys); err != nil {
			t.Fatal(err)
		}
	}
	go io.Copy(io.Discard, screen)
	if got := exitCode(t, cmd.Wait()); got != 0 {
		t.Errorf("got status %d", got)
	}
	after, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal is left as %+v, %v, was %+v", after, err, before)
	}
	text, err := os.ReadFile(filepath.Join(home, ".local/state/nlsh/history"))
	if err != nil || !strings.HasPrefix(string(text), "6 * 7\nnl.open(") || !strings.Contains(string(text), `"def f():\n\n    return 5"`) {
		t.Errorf("history: got %s, %v", text, err)
	}
}

// A signal that ends a session closes what that has opened.
func TestTerminalTerminated(t *testing.T) {
	for sig, status := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		master, slave := mustPty(t)
		dir := t.TempDir()
		cmd := command(t)
		cmd.Env = append(cmd.Env, "HOME="+dir, "XDG_STATE_HOME=", "XDG_CONFIG_HOME=", "TERM=xterm")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		screen := bufio.NewReader(master)
		if err := expect(screen, "nlsh> "); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(master, "on_exit(lambda: write_file(%q, 'closed'))\rprint('re' + 'ady')\r", dir+"/f"); err != nil {
			t.Fatal(err)
		}
		if err := expect(screen, "ready\r\n"); err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, screen)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		got := exitCode(t, cmd.Wait())
		if text, err := os.ReadFile(dir + "/f"); got != status || err != nil || string(text) != "closed" {
			t.Errorf("%v: got status %d, %q, %v, want %d and closed", sig, got, text, err, status)
		}
	}
}

// expect reads until a text has come.
func expect(r *bufio.Reader, text string) error {
	var got []byte
	for !strings.Contains(string(got), text) {
		b, err := r.ReadByte()
		if err != nil {
			return fmt.Errorf("%w after %q", err, got)
		}
		got = append(got, b)
	}
	return nil
}

// What is printed on a terminal comes at once.
func TestTerminal(t *testing.T) {
	master, slave := mustPty(t)
	cmd := command(t, "-c", "print(\"hello\")\nwhile True: pass")
	cmd.Stdout = slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(master).ReadString('\n')
	if err != nil || line != "hello\r\n" {
		t.Errorf("got %q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := exitCode(t, cmd.Wait()); got != 130 {
		t.Errorf("got %d", got)
	}
}

func mustPty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetUint32(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	slave, err = os.OpenFile(filepath.Join("/dev/pts", strconv.FormatUint(uint64(n), 10)), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func TestRootless(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	if got, want := nlsh(t, "", "--rootless", "-c", "print(args); exit(5)", "a"), (result{5, "[\"a\"]\n", ""}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
