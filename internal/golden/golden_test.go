package golden

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return f
}

func TestParseAndFormat(t *testing.T) {
	const text = "# nlsh golden 1\n=== test_a\none\n  two\n=== test_none\n=== test_b\n\\=== x\n\\\\\nlast\n\\ no newline at the end\n"
	f := mustParse(t, text)
	want := []Section{{"test_a", "one\n  two\n"}, {"test_none", ""}, {"test_b", "=== x\n\\\nlast"}}
	if !slices.Equal(f.Sections, want) {
		t.Errorf("got %q, want %q", f.Sections, want)
	}
	if got := f.Format(); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
	if f.Find("test_c") != nil || f.Find("test_none") == nil {
		t.Error("sections are not found by their names")
	}
}

// What there is in Unicode and what a golden file is made of comes back as it was.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{"", "a", "a\n", "\n", "\\", "=== x", "\\ no newline at the end\n", "<<<<<<< HEAD\n=======\n", "\xff\n", "a\r\n", "# nlsh golden 1\n"} {
		f.Add(s, "b\n")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		file := &File{}
		file.Put("test_one", one)
		file.Put("test_two", two)
		got := mustParse(t, file.Format())
		if got.Sections[0].Text != Clean(one) || got.Sections[1].Text != Clean(two) {
			t.Errorf("got %q, want %q, %q", got.Sections, one, two)
		}
	})
}

