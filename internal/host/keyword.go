package host

import (
	"regexp"
	"slices"

	"go.starlark.net/syntax"
)

var strangeKeyword = regexp.MustCompile(`^function (\w+) got an unexpected keyword argument "(\w+)"$`)

// keywordHint says which parameter of a function was meant by one that it does not have. The interpreter, which refuses it, says nothing of
// the others; the text of the function in file does.
func (h *Host) keywordHint(msg, file string) string {
	m := strangeKeyword.FindStringSubmatch(msg)
	if m == nil || h == nil {
		return ""
	}
	h.mu.Lock()
	texts := slices.Clone(h.texts[file])
	h.mu.Unlock()
	slices.Reverse(texts)
	for _, text := range texts {
		if names := paramsOf(file, text, m[1]); names != nil {
			if name := nearest(m[2], names); name != "" {
				return didYouMean(name)
			}
			return ""
		}
	}
	return ""
}

// paramsOf are the names of the parameters of the last function of that name in a text, nil if there is none.
func paramsOf(file string, text []byte, name string) (names []string) {
	parsed, err := Parse(Source{Name: file, Text: text})
	if err != nil {
		return nil
	}
	syntax.Walk(parsed, func(n syntax.Node) bool {
		def, ok := n.(*syntax.DefStmt)
		if !ok || def.Name.Name != name {
			return true
		}
		names = []string{}
		for _, p := range def.Params {
			if set, ok := p.(*syntax.BinaryExpr); ok {
				p = set.X
			}
			if id, ok := p.(*syntax.Ident); ok {
				names = append(names, id.Name)
			}
		}
		return true
	})
	return names
}
