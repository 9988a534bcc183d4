package house

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are the documents, by path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md"))
	text := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		text[filepath.ToSlash(rel)] = string(data)
	}
	return text
}

// eachMatch calls fn with the first group of each match and FILE:LINE of it.
func eachMatch(page, text string, re *regexp.Regexp, fn func(at, match string)) {
	for i, line := range strings.Split(text, "\n") {
		for _, m := range re.FindAllStringSubmatch(line, -1) {
			fn(fmt.Sprintf("%s:%d", page, i+1), m[1])
		}
	}
}

var (
	symbolRE = regexp.MustCompile("`\\*?((?:[a-z][a-z0-9]*)\\.[A-Z]\\w*(?:\\.\\w+)?)[^`]*`")
	pathRE   = regexp.MustCompile("`((?:\\./)?(?:builtins|cmd|docs|internal|repl|scripts|specs|stdlib|tests|bench)(?:/[\\w./*-]*)?)`")
	linkRE   = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
)

func TestDocumentsNameWhatExists(t *testing.T) {
	known := symbols(sources(t))
	for page, text := range pages(t) {
		eachMatch(page, text, symbolRE, func(at, name string) {
			pkg, _, _ := strings.Cut(name, ".")
			if known[pkg] && !known[name] {
				t.Errorf("%s: there is no %s: correct the page", at, name)
			}
		})
		eachMatch(page, text, pathRE, func(at, path string) {
			if found, err := filepath.Glob(filepath.Join(root, path)); err != nil || len(found) == 0 {
				t.Errorf("%s: there is no %s: correct the page", at, path)
			}
		})
		eachMatch(page, text, linkRE, func(at, link string) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), link)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", at, link)
			}
		})
	}
}

// symbols are "pkg", "pkg.Name" and "pkg.Type.Member" of everything in the module.
func symbols(all []*source) map[string]bool {
	known := map[string]bool{}
	for _, s := range all {
		if s.isTest() {
			continue
		}
		pkg := s.ast.Name.Name
		known[pkg] = true
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				known[pkg+"."+funcName(d)] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(known, pkg, spec)
				}
			}
		}
	}
	return known
}

func addSpec(known map[string]bool, pkg string, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			known[pkg+"."+name.Name] = true
		}
	case *ast.TypeSpec:
		typ := pkg + "." + spec.Name.Name
		known[typ] = true
		var fields *ast.FieldList
		switch def := spec.Type.(type) {
		case *ast.StructType:
			fields = def.Fields
		case *ast.InterfaceType:
			fields = def.Methods
		}
		if fields != nil {
			for _, f := range fields.List {
				for _, name := range f.Names {
					known[typ+"."+name.Name] = true
				}
			}
		}
	}
}

// requireRE finds the modules of go.mod, listRE those of docs/dependencies.md.
var (
	requireRE = regexp.MustCompile(`(?m)^(?:require )?\s*([\w./~-]+\.[\w./~-]+) v\S+`)
	listRE    = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| [^|]+ \\|$")
)

// Every module whose packages are imported is listed with a reason, and no other.
func TestDependenciesHaveAReason(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var required, listed []string
	for _, m := range requireRE.FindAllStringSubmatch(string(mod), -1) {
		required = append(required, m[1])
	}
	for _, m := range listRE.FindAllStringSubmatch(pages(t)["docs/dependencies.md"], -1) {
		listed = append(listed, m[1])
	}
	imported := map[string]string{} // module -> where
	for _, s := range sources(t) {
		for _, spec := range s.ast.Imports {
			imp := strings.Trim(spec.Path.Value, `"`)
			if i := slices.IndexFunc(required, func(m string) bool { return imp == m || strings.HasPrefix(imp, m+"/") }); i >= 0 {
				imported[required[i]] = s.at(spec)
			}
		}
	}
	for m, where := range imported {
		if !slices.Contains(listed, m) {
			t.Errorf("%s: imports from %s, which has no line in docs/dependencies.md: say there why fifty lines of our own would be worse", where, m)
		}
	}
	for _, m := range listed {
		if !slices.Contains(required, m) { // go mod tidy removes what nothing imports
			t.Errorf("docs/dependencies.md: %s is not in go.mod any more: remove its line", m)
		}
	}
}

// README.md promises two commands; .ci/run takes them from there.
func TestReadmeStartsWithTwoCommands(t *testing.T) {
	_, start, ok := strings.Cut(pages(t)["README.md"], "\n## Start\n")
	if !ok {
		t.Fatal("README.md: no section ## Start: .ci/run takes its commands from there")
	}
	start, _, _ = strings.Cut(start, "\n## ")
	var got []string
	for _, line := range strings.Split(start, "\n") {
		if strings.HasPrefix(line, "go run ") || strings.HasPrefix(line, "go test ") {
			got = append(got, line)
		}
	}
	if want := []string{"go run ./cmd/nlsh --rootless scripts/tour.star", "go test ./..."}; !slices.Equal(got, want) {
		t.Errorf("README.md: the commands under ## Start are %q, want %q", got, want)
	}
}
