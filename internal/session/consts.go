package session

import "github.com/nlsh/nlsh/internal/schema"

// Constants are the numbers of all specs by their names in C. Where two specs
// have one name, the one loaded last counts.
type Constants struct {
	byName map[string]int64
	names  []string
	specs  int // how many specs they were made of
}

// Constants collects the constants, again when a spec was loaded since.
func (r *Registry) Constants() *Constants {
	specs := r.all()
	if r.consts != nil && r.consts.specs == len(specs) {
		return r.consts
	}
	c := &Constants{byName: map[string]int64{}, specs: len(specs)}
	for _, s := range specs {
		s.Constants(func(name string, v int64) {
			if _, dup := c.byName[name]; !dup {
				c.byName[name] = v
				c.names = append(c.names, name)
			}
		})
	}
	r.consts = c
	return c
}

// Lookup finds a constant.
func (c *Constants) Lookup(name string) (int64, bool) {
	v, ok := c.byName[name]
	return v, ok
}

// Names lists the names in the order of the specs.
func (c *Constants) Names() []string { return c.names }

// Suggest is a hint for a name that there is not, "" if none is alike.
func (c *Constants) Suggest(name string) string { return schema.Suggest(name, c.names) }
