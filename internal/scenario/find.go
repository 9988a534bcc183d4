package scenario

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/host"
)

const (
	scriptExt = ".star"
	goldenExt = ".golden"
	testWord  = "test_"
	goldenDir = "tests/golden"
)

// Find finds the scenarios of files and folders, in the order of the paths, of the files, and in them. In a folder, and those below, a
// script is a scenario if it has tests or a golden file; one that is named is a scenario in any case.
func Find(paths []string) ([]Scenario, error) {
	var list []Scenario
	seen := map[string]bool{}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		files := []string{path}
		if info.IsDir() {
			if files, err = scripts(path); err != nil {
				return nil, err
			}
		}
		for _, file := range files {
			abs, err := filepath.Abs(file)
			if err != nil {
				return nil, err
			}
			if seen[abs] {
				continue
			}
			seen[abs] = true
			found, err := inFile(file, abs, !info.IsDir())
			if err != nil {
				return nil, err
			}
			list = append(list, found...)
		}
	}
	return list, nil
}

// scripts lists the scripts below a folder.
func scripts(dir string) (files []string, err error) {
	err = walk(dir, func(path string) {
		if filepath.Ext(path) == scriptExt {
			files = append(files, path)
		}
	})
	return files, err
}

// walk goes through the files below a folder. As for Go, testdata is somebody else's.
func walk(dir string, fn func(path string)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir():
			fn(path)
		}
		return nil
	})
}

// inFile finds the scenarios of a file.
func inFile(file, abs string, named bool) ([]Scenario, error) {
	src, err := host.ReadFile(file)
	var problem syntax.Error
	if err != nil && !errors.As(err, &problem) {
		return nil, err
	}
	gold, exists := goldenOf(abs)
	s := Scenario{File: file, path: abs, Golden: near(file, abs, gold), Name: strings.TrimSuffix(filepath.Base(gold), goldenExt)}
	s.directives(string(src.Text))
	var parsed *syntax.File
	if err == nil {
		parsed, err = host.Parse(src)
	}
	if err != nil {
		return s.unparsed(err, gold, exists, named), nil
	}
	tests := testsOf(parsed)
	s.asks(parsed)
	if len(tests) == 0 {
		if !exists && !named {
			return nil, nil
		}
		return []Scenario{s}, nil
	}
	var list []Scenario
	for _, test := range tests {
		one := s
		one.Test, one.Name, one.Line = test.name, s.Name+"/"+test.name, test.line
		list = append(list, one)
	}
	return list, nil
}

// unparsed is a file that is no program. One whose golden file says so is a program of which that is wanted.
func (s Scenario) unparsed(err error, gold string, exists, named bool) []Scenario {
	text, _ := os.ReadFile(gold)
	if exists && golden.Plain(string(text)) {
		return []Scenario{s}
	}
	// A folder may hold broken scripts for a reason of its own; one with tests is meant to run.
	script, _ := os.ReadFile(s.path)
	if !exists && !named && !strings.Contains("\n"+string(script), "\ndef "+testWord) {
		return nil
	}
	s.Problem = host.Format(err, false)
	return []Scenario{s}
}

// test is a function test_x.
type test struct {
	name string
	line int
}

// testsOf lists the functions test_x of a file, each once.
func testsOf(file *syntax.File) (tests []test) {
	for _, stmt := range file.Stmts {
		def, ok := stmt.(*syntax.DefStmt)
		if !ok || !strings.HasPrefix(def.Name.Name, testWord) || slices.ContainsFunc(tests, func(t test) bool { return t.name == def.Name.Name }) {
			continue
		}
		tests = append(tests, test{def.Name.Name, int(def.Def.Line)})
	}
	return tests
}

// asks are what the calls of need() in a file say that whoever starts workers must know: the machine's own network namespace, and programs.
func (s *Scenario) asks(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if !ok {
			return true
		}
		if fn, ok := call.Fn.(*syntax.Ident); !ok || fn.Name != "need" {
			return true
		}
		for _, arg := range call.Args {
			if lit, ok := arg.(*syntax.Literal); ok {
				s.Exclusive = s.Exclusive || lit.Value == InitNet
				text, _ := lit.Value.(string)
				s.program(text)
			}
		}
		return true
	})
}

