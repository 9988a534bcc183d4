package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version returns what the build knows about itself. It is read when asked for, and costs
// nothing at start.
func version() string {
	v := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version
	}
	return fmt.Sprintf("%s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
