package guest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/guest/guesttest"
)

// bzImage is a file that begins as kernels for PCs do, and is none.
func bzImage(t *testing.T, release string) (file string) {
	t.Helper()
	b := make([]byte, 4096)
	b[0x1f1] = 1 // sectors of set-up
	copy(b[0x1fe:], "\x55\xaa")
	copy(b[0x202:], "HdrS\x0d\x02")
	b[0x20e], b[0x20f] = 0x00, 0x02     // and 0x200: where the version is
	b[0x211] = 1                        // to be loaded high
	copy(b[0x22c:], "\xff\xff\xff\x7f") // how far up the initial file system may be
	copy(b[0x400:], release+" (someone@somewhere) #1\x00")
	file = filepath.Join(t.TempDir(), "vmlinuz")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestQEMUFile(t *testing.T) {
	file := bzImage(t, "9.9.9-x")
	if got, err := imageRelease(file); err != nil || got != "9.9.9-x" {
		t.Errorf("got %q, %v, want 9.9.9-x", got, err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"/nosuch": "kernel: stat /nosuch: no such file or directory", t.TempDir(): ", want a file", empty: "empty: want a bzImage: ",
		"/proc/self/exe": "/exe: want a bzImage: ", bzImage(t, ""): "want a bzImage that says which release it is", bzImage(t, "../x"): "want a bzImage that says",
	} {
		if _, err := QEMU(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	t.Setenv("PATH", "/nosuch")
	if _, err := QEMU(file); err == nil || err.Error() != "kernel: there is no qemu-system-x86_64 (install qemu-system-x86)" {
		t.Errorf("without QEMU: got %v", err)
	}
}

// The modules are found beside the file, and beside its folder. QEMU need not be there for that.
func TestQEMUModules(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "bin"), 0o755), os.WriteFile(filepath.Join(dir, "bin", qemuProgram), nil, 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(dir, "bin"))
	from := bzImage(t, "9.9")
	mustModule(t, filepath.Join(dir, "lib/modules/9.9/kernel/net/a.ko"), "depends=\x00")
	mustModule(t, filepath.Join(dir, "alone/lib/modules/9.9/kernel/net/b.ko"), "depends=\x00")
	for at, want := range map[string]string{"boot": "a", "alone": "b", "deep/below": ""} {
		to := filepath.Join(dir, at, "vmlinuz-9.9")
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Link(from, to)); err != nil {
			t.Fatal(err)
		}
		k, err := QEMU(to)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if k.modules != nil {
			for name := range k.modules.files {
				got += name
			}
		}
		if got != want {
			t.Errorf("%s: got modules %q, want %q", at, got, want)
		}
		if args := k.qemuArgs(); !slices.Contains(args, to) || !k.emulated && !slices.Contains(args, "kvm") {
			t.Errorf("got arguments %q", args)
		}
	}
}

// A machine that cannot be started leaves nothing open.
func TestQEMUNotStarted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, qemuProgram), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	fail := func() {
		if _, err := (Kernel{qemu: true, File: "x"}).Run(t.Context(), Command{Args: []string{"x"}}); !errors.Is(err, unix.ENOEXEC) {
			t.Fatalf("got %v, want %v", err, unix.ENOEXEC)
		}
	}
	fail() // what Go keeps open itself is now there
	before := open()
	fail()
	if after := open(); after != before {
		t.Errorf("%d files are open, and were %d", after, before)
	}
}

