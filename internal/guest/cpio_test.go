package guest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// unpacked is an entry of an archive, as a reader who knows only the form finds it.
type unpacked struct {
	mode, rdev uint64
	body       string
}

// unpack reads an archive.
func unpack(t *testing.T, b []byte) (names []string, entries map[string]unpacked) {
	t.Helper()
	entries = map[string]unpacked{}
	align := func(n int) int { return (n + 3) &^ 3 }
	for at := 0; ; {
		if at+110 > len(b) || string(b[at:at+6]) != "070701" {
			t.Fatalf("no header at %d of %d", at, len(b))
		}
		var n [13]int
		for i := range n {
			v, err := strconv.ParseUint(string(b[at+6+8*i:at+14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			n[i] = int(v)
		}
		name := string(b[at+110 : at+110+n[11]])
		if !strings.HasSuffix(name, "\x00") {
			t.Errorf("%q does not end with NUL", name)
		}
		name = strings.TrimSuffix(name, "\x00")
		body := align(at + 110 + n[11])
		at = align(body + n[6])
		if name == "TRAILER!!!" {
			if at != len(b) {
				t.Errorf("%d bytes behind the end", len(b)-at)
			}
			return names, entries
		}
		names = append(names, name)
		entries[name] = unpacked{uint64(n[1]), unix.Mkdev(uint32(n[9]), uint32(n[10])), string(b[body : body+n[6]])}
	}
}

func TestArchive(t *testing.T) {
	var b bytes.Buffer
	a := newArchive(&b)
	a.text("/a/b/one", "1")
	a.text("a/b/one", "again")
	a.text("/a/b/three", "333")
	a.device("/dev/null", 1, 3)
	a.link("/a/link", "b/one")
	a.dir("/a/b")
	a.dir("/")
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	names, got := unpack(t, b.Bytes())
	if want := "a a/b a/b/one a/b/three dev dev/null a/link"; strings.Join(names, " ") != want {
		t.Errorf("got %q, want %s: folders first, and all once", names, want)
	}
	for name, want := range map[string]unpacked{
		"a": {unix.S_IFDIR | 0o755, 0, ""}, "a/b/one": {unix.S_IFREG | 0o644, 0, "1"}, "a/b/three": {unix.S_IFREG | 0o644, 0, "333"},
		"dev/null": {unix.S_IFCHR | 0o666, unix.Mkdev(1, 3), ""}, "a/link": {unix.S_IFLNK | 0o777, 0, "b/one"},
	} {
		if got[name] != want {
			t.Errorf("%s: got %+v, want %+v", name, got[name], want)
		}
	}
}

// A file that becomes shorter while it is read is an error, and no archive that is out of step.
func TestArchiveErrors(t *testing.T) {
	a := newArchive(&bytes.Buffer{})
	a.add(entry{name: "x", size: 5}, strings.NewReader("1234"))
	a.text("y", "more")
	if err := a.close(); err == nil || !strings.Contains(err.Error(), "x: it has become shorter") {
		t.Errorf("got %v", err)
	}
	a = newArchive(full{})
	a.add(entry{name: "x", size: 2 << 20}, bytes.NewReader(make([]byte, 2<<20)))
	if err := a.close(); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v, want %v", err, unix.ENOSPC)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, unix.ENOSPC }

// A guest has copies of folders: with what links lead to, without what is hidden, and not of a whole machine.
func TestImage(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"in/a.star": "a", "in/lib/b.star": "b", "in/.git/c": "c", "in/.hidden": "d", "out/e": "e"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"in/e": "../out/e", "in/d": "../out", "in/nowhere": "nothing", "also": "in"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	module := filepath.Join(dir, "kernel/net/x.ko.xz")
	if err := errors.Join(os.MkdirAll(filepath.Dir(module), 0o755), os.WriteFile(module, []byte("module"), 0o644)); err != nil {
		t.Fatal(err)
	}
	k := Kernel{qemu: true, release: "9.9", folder: dir, modules: parseModules("kernel/net/x.ko.xz:\n", "alias net-pf-9 x\n")}
	f, err := k.image("/proc/self/exe", &job{Dir: "/some/where"}, Command{Files: []string{filepath.Join(dir, "also")}, Programs: []string{"no-such-program"}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	_, got := unpack(t, b)
	in := strings.TrimPrefix(dir, "/") + "/also"
	for name, want := range map[string]string{
		in + "/a.star": "a", in + "/lib/b.star": "b", in + "/e": "e", in + "/d": "../out", "nlsh-modprobe": "/init", "some/where": "",
		"lib/modules/9.9/kernel/net/x.ko.xz": "module", "lib/modules/9.9/modules.dep": "kernel/net/x.ko.xz:\n", "lib/modules/9.9/modules.alias": "alias net_pf_9 x\n",
	} {
		if e, ok := got[name]; !ok || e.body != want {
			t.Errorf("%s: got %v, %q, want %q", name, ok, e.body, want)
		}
	}
	for _, name := range []string{in + "/.git", in + "/.hidden", in + "/nowhere"} {
		if _, ok := got[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
	if self := got["init"]; self.mode&0o111 == 0 || !strings.HasPrefix(self.body, "\x7fELF") {
		t.Errorf("init has mode %o and is no program", self.mode)
	}
}

// What is too much is refused by name, and not copied. The file has holes only.
func TestImageTooMuch(t *testing.T) {
	dir := t.TempDir()
	if !Small(dir) {
		t.Error("an empty folder is not small")
	}
	for i := range 2 * maxFiles / 4096 / 3 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if Small(dir) {
		t.Error("a folder of many files, each of which takes a page, is called small")
	}
	big := filepath.Join(dir, "big")
	if err := errors.Join(os.WriteFile(big, nil, 0o644), os.Truncate(big, maxFiles+1)); err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(dir, "a/b")
	if err := os.MkdirAll(in, 0o755); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(in, "large")
	if err := errors.Join(os.WriteFile(large, nil, 0o644), os.Truncate(large, maxFiles/2)); err != nil {
		t.Fatal(err)
	}
	c := copier{archive: newArchive(io.Discard)}
	for _, tree := range []string{in, filepath.Dir(in), large} {
		if err := c.tree(tree); err != nil {
			t.Errorf("what is in several trees counts once: got %v", err)
		}
	}
	_, err := Kernel{}.image("/proc/self/exe", &job{Dir: "/"}, Command{Files: []string{dir}})
	if want := dir + " has more than 64 MiB, of which a guest of QEMU has a copy"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := (Kernel{}).image("/proc/self/exe", &job{Dir: "/"}, Command{Files: []string{dir + "/nosuch"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no such file", err)
	}
}

// A program comes with what it is linked to, a script with its interpreter.
func TestLinkedTo(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#! /bin/sh -e\nexit\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := linkedTo(script); err != nil || len(got) != 1 || got[0] != "/bin/sh" {
		t.Errorf("got %q, %v, want /bin/sh", got, err)
	}
	if err := os.WriteFile(script, []byte("text\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := linkedTo(script); err != nil || got != nil {
		t.Errorf("got %q, %v, want nothing", got, err)
	}
	var b bytes.Buffer
	c := copier{archive: newArchive(&b)}
	if err := errors.Join(c.addPrograms([]string{"sh"}), c.close()); err != nil {
		t.Fatal(err)
	}
	// Whatever sh is linked to here, nothing in the archive wants what is not there.
	_, got := unpack(t, b.Bytes())
	programs := 0
	for name, e := range got {
		if e.mode&unix.S_IFMT != unix.S_IFREG {
			continue
		}
		programs++
		needs, err := linkedTo("/" + name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, need := range needs {
			if _, ok := got[need[1:]]; !ok {
				t.Errorf("%s wants %s, which is not there", name, need)
			}
		}
	}
	if programs == 0 {
		t.Error("there is no sh")
	}
}
