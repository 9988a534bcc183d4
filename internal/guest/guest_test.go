package guest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/guest/guesttest"
)

// kernels are those that are there.
func kernels(t *testing.T) map[string]Kernel {
	t.Helper()
	guesttest.Require(t)
	found := map[string]Kernel{}
	for _, version := range []string{"6.12", "6.1"} {
		if k, err := Find(version, Folders()...); err == nil {
			found[version] = k
		}
	}
	if len(found) == 0 {
		t.Skip("no user-mode Linux kernels in ", Folders(), " (make kernels builds them)")
	}
	return found
}

// Each test has so long.
const limit = 20 * time.Second

func start(t *testing.T, k Kernel, what string, c Command) (exit int, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	c.Args = []string{"guest", "in-guest", what}
	return k.Run(ctx, c)
}

func TestRun(t *testing.T) {
	for version, k := range kernels(t) {
		t.Run(version, func(t *testing.T) {
			var out bytes.Buffer
			exit, err := start(t, k, "release", Command{Stdout: &out})
			if err != nil || exit != 0 || !strings.HasPrefix(out.String(), version+".") {
				t.Errorf("got exit %d, %v, release %q, want %s", exit, err, out.String(), version)
			}
			var errs bytes.Buffer
			exit, err = start(t, k, "fail", Command{Stderr: &errs})
			if err != nil || exit != 3 || errs.String() != "no\n" {
				t.Errorf("got exit %d, %v, %q, want 3 and no", exit, err, errs.String())
			}
		})
	}
}

// All bytes come through both ways, also many, also those that terminals have opinions on.
func TestBytes(t *testing.T) {
	sent := make([]byte, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range sent {
		sent[i] = byte(r.Uint32())
	}
	for version, k := range kernels(t) {
		t.Run(version, func(t *testing.T) {
			var out bytes.Buffer
			exit, err := start(t, k, "cat", Command{Stdin: bytes.NewReader(sent), Stdout: &out})
			if err != nil || exit != 0 {
				t.Fatalf("exit %d, %v", exit, err)
			}
			if !bytes.Equal(out.Bytes(), sent) {
				t.Errorf("%d bytes came back of %d, and they differ", out.Len(), len(sent))
			}
		})
	}
}

// What the command writes is on the host when Run returns.
func TestFiles(t *testing.T) {
	for version, k := range kernels(t) {
		t.Run(version, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "written")
			var errs bytes.Buffer
			exit, err := start(t, k, "write", Command{Stderr: &errs, Env: []string{"FILE=" + file}})
			if err != nil || exit != 0 {
				t.Fatalf("exit %d, %v, %s", exit, err, errs.String())
			}
			if info, err := os.Stat(file); err != nil || info.Size() != 1<<20 {
				t.Errorf("got %v, %v, want a MiB", info, err)
			}
		})
	}
}

// The end of the context ends the guest and all its processes.
func TestCancel(t *testing.T) {
	for version, k := range kernels(t) {
		t.Run(version, func(t *testing.T) { cancelled(t, k) })
	}
}

func cancelled(t *testing.T, k Kernel) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	r, w := io.Pipe()
	go func() {
		b := make([]byte, 5)
		_, _ = io.ReadFull(r, b)
		cancel(why)
		_, _ = io.Copy(io.Discard, r)
	}()
	_, err := k.Run(ctx, Command{Args: []string{"guest", "in-guest", "hang"}, Stdout: w})
	if !errors.Is(err, why) {
		t.Errorf("got %v, want %v", err, why)
	}
}

// Whoever runs a guest may be killed: nothing of the guest stays behind.
func TestKilled(t *testing.T) {
	for version, k := range kernels(t) {
		t.Run(version, func(t *testing.T) { killed(t, k) })
	}
}

func killed(t *testing.T, k Kernel) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	kind := "uml"
	if k.qemu {
		kind = "qemu"
	}
	cmd := exec.Command("/proc/self/exe", "host", kind, k.File)
	cmd.ExtraFiles = []*os.File{w}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if _, err := io.ReadFull(out, make([]byte, len("ready"))); err != nil {
		t.Fatal("the guest did not come up: ", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if err := r.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("got %v, want the end: a process of the guest is still there", err)
	}
}

func TestBadKernels(t *testing.T) {
	var bad *BootError
	_, err := Kernel{File: "/bin/true"}.Run(t.Context(), Command{Args: []string{"x"}})
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "the guest ended before the command did") {
		t.Errorf("/bin/true: got %v, want a BootError", err)
	}
	if _, err := (Kernel{File: "/nosuch"}).Run(t.Context(), Command{Args: []string{"x"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no such file", err)
	}
	if _, err := (Kernel{File: "/bin/true"}).Run(t.Context(), Command{}); err == nil {
		t.Error("no command: want an error")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "linux-1.1.uml")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{plain, "1.1"} {
		if _, err := Find(name, dir); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), plain+": permission denied (you must be allowed to read and execute it") {
			t.Errorf("%s: got %v, want what is wrong with the file that is there", name, err)
		}
	}
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), "want a file or a version that is there") {
		t.Errorf("a folder: got %v", err)
	}
	if _, err := Find("9.9", "/nosuch"); err == nil || !strings.Contains(err.Error(), "/nosuch/linux-9.9.uml") {
		t.Errorf("got %v, want an error that names where it looked", err)
	}
}

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	long := strings.Repeat("x", maxFrame+1)
	if err := writeFrames(&b, strings.NewReader(long)); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for {
		part, err := readFrame(&b)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got.Write(part)
	}
	if got.String() != long || b.Len() != 0 {
		t.Errorf("got %d bytes, %d left, want %d", got.Len(), b.Len(), len(long))
	}
	if _, err := readFrame(strings.NewReader("\xff\xff\xff\xff")); err == nil {
		t.Error("a frame of 4 GiB: want an error")
	}
}