// pc is a kernel that a PC boots.
func pc(t *testing.T) Kernel {
	t.Helper()
	k, err := QEMU(guesttest.PC(t))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// startPC is start, for machines that take longer.
func startPC(t *testing.T, k Kernel, what string, c Command) (exit int, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c.Args = []string{"guest", "in-guest", what}
	return k.Run(ctx, c)
}

func TestQEMU(t *testing.T) {
	k := pc(t)
	t.Run("release", func(t *testing.T) {
		var out bytes.Buffer
		exit, err := startPC(t, k, "release", Command{Stdout: &out})
		if err != nil || exit != 0 || out.String() != k.release+"\n" {
			t.Errorf("got exit %d, %v, release %q, want %s", exit, err, out.String(), k.release)
		}
	})
	t.Run("fail", func(t *testing.T) {
		var errs bytes.Buffer
		exit, err := startPC(t, k, "fail", Command{Stderr: &errs})
		if err != nil || exit != 3 || errs.String() != "no\n" {
			t.Errorf("got exit %d, %v, %q, want 3 and no", exit, err, errs.String())
		}
	})
	t.Run("bytes", func(t *testing.T) {
		sent := make([]byte, 1<<17)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range sent {
			sent[i] = byte(r.Uint32())
		}
		var out bytes.Buffer
		exit, err := startPC(t, k, "cat", Command{Stdin: bytes.NewReader(sent), Stdout: &out})
		if err != nil || exit != 0 || !bytes.Equal(out.Bytes(), sent) {
			t.Errorf("exit %d, %v: %d bytes came back of %d, or they differ", exit, err, out.Len(), len(sent))
		}
	})
	t.Run("module", func(t *testing.T) {
		if k.modules == nil {
			t.Skip("a kernel without modules: ", k.File)
		}
		var out bytes.Buffer
		if exit, err := startPC(t, k, "module", Command{Stdout: &out}); err != nil || exit != 0 || out.String() != "true <nil>" {
			t.Errorf("got exit %d, %v, %q, want a socket of vsock", exit, err, out.String())
		}
	})
}

// The guest has copies of files and programs of the host, and cannot write to what they were copied from.
func TestQEMUFiles(t *testing.T) {
	k := pc(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "in", "file")
	if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o755), os.WriteFile(file, []byte("text "), 0o644)); err != nil {
		t.Fatal(err)
	}
	env := []string{"FILE=" + file, "PATH=" + os.Getenv("PATH")}
	var out bytes.Buffer
	exit, err := startPC(t, k, "file", Command{Stdout: &out, Dir: dir, Env: env, Files: []string{dir}, Programs: []string{"sh"}})
	if want := "text " + dir + " program\n<nil>"; err != nil || exit != 0 || out.String() != want {
		t.Errorf("got exit %d, %v, %q, want %q", exit, err, out.String(), want)
	}
	exit, err = startPC(t, k, "write", Command{Env: env, Files: []string{dir}})
	if info, statErr := os.Stat(file); err != nil || exit != 0 || statErr != nil || info.Size() != int64(len("text ")) {
		t.Errorf("got exit %d, %v, file %v, %v, want one that is as it was", exit, err, info, statErr)
	}
}

func TestQEMUEnds(t *testing.T) {
	k := pc(t)
	t.Run("panic", func(t *testing.T) {
		var bad *BootError
		_, err := startPC(t, k, "panic", Command{})
		if !errors.As(err, &bad) || !strings.Contains(bad.Log, "Kernel panic") {
			t.Errorf("got %v, want a BootError with the last words of the kernel", err)
		}
	})
	t.Run("cancel", func(t *testing.T) { cancelled(t, k) })
	t.Run("killed", func(t *testing.T) { killed(t, k) })
}

// What is no kernel may run for ever.
func TestQEMUHangs(t *testing.T) {
	guesttest.Require(t)
	if _, err := exec.LookPath(qemuProgram); err != nil {
		t.Skipf("no QEMU (package qemu-system-x86): %v", err)
	}
	k, err := QEMU(bzImage(t, "9.9"))
	if err != nil {
		t.Fatal(err)
	}
	k.limit = time.Second
	var bad *BootError
	if _, err := startPC(t, k, "release", Command{}); !errors.As(err, &bad) || bad.Why != "it did not come up within 1s" {
		t.Errorf("got %v, want a BootError that tells that it did not come up", err)
	}
}
