package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With --strict, what a script has left open is an error, unless it has failed anyway.
func TestStrict(t *testing.T) {
	const leak = "nlsh: strict: family route, opened at <-c>:1:13, is still open at the end\n"
	for _, tt := range []struct {
		code string
		want result
	}{
		{`rt = nl.open("route")`, result{1, "", leak}},
		{`rt = nl.open("route"); exit(0)`, result{1, "", leak}},
		{`rt = nl.open("route"); exit(3)`, result{3, "", leak}},
		{`rt = nl.open("route"); rt.close()`, result{0, "", ""}},
		{`scope(lambda: nl.open("route").name)`, result{0, "\"route\"\n", ""}},
		{`on_exit(lambda: print("bye"))`, result{0, "bye\n", ""}},
		{`t = spawn(len, "abc"); t.join()`, result{0, "3\n", ""}},
		{`t = spawn(sleep, "1h")`, result{1, "", "nlsh: strict: task sleep, opened at <-c>:1:10, is still open at the end\n"}},
	} {
		if got := nlsh(t, "", "--strict", "-c", tt.code); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.code, got, tt.want)
		}
	}
	if got := nlsh(t, "", "--strict", "-c", `rt = nl.open("route"); fail("x")`); got.code != 1 || strings.Contains(got.errOut, "strict") {
		t.Errorf("got %+v", got)
	}
	if got := nlsh(t, "", "-c", `rt = nl.open("route")`); got != (result{}) {
		t.Errorf("without --strict: got %+v", got)
	}
}

func TestLogLevels(t *testing.T) {
	const code = `log.debug("d"); log.info("i"); log.warn("w"); log.error("e")`
	for _, tt := range []struct {
		variable, flag string
		want           result
	}{
		{"", "", result{0, "", "info: i\nwarn: w\nerror: e\n"}},
		{"", "debug", result{0, "", "debug: d\ninfo: i\nwarn: w\nerror: e\n"}},
		{"error", "", result{0, "", "error: e\n"}},
		{"error", "warn", result{0, "", "warn: w\nerror: e\n"}},
		{"", "loud", result{1, "", "nlsh: --log: got \"loud\", want one of debug, info, warn, error\n"}},
		{"loud", "", result{1, "", "nlsh: NLSH_LOG: got \"loud\", want one of debug, info, warn, error\n"}},
	} {
		t.Setenv(logVariable, tt.variable)
		args := []string{"-c", code}
		if tt.flag != "" {
			args = []string{"--log", tt.flag, "-c", code}
		}
		if got := nlsh(t, "", args...); got != tt.want {
			t.Errorf("%s, %s: got %+v, want %+v", tt.variable, tt.flag, got, tt.want)
		}
	}
}

// The first signal ends the script, and has its callbacks run; another one ends nlsh, whatever they do.
func TestSecondSignal(t *testing.T) {
	cmd := command(t, "-c", `
def slow():
    print("closing")
    sleep("1h")
on_exit(slow, timeout = "1h")
print("started")
sleep("1h")`)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out := started(t, cmd)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if line, err := out.ReadString('\n'); err != nil || line != "closing\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := exitCode(t, cmd.Wait()); got != 130 {
		t.Errorf("got %d, %s", got, errOut.String())
	}
}

// What a script runs does not outlive it, even if nlsh is killed: the program holds the other
// end of a pipe, which is closed when it is gone.
func TestProgramsDieWithNlsh(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := command(t, "-c", `
print(" " * 20000)
exec(["sh", "-c", "echo $$ > /proc/self/fd/2; echo started > `+"/proc/"+strconv.Itoa(os.Getpid())+"/fd/"+strconv.Itoa(int(w.Fd()))+`; exec sleep 3600 3> `+"/proc/"+strconv.Itoa(os.Getpid())+"/fd/"+strconv.Itoa(int(w.Fd()))+`"])`)
		started(t, cmd)
		line := make([]byte, len("started\n"))
		if _, err := r.Read(line); err != nil || string(line) != "started\n" {
			t.Fatalf("got %q, %v", line, err)
		}
		w.Close()
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if n, err := r.Read(line); n != 0 || err == nil {
			t.Errorf("%v: got %q, want the end of the pipe", sig, line[:n])
		}
		_ = cmd.Wait() // killed, or interrupted
		r.Close()
	}
}

