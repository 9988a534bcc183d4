package guest

import (
	"bufio"
	"debug/elf"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// libraryFolders are where the linkers of the distributions look by themselves.
var libraryFolders = [...]string{"/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib", "/usr/local/lib"}

// addPrograms adds programs of the host, with what they are linked to. One that is not there, the guest lacks as well.
func (c *copier) addPrograms(names []string) error {
	for _, name := range names {
		file, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if file, err = filepath.Abs(file); err == nil {
			err = c.linked(file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// linked adds a program or a library, and what that needs.
func (c *copier) linked(file string) error {
	if c.has(file) {
		return nil
	}
	if err := c.one(file, file, file); err != nil {
		return err
	}
	return c.addNeeds(file)
}

// addNeeds adds what a program or a library needs.
func (c *copier) addNeeds(file string) error {
	needs, err := linkedTo(file)
	for _, need := range needs {
		if err == nil {
			err = c.linked(need)
		}
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // the program will say so
	}
	return err
}

// linkedTo lists the files without which a program does not start: interpreter and libraries.
func linkedTo(file string) (needs []string, err error) {
	f, err := elf.Open(file)
	var other *elf.FormatError
	if errors.As(err, &other) || errors.Is(err, io.EOF) {
		return interpreter(file)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			text := make([]byte, p.Filesz)
			if _, err := p.ReadAt(text, 0); err == nil {
				needs = append(needs, strings.TrimRight(string(text), "\x00"))
			}
		}
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return needs, nil // it has no dynamic section
	}
	for _, name := range libraries {
		for _, dir := range libraryFolders {
			at := filepath.Join(dir, name)
			if _, err := os.Stat(at); err == nil {
				needs = append(needs, at)
				break
			}
		}
	}
	return needs, nil
}

// interpreter is what runs a script.
func interpreter(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	line, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n') // what is longer the kernel refuses as well
	text, ok := strings.CutPrefix(string(line), "#!")
	words := strings.Fields(text)
	if !ok || len(words) == 0 {
		return nil, nil
	}
	return words[:1], nil
}
