package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary is the program in the guest too.
func TestMain(m *testing.M) {
	if IsModprobe() {
		os.Exit(Modprobe())
	}
	if IsInit() {
		Init()
		os.Exit(1)
	}
	if len(os.Args) > 2 && os.Args[1] == "in-guest" {
		inGuest(os.Args[2])
	}
	if len(os.Args) > 3 && os.Args[1] == "host" {
		host(os.Args[2], os.Args[3])
	}
	os.Exit(m.Run())
}

// host boots a kernel that file 3 is held by, and waits for somebody to kill it.
func host(kind, kernel string) {
	k, err := Kernel{File: kernel}, error(nil)
	if kind == "qemu" {
		k, err = QEMU(kernel)
	}
	k.held = os.NewFile(3, "held")
	if err == nil {
		_, err = k.Run(context.Background(), Command{Args: []string{"guest", "in-guest", "hang"}, Stdout: os.Stdout})
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// inGuest is what tests run under the other kernel.
func inGuest(what string) {
	switch what {
	case "release":
		text, _ := os.ReadFile("/proc/sys/kernel/osrelease")
		fmt.Print(string(text))
	case "cat":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "write":
		if err := os.WriteFile(os.Getenv("FILE"), make([]byte, 1<<20), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "fail":
		fmt.Fprintln(os.Stderr, "no")
		os.Exit(3)
	case "file":
		b, err := os.ReadFile(os.Getenv("FILE"))
		dir, _ := os.Getwd()
		out, shErr := exec.Command("sh", "-c", "echo program").Output()
		fmt.Print(string(b), dir, " ", string(out), errors.Join(err, shErr))
	case "module":
		fd, err := unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)
		fmt.Print(fd >= 0, " ", err)
	case "panic":
		_ = os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)
	case "hang":
		fmt.Println("ready")
		select {}
	}
	os.Exit(0)
}
