package netns_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"golang.org/x/sys/unix"
)

func TestDo(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	a, b := netnstest.New(t), netnstest.New(t)
	home := thread()
	var trail []string
	step := func() { trail = append(trail, thread()) }
	err := netns.Do(a, func() error {
		step()
		err := netns.Do(b, func() error {
			step()
			return netns.Do(b, func() error { step(); return errors.New("mine") })
		})
		step()
		return err
	})
	if err == nil || err.Error() != "mine" {
		t.Errorf("got %v, want the error of fn as it is", err)
	}
	if in, deep := trail[0], trail[1]; in == home || deep == in || trail[2] != deep || trail[3] != in || thread() != home {
		t.Errorf("went %v from %s and ended in %s", trail, home, thread())
	}
}

// What fn does on its way out, or with its thread, must not matter.
func TestDoReturns(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	a, b := netnstest.New(t), netnstest.New(t)
	here := mustCurrent(t)
	for name, fn := range map[string]func() error{
		"panic":  func() error { panic("boom") },
		"goexit": func() error { runtime.Goexit(); return nil },
		"enter":  func() error { return netns.Enter(b) },
	} {
		for _, target := range []*netns.Handle{a, here} {
			onThread(func() {
				home := thread()
				defer func() {
					if p := recover(); (p != nil) != (name == "panic") {
						t.Errorf("%s: recovered %v", name, p)
					}
					if thread() != home {
						t.Errorf("%s in %v: ended in %s, want %s", name, target, thread(), home)
					}
				}()
				if err := netns.Do(target, fn); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	}
}

func TestDoConcurrently(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	home := thread()
	spaces := []*netns.Handle{netnstest.New(t), netnstest.New(t), netnstest.New(t)}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			target := spaces[i%len(spaces)]
			err := netns.Do(target, func() error {
				runtime.Gosched() // other goroutines must not get this thread
				cookie, err := target.Cookie()
				mine, err2 := socketCookie()
				if mine != cookie {
					t.Errorf("socket has cookie %d inside %v, want %d", mine, target, cookie)
				}
				return errors.Join(err, err2)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	inHome(t, home)
}

// inHome holds as many threads as it can at once and looks where each is.
func inHome(t *testing.T, home string) {
	t.Helper()
	const held = 100
	var wg, all sync.WaitGroup
	all.Add(held)
	for range held {
		wg.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			all.Done()
			all.Wait()
			if here := thread(); here != home {
				t.Errorf("a thread was left in %s, want %s", here, home)
			}
		})
	}
	wg.Wait()
}

func TestThreadsDoNotAccumulate(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	home := thread()
	inHome(t, home) // what the pool will have at most
	before := threads(t)
	const count = 200
	for range count {
		h, err := netns.New()
		if err != nil {
			t.Fatal(err)
		}
		h.Close()
	}
	// Threads end a moment after their goroutine. Kept, there would be count more.
	if after := threads(t); after > before+count/4 {
		t.Errorf("%d threads before, %d after %d namespaces", before, after, count)
	}
	inHome(t, home)
}

func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(tasks)
}

// A socket stays where it was opened.
func TestSocketStays(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	h := netnstest.New(t)
	s := -1
	if err := netns.Do(h, func() (err error) {
		s, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(s)
	got, err := unix.GetsockoptUint64(s, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		t.Fatal(err)
	}
	want, err := h.Cookie()
	outside, err2 := socketCookie()
	if err != nil || err2 != nil || got != want || got == outside {
		t.Errorf("cookie of the socket %d, of the namespace %d, outside %d (%v, %v)", got, want, outside, err, err2)
	}
}

func socketCookie() (uint64, error) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(s)
	return unix.GetsockoptUint64(s, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
}

// A thread that cannot come back ends with its goroutine, and the caller learns it.
func TestRestoreError(t *testing.T) {
	netnstest.Require(t)
	noLeak(t)
	h := netnstest.New(t)
	home := thread()
	mine := errors.New("mine")
	var wg sync.WaitGroup
	wg.Go(func() { // not locked: Do leaves it so
		err := netns.Do(h, func() error { return errors.Join(dropSysAdmin(), mine) })
		var lost *netns.RestoreError
		if !errors.As(err, &lost) || !errors.Is(err, unix.EPERM) || !errors.Is(err, mine) {
			t.Errorf("got %v, want a RestoreError with EPERM and the error of fn", err)
		} else if !strings.HasSuffix(err.Error(), "cannot return to its network namespace: operation not permitted (after: mine)") {
			t.Errorf("got %q", err)
		}
		if thread() == home {
			t.Error("the thread did come back")
		}
	})
	wg.Go(func() {
		defer func() {
			if _, lost := recover().(*netns.RestoreError); !lost {
				t.Error("a panic must not hide that the thread is lost")
			}
		}()
		_ = netns.Do(h, func() error { _ = dropSysAdmin(); panic("boom") })
	})
	wg.Wait()
	inHome(t, home)
}

func TestMainThread(t *testing.T) {
	for _, name := range []string{"new-on-main", "do-on-main"} {
		if out, err := helper(t, name).CombinedOutput(); err != nil || len(out) != 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	cmd := helper(t, "lost-on-main")
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 70 || !strings.HasPrefix(string(out), "nlsh: main thread ") {
		t.Errorf("got status %d, want 70, and this:\n%s", code, out)
	}
}

func BenchmarkDo(b *testing.B) {
	h := netnstest.New(b)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ReportAllocs()
	for b.Loop() {
		if err := netns.Do(h, func() error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDoWhereWeAre(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h, err := netns.Current()
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := netns.Do(h, func() error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	netnstest.Require(b)
	for b.Loop() {
		h, err := netns.New()
		if err != nil {
			b.Fatal(err)
		}
		h.Close()
	}
}
