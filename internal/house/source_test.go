package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exception allows one function of one folder what others may not do.
type exception struct{ dir, in, call, why string }

// exceptions to TestNeverInProduction. A row that allows nothing fails, so the table stays true.
var exceptions = []exception{
	{"internal/schema", "Of", "panic", "its arguments are literals of this program: a wrong type is a defect, found by any test"},
	{"internal/netns", "Do", "os.Exit", "the main thread is in the wrong namespace: everything after would do damage there"},
	{"internal/netns", "Do", "panic", "goes on with a panic of the caller's function when the thread cannot come back"},
	{"internal/host", "stateOf", "panic", "a builtin was called on a thread that no Host made: a defect of the caller"},
	{"internal/specgen", "main", "os.Exit", "a command, run by go generate"},
	{"internal/docgen", "main", "os.Exit", "a command, run by go generate"},
}

// never lists calls that code outside cmd/ and tests does not make, and what it does instead.
var never = map[string]string{
	"panic":       "return an error; input never panics",
	"os.Exit":     "return an error: only cmd/nlsh ends the process",
	"log.Fatal":   "return an error: only cmd/nlsh ends the process",
	"log.Fatalf":  "return an error: only cmd/nlsh ends the process",
	"log.Fatalln": "return an error: only cmd/nlsh ends the process",
	"fmt.Print":   "write to the io.Writer that the caller handed down",
	"fmt.Printf":  "write to the io.Writer that the caller handed down",
	"fmt.Println": "write to the io.Writer that the caller handed down",
	"print":       "write to the io.Writer that the caller handed down",
	"println":     "write to the io.Writer that the caller handed down",
}

func TestNeverInProduction(t *testing.T) {
	used := map[exception]bool{}
	for _, s := range sources(t) {
		if !s.production() || strings.HasPrefix(s.dir, "cmd/") {
			continue
		}
		s.each(func(in string, n ast.Node) {
			call := callee(n)
			instead, bad := never[call]
			if !bad {
				return
			}
			for _, e := range exceptions {
				if e.dir == s.dir && e.in == in && e.call == call {
					used[e] = true
					return
				}
			}
			t.Errorf("%s: %s calls %s: %s (or give the reason in exceptions, internal/house/source_test.go)", s.at(n), in, call, instead)
		})
	}
	for _, e := range exceptions {
		if !used[e] {
			t.Errorf("internal/house/source_test.go: exceptions: %s.%s no longer calls %s: remove the row", e.dir, e.in, e.call)
		}
	}
}

// Adding to the names that every Starlark program sees is global state of somebody else's package.
func TestStarlarkUniverseIsLeftAlone(t *testing.T) {
	for _, s := range sources(t) {
		s.each(func(_ string, n ast.Node) {
			assign, ok := n.(*ast.AssignStmt)
			if !ok {
				return
			}
			for _, l := range assign.Lhs {
				if ix, ok := l.(*ast.IndexExpr); ok {
					if sel, ok := ix.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "Universe" {
						t.Errorf("%s: writes to starlark.Universe: put the name into the globals that cmd/nlsh hands to the host", s.at(n))
					}
				}
			}
		})
	}
}

// kernelNames are prefixes of names that belong into specs/ as data.
var kernelNames = regexp.MustCompile(`\b(IFLA|IFA|RTA|NDA|FRA|NHA|TCA|CTRL_ATTR)_[A-Z]`)

func TestNoProtocolNamesInCode(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() || s.dir == "specs" {
			continue
		}
		s.each(func(_ string, n ast.Node) {
			name := ""
			switch n := n.(type) {
			case *ast.Ident:
				name = n.Name
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					name = n.Value
				}
			}
			if m := kernelNames.FindString(name); m != "" {
				t.Errorf("%s: %s: protocol facts are rows in specs/*.yaml, code knows only kinds; find it by the schema", s.at(n), name)
			}
		})
	}
}