func TestMistakesInFiles(t *testing.T) {
	const head = "# nlsh golden 1\n"
	for text, want := range map[string]string{
		"":                               `line 1: got "", want "# nlsh golden 1"`,
		"# nlsh golden 2\n":              `line 1: got "# nlsh golden 2", want "# nlsh golden 1"`,
		head + "text\n":                  `line 2: got "text", want "=== " and the name of a scenario`,
		head + "=== \n":                  `line 2: got a section without a name`,
		head + "=== a\n=== b\n=== a\n":   `line 4: got section "a" twice`,
		head + "=== a\nx":                `line 3: got a last line without an end, want a newline (was the file cut off?)`,
		head + "=== a\n\xff\n":           `line 3: got bytes that are not UTF-8`,
		head + "=== a\n<<<<<<< HEAD\n":   `line 3: got "<<<<<<< HEAD", the mark of a merge conflict (settle it, or run with -update)`,
		head + "=== a\nx\n=======\n":     `line 4: got "=======", the mark of a merge conflict (settle it, or run with -update)`,
		head + "=== a\n>>>>>>> theirs\n": `line 3: got ">>>>>>> theirs", the mark of a merge conflict (settle it, or run with -update)`,
	} {
		_, err := Parse(text)
		var se *SyntaxError
		if !errors.As(err, &se) || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	if err := Check("=======x\n<<<<<<<\n"); err != nil {
		t.Errorf("got %v for what is no mark of a conflict", err)
	}
	if !Plain("hello\n") || Plain(head) || Plain("# nlsh golden 2\n") {
		t.Error("what has sections is told by the first line")
	}
}

func TestClean(t *testing.T) {
	if got := Clean("a\xffé\x80\n"); got != "a\\xffé\\x80\n" {
		t.Errorf("got %q", got)
	}
}

func TestArrange(t *testing.T) {
	f := &File{}
	for _, name := range []string{"test_old", "test_c", "test_gone", "test_a"} {
		f.Put(name, name)
	}
	f.Put("test_b", "new")
	names := []string{"test_a", "test_b", "test_c"}
	f.Arrange(names)
	var got []string
	for _, s := range f.Sections {
		got = append(got, s.Name)
	}
	if want := []string{"test_old", "test_a", "test_b", "test_c", "test_gone"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	stale := f.Stale(names)
	if want := []string{"test_old", "test_gone"}; !slices.Equal(stale, want) {
		t.Errorf("stale: got %q, want %q", stale, want)
	}
	f.Drop(stale)
	if f.Stale(names) != nil || len(f.Sections) != 3 {
		t.Errorf("got %q", f.Sections)
	}
	f.Put("test_a", "again")
	if f.Find("test_a").Text != "again" || len(f.Sections) != 3 {
		t.Errorf("got %q", f.Sections)
	}
}

func TestDiff(t *testing.T) {
	for _, c := range []struct{ want, got, diff string }{
		{"", "", ""},
		{"a\n", "a\n", ""},
		{"", "a\n", "@@ line 1 @@\n+ a\n"},
		{"a\n", "", "@@ line 1 @@\n- a\n"},
		{"a\n", "a", "@@ line 1 @@\n  a\n+ \\ no newline at the end\n"},
		{"a\nb\nc\n", "a\nx\nc\n", "@@ line 1 @@\n  a\n- b\n+ x\n  c\n"},
		{"1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\nx\n6\n", "@@ line 3 @@\n  3\n  4\n  5\n+ x\n  6\n"},
		{"a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "@@ line 1 @@\n- a\n- b\n  c\n+ b\n  a\n  b\n- b\n  a\n+ c\n"},
		{"x\n1\n2\n3\n4\n5\n6\n7\n8\ny\n", "X\n1\n2\n3\n4\n5\n6\n7\n8\nY\n",
			"@@ line 1 @@\n- x\n+ X\n  1\n  2\n  3\n@@ line 7 @@\n  6\n  7\n  8\n- y\n+ Y\n"},
		{"x\n1\n2\n3\ny\n", "X\n1\n2\n3\nY\n", "@@ line 1 @@\n- x\n+ X\n  1\n  2\n  3\n- y\n+ Y\n"},
	} {
		if got := Diff(c.want, c.got); got != c.diff {
			t.Errorf("%q, %q:\n%s\nwant\n%s", c.want, c.got, got, c.diff)
		}
	}
}

// A diff says how to get from one text to the other, with no more lines than it takes.
func FuzzDiff(f *testing.F) {
	f.Add("abcabba", "cbabac")
	f.Add("", "xx")
	f.Fuzz(func(t *testing.T, one, two string) {
		a, b := strings.Split(one, ""), strings.Split(two, "")
		if len(a)+len(b) > 200 {
			return
		}
		var left, right []string
		changed := 0
		for _, e := range script(a, b) {
			if e.op != '+' {
				left = append(left, e.text)
			}
			if e.op != '-' {
				right = append(right, e.text)
			}
			if e.op != ' ' {
				changed++
			}
		}
		if !slices.Equal(left, a) && len(a) > 0 || !slices.Equal(right, b) && len(b) > 0 {
			t.Errorf("%q, %q: got %q, %q", a, b, left, right)
		}
		if want := len(a) + len(b) - 2*common(a, b); changed != want {
			t.Errorf("%q, %q: got %d edits, want %d", a, b, changed, want)
		}
	})
}

// common is the length of the longest common subsequence, by its definition.
func common(a, b []string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			table[i+1][j+1] = max(table[i][j+1], table[i+1][j])
			if a[i] == b[j] {
				table[i+1][j+1] = table[i][j] + 1
			}
		}
	}
	return table[len(a)][len(b)]
}

// What is altogether different is not compared for ever.
func TestDiffOfMuch(t *testing.T) {
	one, two := strings.Repeat("a\n", 5000), strings.Repeat("b\n", 5000)
	if got := Diff(one, two); strings.Count(got, "\n- a") != 5000 || strings.Count(got, "\n+ b") != 5000 {
		t.Errorf("got %d bytes", len(got))
	}
}

func TestStore(t *testing.T) {
	dir := t.TempDir()
	s := At(filepath.Join(dir, "x.golden"))
	if _, ok, err := s.Read("6.1"); ok || err != nil {
		t.Errorf("got %v, %v where there is no file", ok, err)
	}
	for file, text := range map[string]string{s.Path(""): "common", s.Path("6.1"): "old"} {
		if err := Write(file, text); err != nil {
			t.Fatal(err)
		}
	}
	for kernel, want := range map[string]string{"": "common", "6.1": "old", "6.12": "common"} {
		if text, ok, err := s.Read(kernel); text != want || !ok || err != nil {
			t.Errorf("%s: got %q, %v, %v, want %q", kernel, text, ok, err, want)
		}
	}
	if got := filepath.Base(s.Path("6.1")); got != "x@6.1.golden" {
		t.Errorf("got %s", got)
	}
	for file, want := range map[string][2]string{"a/x@6.1.golden": {"a/x", "6.1"}, "x.golden": {"x", ""}, "a@b/x.golden": {"a@b/x", ""}} {
		if base, kernel := IsVariant(file); base != want[0] || kernel != want[1] {
			t.Errorf("%s: got %q, %q", file, base, kernel)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("got %v, %v: want no file beside the two", entries, err)
	}
	if err := Write(filepath.Join(dir, "none", "x"), ""); err == nil {
		t.Error("got no error for a folder that is not there")
	}
	if err := Write(Pending(s.Path("")), "new"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Forget(s.Path("")); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(s.Path("") + ".new"); err == nil {
		t.Error("what was pending is still there")
	}
}
