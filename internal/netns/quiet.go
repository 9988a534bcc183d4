package netns

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// quietProfile is what makes the kernel do in a namespace only what it is told,
// and tell of it at once: no router solicitations, no checks whether an address is
// in use, no link-local addresses, and none by advertisement. It holds for the links that there
// will be: those that exist (lo) have their own values already. all counts
// for accept_dad, where the larger of the two values does
// (Documentation/networking/ip-sysctl.rst).
//
// What is left is work that the kernel queues: a carrier that comes up and an address of
// IPv6 that leaves its (empty) check send their events within a millisecond or so of the
// request, one without IFA_F_NODAD that is; and a carrier that is lost is told of up
// to a second later, by linkwatch (net/core/link_watch.c).
var quietProfile = [...]struct{ name, value string }{
	{"accept_dad", "0"}, {"dad_transmits", "0"}, {"router_solicitations", "0"}, {"addr_gen_mode", "1"}, {"autoconf", "0"},
}

// Quiet applies the quiet profile to the namespace of the calling thread. A
// kernel without IPv6 is quiet as it is.
func Quiet() error {
	const dir = "/proc/sys/net/ipv6/conf"
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, which := range []string{"all", "default"} {
		for _, s := range quietProfile {
			path := dir + "/" + which + "/" + s.name
			if err := writeSetting(path, s.value); err != nil {
				return &Error{What: "quiet netns", Problem: "write " + path, Err: err}
			}
		}
	}
	return nil
}

// writeSetting is os.WriteFile without the poller of the runtime, which takes files of /proc/sys for something one waits for: that
// took as long as all the rest of a new namespace.
func writeSetting(path, value string) error {
	return retry(func() error {
		fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		_, err = unix.Write(fd, []byte(value))
		return err
	})
}