// Ctrl-C ends whatever a script is in, with status 130. Each says "ready" right before it starts what would take
// for ever, or long.
func TestInterruptAnywhere(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{
		"loop":      `while True: pass`,
		"range":     `for i in range(1 << 60): pass`,
		"recursion": `def f(n): return f(n - 1) if n else 0` + "\nwhile True: f(1000)",
		"numbers":   "x = 1 << 500\nwhile True: y = x * x",
		"sleep":     `sleep("1h")`,
		"exec":      `exec(["sleep", "1000"])`,
		"pipe":      `exec(["cat", ` + strconv.Quote(fifo) + `])`,
		"read":      `read_file(` + strconv.Quote(fifo) + `)`,
		"write":     `write_file(` + strconv.Quote(fifo) + `, "x")`,
		"join":      `spawn(sleep, "1h").join()`,
		"callback":  `sorted(range(10), key = lambda x: [y for y in range(10000000) if y < 0])`,
		"try":       "while True: try_(sleep, \"1h\")",
		"json":      "x = [{\"a\": i} for i in range(100000)]\nwhile True: json.encode(x)",
		"hexdump":   "x = b\"x\" * 20000000\nhexdump(x)",
		"pp":        "pp(range(20000000))",
		"server":    `nl.serve("route", {}).run()`,
		"step":      `nl.serve("route", {}).step()`,
		"no answer": "srv = nl.serve(\"route\", {})\nnl.open(\"route\", peer = srv, timeout = \"1h\").getlink(ifname = \"lo\")",
		"dump":      "srv = nl.serve(\"route\", {})\nnl.open(\"route\", peer = srv, timeout = \"1h\").getlink.dump()",
		"stream":    "srv = nl.serve(\"route\", {})\nlist(nl.open(\"route\", peer = srv, timeout = \"1h\").getlink.stream())",
		"prefixes":  `for p in ipaddr.prefix_range("::/0", 128): pass`,
		"progress":  `for i in progress(range(1 << 60)): pass`,

		// One call of what never looks up: the watchdog ends these (see runner).
		"sorted":  `sorted([i * 7919 % 10000019 for i in range(500000)])` + "\nprint(\"late\")",
		"decode":  `json.decode("[" + "1," * 5000000 + "1]")` + "\nprint(\"late\")",
		"bigint":  `x = 3` + "\nfor _ in range(24): x = x * x\nstr(x)\nprint(\"late\")",
		"re":      `re.findall("(a|b)*c", "ab" * 20000000)` + "\nprint(\"late\")",
		"text":    `",".join(["x"] * (1 << 24))` + "\nprint(\"late\")",
		"in task": `spawn(lambda: re.findall("(a|b)*c", "ab" * 20000000)).join()` + "\nprint(\"late\")",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// yield_ writes out what was printed, so the signal comes when the line is the next to run.
			cmd := command(t, "-c", "print(\"ready\" + \" \" * 20000)\nyield_()\n"+code)
			var errOut bytes.Buffer
			cmd.Stderr = &errOut
			started(t, cmd)
			deadline := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
			defer deadline.Stop()
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if got := exitCode(t, cmd.Wait()); got != 130 || !strings.Contains(errOut.String(), "interrupted") || strings.Contains(errOut.String(), "goroutine") {
				t.Errorf("got %d, %.500s", got, errOut.String())
			}
		})
	}
}

// What has no end is not read to its end, whether it is to be a program or a spec.
func TestEndless(t *testing.T) {
	for _, args := range [][]string{{"/dev/zero"}, {"-c", `load("/dev/zero", "x")`}, {"-c", `nl.load_spec("/dev/zero")`}, {"check", "/dev/zero"}} {
		got := nlsh(t, "", args...)
		if got.code == 0 || !strings.Contains(got.errOut+got.out, "more than 16777216 bytes") || strings.Contains(got.errOut, "goroutine") {
			t.Errorf("%q: got %d, %.300s%.300s", args, got.code, got.out, got.errOut)
		}
	}
}
