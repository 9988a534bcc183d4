package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"go.starlark.net/starlark"
)

// stdPrefix begins the names of the modules inside the binary.
const stdPrefix = "@std//"

// modules are the loaded modules of a host by canonical path.
type modules struct {
	mu     sync.Mutex
	byPath map[string]*module
}

// A module is a file that is being run or has been run.
type module struct {
	src    Source
	loader *module // the file that loads it first; nil for a script

	waitsOn *module       // what it loads right now; guarded by modules.mu
	done    chan struct{} // closed when globals and err are final
	globals starlark.StringDict
	err     error
}

// load is the load of every thread.
func (h *Host) load(thread *starlark.Thread, name string) (starlark.StringDict, error) {
	s := stateOf(thread)
	path, err := h.canonical(s.unit, name)
	if err != nil {
		return nil, err
	}
	m, found, err := h.modules.enter(path, h.display(path), s.unit)
	if err != nil {
		return nil, err
	}
	defer h.modules.leave(s.unit)
	if found {
		err = m.wait(thread)
	} else {
		err = h.runModule(thread, m, name)
	}
	if err != nil {
		return nil, err
	}
	return m.globals, nil
}

// enter finds or makes the module, and notes that unit waits for it. A module that
// waits for unit already is a cycle, also where another task runs a part of it.
func (ms *modules) enter(path, display string, unit *module) (m *module, found bool, err error) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	m, found = ms.byPath[path]
	if !found {
		m = &module{src: Source{Name: display, Path: path}, loader: unit, done: make(chan struct{})}
	}
	for e := m; e != nil; e = e.waitsOn {
		if chain := unit.chainTo(e.src.Path); chain != "" {
			return nil, false, fmt.Errorf("load cycle: %s -> %s", chain, e.src.Name)
		}
	}
	if !found {
		if ms.byPath == nil {
			ms.byPath = make(map[string]*module)
		}
		ms.byPath[path] = m
	}
	if unit != nil {
		unit.waitsOn = m
	}
	return m, found, nil
}

func (ms *modules) leave(unit *module) {
	if unit != nil {
		ms.mu.Lock()
		unit.waitsOn = nil
		ms.mu.Unlock()
	}
}

// Forget drops the modules that were loaded from files, so that the next load reads them again. What was loaded stays as it is.
func (h *Host) Forget() {
	h.modules.mu.Lock()
	defer h.modules.mu.Unlock()
	for path, m := range h.modules.byPath {
		select {
		case <-m.done:
			if !strings.HasPrefix(path, stdPrefix) {
				delete(h.modules.byPath, path)
			}
		default: // a task is at it
		}
	}
}

// chainTo returns "a -> b" where a is path and b is m, or "" when no loader of m is path.
func (m *module) chainTo(path string) string {
	chain := ""
	for ; m != nil; m = m.loader {
		if chain = m.src.Name + chain; m.src.Path == path {
			return chain
		}
		chain = " -> " + chain
	}
	return ""
}

// wait waits for a module that another task is running.
func (m *module) wait(thread *starlark.Thread) error {
	select {
	case <-m.done:
		return m.err
	default:
	}
	ctx := Context(thread)
	return Blocking(thread, func() error {
		select {
		case <-m.done:
			return m.err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// runModule runs a module and freezes it. One that fails is forgotten, so that the REPL can
// load it again. What a module opens lives as long as the module: it belongs to the root owner.
func (h *Host) runModule(thread *starlark.Thread, m *module, name string) error {
	s := stateOf(thread)
	outer := s.owner
	s.owner = outer.Root()
	finished := false // false after a panic
	defer func() {
		s.owner = outer
		if !finished {
			m.err = errors.New("the module was not finished")
		}
		if m.err != nil {
			h.modules.mu.Lock()
			delete(h.modules.byPath, m.src.Path)
			h.modules.mu.Unlock()
		}
		close(m.done)
	}()
	m.globals, m.err = h.execModule(thread, m, name)
	m.globals.Freeze()
	m.err = settle(thread, m.err)
	finished = true
	return m.err
}

// execModule reads and runs a module. What is wrong inside it is a *loadError.
func (h *Host) execModule(thread *starlark.Thread, m *module, name string) (_ starlark.StringDict, err error) {
	text, err := h.readModule(m.src.Path, name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = &loadError{err: err}
		}
	}()
	if m.src, err = NewSource(m.src.Name, m.src.Path, text); err != nil {
		return nil, err
	}
	h.remember(m.src)
	c, err := h.compiled(m.src)
	if err != nil {
		return nil, err
	}
	return h.execProgram(thread, c.prog, m)
}

// canonical turns the name in a load statement of unit into the one path of that module.
func (h *Host) canonical(unit *module, name string) (string, error) {
	inStd := unit != nil && strings.HasPrefix(unit.src.Path, stdPrefix)
	rest, isStd := strings.CutPrefix(name, stdPrefix)
	switch {
	case name == "":
		return "", errors.New("the name of the module is empty")
	case isStd:
		return stdPath(rest)
	case strings.HasPrefix(name, "@"), strings.HasPrefix(name, "//"):
		return "", fmt.Errorf(`want "@std//NAME.star", or the path of a file, like "./NAME.star"`)
	case inStd:
		return stdPath(path.Join(path.Dir(strings.TrimPrefix(unit.src.Path, stdPrefix)), name))
	}
	file := name
	if !filepath.IsAbs(name) {
		dir := h.cwd
		if unit != nil && unit.src.Path != "" {
			dir = filepath.Dir(unit.src.Path)
		}
		file = filepath.Join(dir, name)
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		return real, nil
	}
	return file, nil // reading it says what is wrong
}

func stdPath(rest string) (string, error) {
	if rest = path.Clean(rest); !fs.ValidPath(rest) {
		return "", errors.New("the path leaves @std")
	}
	return stdPrefix + rest, nil
}

// display returns the shorter of an absolute path and the same seen from the working directory.
func (h *Host) display(path string) string {
	if strings.HasPrefix(path, stdPrefix) {
		return path
	}
	cwd, err := filepath.EvalSymlinks(h.cwd)
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(cwd, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}

// readModule reads a module; name is what the load statement says.
func (h *Host) readModule(file, name string) ([]byte, error) {
	std, isStd := strings.CutPrefix(file, stdPrefix)
	if isStd {
		if h.std != nil {
			if text, err := fs.ReadFile(h.std, std); err == nil {
				return text, nil
			}
		}
		return nil, fmt.Errorf("no such module%s", h.stdHint(std))
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no such file: looked for %s%s", file, h.fileHint(file, name))
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s %w", file, errIsDir)
	}
	return readBounded(file)
}
