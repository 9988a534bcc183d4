package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// sessions are what happens on a terminal, each in a session of its own.
var sessions = []struct {
	name  string
	where setting
	play  func(x *vterm)
}{
	// What is typed is run.
	{"expression", setting{}, func(x *vterm) { x.do("6 * 7", "\n42\n") }},
	{"no result", setting{}, func(x *vterm) { x.do("x = 5", "x = 5\nnlsh>"); x.do("x + 1", "\n6\n") }},
	{"results", setting{}, func(x *vterm) { x.do("2 + 3", "\n5\n"); x.do("_ * 10", "\n50\n"); x.do("_1 + _2", "\n55\n") }},
	{"late binding", setting{}, func(x *vterm) {
		x.do("f = lambda: 'one'", "one")
		x.keys("def g(): return f()" + enter + enter)
		x.do("g() + '!'", `"one!"`)
		x.do("f = lambda: 'two'", "two")
		x.do("g() + '!'", `"two!"`)
	}},
	{"augmented", setting{}, func(x *vterm) { x.do("n = 40", "n = 40"); x.do("n += 2", "n += 2"); x.do("n", "\n42\n") }},
	{"several lines", setting{}, func(x *vterm) {
		x.keys("def f(a):" + enter)
		x.at("  ...", 6)
		x.keys("    return a * 2" + enter + enter)
		x.do("f(21)", "\n42\n")
	}},
	{"open bracket", setting{}, func(x *vterm) {
		x.keys("[1," + enter)
		x.at("  ...", 6)
		x.do("2]", "\n[1, 2]\n")
	}},
	{"error", setting{}, func(x *vterm) { x.do("1 // 0", "division by zero"); x.do("5 + 5", "\n10\n") }},
	{"syntax error", setting{}, func(x *vterm) { x.do("1 +* 2", "got '*'"); x.do("5 + 5", "\n10\n") }},
	{"unknown name", setting{}, func(x *vterm) { x.do("netsn", "netns") }},
	{"exit", setting{}, func(x *vterm) { x.end("exit(7)"+enter, 7) }},
	{"quit", setting{}, func(x *vterm) { x.end(":quit"+enter, 0) }},
	{"banner", setting{}, func(x *vterm) { x.see("nlsh "); x.see(":help") }},

	// The line is edited.
	{"motions", setting{}, func(x *vterm) {
		x.keys("bcd" + ctrlA + "a" + ctrlE + "e" + keyLeft + keyLeft + "X" + keyHome + "'" + keyEnd + "'")
		x.at("nlsh> 'abcXde'", 14)
		x.do("", `"abcXde"`)
	}},
	{"words", setting{}, func(x *vterm) {
		x.keys("'one two three'" + altB + altB + "X" + altF + "Y")
		x.at("nlsh> 'one Xtwo Ythree'", 17)
	}},
	{"deletions", setting{}, func(x *vterm) {
		x.keys("'a b c'" + backspace + backspace + "d'" + ctrlA + keyDelete + "\"" + ctrlE + backspace + "\"")
		x.do("", `"a b d"`)
	}},
	{"kill and yank", setting{}, func(x *vterm) {
		x.keys("'left' + 'right'" + ctrlA + ctrlK)
		x.at("nlsh>", 6)
		x.keys(ctrlY)
		x.do("", `"leftright"`)
		x.keys("junk" + ctrlU)
		x.do("1 + 1", "\n2\n")
		x.keys("'one' two" + ctrlW)
		x.at("nlsh> 'one'", 12)
	}},
	{"clear", setting{}, func(x *vterm) {
		x.do("'seen' + '!'", `"seen!"`)
		x.keys("12" + ctrlL)
		x.wait("a screen with nothing else", func(screen, row string, col int) bool { return screen == "nlsh> 12" && col == 8 })
	}},
	{"vi", setting{env: []string{"NLSH_VI=1"}}, func(x *vterm) {
		x.keys("'bc'\x1b0x")
		x.at("nlsh> bc'", 6)
		x.keys("i'a\x1b")
		x.keys("A + '!'")
		x.do("", `"abc!"`)
	}},

	// What a terminal can send.
	{"paste", setting{}, func(x *vterm) {
		x.keys(pasted("def f():\n\n    a = 1\n\n    return a + 1\n") + enter)
		x.do("f() * 10", "\n20\n")
	}},
	{"paste of several statements", setting{}, func(x *vterm) {
		x.keys(pasted("a = 1\nb = 2\n") + enter)
		x.do("a + b", "\n3\n")
	}},
	{"paste of 500 lines", setting{}, func(x *vterm) {
		x.keys("n = len(" + pasted("[\n"+strings.Repeat("    '01234567890123456789',\n", 500)+"]") + ")" + enter)
		x.prompt()
		x.keys(ctrlL)
		x.do("n", "\n500\n")
	}},
	{"paste with tabs and controls", setting{}, func(x *vterm) {
		x.keys(pasted("if True:\n\tz = 'a\x01b\x1b'\n") + enter)
		x.do("len(z)", "\n2\n")
	}},
	{"NUL and Ctrl-Z", setting{}, func(x *vterm) { x.keys("4" + "\x00" + ctrlZ + "2"); x.do("", "\n42\n") }},
	{"unknown keys", setting{}, func(x *vterm) { x.keys("\x1b[24~\x1b[5~\x1bOP"); x.keys(ctrlU); x.do("5 * 5", "\n25\n") }},

	// Interruption.
	{"Ctrl-C while typing", setting{}, func(x *vterm) { x.keys("no such" + ctrlC); x.prompt(); x.do("5 * 5", "\n25\n") }},
	{"Ctrl-C between lines", setting{}, func(x *vterm) {
		x.keys("def f():" + enter)
		x.at("  ...", 6)
		x.keys(ctrlC)
		x.prompt()
		x.do("5 * 5", "\n25\n")
	}},
	{"Ctrl-C in a loop", setting{}, func(x *vterm) { x.interrupted("while True: pass") }},
	{"Ctrl-C while it waits", setting{}, func(x *vterm) { x.interrupted("sleep('1h')") }},
	{"Ctrl-C in a dump", setting{}, func(x *vterm) {
		x.do("rt = nl.open('route')", "route")
		x.interrupted("while True: rt.getlink.dump().count()")
		x.do("rt.getlink(ifname = 'lo').ifname", `"lo"`)
	}},
	{"Ctrl-C while events are awaited", setting{}, func(x *vterm) {
		x.do("ev = nl.open('route', groups = ['link'])", "link")
		x.interrupted("ev.recv()")
		x.do("len(ev.drain())", "\n0\n")
	}},
	{"Ctrl-C in a program", setting{}, func(x *vterm) { x.interrupted("exec(['sleep', '3600'])") }},
	{"Ctrl-C is no error to catch", setting{}, func(x *vterm) { x.interrupted("try_(sleep, '1h')") }},
	{"Ctrl-C in a task", setting{}, func(x *vterm) { x.interrupted("spawn(sleep, '1h').join()") }},
	{"Ctrl-C right behind a line", setting{}, func(x *vterm) {
		x.keys("sleep('1h')" + enter + ctrlC) // in one go: the editor has read it
		x.see("interrupted")
		x.prompt()
	}},
	{"Ctrl-C right behind the beginning", setting{}, func(x *vterm) {
		x.keys("def f():" + enter + ctrlC)
		x.prompt()
		x.do("5 * 5", "\n25\n")
	}},
	{"typed ahead", setting{}, func(x *vterm) {
		x.keys("sleep('50ms')" + enter + "5 * 5" + enter + "6 * 7" + enter)
		x.see("\n25\n")
		x.see("\n42\n")
		x.prompt()
	}},
	{"Ctrl-C during completion", setting{}, func(x *vterm) { x.keys("netns." + tab + ctrlC); x.prompt(); x.do("5 * 5", "\n25\n") }},
	{"Ctrl-D", setting{}, func(x *vterm) { x.end(ctrlD, 0) }},
	{"Ctrl-D in a line", setting{}, func(x *vterm) {
		x.keys("ab" + ctrlA + ctrlD)
		x.at("nlsh> b", 6)
		x.keys(ctrlC)
		x.prompt()
		x.end(ctrlD, 0)
	}},
	{"Ctrl-D between lines", setting{}, func(x *vterm) {
		x.keys("[1," + enter)
		x.at("  ...", 6)
		x.keys(ctrlD)
		x.see("nlsh:")
		x.prompt()
		x.end(ctrlD, 0)
	}},

	// Completion.
	{"names", setting{}, func(x *vterm) { x.keys("netn" + tab); x.at("nlsh> netns", 11) }},
	{"members", setting{}, func(x *vterm) { x.keys("netns.lis" + tab); x.at("nlsh> netns.list(", 17) }},
	{"several names", setting{}, func(x *vterm) { x.keys("netns." + tab); x.see("enter  host   list   new    open\nnlsh> netns.") }},
	{"variables", setting{}, func(x *vterm) { x.do("wanted_value = 3", "= 3"); x.keys("wanted" + tab); x.do("", "\n3\n") }},
	{"own members", setting{}, func(x *vterm) {
		x.do("rt = nl.open('route')", "route")
		x.keys("rt.getlink.du" + tab)
		x.at("nlsh> rt.getlink.dump(", 22)
	}},
	{"keywords", setting{}, func(x *vterm) {
		x.do("rt = nl.open('route')", "route")
		x.keys("rt.getlink(ifna" + tab)
		x.see("nlsh> rt.getlink(ifname")
	}},
	{"nothing to complete", setting{}, func(x *vterm) { x.keys("nosuchname" + tab + tab); x.keys(ctrlU); x.do("5 * 5", "\n25\n") }},

	// History.
	{"up", setting{}, func(x *vterm) {
		x.do("40 + 1", "\n41\n")
		x.do("40 + 2", "\n42\n")
		x.keys(keyUp)
		x.at("nlsh> 40 + 2", 12)
		x.keys(keyUp)
		x.at("nlsh> 40 + 1", 12)
		x.keys(keyDown)
		x.at("nlsh> 40 + 2", 12)
	}},
	{"search", setting{}, func(x *vterm) {
		x.do("'needle' + '1'", `"needle1"`)
		x.do("40 + 2", "\n42\n")
		x.keys(ctrlR + "need")
		x.see("'needle' + '1'")
		x.keys(enter)
		x.wait("a second result", func(screen, _ string, _ int) bool { return strings.Count(screen, `"needle1"`) == 2 })
	}},
	{"search given up", setting{}, func(x *vterm) {
		x.do("40 + 2", "\n42\n")
		x.keys(ctrlR + "40" + ctrlG)
		x.keys(ctrlU)
		x.do("5 * 5", "\n25\n")
	}},
	{"history that is none", setting{files: map[string]string{".local/state/nlsh/history": "1 +\t\x1b[2J\x0b41\n\"40 +\\x1b[3J 3\\x00\"\n\xff\xfe\n"}}, func(x *vterm) {
		x.keys(keyUp + keyUp)
		x.at("nlsh> 40 +[3J 3", 15)
		x.keys(keyUp)
		x.at("nlsh> 1 + [2J41", 15)
	}},
	{"a breakpoint behind a string of several lines", setting{}, func(x *vterm) {
		x.keys("x = \"\"\"" + enter + "\"\"\"; breakpoint()" + enter)
		x.at("debug>", 7)
		x.keys("nl.op" + tab)
		x.at("debug> nl.open(", 15)
		x.keys(ctrlU + ctrlD)
		x.prompt()
	}},
	{"a prompt that fills rows", setting{}, func(x *vterm) {
		x.size(6, 12)
		x.keys("1+1" + keyLeft + keyLeft + "2" + enter)
		x.see("\n13\n")
		x.keys(ctrlR + "2" + ctrlG + ctrlU + "5*5" + enter)
		x.see("\n25\n")
		x.size(80, 24)
		x.do("'a' + 'b'", `"ab"`)
	}},
	{"history of another day", setting{files: map[string]string{".local/state/nlsh/history": "6 * 7\n\"def f():\\n    return 99\"\n"}}, func(x *vterm) {
		x.keys(keyUp + enter)
		x.prompt()
		x.do("f()", "\n99\n")
		x.keys(keyUp + keyUp + keyUp)
		x.at("nlsh> 6 * 7", 11)
	}},

	// Sizes.
	{"long line", setting{cols: 40, rows: 10}, func(x *vterm) {
		x.keys("'" + strings.Repeat("abcdefghi-", 8) + "'")
		x.wait("the end of the line", func(_, row string, _ int) bool { return strings.HasSuffix(row, "-'") })
		x.keys(ctrlA + "len(" + ctrlE + ")")
		x.do("", "\n80\n")
	}},
	{"20 columns", setting{cols: 20, rows: 10}, func(x *vterm) { x.do("'x' * 30", "\""); x.do("1 + 1", "\n2\n") }},
	{"two columns", setting{cols: 9, rows: 5}, func(x *vterm) { x.do("7", "7"); x.end(ctrlD, 0) }},
	{"250 columns", setting{cols: 250, rows: 10}, func(x *vterm) { x.do("'x' * 200", strings.Repeat("x", 200)) }},
	{"resized", setting{}, func(x *vterm) {
		x.keys("'" + strings.Repeat("y", 50) + "'")
		x.resize(30, 24)
		x.keys(ctrlA + "len(" + ctrlE + ")")
		x.do("", "\n50\n")
	}},
	{"CJK", setting{}, func(x *vterm) {
		x.keys("'日本語'")
		x.at("nlsh> '日本語'", 14)
		x.keys(keyLeft + keyLeft + "X")
		x.at("nlsh> '日本X語'", 12)
		x.do("", `"日本X語"`)
	}},
	{"CJK at the edge", setting{cols: 20, rows: 10}, func(x *vterm) {
		x.keys("len('" + strings.Repeat("語", 12) + "')")
		x.do("", "\n36\n")
	}},
	{"emoji", setting{}, func(x *vterm) { x.keys("'a😀b'" + keyLeft + keyLeft + backspace); x.do("", `"ab"`) }},

	// Output while a line is edited, and settings.
	{"init", setting{files: map[string]string{".config/nlsh/init.star": "def double(x): return 2 * x\nprint('init was here')\n"}}, func(x *vterm) {
		x.see("init was here")
		x.do("double(21)", "\n42\n")
	}},
	{"no init", setting{args: []string{"--no-init"}, files: map[string]string{".config/nlsh/init.star": "print('init was here')\n"}}, func(x *vterm) {
		x.do("'init was here' in ''", "\nFalse\n")
		if strings.Contains(x.shown(), "\ninit was here") {
			x.t.Error("init.star was run")
		}
	}},
	{"broken init", setting{files: map[string]string{".config/nlsh/init.star": "1 // 0\n"}}, func(x *vterm) { x.see("division by zero"); x.do("5 * 5", "\n25\n") }},
	{"commands", setting{cols: 120, rows: 40}, func(x *vterm) {
		x.keys(":help" + enter)
		x.see(":quit")
		x.see(":save")
		x.do(":nosuch", "want one of")
	}},
	{"own command", setting{}, func(x *vterm) {
		x.keys("def command_hello(who): print('hello ' + who)" + enter + enter)
		x.do(":hello world", "\nhello world\n")
	}},
	{"time", setting{}, func(x *vterm) { x.do(":time 6 * 7", "\n42\n"); x.see("s\n") }},
	{"who", setting{}, func(x *vterm) { x.do("mine = 3", "= 3"); x.do(":who", "mine             int") }},
	{"question", setting{}, func(x *vterm) { x.do("netns.new?", "namespace") }},
	{"save and load", setting{}, func(x *vterm) {
		x.do("kept = 'as it was'", "it was'")
		x.do("1 // 0", "division")
		x.do(":save f.star", "f.star")
		if text, err := os.ReadFile(filepath.Join(x.home, "f.star")); err != nil || string(text) != "kept = 'as it was'\n" {
			x.t.Errorf("saved %q, %v", text, err)
		}
		x.do("kept = 'another'", "another'")
		x.do(":load f.star", "f.star")
		x.do("kept + '!'", `"as it was!"`)
	}},
	{"terminated while typing", setting{}, func(x *vterm) {
		x.keys("abc")
		x.at("nlsh> abc", 9)
		if err := x.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			x.t.Error(err)
		}
		x.end("", 143)
	}},
	{"crash while typing", setting{}, func(x *vterm) {
		x.keys("abc")
		x.at("nlsh> abc", 9)
		if err := x.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
			x.t.Error(err)
		}
		x.end("", 2)
	}},
	{"crash while it runs", setting{}, func(x *vterm) {
		x.keys("[print('run' + 'ning'), sleep('1h')]" + enter)
		x.line("running")
		x.end("\x1c", 2) // Ctrl-\, of which the terminal makes SIGQUIT
	}},
	{"hung up", setting{}, func(x *vterm) {
		x.do("on_exit(lambda: write_file('closed', 'yes'))", "on_exit")
		if err := x.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			x.t.Error(err)
		}
		x.end("", 129)
		if text, err := os.ReadFile(filepath.Join(x.home, "closed")); err != nil || string(text) != "yes" {
			x.t.Errorf("got %q, %v", text, err)
		}
	}},
	{"Ctrl-C in a comprehension", setting{}, func(x *vterm) { x.interrupted("[x for x in range(1 << 40)]") }},
}