// program notes the program that a need is of, if it is.
func (s *Scenario) program(need string) {
	if name, ok := strings.CutPrefix(need, programNeed); ok && !slices.Contains(s.Programs, name) {
		s.Programs = append(s.Programs, name)
	}
}

// directives reads what a script says of how it is to be run.
//
//	# args: a b       arguments of a program; several such lines are several runs
//	# needs: vxlan    as need(): a kind of link, or "genl:ethtool", "program:sh"
//	# specs: x.yaml   wants the kernel's specs, of which that is one
//	# tags: slow      for --tag
func (s *Scenario) directives(text string) {
	for line := range strings.Lines(text) {
		word, rest, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		values := strings.Fields(rest)
		switch word {
		case "# args":
			s.Args = append(s.Args, values)
		case "# needs":
			for _, need := range values {
				if !strings.Contains(need, ":") && need != InitNet {
					need = "link:" + need
				}
				s.Needs = append(s.Needs, need)
				s.program(need)
			}
		case "# specs":
			s.Specs = append(s.Specs, values...)
		case "# tags":
			s.Tags = append(s.Tags, values...)
		}
	}
}

// goldenOf is the golden file of a script, and whether there is one: beside it, or for DIR/NAME.star, where tests/golden is beside
// DIR, DIR-NAME.golden in there.
func goldenOf(script string) (file string, exists bool) {
	beside := strings.TrimSuffix(script, scriptExt) + goldenExt
	if variants(beside) {
		return beside, true
	}
	dir := filepath.Dir(script)
	apart := filepath.Join(filepath.Dir(dir), goldenDir)
	if info, err := os.Stat(apart); err == nil && info.IsDir() {
		file := filepath.Join(apart, filepath.Base(dir)+"-"+filepath.Base(beside))
		if apart != dir {
			return file, variants(file)
		}
	}
	return beside, false
}

// variants reports whether there is a golden file, or one for some kernel.
func variants(file string) bool {
	if _, err := os.Stat(file); err == nil {
		return true
	}
	list, err := filepath.Glob(golden.At(file).Path("*"))
	return err == nil && len(list) > 0
}

// near is a path as the user named the script: relative to the same folder.
func near(file, abs, gold string) string {
	rel, err := filepath.Rel(filepath.Dir(abs), gold)
	if err != nil {
		return gold
	}
	return filepath.Join(filepath.Dir(file), rel)
}

// Orphans lists the golden files in folders, and those below, whose scripts are gone, and what is pending of such.
func Orphans(dirs []string) (orphans []string, err error) {
	seen := map[string]bool{}
	for _, dir := range dirs {
		err := walk(dir, func(path string) {
			file := strings.TrimSuffix(path, golden.Pending(""))
			if filepath.Ext(file) != goldenExt || hasScript(file) {
				return
			}
			if abs, err := filepath.Abs(path); err != nil || !seen[abs] {
				seen[abs] = true
				orphans = append(orphans, path)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return orphans, nil
}

// hasScript reports whether a golden file, or variant of one, has a script: one beside it, or for DIR-NAME in tests/golden DIR/NAME. What looks
// like a variant may be of a script with an @ in its name.
func hasScript(file string) bool {
	base, _ := golden.IsVariant(file)
	var tried []string
	for _, base := range []string{base, strings.TrimSuffix(file, goldenExt)} {
		tried = append(tried, base+scriptExt)
		name := filepath.Base(base)
		for i, c := range name {
			if c == '-' {
				tried = append(tried, filepath.Join(filepath.Dir(base), "..", "..", name[:i], name[i+1:]+scriptExt))
			}
		}
	}
	return slices.ContainsFunc(tried, func(script string) bool {
		_, err := os.Stat(script)
		return err == nil
	})
}
