package ynl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nlsh/nlsh/internal/schema"
)

// Error is one fault of a spec file.
type Error struct {
	File   string
	Line   int
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason) }

// maxErrors is how many faults of a file are reported.
const maxErrors = 20

// source is a YAML file being read, with the faults found so far.
type source struct {
	file    string
	errs    []error
	foreign map[*yaml.Node]string // nodes that came from another file: an overlay
}

func (s *source) errorf(n *yaml.Node, format string, args ...any) {
	e := &Error{File: s.file, Reason: fmt.Sprintf(format, args...)}
	if n != nil {
		e.Line = n.Line
		if file := s.foreign[n]; file != "" {
			e.File = file
		}
	}
	for _, old := range s.errs {
		if *e == *old.(*Error) {
			return // a part that is read twice
		}
	}
	s.errs = append(s.errs, e)
}

// err is all faults, or the first few of very many.
func (s *source) err() error {
	if n := len(s.errs); n > maxErrors {
		more := fmt.Errorf("%s: %d more faults", s.file, n-maxErrors)
		return errors.Join(append(s.errs[:maxErrors:maxErrors], more)...)
	}
	return errors.Join(s.errs...)
}

// parse reads one YAML document and refuses aliases that contain themselves.
func (s *source) parse(data []byte, want string) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if err == io.EOF {
		s.errorf(&yaml.Node{Line: 1}, "got an empty file, want %s", want)
		return nil
	}
	if err == nil {
		if err = dec.Decode(&more); err == nil {
			s.errorf(&more, "got a second document, want one")
			return nil
		}
	}
	if err != io.EOF {
		s.notYAML(err)
		return nil
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		s.errorf(&doc, "got no mapping, want %s", want)
		return nil
	}
	if n := cyclic(&doc, map[*yaml.Node]int8{}); n != nil {
		s.errorf(n, "cycle: anchor %q contains itself", n.Value)
		return nil
	}
	return doc.Content[0]
}

// notYAML gives the parser's complaint the form of all the others.
func (s *source) notYAML(err error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		_, text, _ = strings.Cut(text, ": ")
	}
	s.errorf(&yaml.Node{Line: line}, "not YAML: %s", text)
}

// cyclic returns an alias that leads back to a node around it.
func cyclic(n *yaml.Node, state map[*yaml.Node]int8) *yaml.Node {
	const inside, done = 1, 2
	switch state[n] {
	case inside:
		return n
	case done:
		return nil
	}
	state[n] = inside
	if n.Kind == yaml.AliasNode {
		if state[n.Alias] == inside || cyclic(n.Alias, state) != nil {
			return n
		}
	}
	for _, c := range n.Content {
		if bad := cyclic(c, state); bad != nil {
			return bad
		}
	}
	state[n] = done
	return nil
}

func deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// get is the value of a key, nil if the key is absent or its value is null.
func get(n *yaml.Node, key string) *yaml.Node {
	n = deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			v := deref(n.Content[i+1])
			if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
				return nil
			}
			return v
		}
	}
	return nil
}

// check refuses keys that are not allowed, and keys that come twice.
func (s *source) check(n *yaml.Node, what string, allowed string) bool {
	n = deref(n)
	if n == nil || n.Kind != yaml.MappingNode {
		s.errorf(n, "%s: want a mapping", what)
		return false
	}
	words := strings.Fields(allowed)
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if seen[key] {
			s.errorf(n.Content[i], "%s: key %q comes twice", what, key)
		}
		seen[key] = true
		if !contains(words, key) {
			s.errorf(n.Content[i], "%s: unknown key %q%s", what, key, suffix(schema.Suggest(key, words)))
		}
	}
	return true
}

func suffix(hint string) string {
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// str is a scalar's text, "" if absent.
func (s *source) str(n *yaml.Node, key string) string {
	v := get(n, key)
	if v == nil {
		return ""
	}
	if v.Kind != yaml.ScalarNode {
		s.errorf(v, "%s: want a text", key)
		return ""
	}
	return v.Value
}

// must is a scalar's text, and a fault if absent.
func (s *source) must(n *yaml.Node, what, key string) string {
	v := s.str(n, key)
	if v == "" {
		s.errorf(n, "%s: %s is missing", what, key)
	}
	return v
}

// num is an integer; ok is false if the key is absent.
func (s *source) num(n *yaml.Node, key string) (v int64, ok bool) {
	node := get(n, key)
	if node == nil {
		return 0, false
	}
	v, err := parseInt(node.Value)
	if node.Kind != yaml.ScalarNode || err != nil {
		s.errorf(node, "%s: got %q, want an integer", key, node.Value)
		return 0, false
	}
	return v, true
}

// numIn is an integer in a range.
func (s *source) numIn(n *yaml.Node, key string, low, high int64) (v int64, ok bool) {
	v, ok = s.num(n, key)
	if ok && (v < low || v > high) {
		s.errorf(get(n, key), "%s: got %d, want %d to %d", key, v, low, high)
		return low, true
	}
	return v, ok
}

func parseInt(text string) (int64, error) {
	if v, err := strconv.ParseInt(text, 0, 64); err == nil {
		return v, nil
	}
	u, err := strconv.ParseUint(text, 0, 64)
	return int64(u), err
}

func (s *source) bool(n *yaml.Node, key string) bool {
	v := get(n, key)
	if v == nil {
		return false
	}
	if v.Value != "true" && v.Value != "false" {
		s.errorf(v, "%s: got %q, want true or false", key, v.Value)
	}
	return v.Value == "true"
}

// list is the elements of a sequence.
func (s *source) list(n *yaml.Node, key string) []*yaml.Node {
	v := get(n, key)
	if v == nil {
		return nil
	}
	if v.Kind != yaml.SequenceNode {
		s.errorf(v, "%s: want a list", key)
		return nil
	}
	out := make([]*yaml.Node, len(v.Content))
	for i, c := range v.Content {
		out[i] = deref(c)
	}
	return out
}

// strings is a list of texts.
func (s *source) strings(n *yaml.Node, key string) []string {
	var out []string
	for _, e := range s.list(n, key) {
		if e.Kind != yaml.ScalarNode {
			s.errorf(e, "%s: want texts", key)
			continue
		}
		out = append(out, e.Value)
	}
	return out
}

// oneLine folds a doc into one line of text.
func oneLine(doc string) string { return strings.Join(strings.Fields(doc), " ") }
