package stdlib

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/builtins"
	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/session"
	"github.com/nlsh/nlsh/specs"
	"github.com/nlsh/nlsh/stdlib"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

// prepare makes a namespace quiet, so that the kernel adds no IPv6 addresses
// when it likes to, and runs a setup in it.
func prepare(t *testing.T, ns *netns.Handle, setup string) {
	t.Helper()
	if err := within(ns, netns.Quiet); err != nil {
		t.Fatal(err)
	}
	if said, err := shell(ns, "ip link set lo up\n"+setup); err != nil {
		t.Fatalf("setup: %v: %s", err, said)
	}
}

// needTools skips without iproute2.
func needTools(t *testing.T) {
	t.Helper()
	netnstest.Require(t)
	for _, tool := range []string{"ip", "bridge"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s of iproute2 to compare with", tool)
		}
	}
}

// within calls fn in a namespace, or in that of the test if it is nil, on a thread that is thrown away.
func within(ns *netns.Handle, fn func() error) (err error) {
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer close(ended)
		if ns != nil {
			err = netns.Enter(ns)
		}
		if err == nil {
			err = fn()
		}
	}()
	<-ended
	return err
}

// shell runs commands of ip and bridge in a namespace until one fails, and
// returns what they say. Starting a program costs more than what it does here,
// so those of one program that follow one another are one batch of it.
func shell(ns *netns.Handle, commands string) (said string, err error) {
	err = within(ns, func() error {
		for _, b := range batches(commands) {
			cmd := exec.Command(b.program[0], append(b.program[1:], "-batch", "-")...)
			cmd.Env = []string{"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"}
			cmd.Stdin = strings.NewReader(b.lines)
			out, err := cmd.CombinedOutput()
			if b.try {
				continue
			}
			said += string(out)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return said, err
}

// batch is a program with its flags, and what to do.
type batch struct {
	program []string
	lines   string
	try     bool // it may fail, and nobody hears of it
}

// batches puts commands together; they stand in lines or have semicolons
// between. A command behind the word try may fail.
func batches(commands string) []batch {
	var list []batch
	for _, command := range strings.FieldsFunc(commands, func(r rune) bool { return r == '\n' || r == ';' }) {
		words := strings.Fields(command)
		if len(words) == 0 {
			continue
		}
		try := words[0] == "try"
		if try {
			words = words[1:]
		}
		n := 1
		for n < len(words) && strings.HasPrefix(words[n], "-") {
			n++
			if words[n-1] == "-n" { // with the name of a namespace
				n++
			}
		}
		if last := len(list) - 1; last < 0 || try || list[last].try || !slices.Equal(list[last].program, words[:n]) {
			list = append(list, batch{program: words[:n], try: try})
		}
		list[len(list)-1].lines += strings.Join(words[n:], " ") + "\n"
	}
	return list
}

func TestBatches(t *testing.T) {
	got := fmt.Sprint(batches("\nip link add a type veth; ip link set a up\nip -6 -n b route add default dev a\nbridge link;ip  link\ntry ip rule\nip rule"))
	want := "[{[ip] link add a type veth\nlink set a up\n false} {[ip -6 -n b] route add default dev a\n false} {[bridge] link\n false} " +
		"{[ip] link\n false} {[ip] rule\n true} {[ip] rule\n false}]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// script runs Starlark in a namespace, with ip loaded, and bridge if it is used.
func script(ctx context.Context, ns *netns.Handle, src string) (printed string, err error) {
	loads := `load("@std//ip.star", "ip")` + "\n"
	if strings.Contains(src, "bridge.") {
		loads += `load("@std//bridge.star", "bridge")` + "\n"
	}
	return program(ctx, ns, loads+src)
}

// programs keeps stdlib compiled: every row loads it.
var programs host.Programs

// program runs a script in a namespace.
func program(ctx context.Context, ns *netns.Handle, src string, args ...string) (printed string, err error) {
	err = within(ns, func() error {
		reg := session.NewRegistry(specs.All(), specs.Errata())
		var out strings.Builder
		h := host.New(host.Options{Args: args, Globals: builtins.Globals(builtins.Config{Registry: reg}), Stdout: &out, Stderr: &out, Std: stdlib.FS(), Programs: &programs})
		source, err := host.NewSource("row.star", "", []byte(src))
		if err != nil {
			return err
		}
		owner := host.NewOwner("test", nil)
		err = h.Run(host.Job{Context: ctx, Owner: owner}, func(th *starlark.Thread) error {
			_, err := h.Exec(th, source)
			return err
		})
		err = errors.Join(err, owner.Close(), h.Flush())
		printed = out.String()
		return err
	})
	return printed, err
}
