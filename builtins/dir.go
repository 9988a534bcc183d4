package builtins

import (
	"fmt"
	"os"

	"go.starlark.net/starlark"
)

const listDirDoc = `lists the names of what is in a folder, sorted

In /proc the processes are among them. One that ends meanwhile is no error here; reading its files is.

    print([int(name) for name in list_dir("/proc") if name.isdigit()])`

var listDirParams = []param{{"path", "string", "the folder"}}

func listDir(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "path", &path); err != nil {
		return nil, err
	}
	var entries []os.DirEntry
	err := fileCall(th, path, func(name string) (err error) {
		entries, err = os.ReadDir(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	names := make([]starlark.Value, len(entries))
	for i, e := range entries {
		names[i] = starlark.String(e.Name())
	}
	return starlark.NewList(names), nil
}

const readLinkDoc = `returns where a symbolic link leads, as it is written in the link

Links of /proc/PID/ns name the namespaces of a process: two that read the same are the same. Those of other users' processes
cannot be read.

    print(read_link("/proc/self/ns/net"))      # net:[4026531840]`

var readLinkParams = []param{{"path", "string", "the link"}}

func readLink(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "path", &path); err != nil {
		return nil, err
	}
	// Not the file that it leads to, which fileCall would ask about: links of /proc/PID/ns lead nowhere.
	if err := checkPath(path); err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	target, err := os.Readlink(ofThread(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), fileError(path, err))
	}
	return starlark.String(target), nil
}
