package builtins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// mostBytes is what one value may hold: more is a mistake, such as reading /dev/zero.
const mostBytes = 1 << 30

const readFileDoc = `returns the text of a file

/proc/net and /proc/sys/net are those of the namespace that the script, or the task, is in.

    print(read_file("/proc/sys/net/ipv4/ip_forward").strip())`

var readFileParams = []param{
	{"path", "string", "the file"},
	{"binary", "bool = False", "return bytes; by default it must be UTF-8, and is a string"},
}

func readFile(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	var binary bool
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "path", &path, "binary?", &binary); err != nil {
		return nil, err
	}
	var data []byte
	err := fileCall(th, path, func(name string) (err error) {
		data, err = readAll(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	v, err := textOrBytes(data, binary)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", fn.Name(), path, err)
	}
	return v, nil
}

func readAll(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err == nil && len(data) > mostBytes {
		err = fmt.Errorf("got more than %d bytes, want at most that many", mostBytes)
	}
	return data, err
}

// textOrBytes is data as a value.
func textOrBytes(data []byte, binary bool) (starlark.Value, error) {
	if binary {
		return starlark.Bytes(data), nil
	}
	if !utf8.Valid(data) {
		off := 0
		for r, n := utf8.DecodeRune(data); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRune(data[off:]) {
			off += n
		}
		return nil, fmt.Errorf("got byte 0x%02x at offset %d, want UTF-8 (binary = True gives bytes)", data[off], off)
	}
	return starlark.String(data), nil
}

const writeFileDoc = `writes a file: replaces what is in it, or adds to it

The data is handed to the kernel at once, as files of /proc/sys and /sys want it.

    write_file(tmp + "/motd", "hello\n")
    write_file(tmp + "/motd", "again\n", append = True)`

var writeFileParams = []param{
	{"path", "string", "the file"},
	{"data", "string or bytes", "what to write"},
	{"mode", "int = 0o644", "permissions of a new file, before the umask; 0o644 by default"},
	{"append", "bool = False", "add to the end"},
}

func writeFile(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var path string
	var v starlark.Value
	mode := 0o644
	var end bool
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "path", &path, "data", &v, "mode?", &mode, "append?", &end); err != nil {
		return nil, err
	}
	data, ok := content(v)
	if !ok {
		return nil, fmt.Errorf("%s: for parameter data: got %s, want string or bytes", fn.Name(), v.Type())
	}
	if mode < 0 || mode > 0o777 {
		return nil, fmt.Errorf("%s: for parameter mode: got %d, want permissions from 0 to 0o777", fn.Name(), mode)
	}
	how := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if end {
		how = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	err := fileCall(th, path, func(name string) error {
		f, err := os.OpenFile(name, how, fs.FileMode(mode))
		if err != nil {
			return err
		}
		_, err = f.Write([]byte(data))
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}

// content is the bytes of a string or of bytes.
func content(v starlark.Value) (string, bool) {
	switch v := v.(type) {
	case starlark.String:
		return string(v), true
	case starlark.Bytes:
		return string(v), true
	}
	return "", false
}

// fileCall calls fn with the name of a file, and says what went wrong with the name that the script
// knows it by. On a pipe or a device fn may hang, so it is left behind when the script is
// interrupted; anywhere else it runs on this thread, since what is in /proc and /sys depends on that.
func fileCall(th *starlark.Thread, path string, fn func(name string) error) error {
	if err := checkPath(path); err != nil {
		return err
	}
	name := ofThread(path)
	ctx := host.Context(th)
	err := host.Blocking(th, func() error {
		info, err := os.Stat(name)
		if err != nil || info.Mode().IsRegular() || info.IsDir() {
			return fn(name)
		}
		done := make(chan error, 1)
		go func() { done <- fn(name) }()
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	return fileError(path, err)
}

func checkPath(path string) error {
	if path == "" || strings.ContainsRune(path, 0) {
		return fmt.Errorf("for parameter path: got %q, want the path of a file", path)
	}
	return nil
}

// fileError is what went wrong, with the name that the script knows the file by.
func fileError(path string, err error) error {
	var perr *fs.PathError
	if errors.As(err, &perr) {
		err = perr.Err
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// ofThread names what the calling thread would see: /proc/net and /proc/self/ns are those of the main
// thread, whichever one asks (proc_net(5)).
func ofThread(path string) string {
	for prefix, own := range map[string]string{
		"/proc/net": "/proc/thread-self/net", "/proc/self/net": "/proc/thread-self/net", "/proc/self/ns": "/proc/thread-self/ns",
	} {
		if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') {
			return own + rest
		}
	}
	return path
}
