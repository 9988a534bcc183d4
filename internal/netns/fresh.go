package netns

import "golang.org/x/sys/unix"

// EnterNew moves the calling thread into a new anonymous namespace, for good, as
// [Enter] does, and calls each of setUp there. The namespace goes with the thread, and with
// what was opened inside.
func EnterNew(setUp ...func() error) error {
	if err := unshareNet(); err != nil {
		return sysError("new netns", "unshare", err)
	}
	for _, do := range setUp {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// LoopbackUp sets lo up in the namespace of the calling thread.
func LoopbackUp() error {
	if err := loopbackUp(); err != nil {
		return sysError("netns", "loopback up", err)
	}
	return nil
}

// ShowInSys makes /sys/class/net show the namespace of the calling thread, in a mount namespace that
// [EnterPlayground] has made private, or on a machine that is the caller's. A machine that keeps parts of /sys covered refuses.
func ShowInSys() error {
	// The namespace is that of who mounts (kernel, fs/sysfs/mount.c), so it takes a new
	// mount; the old one would keep the namespace it shows.
	_ = unix.Unmount("/sys", unix.MNT_DETACH) // refused where it is the machine's own, which must stay below
	return mountSysfs()
}