// Waiting for a while is a race that is lost on a slow machine, and a skip without a reason
// hides a test for ever.
func TestTestsWaitAndSkipForReasons(t *testing.T) {
	for _, s := range sources(t) {
		if s.production() {
			continue
		}
		s.each(func(_ string, n ast.Node) {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return
			}
			if callee(n) == "time.Sleep" {
				t.Errorf("%s: time.Sleep in a test: wait for the event itself (a channel, a barrier, a deadline)", s.at(n))
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && (sel.Sel.Name == "SkipNow" || sel.Sel.Name == "Skip" && len(call.Args) == 0) {
				t.Errorf("%s: a bare %s: say which feature of which machine is missing", s.at(n), sel.Sel.Name)
			}
		})
	}
}

// Above these, a reason is due.
const (
	maxFileLines = 400
	maxFuncLines = 60
)

// reason is what follows "Long:" at the start of a line of comment.
var reason = regexp.MustCompile(`(?m)^Long: \S+ \S+`)

func TestLongCodeSaysWhy(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() || s.generated() {
			continue
		}
		if s.lines > maxFileLines && !fileHasReason(s) {
			t.Errorf("%s: %d lines, more than %d: split it, or say why not in a comment `// Long: reason` between the package clause and the first declaration", s.path, s.lines, maxFileLines)
		}
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && s.span(f) > maxFuncLines && !reason.MatchString(f.Doc.Text()) {
				t.Errorf("%s: %s has %d lines, more than %d: split it, or say why not with a line `// Long: reason` in its comment", s.at(f), funcName(f), s.span(f), maxFuncLines)
			}
		}
	}
}

// fileHasReason looks for the marker above the first declaration that is no import.
func fileHasReason(s *source) bool {
	end := s.ast.End()
	for _, d := range s.ast.Decls {
		if g, ok := d.(*ast.GenDecl); !ok || g.Tok != token.IMPORT {
			end = d.Pos()
			break
		}
	}
	for _, c := range s.ast.Comments {
		if c.Pos() < end && reason.MatchString(c.Text()) {
			return true
		}
	}
	return false
}

// mutable allows package-level variables that change, "dir.name" -> why.
var mutable = map[string]string{}

// stateful are types whose values are there to change.
var stateful = regexp.MustCompile(`^(sync|atomic)\.`)

// TestNoMutableState wants every package-level variable to be as good as a constant: it has a
// value, and nothing in its package assigns to it, adds to it or takes its address.
func TestNoMutableState(t *testing.T) {
	files := map[string][]*source{}
	for _, s := range sources(t) {
		if s.production() && !s.generated() {
			files[s.dir] = append(files[s.dir], s)
		}
	}
	for dir, in := range files {
		changed := changes(in)
		for _, s := range in {
			for _, v := range variables(s) {
				name := dir + "." + v.name
				if v.name == "_" || mutable[name] != "" {
					continue
				}
				why := v.why
				if where := changed[v.name]; where != "" {
					why = "changed at " + where
				}
				if why != "" {
					t.Errorf("%s: package-level variable %s: %s: keep state in a value that somebody owns and hands on (or give the reason in mutable, internal/house/source_test.go)", s.at(v.node), v.name, why)
				}
			}
		}
	}
}

// variable is one package-level variable; why says what makes it look like state.
type variable struct {
	name, why string
	node      ast.Node
}

func variables(s *source) (vars []variable) {
	for _, d := range s.ast.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			embedded := embeds(g.Doc) || embeds(v.Doc)
			for i, name := range v.Names {
				why := ""
				switch {
				case embedded:
				case len(v.Values) == 0:
					why = "it has no value, so something will give it one"
				case len(v.Values) == len(v.Names):
					why = looksLikeState(v.Values[i])
				}
				vars = append(vars, variable{name.Name, why, name})
			}
		}
	}
	return vars
}

// embeds cannot use CommentGroup.Text, which leaves directives out.
func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

