package guest

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ulikunitz/xz"
)

// modules are those of a kernel: what depmod(8) finds out about them, in modules.dep and modules.alias. Names have _ where files may have -.
type modules struct {
	files   map[string]string   // of a name, below the folder
	needs   map[string][]string // of a name, the names that it needs, those that must be there first last
	aliases []alias
}

// alias is another name of a module, with the wildcards of fnmatch(3).
type alias struct{ pattern, name string }

// moduleName is the name of the module in a file, "" if it has none.
func moduleName(file string) string {
	name, packed, ok := strings.Cut(path.Base(file), ".ko")
	if !ok || packed != "" && packed[0] != '.' {
		return ""
	}
	return plainName(name)
}

func plainName(name string) string { return strings.ReplaceAll(name, "-", "_") }

// readModules reads what depmod has written. In a package of a kernel that nobody has installed it has not been there; then the modules
// themselves are asked.
func readModules(dir string, wanted func(file string) bool) (*modules, error) {
	dep, err := os.ReadFile(filepath.Join(dir, "modules.dep"))
	if errors.Is(err, fs.ErrNotExist) {
		return scanModules(dir, wanted)
	}
	if err != nil {
		return nil, err
	}
	aliases, err := os.ReadFile(filepath.Join(dir, "modules.alias"))
	if err != nil {
		return nil, err
	}
	return parseModules(string(dep), string(aliases)).only(wanted), nil
}

// parseModules reads the text of modules.dep and modules.alias.
func parseModules(dep, aliases string) *modules {
	m := &modules{files: map[string]string{}, needs: map[string][]string{}}
	for line := range strings.Lines(dep) {
		file, needs, ok := strings.Cut(strings.TrimSpace(line), ":")
		name := moduleName(file)
		if !ok || name == "" {
			continue
		}
		m.files[name] = file
		for _, need := range strings.Fields(needs) {
			m.needs[name] = append(m.needs[name], moduleName(need))
		}
	}
	for line := range strings.Lines(aliases) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "alias" {
			m.aliases = append(m.aliases, alias{plainName(words[1]), plainName(words[2])})
		}
	}
	return m
}

// text is what parseModules reads.
func (m *modules) text() (dep, aliases string) {
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		dep += m.files[name] + ":"
		for _, need := range m.needs[name] {
			dep += " " + m.files[need]
		}
		dep += "\n"
	}
	var b strings.Builder
	for _, a := range m.aliases {
		fmt.Fprintf(&b, "alias %s %s\n", a.pattern, a.name)
	}
	return dep, b.String()
}

// scanModules asks the modules that are wanted, and those that they need, what depmod would.
func scanModules(dir string, wanted func(file string) bool) (*modules, error) {
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if name := moduleName(file); name != "" {
			all[name], err = filepath.Rel(dir, file)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	m := &modules{files: map[string]string{}, needs: map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if wanted(all[name]) {
			if err := m.ask(dir, all, name); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// ask reads what a module says of itself, and of what it needs: all of that, in the order of modules.dep.
func (m *modules) ask(dir string, all map[string]string, name string) error {
	if m.files[name] != "" {
		return nil
	}
	m.files[name] = all[name]
	said, err := moduleInfo(filepath.Join(dir, all[name]))
	if err != nil {
		return err
	}
	var needs []string
	for _, line := range said {
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "alias":
			m.aliases = append(m.aliases, alias{plainName(value), name})
		case "depends":
			for need := range strings.SplitSeq(value, ",") {
				if need = plainName(need); all[need] != "" { // else it is built in
					needs = append(needs, need)
				}
			}
		}
	}
	for _, need := range needs {
		if err := m.ask(dir, all, need); err != nil {
			return err
		}
	}
	// What several need comes once, behind all of these: it must be there first.
	var order []string
	for _, need := range needs {
		for _, n := range append([]string{need}, m.needs[need]...) {
			order = append(slices.DeleteFunc(order, func(have string) bool { return have == n }), n)
		}
	}
	m.needs[name] = order
	return nil
}

// moduleInfo are the texts of a module's section .modinfo.
func moduleInfo(file string) ([]string, error) {
	image, err := unpackModule(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w, and there is no modules.dep (make it: depmod -b DIR RELEASE, of package kmod, where DIR is what lib/modules/RELEASE is in)", file, err)
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, nil // it says nothing
	}
	data, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var said []string
	for text := range bytes.SplitSeq(data, []byte{0}) {
		said = append(said, string(text))
	}
	return said, nil
}

// maxModule is longer than any module is.
const maxModule = 64 << 20

// unpackModule reads a module.
func unpackModule(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	switch ext := path.Ext(file); ext {
	case ".ko":
		return b, nil
	case ".xz":
		r, err := xz.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("no xz stream: %w", err)
		}
		return io.ReadAll(io.LimitReader(r, maxModule))
	case ".gz":
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(r, maxModule))
	default:
		return nil, fmt.Errorf("nlsh cannot unpack %s", ext)
	}
}

// only keeps the modules that are wanted, and those that they need.
func (m *modules) only(wanted func(file string) bool) *modules {
	kept := &modules{files: map[string]string{}, needs: map[string][]string{}}
	for name, file := range m.files {
		if !wanted(file) {
			continue
		}
		for _, n := range append([]string{name}, m.needs[name]...) {
			kept.files[n], kept.needs[n] = m.files[n], m.needs[n]
		}
	}
	for _, a := range m.aliases {
		if kept.files[a.name] != "" {
			kept.aliases = append(kept.aliases, a)
		}
	}
	return kept
}

// find lists the modules that a name stands for.
func (m *modules) find(name string) []string {
	name = plainName(name)
	if m.files[name] != "" {
		return []string{name}
	}
	var found []string
	for _, a := range m.aliases {
		// A pattern that makes no sense matches nothing.
		if ok, err := path.Match(a.pattern, name); ok && err == nil && !slices.Contains(found, a.name) {
			found = append(found, a.name)
		}
	}
	return found
}

// forNetwork says whether a guest may want a module: what has to do with networks and no hardware, what that is made of, and what does not
// come with the kernel, since somebody wants to try it.
func forNetwork(file string) bool {
	if strings.HasPrefix(file, "kernel/drivers/net/") {
		rest := strings.TrimPrefix(file, "kernel/drivers/net/")
		dir, _, _ := strings.Cut(rest, "/")
		return !slices.Contains([]string{"arcnet", "ethernet", "fddi", "fjes", "ieee802154", "mdio", "pcs", "phy", "usb", "wan", "wireless", "wwan"}, dir) ||
			strings.HasPrefix(rest, "wireless/virtual/") || strings.Contains(rest, "_hwsim.ko")
	}
	for _, dir := range []string{"kernel/net/", "kernel/crypto/", "kernel/lib/", "kernel/arch/", "kernel/drivers/connector/"} {
		if strings.HasPrefix(file, dir) {
			return !strings.Contains(file, "/kvm/")
		}
	}
	return !strings.HasPrefix(file, "kernel/")
}
