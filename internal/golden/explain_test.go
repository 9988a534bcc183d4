package golden

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is explained is all that differs: each line of the golden files of this project is lost, changed, moved and indented, alone and with another
// difference in front, which must not hide it.
func TestExplainAll(t *testing.T) {
	files, err := filepath.Glob("../../tests/golden/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	explained := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if Plain(string(text)) {
			continue
		}
		file, err := Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range file.Sections {
			for got := range spoiled(s.Text) {
				want := "first: newlink\n  mtu 1\n" + s.Text
				for _, other := range []string{"1", "2"} {
					got := "first: newlink\n  mtu " + other + "\n" + got
					changes := Changes(want, got)
					if changes == nil {
						continue // the difference is shown by lines
					}
					explained++
					if hidden := unexplained(want, got, Explain(changes)); len(hidden) > 0 {
						t.Fatalf("%s, %s: %q is not explained:\n%s\n%s", name, s.Name, hidden, Explain(changes), Diff(want, got))
					}
				}
			}
		}
	}
	if explained == 0 {
		t.Error("nothing was explained")
	}
}

// spoiled yields a text with a difference, for some of its lines.
func spoiled(text string) func(yield func(string) bool) {
	list := slices.Collect(strings.Lines(text))
	step := 1 + len(list)/10
	return func(yield func(string) bool) {
		for i := 0; i < len(list); i += step {
			before, line, after := strings.Join(list[:i], ""), list[i], strings.Join(list[i+1:], "")
			for _, got := range []string{"", strings.TrimSuffix(line, "\n") + "X\n", line + line, line + "      other\n", "  " + line} {
				if !yield(before + got + after) {
					return
				}
			}
		}
	}
}

// unexplained lists what is in one text more often than in the other, by its last word, and not in the explanation. Of a name, that is what is
// behind the last dot or bracket.
func unexplained(want, got, text string) (list []string) {
	last := func(line string) string {
		line = line[strings.LastIndexByte(line, ' ')+1:]
		return line[strings.LastIndexAny(line, ".[")+1:]
	}
	count := map[string]int{}
	for _, line := range lines(want) {
		count["-"+last(line)]++
	}
	for _, line := range lines(got) {
		count["-"+last(line)]--
	}
	told := map[string]bool{}
	for _, line := range lines(text) {
		told[line[:1]+last(line)] = true
	}
	for _, key := range slices.Sorted(maps.Keys(count)) {
		n := count[key]
		if n < 0 {
			key = "+" + key[1:]
		}
		if n != 0 && !told[key] {
			list = append(list, key)
		}
	}
	if len(list) == 0 && want != got && !strings.Contains("\n"+text, "\n-") && !strings.Contains("\n"+text, "\n+") {
		list = append(list, "anything")
	}
	return list
}
