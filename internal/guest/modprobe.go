package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// modprobeFile is this program, under the name by which the kernel of a guest of QEMU asks for modules (/proc/sys/kernel/modprobe).
const modprobeFile = "/nlsh-modprobe"

// unasked are modules that no kernel asks for by itself when netlink wants what they have. Elsewhere an administrator has loaded them.
var unasked = [...]string{"fou", "mpls_router", "tun"}

// IsModprobe says whether the kernel of a guest has started this process to get a module. It must then call [Modprobe] before all else.
func IsModprobe() bool { return len(os.Args) > 1 && os.Args[0] == modprobeFile }

// Modprobe loads what the kernel has asked for, which calls "modprobe -q -- NAME", and returns the exit status.
func Modprobe() int {
	if err := modprobe(os.Args[len(os.Args)-1]); err != nil {
		return 1 // the kernel says what it then lacks, to whoever wanted it
	}
	return 0
}

func modprobe(name string) error {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return err
	}
	dir := filepath.Join("/lib/modules", unix.ByteSliceToString(uts.Release[:]))
	m, err := readModules(dir, func(string) bool { return true })
	if err != nil {
		return err
	}
	found := m.find(name)
	if len(found) == 0 {
		return fmt.Errorf("no module %s", name)
	}
	for _, one := range found {
		err = errors.Join(err, m.load(dir, one))
	}
	return err
}

// load loads a module and, before it, what it needs.
func (m *modules) load(dir, name string) error {
	for _, need := range slices.Backward(m.needs[name]) {
		if err := insert(filepath.Join(dir, m.files[need])); err != nil {
			return err
		}
	}
	return insert(filepath.Join(dir, m.files[name]))
}

// insert hands a file to the kernel. One that is there already is no error.
func insert(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	packed := !strings.HasSuffix(file, ".ko")
	flags := 0
	if packed {
		flags = unix.MODULE_INIT_COMPRESSED_FILE
	}
	err = unix.FinitModule(int(f.Fd()), "", flags)
	if packed && (err == unix.EINVAL || err == unix.EOPNOTSUPP) { // before Linux 5.17, or built without
		image, unpackErr := unpackModule(file)
		if unpackErr != nil {
			return &os.PathError{Op: "unpack", Path: file, Err: unpackErr}
		}
		err = unix.InitModule(image, "")
	}
	if err != nil && err != unix.EEXIST {
		return &os.PathError{Op: "load", Path: file, Err: err}
	}
	return nil
}
