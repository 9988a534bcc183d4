package lint

import (
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/schema"
)

// opens is the name of the family that an expression opens, nl.open("route").
func opens(e syntax.Expr) string {
	call, ok := unparen(e).(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return ""
	}
	if dot, ok := unparen(call.Fn).(*syntax.DotExpr); !ok || dot.Name.Name != "open" || !predeclared(dot.X, "nl") {
		return ""
	}
	name, _ := stringOf(call.Args[0])
	return name
}

// family is the name of the family that an expression is, "" where that is
// not known: nl.open(NAME) itself, or a variable that is never anything else.
func (k *checker) family(e syntax.Expr) string {
	if k.loadsSpecs {
		return ""
	}
	if name := opens(e); name != "" {
		return name
	}
	id, ok := unparen(e).(*syntax.Ident)
	if !ok {
		return ""
	}
	b := k.binding(id)
	if b == nil || len(b.values) == 0 || len(b.values) != b.targets {
		return ""
	}
	name := opens(b.values[0])
	for _, v := range b.values[1:] {
		if opens(v) != name {
			return ""
		}
	}
	return name
}

// member looks at X.NAME: of a module, or of a family.
func (k *checker) member(dot *syntax.DotExpr) {
	name := dot.Name.Name
	if id, ok := unparen(dot.X).(*syntax.Ident); ok && k.Members[id.Name] != nil && predeclared(id, id.Name) {
		// Constants have the kernel's names, and are not listed.
		if members := k.Members[id.Name]; !slices.Contains(members, name) && name != strings.ToUpper(name) {
			k.report(dot.Name.NamePos, RuleKeyword, "%s has no %q%s", id.Name, name, k.hintMember(id.Name, name, members))
		}
		return
	}
	if inner, ok := unparen(dot.X).(*syntax.DotExpr); ok && k.isOperation(inner) && !slices.Contains(k.OperationAttrs, name) {
		k.report(dot.Name.NamePos, RuleOperation, "operation %s has no %q%s", inner.Name.Name, name, hint(name, k.OperationAttrs))
	}
	family := k.family(dot.X)
	if family == "" || slices.Contains(k.FamilyAttrs, name) {
		return
	}
	specs, err := k.Specs(family)
	if err != nil {
		return // a spec that is found when the script runs
	}
	known := slices.Clone(k.FamilyAttrs)
	for _, s := range specs {
		if s.FindOp(name) != nil {
			return
		}
		for i := range s.Ops {
			known = append(known, s.Ops[i].Key)
		}
	}
	k.report(dot.Name.NamePos, RuleOperation, "family %s has no %q%s", family, name, hint(name, known))
}

// hintMember says what may have been meant by a member that a module lacks.
func (k *checker) hintMember(module, name string, members []string) string {
	if k.Meant != nil {
		if h := k.Meant(module + "." + name); h != "" {
			return " (" + h + ")"
		}
	}
	return hint(name, members)
}

// isOperation reports whether an expression is FAMILY.OPERATION.
func (k *checker) isOperation(dot *syntax.DotExpr) bool {
	family := k.family(dot.X)
	if family == "" {
		return false
	}
	specs, err := k.Specs(family)
	return err == nil && slices.ContainsFunc(specs, func(s *schema.Spec) bool { return s.FindOp(dot.Name.Name) != nil })
}

// call looks at a call of a builtin, or of an operation.
func (k *checker) call(call *syntax.CallExpr) {
	dot, ok := unparen(call.Fn).(*syntax.DotExpr)
	if !ok {
		if id, isName := unparen(call.Fn).(*syntax.Ident); isName && predeclared(id, id.Name) {
			k.keywords(call, id.Name)
		}
		return
	}
	if id, isName := unparen(dot.X).(*syntax.Ident); isName && predeclared(id, id.Name) {
		k.keywords(call, id.Name+"."+dot.Name.Name)
		return
	}
	form := ""
	if inner, ok := unparen(dot.X).(*syntax.DotExpr); ok && slices.Contains(k.OperationAttrs, dot.Name.Name) {
		form, dot = dot.Name.Name, inner
	}
	family := k.family(dot.X)
	if family == "" {
		return
	}
	specs, err := k.Specs(family)
	if err != nil {
		return
	}
	for _, s := range specs {
		if op := s.FindOp(dot.Name.Name); op != nil {
			k.operation(call, s, op, form)
			return
		}
	}
}

// keywords holds the keywords of a call against the parameters of a builtin.
func (k *checker) keywords(call *syntax.CallExpr, name string) {
	params, ok := k.Params[name]
	if !ok || slices.ContainsFunc(params, func(p string) bool { return strings.HasPrefix(p, "*") }) {
		return
	}
	for _, a := range call.Args {
		if kw, id := keyword(a); kw != nil && !slices.Contains(params, id.Name) {
			k.report(id.NamePos, RuleKeyword, "%s has no parameter %q%s", name, id.Name, hint(id.Name, params))
		}
	}
}

