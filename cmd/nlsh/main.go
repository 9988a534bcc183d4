// Command nlsh is the netlink shell. This package is the command line and the wiring: it joins the
// globals, the library and the host, and hands them to the runner.
package main

import (
	"os"
	"runtime"
)

// The interpreter runs on the main goroutine, on the main thread: /proc/self/net, sysctl and what
// exec starts follow the network namespace of that thread.
func init() { runtime.LockOSThread() }

func main() { os.Exit(run(os.Args[1:])) }

// run returns the exit status of the process.
func run(argv []string) int {
	enterGuest()
	if err := enterPlayground(); err != nil {
		return complain(err, "")
	}
	exit := 0
	root := rootCommand(&exit)
	root.SetArgs(codeFirst(goFlags(argv)))
	if err := root.Execute(); err != nil {
		return complain(err, "try 'nlsh --help'")
	}
	return exit
}