func looksLikeState(value ast.Expr) string {
	if u, ok := value.(*ast.UnaryExpr); ok {
		value = u.X
	}
	switch v := value.(type) {
	case *ast.CompositeLit:
		if sel, ok := v.Type.(*ast.SelectorExpr); ok && stateful.MatchString(baseName(sel)+".") {
			return "its type is there to change"
		}
		if _, ok := v.Type.(*ast.MapType); ok && len(v.Elts) == 0 {
			return "an empty map is there to be filled"
		}
	case *ast.CallExpr:
		if name := callee(v); name == "make" || name == "new" {
			return name + " makes something to be filled"
		}
	}
	return ""
}

// changes maps the names that the files of one package change to where. It resolves no scopes: a name
// that a function declares itself is taken for that function's own throughout.
func changes(files []*source) map[string]string {
	where := map[string]string{}
	for _, s := range files {
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			own := declared(f)
			note := func(e ast.Expr) {
				if name := baseName(e); name != "" && !own[name] {
					where[name] = s.at(e)
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					if n.Tok != token.DEFINE {
						for _, l := range n.Lhs {
							note(l)
						}
					}
				case *ast.IncDecStmt:
					note(n.X)
				case *ast.UnaryExpr:
					if n.Op == token.AND {
						note(n.X)
					}
				case *ast.CallExpr:
					if name := callee(n); (name == "delete" || name == "clear") && len(n.Args) > 0 {
						note(n.Args[0])
					}
				}
				return true
			})
		}
	}
	return where
}

// declared are the names that a function declares: parameters, results, receiver, variables.
func declared(f *ast.FuncDecl) map[string]bool {
	own := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				for _, l := range n.Lhs {
					own[baseName(l)] = true
				}
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				for _, e := range []ast.Expr{n.Key, n.Value} {
					if e != nil {
						own[baseName(e)] = true
					}
				}
			}
		}
		return true
	})
	return own
}

// byInterface are methods whose meaning is the interface's: error, fmt.Stringer, sort.Interface,
// io, and the values and iterators of Starlark.
var byInterface = strings.Fields(`Error Unwrap Is As Timeout String Len Less Swap Read Write Close
	Type Freeze Truth Hash Attr AttrNames SetField CompareSameType Cmp Iterate Next Done Err Index Slice
	Get Has Binary Unary Name CallInternal Position MarshalJSON`)

func TestExportedNamesHaveADoc(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() || s.generated() || s.ast.Name.Name == "main" {
			continue
		}
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				inherited := d.Recv != nil && (!ast.IsExported(baseName(d.Recv.List[0].Type)) || slices.Contains(byInterface, d.Name.Name))
				if d.Name.IsExported() && d.Doc == nil && !inherited {
					t.Errorf("%s: %s is exported and has no comment: say what it does, and when it fails", s.at(d), funcName(d))
				}
			case *ast.GenDecl:
				undocumented(s, d, func(name *ast.Ident) {
					t.Errorf("%s: %s is exported and has no comment: say what it is", s.at(name), name.Name)
				})
			}
		}
	}
}

// undocumented reports exported names of a declaration for which neither the group, nor the line,
// nor what stands behind it says anything. In a group of constants the first may speak for those below.
func undocumented(s *source, d *ast.GenDecl, report func(*ast.Ident)) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
				report(spec.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
					report(name)
				}
			}
		}
	}
}

func TestPackagesHaveADoc(t *testing.T) {
	docs, tests := map[string]string{}, map[string]bool{}
	for _, s := range sources(t) {
		if _, ok := docs[s.dir]; !ok {
			docs[s.dir], tests[s.dir] = "", true
		}
		tests[s.dir] = tests[s.dir] && s.isTest()
		if s.ast.Doc != nil && !s.generated() {
			docs[s.dir] = s.ast.Doc.Text()
		}
	}
	for dir, doc := range docs {
		switch {
		case doc == "":
			t.Errorf("%s: no package comment: say what it is, what it refuses to do, how it is used and what its traps are", dir)
		case !tests[dir] && !strings.HasPrefix(doc, "Package ") && !strings.HasPrefix(doc, "Command "):
			t.Errorf("%s: the package comment begins %.20q: begin it with Package or Command and the name", dir, doc)
		}
	}
}
