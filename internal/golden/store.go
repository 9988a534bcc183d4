package golden

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	extension = ".golden"
	pending   = ".new" // behind the name: what a run has printed that was not as wanted
)

// Store is the golden files of one scenario file: NAME.golden, and variants such as NAME@6.1.golden with
// the sections for kernels that print something else.
type Store struct {
	Base string // with folder, without .golden
}

// At is the store of the golden file of that name.
func At(file string) Store { return Store{strings.TrimSuffix(file, extension)} }

// Path is the file for a kernel such as "6.1", the common one for "".
func (s Store) Path(kernel string) string {
	if kernel == "" {
		return s.Base + extension
	}
	return s.Base + "@" + kernel + extension
}

// Used is the file that counts on a kernel: its variant where there is one.
func (s Store) Used(kernel string) string {
	if kernel != "" {
		if _, err := os.Stat(s.Path(kernel)); err == nil {
			return s.Path(kernel)
		}
	}
	return s.Path("")
}

// Read returns the text of the file that counts on a kernel; there need not be one.
func (s Store) Read(kernel string) (text string, ok bool, err error) {
	b, err := os.ReadFile(s.Used(kernel))
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return string(b), err == nil, err
}

// Write replaces a file as a whole, or not at all.
func Write(file, text string) error {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Pending is the name under which what was printed is kept beside a golden file that wants something else.
func Pending(file string) string { return file + pending }

// Forget removes what is pending, if anything.
func Forget(file string) error {
	err := os.Remove(Pending(file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// IsVariant takes the name of a golden file apart: "x@6.1.golden" is of x and kernel 6.1.
func IsVariant(file string) (base, kernel string) {
	base = strings.TrimSuffix(file, extension)
	if i := strings.LastIndexByte(base, '@'); i > strings.LastIndexByte(base, '/') {
		return base[:i], base[i+1:]
	}
	return base, ""
}
