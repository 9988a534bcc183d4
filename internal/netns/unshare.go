package netns

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// unshareNet puts the calling thread into a new namespace. A kernel that is short of mapped per-CPU memory says ENOMEM and maps more
// in the background (mm/percpu.c, pcpu_balance_workfn): 6.1 in user-mode Linux does so once in thirty runs. So that error counts only
// if it lasts.
func unshareNet() error { return lasting(func() error { return unix.Unshare(unix.CLONE_NEWNET) }) }

// lasting calls fn until it does not say ENOMEM, for some tenths of a second.
func lasting(fn func() error) error {
	for pause := 10 * time.Millisecond; ; pause *= 2 {
		err := fn()
		if !errors.Is(err, unix.ENOMEM) || pause > 200*time.Millisecond {
			return err
		}
		time.Sleep(pause)
	}
}
