// Package guesttest finds the kernels that tests boot. They are no part of the project, and to boot them takes minutes, so tests
// do only where somebody asks for it with NLSH_GUESTS=1, as `.ci/run uml` does. Only tests import it.
package guesttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Require skips unless guests are wanted.
func Require(tb testing.TB) {
	tb.Helper()
	if os.Getenv("NLSH_GUESTS") == "" {
		tb.Skip("other kernels: .ci/run uml boots them, or NLSH_GUESTS=1")
	}
}

// PC is a kernel for QEMU: $NLSH_PC_KERNEL, else one of this machine's. It skips without that, and without QEMU.
func PC(tb testing.TB) (file string) {
	tb.Helper()
	Require(tb)
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		tb.Skipf("no QEMU (package qemu-system-x86): %v", err)
	}
	if file = os.Getenv("NLSH_PC_KERNEL"); file != "" {
		return file
	}
	files, err := filepath.Glob("/boot/vmlinuz-*")
	if err != nil || len(files) == 0 {
		tb.Skip("no kernel that a PC boots (NLSH_PC_KERNEL says where one is, /boot/vmlinuz-* there is none)")
	}
	return files[len(files)-1]
}

// Boot is the program that boots a kernel and runs a command in it, $NLSH_SHARED/kernels/uml.sh. It skips without that, and without one of
// the tools, which a test needs beside those that the program needs itself.
func Boot(tb testing.TB, tools ...string) string {
	tb.Helper()
	Require(tb)
	shared := os.Getenv("NLSH_SHARED")
	if shared == "" {
		shared = "../../../shared" // beside the checkout, as seen from tests/NAME
	}
	boot, err := filepath.Abs(filepath.Join(shared, "kernels", "uml.sh"))
	if err == nil {
		_, err = os.Stat(boot)
	}
	if err != nil {
		tb.Skipf("no user-mode Linux kernels (NLSH_SHARED says where they are): %v", err)
	}
	for _, tool := range append(tools, "xz", "cc") {
		if _, err := exec.LookPath(tool); err != nil {
			tb.Skipf("user-mode Linux needs %s here: %v", tool, err)
		}
	}
	return boot
}
