package guest

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
)

// The test binary is the program in the guest too.
func TestMain(m *testing.M) {
	if IsInit() {
		Init()
		os.Exit(1)
	}
	if len(os.Args) > 2 && os.Args[1] == "in-guest" {
		inGuest(os.Args[2])
	}
	if len(os.Args) > 2 && os.Args[1] == "host" {
		host(os.Args[2])
	}
	os.Exit(m.Run())
}

// host boots a kernel that file 3 is held by, and waits for somebody to kill it.
func host(kernel string) {
	k := Kernel{File: kernel, held: os.NewFile(3, "held")}
	_, err := k.Run(context.Background(), Command{Args: []string{"guest", "in-guest", "hang"}, Stdout: os.Stdout})
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
	case "hang":
		fmt.Println("ready")
		select {}
	}
	os.Exit(0)
}
