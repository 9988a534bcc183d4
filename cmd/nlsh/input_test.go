package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
)

// What is wrong with the command line, or with a file it names, is said before
// anything runs; what is wrong with a script's input says where in the script.
// Errors of scripts with a kernel behind them are in tests/golden.
func TestBadInput(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"latin.star":      "print(1)\nprint(\"\xe9\")\n",
		"tour.star":       "print(1)",
		"syntax.star":     "print(1)\nif x\n",
		"undefined.star":  "print(1)\nprint(lnk)\n",
		"bad/faulty.yaml": "name: faulty\nprotocol: genetlink\nattribute-sets: 3\n",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string // standard error begins so
	}{
		{"no such script, but one with a suffix", []string{"tour"}, 2, "nlsh: open tour: no such file or directory (did you mean \"tour.star\"?)\n"},
		{"not UTF-8", []string{"latin.star"}, 1, "nlsh: latin.star:2:8: "},
		{"code is not UTF-8", []string{"-c", "\xff"}, 1, "nlsh: <-c>:1:1: "},
		{"syntax", []string{"syntax.star"}, 1, "nlsh: syntax.star:3:1: got newline, want ':'"},
		{"undefined name", []string{"undefined.star"}, 1, "nlsh: undefined.star:2:7: undefined: lnk"},
		{"no folder of specs", []string{"--specs", "none", "-c", "1"}, 1, "nlsh: --specs: stat none: no such file or directory\n"},
		{"faulty spec", []string{"--specs", "bad/faulty.yaml", "-c", "1"}, 1, "nlsh: --specs: bad/faulty.yaml:3: "},
		{"folder with a faulty spec", []string{"--specs", "bad", "-c", "nl.open(\"faulty\")"}, 1, "nlsh: <-c>:1:8: at top level\n  nl.open: bad/faulty.yaml:3: "},
		{"unknown family", []string{"-c", "nl.open(\"rout\")"}, 1, "nlsh: <-c>:1:8: at top level\n  nl.open: got unknown family \"rout\", want one of "},
		{"wrong type", []string{"-c", "nl.open(3)"}, 1, "nlsh: <-c>:1:8: at top level\n  nl.open: for parameter name: got int, want string\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := nlsh(t, "", tt.args...)
			if got.code != tt.code || !strings.HasPrefix(got.errOut, tt.want) || got.out != "" {
				t.Errorf("got %+v\nwant %d, %s", got, tt.code, tt.want)
			}
		})
	}
	t.Setenv(specsVariable, "none")
	if got := nlsh(t, "", "-c", "1"); got.code != 1 || got.errOut != "nlsh: NLSH_SPECS: stat none: no such file or directory\n" {
		t.Errorf("got %+v", got)
	}
	t.Setenv(specsVariable, "bad:.")
	if got := nlsh(t, "", "-c", "\"faulty\" in nl.families()"); got.code != 0 || got.out != "True\n" {
		t.Errorf("got %+v", got)
	}
}

// asRefused makes the test binary an nlsh on a machine that refuses namespaces.
const asRefused = "NLSH_TEST_REFUSE"

// refuseNamespaces is for a process in a user namespace of its own, where the
// limit is its own too. The main thread loses the privilege to do without one.
func refuseNamespaces() {
	err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err = errors.Join(err, unix.Capget(&header, &data[0]))
	for _, set := range []*uint32{&data[0].Effective, &data[0].Permitted, &data[0].Inheritable} {
		*set &^= 1 << unix.CAP_SYS_ADMIN
	}
	if err = errors.Join(err, unix.Capset(&header, &data[0])); err != nil {
		fmt.Fprintln(os.Stderr, "refuse:", err)
		os.Exit(99)
	}
}

// Where user namespaces are refused, nlsh says which setting it is, and what to
// do; without --rootless it goes on as ever.
func TestRefused(t *testing.T) {
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	refused := func(args ...string) result {
		cmd := command(t, args...)
		var out, errOut strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errOut
		cmd.Env = append(cmd.Env, asRefused+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  unix.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		}
		return result{exitCode(t, cmd.Run()), out.String(), errOut.String()}
	}
	got := refused("--rootless", "-c", "print(1)")
	want := result{1, "", "nlsh: rootless: kernel says ENOSPC: got user.max_user_namespaces = 0, want 15000" +
		" (run: sudo sysctl -w user.max_user_namespaces=15000, or run it under sudo)\n"}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := refused("-c", "print(nl.open(\"route\").name)"); got != (result{0, "route\n", ""}) {
		t.Errorf("without --rootless: got %+v", got)
	}
}
