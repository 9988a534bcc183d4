package schema

// Has reports whether a path of names leads anywhere from messages of the set. Their header may be any struct of the spec.
func (s *Spec) Has(set *Set, path []string) bool {
	if set == nil || len(path) == 0 {
		return false
	}
	if len(path) == 1 {
		for i := range s.Structs {
			if s.Structs[i].Find(path[0]) != nil {
				return true
			}
		}
		return set.Find(path[0]) != nil
	}
	a := set.Find(path[0])
	if a == nil {
		return false
	}
	for _, in := range s.Inside(Place{Attr: a}) {
		if len(path) == 2 && in.Header != nil && in.Header.Find(path[1]) != nil || s.Has(in.Set, path[1:]) {
			return true
		}
	}
	return false
}
