// Package netns holds network namespaces: it creates, names, opens and enters
// them, keeps threads where they belong, and re-executes the program in
// namespaces of its own where the caller has no privilege.
//
// A [Handle] is an open namespace. [Do] runs a function inside one and comes
// back; what was opened inside (a socket above all) stays inside for ever.
//
//	blue, err := netns.NewNamed("blue") // as "ip netns add blue" does
//	if err != nil {
//		return err
//	}
//	defer netns.Delete("blue")
//	defer blue.Close()
//	err = netns.Do(blue, func() error {
//		fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
//		return err
//	})
//
// The package refuses to move a thread behind its caller's back: [New] and
// [NewNamed] work on a thread that is thrown away, [Do] always comes back, and
// only [Enter] moves. It has no state of its own, sets up no link besides the
// loopback of a playground, and never deletes a named namespace unasked.
//
// # Traps
//
//   - A goroutine started by the function given to Do runs outside: it gets
//     another thread. This includes net.Dial with a host name. A process started
//     by it (os/exec) does run inside, since fork copies the calling thread.
//   - /proc/net is /proc/self/net, which is the namespace of the main thread;
//     on any other thread read /proc/thread-self/net. /proc/sys/net follows the
//     calling thread, /sys/class/net the sysfs mount (see [EnterPlayground]).
//   - A Handle keeps its namespace alive, and so does any socket or process in it.
//   - User namespaces cannot be entered by a Go program, which has many threads
//     (setns(2), unshare(2): EINVAL), hence [Rootless] starts a new process.
//   - The main thread of a process can never be destroyed, only left behind, so
//     a program that uses this package should keep the main goroutine on it:
//     func init() { runtime.LockOSThread() }.
//
// Why vishvananda/netns is below but its NewNamed is not: on an existing name it
// returns an error and leaves the calling thread in a fresh namespace, it always
// switches the caller, and it does not prepare /run/netns as iproute2 expects.
package netns
