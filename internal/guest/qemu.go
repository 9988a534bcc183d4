package guest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

const qemuProgram = "qemu-system-x86_64"

// QEMU makes a kernel of a file that PCs boot: a bzImage. Its modules, if it has any, are in lib/modules/RELEASE, beside the file or beside the folder
// of the file, as for /boot/vmlinuz-RELEASE; the guest gets those that networks are made of.
func QEMU(file string) (Kernel, error) {
	if err := usable(file, unix.R_OK); err != nil {
		return Kernel{}, err
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return Kernel{}, err
	}
	k := Kernel{File: file, qemu: true, emulated: !accelerated()}
	if k.release, err = imageRelease(file); err != nil {
		return Kernel{}, fmt.Errorf("kernel: %s: %w", file, err)
	}
	if runtime.GOARCH != "amd64" {
		return Kernel{}, fmt.Errorf("kernel: this program is for %s, and the guest is a PC (build nlsh for amd64)", runtime.GOARCH)
	}
	if _, err := exec.LookPath(qemuProgram); err != nil {
		return Kernel{}, fmt.Errorf("kernel: there is no %s (install qemu-system-x86)", qemuProgram)
	}
	dir := filepath.Dir(file)
	for _, at := range []string{filepath.Join(dir, "lib"), filepath.Join(dir, "../lib"), filepath.Join(dir, "../usr/lib")} {
		folder := filepath.Join(at, "modules", k.release)
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		k.folder = folder
		if k.modules, err = readModules(folder, forNetwork); err != nil {
			return Kernel{}, fmt.Errorf("kernel: modules of %s: %w", file, err)
		}
		break
	}
	return k, nil
}

// imageRelease reads the release out of a bzImage (Documentation/arch/x86/boot.rst).
func imageRelease(file string) (string, error) {
	const magicAt, versionAt, versionMax = 0x202, 0x20e, 256
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var head [versionAt + 2]byte
	if _, err := f.ReadAt(head[:], 0); err != nil || string(head[magicAt:magicAt+4]) != "HdrS" {
		return "", errors.New("want a bzImage: /boot/vmlinuz-RELEASE of a distribution, arch/x86/boot/bzImage of a build")
	}
	text := make([]byte, versionMax)
	n, _ := f.ReadAt(text, int64(binary.LittleEndian.Uint16(head[versionAt:]))+0x200) // as much as there is
	release, _, _ := strings.Cut(string(text[:n]), " ")
	if strings.ContainsAny(release, "/\x00") || release == "" {
		return "", errors.New("want a bzImage that says which release it is")
	}
	return release, nil
}

// accelerated says whether the processor runs guests. A /dev/kvm alone says little: there are machines that emulate it, and boot nothing.
func accelerated() bool {
	info, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && regexp.MustCompile(`(?m)^flags\s*:.*\b(vmx|svm)\b`).Match(info) && unix.Access("/dev/kvm", unix.R_OK|unix.W_OK) == nil
}

// Emulated says whether a program translates what the guest's processor does. All takes several times as long then.
func (k Kernel) Emulated() bool { return k.emulated }

// Release is that of a kernel of QEMU, as uname(1) prints it.
func (k Kernel) Release() string { return k.release }

// Copies says whether a guest of the kernel has copies of what the command reads, and sees nothing else of the host.
func (k Kernel) Copies() bool { return k.qemu }

// Files that QEMU inherits.
const (
	lineFD  = 3
	imageFD = 4
)

// qemuArgs is the command line of QEMU: an ordinary PC, which boots what all of them do, without anything that is not needed.
func (k Kernel) qemuArgs() []string {
	memory := k.Memory
	if memory == 0 {
		memory = 512
	}
	args := []string{"-machine", "pc", "-cpu", "max", "-m", fmt.Sprint(memory), "-accel", "tcg"}
	if !k.emulated {
		args[len(args)-1] = "kvm"
	}
	return append(args, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-chardev", "file,id=console,path=/proc/self/fd/1", "-serial", "chardev:console",
		"-chardev", fmt.Sprintf("socket,id=line,fd=%d", lineFD), "-serial", "chardev:line",
		"-kernel", k.File, "-initrd", fmt.Sprintf("/proc/self/fd/%d", imageFD),
		"-append", strings.Join([]string{
			"console=ttyS0", "quiet", "panic=-1", "rdinit=" + guestInit, "8250.nr_uarts=4",
			"mitigations=off", "cryptomgr.notests=1", "random.trust_cpu=on", // what takes time, and nothing here is for
			"rcupdate.rcu_expedited=1", // else each link that goes waits for a timer, which emulated clocks are slow with
			"--", initWord, qemuWord,
		}, " "))
}
