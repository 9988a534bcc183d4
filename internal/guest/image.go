package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// guestInit is this program in a guest of QEMU.
const guestInit = "/init"

// maxFiles is how much of the host a guest of QEMU gets a copy of: more is a folder that nobody has meant.
const maxFiles = 64 << 20

// image makes the file system of a guest of QEMU: this program, the modules, and copies of the files that the command wants. Copies, because there
// is no way to show folders of the host that each kernel has: 9p is not in Debian's kernels for clouds, virtiofs wants a program that runs as root.
// An archive is unpacked by every kernel that has an initial file system at all. The command needs to read only: who compares and writes golden files is
// the host. The file is memory, and gone when the last who has it open is.
func (k Kernel) image(self string, j *job, cmd Command) (*os.File, error) {
	fd, err := unix.MemfdCreate("nlsh-guest", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "nlsh-guest")
	a := newArchive(f)
	for _, dir := range []string{"/dev", "/proc", "/sys", "/run", "/root", "/mnt", j.Dir} {
		a.dir(dir)
	}
	a.add(entry{name: "/tmp", mode: unix.S_IFDIR | 0o1777}, nil)
	a.device("/dev/console", 5, 1) // before there is a devtmpfs, a Go program wants its standard files
	a.device("/dev/null", 1, 3)
	c := copier{archive: a}
	err = c.program(self)
	if err == nil {
		err = k.addModules(a)
	}
	for _, name := range cmd.Files {
		if err == nil {
			err = c.tree(name)
		}
	}
	if err == nil {
		err = c.addPrograms(cmd.Programs)
	}
	if err = errors.Join(err, a.close()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// program adds this program, under the names by which the kernel starts it, and libraries if it was built to need some.
func (c *copier) program(self string) error {
	c.link(modprobeFile, guestInit)
	if err := c.copy(guestInit, self); err != nil {
		return err
	}
	return c.addNeeds(self)
}

// copy adds a file of the host.
func (a *archive) copy(name, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	mode := uint32(unix.S_IFREG) | uint32(info.Mode().Perm())
	a.add(entry{name: name, mode: mode, mtime: info.ModTime().Unix(), size: info.Size()}, f)
	return a.err
}

// addModules adds the modules of the kernel. They stay compressed if they are: unpacking those that are wanted is soon done.
func (k Kernel) addModules(a *archive) error {
	if k.modules == nil {
		return nil
	}
	to := filepath.Join("/lib/modules", k.release)
	for _, file := range k.modules.files {
		if err := a.copy(filepath.Join(to, file), filepath.Join(k.folder, file)); err != nil {
			return err
		}
	}
	dep, aliases := k.modules.text()
	a.text(filepath.Join(to, "modules.dep"), dep)
	a.text(filepath.Join(to, "modules.alias"), aliases)
	return a.err
}

// copier adds files and folders of the host under the names that they have there.
type copier struct {
	*archive
	size int64
}

// tree adds a file, or a folder with all below but what is hidden. What the user may not read is not there for the guest.
func (c *copier) tree(name string) error {
	return walk(name, func(below, file string) error { return c.one(name, filepath.Join(name, below), file) })
}

// walk calls fn for a file, or a folder and all below: where it is in there, and what it really is.
func walk(name string, fn func(below, file string) error) error {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	return filepath.WalkDir(real, func(file string, d fs.DirEntry, err error) error {
		below, relErr := filepath.Rel(real, file)
		switch {
		case relErr != nil:
			return relErr
		case errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case below != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return fn(below, file)
	})
}

// Small says whether a folder is one of which a guest of QEMU can have a copy.
func Small(dir string) bool {
	var size int64
	err := walk(dir, func(_, file string) error {
		size += room(file)
		if size > maxFiles/2 { // the rest is for what else there is
			return fs.ErrInvalid
		}
		return nil
	})
	return err == nil
}

// room is how much memory a copy takes, which is whole pages.
func room(file string) int64 {
	const page = 4096
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return page
	}
	return (info.Size() + page) &^ (page - 1)
}

// one adds one entry of the tree root. A link to a file is a copy of that, since it may well be somewhere else. What is there already, since trees
// may be in others, takes no room.
func (c *copier) one(root, name, file string) error {
	if c.has(name) {
		return nil
	}
	link, _ := os.Readlink(file)
	info, err := os.Stat(file)
	if c.size += room(file); c.size > maxFiles {
		return fmt.Errorf("%s has more than %d MiB, of which a guest of QEMU has a copy (what it runs wants a folder of its own)", root, maxFiles>>20)
	}
	switch {
	case err != nil:
		return nil // a link to nowhere, or it has gone
	case info.IsDir() && link != "":
		c.link(name, link)
	case info.IsDir():
		c.dir(name)
	case info.Mode().IsRegular():
		if err := c.copy(name, file); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return c.err
}
