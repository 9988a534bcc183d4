package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
)

// covered are folders that nobody misses in the mount namespace of a worker.
var covered = [...]string{"/dev/shm", "/mnt", "/media", "/srv"}

// room makes the folder that has the folders of scenarios. It is a tmpfs that nobody else sees, which therefore goes
// with the worker however that ends; where there is none to be had, an ordinary folder.
func (w *worker) room() (string, error) {
	if w.mounts {
		cwd, _ := os.Getwd()
		for _, dir := range covered {
			if cwd == dir || strings.HasPrefix(cwd, dir+"/") {
				continue
			}
			if unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755") == nil {
				return dir + "/nlsh", nil
			}
		}
	}
	return os.MkdirTemp("", "nlsh-test-")
}

// tmp makes the folder of the scenario that runs.
func (w *worker) tmp() (string, error) {
	dir := filepath.Join(w.scratch, fmt.Sprint(w.begun))
	return dir, os.MkdirAll(dir, 0o755)
}

// ownTemp makes that folder the one for temporary files too, also of the programs that the scenario starts: nothing of them is left.
func (w *worker) ownTemp() error {
	dir, err := w.tmp()
	if err != nil {
		return err
	}
	return errors.Join(os.Chmod(dir, 0o777|os.ModeSticky), os.Setenv("TMPDIR", dir)) // a program may be somebody else
}

// cleanUp ends what a scenario has left: programs that detached themselves, named namespaces, files. The network
// namespaces and what is in them have gone with their handles.
func (w *worker) cleanUp() error {
	if os.Getpid() == 1 && !w.owns {
		endOthers()
	}
	var err error
	if w.bare != nil {
		err = w.bare.clean(context.Background(), w)
	}
	names, listErr := netns.List()
	err = errors.Join(err, listErr)
	for _, name := range names {
		if slices.Contains(w.names, name) {
			continue
		}
		err = errors.Join(err, netns.Delete(name))
	}
	return errors.Join(err, os.RemoveAll(filepath.Join(w.scratch, fmt.Sprint(w.begun))))
}

// endOthers ends every other process of the namespace of process ids that this one is the first of.
func endOthers() {
	if unix.Kill(-1, unix.SIGKILL) != nil {
		return // there is none
	}
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(-1, &status, 0, nil); err != nil && err != unix.EINTR {
			return
		}
	}
}
