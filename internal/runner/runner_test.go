package runner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/nlsh/nlsh/internal/host"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

func fn(f func(*starlark.Thread) error) *starlark.Builtin {
	return starlark.NewBuiltin("f", func(th *starlark.Thread, _ *starlark.Builtin, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, f(th)
	})
}

func testGlobals() starlark.StringDict {
	busy := func(err error) *starlark.Builtin {
		return fn(func(th *starlark.Thread) error {
			host.OwnerOf(th).Add("netns", syntax.Position{}, func() error { return err })
			return nil
		})
	}
	return starlark.StringDict{
		"busy":   busy(syscall.EBUSY),
		"broken": fn(func(*starlark.Thread) error { panic("a nil table") }),
		"pipe":   fn(func(*starlark.Thread) error { return syscall.EPIPE }),
	}
}

type result struct {
	code        int
	out, errOut string
}

func run(ctx context.Context, o Options, stdout io.Writer) result {
	var out, errOut bytes.Buffer
	if stdout == nil {
		stdout = &out
	}
	o.Host = host.New(host.Options{
		Globals: testGlobals(), Stdout: stdout, Stderr: &errOut, Args: []string{"x"},
		Show: func(v starlark.Value) string { return "=> " + v.String() },
	})
	code := Run(ctx, o)
	return result{code, out.String(), errOut.String()}
}

func TestRunExpr(t *testing.T) {
	tests := []struct {
		name, code string
		exit       int
		out, err   string // err: contained in what is written
	}{
		{"expression", "1 + 1", 0, "=> 2\n", ""},
		{"none", "print(1)", 0, "1\n", ""},
		{"empty", "", 0, "", ""},
		{"statements", "x = 1\nfor i in range(2): print(i)\nx", 0, "0\n1\n=> 1\n", ""},
		{"statement", "x = 1", 0, "", ""},
		{"fail", "print(1); fail('no')", 1, "1\n", "nlsh: <-c>:1:15: at top level\n  no\n"},
		{"syntax", "1 +", 1, "", "nlsh: <-c>:1:4: got end of file, want primary expression\n     1 | 1 +\n       |    ^\n"},
		{"not UTF-8", "'\xff'", 1, "", "nlsh: <-c>:1:2: not UTF-8: byte 0xff at offset 1\n"},
		{"exit", "print(1); exit(7)", 7, "1\n", ""},
		{"exit, cannot close", "busy(); exit()", 1, "", "nlsh: closing netns: device or resource busy\n"},
		{"exit with a status, cannot close", "busy(); exit(7)", 7, "", "nlsh: closing netns: device or resource busy\n"},
		{"cannot close", "busy()", 1, "", "nlsh: closing netns: device or resource busy\n"},
		{"fail, cannot close", "busy(); fail('no')", 1, "", "closing netns"},
		{"defect", "broken()", 70, "", "nlsh: internal error: a nil table (this is a defect of nlsh)\ngoroutine "},
		{"an EPIPE that is not of the output", "pipe()", 1, "", "broken pipe"},
		{"recursion", "def f(): f()\nf()", 1, "", "stack overflow"},
		{"100 kB", "[" + strings.Repeat("1, ", 33_000) + "][0]", 0, "=> 1\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := run(context.Background(), Options{Expr: &tt.code}, nil)
			if got.code != tt.exit || got.out != tt.out || !strings.Contains(got.errOut, tt.err) || tt.err == "" && got.errOut != "" {
				t.Errorf("got %+v, want %+v", got, tt)
			}
		})
	}
}

func TestRunFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"ok.star": "#!/usr/bin/env nlsh\nprint(args)\n1 + 1\n", "empty.star": "", "bom.star": "\xEF\xBB\xBFprint(2)",
		"bad.star": "x = '\xff'", "secret.star": "", "big.star": strings.Repeat("x = 1\n", 100_000) + "fail(\"end\")",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod("secret.star", 0); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		file string
		want result
	}{
		{"ok.star", result{0, "[\"x\"]\n", ""}},
		{"empty.star", result{}},
		{"bom.star", result{0, "2\n", ""}},
		{"big.star", result{1, "", "nlsh: big.star:100001:5: at top level\n  end\n100001 | fail(\"end\")\n       |     ^\n"}},
		{"bad.star", result{1, "", "nlsh: bad.star:1:6: not UTF-8: byte 0xff at offset 5\n     1 | x = '?'\n       |      ^\n"}},
		{"nofile.star", result{2, "", "nlsh: open nofile.star: no such file or directory\n"}},
		{"ok", result{2, "", "nlsh: open ok: no such file or directory (did you mean \"ok.star\"?)\n"}},
		{".", result{2, "", "nlsh: open .: is a directory, want a file\n"}},
		{"ok.star/x", result{2, "", "nlsh: open ok.star/x: not a directory\n"}},
		{"-", result{0, "3\n", ""}},
	}
	if os.Geteuid() != 0 { // root may read everything
		tests = append(tests, struct {
			file string
			want result
		}{"secret.star", result{2, "", "nlsh: open secret.star: permission denied\n"}})
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			got := run(context.Background(), Options{File: tt.file, Stdin: strings.NewReader("print(3)")}, nil)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestStdinFails(t *testing.T) {
	got := run(context.Background(), Options{File: "-", Stdin: iotest.ErrReader(errors.New("input/output error"))}, nil)
	if want := (result{2, "", "nlsh: open <stdin>: input/output error\n"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// within fails the test when the run hangs.
func within(t *testing.T, run func() result) result {
	t.Helper()
	done := make(chan result, 1)
	go func() { done <- run() }()
	select {
	case got := <-done:
		return got
	case <-time.After(30 * time.Second):
		t.Fatal("still running")
		panic("unreachable")
	}
}

func TestSignals(t *testing.T) {
	for _, tt := range []struct {
		cause error
		code  int
		text  string
	}{
		{nil, 130, "interrupted\n"},
		{Signal(syscall.SIGINT), 130, "interrupted\n"},
		{Signal(syscall.SIGTERM), 143, "interrupted by SIGTERM\n"},
		{Signal(syscall.SIGHUP), 129, "interrupted by SIGHUP\n"},
		{context.DeadlineExceeded, 130, "interrupted: out of time\n"},
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(tt.cause)
		code := "while True: pass"
		never, feeder := io.Pipe() // a terminal at which nobody types
		for name, o := range map[string]Options{"running": {Expr: &code}, "reading": {File: "-", Stdin: never}} {
			got := within(t, func() result { return run(ctx, o, nil) })
			if got.code != tt.code || !strings.Contains(got.errOut, tt.text) {
				t.Errorf("%v, %s: got %+v", tt.cause, name, got)
			}
		}
		feeder.Close()
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestOutputGone(t *testing.T) {
	for _, code := range []string{"print(1)", "while True: print(1)", "1"} {
		got := within(t, func() result {
			return run(context.Background(), Options{Expr: &code}, failingWriter{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}})
		})
		if want := (result{141, "", ""}); got != want {
			t.Errorf("%s: got %+v, want %+v", code, got, want)
		}
		got = within(t, func() result {
			return run(context.Background(), Options{Expr: &code}, failingWriter{syscall.ENOSPC})
		})
		if got.code != 1 || strings.Count(got.errOut, "standard output: no space left on device\n") != 1 {
			t.Errorf("%s: got %+v", code, got)
		}
	}
}