// keyword is an argument NAME = VALUE and its name, nil for others.
func keyword(a syntax.Expr) (*syntax.BinaryExpr, *syntax.Ident) {
	if b, ok := a.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
		if id, ok := b.X.(*syntax.Ident); ok {
			return b, id
		}
	}
	return nil, nil
}

// modeOf is the mode that a form of an operation uses, nil if the operation
// does not have it.
func modeOf(op *schema.Op, form string) *schema.Mode {
	var mode *schema.Mode
	switch form {
	case "":
		mode = &op.Do
	case "dump", "stream":
		mode = &op.Dump
	case "msg":
		if mode = &op.Do; !mode.Has {
			mode = &op.Dump
		}
	}
	if mode == nil || !mode.Has || mode.Request < 0 {
		return nil
	}
	return mode
}

// operation encodes what is written out of a request, as the call would, and
// reports what is refused.
func (k *checker) operation(call *syntax.CallExpr, s *schema.Spec, op *schema.Op, form string) {
	mode := modeOf(op, form)
	if mode == nil {
		return
	}
	whole := true
	var fields []schema.Field
	var places []place
	add := func(name string, at syntax.Position, value syntax.Expr) {
		v, all, ok := constant(value)
		whole = whole && ok && all
		if !ok {
			v = schema.Value{} // None leaves a field out; its name is checked all the same
		}
		fields = append(fields, schema.Field{Name: name, Val: v})
		places = append(places, place{name, at, value})
	}
	for _, a := range call.Args {
		kw, id := keyword(a)
		if kw == nil {
			if dict, ok := unparen(a).(*syntax.DictExpr); ok {
				eachEntry(dict, add)
			}
			whole = false // **kwargs, or a variable
			continue
		}
		if check, isControl := k.Control[id.Name]; isControl {
			k.control(kw.Y, check)
			continue
		}
		add(id.Name, id.NamePos, kw.Y)
	}
	for len(fields) > 0 {
		se := encode(s, op, mode, fields, whole)
		if se == nil {
			return
		}
		i, at := locate(places, se)
		if i < 0 {
			start, _ := call.Span()
			k.report(start, RuleField, "%s.%s: %s", s.Name, op.Key, se)
			return
		}
		k.report(at, RuleField, "%s.%s: %s", s.Name, op.Key, se)
		fields, places, whole = slices.Delete(fields, i, i+1), slices.Delete(places, i, i+1), false
	}
}

// place is a field of a call: where its name is, and its value.
type place struct {
	name  string
	at    syntax.Position
	value syntax.Expr
}

func eachEntry(dict *syntax.DictExpr, fn func(name string, at syntax.Position, value syntax.Expr)) {
	for _, e := range dict.List {
		entry := e.(*syntax.DictEntry)
		if name, ok := stringOf(entry.Key); ok {
			start, _ := entry.Key.Span()
			fn(name, start, entry.Value)
		}
	}
}

// locate finds the field that an error is about, and the deepest name that its
// path leads to.
func locate(places []place, se *schema.Error) (int, syntax.Position) {
	path := strings.FieldsFunc(se.Path, func(r rune) bool { return r == '.' })
	if name, ok := strings.CutPrefix(se.Got, "unknown name "); ok {
		path = append(path, strings.Trim(name, `"`))
	}
	if len(path) == 0 {
		return -1, syntax.Position{}
	}
	i := slices.IndexFunc(places, func(p place) bool { return named(p.name, path[0]) })
	if i < 0 {
		return -1, syntax.Position{}
	}
	at := places[i].at
	value := places[i].value
	for _, name := range path[1:] {
		dict, ok := unparen(value).(*syntax.DictExpr)
		if !ok {
			break
		}
		found := false
		eachEntry(dict, func(n string, where syntax.Position, v syntax.Expr) {
			if !found && named(n, name) {
				found, at, value = true, where, v
			}
		})
		if !found {
			break
		}
	}
	return i, at
}

// named reports whether name, as given, is what a path calls step: the same, or
// without a struct's common prefix, and without an index.
func named(name, step string) bool {
	step, _, _ = strings.Cut(step, "[")
	return schema.Key(name) == schema.Key(step) || strings.HasSuffix(step, "_"+name)
}

// control checks the texts in one of the keywords that every call takes.
func (k *checker) control(e syntax.Expr, check func(string) error) {
	if check == nil {
		return
	}
	list := []syntax.Expr{e}
	switch e := unparen(e).(type) {
	case *syntax.ListExpr:
		list = e.List
	case *syntax.TupleExpr:
		list = e.List
	}
	for _, e := range list {
		if text, ok := stringOf(e); ok {
			for _, part := range strings.Split(text, "|") {
				if err := check(part); err != nil {
					start, _ := e.Span()
					k.report(start, RuleField, "%s", err)
				}
			}
		}
	}
}
