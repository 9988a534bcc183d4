package host

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// stdHint says which module of the library may have been meant.
func (h *Host) stdHint(name string) string {
	names := h.stdNames()
	for _, n := range names {
		if n == name+".star" {
			return didYouMean(stdPrefix + n)
		}
	}
	if n := nearest(name, names); n != "" {
		return didYouMean(stdPrefix + n)
	}
	if len(names) == 0 {
		return ""
	}
	return "; there are " + strings.Join(names, ", ")
}

// fileHint says which file may have been meant: one with the extension, a module of the library
// of that name, or a neighbour with nearly that name.
func (h *Host) fileHint(file, name string) string {
	if _, err := os.Stat(file + ".star"); err == nil {
		return didYouMean(name + ".star")
	}
	for _, n := range h.stdNames() {
		if n == name || n == name+".star" {
			return didYouMean(stdPrefix + n)
		}
	}
	near, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*.star"))
	for i := range near {
		near[i] = filepath.Base(near[i])
	}
	if n := nearest(filepath.Base(file), near); n != "" {
		return didYouMean(filepath.Join(filepath.Dir(name), n))
	}
	return ""
}

func (h *Host) stdNames() []string {
	var names []string
	if h.std != nil {
		_ = fs.WalkDir(h.std, ".", func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(p, ".star") {
				names = append(names, p)
			}
			return nil
		})
	}
	return names
}

func didYouMean(s string) string { return fmt.Sprintf(" (did you mean %q?)", s) }

// nearest returns the file name with the smallest edit distance to x, or "" when none is near: a
// third of the letters may differ, and the extension does not count.
func nearest(x string, names []string) string {
	x = strings.TrimSuffix(x, ".star")
	best, bestDist := "", (len(x)+1)/3+1
	for _, n := range names {
		if d := distance(x, strings.TrimSuffix(n, ".star")); d < bestDist {
			best, bestDist = n, d
		}
	}
	return best
}

// Nearest returns the name that may have been meant by x, "" if none is near.
func Nearest(x string, names []string) string { return nearest(x, names) }

// distance is the number of edits in bytes; an exchange of neighbours is one.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := row[j]
			if a[i] != b[j] {
				cost++
			}
			next[j+1] = min(cost, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
