package main

import "github.com/nlsh/nlsh/internal/netns"

func inPlayground() bool { return netns.InPlayground() }

// enterPlayground finishes what --rootless began in the process that started this one. It must
// come before all else.
func enterPlayground() error {
	if !netns.InPlayground() {
		return nil
	}
	if err := netns.EnterPlayground(); err != nil {
		return &failure{err}
	}
	return nil
}

// reexecute runs the same command line again in namespaces of its own.
func reexecute() (int, error) {
	exit, err := netns.Rootless(netns.RootlessOptions{})
	if err != nil {
		return 0, &failure{err}
	}
	return exit, nil
}