// interrupted runs a statement, presses Ctrl-C while it runs, and goes on.
func (x *vterm) interrupted(statement string) {
	x.t.Helper()
	x.keys("def endless():" + enter + "  print('run' + 'ning')" + enter + "  " + statement + enter + enter)
	x.prompt()
	x.keys("endless()" + enter)
	x.line("running")
	x.keys(ctrlC)
	x.see("interrupted")
	x.prompt()
	x.do("5 * 5", "\n25\n")
}

func TestSessions(t *testing.T) {
	for _, s := range sessions {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.play(start(t, s.where))
		})
	}
	if len(sessions) < 60 {
		t.Errorf("got %d sessions, want at least 60", len(sessions))
	}
}

// Two sessions at once keep the history of both.
func TestTwoSessions(t *testing.T) {
	home := t.TempDir()
	a, b := start(t, setting{home: home}), start(t, setting{home: home})
	a.do("40 + 1", "\n41\n")
	b.do("40 + 2", "\n42\n")
	a.do("40 + 3", "\n43\n")
	b.end(ctrlD, 0)
	a.end(ctrlD, 0)
	file := filepath.Join(home, ".local/state/nlsh/history")
	text, err := os.ReadFile(file)
	if err != nil || string(text) != "40 + 1\n40 + 2\n40 + 3\n" {
		t.Errorf("got %q, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file that nobody else may read", info, err)
	}
}
