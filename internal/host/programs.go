package host

import (
	"bytes"
	"sync"

	"go.starlark.net/starlark"
)

// Programs keeps what was compiled, for hosts that come one after the other and run the same files: scenarios. All must
// have the same predeclared names, which are resolved when a file is compiled. The zero Programs is empty.
type Programs struct {
	mu   sync.Mutex
	kept map[programKey]*compiled
}

// programKey has the name too, since positions have.
type programKey struct{ name, path string }

// compiled is a program as it can be run any number of times.
type compiled struct {
	text []byte
	prog *starlark.Program
	doc  string
}

// compiled parses and resolves a file, unless it has not changed since that was done.
func (h *Host) compiled(src Source) (*compiled, error) {
	if c := h.kept.get(src); c != nil {
		return c, nil
	}
	file, err := Parse(src)
	if err != nil {
		return nil, err
	}
	c := &compiled{text: src.Text, doc: docOf(file)}
	if c.prog, err = h.compile(file); err != nil {
		return nil, err
	}
	h.kept.put(src, c)
	return c, nil
}

func (p *Programs) get(src Source) *compiled {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.kept[programKey{src.Name, src.Path}]; c != nil && bytes.Equal(c.text, src.Text) {
		return c
	}
	return nil
}

func (p *Programs) put(src Source, c *compiled) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[programKey]*compiled{}
	}
	p.kept[programKey{src.Name, src.Path}] = c
}
