package session

import "github.com/nlsh/nlsh/internal/schema"

// Specs finds the specs that a name stands for, as Open does, and asks no
// kernel: one spec, or all those of a raw protocol.
func (r *Registry) Specs(name string) ([]*schema.Spec, error) {
	f := &Family{Name: name, reg: r}
	if err := f.identify(name); err != nil {
		return nil, err
	}
	return f.Specs, nil
}

// Core is the spec of netlink itself, nil if the program has none.
func (r *Registry) Core() *schema.Spec { return r.core }

// Loaded lists the specs that are in memory. Those in folders are not until they are asked for.
func (r *Registry) Loaded() []*schema.Spec {
	var list []*schema.Spec
	for _, s := range r.all() {
		if s != r.core && s.Name != coreName {
			list = append(list, s)
		}
	}
	return list
}
