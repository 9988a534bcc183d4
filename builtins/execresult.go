package builtins

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"
)

// execResult is what a program has left behind.
type execResult struct {
	argv           []string
	status         int
	signal         string // that ended it; "" if it ended by itself
	stdout, stderr starlark.Value
}

var _ starlark.HasAttrs = (*execResult)(nil)

// bySignal is what a shell adds to the number of the signal that has ended a program.
const bySignal = 128

func (c *execCall) result(state *os.ProcessState, out, errOut *pipe) (*execResult, error) {
	r := &execResult{argv: c.argv, status: state.ExitCode()}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.status, r.signal = bySignal+int(ws.Signal()), unix.SignalName(ws.Signal())
	}
	for _, p := range []struct {
		name string
		from *pipe
		to   *starlark.Value
	}{{"stdout", out, &r.stdout}, {"stderr", errOut, &r.stderr}} {
		if len(p.from.data) > mostBytes {
			return nil, fmt.Errorf("%s: got more than %d bytes, want at most that many", p.name, mostBytes)
		}
		v, err := textOrBytes(p.from.data, c.binary)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		*p.to = v
	}
	return r, nil
}

func (r *execResult) Type() string          { return "result" }
func (r *execResult) Freeze()               {}
func (r *execResult) Truth() starlark.Bool  { return r.status == 0 }
func (r *execResult) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: result") }

func (r *execResult) String() string {
	return fmt.Sprintf("result(argv = %s, status = %d, stdout = %s, stderr = %s)", r.args(), r.status, r.stdout, r.stderr)
}

func (r *execResult) args() *starlark.List {
	var elems []starlark.Value
	for _, a := range r.argv {
		elems = append(elems, starlark.String(a))
	}
	return starlark.NewList(elems)
}

// Attr finds a part of the result.
func (r *execResult) Attr(name string) (starlark.Value, error) {
	switch name {
	case "argv":
		return r.args(), nil
	case "status":
		return starlark.MakeInt(r.status), nil
	case "signal":
		return orNone(r.signal), nil
	case "stdout":
		return r.stdout, nil
	case "stderr":
		return r.stderr, nil
	}
	return nil, noAttr("result", name, r.AttrNames())
}

// AttrNames lists the parts.
func (r *execResult) AttrNames() []string {
	return []string{"argv", "signal", "status", "stderr", "stdout"}
}

// failure is the error of a status that was not expected.
func (r *execResult) failure(ok []int) error {
	e := &execError{got: fmt.Sprintf("exit status %d", r.status)}
	if r.signal != "" {
		e.got = r.signal
	}
	var want []string
	for _, n := range ok {
		want = append(want, fmt.Sprint(n))
	}
	e.want = strings.Join(want, " or ")
	text, _ := content(r.stderr)
	e.stderr = strings.Split(strings.TrimRight(text, "\n"), "\n")
	return e
}

// execError says how a program has failed.
type execError struct {
	got, want string
	stderr    []string
}

func (e *execError) Error() string {
	return fmt.Sprintf("got %s, want %s", e.got, e.want)
}

// Details shows the end of what the program wrote to standard error.
func (e *execError) Details() []string {
	const most = 5
	lines := e.stderr
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	if n := len(lines); n > most {
		lines = append([]string{fmt.Sprintf("(%d lines)", n-most)}, lines[n-most:]...)
	}
	var shown []string
	for _, line := range lines {
		shown = append(shown, "| "+line)
	}
	return shown
}
