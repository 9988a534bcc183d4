package netns

import (
	"fmt"
	"os"
	"runtime"

	vns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// exitDefect is EX_SOFTWARE of sysexits(3): nlsh's status for a defect of its own.
const exitDefect = 70

// RestoreError is the error of a thread that could not return to its namespace.
// The goroutine stays locked to that thread and must end, which ends the thread.
type RestoreError struct {
	Thread int   // its id
	Err    error // why setns was refused
	FnErr  error // what the function had returned, if anything
}

func (e *RestoreError) Error() string {
	text := fmt.Sprintf("thread %d cannot return to its network namespace: %v", e.Thread, e.Err)
	if e.FnErr != nil {
		text += fmt.Sprintf(" (after: %v)", e.FnErr)
	}
	return text
}

func (e *RestoreError) Unwrap() []error {
	if e.FnErr == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.FnErr}
}

// Do runs fn with the calling thread in h and brings the thread back, also when
// fn panics, calls runtime.Goexit or moves the thread elsewhere with [Enter].
// Calls nest. A caller who is in h already needs no privilege. What it costs
// beside the two setns is opening the way back, together some 3 times their price.
//
// A thread that cannot come back must not be used again. The main thread then
// ends the process with status 70, since everything after would happen in the wrong
// namespace; on any other, Do returns a *[RestoreError] (or panics with it, if
// fn panicked) and leaves the goroutine locked, so that the thread ends with it.
func Do(h *Handle, fn func() error) (err error) {
	runtime.LockOSThread()
	home, inside, err := goInto(h)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	returned := false
	defer func() {
		back := goBack(home, inside)
		home.Close()
		if back == nil {
			runtime.UnlockOSThread()
			return
		}
		lost := &RestoreError{Thread: unix.Gettid(), Err: back, FnErr: err}
		if onMainThread() {
			fmt.Fprintf(os.Stderr, "nlsh: main %v: ending here, everything after would be in the wrong one\n", lost)
			os.Exit(exitDefect)
		}
		if err = lost; !returned {
			panic(lost)
		}
	}()
	err = fn()
	returned = true
	return err
}

// Enter moves the calling thread into h for good. It is meant for a goroutine
// that is locked to its thread, and stays so: unlocked, the thread would go back
// to the runtime's pool and run other goroutines in the wrong namespace.
func Enter(h *Handle) error { return h.set() }

// goInto moves the calling thread into h. It returns the way back, and whether
// the thread was in h before (when setns is left out: it needs privilege).
func goInto(h *Handle) (home vns.NsHandle, inside bool, err error) {
	if home, err = vns.GetFromPath(selfPath); err != nil {
		return home, false, &Error{What: h.String(), Problem: "open " + selfPath, Err: err}
	}
	var st unix.Stat_t
	if err = unix.Fstat(int(home), &st); err == nil {
		inside = st.Ino == h.ino && st.Dev == h.dev && !h.Closed()
		if inside {
			return home, true, nil
		}
		err = h.set()
	}
	if err != nil {
		home.Close()
	}
	return home, false, err
}

// goBack returns the thread to home. Where nobody moved, nothing is called
// that needs privilege.
func goBack(home vns.NsHandle, inside bool) error {
	if inside {
		var here, there unix.Stat_t
		if unix.Stat(selfPath, &here) == nil && unix.Fstat(int(home), &there) == nil &&
			here.Ino == there.Ino && here.Dev == there.Dev {
			return nil
		}
	}
	return vns.Set(home)
}
