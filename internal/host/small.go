package host

import "go.starlark.net/starlark"

// Small says whether a value has at most so many elements, those of its elements and the bytes of texts counted: whether it can be written out where nobody
// has asked for all of it. What is no list, dict or struct counts as what it says of itself.
func Small(v starlark.Value, most int) bool { return room(v, most) >= 0 }

// room is what is left of so many elements behind a value, negative if it has more. It ends for values that hold themselves too.
func room(v starlark.Value, left int) int {
	left -= 1 + max(0, starlark.Len(v))
	switch v := v.(type) {
	case *starlark.List, starlark.Tuple:
		list := v.(starlark.Indexable)
		for i := 0; left >= 0 && i < list.Len(); i++ {
			left = room(list.Index(i), left)
		}
	case *starlark.Dict:
		if left >= 0 {
			for _, item := range v.Items() {
				if left = room(item, left); left < 0 {
					break
				}
			}
		}
	case starlark.HasAttrs:
		if v.Type() != "struct" {
			return left
		}
		for _, name := range v.AttrNames() {
			field, err := v.Attr(name)
			if left < 0 || err != nil {
				break
			}
			left = room(field, left)
		}
	}
	return left
}
