package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// runDir is where iproute2 keeps named namespaces (ip-netns(8)).
const runDir = "/run/netns"

// NewNamed creates a namespace under a name, as "ip netns add" does: the name
// is a file in /run/netns on which the namespace is mounted. It outlives the
// handle and the process, until [Delete]. setUp is called inside, before there is a name.
func NewNamed(name string, setUp ...func() error) (*Handle, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	what := whatNamed(name)
	if err := prepareRunDir(what); err != nil {
		return nil, err
	}
	path := runDir + "/" + name
	// Mode 0 as iproute2: before the mount there is nothing in it to read.
	file, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0)
	if errors.Is(err, fs.ErrExist) {
		return nil, &Error{What: what, Problem: "already exists", Hint: "open it, or delete it first", Err: fs.ErrExist}
	}
	if err != nil {
		return nil, sysError(what, "create "+path, errno(err))
	}
	file.Close()
	h, err := create(name, what, func() error {
		if err := inOrder(setUp); err != nil {
			return err
		}
		// The last step, as in iproute2, so that who watches the folder finds it ready.
		if err := unix.Mount(selfPath, path, "none", unix.MS_BIND, ""); err != nil {
			return sysError(what, "mount on "+path, err)
		}
		return nil
	})
	if err != nil {
		os.Remove(path)
		return nil, err
	}
	return h, nil
}

// List gives the names in /run/netns, sorted. Like "ip netns list" it does not
// look at what is behind a name.
func List() ([]string, error) {
	entries, err := os.ReadDir(runDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("netns list: %w", err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, nil
}

// Delete removes a name. The namespace itself goes with its last user: a
// handle, a socket or a process inside.
func Delete(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	path := runDir + "/" + name
	// Not followed: people link /proc/PID/ns/net here to name a container's. EINVAL
	// is such a link, or a file left over by a crash: nothing is mounted on it.
	err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if err == nil || err == unix.EINVAL {
		err = unix.Unlink(path)
	}
	switch {
	case err == nil:
		return nil
	case err == unix.ENOENT:
		return noSuchName(name)
	}
	return sysError(whatNamed(name), "delete "+path, err)
}

// checkName refuses what iproute2 refuses, and control characters, which would
// spoil every listing.
func checkName(name string) error {
	problem := ""
	switch {
	case name == "":
		problem = "got an empty name, want 1 to 255 bytes"
	case len(name) > unix.NAME_MAX:
		problem = fmt.Sprintf("got a name of %d bytes, want 1 to 255", len(name))
		name = name[:32] + "..."
	case name == "." || name == ".." || strings.Contains(name, "/"):
		problem = "got a path, want a name"
	case strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name):
		problem = "got control characters or broken UTF-8, want a printable name"
	default:
		return nil
	}
	return &Error{What: whatNamed(name), Problem: problem, Err: fs.ErrInvalid}
}

// prepareRunDir makes /run/netns what iproute2 makes it (ipnetns.c, netns_add): a
// mount point of its own with shared propagation, so that an unmount in one
// mount namespace frees the namespace in all. Were it left a plain folder, the next "ip
// netns add" would bind it onto itself with all that is mounted below, and what
// is named now could not be removed any more (EBUSY).
func prepareRunDir(what string) error {
	if err := os.Mkdir(runDir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return sysError(what, "create "+runDir, errno(err))
	}
	dir, err := os.OpenFile(runDir, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return sysError(what, "open "+runDir, errno(err))
	}
	defer dir.Close()
	// Two that prepare at once would stack mounts upon mounts (Debian bug 949235).
	// iproute2 takes the same lock, and as here goes on where there is none.
	_ = retry(func() error { return unix.Flock(int(dir.Fd()), unix.LOCK_EX) })

	err = unix.Mount("", runDir, "none", unix.MS_SHARED|unix.MS_REC, "")
	if err == unix.EINVAL { // no mount point yet
		if err = unix.Mount(runDir, runDir, "none", unix.MS_BIND|unix.MS_REC, ""); err == nil {
			err = unix.Mount("", runDir, "none", unix.MS_SHARED|unix.MS_REC, "")
		}
	}
	if err != nil {
		return sysError(what, "prepare "+runDir, err)
	}
	return nil
}
