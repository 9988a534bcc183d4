package guest

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// archive writes a cpio archive of the form that kernels unpack (newc, Documentation/driver-api/early-userspace/buffer-format.rst). After an
// error nothing more is written, and close returns it.
type archive struct {
	w    *bufio.Writer
	off  int64
	ino  int
	seen map[string]bool
	err  error
}

func newArchive(w io.Writer) *archive {
	return &archive{w: bufio.NewWriterSize(w, 1<<20), seen: map[string]bool{"": true}}
}

// entry is what has a name in an archive. Names are paths, with or without the slash in front.
type entry struct {
	name  string
	mode  uint32
	mtime int64
	size  int64
	major uint32 // of a device
	minor uint32
}

// add writes an entry, the folders that it is in before it. What is there already stays.
func (a *archive) add(e entry, content io.Reader) {
	if a.has(e.name) {
		return
	}
	e.name = inArchive(e.name)
	if up := path.Dir(e.name); up != "." {
		a.dir(up)
	}
	a.seen[e.name] = true
	a.header(e)
	a.bytes(content, e.size, e.name)
}

// inArchive is a name as archives have it.
func inArchive(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

func (a *archive) has(name string) bool { return a.seen[inArchive(name)] }

func (a *archive) dir(name string) { a.add(entry{name: name, mode: unix.S_IFDIR | 0o755}, nil) }

func (a *archive) link(name, target string) {
	a.add(entry{name: name, mode: unix.S_IFLNK | 0o777, size: int64(len(target))}, strings.NewReader(target))
}

func (a *archive) text(name, content string) {
	a.add(entry{name: name, mode: unix.S_IFREG | 0o644, size: int64(len(content))}, strings.NewReader(content))
}

func (a *archive) device(name string, major, minor uint32) {
	a.add(entry{name: name, mode: unix.S_IFCHR | 0o666, major: major, minor: minor}, nil)
}

// header writes what comes before the bytes of an entry.
func (a *archive) header(e entry) {
	a.ino++
	links := 1
	if e.mode&unix.S_IFMT == unix.S_IFDIR {
		links = 2
	}
	text := "070701" // and 13 numbers: ino mode uid gid nlink mtime size devmajor devminor rdevmajor rdevminor namesize check
	for _, n := range [...]uint32{uint32(a.ino), e.mode, 0, 0, uint32(links), uint32(e.mtime), uint32(e.size), 0, 0, e.major, e.minor, uint32(len(e.name) + 1), 0} {
		text += fmt.Sprintf("%08X", n)
	}
	text += e.name + "\x00"
	a.bytes(strings.NewReader(text), int64(len(text)), e.name)
}

// bytes writes so many bytes, and zeros up to a multiple of four.
func (a *archive) bytes(r io.Reader, n int64, name string) {
	if n == 0 || a.err != nil {
		return
	}
	got, err := io.Copy(a.w, io.LimitReader(r, n))
	if err == nil && got < n {
		err = fmt.Errorf("%s: it has become shorter meanwhile", name)
	}
	a.off += got
	pad := -a.off & 3
	if err == nil {
		_, err = a.w.WriteString("\x00\x00\x00"[:pad])
	}
	a.off, a.err = a.off+pad, err
}

func (a *archive) close() error {
	a.header(entry{name: "TRAILER!!!"})
	if a.err != nil {
		return a.err
	}
	return a.w.Flush()
}
