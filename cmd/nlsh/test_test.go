package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
    print(read_file(t.tmp + "/file"), list_dir(t.tmp), netns.list(), exec(["sh", "-c", "echo $TMPDIR"]).stdout == t.tmp + "\n")
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
kept ["file"] [] True
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
		"test_bad_need":     {scenario.Fail, "  need: got \"links:veth\", want init_net or one of action:, bridge:, cap:, encap:, filter:, genl:, link:"},
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
		{"--tap - --no-write -run test_silent", 0, "TAP version 14\nok 1 - host x/test_silent\n"},
		{"--junit - --no-write -run test_wrong", 1, `<failure message="it printed something else than x.golden has" type="fail">`},
		{"--html - --no-write -run test_record", 0, `data:application/vnd.tcpdump.pcap;base64,`},
		{"--html - --tap -", 2, "--tap, --html: only one of them can be written to standard output"},
		{"--junit nosuch/x", 1, "--junit: open nosuch/x: no such file or directory"},
		{"--unreferenced some", 2, `--unreferenced: got "some", want list, fail or delete`},
		{"--unreferenced fail -run test_silent", 2, "--unreferenced: want a whole run"},
		{"--unreferenced fail x.star", 2, "--unreferenced: got x.star, want folders"},
		{"--review --update", 2, "--review: want each scenario once"},
		{"--review --tap -", 2, "--review: want standard output for the questions"},
		{"--worker", 2, "--worker: this is for nlsh test to start"},
	} {
		got := nlsh(t, "", append([]string{"test"}, strings.Fields(c.args)...)...)
		if got.code != c.code || !strings.Contains(got.out+got.errOut, c.part) {
			t.Errorf("%s: got %d %s%s, want %d, %s", c.args, got.code, got.out, got.errOut, c.code, c.part)
		}
	}
}

// A golden file whose script is gone is told, fails the run, and is deleted on demand only.
func TestTestUnreferenced(t *testing.T) {
	scenesDir(t)
	mustWrite(t, "x.star", "def test_silent(t):\n    pass\n")
	mustWrite(t, "x.golden", "# nlsh golden 1\n=== test_silent\n")
	mustWrite(t, "gone@6.1.golden", "")
	for _, c := range []struct {
		how  string
		code int
		left bool
		says string
	}{{"list", 0, true, "gone@6.1.golden: there is no script for it\n"}, {"fail", 1, true, "gone@6.1.golden: there is"}, {"delete", 0, false, "gone@6.1.golden: deleted"}, {"fail", 0, false, "1 pass"}} {
		got := nlsh(t, "", "test", "--unreferenced", c.how)
		if _, err := os.Stat("gone@6.1.golden"); got.code != c.code || !strings.Contains(got.out, c.says) || err == nil != c.left {
			t.Errorf("%s: got %d %s%s, file: %v", c.how, got.code, got.out, got.errOut, err)
		}
	}
	t.Setenv("CI", "true")
	if got := nlsh(t, "", "test", "--unreferenced", "delete"); got.code != 2 {
		t.Errorf("in CI: got %+v", got)
	}
}

// A run that is over does not wait for what nobody types.
func TestTyped(t *testing.T) {
	r, w := io.Pipe()
	ctx, stop := context.WithCancelCause(t.Context())
	in := typed{ctx, r}
	go func() { _, _ = io.WriteString(w, "a\n") }()
	b := make([]byte, 8)
	if n, err := in.Read(b); string(b[:n]) != "a\n" || err != nil {
		t.Errorf("got %q, %v", b[:n], err)
	}
	stop(io.ErrClosedPipe)
	if n, err := in.Read(b); n != 0 || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("after the end: got %d bytes, %v", n, err)
	}
}

// What differs from run to run is refused, left out on demand by changing the script, and then accepted.
func TestTestReview(t *testing.T) {
	scenesDir(t)
	mustWrite(t, "x.star", "def test_wrong(t):\n    t.record({\"now\": time.monotonic(), \"n\": 1}, label = \"it\")\n")
	mustWrite(t, "x.golden", "# nlsh golden 1\n=== test_wrong\nit: dict\n  n 2\n")
	got := nlsh(t, "q\n", "test", "--review")
	if got.code != 1 || !strings.Contains(got.out, "  it: dict\n+   now ") || !strings.Contains(got.out, "-   n 2\n+   n 1\n") {
		t.Errorf("got %d %s%s", got.code, got.out, got.errOut)
	}
	got = nlsh(t, "q\n", "test", "--review", "--kernel", "host", "--kernel", "host")
	if got.code != 1 || strings.Count(got.out, "-- 1 of 1") != 1 || strings.Count(got.out, "FAIL    x/test_wrong") != 2 {
		t.Errorf("ended on the first of two kernels: got %d %s%s", got.code, got.out, got.errOut)
	}
	got = nlsh(t, "a\no\na\n", "test", "--review")
	if got.code != 0 || !strings.Contains(got.out, `nothing was written; to leave out what differs: omit = ["now"]`) ||
		!strings.Contains(got.out, "x.star:2: omit = [\"now\"]\n") || !strings.Contains(got.out, "pass    x/test_wrong: wrote x.golden (") {
		t.Errorf("got %d %s%s", got.code, got.out, got.errOut)
	}
	if text, err := os.ReadFile("x.golden"); err != nil || string(text) != "# nlsh golden 1\n=== test_wrong\nit: dict\n  n 1\n" {
		t.Errorf("got %s, %v", text, err)
	}
	if got := nlsh(t, "", "test"); got.code != 0 {
		t.Errorf("after it: got %+v", got)
	}
	t.Setenv("CI", "true")
	if got := nlsh(t, "", "test", "--review"); got.code != 2 || !strings.Contains(got.errOut, "--review: golden files are not written in CI") {
		t.Errorf("in CI: got %+v", got)
	}
}
